"""What data loggers measured, the excursions that were found, and time in the light."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.rules.product import Temperature
from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.people import user
from dispensary.schema.stock import lot, place
from dispensary.schema.trust import request
from dispensary.schema.vials import vial

# A file of readings of one place. `first` to `last` in seconds since 1970-01-01 UTC.
place_log = Table(
    "place_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("place_id", Id, ForeignKey(place.c.id), nullable=False, index=True),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("file", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("readings", Integer, nullable=False),
    # Readings that were there already, and times without any that were longer than the usual interval.
    Column("repeated", Integer, nullable=False),
    Column("gaps", Integer, nullable=False),
    # SHA-256 of the readings that it brought, as the audit event tells it.
    Column("digest", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
)

reading = Table(
    "reading",
    metadata,
    Column("place_id", Id, ForeignKey(place.c.id), primary_key=True),
    # Seconds since 1970-01-01 UTC: a year of ten loggers is a million rows.
    Column("second", BigInteger, primary_key=True, autoincrement=False),
    Column("centidegrees", Integer, nullable=False),
    Column("log_id", Id, ForeignKey(place_log.c.id), nullable=False),
    sqlite_with_rowid=False,
)

# A time in which a place was outside what a storage class allows. Temperatures in hundredths of a degree Celsius.
excursion = Table(
    "excursion",
    metadata,
    Column("id", Id, primary_key=True),
    Column("place_id", Id, ForeignKey(place.c.id), nullable=False),
    Column("log_id", Id, ForeignKey(place_log.c.id), nullable=False, index=True),
    Column("temperature", choice(Temperature, "temperature"), nullable=False),
    Column("began", Instant, nullable=False),
    Column("ended", Instant, nullable=False),
    Column("lowest", Integer, nullable=False),
    Column("highest", Integer, nullable=False),
    Column("mean_kinetic", Integer, nullable=False),
    Column("why", Text, nullable=False),
    UniqueConstraint("place_id", "temperature", "began"),
    CheckConstraint("ended >= began", name="times"),
    CheckConstraint("highest >= lowest", name="temperatures"),
)

# Minutes out of the carton, of a whole lot or of one opened vial.
light_exposure = Table(
    "light_exposure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("lot_id", Id, ForeignKey(lot.c.id), nullable=False, index=True),
    Column("vial_id", Id, ForeignKey(vial.c.id)),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, unique=True),
    Column("minutes", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    CheckConstraint("minutes > 0", name="minutes"),
)
