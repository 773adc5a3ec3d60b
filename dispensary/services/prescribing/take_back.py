"""Taking a dispense back: what a patient had is not sold again, what nobody collected goes back into stock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from dispensary import audit, ledger, lookup, lots, places, request
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.rules.canonical import added
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.practice import Practice
from dispensary.rules.shelf import Operation
from dispensary.rules.stock_act import require_restockable
from dispensary.schema.prescribing import dispense_return
from dispensary.services.prescribing import fill
from dispensary.services.prescribing.fill import LockedFill


class NothingLeftToReturn(Refused):
    """Each unit comes back at most once."""

    sentence = (
        "{wanted} units cannot come back from {dispense}: {units} were dispensed and {returned} returned before; "
        "return at most {left}."
    )
    dispense: str
    wanted: int
    units: int
    returned: int
    left: int


class WhichLot(Refused):
    """A part of a fill of several lots comes back, and nobody said of which."""

    sentence = "{dispense} was filled from lots {lots}: say with --lot which of them comes back."
    dispense: str
    lots: str


@dataclass(frozen=True, slots=True)
class Return:
    """What comes back. Without `units`, all that is left; `lot` where a part of several lots comes back.

    `undelivered` where the whole fill never left the pharmacy.
    """

    key: str
    dispense: str
    reason: str
    units: int | None = None
    lot: str | None = None
    undelivered: bool = added(False)


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one lot that came back."""

    product: str
    lot: str
    expires: date
    units: int
    place: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The receipt of a return. The JSON key `return` is a word of the language, hence the name."""

    return_: str
    dispense: str
    key: str
    lines: tuple[Line, ...]
    units: int
    reason: str
    undelivered: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """Units that come back, of one movement that handed them over, and where they go."""

    line: Any
    units: int
    target: Place
    place: str


def take_back(db: Connection, back: Return, *, practice: Practice, on: datetime, by: Person) -> TakenBack:
    """Post the units back, each movement reversing the one that handed them over.

    They go where what patients had stands apart, and an undelivered fill to where it came from.
    Raises NothingLeftToReturn, WhichLot, NotUndelivered, LotNotUsable (an undelivered fill), NotFound, PatientErased
    and NamesThePatient.
    """
    claimed = request.claim(db, "return", back.key, back, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, TakenBack)
    filled = fill.locked(db, by.site_id, back.dispense)
    recipient = filled.patient
    recipient.require_nameless("reason", back.reason)
    parts = _parts(filled, back)
    if back.undelivered:
        require_restockable(
            filled.dispense,
            day_in(filled.at, on.tzinfo),
            on.date(),
            practice.restock_days,
            units=filled.units,
            returned=sum(line.returned for line in filled.lines),
            whole=back.units is None and back.lot is None,
        )
    placed = _placed(db, parts, back.undelivered, on, by)
    source = places.place_of_kind(db, by.site_id, PlaceKind.PATIENTS)
    ledger.post(db, [_movement(part, source) for part in placed], request_id=claimed, on=on, by=by)
    head = audit.take(db, by.site_id, "returns")
    taken = TakenBack(
        return_=Record.RETURN.number(head.number),
        dispense=filled.dispense,
        key=back.key,
        lines=tuple(Line(part.line.code, part.line.lot, part.line.expires, part.units, part.place) for part in placed),
        units=sum(part.units for part in placed),
        reason=back.reason,
        undelivered=back.undelivered,
    )
    db.execute(
        insert(dispense_return).values(
            site_id=by.site_id,
            number=head.number,
            request_id=claimed,
            dispense_id=filled.id,
            units=taken.units,
            reason=back.reason,
            undelivered=back.undelivered,
        )
    )
    values = {
        "dispense": filled.dispense,
        "lines": [[line.product, line.lot, line.expires, line.place, line.units] for line in taken.lines],
        "reason": back.reason,
        "undelivered": back.undelivered,
    }
    commitment = audit.commitment(recipient.audit_key, recipient.number)
    audit.record(db, head, audit.Event("return", taken.return_, back.key, values, patient=commitment), on=on, by=by)
    request.keep(db, claimed, taken)
    return taken


def _placed(db: Connection, parts: list[tuple[Any, int]], undelivered: bool, on: datetime, by: Person) -> list[_Part]:
    """Where each part goes, its lot locked and its state asked."""
    operation = Operation.RESTOCK if undelivered else Operation.RETURN
    apart = places.place_of_kind(db, by.site_id, PlaceKind.RETURNED)
    locked = {each.id: each for each in lots.locked(db, (line.lot_id for line, _ in parts))}
    placed = []
    for line, units in parts:
        locked[line.lot_id].require(operation, on.date())
        # Only what is saleable is dispensed, so where it came from is a place where stock stands.
        target = Place(line.from_place_id, stocked=True) if undelivered else apart
        placed.append(_Part(line, units, target, line.place if undelivered else PlaceKind.RETURNED.value))
    return placed


def _movement(part: _Part, source: Place) -> Movement:
    line = part.line
    return Movement(line.lot_id, line.product_id, line.expires, source, part.target, part.units, reverses_id=line.id)


def _parts(filled: LockedFill, back: Return) -> list[tuple[Any, int]]:
    """How many units come back of which line."""
    written, lines = filled.dispense, filled.lines
    chosen = [line for line in lines if back.lot is None or line.lot == back.lot]
    if not chosen:
        raise lookup.NotFound(
            what="lot",
            given=str(back.lot),
            way_out=f"{written} was filled from lots {', '.join(dict.fromkeys(line.lot for line in lines))}",
        )
    left = {line.id: line.units - line.returned for line in chosen}
    all_left = sum(left.values())
    wanted = all_left if back.units is None else back.units
    if not 0 < wanted <= all_left:
        units = sum(line.units for line in chosen)
        raise NothingLeftToReturn(
            dispense=written, wanted=wanted or units, units=units, returned=units - all_left, left=all_left
        )
    open_lines = [line for line in chosen if left[line.id]]
    lots = list(dict.fromkeys(line.lot for line in open_lines))
    if wanted < all_left and len(lots) > 1:
        raise WhichLot(dispense=written, lots=", ".join(lots))
    # One lot may have come from a shelf and a refrigerator: what came first goes back first.
    parts: list[tuple[Any, int]] = []
    for line in open_lines:
        units = min(wanted - sum(taken for _, taken in parts), left[line.id])
        if units:
            parts.append((line, units))
    return parts
