"""What must be true of the books after any fault."""

from sqlalchemy import func, select

from dispensary.reports.verify import verify
from dispensary.schema import prescribing, stock
from tests.build import Shop


def require_sound(shop: Shop) -> None:
    """`verify` finds no difference, and no balance is below zero."""
    verified = shop.read(verify)
    assert verified.ok, [check for check in verified.checks if not check.ok]
    least = shop.read(lambda db: db.execute(select(func.min(stock.balance.c.units))).scalar())
    assert (least or 0) >= 0


def dispensed_units(shop: Shop) -> int:
    return int(
        shop.read(lambda db: db.execute(select(func.coalesce(func.sum(prescribing.dispense.c.units), 0))).scalar())
    )
