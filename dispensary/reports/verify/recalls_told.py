"""Recalls, calls to patients and all that was done about lots as events tell of them, under the same names."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, literal, select

from dispensary.reports.verify.agreement import agrees
from dispensary.reports.verify.told import PATIENT, Parts, Told, ToldParts, Values, listed, number_of, rows_of
from dispensary.rules.lot_life import LotAct
from dispensary.rules.moments import utc_measured
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.recalls import lot_act, recall, recall_contact, recall_withdrawal
from dispensary.schema.stock import lot
from dispensary.schema.storage import excursion
from dispensary.schema.trust import request

_RC = number_of(Record.RECALL, recall.c.number)

RECALLS = Told(
    recall,
    ("lot recall",),
    literal("lot recall"),
    rows_of(
        recall,
        _RC,
        recall.c.at,
        user.c.name.label("by"),
        recall.c["class"],
        recall.c.reference,
        recall.c.dated,
        recall.c.reason,
        product.c.code.label("product"),
        recall.c.lot_number.label("lot"),
        recall.c.expires_from,
        recall.c.expires_to,
    )
    .join(user, user.c.id == recall.c.by_id)
    .outerjoin(product, product.c.id == recall.c.product_id),
)
WITHDRAWALS = Told(
    recall_withdrawal,
    ("recall withdraw",),
    literal("recall withdraw"),
    rows_of(recall_withdrawal, _RC, recall_withdrawal.c.at, user.c.name.label("by"), recall_withdrawal.c.reason)
    .join(recall, recall.c.id == recall_withdrawal.c.recall_id)
    .join(user, user.c.id == recall_withdrawal.c.by_id),
)
CONTACTS = Told(
    recall_contact,
    ("recall contact",),
    literal("recall contact"),
    rows_of(
        recall_contact,
        _RC,
        recall_contact.c.at,
        user.c.name.label("by"),
        *PATIENT,
        recall_contact.c.contact,
        recall_contact.c.note,
    )
    .join(recall, recall.c.id == recall_contact.c.recall_id)
    .join(patient, patient.c.id == recall_contact.c.patient_id)
    .join(user, user.c.id == recall_contact.c.by_id),
)

_Done = tuple[object, object, LotAct, object, object, object, object]
"""Lot and product, the act and its reason, the recall, the class and the beginning of an excursion."""


def _lot_act(row: Row[Any]) -> tuple[object, ...]:
    began = None if row.began is None else utc_measured(row.began)
    return (row.lot, row.product, row.act, row.reason, row.recall, row.temperature, began, row.at, row.by)


def _decided(act: LotAct, values: Values) -> list[_Done]:
    # A hold also holds what was made of the lot.
    made = [(number, code, act, why, None, None, None) for code, number, *_, why in listed(values, "made")]
    return [(values["subject"], values["product"], act, values["reason"], None, None, None), *made]


def _recalled(act: LotAct, values: Values) -> list[_Done]:
    return [
        (number, code, act, values["reason"], values["subject"], None, None)
        for code, number, _, before, after in listed(values, "lots")
        # A withdrawal leaves what another notice covers as it was.
        if act is LotAct.RECALL or before != after
    ]


def _held_by_log(values: Values) -> list[_Done]:
    return [
        (number, code, LotAct.HOLD, why, None, temperature, began)
        for code, number, *_, why, temperature, began in listed(values, "held")
    ]


def _held_by_light(values: Values) -> list[_Done]:
    held = [*listed(values, "held")]
    if not held or values["vial"] is not None:
        return []
    return [(values["lot"], values["product"], LotAct.HOLD, held[-1], None, None, None)]


_DONE: dict[str, Callable[[Values], list[_Done]]] = {
    "lot hold": partial(_decided, LotAct.HOLD),
    "lot release": partial(_decided, LotAct.RELEASE),
    "lot recall": partial(_recalled, LotAct.RECALL),
    "recall withdraw": partial(_recalled, LotAct.WITHDRAW),
    "place log": _held_by_log,
    "light": _held_by_light,
}
"""What each kind of event says was done about which lots."""


def _told_acts(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    return Counter((*each, values["at"], values["by"]) for each in _DONE[str(values["act"])](values))


LOT_ACTS = Told(
    lot_act,
    tuple(_DONE),
    request.c.kind,
    None,
    parts=(
        ToldParts(
            "act about lot",
            select(
                request.c.key,
                lot.c.number.label("lot"),
                product.c.code.label("product"),
                lot_act.c.act,
                lot_act.c.reason,
                _RC.label("recall"),
                excursion.c.temperature,
                excursion.c.began,
                lot_act.c.at,
                user.c.name.label("by"),
            )
            .join(lot_act, lot_act.c.request_id == request.c.id)
            .join(lot, lot.c.id == lot_act.c.lot_id)
            .join(product, product.c.id == lot.c.product_id)
            .join(user, user.c.id == lot_act.c.by_id)
            .outerjoin(recall, recall.c.id == lot_act.c.recall_id)
            .outerjoin(excursion, excursion.c.id == lot_act.c.excursion_id),
            _lot_act,
            _told_acts,
        ),
    ),
)

AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    (
        "recall records",
        "Every recall, call and act about a lot is what its event tells of.",
        partial(agrees, (RECALLS, WITHDRAWALS, CONTACTS, LOT_ACTS)),
    ),
)
"""Name, what is so where nothing differs, and the function that looks."""
