"""What the laws want on a label: each element, and the fields that show it, as labels/elements.toml lists them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from dispensary.rules.people import Country
from dispensary.shipped import folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing that a law wants on a kind of label, in every country where `country` is None.

    `must` has the facts without which the label is refused, and what the refusal calls them.
    """

    law: str
    paragraph: str
    says: str
    kind: str
    country: Country | None
    fields: tuple[str, ...]
    must: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Fields that a country's law wants in one area, alone and in their order.

    They are set in at least `least_pt` points, on at least `least_share` of the label.
    """

    law: str
    paragraph: str
    kind: str
    country: Country
    fields: tuple[str, ...]
    least_pt: float
    least_share: float


@cache
def elements() -> tuple[Element, ...]:
    """Every element of every law, as listed; raises IncompleteInstallation."""
    return tuple(_element(law, table) for law in _tables()["law"] for table in law["element"])


@lru_cache(maxsize=64)
def must_have(kind: str, country: Country) -> Mapping[str, str]:
    """The facts without which a label of that kind is refused, and what each is called."""
    return MappingProxyType({fact: called for each in _of(kind, country) for fact, called in each.must.items()})


@lru_cache(maxsize=64)
def shown(kind: str, country: Country) -> frozenset[str]:
    """The fields that a label of that kind shows by law, where there is something to show."""
    return frozenset(field for each in _of(kind, country) for field in each.fields)


@cache
def clustered(kind: str) -> Cluster | None:
    """The fields that a label of that kind has together, if a law asks that of it."""
    for table in _tables()["cluster"]:
        if table["kind"] == kind:
            return Cluster(**{**table, "country": Country(table["country"]), "fields": tuple(table["fields"])})
    return None


def _of(kind: str, country: Country) -> list[Element]:
    return [each for each in elements() if each.kind == kind and each.country in (None, country)]


def _element(law: dict[str, Any], table: dict[str, Any]) -> Element:
    return Element(
        law=law["name"],
        kind=law["kind"],
        country=Country(law["country"]) if "country" in law else None,
        paragraph=table["paragraph"],
        says=table["says"],
        fields=tuple(table["fields"]),
        must=table.get("must", {}),
    )


@cache
def _tables() -> dict[str, Any]:
    with (folder("labels") / "elements.toml").open("rb") as file:
        return tomllib.load(file)
