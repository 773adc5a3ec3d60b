"""What happened to a prescription: its fills, the doses drawn for it, what people decided, and what was not there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from dispensary.prescriptions import Prescription
from dispensary.rules.finding import Finding
from dispensary.rules.life import Act
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.vial import GivenAs
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, finding, hand_over_check, prescription_act, unmet_demand
from dispensary.schema.stock import lot, movement
from dispensary.schema.vials import draw, draw_finding, vial


@dataclass(frozen=True, slots=True)
class FilledLot:
    """Units of one lot in a fill."""

    lot: str
    units: int
    expires: date


@dataclass(frozen=True, slots=True)
class FillRow:
    """One hand-over, what came back of it, and what the checks found with the reasons that were given.

    `prescribed_units` is what the whole fill should hold, `completes` the dispense whose owed units
    these are, `checked_by` the second person who scanned it.
    """

    dispense: str
    fill: int
    on: date
    by: str
    product: str
    lots: tuple[FilledLot, ...]
    units: int
    prescribed_units: int
    returned: int
    completes: str | None
    days_supply: int
    next_injection: date
    checked_by: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DrawRow:
    """One dose that was drawn out of an opened vial, with what the checks found."""

    draw: str
    on: date
    by: str
    vial: str
    product: str
    lot: str
    dose_mcg: int
    volume_ul: int
    given_as: GivenAs
    next_injection: date | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ActRow:
    """What a person decided about the prescription."""

    act: Act
    on: date
    by: str
    reason: str
    to_pharmacy: str | None


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A fill that could not be handed over for want of stock."""

    on: date
    by: str
    product: str
    units: int
    usable_units: int


_checker = user.alias("checker")
_FILLS = (
    select(dispense, product.c.code, user.c.name.label("by"), _checker.c.name.label("checked_by"))
    .join(product, product.c.id == dispense.c.product_id)
    .join(user, user.c.id == dispense.c.by_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .outerjoin(_checker, _checker.c.id == hand_over_check.c.by_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .order_by(dispense.c.fill)
)
_ACTS = (
    select(prescription_act, user.c.name.label("by"))
    .join(user, user.c.id == prescription_act.c.by_id)
    .where(prescription_act.c.prescription_id == bindparam("prescription"))
    .order_by(prescription_act.c.id)
)
_UNMET = (
    select(unmet_demand, product.c.code, user.c.name.label("by"))
    .join(product, product.c.id == unmet_demand.c.product_id)
    .join(user, user.c.id == unmet_demand.c.by_id)
    .where(unmet_demand.c.prescription_id == bindparam("prescription"))
    .order_by(unmet_demand.c.id)
)
_LOTS = (
    select(dispense.c.id, lot.c.number, lot.c.expires, func.sum(movement.c.units).label("units"))
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .group_by(dispense.c.id, lot.c.id)
    .order_by(dispense.c.id, func.min(movement.c.id))
)
_FINDINGS = (
    select(finding)
    .join(dispense, dispense.c.id == finding.c.dispense_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .order_by(finding.c.dispense_id, finding.c.id)
)
_DRAWS = (
    select(draw, vial.c.number.label("vial"), product.c.code, lot.c.number.label("lot"), user.c.name.label("by"))
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(user, user.c.id == draw.c.by_id)
    .where(draw.c.prescription_id == bindparam("prescription"))
    .order_by(draw.c.number)
)
_DRAW_FINDINGS = (
    select(draw_finding)
    .join(draw, draw.c.id == draw_finding.c.draw_id)
    .where(draw.c.prescription_id == bindparam("prescription"))
    .order_by(draw_finding.c.draw_id, draw_finding.c.id)
)


def fills(db: Connection, found: Prescription) -> tuple[FillRow, ...]:
    """Its fills, in their order."""
    given = {"prescription": found.id}
    lots = _by(db.execute(_LOTS, given), "id")
    findings = _by(db.execute(_FINDINGS, given), "dispense_id")
    of_rules = {fill.id: fill for fill in found.fills}
    return tuple(
        FillRow(
            dispense=Record.DISPENSE.number(row.number),
            fill=row.fill,
            on=of_rules[row.id].on,
            by=row.by,
            product=row.code,
            lots=tuple(FilledLot(line.number, int(line.units), line.expires) for line in lots[row.id]),
            units=row.units,
            prescribed_units=of_rules[row.id].prescribed_units,
            returned=of_rules[row.id].returned,
            completes=None if row.completes_id is None else Record.DISPENSE.number(of_rules[row.completes_id].number),
            days_supply=row.days_supply,
            next_injection=row.next_injection,
            checked_by=row.checked_by,
            findings=_findings(findings.get(row.id, ())),
        )
        for row in db.execute(_FILLS, given)
    )


def _by(rows: Iterable[Row[Any]], column: str) -> dict[int, list[Row[Any]]]:
    """The rows by a column that they are sorted by."""
    return {key: list(group) for key, group in groupby(rows, key=lambda row: int(getattr(row, column)))}


def _findings(rows: Iterable[Row[Any]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each.code, each.severity, each.message, each.source or "", each.reason, each.reason_code)
        for each in rows
    )


def draws(db: Connection, found: Prescription, zone: tzinfo | None) -> tuple[DrawRow, ...]:
    """The doses that were drawn for it, in their order; a day is one of the zone."""
    given = {"prescription": found.id}
    findings = _by(db.execute(_DRAW_FINDINGS, given), "draw_id")
    return tuple(
        DrawRow(
            draw=Record.DRAW.number(row.number),
            on=day_in(row.at, zone),
            by=row.by,
            vial=Record.VIAL.number(row.vial),
            product=row.code,
            lot=row.lot,
            dose_mcg=row.dose_mcg,
            volume_ul=row.volume_ul,
            given_as=row.given_as,
            next_injection=row.next_injection,
            findings=_findings(findings.get(row.id, ())),
        )
        for row in db.execute(_DRAWS, given)
    )


def acts(db: Connection, found: Prescription, zone: tzinfo | None) -> tuple[ActRow, ...]:
    """What people decided about it, in the order of their decisions."""
    return tuple(
        ActRow(row.act, day_in(row.at, zone), row.by, row.reason, row.to_pharmacy)
        for row in db.execute(_ACTS, {"prescription": found.id})
    )


def unmet(db: Connection, found: Prescription, zone: tzinfo | None) -> tuple[DemandRow, ...]:
    """The fills that could not be handed over for want of stock."""
    return tuple(
        DemandRow(day_in(row.at, zone), row.by, row.code, row.units, row.usable_units)
        for row in db.execute(_UNMET, {"prescription": found.id})
    )
