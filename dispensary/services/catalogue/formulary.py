"""The formulary: products entered from a CSV, their packs, and what the pharmacy sets for a product."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from dispensary import audit, lookup, request
from dispensary.errors import Refused
from dispensary.rules.access import Act, require
from dispensary.rules.canonical import added
from dispensary.rules.formulary import Row
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.product import Product
from dispensary.rules.vial import VialState
from dispensary.schema.catalogue import pack, product, product_preservative
from dispensary.schema.stock import lot
from dispensary.schema.vials import vial


class ProductKnown(Refused):
    """Products of the file are in the formulary already."""

    sentence = (
        "{file}: {products} already in the formulary: nothing was imported; take those lines out of the file, "
        "or compare them with `dispensary product show`."
    )
    file: str
    products: str


class PackKnown(Refused):
    """The GTIN belongs to a pack already."""

    sentence = "GTIN {gtin} is already {units} units of {product}: nothing was written; check the number on the pack."
    gtin: str
    units: int
    product: str


class NothingToEdit(Refused):
    """An edit that sets nothing."""

    sentence = "Nothing is to be changed of {product}: give --minimum, --in-use-days or --light-minutes."
    product: str


class NeverKept(Refused):
    """A limit of use for what is never kept once it is open."""

    sentence = (
        "An opened unit of {product} is never kept, so it has no days of use: nothing was changed; "
        "only a multi-dose vial that is not known to be without preservative has them."
    )
    product: str


@dataclass(frozen=True, slots=True)
class Import:
    """Products to enter, read from a file."""

    key: str
    file: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What was entered."""

    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPack:
    """A pack to add to a product."""

    key: str
    product: str
    gtin: str
    units: int


@dataclass(frozen=True, slots=True)
class PackAdded:
    """The pack as entered."""

    product: str
    gtin: str
    units: int


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """What to set for a product; what is None stays as it is.

    `units` are the usable units below which the nightly report asks for an order, `in_use_days` the
    maker's own limit of use after the first puncture, `light_minutes` the time in the light at which
    a lot or an opened vial is held; 0 takes the limit away.
    """

    key: str
    product: str
    units: int | None = None
    in_use_days: int | None = added(None)
    light_minutes: int | None = added(None)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a fact was and what it is; None where it is not set."""

    fact: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class ProductEdited:
    """The receipt: the facts that were set, and what the product has now.

    `beyond` are opened vials of the site, by number, that were to be used for longer than the product is now.
    An earlier release's receipt has the minimum alone, hence the defaults.
    """

    product: str
    minimum_units: int | None
    in_use_days: int | None = None
    light_limit_minutes: int | None = None
    changed: tuple[Changed, ...] = ()
    key: str = ""
    beyond: tuple[str, ...] = ()


_LIMITS = (
    select(product.c.minimum_units, product.c.in_use_days, product.c.light_limit_minutes)
    .where(product.c.id == bindparam("product"))
    .with_for_update(key_share=True)
)

_OPENED = (
    select(vial.c.number, vial.c.opened_at, vial.c.discard_at)
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(
        lot.c.product_id == bindparam("product"),
        vial.c.site_id == bindparam("site"),
        vial.c.state != VialState.DISCARDED,
    )
    .order_by(vial.c.number)
)


def import_products(db: Connection, new: Import, *, on: datetime, by: Person) -> Imported:
    """Enter all products of the file, or none; raises ProductKnown and PackKnown."""
    claimed = request.claim(db, "product import", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Imported)
    codes = [row.product.code for row in new.rows]
    known = db.execute(select(product.c.code).where(product.c.code.in_(codes)).order_by(product.c.code)).scalars().all()
    if known:
        are = "is" if len(known) == 1 else "are"
        raise ProductKnown(file=new.file, products=f"{', '.join(known)} {are}")
    entered = {row.product.code: _enter(db, row) for row in new.rows}
    imported = Imported(tuple(codes))
    audit.record(
        db,
        audit.take(db, by.site_id),
        audit.Event("product import", new.file, new.key, {"products": codes, "new": entered}),
        on=on,
        by=by,
    )
    request.keep(db, claimed, imported)
    return imported


def _enter(db: Connection, row: Row) -> dict[str, object]:
    """Write the product with its preservatives and its pack; returns all of it as the event tells it."""
    new = row.product
    facts: dict[str, object] = {
        "name": new.name,
        "labeler": new.labeler,
        "form": new.form,
        "strength_mcg_per_ml": new.strength.mcg_per_ml,
        "container": new.container,
        "fill_ul": new.fill_ul,
        "preserved": new.preservatives.known,
        "temperature": new.storage.temperature,
        "protect_from_light": new.storage.protect_from_light,
        "routes": ";".join(sorted(new.routes)),
        "identifier_kind": new.identifier_kind,
        "identifier": new.identifier,
        "confidence": new.confidence,
    }
    product_id = db.execute(insert(product).values({"code": new.code, **facts}).returning(product.c.id)).scalar_one()
    for agent in new.preservatives.agents:
        db.execute(
            insert(product_preservative).values(product_id=product_id, agent=agent.name, mcg_per_ml=agent.mcg_per_ml)
        )
    if row.units_per_pack is not None:
        _require_new_pack(db, row.gtin)
        db.execute(insert(pack).values(product_id=product_id, gtin=row.gtin, units=row.units_per_pack))
    return {
        **facts,
        "preservatives": [[agent.name, agent.mcg_per_ml] for agent in new.preservatives.agents],
        "packs": [] if row.units_per_pack is None else [[row.gtin, row.units_per_pack]],
    }


def _require_new_pack(db: Connection, gtin: str | None) -> None:
    if gtin is None:
        return
    known = db.execute(
        select(pack.c.units, product.c.code).join(product, product.c.id == pack.c.product_id).where(pack.c.gtin == gtin)
    ).first()
    if known is not None:
        raise PackKnown(gtin=gtin, units=known.units, product=known.code)


def add_pack(db: Connection, new: NewPack, *, on: datetime, by: Person) -> PackAdded:
    """Let a GTIN stand for so many units of a product; raises PackKnown and NotFound."""
    claimed = request.claim(db, "product pack", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PackAdded)
    product_id, found = lookup.product_by_code(db, new.product)
    _require_new_pack(db, new.gtin)
    db.execute(insert(pack).values(product_id=product_id, gtin=new.gtin, units=new.units))
    known = PackAdded(found.code, new.gtin, new.units)
    values: Mapping[str, object] = {"gtin": new.gtin, "units": new.units}
    audit.record(db, audit.take(db, by.site_id), audit.Event("product pack", found.code, new.key, values), on=on, by=by)
    request.keep(db, claimed, known)
    return known


def edit_product(db: Connection, edit: ProductEdit, *, on: datetime, by: Person) -> ProductEdited:
    """Set what the pharmacy decides for a product; what concerns its use is a pharmacist's.

    Raises NothingToEdit, NeverKept, NotAllowed and NotFound.
    """
    claimed = request.claim(db, "product edit", edit.key, edit, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, ProductEdited)
    product_id, found = lookup.product_by_code(db, edit.product)
    new = _wanted(edit, found)
    if new.keys() - {"minimum_units"}:
        require(by, Act.LIMIT_OF_USE)
    row = db.execute(_LIMITS, {"product": product_id}).mappings().one()
    db.execute(update(product).where(product.c.id == product_id).values(**new))
    values = {name: {"old": row[name], "new": value} for name, value in new.items()}
    audit.record(
        db, audit.take(db, by.site_id), audit.Event("product edit", found.code, edit.key, values), on=on, by=by
    )
    changed = tuple(Changed(name, row[name], value) for name, value in new.items())
    kept = replace(found, in_use_days=new["in_use_days"]).kept_days if "in_use_days" in new else 0
    beyond = _beyond(db, product_id, by.site_id, kept) if kept else ()
    edited = ProductEdited(found.code, **{**row, **new}, changed=changed, key=edit.key, beyond=beyond)
    request.keep(db, claimed, edited)
    return edited


def _beyond(db: Connection, product_id: int, site_id: int, days: int) -> tuple[str, ...]:
    """The opened vials that are to be used for longer than so many days of 24 hours."""
    opened = db.execute(_OPENED, {"product": product_id, "site": site_id})
    return tuple(
        Record.VIAL.number(row.number) for row in opened if row.discard_at - row.opened_at > timedelta(days=days)
    )


def _wanted(edit: ProductEdit, found: Product) -> dict[str, int | None]:
    """The new values by their names in the books."""
    new: dict[str, int | None] = {}
    if edit.units is not None:
        new["minimum_units"] = edit.units
    if edit.in_use_days is not None:
        if edit.in_use_days and not found.multi_dose:
            raise NeverKept(product=found.code)
        new["in_use_days"] = edit.in_use_days or None
    if edit.light_minutes is not None:
        new["light_limit_minutes"] = edit.light_minutes or None
    if not new:
        raise NothingToEdit(product=found.code)
    return new
