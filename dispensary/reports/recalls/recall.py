"""Recalls: what each concerns, unit by unit and patient by patient, and how far it has come."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from dispensary import lots
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.recalls.recall_patients import RecalledPatient, concerned
from dispensary.reports.recalls.recall_stock import (
    RecalledLot,
    RecalledMovement,
    RecalledUnits,
    RecalledVial,
    recalled_stock,
)
from dispensary.rules.lot_life import LotAct
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.recall import Contact, RecallClass
from dispensary.schema.people import user
from dispensary.schema.recalls import lot_act
from dispensary.schema.recalls import recall as recall_table


@dataclass(frozen=True, slots=True)
class RecallRow:
    """A recall in a list."""

    recall: str
    class_: RecallClass
    reference: str
    dated: date
    covers: str
    reason: str
    on: date
    by: str
    lots: int
    withdrawn_on: date | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How far the recall has come: patients by the outcome of their last call, and units.

    `units_at_home` are those that patients kept, `doses_at_home` what is still due of them by their
    directions; `units_returned` came back since the recall. `erased` were so before anybody called, and
    nobody can.
    """

    patients: int
    called: int
    reached: int
    declined: int
    not_reached: int
    not_called: int
    units_at_home: int
    doses_at_home: int
    units_returned: int
    erased: int = 0


@dataclass(frozen=True, slots=True)
class RecallDetail:
    """A recall, ready for calling: the account of every lot, what stands where, and who got some of it."""

    notice: RecallRow
    lots: tuple[RecalledLot, ...]
    stock: tuple[RecalledUnits, ...]
    vials: tuple[RecalledVial, ...]
    other: tuple[RecalledMovement, ...]
    patients: tuple[RecalledPatient, ...]
    effectiveness: Effectiveness


@dataclass(frozen=True, slots=True)
class CallLine:
    """A line of the list for calling: a patient with one fill or one drawn dose."""

    patient: str
    name: str
    identifier: str
    born: date | None
    outcome: Contact | None
    got: str
    """The number of the dispense or of the draw."""
    product: str
    lot: str
    on: date
    units: int
    kept: int
    doses_at_home: int
    drawn_ul: int


_USERS = select(user.c.id, user.c.name)
_COUNTS = (
    select(lot_act.c.recall_id, func.count().label("lots"))
    .where(lot_act.c.act == LotAct.RECALL, lot_act.c.recall_id.is_not(None))
    .group_by(lot_act.c.recall_id)
)
_NEWEST_FIRST = lots.RECALLS.order_by(None).order_by(recall_table.c.number.desc())


def recall_list(db: Connection, site_id: int, on: datetime) -> tuple[RecallRow, ...]:
    """The recalls of the site, the newest first."""
    names = _names(db)
    counts = {row.recall_id: row.lots for row in db.execute(_COUNTS)}
    found = db.execute(_NEWEST_FIRST, {"site": site_id})
    return tuple(_row(row, names, counts.get(row.id, 0), on) for row in found)


def show_recall(db: Connection, site_id: int, recall: str, on: datetime) -> Disclosed[RecallDetail]:
    """What the recall concerns, as of now: a fixed number of statements, however many patients.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotANumber and NotFound.
    """
    row = lots.recall_by_number(db, site_id, recall)
    covered = sorted(db.execute(lots.OF_RECALL, {"recall": row.id}).scalars())
    people = concerned(db, site_id, row.id, covered, on)
    made_with = lots.made_with(db, site_id, lots.scope_of(row))
    stock = recalled_stock(db, site_id, covered, people.kept, made_with, since=row.request_id, on=on)
    outcomes = Counter(each.outcome for each in people.patients)
    erased = sum(each.outcome is None and each.born is None for each in people.patients)
    detail = RecallDetail(
        notice=_row(row, _names(db), len(covered), on),
        lots=stock.lots,
        stock=stock.stock,
        vials=stock.vials,
        other=stock.other,
        patients=people.patients,
        effectiveness=Effectiveness(
            patients=len(people.patients),
            called=len(people.patients) - outcomes[None],
            reached=outcomes[Contact.REACHED],
            declined=outcomes[Contact.DECLINED],
            not_reached=outcomes[Contact.NOT_REACHED],
            not_called=outcomes[None] - erased,
            units_at_home=sum(each.kept for each in people.patients),
            doses_at_home=sum(each.doses_at_home for each in people.patients),
            units_returned=stock.units_returned,
            erased=erased,
        ),
    )
    return Disclosed(detail, people.numbers)


def calling_list(detail: RecallDetail) -> Iterator[CallLine]:
    """A line for each fill and each drawn dose of every patient."""
    for each in detail.patients:
        who = (each.patient, each.name, each.identifier, each.born, each.outcome)
        for fill in each.fills:
            yield CallLine(
                *who, fill.dispense, fill.product, fill.lot, fill.on, fill.units, fill.kept, fill.doses_at_home, 0
            )
        for dose in each.draws:
            yield CallLine(*who, dose.draw, dose.product, dose.lot, dose.on, 0, 0, 0, dose.volume_ul)


def _names(db: Connection) -> dict[int, str]:
    return {row.id: row.name for row in db.execute(_USERS)}


def _row(row: Any, names: dict[int, str], count: int, on: datetime) -> RecallRow:
    ended = row.withdrawn_at
    return RecallRow(
        recall=Record.RECALL.number(row.number),
        class_=row.class_,
        reference=row.reference,
        dated=row.dated,
        covers=str(lots.scope_of(row)),
        reason=row.reason,
        on=day_in(row.at, on.tzinfo),
        by=names[row.by_id],
        lots=count,
        withdrawn_on=None if ended is None else day_in(ended, on.tzinfo),
        withdrawn_by=None if ended is None else names[row.withdrawn_by_id],
        withdrawn_reason=row.withdrawn_reason,
    )
