"""Indexes on a part of their table, for the migrations alone.

They stand apart because an option of PostgreSQL loads its dialect, which would cost every cold
command on SQLite a tenth of a second.
"""

from sqlalchemy import Index, text

from dispensary.schema.printing import print_attempt
from dispensary.schema.stock import balance, movement

Index(
    "ix_balance_fefo",
    balance.c.product_id,
    balance.c.expires,
    balance.c.lot_id,
    sqlite_where=text("units > 0"),
    postgresql_where=text("units > 0"),
)
Index(
    "ix_movement_reverses",
    movement.c.reverses_id,
    sqlite_where=text("reverses_id IS NOT NULL"),
    postgresql_where=text("reverses_id IS NOT NULL"),
)
# An attempt ends in one way.
Index(
    "uq_print_attempt_end",
    print_attempt.c.job_id,
    print_attempt.c.attempt,
    unique=True,
    sqlite_where=text("state <> 'sending'"),
    postgresql_where=text("state <> 'sending'"),
)
