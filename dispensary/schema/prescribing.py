"""Prescriptions, what was dispensed against them, and what came back."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint, false

from dispensary.rules.finding import Severity
from dispensary.rules.life import Act
from dispensary.rules.product import Form
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import patient, prescriber, site, user
from dispensary.schema.stock import lot
from dispensary.schema.trust import request

prescription = Table(
    "prescription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("patient_id", Id, ForeignKey(patient.c.id), nullable=False, index=True),
    Column("prescriber_id", Id, ForeignKey(prescriber.c.id), nullable=False),
    Column("form", choice(Form, "form"), nullable=False),
    # The canonical sentence, from which the phases are read; and what the prescriber wrote.
    Column("directions", Text, nullable=False),
    Column("directions_as_written", Text, nullable=False),
    # What one fill supplies: units, or the days it must last.
    Column("quantity_units", Integer),
    Column("days", Integer),
    Column("refills", Integer, nullable=False),
    Column("written", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("indication", Text, nullable=False),
    # The product that the prescriber named, and whether another maker's is refused (dispense as written).
    Column("product_id", Id, ForeignKey(product.c.id)),
    Column(
        "as_written",
        Boolean(create_constraint=True, name="as_written"),
        nullable=False,
        server_default=false(),
    ),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("(quantity_units IS NULL) <> (days IS NULL)", name="units_or_days"),
    CheckConstraint("quantity_units > 0", name="quantity"),
    CheckConstraint("days > 0", name="days"),
    CheckConstraint("refills >= 0", name="refills"),
    CheckConstraint("valid_until >= written", name="valid"),
)

# The lines of a dispense and of a return are the movements of its request.
dispense = Table(
    "dispense",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("prescription_id", Id, ForeignKey(prescription.c.id), nullable=False),
    Column("product_id", Id, ForeignKey(product.c.id), nullable=False),
    Column("fill", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("days_supply", Integer, nullable=False),
    Column("first_injection", Date, nullable=False),
    Column("last_injection", Date, nullable=False),
    Column("next_injection", Date, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    # The whole doses that the units hold; the units that the fill should hold; the hand-over whose
    # owed units these are. Rows of the first schema have none of them.
    Column("doses", Integer),
    Column("prescribed_units", Integer),
    Column("completes_id", Id, ForeignKey("dispense.id")),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("prescription_id", "fill"),
    CheckConstraint("units > 0", name="units"),
)

# What people decided about a prescription, one after the other.
prescription_act = Table(
    "prescription_act",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prescription_id", Id, ForeignKey(prescription.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("act", choice(Act, "act"), nullable=False),
    Column("reason", Text, nullable=False),
    # The pharmacy that a transfer goes to.
    Column("to_pharmacy", Text),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)

# Demand that could not be met: nothing was handed over.
unmet_demand = Table(
    "unmet_demand",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prescription_id", Id, ForeignKey(prescription.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    # The product that would have been taken, and what was wanted and usable of it.
    Column("product_id", Id, ForeignKey(product.c.id), nullable=False),
    Column("units", Integer, nullable=False),
    Column("usable_units", Integer, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    CheckConstraint("units > usable_units", name="short"),
)

# A second person's look at a fill before it is handed over, and the packs that were scanned.
hand_over_check = Table(
    "hand_over_check",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dispense_id", Id, ForeignKey(dispense.c.id), nullable=False, unique=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)

checked_pack = Table(
    "checked_pack",
    metadata,
    Column("id", Id, primary_key=True),
    Column("check_id", Id, ForeignKey(hand_over_check.c.id), nullable=False, index=True),
    Column("pack_id", Id, ForeignKey(pack.c.id), nullable=False),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False),
    Column("serial", Text),
    # A serial names one pack of one GTIN, which leaves the pharmacy once.
    UniqueConstraint("pack_id", "serial"),
)

finding = Table(
    "finding",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dispense_id", Id, ForeignKey(dispense.c.id), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", choice(Severity, "severity"), nullable=False),
    Column("message", Text, nullable=False),
    # The pharmacist's reason where the finding was overridden.
    Column("reason", Text),
    # Where the rule comes from, and the code of the reason.
    Column("source", Text),
    Column("reason_code", Text),
    UniqueConstraint("dispense_id", "code"),
)

dispense_return = Table(
    "dispense_return",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("dispense_id", Id, ForeignKey(dispense.c.id), nullable=False, index=True),
    Column("units", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    # Whether the units never left the pharmacy, so that they went back to where they came from.
    Column(
        "undelivered",
        Boolean(create_constraint=True, name="undelivered"),
        nullable=False,
        server_default=false(),
    ),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("units > 0", name="units"),
)
