"""The registers: products with their packs, patients, prescribers and users."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, select

from dispensary import lookup
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.stock.stock import product_columns
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.people import Condition, Language
from dispensary.rules.product import Container, Form, Product, Route, Sensitivity, Temperature
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import (
    patient,
    patient_change,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
    prescriber,
    user,
)


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack: its GTIN, where known, and the units in it."""

    gtin: str | None
    units: int


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product of the formulary. `confidence` says how far its facts were checked."""

    product: str
    name: str
    labeler: str
    form: Form
    strength_mcg_per_ml: int
    container: Container
    fill_ml: Decimal
    preservative: str
    temperature: Temperature
    protect_from_light: bool
    routes: tuple[Route, ...]
    identifier_kind: str
    identifier: str
    packs: tuple[PackRow, ...]
    minimum_units: int | None
    in_use_days: int | None
    light_limit_minutes: int | None
    confidence: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A B12 level as it was reported, such as 148 pmol/L, and the day of its sample."""

    taken_on: date
    level: str


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient, with what the checks need; `levels` begin with the latest.

    `erased_on` is the day since when the record says nothing about a person; there is no birth date then.
    """

    patient: str
    identifier: str
    name: str
    born: date | None
    language: Language
    sensitivities: tuple[Sensitivity, ...]
    conditions: tuple[Condition, ...]
    medicines: tuple[str, ...]
    levels: tuple[LevelRow, ...]
    erased_on: date | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What a fact of the record was until that day, and what somebody changed it to; a list by semicolons."""

    on: date
    by: str
    fact: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PatientDetail(PatientRow):
    """A patient with everything that their record said before, by its day."""

    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, slots=True)
class PrescriberRow:
    """A prescriber, with the one of NPI and HPR number that is known."""

    prescriber: str
    name: str
    profession: str
    npi: str | None
    hpr: str | None


_PACKS = select(pack).order_by(pack.c.id)
_LIMITS = select(product.c.id, product.c.minimum_units, product.c.light_limit_minutes)
_PATIENTS = select(patient).where(patient.c.site_id == bindparam("site")).order_by(patient.c.number)
_LEVELS = (
    select(patient_level)
    .join(patient, patient.c.id == patient_level.c.patient_id)
    .where(patient.c.site_id == bindparam("site"))
    .order_by(patient_level.c.taken_on.desc())
)
_CHANGES = (
    select(patient_change.c.at, patient_change.c.fact, patient_change.c.old, patient_change.c.new, user.c.name)
    .join(user, user.c.id == patient_change.c.by_id)
    .where(patient_change.c.patient_id == bindparam("patient"))
    .order_by(patient_change.c.id)
)
_PRESCRIBERS = select(prescriber).where(prescriber.c.site_id == bindparam("site")).order_by(prescriber.c.number)


def products(db: Connection) -> tuple[ProductRow, ...]:
    """The formulary, by code."""
    found = lookup.products(db)
    packs: dict[int, list[PackRow]] = defaultdict(list)
    for row in db.execute(_PACKS):
        packs[row.product_id].append(PackRow(row.gtin, row.units))
    limits = {row.id: row for row in db.execute(_LIMITS)}
    rows = [_product(facts, tuple(packs[key]), limits[key]) for key, facts in found.items()]
    return tuple(sorted(rows, key=lambda row: row.product))


def show_product(db: Connection, code: str) -> ProductRow:
    """The product of this code; raises NotFound."""
    key, facts = lookup.product_by_code(db, code)
    packs = db.execute(_PACKS.where(pack.c.product_id == key))
    limits = db.execute(_LIMITS.where(product.c.id == key)).one()
    return _product(facts, tuple(PackRow(row.gtin, row.units) for row in packs), limits)


def _product(facts: Product, packs: tuple[PackRow, ...], limits: Any) -> ProductRow:
    return ProductRow(
        **product_columns(facts),
        labeler=facts.labeler,
        routes=tuple(sorted(facts.routes)),
        identifier_kind=facts.identifier_kind,
        identifier=facts.identifier,
        packs=packs,
        minimum_units=limits.minimum_units,
        in_use_days=facts.in_use_days,
        light_limit_minutes=limits.light_limit_minutes,
        confidence=facts.confidence,
    )


def patients(db: Connection, site_id: int, *, zone: tzinfo | None) -> Disclosed[tuple[PatientRow, ...]]:
    """Every patient, by number; an erasure has its day in the zone."""
    sensitivities = _words(db, patient_sensitivity.c.sensitivity, site_id)
    conditions = _words(db, patient_condition.c.condition, site_id)
    medicines = _words(db, patient_medicine.c.name, site_id)
    levels = _levels(db, _LEVELS, site_id)
    rows = db.execute(_PATIENTS, {"site": site_id}).all()
    shown = tuple(
        PatientRow(
            **_person(row, zone),
            sensitivities=tuple(sorted(sensitivities[row.id])),
            conditions=tuple(sorted(conditions[row.id])),
            medicines=tuple(sorted(medicines[row.id])),
            levels=tuple(levels[row.id]),
        )
        for row in rows
    )
    return Disclosed(shown, frozenset(row.number for row in rows))


def _person(row: Any, zone: tzinfo | None) -> dict[str, Any]:
    """Who it is, of a row or of a Patient."""
    erased = row.erased_at is not None
    return {
        "patient": Record.PATIENT.number(row.number),
        "erased_on": day_in(row.erased_at, zone) if erased else None,
        "identifier": "" if erased else row.identifier,
        "name": row.name,
        "born": None if erased else row.born,
        "language": row.language,
    }


def _words(db: Connection, column: Column[Any], site_id: int) -> dict[int, list[Any]]:
    """What the column of a table of the patients' says of each patient of the site, by the patient's id."""
    owner = column.table.c.patient_id
    statement = select(owner, column).join(patient, patient.c.id == owner).where(patient.c.site_id == site_id)
    found: dict[int, list[Any]] = defaultdict(list)
    for patient_id, word in db.execute(statement):
        found[patient_id].append(word)
    return found


def _levels(db: Connection, statement: Select[Any], site_id: int) -> dict[int, list[LevelRow]]:
    found: dict[int, list[LevelRow]] = defaultdict(list)
    for row in db.execute(statement, {"site": site_id}):
        found[row.patient_id].append(LevelRow(row.taken_on, row.level))
    return found


def show_patient(db: Connection, site_id: int, given: str, *, zone: tzinfo | None) -> Disclosed[PatientDetail]:
    """The patient of this number (P12) or identifier; a change has its day in the zone. Raises NotFound."""
    found = lookup.patient_by_number(db, site_id, given, erased_too=True)
    shown = PatientDetail(
        **_person(found, zone),
        sensitivities=tuple(sorted(found.history.sensitivities)),
        conditions=tuple(sorted(found.history.conditions)),
        medicines=tuple(sorted(found.history.medicines)),
        levels=tuple(_levels(db, _LEVELS.where(patient.c.id == found.id), site_id)[found.id]),
        changes=tuple(
            ChangeRow(day_in(row.at, zone), row.name, row.fact, _by_semicolons(row.old), _by_semicolons(row.new))
            for row in db.execute(_CHANGES, {"patient": found.id})
        ),
    )
    return Disclosed(shown, frozenset({found.number}))


def _by_semicolons(text: str) -> str:
    return text.replace("\n", "; ")


def prescribers(db: Connection, site_id: int) -> tuple[PrescriberRow, ...]:
    """Every prescriber, by number."""
    return tuple(
        PrescriberRow(Record.PRESCRIBER.number(row.number), row.name, row.profession, row.npi, row.hpr)
        for row in db.execute(_PRESCRIBERS, {"site": site_id})
    )
