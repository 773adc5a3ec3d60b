"""The formulary: products entered from a CSV, their packs, their minimum."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dispensary import audit, lookup, request
from dispensary.errors import Refused
from dispensary.rules.formulary import Row
from dispensary.rules.people import Person
from dispensary.schema.catalogue import pack, product, product_preservative


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
class NewMinimum:
    """The usable units below which the nightly report asks for an order."""

    key: str
    product: str
    units: int


@dataclass(frozen=True, slots=True)
class MinimumSet:
    """The minimum as set, and what it was."""

    product: str
    minimum_units: int
    before: int | None


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
    for row in new.rows:
        _enter(db, row)
    imported = Imported(tuple(codes))
    audit.record(
        db,
        audit.take(db, by.site_id),
        audit.Event("product import", new.file, new.key, {"products": codes}),
        on=on,
        by=by,
    )
    request.keep(db, claimed, imported)
    return imported


def _enter(db: Connection, row: Row) -> None:
    new = row.product
    product_id = db.execute(
        insert(product)
        .values(
            code=new.code,
            name=new.name,
            labeler=new.labeler,
            form=new.form,
            strength_mcg_per_ml=new.strength.mcg_per_ml,
            container=new.container,
            fill_ul=new.fill_ul,
            preserved=new.preservatives.known,
            temperature=new.storage.temperature,
            protect_from_light=new.storage.protect_from_light,
            routes=";".join(sorted(new.routes)),
            identifier_kind=new.identifier_kind,
            identifier=new.identifier,
            confidence=new.confidence,
        )
        .returning(product.c.id)
    ).scalar_one()
    for agent in new.preservatives.agents:
        db.execute(
            insert(product_preservative).values(product_id=product_id, agent=agent.name, mcg_per_ml=agent.mcg_per_ml)
        )
    if row.units_per_pack is not None:
        _require_new_pack(db, row.gtin)
        db.execute(insert(pack).values(product_id=product_id, gtin=row.gtin, units=row.units_per_pack))


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
    added = PackAdded(found.code, new.gtin, new.units)
    values: Mapping[str, object] = {"gtin": new.gtin, "units": new.units}
    audit.record(db, audit.take(db, by.site_id), audit.Event("product pack", found.code, new.key, values), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def set_minimum(db: Connection, new: NewMinimum, *, on: datetime, by: Person) -> MinimumSet:
    """Set the product's minimum of usable units; raises NotFound."""
    claimed = request.claim(db, "product edit", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, MinimumSet)
    product_id, found = lookup.product_by_code(db, new.product)
    before = db.execute(
        select(product.c.minimum_units).where(product.c.id == product_id).with_for_update(key_share=True)
    ).scalar_one()
    db.execute(update(product).where(product.c.id == product_id).values(minimum_units=new.units))
    values = {"minimum_units": {"old": before, "new": new.units}}
    audit.record(db, audit.take(db, by.site_id), audit.Event("product edit", found.code, new.key, values), on=on, by=by)
    done = MinimumSet(found.code, new.units, before)
    request.keep(db, claimed, done)
    return done
