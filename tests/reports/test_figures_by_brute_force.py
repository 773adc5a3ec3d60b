"""Generated pharmacies: every figure against a plain reckoning of its own, day by day and unit by unit."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from sqlalchemy import select

from dispensary import database
from dispensary.errors import Refused
from dispensary.reports.figures.basis import read_basis
from dispensary.reports.figures.forecast import forecasts
from dispensary.reports.figures.reorder import reorders
from dispensary.reports.figures.usage import usage
from dispensary.reports.figures.value import expiries, values
from dispensary.rules.figures.span import month
from dispensary.rules.lot_life import AFTER
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.schema.whole import metadata
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.sites import NewSite, add_site
from dispensary.services.stock.move import Move, move
from tests.build import Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed, in_state, returned

PRODUCTS = ("US-CY-ARG1", "US-CY-FK1")
DAYS = 50


@dataclass
class Lot:
    """What the ledger says of a lot at a site: units by place, and by day what came to and went from the shelves."""

    number: str
    product: str
    expires: date
    cost: int | None
    stands: Counter = field(default_factory=Counter)
    came: Counter = field(default_factory=Counter)
    went: Counter = field(default_factory=Counter)
    acts: list = field(default_factory=list)

    @property
    def on_shelves(self) -> int:
        return sum(units for (_, saleable), units in self.stands.items() if saleable)

    def state(self, before: date) -> State:
        state = State.AVAILABLE
        for day, act in self.acts:
            if day < before:
                state = AFTER[state, act]
        return state

    def could_be_given(self, day: date) -> bool:
        before = sum(units for on, units in self.came.items() if on < day)
        before -= sum(units for on, units in self.went.items() if on < day)
        states = {self.state(day)}
        for number, (on, act) in enumerate(self.acts):
            if on == day:
                states.add(AFTER[Lot.state(Lot("", "", day, None, acts=self.acts[:number]), date.max), act])
        return State.AVAILABLE in states and day <= self.expires and (before > 0 or bool(self.came[day]))


def lived(shop: Shop, north: Shop, chance: Random) -> Shop:
    """Two sites, whose patients and lots have the same numbers, after so many days; the moment that they ended."""
    doctors = {each.user: a_prescriber(each) for each in (shop, north)}
    fills: dict[str, list[str]] = defaultdict(list)
    lots: Counter[str] = Counter()
    for day in range(DAYS):
        hours = chance.randrange(14) if day else 0
        for each in (shop, north):
            at = each.at(each.on + timedelta(days=day, hours=hours))
            product = chance.choice(PRODUCTS)
            if chance.random() < 0.25 or not day:
                lots[each.user] += 1
                expires = at.today + timedelta(days=chance.choice((12, 40, 90, 400)))
                number = f"{product[-4:]}{lots[each.user]}"
                cost = chance.choice((None, 1_250_000, 3_333_333))
                done(a_lot, at, product, number, expires.isoformat(), chance.randrange(2, 14), cost=cost)
            if chance.random() < 0.4:
                patient = a_patient(at, identifier=f"MRN-{day}")
                rx = an_rx(at, patient, doctors[each.user], units=chance.randrange(1, 5), product=product,
                           written="2026-11-20")  # fmt: skip
                fill = done(dispensed, at, rx)
                fills[each.user] += [fill.dispense] if fill else []
            if chance.random() < 0.12 and fills[each.user]:
                done(returned, at, chance.choice(fills[each.user]), units=1)
            if chance.random() < 0.1:
                number = f"{product[-4:]}{chance.randrange(1, lots[each.user] + 1)}"
                done(in_state, at, number, chance.choice((State.HELD, State.AVAILABLE, State.AVAILABLE)))
            if chance.random() < 0.08:
                number = f"{product[-4:]}{chance.randrange(1, lots[each.user] + 1)}"
                aside = Move(at.key(), number, "shelf", "quarantine", units=1, reason="to be looked at")
                done(at.do, move, aside)
    return shop.at(shop.on + timedelta(days=DAYS))


def done(what, *given, **more):
    """What came of it, or nothing where it was refused."""
    try:
        return what(*given, **more)
    except Refused:
        return None


def rows(shop: Shop, name: str) -> list[dict]:
    table = metadata.tables[name]
    return [dict(row) for row in shop.read(lambda db: db.execute(select(table)).mappings().all())]


def read_lots(shop: Shop, site: int) -> list[Lot]:
    places = {row["id"]: row for row in rows(shop, "place")}
    codes = {row["id"]: row["code"] for row in rows(shop, "product")}
    found = {
        row["id"]: Lot(row["number"], codes[row["product_id"]], row["expires"], row["unit_cost_micros"])
        for row in rows(shop, "lot")
    }
    for row in rows(shop, "movement"):
        of, day = found[row["lot_id"]], row["at"].astimezone(shop.on.tzinfo).date()
        for key, sign in (("to_place_id", 1), ("from_place_id", -1)):
            place = places[row[key]]
            if place["site_id"] == site and place["kind"].stocked:
                of.stands[place["code"], place["kind"].saleable] += sign * row["units"]
        came, went = (
            places[row[key]]["site_id"] == site and places[row[key]]["kind"].saleable
            for key in ("to_place_id", "from_place_id")
        )
        if came != went:
            (of.came if came else of.went)[day] += row["units"]
    for row in sorted(rows(shop, "lot_act"), key=lambda row: row["id"]):
        found[row["lot_id"]].acts.append((row["at"].astimezone(shop.on.tzinfo).date(), row["act"]))
    return list(found.values())


def read_used(shop: Shop, site: int) -> dict[str, Counter]:
    codes = {row["id"]: row["code"] for row in rows(shop, "product")}
    back = Counter()
    for row in rows(shop, "dispense_return"):
        back[row["dispense_id"]] += row["units"]
    found: dict[str, Counter] = defaultdict(Counter)
    for row in rows(shop, "dispense"):
        if row["site_id"] == site:
            day = row["at"].astimezone(shop.on.tzinfo).date()
            found[codes[row["product_id"]]][day] += row["units"] - back[row["id"]]
    return found


def a_tenth(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.1"), ROUND_HALF_UP)


@pytest.fixture
def north(shop) -> Shop:
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north-origin")
    by = shop.by()
    there = type(by)(**{**{name: getattr(by, name) for name in by.__dataclass_fields__}, "site_id": 2})
    shop.write(lambda db: add_user(db, NewUser(shop.key(), "nora", Role.PHARMACIST), on=shop.on, by=there))
    return Shop(shop.engine, shop.on, "nora", shop.practice, shop._keys)


@pytest.mark.parametrize("seed", range(2))
def test_every_figure_is_what_the_ledger_says_day_by_day(shop, north, seed):
    at = lived(shop, north, Random(seed))
    expiring = []
    for site in (1, 2):
        lots, used = read_lots(at, site), read_used(at, site)
        with database.reading(at.engine) as db:
            basis = read_basis(db, site, at.on, at.practice)
            agree_on_usage(at.today, usage(basis), lots, used)
            agree_on_value(values(basis), lots, at.today)
            expiring += agree_on_expiry(basis, lots)
            agree_on_orders(basis, reorders(db, basis))
            for row in forecasts(basis).rows:
                assert row.scheduled + row.from_history == row.units >= 0
        assert sum(map(sum, (each.values() for each in used.values()))) > 20
    assert any(expiring)
    assert not all(expiring)


def agree_on_usage(today: date, found, lots: list[Lot], used: dict[str, Counter]) -> None:
    first = date(today.year - (today.month <= 6), (today.month - 7) % 12 + 1, today.day)
    window = [first + timedelta(days=number) for number in range((today - first).days)]
    assert (found.first, found.last) == (window[0], window[-1])
    assert found.products
    for row in found.products:
        units = sum(used[row.product][day] for day in window)
        days = sum(
            used[row.product][day] > 0 or any(lot.could_be_given(day) for lot in lots if lot.product == row.product)
            for day in window
        )
        usable = sum(usable_units(lot, today) for lot in lots if lot.product == row.product)
        assert (row.units, row.days_in_stock, row.usable_units) == (units, days, usable)
        assert row.stock_out_days == len(window) - days
        assert row.a_month == a_tenth(Decimal(units) * Decimal("30.4375") / days)
        assert row.months_of_stock == (a_tenth(usable * days / (units * Decimal("30.4375"))) if units else None)
        assert sum(each.units for each in row.by_month) == units
        assert sum(each.stock_out_days for each in row.by_month) == row.stock_out_days
    both = [row for row in found.groups if row.fill_ml == 1]
    assert sum(row.units for row in both) == sum(row.units for row in found.products)


def usable_units(lot: Lot, today: date) -> int:
    return lot.on_shelves if lot.state(date.max) is State.AVAILABLE and today <= lot.expires else 0


def agree_on_value(found, lots: list[Lot], today: date) -> None:
    assert found
    for row in found:
        of = [(lot, sum(lot.stands.values())) for lot in lots if lot.product == row.product]
        known = [units * lot.cost for lot, units in of if units and lot.cost is not None]
        unknown = sum(units for lot, units in of if lot.cost is None)
        assert (row.units, row.unknown_units) == (sum(units for _, units in of), unknown)
        assert row.value_micros == (None if unknown and not known else sum(known))
        usable = [(usable_units(lot, today), lot.cost) for lot, _ in of]
        priced = [units * cost for units, cost in usable if units and cost is not None]
        without = sum(units for units, cost in usable if cost is None)
        assert row.usable_value_micros == (None if without and not priced else sum(priced))


def agree_on_expiry(basis, lots: list[Lot]) -> list[int]:
    """Unit by unit from the lot that expires first, as long as the use until its last day allows it."""
    codes = {product_id: product.code for product_id, product in basis.products.items()}
    left = {(lot.product, lot.number): usable_units(lot, basis.today) for lot in lots}
    for product_id, forecast in basis.forecasts.items():
        taken = 0
        for lot in sorted((lot for lot in lots if lot.product == codes[product_id]), key=lambda lot: lot.expires):
            use = use_until(forecast, lot.expires)
            while left[lot.product, lot.number] and taken + 1 <= use + Fraction(1, 2):
                left[lot.product, lot.number] -= 1
                taken += 1
    shown = {(row.product, row.lot): row.unused_units for row in expiries(basis)}
    assert shown == {lot: units for lot, units in left.items() if lot in shown}
    assert not any(units for lot, units in left.items() if lot not in shown)
    return list(shown.values())


def use_until(forecast, last: date) -> Fraction:
    """The forecast of the days from today through the last, added up day by day."""
    day, known, later = forecast.today, Fraction(), 0
    firsts = [month(forecast.today, number).first for number in range(1, len(forecast.added) + 1)]
    while day <= last:
        if day >= firsts[-1]:
            later += 1
        else:
            known += forecast.wanted.get(day, 0) + forecast.added[sum(first <= day for first in firsts)]
        day += timedelta(days=1)
    return max(Fraction(), known) + later * forecast.a_day


def agree_on_orders(basis, found) -> None:
    assert found
    codes = {product.code: product_id for product_id, product in basis.products.items()}
    for row in found:
        of = basis.forecasts.get(codes[row.product])
        if of is None:
            assert (row.demand_units, row.safety_units) == (0, 0)
            continue
        squares = [float(each.used - each.forecast) ** 2 for each in of.compared]
        error = math.sqrt(sum(squares) / len(squares) if len(squares) >= 3 else of.a_month)
        safety = math.ceil(round(1.645 * error * math.sqrt(14 / 30.4375), 3))
        assert (row.days, row.demand_units, row.safety_units) == (14, math.ceil(of.first_days(14)), safety)
        assert row.reorder_point == max(row.demand_units + safety, row.minimum_units or 0)
        usable = row.usable_units - row.expiring_units
        wanted = row.reorder_point - usable + math.ceil(of.first_days(44) - of.first_days(14))
        assert row.below == (usable <= row.reorder_point > 0 and wanted > 0)
        if row.below:
            assert 0 <= row.order_units - wanted < (row.pack_units or 1)
        if of.a_month:
            assert row.months_of_stock == a_tenth(Decimal(usable) / of.a_month.numerator * of.a_month.denominator)
