"""Dispensing: the one gate through which medicine reaches a patient."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert

from dispensary import audit, dispensable, ledger, prescriptions, request
from dispensary.audit import Entry
from dispensary.dispensable import Asked
from dispensary.ledger import Movement
from dispensary.on_hand import PackMismatch
from dispensary.prescriptions import Prescription
from dispensary.rules.access import Act, require
from dispensary.rules.canonical import added
from dispensary.rules.choosing import Choice
from dispensary.rules.course import Course
from dispensary.rules.decision import Decision
from dispensary.rules.finding import Finding
from dispensary.rules.grammar import render
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import Place
from dispensary.rules.practice import Practice
from dispensary.rules.safety import overridden, read_reason
from dispensary.rules.scan import Pack
from dispensary.rules.sealed import sealed_finding
from dispensary.schema.prescribing import dispense as dispenses
from dispensary.schema.prescribing import finding


@dataclass(frozen=True, slots=True)
class Order:
    """What to dispense, and the pharmacist's reasons to go on as they were typed, by the code of the finding."""

    key: str
    rx: str
    units: int | None = None
    lot: str | None = None
    packs: tuple[Pack, ...] = ()
    overrides: Mapping[str, str] | None = None
    product: str | None = added(None)


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
    """The receipt of a dispense.

    `next_fill_on` is the day of the first injection that it does not cover, or None where the
    directions end with it. `owed` units of the fill are still to be collected. `completes` is the
    dispense whose owed units these are. `why` this product was taken. `directions` are those for the
    patient from this fill on, without the phases that are over.
    """

    dispense: str
    rx: str
    key: str
    fill: int
    lines: tuple[Line, ...]
    units: int
    days_supply: int
    last_injection: date
    next_fill_on: date | None
    refills_left: int
    findings: tuple[Finding, ...]
    skipped: tuple[SkippedLot, ...]
    audit: Entry
    owed: int = 0
    completes: str | None = None
    why: str = ""
    directions: str = ""


_INSERT = insert(dispenses).inline()
_INSERT_RETURNING = insert(dispenses).returning(dispenses.c.id)
_FINDINGS = insert(finding).inline()


def dispense(db: Connection, order: Order, *, practice: Practice, on: datetime, by: Person) -> Dispensed:
    """Hand over one fill of a prescription, or what is owed of the last: check, choose product and lots, post.

    Raises NotAllowed, StoppedByChecks, NotAnOverride, NoStock, ShortStock, TooFewUnits, MoreThanPrescribed,
    NotAWholeMicrolitre, UnknownLot, SeveralProducts, PackMismatch, NotFound, PatientErased and NamesThePatient.
    """
    claimed = request.claim(db, "dispense", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Dispensed)
    if order.overrides:
        require(by, Act.OVERRIDE)
    rx = prescriptions.by_number(db, by.site_id, order.rx, today=on.date(), zone=on.tzinfo, lock=True)
    rx.patient.require_nameless("reason", *(order.overrides or {}).values())
    asked = Asked(order.units, order.product, order.lot, order.packs)
    decision = dispensable.decide_today(db, rx, asked, practice=practice, on=on, site_id=by.site_id)
    choice, found = _agreed(decision, order)
    ledger.post(db, _movements(choice, rx), request_id=claimed, on=on, by=by)
    head = audit.take(db, by.site_id, "dispenses")
    _write(db, choice, found, rx, {"number": head.number, "request_id": claimed, "at": on}, by)
    event = _event(order, choice, found, rx, head.number)
    supply = choice.supply
    dispensed = Dispensed(
        dispense=event.subject,
        rx=rx.rx,
        key=order.key,
        fill=_fill(rx),
        lines=_lines(choice),
        units=supply.units,
        days_supply=supply.days_supply,
        last_injection=supply.last_injection,
        next_fill_on=None if supply.completes else supply.next_injection,
        refills_left=rx.standing.left_after(rx.terms, supply.units).refills,
        findings=found,
        skipped=tuple(SkippedLot(skipped.lot.lot, skipped.reason) for skipped in choice.allocation.skipped),
        audit=audit.record(db, head, event, on=on, by=by),
        owed=choice.prescribed_units - supply.units,
        completes=_completes(rx),
        why=choice.why,
        directions=render(Course(rx.directions, supply.first_injection, rx.standing.supplied).remaining()),
    )
    request.keep(db, claimed, dispensed)
    return dispensed


def _agreed(decision: Decision, order: Order) -> tuple[Choice, tuple[Finding, ...]]:
    """The choice with its findings, each override answered; raises what stands in the way."""
    if decision.refusal is not None:
        raise decision.refusal
    reasons = {code: read_reason(text) for code, text in (order.overrides or {}).items()}
    found = overridden(decision.found, reasons)
    assert decision.choice is not None, "without a choice there is a stop, which is refused"
    _require_scanned(order, decision.choice)
    return decision.choice, found


def _require_scanned(order: Order, choice: Choice) -> None:
    taken = {pick.lot.lot for pick in choice.allocation.picks}
    for scan in order.packs:
        if scan.lot not in taken:
            raise PackMismatch(lot=scan.lot, problem="is not needed for this fill")


def _movements(choice: Choice, rx: Prescription) -> list[Movement]:
    return [
        Movement(
            pick.lot.lot_id,
            choice.stock.product_id,
            pick.lot.expires,
            Place(pick.lot.place_id, stocked=True),
            rx.destination,
            pick.units,
            state=pick.lot.state,
        )
        for pick in choice.allocation.picks
    ]


def _fill(rx: Prescription) -> int:
    return len(rx.fills) + 1


def _completes(rx: Prescription) -> str | None:
    """The fill of which this one is the rest."""
    return None if rx.standing.owed is None else Record.DISPENSE.number(rx.standing.owed.number)


def _event(order: Order, choice: Choice, found: tuple[Finding, ...], rx: Prescription, number: int) -> audit.Event:
    supply = choice.supply
    values = {
        "rx": rx.rx,
        "fill": _fill(rx),
        "lines": [[line.product, line.lot, line.expires, line.units] for line in _lines(choice)],
        "prescribed_units": choice.prescribed_units,
        "doses": supply.doses,
        "days_supply": supply.days_supply,
        "first_injection": supply.first_injection,
        "last_injection": supply.last_injection,
        "next_injection": supply.next_injection,
        "completes": _completes(rx),
        "findings": [sealed_finding(rx.patient.audit_key, each) for each in found],
    }
    commitment = audit.commitment(rx.patient.audit_key, rx.patient.number)
    return audit.Event("dispense", Record.DISPENSE.number(number), order.key, values, patient=commitment)


def _write(
    db: Connection,
    choice: Choice,
    found: tuple[Finding, ...],
    rx: Prescription,
    row: Mapping[str, object],
    by: Person,
) -> None:
    supply, owed = choice.supply, rx.standing.owed
    row = {
        **row,
        "site_id": by.site_id,
        "prescription_id": rx.id,
        "product_id": choice.stock.product_id,
        "fill": _fill(rx),
        "units": supply.units,
        "days_supply": supply.days_supply,
        "first_injection": supply.first_injection,
        "last_injection": supply.last_injection,
        "next_injection": supply.next_injection,
        "by_id": by.user_id,
        "doses": supply.doses,
        "prescribed_units": choice.prescribed_units,
        "completes_id": None if owed is None else owed.completes,
    }
    if not found:
        db.execute(_INSERT, row)
        return
    dispense_id = db.execute(_INSERT_RETURNING, row).scalar_one()
    db.execute(_FINDINGS, [{"dispense_id": dispense_id, **asdict(each)} for each in found])


def _lines(choice: Choice) -> tuple[Line, ...]:
    return tuple(
        Line(choice.stock.product.code, pick.lot.lot, pick.lot.expires, pick.units) for pick in choice.allocation.picks
    )
