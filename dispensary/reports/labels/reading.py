"""The facts of the labels of any kind, by the number of the record that they are of.

What only one kind needs is loaded where that kind is wanted: a cold `dispense` prints the label of a fill.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from shlex import quote
from typing import Any

from sqlalchemy import Connection, bindparam, select

from dispensary import audit, ledger
from dispensary.errors import Refused
from dispensary.labelling import Facts
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.reports.labels.dispense import Labelled, dispense_facts
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person, Pharmacy
from dispensary.rules.shelf import ALLOWED, Operation, State, standing, state_on
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.stock import lot, movement


class FillNotLabelled(Refused):
    """A label would say that what it stands on may be used, and it may not, or is not there any more."""

    sentence = "The {kind} label of {dispense} is not printed, since {why}: {way_out}."
    kind: str
    dispense: str
    why: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels that belong together, of the record by its canonical number.

    `patient` is the commitment to whom the record is about, `patient_number` that person's number;
    empty and None where it is about nobody.
    """

    record: str
    labels: tuple[Any, ...]
    patient: str = ""
    patient_number: int | None = None

    def copied(self, copy: int) -> "Labels":
        """The same, printed for the nth time."""
        return replace(self, labels=tuple(replace(each, copy=copy) for each in self.labels))


def _bag(labels: Sequence[DispenseFacts]) -> Sequence[Facts]:
    from dispensary.labelling.kinds.bag import bag_of

    return (bag_of(labels),)


def _leaflet(labels: Sequence[DispenseFacts]) -> Sequence[Facts]:
    from dispensary.labelling.kinds.leaflet import leaflet_of

    return (leaflet_of(labels),)


_OF_A_FILL: dict[str, Callable[[Sequence[DispenseFacts]], Sequence[Facts]]] = {
    "dispense": lambda labels: labels,
    "bag": _bag,
    "leaflet": _leaflet,
}


def read_labels(db: Connection, kind: str, record: str, *, pharmacy: Pharmacy, on: datetime, by: Person) -> Labels:
    """The facts of the record's labels of this kind, as they are printed for the first time.

    Raises NotANumber, NotFound, FillNotLabelled and VialNotLabelled.
    """
    if kind in _OF_A_FILL:
        for refusal in not_labelled(db, kind, [parse_number(Record.DISPENSE, record)], on=on, by=by).values():
            raise refusal
        return of_fill(kind, dispense_facts(db, record, pharmacy=pharmacy, on=on, by=by))
    if kind == "vial":
        from dispensary.reports.labels.vial import vial_facts

        vial = vial_facts(db, record, pharmacy=pharmacy, on=on, by=by)
        return Labels(vial.vial, (vial,))
    if kind == "batch":
        from dispensary.reports.labels.batch import batch_facts

        batch = batch_facts(db, record, pharmacy=pharmacy, on=on, by=by)
        return Labels(batch.batch, (batch,))
    assert kind == "shelf", f"no labels of the kind {kind}"
    from dispensary.reports.labels.shelf import shelf_facts

    shelf = shelf_facts(db, record, pharmacy=pharmacy)
    return Labels(shelf.product.code, (shelf,))


def of_fill(kind: str, found: Labelled) -> Labels:
    """The labels of this kind for a fill that has been read."""
    commitment = audit.commitment(found.audit_key, found.patient_number)
    return Labels(found.dispense, tuple(_OF_A_FILL[kind](found.labels)), commitment, found.patient_number)


_LOTS = (
    select(
        dispense.c.number,
        dispense.c.units.label("of_the_fill"),
        prescription.c.number.label("rx"),
        lot.c.number.label("lot"),
        lot.c.expires,
        lot.c.state,
        patient.c.number.label("patient"),
        patient.c.erased_at,
        (movement.c.units - ledger.returned()).label("left"),
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(dispense.c.site_id == bindparam("site"), dispense.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(dispense.c.number, movement.c.id)
)
_WAYS_OUT = {
    State.HELD: "have a pharmacist release it first with `dispensary lot release {lot}`",
    State.RECALLED: "take it back with `dispensary return {dispense}`, and do what the recall says",
    State.EXPIRED: "take it back with `dispensary return {dispense}`, and fill {rx} again",
}


def not_labelled(
    db: Connection, kind: str, numbers: Collection[int], *, on: datetime, by: Person
) -> dict[str, FillNotLabelled]:
    """Which of the dispenses get no label of this kind at the moment, and why, by their canonical numbers.

    Those whose patient was erased, those of which everything came back, and those with units of a lot that may
    not be handed over. A leaflet says nothing of a lot, and is given to whoever asks. One statement, however
    many there are.
    """
    rows = db.execute(_LOTS, {"site": by.site_id, "numbers": list(numbers)})
    found = {}
    for number, lines in groupby(rows, key=lambda row: Record.DISPENSE.number(row.number)):
        told = _against(kind, list(lines), number, on.date())
        if told is not None:
            why, way_out = told
            found[number] = FillNotLabelled(kind=kind, dispense=number, why=why, way_out=way_out)
    return found


def _against(kind: str, lines: Sequence[Any], number: str, today: date) -> tuple[str, str] | None:
    """Why the fill is not labelled, and the way out, or None."""
    if lines[0].erased_at is not None:
        who = Record.PATIENT.number(lines[0].patient)
        return (
            f"the record of {who} was erased",
            f"`dispensary rx show {Record.PRESCRIPTION.number(lines[0].rx)}` shows what is left",
        )
    if kind == "leaflet":
        return None
    rx = Record.PRESCRIPTION.number(lines[0].rx)
    left = [line for line in lines if line.left]
    if not left:
        return f"all {lines[0].of_the_fill} units of it came back", f"fill {rx} again with `dispensary dispense {rx}`"
    for line in left:
        state = state_on(line.state, line.expires, today)
        if not ALLOWED[state, Operation.HAND_OVER]:
            way_out = _WAYS_OUT[state].format(lot=quote(line.lot), dispense=number, rx=rx)
            return f"its lot {line.lot} {standing(state, line.expires)}", way_out
    return None
