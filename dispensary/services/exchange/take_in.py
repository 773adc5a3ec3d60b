"""Prescriptions of a FHIR document, entered in one transaction: all of them or none."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from dispensary import lookup
from dispensary.errors import NotSaved, Refused
from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.access import Act, Denied, NeedsPin, require
from dispensary.rules.fhir.document import Node
from dispensary.rules.fhir.dosage import directions_of, is_read
from dispensary.rules.fhir.people import PatientRead, PrescriberRead
from dispensary.rules.fhir.request import Medicine, Requested
from dispensary.rules.grammar import render
from dispensary.rules.identifiers import ndc11
from dispensary.rules.numbers import Record
from dispensary.rules.people import Language, Person
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import patient
from dispensary.schema.trust import request
from dispensary.services.people.register import NewPatient, NewPrescriber, add_patient, add_prescriber
from dispensary.services.prescribing.prescribe import NewPrescription, PrescriptionAdded, prescribe

_ADD = "enter the record first, or let it be entered with --add-people"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Prescriptions to enter; with `add_people` whoever is not there yet is entered with them, in that language."""

    requests: tuple[Requested, ...]
    add_people: bool
    language: Language


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One prescription that was entered, or had been; `words` are those that nothing but a person reads."""

    path: str
    identifier: str
    key: str
    rx: str
    patient: str
    prescriber: str
    form: Form
    directions: str
    written: date
    valid_until: date
    refills: int
    product: str | None
    words: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """The prescriptions of a document, and who was entered with them."""

    imported: tuple[TakenIn, ...]
    patients: tuple[str, ...]
    prescribers: tuple[str, ...]


def take_in(
    db: Connection,
    order: Incoming,
    *,
    practice: Practice,
    audit_key: Callable[[], bytes],
    on: datetime,
    by: Person,
) -> Imported:
    """Enter them; `audit_key` makes 32 random bytes. The same document again gives the same receipts.

    Raises NotAllowed, and FhirFault with the path of what cannot be entered.
    """
    require(by, Act.RX_ADD)
    people = _People(db, order, audit_key, on, by)
    people.lock()
    keys = _keys(db, order.requests, by)
    return Imported(
        tuple(
            _entered(db, each, key, people, practice, on, by) for each, key in zip(order.requests, keys, strict=True)
        ),
        tuple(people.patients),
        tuple(people.prescribers),
    )


def _keys(db: Connection, requests: Collection[Requested], by: Person) -> list[str]:
    """The request key of each prescription: that under which it came before, or that of its first identifier."""
    asked = [key for each in requests for key in each.keys]
    found = db.execute(select(request.c.key).where(request.c.site_id == by.site_id, request.c.key.in_(asked)))
    known, keys = frozenset(found.scalars()), []
    for each in requests:
        before = [key for key in each.keys if key in known]
        if len(before) > 1:
            raise each.at.need("identifier").fault(f"names {len(before)} prescriptions that came before")
        keys.append(before[0] if before else each.keys[0])
    return keys


def _entered(
    db: Connection, asked: Requested, key: str, people: "_People", practice: Practice, on: datetime, by: Person
) -> TakenIn:
    form, code = _product(db, asked.medicine)
    if asked.as_written and code is None:
        at = asked.at.need("substitution").need("allowedBoolean")
        raise at.fault("is false, and no GTIN or NDC names the one product")
    strengths = lookup.strengths_of(db, form)
    if code is not None:
        strengths = frozenset({lookup.product_by_code(db, code)[1].strength})
    directions = directions_of(asked.instructions, strengths)
    unread = (each.text for each in asked.instructions if not is_read(each, strengths))
    new = NewPrescription(
        key=key,
        patient=people.patient(asked.patient, key),
        prescriber=people.prescriber(asked.prescriber, key),
        form=form,
        directions=render(directions),
        quantity_units=asked.quantity_units,
        days=asked.days,
        refills=asked.refills,
        written=asked.written,
        valid_until=asked.valid_until,
        indication=asked.indication,
        product=code,
        as_written=asked.as_written,
    )
    with _refused_at(asked.at):
        added = prescribe(db, new, practice=practice, on=on, by=by)
    words = (*(each.string() for each in unread if each is not None), *asked.words)
    return _taken(asked, added, key, words, people.notes.get(new.patient, ()))


def _taken(
    asked: Requested, added: PrescriptionAdded, key: str, words: tuple[str, ...], notes: tuple[str, ...]
) -> TakenIn:
    return TakenIn(
        path=asked.at.path,
        identifier=asked.identifier,
        key=key,
        rx=added.rx,
        patient=added.patient,
        prescriber=added.prescriber,
        form=added.form,
        directions=added.directions,
        written=added.written,
        valid_until=added.valid_until,
        refills=added.refills,
        product=added.product,
        words=words,
        notes=(*added.notes, *notes),
    )


@contextmanager
def _refused_at(node: Node) -> Iterator[None]:
    """What is refused within is refused at the node; who may act, and what was not saved, is another matter."""
    try:
        yield
    except (Denied, NeedsPin, NotSaved):
        raise
    except KeyReused as reused:
        problem = f"was taken in on {reused.at} with other content"
        raise node.need("identifier").fault(
            problem, "have it sent with an identifier of its own, and the earlier one cancelled"
        ) from None
    except Refused as refusal:
        raise node.fault(f"cannot be entered ({str(refusal).removesuffix('.')})") from None


def _product(db: Connection, medicine: Medicine) -> tuple[Form, str | None]:
    """The form, and the code of the product that is named; raises FhirFault."""
    named: dict[str, Form] | None = None
    numbers = [(at, _by_gtin(db, gtin)) for gtin, at in medicine.gtins]
    numbers += [(at, _by_ndc(db, ndc)) for ndc, at in medicine.ndcs]
    for at, found in numbers:
        if not found:
            raise at.fault("is of no product of the formulary", "enter the product first, or have it prescribed by ATC")
        if medicine.form is not None and medicine.form not in found.values():
            raise at.fault(f"is {' or '.join(sorted(set(found.values())))} and the ATC code is {medicine.form}")
        named = found if named is None else {code: form for code, form in named.items() if code in found}
        if not named:
            raise at.fault("is of another product than the code before it")
    if named is None:
        assert medicine.form is not None, "a medicine has a form or a product's number"
        return medicine.form, None
    if len(named) > 1:
        raise medicine.at.fault(f"is of {len(named)} products: {', '.join(sorted(named))}")
    ((code, form),) = named.items()
    return form, code


def _by_gtin(db: Connection, gtin: str) -> dict[str, Form]:
    query = select(product.c.code, product.c.form).join(pack, pack.c.product_id == product.c.id)
    return {row.code: row.form for row in db.execute(query.where(pack.c.gtin == gtin))}


def _by_ndc(db: Connection, ndc: str) -> dict[str, Form]:
    """By the eleven digits; a formulary has some hundred products."""
    query = select(product.c.code, product.c.form, product.c.identifier).where(product.c.identifier_kind == "NDC")
    return {row.code: row.form for row in db.execute(query) if _eleven(row.identifier) == ndc}


def _eleven(identifier: str) -> str | None:
    try:
        return ndc11(identifier)
    except Refused:
        return None


def _may_be_one(name: str, other: str) -> bool:
    """Whether all words of one name are in the other one, in whatever order."""
    words, others = (frozenset(re.findall(r"\w+", each.casefold())) for each in (name, other))
    return words <= others or others <= words


class _People:
    """Patients and prescribers of one document, found or entered, each once; a new one under a key of the request."""

    def __init__(
        self, db: Connection, order: Incoming, audit_key: Callable[[], bytes], on: datetime, by: Person
    ) -> None:
        self.db, self.order, self.audit_key, self.on, self.by = db, order, audit_key, on, by
        self.patients: list[str] = []
        self.prescribers: list[str] = []
        self.notes: dict[str, tuple[str, ...]] = {}

    def lock(self) -> None:
        """Lock every patient who is there, in the order of their ids, before the first prescription takes the head."""
        wanted = {each for asked in self.order.requests for each in asked.patient.identifiers}
        for row in self.db.execute(self._named(sorted(wanted))).all():
            lookup.lock_patient(self.db, row.id)

    def _named(self, identifiers: Collection[str]) -> Select[Any]:
        return (
            select(patient.c.id, patient.c.number, patient.c.name, patient.c.born)
            .where(patient.c.site_id == self.by.site_id, patient.c.identifier.in_(identifiers))
            .order_by(patient.c.id)
        )

    def patient(self, wanted: PatientRead, key: str) -> str:
        """The number of the one patient with any of the identifiers and the birth date; raises FhirFault."""
        found = self.db.execute(self._named(wanted.identifiers)).all()
        if len(found) > 1:
            raise wanted.at.need("identifier").fault(
                f"names {len(found)} patients: {', '.join(Record.PATIENT.number(row.number) for row in found)}"
            )
        if not found:
            return self._new_patient(wanted, key)
        number = Record.PATIENT.number(found[0].number)
        if found[0].born != wanted.born:
            raise wanted.at.need("birthDate").fault(
                f"is not that of {number}, whom the identifier names", "find out who is meant"
            )
        if wanted.name is not None and not _may_be_one(wanted.name, found[0].name):
            # People marry; but a wrong number may have come upon the same birth date.
            self.notes[number] = (f"{number} has another name here than in the document: see that it is one person.",)
        return number

    def _new_patient(self, wanted: PatientRead, key: str) -> str:
        at = wanted.at.need("identifier")
        if not self.order.add_people:
            raise at.fault("is of no patient of this pharmacy", _ADD)
        if wanted.name is None:
            raise Node(None, f"{wanted.at.path}.name").fault("is missing, and a new record needs one")
        new = NewPatient(
            key=f"{key}-patient",
            identifier=wanted.identifiers[0],
            name=wanted.name,
            born=wanted.born,
            language=self.order.language,
            sensitivities=frozenset(),
            conditions=frozenset(),
        )
        with _refused_at(wanted.at):
            added = add_patient(self.db, new, audit_key=self.audit_key(), on=self.on, by=self.by)
        self.patients.append(added.patient)
        return added.patient

    def prescriber(self, wanted: PrescriberRead, key: str) -> str:
        """The number of the prescriber with that NPI or HPR number; raises FhirFault."""
        try:
            found = lookup.prescriber_by_number(self.db, self.by.site_id, wanted.number)
        except NotFound:
            return self._new_prescriber(wanted, key)
        return Record.PRESCRIBER.number(found["number"])

    def _new_prescriber(self, wanted: PrescriberRead, key: str) -> str:
        if not self.order.add_people:
            raise wanted.at.fault("is of no prescriber of this pharmacy", _ADD)
        if wanted.name is None:
            raise Node(None, f"{wanted.at.path}.name").fault("is missing, and a new record needs one")
        new = NewPrescriber(
            key=f"{key}-prescriber",
            name=wanted.name,
            profession="physician" if wanted.npi is not None else "lege",
            npi=wanted.npi,
            hpr=wanted.hpr,
        )
        with _refused_at(wanted.at):
            added = add_prescriber(self.db, new, on=self.on, by=self.by)
        self.prescribers.append(added.prescriber)
        return added.prescriber
