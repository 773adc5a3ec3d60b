"""Counts of stock: what was to be counted, what was found, and the end of the count."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.schema.base import Id, Instant, metadata
from dispensary.schema.catalogue import product
from dispensary.schema.people import site, user
from dispensary.schema.stock import lot, place
from dispensary.schema.trust import request

# A count of one place, of one product, or of one product at one place.
stock_count = Table(
    "stock_count",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("place_id", Id, ForeignKey(place.c.id)),
    Column("product_id", Id, ForeignKey(product.c.id)),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    CheckConstraint("place_id IS NOT NULL OR product_id IS NOT NULL", name="scope"),
)

# What stood there when the count began.
count_line = Table(
    "count_line",
    metadata,
    Column("count_id", Id, ForeignKey(stock_count.c.id), primary_key=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), primary_key=True),
    Column("place_id", Id, ForeignKey(place.c.id), primary_key=True),
    Column("units", Integer, nullable=False),
    CheckConstraint("units >= 0", name="units"),
)

# What somebody found; `book_units` is the snapshot and the movements since, at that moment.
count_entry = Table(
    "count_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("count_id", Id, ForeignKey(stock_count.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False),
    Column("place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("units", Integer, nullable=False),
    Column("book_units", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    CheckConstraint("units >= 0", name="units"),
    CheckConstraint("book_units >= 0", name="book_units"),
)

# The end of a count; the variances are the movements of its request. A count without one is open.
count_closing = Table(
    "count_closing",
    metadata,
    Column("count_id", Id, ForeignKey(stock_count.c.id), primary_key=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    # Why stock and books differ; none where they do not, and the reason of an abandoned count.
    Column("reason", Text),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)
