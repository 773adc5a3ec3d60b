"""Records by the number that people type, as the rules' own objects; what is not there is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
)

from dispensary.errors import Refused, quoted
from dispensary.rules.directions import Directions, parse
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Condition, History, Language, Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.product import Agent, Form, Preservatives, Product, Route, Sensitivity, Storage
from dispensary.rules.quantity import Strength
from dispensary.rules.refills import Fill, Left, left
from dispensary.schema.catalogue import product, product_preservative
from dispensary.schema.people import (
    patient,
    patient_condition,
    patient_sensitivity,
    prescriber,
    site,
    user,
)
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import place


class NotFound(Refused):
    """No such record."""

    sentence = "There is no {what} {given}: {way_out}."
    what: str
    given: str
    way_out: str


class UserDisabled(Refused):
    """The acting person may no longer act."""

    sentence = "User {user} is disabled: act as somebody else with --as."
    user: str


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


@dataclass(frozen=True)
class Prescription:
    """A prescription with its patient, its prescriber, what is left of it, and the place that its fills go to."""

    id: int
    number: int
    patient: Patient
    prescriber: str
    profession: str
    prescriber_number: int
    form: Form
    directions: Directions
    directions_as_written: str
    quantity_units: int | None
    days: int | None
    refills: int
    written: date
    valid_until: date
    indication: str
    fills: tuple[Any, ...]
    destination: Place

    def left_after(self, *more: Fill) -> Left:
        """What may still be dispensed, once these fills are handed over too."""
        return left(self.quantity_units, self.refills, [*handed_over(self.fills), *more])

    @cached_property
    def left(self) -> Left:
        """What may still be dispensed."""
        return self.left_after()

    @property
    def next_injection(self) -> date | None:
        """The first injection that no fill has covered yet, or None before the first fill."""
        return first_uncovered(self.fills)


_PERSON = select(user.c.id, user.c.name, user.c.role, user.c.site_id, user.c.disabled_at).where(
    user.c.name == bindparam("name")
)
_PLACE = select(place.c.id, place.c.kind).where(place.c.site_id == bindparam("site"), place.c.code == bindparam("code"))
_PLACE_OF_KIND = select(place.c.id, place.c.kind).where(
    place.c.site_id == bindparam("site"), place.c.kind == bindparam("kind", type_=place.c.kind.type)
)
_HISTORY = (
    select(func.aggregate_strings(cast(patient_sensitivity.c.sensitivity, Text), ";"))
    .where(patient_sensitivity.c.patient_id == patient.c.id)
    .scalar_subquery()
    .label("sensitivities"),
    select(func.aggregate_strings(cast(patient_condition.c.condition, Text), ";"))
    .where(patient_condition.c.patient_id == patient.c.id)
    .scalar_subquery()
    .label("conditions"),
)
_PATIENT = select(patient, *_HISTORY)
_PRESCRIPTION = (
    select(
        prescription,
        prescriber.c.name.label("prescriber"),
        prescriber.c.number.label("prescriber_number"),
        prescriber.c.profession,
        patient.c.number.label("patient_number"),
        patient.c.identifier,
        patient.c.name,
        patient.c.born,
        patient.c.language,
        patient.c.audit_key,
        *_HISTORY,
        select(func.min(place.c.id))
        .where(place.c.site_id == prescription.c.site_id, place.c.kind == PlaceKind.PATIENTS)
        .scalar_subquery()
        .label("patients_id"),
    )
    .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .where(prescription.c.site_id == bindparam("site"), prescription.c.number == bindparam("number"))
)
_PRESCRIPTION_LOCKED = _PRESCRIPTION.with_for_update(of=prescription)
FILL_COLUMNS = (
    dispense.c.id,
    dispense.c.units,
    dispense.c.next_injection,
    func.coalesce(
        select(func.sum(dispense_return.c.units))
        .where(dispense_return.c.dispense_id == dispense.c.id)
        .scalar_subquery(),
        0,
    ).label("returned"),
)
"""What `handed_over` and `first_uncovered` need: a row for each fill."""

_FILLS = select(*FILL_COLUMNS).where(dispense.c.prescription_id == bindparam("prescription")).order_by(dispense.c.fill)
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
    product_preservative.c.agent,
    product_preservative.c.mcg_per_ml,
)
"""What `product_of` needs, from PRODUCTS: a row for each preservative."""

PRODUCTS = product.outerjoin(product_preservative, product_preservative.c.product_id == product.c.id)
_PRODUCTS = select(*PRODUCT_COLUMNS).select_from(PRODUCTS).order_by(product.c.code)
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
    )


def handed_over(fills: Iterable[Any]) -> list[Fill]:
    """The fills that rows of FILL_COLUMNS describe."""
    return [Fill(fill.units, int(fill.returned)) for fill in fills]


def first_uncovered(fills: Iterable[Any]) -> date | None:
    """The first injection that none of these rows of FILL_COLUMNS covers; None where nothing was kept."""
    return max((fill.next_injection for fill in fills if fill.units > fill.returned), default=None)


def products(db: Connection, *where: Any) -> dict[int, Product]:
    """Products by id, in the order of their codes."""
    return _by_id(db.execute(_PRODUCTS.where(*where)))


def products_of_form(db: Connection, form: Form) -> dict[int, Product]:
    """The products of this form by id, in the order of their codes."""
    return _by_id(db.execute(_PRODUCTS_OF_FORM, {"form": form}).all())


# The same rows are the same product, so each is built once in a process.
_known_product = lru_cache(maxsize=1024)(product_of)


def _by_id(rows: Iterable[Any]) -> dict[int, Product]:
    return {key: _known_product(tuple(group)) for key, group in groupby(rows, key=lambda row: int(row.product_id))}


def product_by_code(db: Connection, code: str) -> tuple[int, Product]:
    """The id and the product of this code; raises NotFound."""
    for found in products(db, product.c.code == code.strip().upper()).items():
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


def place_by_code(db: Connection, site_id: int, code: str) -> Place:
    """The site's place of this code; raises NotFound."""
    found = db.execute(_PLACE, {"site": site_id, "code": code.strip().lower()}).first()
    if found is None:
        known = db.execute(select(place.c.code, place.c.kind).where(place.c.site_id == site_id).order_by(place.c.code))
        codes = ", ".join(row.code for row in known if row.kind.stocked)
        raise NotFound(what="place", given=quoted(code), way_out=f"choose one of {codes}")
    return Place(found.id, found.kind.stocked)


def place_of_kind(db: Connection, site_id: int, kind: PlaceKind) -> Place:
    """The site's first place of this kind."""
    found = db.execute(_PLACE_OF_KIND, {"site": site_id, "kind": kind}).first()
    assert found is not None, f"every site is created with a place of kind {kind}"
    return Place(found.id, found.kind.stocked)


def patient_by_number(db: Connection, site_id: int, given: str) -> Patient:
    """The patient of this number (P12) or identifier; raises NotFound."""
    text = given.strip()
    wanted = patient.c.identifier == text
    if text[:1] in "Pp" and text[1:].isascii() and text[1:].isdigit():
        wanted = patient.c.number == parse_number(Record.PATIENT, text)
    row = db.execute(_PATIENT.where(patient.c.site_id == site_id, wanted)).first()
    if row is None:
        raise NotFound(
            what="patient", given=quoted(given), way_out="enter the patient first with `dispensary patient add`"
        )
    return Patient(
        row.id,
        row.number,
        row.identifier,
        row.name,
        row.born,
        row.language,
        row.audit_key,
        _history(row),
    )


def _history(row: Any) -> History:
    return History(
        frozenset(map(Sensitivity, row.sensitivities.split(";") if row.sensitivities else ())),
        frozenset(map(Condition, row.conditions.split(";") if row.conditions else ())),
    )


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


def prescription_by_number(db: Connection, site_id: int, given: str, *, lock: bool = False) -> Prescription:
    """The prescription of this number (RX12); with `lock`, other counters wait for it. Raises NotFound."""
    number = parse_number(Record.PRESCRIPTION, given)
    statement: Select[Any] = _PRESCRIPTION_LOCKED if lock else _PRESCRIPTION
    row = db.execute(statement, {"site": site_id, "number": number}).first()
    if row is None:
        raise NotFound(
            what="prescription",
            given=Record.PRESCRIPTION.number(number),
            way_out="`dispensary rx list` shows what there is",
        )
    return Prescription(
        id=row.id,
        number=row.number,
        patient=Patient(
            row.patient_id,
            row.patient_number,
            row.identifier,
            row.name,
            row.born,
            row.language,
            row.audit_key,
            _history(row),
        ),
        prescriber=row.prescriber,
        profession=row.profession,
        prescriber_number=row.prescriber_number,
        form=row.form,
        directions=parse(row.directions),
        directions_as_written=row.directions_as_written,
        quantity_units=row.quantity_units,
        days=row.days,
        refills=row.refills,
        written=row.written,
        valid_until=row.valid_until,
        indication=row.indication,
        fills=tuple(db.execute(_FILLS, {"prescription": row.id}).all()),
        destination=Place(row.patients_id, stocked=False),
    )
