"""Entering people into the registers: users, patients and prescribers; the events of who read, or might not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Table, bindparam, insert, select

from dispensary import audit, lookup, request
from dispensary.errors import Refused
from dispensary.rules.canonical import added
from dispensary.rules.numbers import Record
from dispensary.rules.people import Condition, Language, Person, Role
from dispensary.rules.product import Sensitivity
from dispensary.rules.sealed import sealed
from dispensary.schema.people import (
    patient,
    patient_condition,
    patient_medicine,
    patient_sensitivity,
    prescriber,
    user,
)


class AlreadyThere(Refused):
    """A record with this identifier exists."""

    sentence = "{what} {given} is already there{number}: nothing was written; use that record."
    what: str
    given: str
    number: str


NO_MEDICINES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NewPatient:
    """A patient to enter."""

    key: str
    identifier: str
    name: str
    born: date
    language: Language
    sensitivities: frozenset[Sensitivity]
    conditions: frozenset[Condition]
    medicines: frozenset[str] = added(NO_MEDICINES)


@dataclass(frozen=True, slots=True)
class NewPrescriber:
    """A prescriber to enter, with exactly one of NPI and HPR number."""

    key: str
    name: str
    profession: str
    npi: str | None
    hpr: str | None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to enter."""

    key: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class PatientAdded:
    """The number to use in later commands, and what was noticed."""

    patient: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrescriberAdded:
    """The number to use in later commands."""

    prescriber: str


@dataclass(frozen=True, slots=True)
class UserAdded:
    """The name to act as."""

    user: str


def add_patient(db: Connection, new: NewPatient, *, audit_key: bytes, on: datetime, by: Person) -> PatientAdded:
    """Enter a patient; `audit_key` is 32 random bytes. Raises AlreadyThere."""
    # The number is not given yet: the receipt will have it.
    claimed = request.claim(db, "patient add", new.key, new, on=on, by=by, about=lambda: ("", audit_key))
    if isinstance(claimed, str):
        return request.again(claimed, PatientAdded)
    _require_new(db, patient, Record.PATIENT, {"identifier": new.identifier}, by)
    head = audit.take(db, by.site_id, "patients")
    number = head.number
    patient_id = db.execute(
        insert(patient)
        .values(
            site_id=by.site_id,
            number=number,
            identifier=new.identifier,
            name=new.name,
            born=new.born,
            language=new.language,
            audit_key=audit_key,
        )
        .returning(patient.c.id)
    ).scalar_one()
    for sensitivity in sorted(new.sensitivities):
        db.execute(insert(patient_sensitivity).values(patient_id=patient_id, sensitivity=sensitivity))
    for condition in sorted(new.conditions):
        db.execute(insert(patient_condition).values(patient_id=patient_id, condition=condition))
    for medicine in sorted(new.medicines):
        db.execute(insert(patient_medicine).values(patient_id=patient_id, name=medicine))
    same = db.execute(
        select(patient.c.number)
        .where(
            patient.c.site_id == by.site_id,
            patient.c.id != patient_id,
            patient.c.name == new.name,
            patient.c.born == new.born,
        )
        .order_by(patient.c.number)
    ).scalars()
    added = PatientAdded(
        Record.PATIENT.number(number),
        tuple(
            f"{Record.PATIENT.number(other)} has the same name and birth date: make sure that nobody is entered twice."
            for other in same
        ),
    )
    # Nothing of the person is told but sealed: nobody can erase the chain.
    values = {"new": {name: sealed(audit_key, name, text) for name, text in _facts(new).items()}}
    commitment = audit.commitment(audit_key, number)
    audit.record(db, head, audit.Event("patient add", added.patient, new.key, values, patient=commitment), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def _facts(new: NewPatient) -> dict[str, str]:
    """The facts as they are sealed: the words of a list, sorted, by lines."""
    return {
        "identifier": new.identifier,
        "name": new.name,
        "born": str(new.born),
        "language": new.language.value,
        "sensitivities": "\n".join(sorted(new.sensitivities)),
        "conditions": "\n".join(sorted(new.conditions)),
        "medicines": "\n".join(sorted(new.medicines)),
    }


def add_prescriber(db: Connection, new: NewPrescriber, *, on: datetime, by: Person) -> PrescriberAdded:
    """Enter a prescriber; raises AlreadyThere."""
    claimed = request.claim(db, "prescriber add", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PrescriberAdded)
    identifier = {"npi": new.npi} if new.npi is not None else {"hpr": new.hpr or ""}
    _require_new(db, prescriber, Record.PRESCRIBER, identifier, by)
    head = audit.take(db, by.site_id, "prescribers")
    number = head.number
    db.execute(
        insert(prescriber).values(
            site_id=by.site_id, number=number, name=new.name, profession=new.profession, npi=new.npi, hpr=new.hpr
        )
    )
    added = PrescriberAdded(Record.PRESCRIBER.number(number))
    values = {"name": new.name, "profession": new.profession, "npi": new.npi, "hpr": new.hpr}
    audit.record(db, head, audit.Event("prescriber add", added.prescriber, new.key, values), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def add_user(db: Connection, new: NewUser, *, on: datetime, by: Person) -> UserAdded:
    """Enter a user of the acting person's site; raises NotAllowed and AlreadyThere."""
    claimed = request.claim(db, "user add", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, UserAdded)
    if db.execute(select(user.c.id).where(user.c.name == new.name)).first() is not None:
        raise AlreadyThere(what="User", given=new.name, number="")
    db.execute(insert(user).values(site_id=by.site_id, name=new.name, role=new.role))
    added = UserAdded(new.name)
    audit.record(
        db, audit.take(db, by.site_id), audit.Event("user add", new.name, new.key, {"role": new.role}), on=on, by=by
    )
    request.keep(db, claimed, added)
    return added


def _require_new(db: Connection, table: Table, kind: Record, identifier: Mapping[str, str], by: Person) -> None:
    ((column, given),) = identifier.items()
    there = db.execute(select(table.c.number).where(table.c.site_id == by.site_id, table.c[column] == given)).scalar()
    if there is not None:
        raise AlreadyThere(what=kind.name.capitalize(), given=given, number=f" as {kind.number(there)}")


_AT_ONCE = 10_000
"""Numbers in one statement: PostgreSQL takes 65,535 parameters and SQLite 32,766."""

_AUDIT_KEYS = (
    select(patient.c.number, patient.c.audit_key, patient.c.erased_at)
    .where(patient.c.site_id == bindparam("site"), patient.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(patient.c.number)
)


def note_reading(db: Connection, patients: Iterable[int], what: str, *, on: datetime, by: Person) -> None:
    """One event that the person read the records of these patients, by number; nothing for nobody.

    Of an erased patient that is what is left under the number, or what was read just before the erasure.
    """
    numbers = sorted(set(patients))
    rows = [
        row
        for begin in range(0, len(numbers), _AT_ONCE)
        for row in db.execute(_AUDIT_KEYS, {"site": by.site_id, "numbers": numbers[begin : begin + _AT_ONCE]})
    ]
    erased = lookup.commitments_of_erased(db, by.site_id) if any(row.erased_at for row in rows) else {}
    commitments = [erased.get(row.number) or audit.commitment(row.audit_key, row.number) for row in rows]
    if commitments:
        event = audit.Event("patient read", what, "", {"patients": commitments}, patient=commitments[0])
        audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
