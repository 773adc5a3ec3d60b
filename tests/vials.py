"""Builders of opened vials."""

from typing import Any

from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.safety import read_override
from dispensary.rules.vial import GivenAs, VialOperation
from dispensary.schema import vials as tables
from dispensary.services.vials.discard_vial import Discard, Discarded, discard
from dispensary.services.vials.draw import DoseDrawn, Draw, Prescribed, Unprescribed, draw
from dispensary.services.vials.open_vial import Opened, Opening, open_vial
from dispensary.services.vials.vial_act import Decided, VialActDone, VialMove, act, move
from tests.build import Shop

MULTI = "US-CY-DOD10"
"""10 mL with benzyl alcohol, 1 mg/mL."""
AMPOULE = "NO-CY-TAK1"
"""1 mL without preservative, 1 mg/mL."""


def a_vial(
    shop: Shop,
    product: str | None = MULTI,
    lot: str | None = None,
    place: str | None = None,
    key: str | None = None,
) -> Opened:
    return shop.do(open_vial, Opening(key or shop.key(), product, lot, place))


def drawn(
    shop: Shop,
    rx: str = "RX1",
    vial: str = "V1",
    key: str | None = None,
    overrides: dict[str, str] | None = None,
    given_as: GivenAs = GivenAs.ADMINISTERED,
) -> DoseDrawn:
    reasons = dict(read_override(f"{code}={reason}") for code, reason in (overrides or {}).items())
    order = Draw(key or shop.key(), vial, Prescribed(rx), given_as, reasons or None)
    return shop.do(draw, order, practice=shop.practice)


def given(
    shop: Shop,
    dose: str = "1 mg",
    patient: str = "P1",
    vial: str = "V1",
    reason: str = "ordered by telephone",
    route: str | None = "IM",
    key: str | None = None,
    overrides: dict[str, str] | None = None,
) -> DoseDrawn:
    """A dose that nobody has prescribed."""
    reasons = dict(read_override(f"{code}={why}") for code, why in (overrides or {}).items())
    wanted = Unprescribed(patient, Dose.parse(dose), reason, None if route is None else Route(route))
    return shop.do(draw, Draw(key or shop.key(), vial, wanted, overrides=reasons or None), practice=shop.practice)


def discarded(shop: Shop, vial: str = "V1", reason: str = "dropped", key: str | None = None) -> Discarded:
    return shop.do(discard, Discard(key or shop.key(), vial, reason))


def acted(
    shop: Shop, name: str, vial: str = "V1", reason: str = "a cracked cap", key: str | None = None
) -> VialActDone:
    return shop.do(act, Decided(key or shop.key(), vial, VialOperation(name), reason))


def moved(shop: Shop, to: str, vial: str = "V1", reason: str | None = None, key: str | None = None) -> VialActDone:
    return shop.do(move, VialMove(key or shop.key(), vial, to, reason))


def the_vial(shop: Shop, number: int = 1) -> Any:
    """The row of the vial of that number."""
    statement = tables.vial.select().where(tables.vial.c.number == number)
    return shop.read(lambda db: db.execute(statement).one())


def entries(shop: Shop, vial: int = 1) -> list[tuple[str, int, str | None]]:
    """What stands in the books of the vial: kind, microlitres, reason."""
    table = tables.vial_entry
    statement = table.select().where(table.c.vial_id == the_vial(shop, vial).id).order_by(table.c.id)
    return [(row.kind.value, row.volume_ul, row.reason) for row in shop.read(lambda db: db.execute(statement).all())]


def require_reconciled(shop: Shop) -> None:
    """What a vial held is what was taken out of it and what is left, to the microlitre."""
    for row in shop.read(lambda db: db.execute(tables.vial.select()).all()):
        out = sum(volume for _, volume, _ in entries(shop, row.number))
        assert row.volume_ul == out + row.remaining_ul
        assert (row.state.value == "discarded") == (row.remaining_ul == 0)
