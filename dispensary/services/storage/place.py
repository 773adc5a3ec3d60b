"""Entering a place: what it is, and how it keeps what stands there."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from dispensary import audit, request
from dispensary.errors import Refused, quoted
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import NotAChoice, Temperature, one_of
from dispensary.schema.stock import place


class NotAPlaceCode(Refused):
    """The text cannot name a place."""

    sentence = "{given} cannot name a place: write 1 to 32 small letters, digits and hyphens, such as cupboard-2."
    given: str


class PlaceKnown(Refused):
    """There is such a place."""

    sentence = "There is a place {place} already, a {kind}: nothing was written; choose another code."
    place: str
    kind: str


class KeepsNoStock(Refused):
    """No kind of place, or one where no stock stands; no temperature that a place has."""

    sentence = "A place cannot be {given}: choose {choices}."
    given: str
    choices: str


_KINDS = ", ".join(kind for kind in PlaceKind if kind.stocked)
_CLASSES = ", ".join(each for each in Temperature if each is not Temperature.BATCH)


def parse_kind(text: str) -> PlaceKind:
    """A kind of place; raises KeepsNoStock with those that may be added."""
    try:
        return one_of(PlaceKind, "kind", text)
    except NotAChoice as refusal:
        raise KeepsNoStock(given=f"of kind {refusal.given}", choices=_KINDS) from None


def parse_class(text: str) -> Temperature:
    """A temperature class; raises KeepsNoStock with those that a place may have."""
    try:
        return one_of(Temperature, "temperature", text)
    except NotAChoice as refusal:
        raise KeepsNoStock(given=f"kept {refusal.given}", choices=_CLASSES) from None


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place where stock will stand."""

    key: str
    code: str
    kind: PlaceKind
    temperature: Temperature
    dark: bool


@dataclass(frozen=True, slots=True)
class PlaceAdded:
    """The place as entered."""

    place: str
    key: str
    kind: PlaceKind
    temperature: Temperature
    dark: bool


def add_place(db: Connection, new: NewPlace, *, on: datetime, by: Person) -> PlaceAdded:
    """Enter a place of the site; raises NotAPlaceCode, PlaceKnown and KeepsNoStock."""
    claimed = request.claim(db, "place add", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PlaceAdded)
    code = _code(new.code)
    _require_stock(new)
    known = db.execute(select(place.c.kind).where(place.c.site_id == by.site_id, place.c.code == code)).scalar()
    if known is not None:
        raise PlaceKnown(place=code, kind=known.value)
    db.execute(
        insert(place).values(site_id=by.site_id, code=code, kind=new.kind, temperature=new.temperature, dark=new.dark)
    )
    added = PlaceAdded(code, new.key, new.kind, new.temperature, new.dark)
    values = {"kind": new.kind, "temperature": new.temperature, "dark": new.dark}
    audit.record(db, audit.take(db, by.site_id), audit.Event("place add", code, new.key, values), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def _code(text: str) -> str:
    code = text.strip().lower() if text.isascii() else ""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", code):
        raise NotAPlaceCode(given=quoted(text))
    return code


def _require_stock(new: NewPlace) -> None:
    if not new.kind.stocked:
        raise KeepsNoStock(given=f"of kind {new.kind}", choices=_KINDS)
    if new.temperature is Temperature.BATCH:
        raise KeepsNoStock(given=f"kept {new.temperature}", choices=_CLASSES)
