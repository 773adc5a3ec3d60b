"""Erased records that are not empty, and empty ones that nobody erased: an erasure is whole or did not happen."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from dispensary.reports.verify.differences import first
from dispensary.reports.verify.told import number_of
from dispensary.rules import erasure
from dispensary.rules.numbers import Record
from dispensary.schema.people import (
    patient,
    patient_change,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
)
from dispensary.schema.prescribing import prescription

_no_key = func.length(patient.c.audit_key) == 0
_nobody = and_(patient.c.name == erasure.NAME, patient.c.born == erasure.BORN)
_LEFT = {
    "key": ~_no_key,
    "name": patient.c.name != erasure.NAME,
    "identifier": patient.c.identifier != number_of(Record.PATIENT, patient.c.number),
    "birth date": patient.c.born != erasure.BORN,
    "sensitivities": exists().where(patient_sensitivity.c.patient_id == patient.c.id),
    "conditions": exists().where(patient_condition.c.patient_id == patient.c.id),
    "medicines": exists().where(patient_medicine.c.patient_id == patient.c.id),
    "levels": exists().where(patient_level.c.patient_id == patient.c.id),
    "changes": exists().where(patient_change.c.patient_id == patient.c.id),
    "prescribers' words": exists().where(
        prescription.c.patient_id == patient.c.id,
        or_(prescription.c.directions_as_written != "", prescription.c.indication != ""),
    ),
}
_HALF = (
    select(
        patient.c.number,
        patient.c.erased_at,
        _no_key.label("no_key"),
        *(left.label(f"left_{number}") for number, left in enumerate(_LEFT.values())),
    )
    .where(
        or_(
            and_(patient.c.erased_at.is_not(None), or_(*_LEFT.values())),
            and_(patient.c.erased_at.is_(None), or_(_no_key, _nobody)),
        )
    )
    .order_by(patient.c.id)
)


def _told(row: Any) -> str:
    number = Record.PATIENT.number(row.number)
    if row.erased_at is None:
        return f"{number} was not erased, and the record has no {'key' if row.no_key else 'name'}"
    left = [name for name, is_left in zip(_LEFT, row[3:], strict=True) if is_left]
    return f"{number} was erased, and the record still has its {', '.join(left)}"


def _erasures(db: Connection) -> list[str]:
    return [_told(row) for row in first(db, _HALF)]


CHECKS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("erasures", "Every erased record is empty, and no other is.", _erasures),
)
"""Name, what is so where nothing differs, and the function that looks."""
