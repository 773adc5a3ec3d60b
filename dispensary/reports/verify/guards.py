"""What lets rows be appended and never changed: triggers, and on PostgreSQL the rights of the application's role.

Whoever drops a trigger may have changed what it guarded, and so may a program that acts as more than its role.
"""

from sqlalchemy import Connection, text

from dispensary import server_roles
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.counting import count_closing, count_entry, count_line, stock_count
from dispensary.schema.people import site_right
from dispensary.schema.prescribing import (
    checked_pack,
    dispense,
    dispense_return,
    finding,
    hand_over_check,
    prescription_act,
    unmet_demand,
)
from dispensary.schema.printing import print_attempt, print_job
from dispensary.schema.recalls import lot_act, recall, recall_contact, recall_withdrawal
from dispensary.schema.sign_in import badge, pin
from dispensary.schema.stock import movement, receipt, receipt_line, stock_act
from dispensary.schema.storage import excursion, light_exposure, place_log, reading
from dispensary.schema.trust import answer, audit_event, request
from dispensary.schema.vials import draw, draw_finding, vial_entry

APPEND_ONLY = (
    answer,
    audit_event,
    badge,
    batch,
    batch_ingredient,
    checked_pack,
    count_closing,
    count_entry,
    count_line,
    dispense,
    dispense_return,
    draw,
    draw_finding,
    excursion,
    finding,
    hand_over_check,
    light_exposure,
    lot_act,
    movement,
    pin,
    place_log,
    prescription_act,
    print_attempt,
    print_job,
    reading,
    recall,
    recall_contact,
    recall_withdrawal,
    receipt,
    receipt_line,
    request,
    site_right,
    stock_act,
    stock_count,
    unmet_demand,
    vial_entry,
)
"""The tables whose rows the migrations guard; the triggers of a migrated database are those of these tables."""

_SQLITE = text("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
# What a trigger of PostgreSQL does, whether it fires, and before what: UPDATE, DELETE and TRUNCATE, by the statement.
_POSTGRESQL = text(
    """
    SELECT c.relname, t.tgname,
        CASE WHEN t.tgtype = 2 + 8 + 16 + 32 AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
            AND t.tgattr = '' AND p.prosrc LIKE ' BEGIN RAISE EXCEPTION %; END '
        THEN p.proname END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)
    """
)


def missing(db: Connection) -> list[str]:
    """Append-only tables without the triggers that close them, or with others of their name, and rights too many."""
    sqlite = db.dialect.name == "sqlite"
    there = {(table, name, does) for table, name, does in db.execute(_SQLITE if sqlite else _POSTGRESQL)}
    needed = (trigger for table in APPEND_ONLY for trigger in (_sqlite if sqlite else _postgresql)(table.name))
    return [
        f"{table} can be changed, since its trigger {name} is not there as it was made"
        for table, name, does in needed
        if (table, name, does) not in there
    ] + ([] if sqlite else _rights(db))


def _sqlite(table: str) -> list[tuple[str, str, str]]:
    return [
        (
            table,
            f"{table}_no_{action}",
            f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        )
        for action in ("update", "delete")
    ]


def _postgresql(table: str) -> list[tuple[str, str, str]]:
    return [(table, f"{table}_append_only", "append_only")]


_ACTING = text(
    """
    SELECT current_user AS name, rolsuper AS unbound,
        (SELECT min(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace('public')
            AND pg_has_role(current_user, relowner, 'USAGE')) AS owned
    FROM pg_roles WHERE rolname = current_user
    """
)


def _rights(db: Connection) -> list[str]:
    """What the program may do on the server beyond what `server_roles` gives it, or cannot do any more."""
    roles = server_roles.roles_of(db)
    if not roles.there:
        return [f"the tables of {roles.database} belong to no role of their own: run `dispensary upgrade`"]
    acting = db.execute(_ACTING).one()
    found = []
    if acting.unbound:
        found.append(f"the program acts as {acting.name}, a superuser, whom no right binds")
    elif acting.owned is not None:
        found.append(f"the program acts as {acting.name}, who owns the table {acting.owned}")
    elif acting.name != roles.application:
        found.append(f"the program acts as {acting.name} and not as {roles.application}")
    more, less = server_roles.granted_otherwise(db, roles)
    found += [f"{roles.application} has a right too many: {right}" for right in more]
    found += [f"{roles.application} lacks a right: {right}" for right in less]
    return found
