"""Patients' records as the events tell of them: sealed by each patient's key, so that nothing of them is read there.

An event of an earlier release tells a few facts in words and the others not at all: those are not compared until a
later event tells them. Of a patient who was erased only that is compared.

Both are read in the order of the patients' numbers and put side by side, so that no more than a few patients are held
at a time; the database sorts the events, on its disk where they are many.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, func, select

from dispensary import audit, auditor
from dispensary.reports.verify.differences import SHOWN
from dispensary.rules.numbers import Record
from dispensary.rules.sealed import sealed
from dispensary.schema.people import (
    patient,
    patient_change,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
    site,
)
from dispensary.schema.trust import audit_event, request

_KINDS = ("patient add", "patient edit", "patient level", "patient erase")
AT_ONCE = 1000
"""Patients, and events, held at a time."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# P9 before P10, without a look at whether a subject is a number at all.
_EVENTS: Select[Any] = (
    select(
        audit_event.c.sequence,
        audit_event.c.kind,
        audit_event.c.subject,
        audit_event.c.patient,
        audit_event.c.request_key,
        audit_event.c.canonical,
    )
    .where(audit_event.c.site_id == bindparam("site"), audit_event.c.kind.in_(_KINDS))
    .order_by(func.length(audit_event.c.subject), audit_event.c.subject, audit_event.c.sequence)
)
_PATIENTS: Select[Any] = (
    select(
        patient.c.id,
        patient.c.number,
        patient.c.audit_key,
        patient.c.erased_at,
        patient.c.identifier,
        patient.c.name,
        patient.c.born,
        patient.c.language,
    )
    .where(patient.c.site_id == bindparam("site"), patient.c.number > bindparam("after"))
    .order_by(patient.c.number)
)
_OWN = ("identifier", "name", "born", "language")
_LISTS: dict[str, Select[Any]] = {
    "sensitivities": select(patient_sensitivity.c.patient_id, patient_sensitivity.c.sensitivity.label("word")),
    "conditions": select(patient_condition.c.patient_id, patient_condition.c.condition.label("word")),
    "medicines": select(patient_medicine.c.patient_id, patient_medicine.c.name.label("word")),
}
_LEVELS: Select[Any] = select(patient_level.c.patient_id, patient_level.c.taken_on, patient_level.c.level)
_CHANGES: Select[Any] = select(
    patient_change.c.patient_id, request.c.key, patient_change.c.fact, patient_change.c.old, patient_change.c.new
).join(request, request.c.id == patient_change.c.request_id)


@dataclass(slots=True)
class _Known:
    """What the chain tells of a patient: the last word on each fact, and every change, by the key of its request.

    A fact of which an event tells only that there is one, or that it changed, is None.
    """

    sequence: int
    commitment: str
    facts: dict[str, tuple[int, object]] = field(default_factory=dict)
    changes: dict[tuple[str, str], tuple[int, object, object]] = field(default_factory=dict)
    erased: bool = False

    def tell(self, event: Row[Any], values: Any) -> None:
        """What the event says is so from now on."""
        if event.kind == "patient erase":
            self.erased = True
            return
        if event.kind == "patient level":
            fact = f"level of {values['taken_on']}"
            old, new = ({fact: values.get(which)} for which in ("old", "new"))
            changed = [fact]
        else:
            old, new = values.get("old", {}), values.get("new", {})
            changed = values.get("changed", [*new])
        for name in changed:
            self.facts[name] = (event.sequence, new.get(name))
            if event.kind == "patient edit" or values.get("corrected"):
                self.changes[event.request_key, name] = (event.sequence, old.get(name), new.get(name))


def _told(db: Connection, site_id: int) -> Generator[tuple[str, _Known], None, None]:
    """What the chain tells of each patient, by number."""
    with db.execute(_EVENTS, {"site": site_id}, execution_options={"yield_per": AT_ONCE}) as events:
        for number, group in groupby(events, key=lambda event: str(event.subject)):
            known: _Known | None = None
            for event in group:
                known = known or _Known(event.sequence, event.patient)
                known.tell(event, auditor.values_of(event.canonical))
            if known is not None:
                yield number, known


_Changes = Mapping[tuple[str, str], Row[Any]]


def _kept(db: Connection, site_id: int) -> Iterator[tuple[str, Row[Any], dict[str, str], _Changes]]:
    """Every patient by number: the row, the facts as events tell them before they are sealed, and the changes."""
    after = 0
    while rows := db.execute(_PATIENTS.limit(AT_ONCE), {"site": site_id, "after": after}).all():
        after = rows[-1].number
        ids = [row.id for row in rows]
        words = {
            name: {key: "\n".join(sorted(row.word for row in group)) for key, group in _by_patient(db, each, ids)}
            for name, each in _LISTS.items()
        }
        levels = {key: list(group) for key, group in _by_patient(db, _LEVELS, ids)}
        changes = {key: {(row.key, row.fact): row for row in group} for key, group in _by_patient(db, _CHANGES, ids)}
        for row in rows:
            facts = {name: str(getattr(row, name)) for name in _OWN}
            facts |= {name: each.get(row.id, "") for name, each in words.items()}
            facts |= {f"level of {each.taken_on}": each.level for each in levels.get(row.id, ())}
            yield Record.PATIENT.number(row.number), row, facts, changes.get(row.id, {})


def _by_patient(db: Connection, rows: Select[Any], ids: Sequence[int]) -> Iterator[tuple[int, Iterator[Row[Any]]]]:
    """The rows of these patients, by the id of each."""
    whose = rows.selected_columns.patient_id
    return groupby(
        db.execute(rows.where(whose.in_(_IDS)).order_by(whose), {"ids": ids}), key=lambda row: row.patient_id
    )


def _is_told(said: object, key: bytes, fact: str, text: str) -> bool:
    """Whether this is what was said; earlier releases said a language, and the words of a list, as they are."""
    if said is None:
        return True
    return sealed(key, fact, text) == said or (said if isinstance(said, str) else "\n".join(_words(said))) == text


def _words(said: object) -> list[str]:
    return sorted(map(str, said)) if isinstance(said, list) else []


def _of_patient(
    number: str, known: _Known, row: Row[Any], facts: Mapping[str, str], changes: _Changes
) -> Iterator[str]:
    if known.erased or row.erased_at is not None:
        if not known.erased or row.erased_at is None:
            yield f"{number}: the record and the events differ in whether the patient was erased"
    elif known.commitment != audit.commitment(row.audit_key, row.number):
        yield f"{number}: event {known.sequence} tells of another patient than the record"
    else:
        yield from _of_facts(number, known, row.audit_key, facts)
        yield from _of_changes(number, known, row.audit_key, changes)


def _of_facts(number: str, known: _Known, key: bytes, facts: Mapping[str, str]) -> Iterator[str]:
    for name, (sequence, said) in known.facts.items():
        if name not in facts:
            yield f"{number}: event {sequence} tells of a {name}, and no record does"
        elif not _is_told(said, key, name, facts[name]):
            yield f"{number}: event {sequence} tells of another {name} than the record"
    for name in facts.keys() - known.facts.keys():
        # The other facts of a patient whom an earlier release entered are told by no event.
        if name.startswith("level of "):
            yield f"{number}: no event tells of this {name}"


def _of_changes(number: str, known: _Known, key: bytes, changes: _Changes) -> Iterator[str]:
    for which, (sequence, old, new) in known.changes.items():
        change, fact = changes.get(which), which[1]
        if change is None or not (_is_told(old, key, fact, change.old) and _is_told(new, key, fact, change.new)):
            yield f"{number}: event {sequence} tells of another change of {fact} than the record"
    for _, fact in changes.keys() - known.changes.keys():
        yield f"{number}: no event tells of this change of {fact}"


def patients(db: Connection) -> list[str]:
    """Patients' records that are not what the events tell of them, as far as the events can be read with their keys."""
    return list(islice(_differences(db), SHOWN + 1))


def _differences(db: Connection) -> Iterator[str]:
    for site_id in db.execute(select(site.c.id).order_by(site.c.id)).scalars().all():
        with closing(_told(db, site_id)) as told:
            yield from _side_by_side(told, _kept(db, site_id))


def _side_by_side(
    told: Iterator[tuple[str, _Known]], kept: Iterator[tuple[str, Row[Any], dict[str, str], _Changes]]
) -> Iterator[str]:
    """Both go up by number; a subject that is no patient's number meets no row, wherever the database sorted it."""
    said = next(told, None)
    for number, row, facts, changes in kept:
        while said is not None and _before(said[0], number):
            yield _without_record(*said)
            said = next(told, None)
        if said is None or said[0] != number:
            yield f"{number}: no event tells of this patient"
            continue
        yield from _of_patient(number, said[1], row, facts, changes)
        said = next(told, None)
    while said is not None:
        yield _without_record(*said)
        said = next(told, None)


def _before(number: str, other: str) -> bool:
    return (len(number), number) < (len(other), other)


def _without_record(number: str, known: _Known) -> str:
    return f"{number}: event {known.sequence} tells of this patient, and no record does"


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("patients", "Every patient's record is what the events tell of it.", patients),
)
"""Name, what is so where nothing differs, and the function that looks."""
