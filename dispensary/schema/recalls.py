"""What was done about lots, recalls, and the patients who were called."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.rules.lot_life import LotAct
from dispensary.rules.recall import Contact, RecallClass
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, site, user
from dispensary.schema.stock import lot
from dispensary.schema.storage import excursion
from dispensary.schema.trust import request

# A notice. What it covers is what is not empty here; it also covers what is received later.
recall = Table(
    "recall",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("class", choice(RecallClass, "class"), nullable=False),
    # The notice's own number, such as D-0792-2026, and its date.
    Column("reference", Text, nullable=False),
    Column("dated", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("product_id", Id, ForeignKey(product.c.id)),
    Column("lot_number", Text),
    Column("expires_from", Date),
    Column("expires_to", Date),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("product_id IS NOT NULL OR lot_number IS NOT NULL", name="covers"),
    CheckConstraint("expires_to >= expires_from", name="expiries"),
)

# A recall that does not hold any longer.
recall_withdrawal = Table(
    "recall_withdrawal",
    metadata,
    Column("recall_id", Id, ForeignKey(recall.c.id), primary_key=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)

recall_contact = Table(
    "recall_contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recall_id", Id, ForeignKey(recall.c.id), nullable=False, index=True),
    Column("patient_id", Id, ForeignKey(patient.c.id), nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("contact", choice(Contact, "contact"), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)

# Holds, releases and recalls of a lot, one after the other; the lot's state is what the last one left.
lot_act = Table(
    "lot_act",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False),
    Column("act", choice(LotAct, "act"), nullable=False),
    Column("reason", Text, nullable=False),
    # What brought it about, where it was a recall or an excursion.
    Column("recall_id", Id, ForeignKey(recall.c.id)),
    Column("excursion_id", Id, ForeignKey(excursion.c.id)),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("request_id", "lot_id"),
)
