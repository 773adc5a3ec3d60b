"""Opening a pharmacy: its site with places, its first user, its starter formulary."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from dispensary import audit
from dispensary.rules.formulary import Row
from dispensary.rules.people import Person, Role
from dispensary.rules.place import STARTING_PLACES, PlaceKind, starting_climate
from dispensary.schema.people import site, user
from dispensary.schema.stock import place
from dispensary.schema.trust import head
from dispensary.services.catalogue.formulary import Import, import_products


@dataclass(frozen=True, slots=True)
class Opening:
    """A new site. `origin` is a random name for its audit chain, `user` becomes its first pharmacist."""

    key: str
    name: str
    origin: str
    user: str
    formulary: tuple[Row, ...]


def is_open(db: Connection) -> bool:
    """Whether the database has a site."""
    return db.execute(select(site.c.id)).first() is not None


def open_pharmacy(db: Connection, opening: Opening, *, on: datetime) -> Person:
    """Write the site, its places, its head, its first user and the starter formulary."""
    site_id = new_site(db, opening.name, opening.origin)
    user_id = db.execute(
        insert(user).values(site_id=site_id, name=opening.user, role=Role.PHARMACIST).returning(user.c.id)
    ).scalar_one()
    by = Person(user_id, opening.user, Role.PHARMACIST, site_id)
    values = {"name": opening.name, "user": opening.user, "role": Role.PHARMACIST}
    audit.record(db, audit.take(db, by.site_id), audit.Event("init", opening.name, opening.key, values), on=on, by=by)
    import_products(db, Import(opening.key, "starter formulary", opening.formulary), on=on, by=by)
    return by


def new_site(db: Connection, name: str, origin: str) -> int:
    """The id of a new site with its starting places, and a head on which its chain begins."""
    site_id: int = db.execute(insert(site).values(name=name, origin=origin).returning(site.c.id)).scalar_one()
    numbers = ("patients", "prescribers", "prescriptions", "receipts", "dispenses", "returns")
    db.execute(insert(head).values(site_id=site_id, sequence=0, hash=audit.START, **dict.fromkeys(numbers, 0)))
    db.execute(insert(place), [_place(site_id, code, kind) for code, kind in STARTING_PLACES.items()])
    return site_id


def _place(site_id: int, code: str, kind: PlaceKind) -> dict[str, object]:
    climate = starting_climate(kind)
    return {
        "site_id": site_id,
        "code": code,
        "kind": kind,
        "temperature": climate and climate.temperature,
        "dark": climate and climate.dark,
    }
