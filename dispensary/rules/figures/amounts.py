"""How figures are rounded: halves up, whole units never below what is needed."""

from decimal import Decimal
from fractions import Fraction

MONTH_DAYS = Fraction(487, 16)
"""A mean month: 365.25 days / 12 = 30.4375."""


def tenths(amount: Fraction) -> Decimal:
    """The amount to one decimal, halves up (away from zero)."""
    return _rounded(amount * 10).scaleb(-1)


def percent(part: Fraction, whole: Fraction) -> Decimal | None:
    """The part in percent of the whole to one decimal, or None where the whole is nothing."""
    return tenths(part * 100 / whole) if whole else None


def nearest(amount: Fraction) -> int:
    """The nearest whole number, halves up (away from zero)."""
    return int(_rounded(amount))


def at_least(amount: Fraction) -> int:
    """The least whole number of units that holds the amount."""
    return -(-amount.numerator // amount.denominator)


def _rounded(amount: Fraction) -> Decimal:
    whole, rest = divmod(abs(amount.numerator), amount.denominator)
    whole += 2 * rest >= amount.denominator
    return Decimal(whole if amount >= 0 else -whole)
