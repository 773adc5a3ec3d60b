"""A patient's record as it changes: facts that are edited, and B12 levels that were measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from dispensary import audit, lookup, request
from dispensary.errors import Refused
from dispensary.lookup import Patient
from dispensary.rules.access import Act, require
from dispensary.rules.history import NOTHING, AlreadyRecorded, amended
from dispensary.rules.identifiers import require_born
from dispensary.rules.level import Level, require_level_day
from dispensary.rules.numbers import Record
from dispensary.rules.people import Country, History, Language, Person
from dispensary.rules.sealed import sealed
from dispensary.schema.people import (
    patient,
    patient_change,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
)


class NothingToChange(Refused):
    """An edit that names no fact."""

    sentence = (
        "Nothing was given to change of {patient}: name at least one fact, such as --condition pregnancy; "
        "`dispensary patient edit --help` lists them."
    )
    patient: str


class LevelThere(Refused):
    """One level a day: which of two is right, nobody could say later."""

    sentence = (
        "{patient} has a level of {level} from {taken_on} already: nothing was written; "
        "give the day of the sample with --on, or --correct if that level was mistyped."
    )
    patient: str
    level: str
    taken_on: date


class NothingToCorrect(Refused):
    """A correction of a level that nobody recorded."""

    sentence = (
        "{patient} has no level from {taken_on} to correct: nothing was written; "
        "give the day of the sample with --on, or leave --correct out to record a first one."
    )
    patient: str
    taken_on: date


@dataclass(frozen=True, slots=True)
class PatientEdit:
    """What changes of the record of the patient of this number or identifier; None changes nothing."""

    key: str
    patient: str
    name: str | None = None
    born: date | None = None
    language: Language | None = None
    add: History = NOTHING
    remove: History = NOTHING


@dataclass(frozen=True, slots=True)
class NewLevel:
    """A level that was measured, and the day of its sample, None for today.

    With `correct` it takes the place of one that was mistyped.
    """

    key: str
    patient: str
    level: Level
    taken_on: date | None = None
    correct: bool = False


@dataclass(frozen=True, slots=True)
class PatientEdited:
    """The receipt: the names of the facts that changed. It is kept for good, so it holds none of them."""

    patient: str
    key: str
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelRecorded:
    """The receipt; the level itself stands in the patient's record alone."""

    patient: str
    key: str
    taken_on: date
    corrected: bool = False


def edit_patient(db: Connection, edit: PatientEdit, *, country: Country, on: datetime, by: Person) -> PatientEdited:
    """Change what the edit names and nothing else; each fact it names changes.

    What stops a dispense is taken back by a pharmacist alone: a sensitivity, a condition or a medicine,
    and the birth date. Raises NotAllowed, NothingToChange, AlreadyRecorded, NotRecorded, AddedAndRemoved,
    BornOtherwise, LevelBeforeBirth, NotFound and PatientErased.
    """
    whose = partial(lookup.whose, db, by.site_id, edit.patient)
    claimed = request.claim(db, "patient edit", edit.key, edit, on=on, by=by, about=whose)
    if isinstance(claimed, str):
        return request.again(claimed, PatientEdited)
    if edit.born is not None or edit.remove != NOTHING:
        require(by, Act.ERASE_FACT)
    found = lookup.locked_patient(db, by.site_id, edit.patient)
    number = Record.PATIENT.number(found.number)
    before, after = _facts(found), _facts_after(number, found, edit)
    changed = tuple(name for name in before if before[name] != after[name])
    if not changed:
        raise NothingToChange(patient=number)
    if edit.born is not None:
        require_born(found.identifier, country, edit.born)
        _require_born_before_levels(db, found.id, edit.born, on.date())
    _write(db, found.id, before, after, changed)
    changes = [(name, _text(before[name]), _text(after[name])) for name in changed]
    _keep_earlier(db, found.id, claimed, changes, on=on, by=by)
    values = {
        "changed": list(changed),
        "old": {name: sealed(found.audit_key, name, old) for name, old, _ in changes},
        "new": {name: sealed(found.audit_key, name, new) for name, _, new in changes},
    }
    commitment = audit.commitment(found.audit_key, found.number)
    event = audit.Event("patient edit", number, edit.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    edited = PatientEdited(number, edit.key, changed)
    request.keep(db, claimed, edited)
    return edited


def record_level(db: Connection, new: NewLevel, *, on: datetime, by: Person) -> LevelRecorded:
    """Record a measured level, one a day, or correct one.

    Raises LevelThere, NothingToCorrect, AlreadyRecorded, LevelInTheFuture, LevelBeforeBirth, NotFound and
    PatientErased.
    """
    whose = partial(lookup.whose, db, by.site_id, new.patient)
    claimed = request.claim(db, "patient level", new.key, new, on=on, by=by, about=whose)
    if isinstance(claimed, str):
        return request.again(claimed, LevelRecorded)
    found = lookup.locked_patient(db, by.site_id, new.patient)
    number = Record.PATIENT.number(found.number)
    taken_on = new.taken_on or on.date()
    require_level_day(taken_on, found.born, on.date())
    there = _require_day_open(db, found.id, number, taken_on, new)
    fact, level = f"level of {taken_on}", str(new.level)
    if there is None:
        db.execute(insert(patient_level).values(patient_id=found.id, taken_on=taken_on, level=level))
    else:
        of_day = (patient_level.c.patient_id == found.id, patient_level.c.taken_on == taken_on)
        db.execute(update(patient_level).where(*of_day).values(level=level))
        _keep_earlier(db, found.id, claimed, [(fact, there, level)], on=on, by=by)
    values = {
        "taken_on": taken_on,
        "corrected": new.correct,
        "old": None if there is None else sealed(found.audit_key, fact, there),
        "new": sealed(found.audit_key, fact, level),
    }
    commitment = audit.commitment(found.audit_key, found.number)
    event = audit.Event("patient level", number, new.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    recorded = LevelRecorded(number, new.key, taken_on, new.correct)
    request.keep(db, claimed, recorded)
    return recorded


def _require_day_open(db: Connection, patient_id: int, number: str, taken_on: date, new: NewLevel) -> str | None:
    """The level of that day, which the new one corrects, or None; raises what stands in the way."""
    there = db.execute(
        select(patient_level.c.level).where(
            patient_level.c.patient_id == patient_id, patient_level.c.taken_on == taken_on
        )
    ).scalar()
    if there is None and new.correct:
        raise NothingToCorrect(patient=number, taken_on=taken_on)
    if there is not None and not new.correct:
        raise LevelThere(patient=number, level=there, taken_on=taken_on)
    if there == str(new.level):
        raise AlreadyRecorded(patient=number, fact=f"the level {there} of {taken_on}")
    return there


def _facts(of: Patient) -> dict[str, Any]:
    return {
        "name": of.name,
        "born": of.born,
        "language": of.language,
        "sensitivities": of.history.sensitivities,
        "conditions": of.history.conditions,
        "medicines": of.history.medicines,
    }


def _facts_after(number: str, found: Patient, edit: PatientEdit) -> dict[str, Any]:
    """The facts with the edit; raises AlreadyRecorded for one that the edit names and leaves as it is."""
    for given, was, fact in (
        (edit.name, found.name, "that name"),
        (edit.born, found.born, "that birth date"),
        (edit.language, found.language, f"the language {found.language}"),
    ):
        if given == was:
            raise AlreadyRecorded(patient=number, fact=fact)
    history = amended(number, found.history, edit.add, edit.remove)
    return {
        "name": edit.name or found.name,
        "born": edit.born or found.born,
        "language": edit.language or found.language,
        "sensitivities": history.sensitivities,
        "conditions": history.conditions,
        "medicines": history.medicines,
    }


def _require_born_before_levels(db: Connection, patient_id: int, born: date, today: date) -> None:
    first = select(func.min(patient_level.c.taken_on)).where(patient_level.c.patient_id == patient_id)
    taken_on = db.execute(first).scalar()
    if taken_on is not None:
        require_level_day(taken_on, born, today)


_LISTS: dict[str, tuple[Table, str]] = {
    "sensitivities": (patient_sensitivity, "sensitivity"),
    "conditions": (patient_condition, "condition"),
    "medicines": (patient_medicine, "name"),
}


def _write(
    db: Connection, patient_id: int, before: dict[str, Any], after: dict[str, Any], changed: tuple[str, ...]
) -> None:
    own = {name: after[name] for name in changed if name not in _LISTS}
    if own:
        db.execute(update(patient).where(patient.c.id == patient_id).values(**own))
    for name in changed:
        if name not in _LISTS:
            continue
        table, column = _LISTS[name]
        for word in sorted(before[name] - after[name]):
            db.execute(delete(table).where(table.c.patient_id == patient_id, table.c[column] == word))
        for word in sorted(after[name] - before[name]):
            db.execute(insert(table).values({"patient_id": patient_id, column: word}))


def _text(fact: Any) -> str:
    """A fact as a change keeps it: the words of a list by lines, which no word holds."""
    return "\n".join(sorted(fact)) if isinstance(fact, frozenset) else str(fact)


def _keep_earlier(
    db: Connection,
    patient_id: int,
    request_id: int,
    changes: Iterable[tuple[str, str, str]],
    *,
    on: datetime,
    by: Person,
) -> None:
    """Each change: the fact, what it was and what it is now; the chain, which nobody can erase, has them sealed."""
    shared = {"patient_id": patient_id, "request_id": request_id, "at": on, "by_id": by.user_id}
    rows = [{**shared, "fact": fact, "old": old, "new": new} for fact, old, new in changes]
    db.execute(insert(patient_change), rows)
