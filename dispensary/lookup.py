"""Records by the number that people type, as the rules' own objects; what is not there is refused."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, ScalarSelect, Text, bindparam, cast, func, literal, select

from dispensary.errors import Refused, quoted
from dispensary.rules.access import Denied
from dispensary.rules.erasure import PatientErased, require_nameless
from dispensary.rules.numbers import WAYS_OUT, Record, parse_number
from dispensary.rules.people import Condition, History, Language, Person
from dispensary.rules.product import Agent, Form, Preservatives, Product, Route, Sensitivity, Storage
from dispensary.rules.quantity import Strength
from dispensary.schema.catalogue import product, product_preservative
from dispensary.schema.people import (
    patient,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
    prescriber,
    site,
    user,
)
from dispensary.schema.trust import audit_event


class NotFound(Refused):
    """No such record."""

    sentence = "There is no {what} {given}: {way_out}."
    what: str
    given: str
    way_out: str


def no_such(kind: Record, number: int) -> NotFound:
    """The refusal where no record of the kind has the number."""
    return NotFound(what=kind.called, given=kind.number(number), way_out=WAYS_OUT[kind])


class UserDisabled(Denied):
    """The acting person may no longer act."""

    sentence = "User {user} is disabled: act as somebody else with --as."
    user: str

    @property
    def asked(self) -> str:
        """The user."""
        return self.user


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with what the checks need."""

    id: int
    number: int
    identifier: str
    name: str
    born: date
    language: Language
    audit_key: bytes
    history: History
    level_on: date | None
    """The day of the last B12 level on record."""
    erased_at: datetime | None = None
    """Since when nothing above says anything about a person."""

    def require_not_erased(self) -> None:
        """Raises PatientErased."""
        if self.erased_at is not None:
            raise PatientErased(patient=Record.PATIENT.number(self.number))

    def require_nameless(self, what: str, *texts: str) -> None:
        """Raises NamesThePatient where one of the texts, which are kept for good, says who this is."""
        number = Record.PATIENT.number(self.number)
        require_nameless(texts, what, number, name=self.name, identifier=self.identifier)


_PERSON = select(user.c.id, user.c.name, user.c.role, user.c.site_id, user.c.disabled_at).where(
    user.c.name == bindparam("name")
)


def _joined(label: str, column: Any, owner: Any) -> Any:
    """Every word of a patient's list, by lines, which no word holds."""
    words = select(func.aggregate_strings(cast(column, Text), "\n")).where(owner == patient.c.id)
    return words.scalar_subquery().label(label)


PATIENT_COLUMNS = (
    patient.c.id.label("patient_id"),
    patient.c.number.label("patient_number"),
    patient.c.identifier,
    patient.c.name.label("patient_name"),
    patient.c.born,
    patient.c.language,
    patient.c.audit_key,
    patient.c.erased_at,
    _joined("sensitivities", patient_sensitivity.c.sensitivity, patient_sensitivity.c.patient_id),
    _joined("conditions", patient_condition.c.condition, patient_condition.c.patient_id),
    _joined("medicines", patient_medicine.c.name, patient_medicine.c.patient_id),
    select(func.max(patient_level.c.taken_on))
    .where(patient_level.c.patient_id == patient.c.id)
    .scalar_subquery()
    .label("level_on"),
)
"""What `patient_of` needs."""

_PATIENT = select(*PATIENT_COLUMNS)
PRODUCT_COLUMNS = (
    product.c.id.label("product_id"),
    product.c.code,
    product.c.name,
    product.c.labeler,
    product.c.form,
    product.c.strength_mcg_per_ml,
    product.c.container,
    product.c.fill_ul,
    product.c.preserved,
    product.c.temperature,
    product.c.protect_from_light,
    product.c.routes,
    product.c.identifier_kind,
    product.c.identifier,
    product.c.confidence,
    product.c.in_use_days,
    product_preservative.c.agent,
    product_preservative.c.mcg_per_ml,
)
"""What `product_of` needs, from PRODUCTS: a row for each preservative."""

PRODUCTS = product.outerjoin(product_preservative, product_preservative.c.product_id == product.c.id)
_PRODUCTS = select(*PRODUCT_COLUMNS).select_from(PRODUCTS).order_by(product.c.code)
_PRODUCTS_OF_IDS = _PRODUCTS.where(product.c.id.in_(bindparam("ids", expanding=True)))
_PRODUCTS_OF_CODE = _PRODUCTS.where(product.c.code == bindparam("code"))
_PRODUCTS_OF_FORM = _PRODUCTS.where(product.c.form == bindparam("form", type_=product.c.form.type))


def product_of(rows: Sequence[Any]) -> Product:
    """The product that the rows of PRODUCT_COLUMNS describe, one row for each of its preservatives."""
    first = rows[0]
    agents = {row.agent: Agent(row.agent, row.mcg_per_ml) for row in rows if row.agent is not None}
    return Product(
        code=first.code,
        name=first.name,
        labeler=first.labeler,
        form=first.form,
        strength=Strength(first.strength_mcg_per_ml),
        container=first.container,
        fill_ul=first.fill_ul,
        preservatives=Preservatives(first.preserved, tuple(agents[name] for name in sorted(agents))),
        storage=Storage(first.temperature, first.protect_from_light),
        routes=frozenset(map(Route, first.routes.split(";"))),
        identifier_kind=first.identifier_kind,
        identifier=first.identifier,
        confidence=first.confidence,
        in_use_days=first.in_use_days,
    )


def products(db: Connection) -> dict[int, Product]:
    """All products by id, in the order of their codes."""
    return _by_id(db.execute(_PRODUCTS))


def products_by_id(db: Connection, ids: Collection[int]) -> dict[int, Product]:
    """The products of these ids, in the order of their codes; nothing is asked where there is none."""
    return _by_id(db.execute(_PRODUCTS_OF_IDS, {"ids": sorted(ids)})) if ids else {}


def product_by_id(db: Connection, product_id: int) -> Product:
    """The product that a record refers to."""
    return products_by_id(db, [product_id])[product_id]


def products_of_form(db: Connection, form: Form) -> dict[int, Product]:
    """The products of this form by id, in the order of their codes."""
    return _by_id(db.execute(_PRODUCTS_OF_FORM, {"form": form}).all())


def strengths_of(db: Connection, form: Form) -> frozenset[Strength]:
    """The strengths in which the formulary has this form."""
    return frozenset(product.strength for product in products_of_form(db, form).values())


# The same rows are the same product, so each is built once in a process.
_known_product = lru_cache(maxsize=1024)(product_of)


def _by_id(rows: Iterable[Any]) -> dict[int, Product]:
    return {key: _known_product(tuple(group)) for key, group in groupby(rows, key=lambda row: int(row.product_id))}


def product_by_code(db: Connection, code: str) -> tuple[int, Product]:
    """The id and the product of this code; raises NotFound."""
    for found in _by_id(db.execute(_PRODUCTS_OF_CODE, {"code": code.strip().upper()})).items():
        return found
    raise NotFound(what="product", given=quoted(code), way_out="`dispensary product list` shows the formulary")


def person(db: Connection, name: str) -> Person:
    """The user of this name; raises NotFound and UserDisabled."""
    found = db.execute(_PERSON, {"name": name}).first()
    if found is None:
        raise NotFound(what="user", given=quoted(name), way_out="a pharmacist enters one with `dispensary user add`")
    if found.disabled_at is not None:
        raise UserDisabled(user=name)
    return Person(found.id, found.name, found.role, found.site_id)


def origin(db: Connection, site_id: int) -> str:
    """The random name of the site's audit chain."""
    return str(db.execute(select(site.c.origin).where(site.c.id == site_id)).scalar_one())


def patient_by_number(db: Connection, site_id: int, given: str, *, erased_too: bool = False) -> Patient:
    """The patient of this number (P12) or identifier; raises NotFound, and PatientErased without `erased_too`."""
    text = given.strip()
    wanted = patient.c.identifier == text
    if text[:1] in "Pp" and text[1:].isascii() and text[1:].isdigit():
        wanted = patient.c.number == parse_number(Record.PATIENT, text)
    row = db.execute(_PATIENT.where(patient.c.site_id == site_id, wanted)).first()
    if row is None:
        raise NotFound(
            what="patient", given=quoted(given), way_out="enter the patient first with `dispensary patient add`"
        )
    found = patient_of(row)
    if not erased_too:
        found.require_not_erased()
    return found


def whose(db: Connection, site_id: int, given: str) -> tuple[str, bytes]:
    """The patient of this number or identifier as `request.claim` wants one: the number (P12) and the audit key.

    Raises NotFound and PatientErased.
    """
    found = patient_by_number(db, site_id, given)
    return Record.PATIENT.number(found.number), found.audit_key


_OF_ERASED = (
    select(patient.c.number, audit_event.c.patient)
    .join(audit_event, (audit_event.c.site_id == patient.c.site_id) & (audit_event.c.at == patient.c.erased_at))
    .where(
        patient.c.site_id == bindparam("site"),
        audit_event.c.kind == "patient erase",
        audit_event.c.subject == literal(Record.PATIENT.value) + cast(patient.c.number, Text),
    )
)


def commitments_of_erased(db: Connection, site_id: int) -> dict[int, str]:
    """What stands in the chain for each erased patient of the site, by number, as the event of the erasure says it.

    Nobody can compute it any more.
    """
    return {row.number: row.patient for row in db.execute(_OF_ERASED, {"site": site_id})}


def lock_patient(db: Connection, patient_id: int | ScalarSelect[int], **given: object) -> None:
    """Other counters wait for this patient and the prescriptions, until the transaction ends.

    A statement of its own, before anything is read: a statement that waits in PostgreSQL goes on with
    what it saw before. The lock lets others refer to the patient, so that it does not meet the head's
    lock crosswise. On SQLite the transaction has locked everything.
    """
    if db.dialect.name != "sqlite":
        db.execute(select(patient.c.id).where(patient.c.id == patient_id).with_for_update(key_share=True), given)


def locked_patient(db: Connection, site_id: int, given: str, *, erased_too: bool = False) -> Patient:
    """The patient of this number or identifier, for whom other counters wait, as the record is behind the lock.

    Raises NotFound, and PatientErased without `erased_too`.
    """
    found = patient_by_number(db, site_id, given, erased_too=erased_too)
    lock_patient(db, found.id)
    return patient_by_number(db, site_id, Record.PATIENT.number(found.number), erased_too=erased_too)


def patient_of(row: Any) -> Patient:
    """The patient that a row of PATIENT_COLUMNS describes."""
    return Patient(
        row.patient_id,
        row.patient_number,
        row.identifier,
        row.patient_name,
        row.born,
        row.language,
        row.audit_key,
        History(
            frozenset(map(Sensitivity, _words(row.sensitivities))),
            frozenset(map(Condition, _words(row.conditions))),
            frozenset(_words(row.medicines)),
        ),
        row.level_on,
        row.erased_at,
    )


def _words(joined: str | None) -> list[str]:
    return joined.split("\n") if joined else []


def prescriber_by_number(db: Connection, site_id: int, given: str) -> RowMapping:
    """The prescriber of this number (PR12), NPI or HPR number; raises NotFound."""
    text = given.strip()
    if text[:2].upper() == Record.PRESCRIBER:
        wanted = prescriber.c.number == parse_number(Record.PRESCRIBER, text)
    else:
        wanted = (prescriber.c.npi == text) | (prescriber.c.hpr == text)
    row = db.execute(select(prescriber).where(prescriber.c.site_id == site_id, wanted)).mappings().first()
    if row is None:
        raise NotFound(
            what="prescriber",
            given=quoted(given),
            way_out="enter the prescriber first with `dispensary prescriber add`",
        )
    return row
