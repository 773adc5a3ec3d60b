"""What the labels of a dispense say: one for each lot that it was filled from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dispensary import lookup, request
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.rules.course import Course
from dispensary.rules.grammar import from_canonical
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person, Pharmacy, Role
from dispensary.rules.product import Product
from dispensary.rules.schedule import paces
from dispensary.rules.supply import days_of_units
from dispensary.schema.catalogue import pack
from dispensary.schema.people import patient, prescriber, user
from dispensary.schema.prescribing import dispense, dispense_return, hand_over_check, prescription
from dispensary.schema.stock import lot, movement
from dispensary.schema.trust import answer
from dispensary.schema.vials import draw

_checker = user.alias("checker")
_DISPENSES = (
    select(
        dispense.c.number,
        dispense.c.request_id,
        dispense.c.product_id,
        dispense.c.prescription_id,
        dispense.c.fill,
        dispense.c.units,
        dispense.c.doses,
        dispense.c.first_injection,
        dispense.c.last_injection,
        dispense.c.at,
        prescription.c.number.label("rx"),
        prescription.c.directions,
        prescription.c.directions_as_written,
        prescription.c.indication,
        patient.c.number.label("patient_number"),
        patient.c.name.label("patient"),
        patient.c.born,
        patient.c.language,
        patient.c.audit_key,
        prescriber.c.name.label("prescriber"),
        prescriber.c.profession,
        user.c.name.label("dispensed_by"),
        user.c.role,
        _checker.c.name.label("checked_by"),
        answer.c.receipt,
        select(func.min(draw.c.request_id))
        .where(draw.c.prescription_id == prescription.c.id)
        .scalar_subquery()
        .label("first_draw"),
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .join(user, user.c.id == dispense.c.by_id)
    .join(answer, answer.c.request_id == dispense.c.request_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .outerjoin(_checker, _checker.c.id == hand_over_check.c.by_id)
    .where(dispense.c.site_id == bindparam("site"), dispense.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(dispense.c.number)
)
# Every fill of their prescriptions, and the first request by which any of it came back.
_FILLS = (
    select(
        dispense.c.prescription_id,
        dispense.c.fill,
        dispense.c.first_injection,
        dispense.c.doses,
        select(func.min(dispense_return.c.request_id))
        .where(dispense_return.c.dispense_id == dispense.c.id)
        .scalar_subquery()
        .label("returned_by"),
    )
    .where(dispense.c.prescription_id.in_(bindparam("prescriptions", expanding=True)))
    .order_by(dispense.c.prescription_id, dispense.c.fill)
)
_LOTS = (
    select(movement.c.request_id, lot.c.number, lot.c.expires, func.sum(movement.c.units).label("units"))
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(movement.c.request_id.in_(bindparam("requests", expanding=True)))
    .group_by(movement.c.request_id, lot.c.id, lot.c.number, lot.c.expires)
    .order_by(movement.c.request_id, lot.c.expires, lot.c.id)
)
_UNIT_GTINS = (
    select(pack.c.product_id, func.min(pack.c.gtin).label("gtin"))
    .where(pack.c.product_id.in_(bindparam("products", expanding=True)), pack.c.units == 1)
    .group_by(pack.c.product_id)
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What a label needs of a dispense's receipt: as it stood at the fill, so that a copy says what the first said."""

    refills_left: int
    directions: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A dispense with the facts of its labels in the order of use, and the patient as audit events name one."""

    dispense: str
    labels: tuple[DispenseFacts, ...]
    patient_number: int
    audit_key: bytes


def unit_gtins(db: Connection, products: Sequence[int]) -> dict[int, str | None]:
    """The GTIN of one unit of each of the products by their ids, where one is known.

    Only the GTIN of a single unit may stand on a single unit.
    """
    return {row.product_id: row.gtin for row in db.execute(_UNIT_GTINS, {"products": products})}


def dispense_facts(db: Connection, number: str, *, pharmacy: Pharmacy, on: datetime, by: Person) -> Labelled:
    """The facts of each label of the dispense; raises NotANumber and NotFound."""
    wanted = parse_number(Record.DISPENSE, number)
    for found in labelled(db, [wanted], pharmacy=pharmacy, on=on, by=by):
        return found
    raise lookup.no_such(Record.DISPENSE, wanted)


def numbers_between(db: Connection, first: int, last: int, *, by: Person) -> list[int]:
    """The numbers of the site's dispenses from the first to the last, in ascending order."""
    between = select(dispense.c.number).where(dispense.c.site_id == by.site_id, dispense.c.number.between(first, last))
    return list(db.execute(between.order_by(dispense.c.number)).scalars())


def labelled(
    db: Connection,
    numbers: Sequence[int],
    *,
    pharmacy: Pharmacy,
    on: datetime,
    by: Person,
) -> Iterator[Labelled]:
    """The dispenses of these numbers that the site has, in ascending order, with the facts of their labels.

    Five statements, however many there are.
    """
    rows = db.execute(_DISPENSES, {"site": by.site_id, "numbers": list(numbers)}).all()
    if not rows:
        return
    wanted = sorted({row.product_id for row in rows})
    products = {key: found.made_by(pharmacy.name) for key, found in lookup.products_by_id(db, wanted).items()}
    gtins = unit_gtins(db, wanted)
    lots = db.execute(_LOTS, {"requests": sorted(row.request_id for row in rows)})
    fills = db.execute(_FILLS, {"prescriptions": sorted({row.prescription_id for row in rows})})
    by_prescription = {key: list(group) for key, group in groupby(fills, key=lambda each: each.prescription_id)}
    by_request = {key: list(group) for key, group in groupby(lots, key=lambda each: each.request_id)}
    for row in rows:
        yield Labelled(
            Record.DISPENSE.number(row.number),
            tuple(
                _facts(
                    row,
                    by_request[row.request_id],
                    by_prescription[row.prescription_id],
                    products[row.product_id],
                    gtins.get(row.product_id),
                    pharmacy,
                    on,
                )
            ),
            row.patient_number,
            row.audit_key,
        )


def _facts(
    row: Any,
    lots: Sequence[Any],
    fills: Sequence[Any],
    of: Product,
    gtin: str | None,
    pharmacy: Pharmacy,
    on: datetime,
) -> Iterator[DispenseFacts]:
    receipt = request.again(row.receipt, Filled)
    directions = from_canonical(receipt.directions or row.directions)
    days = _days_of_units(row, fills, of)
    given = 0
    for part, each in enumerate(lots, 1):
        of_lot, given = days[given : given + each.units], given + each.units
        yield DispenseFacts(
            country=pharmacy.country,
            language=row.language,
            pharmacy=pharmacy.name,
            address=pharmacy.address,
            phone=pharmacy.phone,
            rx=Record.PRESCRIPTION.number(row.rx),
            dispense=Record.DISPENSE.number(row.number),
            fill=row.fill,
            dispensed_on=day_in(row.at, on.tzinfo),
            patient=row.patient,
            born=row.born,
            prescriber=row.prescriber,
            profession=row.profession,
            product=of,
            units=int(each.units),
            directions=directions,
            directions_as_written=row.directions_as_written,
            indication=row.indication,
            lot=each.number,
            expires=each.expires,
            gtin=gtin,
            part=part,
            parts=len(lots),
            refills_left=receipt.refills_left,
            dispensed_by=row.dispensed_by,
            checked_by=row.checked_by or (row.dispensed_by if row.role is Role.PHARMACIST else ""),
            injections=tuple(sorted(set().union(*of_lot))),
        )


def _days_of_units(row: Any, fills: Sequence[Any], of: Product) -> Sequence[tuple[date, ...]]:
    """The days that each unit of the fill serves, in the order of use: those that the fill was reckoned by.

    None at all where they are not sure: a range or `as needed` leaves them open; a dose that was drawn, or
    what came back before this fill, has moved them; a row of the first schema does not say its doses.
    """
    directions = from_canonical(row.directions)
    before = [each for each in fills if each.fill < row.fill]
    moved = [row.first_draw, *(each.returned_by for each in before)]
    if (
        len(paces(directions)) > 1
        or any(phase.as_needed for phase in directions.phases)
        or any(request_id is not None and request_id < row.request_id for request_id in moved)
        or any(each.doses is None for each in (row, *before))
    ):
        return ()
    course = Course(directions, row.first_injection, tuple((each.first_injection, each.doses) for each in before))
    if course.completed:
        return ()
    days = days_of_units(row.units, course, of)
    served = [each.on for each in islice(course.injections(), row.doses)]
    # A product that is entered otherwise since, such as for how many days it is kept, would serve others.
    return days if set(served) == set().union(*days) and max(served) == row.last_injection else ()
