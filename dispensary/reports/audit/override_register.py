"""The register of overrides: what a pharmacist decided against a check, and doses without a prescription."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, FromClause, Select, bindparam, literal, select

from dispensary.database import streamed
from dispensary.reports.period import Period
from dispensary.rules.moments import on_both_clocks
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, finding, prescription
from dispensary.schema.stock import lot
from dispensary.schema.vials import draw, draw_finding, vial

BATCH = 2000
"""Rows fetched at a time."""

UNPRESCRIBED = "without_prescription"
"""The code of a dose that a pharmacist gave without a prescription, which no check stops."""


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A finding that somebody overrode with a reason; what it said of the patient stands in the record alone."""

    at: str
    local: str
    by: str
    number: str
    patient: str
    rx: str | None
    product: str
    code: str
    severity: str | None
    reason_code: str | None
    reason: str
    source: str | None


def _query(
    number: Any, record: FromClause, code: Any, severity: Any, reason: Any, reason_code: Any, source: Any
) -> Any:
    return select(
        record.c.at,
        record.c.id,
        number.label("number"),
        code.label("code"),
        severity.label("severity"),
        reason.label("reason"),
        reason_code.label("reason_code"),
        source.label("source"),
        product.c.code.label("product"),
        patient.c.number.label("patient"),
        prescription.c.number.label("rx"),
        user.c.name.label("by"),
    ).where(record.c.site_id == bindparam("site"), reason.is_not(None))


_FILLS = (
    _query(
        dispense.c.number,
        dispense,
        finding.c.code,
        finding.c.severity,
        finding.c.reason,
        finding.c.reason_code,
        finding.c.source,
    )
    .select_from(
        dispense.join(finding, finding.c.dispense_id == dispense.c.id)
        .join(prescription, prescription.c.id == dispense.c.prescription_id)
        .join(patient, patient.c.id == prescription.c.patient_id)
        .join(product, product.c.id == dispense.c.product_id)
        .join(user, user.c.id == dispense.c.by_id)
    )
    .order_by(dispense.c.at, finding.c.id)
)
_OF_DRAW = (
    draw.join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .join(user, user.c.id == draw.c.by_id)
    .outerjoin(prescription, prescription.c.id == draw.c.prescription_id)
)
_DRAWS = (
    _query(
        draw.c.number,
        draw,
        draw_finding.c.code,
        draw_finding.c.severity,
        draw_finding.c.reason,
        draw_finding.c.reason_code,
        draw_finding.c.source,
    )
    .select_from(_OF_DRAW.join(draw_finding, draw_finding.c.draw_id == draw.c.id))
    .order_by(draw.c.at, draw_finding.c.id)
)
_NONE = literal(None)
_ORDERED = (
    _query(draw.c.number, draw, literal(UNPRESCRIBED), _NONE, draw.c.reason, _NONE, _NONE)
    .select_from(_OF_DRAW)
    .order_by(draw.c.at, draw.c.id)
)


def override_register(db: Connection, site_id: int, period: Period, on: datetime) -> Iterator[OverrideRow]:
    """The overrides of the period, the oldest first; days are those of the zone of `on`."""
    streams = (
        _rows(db, site_id, query.where(*period.where(record.c.at, on.tzinfo)), kind, on)
        for query, record, kind in (
            (_FILLS, dispense, Record.DISPENSE),
            (_DRAWS, draw, Record.DRAW),
            (_ORDERED, draw, Record.DRAW),
        )
    )
    yield from merge(*streams, key=attrgetter("at"))


def _rows(db: Connection, site_id: int, query: Select[Any], kind: Record, on: datetime) -> Iterator[OverrideRow]:
    for row in streamed(db, query, {"site": site_id}, BATCH):
        yield OverrideRow(
            *on_both_clocks(row.at, on.tzinfo),
            by=row.by,
            number=kind.number(row.number),
            patient=Record.PATIENT.number(row.patient),
            rx=None if row.rx is None else Record.PRESCRIPTION.number(row.rx),
            product=row.product,
            code=row.code,
            severity=row.severity,
            reason_code=row.reason_code,
            reason=row.reason,
            source=row.source,
        )
