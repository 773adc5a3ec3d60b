"""Prescriptions, fills, acts, checks and unmet demand as their events tell of them, under the same names."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, cast, literal, or_, select

from dispensary.reports.verify.agreement import agrees
from dispensary.reports.verify.differences import first
from dispensary.reports.verify.findings_told import findings_of
from dispensary.reports.verify.told import PATIENT, Parts, Told, ToldParts, Values, day, listed, number_of, rows_of
from dispensary.rules.life import Act
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import patient, prescriber, user
from dispensary.schema.prescribing import (
    checked_pack,
    dispense,
    finding,
    hand_over_check,
    prescription,
    prescription_act,
    unmet_demand,
)
from dispensary.schema.stock import lot
from dispensary.schema.trust import request

_RX = number_of(Record.PRESCRIPTION, prescription.c.number)
_D = number_of(Record.DISPENSE, dispense.c.number)
_completed = dispense.alias("completed")
_dispenser = user.alias("dispenser")

ADDED = Told(
    prescription,
    ("rx add",),
    literal("rx add"),
    rows_of(
        prescription,
        _RX,
        *PATIENT,
        number_of(Record.PRESCRIBER, prescriber.c.number).label("prescriber"),
        prescription.c.form,
        prescription.c.directions,
        prescription.c.directions_as_written,
        prescription.c.indication,
        prescription.c.quantity_units,
        prescription.c.days,
        prescription.c.refills,
        prescription.c.written,
        prescription.c.valid_until,
        product.c.code.label("product"),
        prescription.c.as_written,
    )
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .outerjoin(product, product.c.id == prescription.c.product_id),
    before={"product": None, "as_written": False},
    sealed=("directions_as_written", "indication"),
)
_act: ColumnElement[str] = literal("rx ") + cast(prescription_act.c.act, Text)
ACTS = Told(
    prescription_act,
    tuple(f"rx {each}" for each in Act),
    _act,
    rows_of(
        prescription_act,
        _RX,
        prescription_act.c.at,
        user.c.name.label("by"),
        _act.label("act"),
        prescription_act.c.reason,
        prescription_act.c.to_pharmacy,
    )
    .join(prescription, prescription.c.id == prescription_act.c.prescription_id)
    .join(user, user.c.id == prescription_act.c.by_id),
)
UNMET = Told(
    unmet_demand,
    ("rx owe",),
    literal("rx owe"),
    rows_of(
        unmet_demand,
        _RX,
        unmet_demand.c.at,
        user.c.name.label("by"),
        product.c.code.label("product"),
        unmet_demand.c.units,
        unmet_demand.c.usable_units,
    )
    .join(prescription, prescription.c.id == unmet_demand.c.prescription_id)
    .join(product, product.c.id == unmet_demand.c.product_id)
    .join(user, user.c.id == unmet_demand.c.by_id),
)


def _told_packs(values: Values, kept: Sequence[Row[Any]]) -> Parts:
    whole = {row.gtin: row.units for row in kept}
    return Counter(
        # The serial of a pack that stays, since units of it stay, is not used up.
        (gtin, lot_number, expires, serial if units == whole.get(gtin) else None)
        for gtin, lot_number, expires, serial, units in listed(values, "packs")
    )


FILLS = Told(
    dispense,
    ("dispense",),
    literal("dispense"),
    rows_of(
        dispense,
        _D,
        dispense.c.at,
        user.c.name.label("by"),
        _RX.label("rx"),
        dispense.c.fill,
        dispense.c.prescribed_units,
        dispense.c.doses,
        dispense.c.days_supply,
        dispense.c.first_injection,
        dispense.c.last_injection,
        dispense.c.next_injection,
        number_of(Record.DISPENSE, _completed.c.number).label("completes"),
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(user, user.c.id == dispense.c.by_id)
    .outerjoin(_completed, _completed.c.id == dispense.c.completes_id),
    before={"prescribed_units": None, "doses": None, "completes": None},
    parts=(findings_of(dispense, finding),),
)
CHECKS = Told(
    hand_over_check,
    ("rx check",),
    literal("rx check"),
    rows_of(
        hand_over_check,
        _D,
        hand_over_check.c.at,
        user.c.name.label("by"),
        _RX.label("rx"),
        _dispenser.c.name.label("dispensed_by"),
    )
    .join(dispense, dispense.c.id == hand_over_check.c.dispense_id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(user, user.c.id == hand_over_check.c.by_id)
    .join(_dispenser, _dispenser.c.id == dispense.c.by_id),
    parts=(
        ToldParts(
            "pack",
            select(
                request.c.key,
                pack.c.gtin,
                lot.c.number.label("lot"),
                lot.c.expires,
                checked_pack.c.serial,
                pack.c.units,
            )
            .join(hand_over_check, hand_over_check.c.request_id == request.c.id)
            .join(checked_pack, checked_pack.c.check_id == hand_over_check.c.id)
            .join(pack, pack.c.id == checked_pack.c.pack_id)
            .join(lot, lot.c.id == checked_pack.c.lot_id),
            lambda row: (row.gtin, row.lot, day(row.expires), row.serial),
            _told_packs,
        ),
    ),
)

_ASTRAY = (
    select(dispense.c.number, _completed.c.number.label("completes"))
    .select_from(dispense)
    .join(_completed, _completed.c.id == dispense.c.completes_id)
    .where(
        or_(
            _completed.c.prescription_id != dispense.c.prescription_id,
            _completed.c.number >= dispense.c.number,
            _completed.c.completes_id.is_not(None),
        )
    )
    .order_by(dispense.c.id)
)
_ALONE = (
    select(dispense.c.number, user.c.name)
    .join(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .join(user, user.c.id == hand_over_check.c.by_id)
    .where(hand_over_check.c.by_id == dispense.c.by_id)
    .order_by(dispense.c.id)
)


def _fills(db: Connection) -> list[str]:
    astray = [
        f"{Record.DISPENSE.number(row.number)} completes {Record.DISPENSE.number(row.completes)}, "
        "which did not begin that fill of its prescription before"
        for row in first(db, _ASTRAY)
    ]
    return agrees((FILLS,), db) + astray


def _checks(db: Connection) -> list[str]:
    alone = [
        f"{Record.DISPENSE.number(row.number)} was checked by {row.name}, who dispensed it" for row in first(db, _ALONE)
    ]
    return agrees((CHECKS,), db) + alone


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("prescriptions", "Every prescription is what its event tells of.", partial(agrees, (ADDED,))),
    ("acts", "Every hold, release, cancellation and transfer is what its event tells of.", partial(agrees, (ACTS,))),
    ("fills", "Every fill and its findings are what its event tells of.", _fills),
    ("checks", "Every check of a fill and its packs are what its event tells of.", _checks),
    ("unmet", "All unmet demand is what its event tells of.", partial(agrees, (UNMET,))),
)
"""Name, what is so where nothing differs, and the function that looks."""
