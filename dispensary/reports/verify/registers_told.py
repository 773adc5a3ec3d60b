"""Products, places, users with their rights, and prescribers as the events tell of them: each fact's last word.

Earlier releases told less of them. What no event holds is not compared, and what of a new pharmacy's places no
event holds is what every pharmacy begins with.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from dispensary import auditor
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.movements_told import batches
from dispensary.reports.verify.told import Values
from dispensary.rules.numbers import Record
from dispensary.rules.place import STARTING_PLACES, starting_climate
from dispensary.schema.catalogue import pack, product, product_preservative
from dispensary.schema.people import prescriber, site_right, user
from dispensary.schema.stock import place

Facts = Mapping[str, object]
_Pack = tuple[str, str, int]
"""Code of the product, GTIN (empty where it is not known), and units."""

_LIMITS = ("minimum_units", "in_use_days", "light_limit_minutes")
_OF_PRODUCT = ("name", "labeler", "form", "strength_mcg_per_ml", "container", "fill_ul", "preserved", "temperature")
_MORE_OF_PRODUCT = ("protect_from_light", "routes", "identifier_kind", "identifier", "confidence")
_PRODUCTS: Select[Any] = select(
    product.c.id, product.c.code, *(product.c[name] for name in (*_OF_PRODUCT, *_MORE_OF_PRODUCT, *_LIMITS))
).order_by(product.c.code)
_PRESERVATIVES = select(
    product_preservative.c.product_id, product_preservative.c.agent, product_preservative.c.mcg_per_ml
)
_PACKS = select(product.c.code, pack.c.gtin, pack.c.units).join(product, product.c.id == pack.c.product_id)
_PLACES = select(place.c.site_id, place.c.code, place.c.kind, place.c.temperature, place.c.dark).order_by(place.c.id)
_USERS = select(user.c.site_id, user.c.name, user.c.role, user.c.disabled_at).order_by(user.c.id)
# The last row of a user and site counts; at one's own site nobody asks for one.
_RIGHTS = (
    select(site_right.c.site_id, user.c.name, site_right.c.role)
    .join(user, user.c.id == site_right.c.user_id)
    .where(site_right.c.site_id != user.c.site_id)
    .order_by(site_right.c.id)
)
_PRESCRIBERS = select(
    prescriber.c.site_id,
    prescriber.c.number,
    prescriber.c.name,
    prescriber.c.profession,
    prescriber.c.npi,
    prescriber.c.hpr,
).order_by(prescriber.c.id)


@dataclass(slots=True)
class Known:
    """What the chains tell of one record: each fact's last value and its event, by site, for sites share products."""

    sequence: int
    facts: dict[str, dict[int, tuple[int, object]]] = field(default_factory=dict)

    def tell(self, site_id: int, sequence: int, facts: Facts) -> None:
        """From this event on, the facts are these."""
        for name, value in facts.items():
            self.facts.setdefault(name, {})[site_id] = (sequence, value)

    def differences(self, subject: str, kept: Facts) -> Iterator[str]:
        """In which facts the record is what no site's last event tells."""
        for name, value in kept.items():
            told = [*self.facts.get(name, {}).values()]
            if told and value not in [each for _, each in told]:
                sequence, said = told[-1]
                yield (
                    f"{subject}: event {sequence} tells of {name.replace('_', ' ')} {_shown(said)}, "
                    f"and the record of {_shown(value)}"
                )


_Key = tuple[int, str]
"""The site and the name of what belongs to it; products belong to all of them, site 0."""


@dataclass(slots=True)
class _Registers:
    """All that the chains tell, by register; `listed` are the products whose packs the events tell from the first."""

    products: dict[_Key, Known] = field(default_factory=dict)
    places: dict[_Key, Known] = field(default_factory=dict)
    users: dict[_Key, Known] = field(default_factory=dict)
    rights: dict[_Key, Known] = field(default_factory=dict)
    prescribers: dict[_Key, Known] = field(default_factory=dict)
    packs: Counter[_Pack] = field(default_factory=Counter)
    listed: set[str] = field(default_factory=set)


def _known(register: dict[_Key, Known], key: _Key, site_id: int, event: Row[Any], facts: Facts) -> None:
    register.setdefault(key, Known(event.sequence)).tell(site_id, event.sequence, facts)


def _opened(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.users, (site_id, str(values["user"])), site_id, event, {"role": values["role"], "disabled_at": None})
    _begun(told, site_id, event)


def _site_opened(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.rights, (site_id, str(values["user"])), site_id, event, {"role": values["role"]})
    _begun(told, site_id, event)


def _begun(told: _Registers, site_id: int, event: Row[Any]) -> None:
    for code, kind in STARTING_PLACES.items():
        climate = starting_climate(kind)
        facts = {"kind": kind, "temperature": climate and climate.temperature, "dark": climate and climate.dark}
        _known(told.places, (site_id, code), site_id, event, facts)


def _imported(told: _Registers, site_id: int, event: Row[Any], values: Any) -> None:
    entered = values.get("new", {})
    for code in values["products"]:
        facts = {**dict.fromkeys(_LIMITS), **entered.get(code, {})}
        if code in entered:
            told.listed.add(code)
            told.packs.update((code, gtin or "", units) for gtin, units in facts.pop("packs"))
            facts["preservatives"] = sorted(facts["preservatives"])
        _known(told.products, (0, code), site_id, event, facts)


def _packed(told: _Registers, _site_id: int, event: Row[Any], values: Any) -> None:
    told.packs[event.subject, values["gtin"], values["units"]] += 1


def _edited(told: _Registers, site_id: int, event: Row[Any], values: Any) -> None:
    facts = {name: each["new"] for name, each in values.items()}
    _known(told.products, (0, event.subject), site_id, event, facts)


def _placed(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.places, (site_id, event.subject), site_id, event, values)


def _hired(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.users, (site_id, event.subject), site_id, event, {"role": values["role"], "disabled_at": None})


def _disabled(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    since = event.at if values["new"] == "disabled" else None
    _known(told.users, (site_id, event.subject), site_id, event, {"disabled_at": since})


def _given(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.rights, (site_id, event.subject), site_id, event, {"role": values["new"]})


def _prescribing(told: _Registers, site_id: int, event: Row[Any], values: Values) -> None:
    _known(told.prescribers, (site_id, event.subject), site_id, event, values)


_TELLING: dict[str, Callable[[_Registers, int, Row[Any], Values], None]] = {
    "init": _opened,
    "site open": _site_opened,
    "product import": _imported,
    "product pack": _packed,
    "product edit": _edited,
    "place add": _placed,
    "user add": _hired,
    "user disable": _disabled,
    "user enable": _disabled,
    "user right": _given,
    "prescriber add": _prescribing,
}
"""What each kind of event tells of the registers."""


def _all_told(db: Connection) -> _Registers:
    told = _Registers()
    for site_id, events in batches(db, tuple(_TELLING)):
        for event in events:
            _TELLING[event.kind](told, site_id, event, auditor.values_of(event.canonical))
    return told


def _products(db: Connection) -> Iterator[tuple[_Key, Facts]]:
    agents: dict[int, list[list[object]]] = {}
    for row in db.execute(_PRESERVATIVES):
        agents.setdefault(row.product_id, []).append([row.agent, row.mcg_per_ml])
    for each in db.execute(_PRODUCTS).mappings():
        facts = {name: each[name] for name in (*_OF_PRODUCT, *_MORE_OF_PRODUCT, *_LIMITS)}
        yield (0, each["code"]), {**facts, "preservatives": sorted(agents.get(each["id"], []))}


def _places(db: Connection) -> Iterator[tuple[_Key, Facts]]:
    for row in db.execute(_PLACES):
        yield (row.site_id, row.code), {"kind": row.kind, "temperature": row.temperature, "dark": row.dark}


def _users(db: Connection) -> Iterator[tuple[_Key, Facts]]:
    for row in db.execute(_USERS):
        yield (row.site_id, row.name), {"role": row.role, "disabled_at": row.disabled_at}


def _rights(db: Connection) -> Iterable[tuple[_Key, Facts]]:
    return {(row.site_id, row.name): {"role": row.role} for row in db.execute(_RIGHTS)}.items()


def _prescribers(db: Connection) -> Iterator[tuple[_Key, Facts]]:
    for row in db.execute(_PRESCRIBERS):
        facts = {"name": row.name, "profession": row.profession, "npi": row.npi, "hpr": row.hpr}
        yield (row.site_id, Record.PRESCRIBER.number(row.number)), facts


def compared(what: str, told: Mapping[_Key, Known], kept: Iterable[tuple[_Key, Facts]]) -> Iterator[str]:
    """Records that differ from what is told of them, those of which nothing is told, and those that are not there."""
    missing = dict(told)
    for key, facts in kept:
        known = missing.pop(key, None)
        if known is None:
            yield f"{key[1]}: no event tells of this {what}"
        else:
            yield from known.differences(key[1], facts)
    for (_, name), known in missing.items():
        yield f"{name}: event {known.sequence} tells of this {what}, and no record does"


def _packs(db: Connection, told: _Registers) -> Iterator[str]:
    kept = Counter((row.code, row.gtin or "", row.units) for row in db.execute(_PACKS))
    untold = Counter({each: units for each, units in (kept - told.packs).items() if each[0] in told.listed})
    for code, gtin, units in sorted((told.packs - kept) + untold):
        yield f"{code}: the events and the record differ in the pack {gtin or 'without a GTIN'} of {units}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(agent) + (f" {mcg} mcg/mL" if mcg else "") for agent, mcg in value) or "nothing"
    return "nothing" if value is None else str(value)


def registers(db: Connection) -> list[str]:
    """Products with their packs, places, users, rights and prescribers that are not what the events tell of them."""
    told = _all_told(db)
    differences = (
        *compared("product", told.products, _products(db)),
        *_packs(db, told),
        *compared("place", told.places, _places(db)),
        *compared("user", told.users, _users(db)),
        *compared("right", told.rights, _rights(db)),
        *compared("prescriber", told.prescribers, _prescribers(db)),
    )
    return list(islice(differences, SHOWN + 1))


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("registers", "Every product, place, user, right and prescriber is what the events tell of them.", registers),
)
"""Name, what is so where nothing differs, and the function that looks."""
