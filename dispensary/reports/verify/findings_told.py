"""The findings of a fill or a dose as its event tells of them: their messages only sealed, as the chain has them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, Table, select

from dispensary.reports.verify.told import PATIENT, Parts, ToldParts, Values, listed
from dispensary.rules.sealed import sealed
from dispensary.schema.people import patient
from dispensary.schema.prescribing import prescription
from dispensary.schema.trust import request


def findings_of(document: Table, finding: Table) -> ToldParts:
    """The findings of the documents of the table, a dispense or a draw, with the patient's key."""
    (document_id,) = finding.foreign_keys
    rows = (
        select(
            request.c.key,
            finding.c.code,
            finding.c.severity,
            finding.c.reason,
            finding.c.reason_code,
            finding.c.source,
            finding.c.message,
            *PATIENT,
        )
        .join(document, document.c.request_id == request.c.id)
        .join(finding, document_id.parent == document.c.id)
    )
    return ToldParts("finding", _with_patient(rows, document), _kept, _told)


def _with_patient(rows: Select[Any], document: Table) -> Select[Any]:
    if "patient_id" in document.c:
        return rows.join(patient, patient.c.id == document.c.patient_id)
    of_document = rows.join(prescription, prescription.c.id == document.c.prescription_id)
    return of_document.join(patient, patient.c.id == prescription.c.patient_id)


def _kept(row: Row[Any]) -> tuple[object, ...]:
    return (row.code, row.severity, row.reason, row.reason_code, row.source, _message(row))


def _message(row: Row[Any]) -> str | None:
    """The message as its event tells it; nothing of a patient whose key was erased."""
    return sealed(row.audit_key, f"finding {row.code}", row.message) if row.erased_at is None else None


def _told(values: Values, kept: Sequence[Row[Any]]) -> Parts:
    rows = {row.code: row for row in kept}
    return Counter(_as_kept(each, rows.get(each[0])) for each in listed(values, "findings"))


def _as_kept(told: Sequence[object], row: Row[Any] | None) -> tuple[object, ...]:
    """What an event says of a finding; what the first schemas did not tell is taken to be as it is kept."""
    code, severity, reason, reason_code = (*told, None)[:4]
    source, message = told[4:] or (row and row.source, row and _message(row))
    if row is not None and row.erased_at is not None:
        message = None
    return (code, severity, reason, reason_code, source, message)
