"""Who got some of the recalled lots: every fill and every drawn dose, and what of it is still at home."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, literal, null, select, type_coerce, union_all

from dispensary import ledger, lookup, prescriptions
from dispensary.rules.course import Course
from dispensary.rules.directions import Directions
from dispensary.rules.grammar import from_canonical
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.recall import Contact, doses_at_home, doses_of
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.recalls import recall_contact
from dispensary.schema.stock import lot as lot_table
from dispensary.schema.stock import movement
from dispensary.schema.vials import draw, vial


@dataclass(frozen=True, slots=True)
class RecalledFill:
    """Units of a recalled lot in a fill: how many the patient kept, and the doses of them that are still due.

    Doses at home are by the directions: from today on, at the slowest of the intervals they allow.
    """

    dispense: str
    lot: str
    product: str
    on: date
    units: int
    kept: int
    doses_at_home: int


@dataclass(frozen=True, slots=True)
class RecalledDose:
    """A dose that was drawn from an opened vial of a recalled lot."""

    draw: str
    vial: str
    lot: str
    product: str
    on: date
    volume_ul: int


@dataclass(frozen=True, slots=True)
class Call:
    """What came of a call."""

    on: datetime
    outcome: Contact
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class RecalledPatient:
    """A patient to call. `outcome` is that of the last call, None where nobody has called yet.

    There is no birth date where the patient was erased, and nobody to call.
    """

    patient: str
    name: str
    identifier: str
    born: date | None
    kept: int
    doses_at_home: int
    outcome: Contact | None
    fills: tuple[RecalledFill, ...]
    draws: tuple[RecalledDose, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Concerned:
    """The patients, those with the most doses at home first; their numbers, and the units that they kept by lot."""

    patients: tuple[RecalledPatient, ...]
    numbers: frozenset[int]
    kept: Mapping[int, int]


_ids: BindParameter[int] = bindparam("lots", expanding=True)
_PATIENT = (
    patient.c.id.label("patient_id"),
    patient.c.number.label("patient_number"),
    patient.c.name,
    patient.c.identifier,
    patient.c.born,
    patient.c.erased_at,
)
_of_lots = select(movement.c.request_id).where(movement.c.lot_id.in_(_ids))
_filled = movement.alias("filled")
# Every movement of a fill, also of lots that are not recalled, because the patient uses them in their order.
_FILLS = (
    select(
        *_PATIENT,
        dispense.c.number,
        dispense.c.at,
        dispense.c.request_id,
        dispense.c.prescription_id,
        dispense.c.product_id,
        dispense.c.first_injection,
        dispense.c.last_injection,
        prescription.c.directions,
        lot_table.c.id.label("lot_id"),
        lot_table.c.number.label("lot"),
        product.c.code,
        _filled.c.units,
        ledger.returned(_filled).label("returned"),
    )
    .select_from(dispense)
    .join(_filled, _filled.c.request_id == dispense.c.request_id)
    .join(lot_table, lot_table.c.id == _filled.c.lot_id)
    .join(product, product.c.id == lot_table.c.product_id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .where(dispense.c.request_id.in_(_of_lots), dispense.c.site_id == bindparam("site"))
    .order_by(dispense.c.id, _filled.c.id)
)
_concerned = select(dispense.c.prescription_id).where(
    dispense.c.request_id.in_(_of_lots), dispense.c.site_id == bindparam("site")
)
# What supplied the prescriptions before: each fill, and each drawn dose as one injection on its day.
_SUPPLIED = union_all(
    select(
        dispense.c.prescription_id,
        dispense.c.request_id,
        dispense.c.product_id,
        dispense.c.first_injection,
        dispense.c.doses,
        dispense.c.units,
        prescriptions.RETURNED.label("returned"),
        # With its type, which is that of the whole column: SQLite would give text.
        type_coerce(null(), draw.c.at.type).label("drawn_at"),
    ).where(dispense.c.prescription_id.in_(_concerned)),
    select(
        draw.c.prescription_id,
        draw.c.request_id,
        null(),
        null(),
        literal(1),
        literal(1),
        literal(0),
        draw.c.at,
    ).where(draw.c.prescription_id.in_(_concerned)),
).order_by("prescription_id", "request_id")
_DRAWS = (
    select(
        *_PATIENT,
        draw.c.number,
        draw.c.at,
        draw.c.volume_ul,
        vial.c.number.label("vial"),
        lot_table.c.number.label("lot"),
        product.c.code,
    )
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot_table, lot_table.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot_table.c.product_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .where(vial.c.lot_id.in_(_ids), draw.c.site_id == bindparam("site"))
    .order_by(draw.c.number)
)
_CALLS = (
    select(
        recall_contact.c.patient_id, recall_contact.c.contact, recall_contact.c.note, recall_contact.c.at, user.c.name
    )
    .join(user, user.c.id == recall_contact.c.by_id)
    .where(recall_contact.c.recall_id == bindparam("recall"))
    .order_by(recall_contact.c.id)
)


def concerned(db: Connection, site_id: int, recall_id: int, lots: list[int], on: datetime) -> Concerned:
    """The patients of the lots (by id), with what was dispensed and drawn, and the calls of the recall."""
    given = {"lots": lots, "site": site_id}
    parts: Sequence[Any] = db.execute(_FILLS, given).all()
    draws: Sequence[Any] = db.execute(_DRAWS, given).all()
    calls: dict[int, list[Call]] = {}
    for row in db.execute(_CALLS, {"recall": recall_id}):
        calls.setdefault(row.patient_id, []).append(Call(row.at.astimezone(on.tzinfo), row.contact, row.name, row.note))
    people = {row.patient_id: row for row in sorted([*parts, *draws], key=lambda row: row.patient_number)}
    fills = _fills(parts, frozenset(lots), _Schedules(db, given, parts, on))
    doses: dict[int, list[RecalledDose]] = {}
    for row in draws:
        doses.setdefault(row.patient_id, []).append(_dose(row, on.tzinfo))
    found = [_patient(row, fills.get(key, ()), doses.get(key, ()), calls.get(key, ())) for key, row in people.items()]
    kept: Counter[int] = Counter()
    for part in parts:
        kept[part.lot_id] += part.units - part.returned
    return Concerned(
        patients=tuple(
            sorted(found, key=lambda each: (-each.doses_at_home, -each.kept, len(each.patient), each.patient))
        ),
        numbers=frozenset(row.patient_number for row in people.values()),
        kept=kept,
    )


def _patient(
    row: Any, fills: Sequence[RecalledFill], draws: Sequence[RecalledDose], calls: Sequence[Call]
) -> RecalledPatient:
    return RecalledPatient(
        patient=Record.PATIENT.number(row.patient_number),
        name=row.name,
        identifier="" if row.erased_at else row.identifier,
        born=None if row.erased_at else row.born,
        kept=sum(each.kept for each in fills),
        doses_at_home=sum(each.doses_at_home for each in fills),
        outcome=calls[-1].outcome if calls else None,
        fills=tuple(fills),
        draws=tuple(draws),
        calls=tuple(calls),
    )


def _dose(row: Any, zone: tzinfo | None) -> RecalledDose:
    return RecalledDose(
        draw=Record.DRAW.number(row.number),
        vial=Record.VIAL.number(row.vial),
        lot=row.lot,
        product=row.code,
        on=day_in(row.at, zone),
        volume_ul=row.volume_ul,
    )


class _Schedules:
    """What each fill was to serve: its course, from what supplied its prescription before it."""

    def __init__(self, db: Connection, given: Mapping[str, object], parts: Iterable[Any], on: datetime) -> None:
        self.on = on
        # A fill whose last injection lies behind has nothing left at home.
        due = {row.prescription_id for row in parts if row.last_injection >= on.date()}
        rows = db.execute(_SUPPLIED, given).all() if due else ()
        self.supplied = {
            key: list(group) for key, group in groupby(rows, key=lambda row: int(row.prescription_id)) if key in due
        }
        wanted = {row.product_id for group in self.supplied.values() for row in group} - {None}
        self.products = lookup.products_by_id(db, wanted)
        self.known: dict[object, tuple[int, ...]] = {}

    def at_home(self, fill: Any, portions: tuple[int, ...]) -> tuple[int, ...]:
        """The doses of each portion that are due today or later."""
        today = self.on.date()
        if fill.last_injection < today:
            return (0,) * len(portions)
        directions = from_canonical(fill.directions)
        supplied = self._before(fill, directions)
        alike = (fill.directions, fill.first_injection, supplied, fill.product_id, portions)
        if alike not in self.known:
            course = Course(directions, fill.first_injection, supplied)
            self.known[alike] = doses_at_home(course, self.products[fill.product_id], portions, today)
        return self.known[alike]

    def _before(self, fill: Any, directions: Directions) -> tuple[tuple[date, int], ...]:
        """What supplied the prescription before this fill, without what came back."""
        before: list[tuple[date, int]] = []
        for row in self.supplied[fill.prescription_id]:
            if row.request_id >= fill.request_id:
                break
            kept = row.units - row.returned
            if row.drawn_at is not None:
                before.append((day_in(row.drawn_at, self.on.tzinfo), 1))
            elif kept:
                doses = row.doses or 0
                if row.returned:
                    course = Course(directions, row.first_injection, tuple(before))
                    doses = min(doses, doses_of(course, self.products[row.product_id], kept))
                before.append((row.first_injection, doses))
        return tuple(before)


def _fills(parts: Iterable[Any], recalled: frozenset[int], schedules: _Schedules) -> dict[int, list[RecalledFill]]:
    """The recalled parts of each fill, by patient; one line a lot, also where it came from two places."""
    fills: dict[int, list[RecalledFill]] = {}
    for _, group in groupby(parts, key=lambda row: row.request_id):
        rows = list(group)
        left = schedules.at_home(rows[0], tuple(row.units - row.returned for row in rows))
        lines: dict[int, RecalledFill] = {}
        for row, doses in zip(rows, left, strict=True):
            if row.lot_id not in recalled:
                continue
            line = lines.get(row.lot_id) or RecalledFill(
                dispense=Record.DISPENSE.number(row.number),
                lot=row.lot,
                product=row.code,
                on=day_in(row.at, schedules.on.tzinfo),
                units=0,
                kept=0,
                doses_at_home=0,
            )
            lines[row.lot_id] = replace(
                line,
                units=line.units + row.units,
                kept=line.kept + row.units - row.returned,
                doses_at_home=line.doses_at_home + doses,
            )
        fills.setdefault(rows[0].patient_id, []).extend(lines.values())
    return fills
