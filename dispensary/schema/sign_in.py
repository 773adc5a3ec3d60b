"""PINs and badges, the wrong PINs in a row, and the sessions that a right one opens."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text

from dispensary.schema.base import Id, Instant, metadata
from dispensary.schema.people import user

# The last row of a user counts; one that somebody else gave is changed at the next login.
pin = Table(
    "pin",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey(user.c.id), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    # Argon2id as a PHC string, which holds its salt and its costs.
    Column("hash", Text, nullable=False),
)

# The last row of a user counts, and takes the badge away where it has no hash. No badge serves twice.
badge = Table(
    "badge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey(user.c.id), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    # SHA-256 of what the scanner reads.
    Column("hash", Text, unique=True),
)

# Wrong PINs since the last right one: counted before a PIN is looked at, so that no kill forgets one.
wrong_pins = Table(
    "wrong_pins",
    metadata,
    Column("user_id", Id, ForeignKey(user.c.id), primary_key=True),
    Column("in_a_row", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    CheckConstraint("in_a_row >= 0", name="in_a_row"),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey(user.c.id), nullable=False, index=True),
    # SHA-256 of the token, which only the counter has.
    Column("token_hash", Text, nullable=False, unique=True),
    # The operating system's user and machine, to which the token is bound.
    Column("counter", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
