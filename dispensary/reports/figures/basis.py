"""What several figures rest on, read once: use, stock, prescriptions, and the forecasts made of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TypedDict

from sqlalchemy import Connection

from dispensary import lookup
from dispensary.reports.figures.prescribed import Prescriptions
from dispensary.reports.figures.stood import Standing, in_stock, standing
from dispensary.reports.figures.used import used
from dispensary.reports.stock.stock import preservative
from dispensary.rules.figures.forecast import Forecast, forecast
from dispensary.rules.figures.reorder import Policy
from dispensary.rules.figures.series import Past, series_of, span
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form, Product
from dispensary.rules.quantity import millilitres

MONTHS = 3
"""How many months are forecast where nobody says."""


class ProductFacts(TypedDict):
    """By what the figures of a product are grouped and told apart."""

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str


@dataclass(frozen=True)
class Basis:
    """The past of a site up to today, what stands there, and how the pharmacy orders.

    Prescriptions are read when a figure asks for them, so the connection must be open until all are reckoned.
    """

    today: date
    months: int
    history: int
    past: Past
    stands: Sequence[Standing]
    policy: Policy

    @property
    def products(self) -> Mapping[int, Product]:
        """The formulary by id."""
        return self.past.products

    @cached_property
    def forecasts(self) -> dict[int, Forecast]:
        """The forecast of every product that was used or is wanted, by id."""
        found = series_of(self.past, self.months, self.history)
        return {product_id: forecast(each, self.months, self.history) for product_id, each in found.items()}

    @cached_property
    def stands_of(self) -> dict[int, list[Standing]]:
        """What stands at the site, by the product's id."""
        found: dict[int, list[Standing]] = defaultdict(list)
        for each in self.stands:
            found[each.product_id].append(each)
        return dict(found)

    @cached_property
    def usable(self) -> dict[int, int]:
        """The usable units of each product that has units at the site, by id."""
        return usable_units(self.stands)

    def facts(self, product_id: int) -> ProductFacts:
        """The facts of the product that each row carries."""
        product = self.products[product_id]
        return {
            "product": product.code,
            "name": product.name,
            "form": product.form,
            "fill_ml": millilitres(product.fill_ul),
            "preservative": preservative(product),
        }


def read_basis(db: Connection, site_id: int, on: datetime, practice: Practice, months: int = MONTHS) -> Basis:
    """The basis of the figures of `on`, an aware moment in the pharmacy's own time zone; months from 1 to 12."""
    today, history = on.date(), practice.history_months
    of = span(today, months, history)
    products = lookup.products(db)
    stands = standing(db, site_id, today)
    past = Past(
        today,
        Prescriptions(db, site_id, of.first, on.tzinfo, products),
        products,
        used(db, site_id, of, on.tzinfo),
        in_stock(db, site_id, of, on, products),
        _most_on_hand(stands, products),
    )
    policy = Policy(practice.lead_time_days, practice.review_days, practice.order_days, practice.service_percent)
    return Basis(today, months, history, past, stands, policy)


def usable_units(stands: Sequence[Standing]) -> dict[int, int]:
    """Usable units by product id."""
    units: dict[int, int] = defaultdict(int)
    for each in stands:
        units[each.product_id] += each.usable
    return dict(units)


def _most_on_hand(stands: Sequence[Standing], products: Mapping[int, Product]) -> dict[Form, int]:
    units = usable_units(stands)
    by_units = sorted(units, key=lambda each: (units[each], products[each].code))
    return {products[product_id].form: product_id for product_id in by_units if units[product_id]}
