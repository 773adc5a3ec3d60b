"""Places, lots, deliveries, balances, and the movements they are the sum of."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.shelf import State
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import site, user
from dispensary.schema.trust import request

place = Table(
    "place",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", choice(PlaceKind, "kind"), nullable=False),
    # How it keeps what stands there; empty where no stock stands.
    Column("temperature", choice(Temperature, "temperature")),
    Column("dark", Boolean(create_constraint=True, name="dark")),
    UniqueConstraint("site_id", "code"),
)

lot = Table(
    "lot",
    metadata,
    Column("id", Id, primary_key=True),
    Column("product_id", Id, ForeignKey(product.c.id), nullable=False),
    Column("number", Text, nullable=False, index=True),
    Column("expires", Date, nullable=False),
    # As its last act left it (lot_act); expired is decided by the day.
    Column("state", choice(State, "state"), nullable=False),
    # Whether the pack gave only the month, so that the last day of it was taken.
    Column("month_only", Boolean(create_constraint=True, name="month_only"), nullable=False),
    # What a unit cost when it was last received with a price, in millionths of the pharmacy's currency.
    Column("unit_cost_micros", BigInteger),
    UniqueConstraint("product_id", "number"),
    UniqueConstraint("id", "product_id", "expires"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    UniqueConstraint("site_id", "number"),
)

receipt_line = Table(
    "receipt_line",
    metadata,
    Column("id", Id, primary_key=True),
    Column("receipt_id", Id, ForeignKey(receipt.c.id), nullable=False, index=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False, index=True),
    Column("place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("pack_id", Id, ForeignKey(pack.c.id)),
    Column("serial", Text),
    Column("units", Integer, nullable=False),
    # Millionths of the pharmacy's currency for one unit.
    Column("unit_cost_micros", BigInteger),
    CheckConstraint("units > 0", name="units"),
    # A serial names one pack of one GTIN, once.
    UniqueConstraint("pack_id", "serial"),
)

balance = Table(
    "balance",
    metadata,
    Column("lot_id", Id, primary_key=True),
    Column("place_id", Id, ForeignKey(place.c.id), primary_key=True),
    Column("product_id", Id, nullable=False),
    Column("expires", Date, nullable=False),
    Column("units", Integer, nullable=False),
    # The lot's product and expiry stand here too, so that FEFO is one index; the key keeps them equal.
    ForeignKeyConstraint(["lot_id", "product_id", "expires"], ["lot.id", "lot.product_id", "lot.expires"]),
    CheckConstraint("units >= 0", name="units"),
)
movement = Table(
    "movement",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, index=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False),
    Column("from_place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("to_place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("units", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    # The movement that this one takes back, in whole or in part.
    Column("reverses_id", Id, ForeignKey("movement.id")),
    CheckConstraint("units > 0", name="units"),
    CheckConstraint("from_place_id <> to_place_id", name="places"),
)
# Covering: a lot's story and its sums are read from the index alone.
Index("ix_movement_lot", movement.c.lot_id, movement.c.from_place_id, movement.c.to_place_id, movement.c.units)

# A move between places, a destruction or a return to the supplier; its lines are the movements of its request.
stock_act = Table(
    "stock_act",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("kind", choice(StockActKind, "kind"), nullable=False),
    # Why; a move to a fitting place needs no reason.
    Column("reason", Text),
    # The supplier's own number for a return.
    Column("reference", Text),
    # The other person who saw the units destroyed.
    Column("witness_id", Id, ForeignKey(user.c.id)),
    Column("at", Instant, nullable=False, index=True),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("witness_id <> by_id", name="witness"),
)
