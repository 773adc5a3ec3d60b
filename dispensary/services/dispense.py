"""Dispensing: the one gate through which medicine reaches a patient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from sqlalchemy import Connection, insert

from dispensary import audit, ledger, lookup, request
from dispensary.audit import Entry
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.lookup import Prescription
from dispensary.rules.choosing import Choice, Wanted, choose, preservative_free
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person, Role
from dispensary.rules.place import Place
from dispensary.rules.product import Product
from dispensary.rules.refills import Fill
from dispensary.rules.safety import Case, Finding, findings, overridden, stops
from dispensary.rules.scan import Pack
from dispensary.schema.prescribing import dispense as dispenses
from dispensary.schema.prescribing import finding
from dispensary.services import on_hand
from dispensary.services.on_hand import PackMismatch


class NoStock(Refused):
    """Nothing of the form is on hand."""

    sentence = "No {form} is on hand for {rx}: receive stock first."
    form: str
    rx: str


@dataclass(frozen=True, slots=True)
class Order:
    """What to dispense. Without `units`, what the prescription says; `lot` and `packs` fix the lots to take."""

    key: str
    rx: str
    units: int | None = None
    lot: str | None = None
    packs: tuple[Pack, ...] = ()
    overrides: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one lot."""

    product: str
    lot: str
    expires: date
    units: int


@dataclass(frozen=True, slots=True)
class SkippedLot:
    """A lot that FEFO passed over, and why."""

    lot: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispensed:
    """The receipt of a dispense. `next_fill_on` is the day of the first injection that it does not cover."""

    dispense: str
    rx: str
    key: str
    fill: int
    lines: tuple[Line, ...]
    units: int
    days_supply: int
    last_injection: date
    next_fill_on: date
    refills_left: int
    findings: tuple[Finding, ...]
    skipped: tuple[SkippedLot, ...]
    audit: Entry


_INSERT = insert(dispenses).inline()
_INSERT_RETURNING = insert(dispenses).returning(dispenses.c.id)


def dispense(db: Connection, order: Order, *, on: datetime, by: Person) -> Dispensed:
    """Hand over one fill of a prescription: check, choose the product and the lots, post.

    Raises StoppedByChecks, NotAnOverride, NoStock, ShortStock, TooFewUnits, MoreThanPrescribed,
    NotAWholeMicrolitre, UnknownLot, SeveralProducts, PackMismatch and NotFound.
    """
    claimed = request.claim(db, "dispense", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Dispensed)
    rx = lookup.prescription_by_number(db, by.site_id, order.rx, lock=True)
    choice, found = _decide(db, order, rx, on.date(), by)
    movements = [
        Movement(
            pick.lot.lot_id,
            choice.stock.product_id,
            pick.lot.expires,
            Place(pick.lot.place_id, stocked=True),
            rx.destination,
            pick.units,
        )
        for pick in choice.allocation.picks
    ]
    ledger.post(db, movements, request_id=claimed, on=on, by=by)
    head = audit.take(db, by.site_id, "dispenses")
    number = head.number
    fill = len(rx.fills) + 1
    _write(db, choice, found, rx, {"number": number, "request_id": claimed, "fill": fill, "at": on}, by)
    lines = _lines(choice)
    event = audit.Event(
        "dispense",
        Record.DISPENSE.number(number),
        order.key,
        {
            "rx": Record.PRESCRIPTION.number(rx.number),
            "fill": fill,
            "lines": [[line.product, line.lot, line.expires, line.units] for line in lines],
            "findings": [[f.code, f.severity, f.reason] for f in found],
        },
        patient=audit.commitment(rx.patient.audit_key, rx.patient.number),
    )
    entry = audit.record(db, head, event, on=on, by=by)
    supply = choice.supply
    dispensed = Dispensed(
        dispense=event.subject,
        rx=Record.PRESCRIPTION.number(rx.number),
        key=order.key,
        fill=fill,
        lines=lines,
        units=supply.units,
        days_supply=supply.days_supply,
        last_injection=supply.last_injection,
        next_fill_on=supply.next_injection,
        refills_left=rx.left_after(Fill(supply.units)).refills,
        findings=found,
        skipped=tuple(SkippedLot(skipped.lot.lot, skipped.reason) for skipped in choice.allocation.skipped),
        audit=entry,
    )
    request.keep(db, claimed, dispensed)
    return dispensed


def _decide(
    db: Connection, order: Order, rx: Prescription, today: date, by: Person
) -> tuple[Choice, tuple[Finding, ...]]:
    """The product with its lots, and what the checks found: those named, else the best of the form."""
    of_form = on_hand.of_form(db, rx.form, by)
    named = order.lot is not None or bool(order.packs)
    stocks = on_hand.named(db, order.lot, order.packs, by) if named else of_form
    if not stocks:
        raise NoStock(form=rx.form, rx=Record.PRESCRIPTION.number(rx.number))
    free = preservative_free(of_form, today)
    checked = {stock.product_id: findings(_case(rx, stock.product, today, free)) for stock in stocks}
    fitting = [stock for stock in stocks if not stops(checked[stock.product_id])]
    if not fitting:
        _refuse(checked.values())
    units_left = rx.left.units
    wanted = Wanted(
        directions=rx.directions,
        start=max(today, rx.next_injection or today),
        units=order.units,
        most=None if rx.quantity_units is None or units_left is None else min(rx.quantity_units, units_left),
        days=rx.days,
    )
    choice = choose(fitting, wanted, today)
    _require_scanned(order, choice)
    reasons = dict(order.overrides or {})
    found = overridden(checked[choice.stock.product_id], reasons, may_override=by.role is Role.PHARMACIST)
    return choice, found


def _refuse(checked: Iterable[tuple[Finding, ...]]) -> NoReturn:
    """Every product is stopped: each reason once."""
    found = {finding.message: finding for each in checked for finding in stops(each)}
    overridden(tuple(found.values()), {}, may_override=False)
    raise AssertionError("a stop always refuses")


def _case(rx: Prescription, product: Product, today: date, free: str) -> Case:
    return Case(
        today=today,
        form=rx.form,
        directions=rx.directions,
        valid_until=rx.valid_until,
        fills_left=rx.left.fills,
        history=rx.patient.history,
        product=product,
        preservative_free=free,
    )


def _require_scanned(order: Order, choice: Choice) -> None:
    taken = {pick.lot.lot for pick in choice.allocation.picks}
    for scan in order.packs:
        if scan.lot not in taken:
            raise PackMismatch(lot=scan.lot, problem="is not needed for this fill")


def _write(
    db: Connection,
    choice: Choice,
    found: tuple[Finding, ...],
    rx: Prescription,
    row: Mapping[str, object],
    by: Person,
) -> None:
    supply = choice.supply
    row = {
        **row,
        "site_id": by.site_id,
        "prescription_id": rx.id,
        "product_id": choice.stock.product_id,
        "units": supply.units,
        "days_supply": supply.days_supply,
        "first_injection": supply.first_injection,
        "last_injection": supply.last_injection,
        "next_injection": supply.next_injection,
        "by_id": by.user_id,
    }
    if not found:
        db.execute(_INSERT, row)
        return
    dispense_id = db.execute(_INSERT_RETURNING, row).scalar_one()
    for each in found:
        db.execute(
            insert(finding).values(
                dispense_id=dispense_id,
                code=each.code,
                severity=each.severity,
                message=each.message,
                reason=each.reason,
            )
        )


def _lines(choice: Choice) -> tuple[Line, ...]:
    return tuple(
        Line(choice.stock.product.code, pick.lot.lot, pick.lot.expires, pick.units) for pick in choice.allocation.picks
    )
