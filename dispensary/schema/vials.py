"""Opened vials, what was taken out of them, and the doses that were drawn."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.rules.finding import Severity
from dispensary.rules.vial import GivenAs, VialEntryKind, VialState
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.people import patient, site, user
from dispensary.schema.prescribing import prescription
from dispensary.schema.stock import lot, place
from dispensary.schema.trust import request

# One unit, opened. Its movement is that of its request: from a place to the opened ones.
vial = Table(
    "vial",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False, index=True),
    Column("volume_ul", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    # The moment from which it is no longer used.
    Column("discard_at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    # What the entries make of it, kept with them in one transaction.
    Column("place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("remaining_ul", Integer, nullable=False),
    Column("state", choice(VialState, "state"), nullable=False),
    # The one patient that it is for, where the pharmacy dedicates vials: from the first draw on.
    Column("patient_id", Id, ForeignKey(patient.c.id)),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("volume_ul > 0", name="volume"),
    CheckConstraint("remaining_ul >= 0 AND remaining_ul <= volume_ul", name="remaining"),
)

vial_entry = Table(
    "vial_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("vial_id", Id, ForeignKey(vial.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, index=True),
    Column("kind", choice(VialEntryKind, "kind"), nullable=False),
    # What it took out: a dose, or waste (dead volume, or the rest). Nothing for the other kinds.
    Column("volume_ul", Integer, nullable=False),
    # Where the vial stood and where it went, for a move.
    Column("from_place_id", Id, ForeignKey(place.c.id)),
    Column("to_place_id", Id, ForeignKey(place.c.id)),
    Column("reason", Text),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    CheckConstraint("volume_ul >= 0", name="volume"),
    CheckConstraint("(volume_ul > 0) = (kind IN ('draw', 'waste'))", name="kind_of_volume"),
)

# A dose that a patient got out of a vial.
draw = Table(
    "draw",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("vial_id", Id, ForeignKey(vial.c.id), nullable=False, index=True),
    Column("patient_id", Id, ForeignKey(patient.c.id), nullable=False, index=True),
    # None where a pharmacist gave a dose without one, for a reason.
    Column("prescription_id", Id, ForeignKey(prescription.c.id), index=True),
    Column("reason", Text),
    Column("dose_mcg", Integer, nullable=False),
    Column("volume_ul", Integer, nullable=False),
    Column("given_as", choice(GivenAs, "given_as"), nullable=False),
    # The first day that this dose does not cover, by the directions.
    Column("next_injection", Date),
    Column("at", Instant, nullable=False, index=True),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("dose_mcg > 0", name="dose"),
    CheckConstraint("volume_ul > 0", name="volume"),
    CheckConstraint("(prescription_id IS NULL) = (reason IS NOT NULL)", name="prescribed_or_reason"),
)

draw_finding = Table(
    "draw_finding",
    metadata,
    Column("id", Id, primary_key=True),
    Column("draw_id", Id, ForeignKey(draw.c.id), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", choice(Severity, "severity"), nullable=False),
    Column("message", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text),
    Column("reason_code", Text),
    UniqueConstraint("draw_id", "code"),
)
