"""A second person's check of a fill before it is handed over, by scanning every pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, insert, select

from dispensary import audit, lots, request
from dispensary.errors import Refused
from dispensary.rules.hand_over import CountedPack, FillLine, KnownPack, WrongPack, match
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.scan import Pack
from dispensary.rules.shelf import Operation
from dispensary.schema.catalogue import pack as pack_table
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.prescribing import checked_pack, dispense, hand_over_check
from dispensary.services.prescribing import fill
from dispensary.services.prescribing.fill import LockedFill


class SamePerson(Refused):
    """Whoever dispensed cannot be the second person."""

    sentence = (
        "{user} dispensed {dispense} and cannot check it too: nothing was recorded; "
        "somebody else scans the packs, named with --as."
    )
    user: str
    dispense: str


class AlreadyChecked(Refused):
    """A fill is checked once."""

    sentence = "{dispense} was checked by {user} on {on}: nothing was recorded; it needs no other check."
    dispense: str
    user: str
    on: date


class DispenseReturned(Refused):
    """Everything of the fill came back."""

    sentence = (
        "All {units} units of {dispense} came back, so nothing of it is to be handed over: nothing was recorded; "
        "fill {rx} again with `dispensary dispense {rx}`."
    )
    dispense: str
    units: int
    rx: str


class PackUsed(Refused):
    """A pack that left the pharmacy with another fill."""

    sentence = (
        "The pack {gtin} with serial {serial} was checked with {other} before, so it cannot be of {dispense}: "
        "nothing was recorded; put it aside and find out where it comes from."
    )
    dispense: str
    gtin: str
    serial: str
    other: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """The fill that is about to be handed over, and a scan of each of its packs."""

    key: str
    dispense: str
    packs: tuple[Pack, ...]


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """A pack and the units of it that the fill takes; `pack_units` is what a whole one holds."""

    gtin: str
    lot: str
    expires: date
    serial: str | None
    units: int
    pack_units: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The receipt of a check: who dispensed, and who looked at every pack."""

    dispense: str
    rx: str
    key: str
    product: str
    dispensed_by: str
    checked_by: str
    packs: tuple[CheckedPack, ...]
    units: int


_CHECK = (
    select(hand_over_check.c.at, user.c.name)
    .join(user, user.c.id == hand_over_check.c.by_id)
    .where(hand_over_check.c.dispense_id == bindparam("dispense"))
)
_PACKS = (
    select(pack_table.c.id, pack_table.c.gtin, pack_table.c.units, product.c.code)
    .join(product, product.c.id == pack_table.c.product_id)
    .where(pack_table.c.gtin.in_(bindparam("gtins", expanding=True)))
)
_USED = (
    select(dispense.c.number)
    .join(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .join(checked_pack, checked_pack.c.check_id == hand_over_check.c.id)
    .where(checked_pack.c.pack_id == bindparam("pack"), checked_pack.c.serial == bindparam("serial"))
)


def check_hand_over(db: Connection, order: HandOver, *, on: datetime, by: Person) -> Checked:
    """Record that another person than the dispenser scanned every pack of the fill, and that they are right.

    Raises SamePerson, AlreadyChecked, DispenseReturned, LotNotUsable, PackUsed, WrongPack, ScannedTwice, TooManyPacks,
    PacksMissing, NotFound and PatientErased.
    """
    claimed = request.claim(db, "rx check", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Checked)
    filled = fill.locked(db, by.site_id, order.dispense)
    written, rx, recipient = filled.dispense, filled.rx, filled.patient
    _require_open(db, filled, on, by)
    lines = _lines(filled)
    if not lines:
        raise DispenseReturned(dispense=written, units=filled.units, rx=rx)
    # A lot may have been held or recalled since it was dispensed, or be so at this very moment.
    for each in lots.locked(db, (line.lot_id for line in lines)):
        each.require(Operation.HAND_OVER, on.date())
    counted = match(written, filled.product, lines, _known(db, order.packs))
    _require_unused(db, written, counted)
    _write(db, filled.id, claimed, counted, on=on, by=by)
    checked = Checked(
        dispense=written,
        rx=rx,
        key=order.key,
        product=filled.product,
        dispensed_by=filled.by,
        checked_by=by.name,
        packs=tuple(map(_checked, counted)),
        units=sum(each.units for each in counted),
    )
    values = {
        "rx": rx,
        "dispensed_by": filled.by,
        "packs": [[each.gtin, each.lot, each.expires, each.serial, each.units] for each in checked.packs],
    }
    commitment = audit.commitment(recipient.audit_key, recipient.number)
    event = audit.Event("rx check", written, order.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, checked)
    return checked


def _require_open(db: Connection, filled: LockedFill, on: datetime, by: Person) -> None:
    if filled.by_id == by.user_id:
        raise SamePerson(user=by.name, dispense=filled.dispense)
    earlier = db.execute(_CHECK, {"dispense": filled.id}).first()
    if earlier is not None:
        raise AlreadyChecked(dispense=filled.dispense, user=earlier.name, on=day_in(earlier.at, on.tzinfo))


def _lines(filled: LockedFill) -> list[FillLine]:
    """What the patient is to get of each lot, also where a lot came from two places."""
    lines: dict[int, FillLine] = {}
    for row in filled.lines:
        before = lines[row.lot_id].units if row.lot_id in lines else 0
        lines[row.lot_id] = FillLine(row.lot_id, row.lot, row.expires, before + row.units - row.returned)
    return [line for line in lines.values() if line.units]


def _known(db: Connection, scans: Sequence[Pack]) -> list[KnownPack]:
    packs = {row.gtin: row for row in db.execute(_PACKS, {"gtins": sorted({scan.gtin for scan in scans})})}
    known = []
    for scan in scans:
        if scan.gtin not in packs:
            raise WrongPack(lot=scan.lot, problem=f"has GTIN {scan.gtin}, which no product of the formulary has")
        row = packs[scan.gtin]
        known.append(KnownPack(scan, row.id, row.code, row.units))
    return known


def _require_unused(db: Connection, written: str, counted: Sequence[CountedPack]) -> None:
    for each in counted:
        scan = each.pack.scan
        if scan.serial is None:
            continue
        used = db.execute(_USED, {"pack": each.pack.pack_id, "serial": scan.serial}).scalar()
        if used is not None:
            raise PackUsed(
                dispense=written, gtin=scan.gtin, serial=scan.serial, other=Record.DISPENSE.number(int(used))
            )


def _write(
    db: Connection, dispense_id: int, request_id: int, counted: Sequence[CountedPack], *, on: datetime, by: Person
) -> None:
    check_id = db.execute(
        insert(hand_over_check)
        .values(dispense_id=dispense_id, request_id=request_id, at=on, by_id=by.user_id)
        .returning(hand_over_check.c.id)
    ).scalar_one()
    db.execute(
        insert(checked_pack),
        [
            {
                "check_id": check_id,
                "pack_id": each.pack.pack_id,
                "lot_id": each.lot_id,
                # An opened pack stays, so its serial is not used up.
                "serial": None if each.opened else each.pack.scan.serial,
            }
            for each in counted
        ],
    )


def _checked(each: CountedPack) -> CheckedPack:
    scan = each.pack.scan
    return CheckedPack(scan.gtin, scan.lot, scan.expires, scan.serial, each.units, each.pack.units)
