"""Places by their code and by their kind, and how each keeps what stands there; what is not there is refused."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from dispensary.errors import Refused, quoted
from dispensary.lookup import NotFound
from dispensary.rules.place import Climate, Place, PlaceKind
from dispensary.schema.stock import place


class NotAStockPlace(Refused):
    """A place that stock comes from or goes to, and never stands at."""

    sentence = "No stock stands at {place}: choose one of {places}."
    place: str
    places: str


@dataclass(frozen=True, slots=True)
class StockPlace:
    """A place where stock stands: what it is called, what it is, and how it keeps what stands there."""

    id: int
    code: str
    kind: PlaceKind
    climate: Climate | None

    @property
    def as_place(self) -> Place:
        """The place as movements need it."""
        return Place(self.id, stocked=True)


_PLACE = select(place.c.id, place.c.kind).where(place.c.site_id == bindparam("site"), place.c.code == bindparam("code"))
_STOCK_PLACES = select(place.c.id, place.c.code, place.c.kind, place.c.temperature, place.c.dark).where(
    place.c.site_id == bindparam("site"), place.c.kind.in_([kind for kind in PlaceKind if kind.stocked])
)
_PLACE_OF_KIND = (
    select(place.c.id, place.c.kind)
    .where(place.c.site_id == bindparam("site"), place.c.kind == bindparam("kind", type_=place.c.kind.type))
    .order_by(place.c.id)
    .limit(1)
)


def place_by_code(db: Connection, site_id: int, code: str) -> Place:
    """The site's place of this code; raises NotFound."""
    found = db.execute(_PLACE, {"site": site_id, "code": code.strip().lower()}).first()
    if found is None:
        known = db.execute(select(place.c.code, place.c.kind).where(place.c.site_id == site_id).order_by(place.c.code))
        codes = ", ".join(row.code for row in known if row.kind.stocked)
        raise NotFound(what="place", given=quoted(code), way_out=f"choose one of {codes}")
    return Place(found.id, found.kind.stocked)


def stock_place(db: Connection, site_id: int, code: str) -> StockPlace:
    """The site's place of this code, where stock stands; raises NotFound and NotAStockPlace."""
    there = {each.code: each for each in stock_places(db, site_id)}
    wanted = code.strip().lower()
    if wanted not in there:
        # Refused here already, where there is no such place at all.
        place_by_code(db, site_id, code)
        raise NotAStockPlace(place=wanted, places=", ".join(sorted(there)))
    return there[wanted]


def stock_places(db: Connection, site_id: int) -> list[StockPlace]:
    """The site's places where stock stands, in the order in which they were entered."""
    return [
        StockPlace(
            row.id, row.code, row.kind, None if row.temperature is None else Climate(row.temperature, bool(row.dark))
        )
        for row in db.execute(_STOCK_PLACES.order_by(place.c.id), {"site": site_id})
    ]


def place_of_kind(db: Connection, site_id: int, kind: PlaceKind) -> Place:
    """The site's first place of this kind."""
    found = db.execute(_PLACE_OF_KIND, {"site": site_id, "kind": kind}).first()
    assert found is not None, f"every site is created with a place of kind {kind}"
    return Place(found.id, found.kind.stocked)
