"""Nights for the tests of the report on paper: of so many lots and so many sites, the same at every run."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dispensary.audit import Entry
from dispensary.reports.figures.due import DueRow
from dispensary.reports.figures.forecast import ForecastRow
from dispensary.reports.figures.reorder import ReorderRow
from dispensary.reports.figures.usage import MonthUsed, Usage, UsageRow
from dispensary.reports.figures.value import ExpiryRow, ValueRow
from dispensary.reports.nightly.attention import Seen, sentences
from dispensary.reports.nightly.checks import Checks, ClockStep
from dispensary.reports.nightly.expiry import bands
from dispensary.reports.nightly.nightly import Nightly, SiteLine, StockGroup
from dispensary.reports.nightly.owed import OwedLine
from dispensary.reports.nightly.safety import ExcursionLine, RecallLine, holds
from dispensary.reports.stock.expiring import expiring_of
from dispensary.reports.stock.stock import StockRow, stock_by
from dispensary.reports.storage.excursions import HeldLot
from dispensary.reports.verify import Check, Verified
from dispensary.reports.vials.vials import VialRow
from dispensary.rules.figures.consumption import FORMULA
from dispensary.rules.product import Container, Form, Temperature
from dispensary.rules.recall import RecallClass
from dispensary.rules.shelf import State, band
from dispensary.rules.vial import Standing

DAY = date(2026, 11, 21)
ZONE = ZoneInfo("America/New_York")
PRODUCTS = (
    ("US-CY-ARG1", Form.CYANOCOBALAMIN, Decimal(1), "benzyl alcohol 15 mg/mL"),
    ("US-CY-HIK10", Form.CYANOCOBALAMIN, Decimal(10), "benzyl alcohol 15 mg/mL"),
    ("US-CY-VIT30", Form.CYANOCOBALAMIN, Decimal(30), "benzyl alcohol 15 mg/mL"),
    ("NO-CY-TAK1", Form.CYANOCOBALAMIN, Decimal(1), "none"),
    ("US-HY-ACT30", Form.HYDROXOCOBALAMIN, Decimal(30), "methylparaben 1.5 mg/mL, propylparaben 0.2 mg/mL"),
    ("US-ME-COMP10", Form.METHYLCOBALAMIN, Decimal(10), "unknown"),
)
BOOKS = Verified(True, (Check("balances", True, "every balance is the sum of its movements"),))
CHECKS = Checks(BOOKS.ok, BOOKS.checks, (), ())
NO_USAGE = Usage(date(2026, 5, 21), date(2026, 11, 20), FORMULA, (), ())


def a_stock_row(number: int) -> StockRow:
    """Every 40th lot is expired, every 50th held, every 70th recalled; the others expire over three years."""
    code, form, fill, preserved = PRODUCTS[number % len(PRODUCTS)]
    days = -1 - number % 30 if number % 40 == 7 else 5 + number * 37 % 1100
    state = State.EXPIRED if days < 0 else State.AVAILABLE
    state = State.HELD if number % 50 == 3 else State.RECALLED if number % 70 == 5 else state
    units = 1 + number * 13 % 60
    return StockRow(
        product=code,
        name=f"{form.capitalize()} injection",
        form=form,
        strength_mcg_per_ml=1000,
        container=Container.MULTI_DOSE_VIAL,
        fill_ml=fill,
        preservative=preserved,
        temperature=Temperature.ROOM,
        protect_from_light=True,
        lot=f"L{number:05}",
        expires=DAY + timedelta(days=days),
        place="shelf" if number % 9 else "refrigerator",
        state=state,
        units=units,
        usable_units=units if state is State.AVAILABLE else 0,
        days_left=days,
    )


def facts(product):
    code, form, fill, preserved = product
    return {
        "product": code,
        "name": f"{form.capitalize()} injection",
        "form": form,
        "fill_ml": fill,
        "preservative": preserved,
    }


def a_left_over(row: StockRow) -> ExpiryRow:
    product = next(each for each in PRODUCTS if each[0] == row.product)
    unused = row.units // 3 if row.days_left < 400 and row.units % 2 else 0
    return ExpiryRow(
        **facts(product),
        lot=row.lot,
        expires=row.expires,
        days_left=row.days_left,
        band=band(row.expires, DAY),
        units=row.units,
        unused_units=unused,
        unused_value_micros=None if row.product.startswith("NO") else unused * 12_340_000,
    )


def a_value(product, rows: list[StockRow]) -> ValueRow:
    units = sum(row.units for row in rows if row.product == product[0])
    usable = sum(row.usable_units for row in rows if row.product == product[0])
    known = not product[0].startswith("NO")
    return ValueRow(
        **facts(product),
        units=units,
        unknown_units=0 if known else units,
        value_micros=units * 12_340_000 if known else None,
        usable_units=usable,
        usable_unknown_units=0 if known else usable,
        usable_value_micros=usable * 12_340_000 if known else None,
    )


def a_usage(product, rows: list[StockRow], *, whole: bool = False) -> UsageRow:
    usable = sum(row.usable_units for row in rows if row.product == product[0])
    base = len(product[0]) * 5 + len(rows) // 10
    months = tuple(
        MonthUsed(date(2026, 5 + at, 21), date(2026, 6 + at, 20), base + (at * 17 + len(product[3])) % 23, at % 2)
        for at in range(6)
    )
    return UsageRow(
        **{**facts(product), **({"product": "", "name": ""} if whole else {})},
        units=sum(month.units for month in months),
        days_in_stock=181,
        stock_out_days=3,
        a_month=Decimal(base),
        usable_units=usable,
        months_of_stock=Decimal(usable * 10 // base) / 10,
        by_month=months,
    )


def an_order(number: int, product) -> ReorderRow:
    return ReorderRow(
        **facts(product),
        usable_units=4 + number,
        expiring_units=1,
        other_units=2,
        forecast_a_month=Decimal("40.5"),
        months_of_stock=Decimal("0.1") + number,
        days=14,
        demand_units=21,
        safety_units=9,
        minimum_units=25 if number else None,
        reorder_point=30,
        below=True,
        order_units=100,
        order_packs=4,
        pack_units=25 if number % 3 else None,
        order_value_micros=1_234_000_000 if number % 2 else None,
    )


def a_vial(number: int) -> VialRow:
    return VialRow(
        vial=f"V{number}",
        product="US-CY-VIT30",
        name="Cyanocobalamin injection",
        lot=f"L{number:05}",
        expires=DAY + timedelta(days=90),
        lot_state=State.AVAILABLE,
        place="refrigerator",
        opened_at="2026-11-01T09:00:00-04:00",
        opened_by="alex",
        discard_at="2026-11-29T09:00:00-05:00" if number else "2026-11-20T09:00:00-05:00",
        usable_hours=190 if number else 0,
        volume_ul=30_000,
        remaining_ul=12_500,
        state=Standing.OPEN if number else Standing.EXPIRED,
        dedicated=False,
        preservative="benzyl alcohol 15 mg/mL",
        protect_from_light=True,
    )


def a_night(lots: int = 0, sites: int = 1) -> Nightly:
    """A night with so many lots; nothing at all happened where there are none."""
    rows = sorted(map(a_stock_row, range(lots)), key=lambda row: (row.product, row.expires, row.lot))
    left_over = sorted((a_left_over(row) for row in rows if row.usable_units), key=lambda row: (row.expires, row.lot))
    of = [product for product in PRODUCTS if any(row.product == product[0] for row in rows)]
    costs = {(row.product, row.lot): None if row.product.startswith("NO") else 12_340_000 for row in rows}
    hour = datetime(2026, 11, 21, 3, 0, tzinfo=ZONE)
    steps = (ClockStep(1200, hour, hour + timedelta(minutes=61)),) if lots else ()
    told = ("A clock stepped back before event 1,200 of the audit, by up to 61 minutes; look at the clocks.",)
    several = [
        SiteLine(
            f"Corner Pharmacy {at}", 1400 * at, 1200 * at, 17_270_000_000 * at if at != 2 else None, at, 3, 17, 40, at
        )
        for at in range(1, sites + 1)
    ]
    some = bool(lots)
    return Nightly(
        day=DAY,
        at=datetime(2026, 11, 22, 2, 0, tzinfo=ZONE),
        needs_a_person=sentences(rows, Seen(verified=BOOKS)),
        stock=tuple(StockGroup(**group) for group in stock_by(rows, ("form", "fill_ml", "preservative"))),
        expiring=expiring_of(rows, DAY),
        below_minimum=(),
        dispensed=(),
        drawn=(),
        returned=(),
        received=(),
        stock_acts=(),
        counted=(),
        lot_acts=(),
        overrides=(),
        unmet=(),
        audit=Entry(1234, "3f" * 32),
        bands=bands(rows, costs, left_over),
        unused=tuple(row for row in left_over if row.unused_units),
        value=tuple(a_value(product, rows) for product in of),
        vials=tuple(a_vial(number) for number in range(min(lots, 1000) // 5)),
        owed=(OwedLine("D7", "RX3", "US-CY-ARG1", 2, date(2026, 11, 19)),) * some,
        reorder=tuple(an_order(number, product) for number, product in enumerate(of)),
        excursions=(
            ExcursionLine(
                "refrigerator",
                Temperature.REFRIGERATOR,
                hour,
                hour + timedelta(hours=2),
                -150,
                1240,
                650,
                "below 0 °C",
                tuple(HeldLot("US-CY-ARG1", f"L{number:05}") for number in range(5)),
            ),
        )
        * some,
        holds=holds(rows),
        recalls=(RecallLine("RC1", RecallClass.II, "D-0792-2026", DAY, "lacks sterility", 12, 3),) * some,
        usage=Usage(
            NO_USAGE.first,
            NO_USAGE.last,
            FORMULA,
            tuple(a_usage(product, rows) for product in of),
            tuple(a_usage(product, rows, whole=True) for product in of),
        ),
        forecast=tuple(
            ForecastRow(
                **facts(product),
                first=date(2026 + (10 + at) // 12, (10 + at) % 12 + 1, 21),
                last=date(2026 + (11 + at) // 12, (11 + at) % 12 + 1, 20),
                scheduled=Decimal("30.5"),
                from_history=Decimal("12.5"),
                units=Decimal(43 + at),
            )
            for product in of
            for at in range(3)
        ),
        due=tuple(
            DueRow(DAY + timedelta(days=at), "US-CY-ARG1", 3 + at * 2 % 5, 12, 12, 500 * (at % 2), at == 0, 1)
            for at in range(7)
        )
        * some,
        checks=Checks(BOOKS.ok, BOOKS.checks, steps, told if lots else ()),
        sites=tuple(several) if sites > 1 else (),
    )
