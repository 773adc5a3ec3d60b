"""Opened vials, the doses drawn from them and all their entries as events tell of them, under the same names."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, literal, select

from dispensary import audit, auditor
from dispensary.reports.verify.agreement import agrees
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.findings_told import findings_of
from dispensary.reports.verify.movements_told import batches
from dispensary.reports.verify.told import PATIENT, Parts, Told, ToldParts, Values, listed, number_of, rows_of
from dispensary.rules.numbers import Record
from dispensary.rules.vial import VialEntryKind
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import prescription
from dispensary.schema.stock import lot, movement, place
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, draw_finding, vial, vial_entry

_V = number_of(Record.VIAL, vial.c.number)
_source = place.alias("source")
_target = place.alias("target")

OPENED = Told(
    vial,
    ("vial open",),
    literal("vial open"),
    rows_of(
        vial,
        _V,
        user.c.name.label("by"),
        vial.c.volume_ul,
        vial.c.opened_at,
        vial.c.discard_at,
        place.c.code.label("place"),
    )
    .join(user, user.c.id == vial.c.by_id)
    .outerjoin(movement, movement.c.request_id == vial.c.request_id)
    .outerjoin(place, place.c.id == movement.c.from_place_id),
)


DRAWN = Told(
    draw,
    ("vial draw",),
    literal("vial draw"),
    rows_of(
        draw,
        number_of(Record.DRAW, draw.c.number),
        draw.c.at,
        user.c.name.label("by"),
        *PATIENT,
        _V.label("vial"),
        product.c.code.label("product"),
        lot.c.number.label("lot"),
        number_of(Record.PRESCRIPTION, prescription.c.number).label("rx"),
        draw.c.reason,
        draw.c.dose_mcg,
        draw.c.volume_ul,
        draw.c.given_as,
        draw.c.next_injection,
    )
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .join(user, user.c.id == draw.c.by_id)
    .outerjoin(prescription, prescription.c.id == draw.c.prescription_id),
    parts=(findings_of(draw, draw_finding),),
)


def _entry(row: Row[Any]) -> tuple[object, ...]:
    return (
        f"{row.kind} of {row.vial}",
        row.volume_ul,
        row.reason,
        row.source,
        row.target,
        row.at,
        row.by,
    )


_Written = tuple[VialEntryKind, object, object, object, object]
"""Kind, volume, reason, and the places of a move."""


def _taken_out(values: Values) -> list[_Written]:
    return [(VialEntryKind.WASTE, volume, why, None, None) for volume, why in listed(values, "wasted")]


def _held_by_light(values: Values) -> list[_Written]:
    held = [*listed(values, "held")]
    return [(VialEntryKind.HOLD, 0, held[-1], None, None)] if held and values["vial"] is not None else []


_WRITTEN: dict[str, Callable[[Values], list[_Written]]] = {
    "vial draw": lambda values: [
        (VialEntryKind.DRAW, values["volume_ul"], None, None, None),
        *_taken_out(values),
    ],
    "vial discard": _taken_out,
    "vial hold": lambda values: [(VialEntryKind.HOLD, 0, values["reason"], None, None)],
    "vial release": lambda values: [(VialEntryKind.RELEASE, 0, values["reason"], None, None)],
    "vial move": lambda values: [(VialEntryKind.MOVE, 0, values["reason"], values["from"], values["to"])],
    "light": _held_by_light,
}
"""What each kind of event says was written into the books of its vial."""


def _told_entries(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    kind = str(values["act"])
    of_vial = values["vial"] if kind == "vial draw" else values["subject"]
    return Counter(
        (f"{entry} of {of_vial}", *more, values["at"], values["by"]) for entry, *more in _WRITTEN[kind](values)
    )


ENTRIES = Told(
    vial_entry,
    tuple(_WRITTEN),
    request.c.kind,
    None,
    parts=(
        ToldParts(
            "entry",
            select(
                request.c.key,
                vial_entry.c.kind,
                _V.label("vial"),
                vial_entry.c.volume_ul,
                vial_entry.c.reason,
                _source.c.code.label("source"),
                _target.c.code.label("target"),
                vial_entry.c.at,
                user.c.name.label("by"),
            )
            .join(vial_entry, vial_entry.c.request_id == request.c.id)
            .join(vial, vial.c.id == vial_entry.c.vial_id)
            .join(user, user.c.id == vial_entry.c.by_id)
            .outerjoin(_source, _source.c.id == vial_entry.c.from_place_id)
            .outerjoin(_target, _target.c.id == vial_entry.c.to_place_id),
            _entry,
            _told_entries,
        ),
    ),
)

_DEDICATED = select(vial.c.site_id, _V.label("vial"), *PATIENT).join(patient, patient.c.id == vial.c.patient_id)


def _serves(commitment: str | None, row: Row[Any] | None) -> bool:
    """Whether the vial is for whom its draws tell; whose key was erased cannot be told."""
    if commitment is None or row is None:
        return commitment is None and row is None
    return row.erased_at is not None or audit.commitment(row.audit_key, row.number) == commitment


def _dedicated(db: Connection) -> list[str]:
    """Vials that serve one patient by the books and another, or everybody, by the events, or the reverse."""
    told = {}
    for site_id, events in batches(db, DRAWN.kinds):
        for event in events:
            values = auditor.values_of(event.canonical)
            if values.get("dedicated"):
                told[site_id, values["vial"]] = event.patient
    kept = {(row.site_id, row.vial): row for row in db.execute(_DEDICATED).all()}
    other = sorted(
        str(number)
        for site_id, number in told.keys() | kept
        if not _serves(told.get((site_id, number)), kept.get((site_id, number)))
    )
    return [f"{number} serves another patient, or others, than its draws tell" for number in other[: SHOWN + 1]]


def _records(db: Connection) -> list[str]:
    return agrees((OPENED, DRAWN, ENTRIES), db) + _dedicated(db)


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("vial records", "Every opened vial, dose and entry is what its event tells of.", _records),
)
"""Name, what is so where nothing differs, and the function that looks."""
