"""Batches that the pharmacy made: the record of each, and what it was made of."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.rules.beyond_use import Category, Start
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.people import site, user
from dispensary.schema.stock import lot
from dispensary.schema.trust import request

# Its movements are those of its request: what was used up, and what was made.
batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    # The lot that was made; its expiry is the beyond-use date.
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False, unique=True),
    Column("category", choice(Category, "category"), nullable=False),
    Column("start", choice(Start, "start"), nullable=False),
    # Days that stability data allow, and where they are from; none where there are none.
    Column("stability_days", Integer),
    Column("stability_source", Text),
    # What limits the beyond-use date, in words.
    Column("limited_by", Text, nullable=False),
    Column("preservative", Text, nullable=False),
    Column("strength_mcg_per_ml", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    # The units that the ingredients could give: the yield is units of expected_units.
    Column("expected_units", Integer, nullable=False),
    # The arithmetic, step by step, as the batch record shows it.
    Column("calculation", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    Column("checked_by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("units > 0 AND units <= expected_units", name="yield"),
    CheckConstraint("checked_by_id <> by_id", name="checked"),
)

# What a batch was made of: units of a lot of the stock, or a powder or a diluent that is not stock.
batch_ingredient = Table(
    "batch_ingredient",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey(batch.c.id), nullable=False, index=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), index=True),
    Column("units", Integer),
    # The name, lot, expiry and amount of what is not stock, as typed.
    Column("name", Text, nullable=False),
    Column("lot_number", Text, nullable=False),
    Column("expires", Date, nullable=False),
    Column("amount", Text, nullable=False),
    CheckConstraint("(lot_id IS NULL) = (units IS NULL)", name="stock"),
    CheckConstraint("units > 0", name="units"),
)
