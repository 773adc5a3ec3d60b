"""The stock in the nightly report on paper: what there is, what it has cost, and what expires."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from dispensary.exports.charts import Bar, Legend
from dispensary.exports.money import money
from dispensary.exports.nightly_table import MOST
from dispensary.exports.paper import (
    ALERT,
    BAR,
    BAR_REST,
    GAP_PT,
    INK,
    PADDING_PT,
    Column,
    grid,
    heading,
    paragraph,
    worst,
)
from dispensary.reports.figures.value import ExpiryRow, ValueRow
from dispensary.reports.nightly.expiry import LATER
from dispensary.reports.nightly.nightly import Nightly
from dispensary.reports.stock.expiring import ExpiringRow
from dispensary.rules.product import Form
from dispensary.rules.quantity import plain
from dispensary.rules.shelf import BANDS, State

_BAR_SHARE = 0.2
_MOST_GROUPS = 30
_LAST_TITLE = f"More than {BANDS[-1]} days"


def total(values: Sequence[ValueRow]) -> int | None:
    """The value of the rows, in millionths of the currency; None where no cost is known."""
    known = [row.value_micros for row in values if row.value_micros is not None]
    return sum(known) if known else None


def the_stock(report: Nightly, width: float) -> list[Flowable]:
    """The groups with a bar each, and what all of it has cost."""
    section = heading("Stock by form, vial size and preservative")
    if not report.stock:
        return [*section, paragraph("There is no stock.", 9.5)]
    groups: dict[tuple[Form, Decimal, str], list[ValueRow]] = {}
    for row in report.value:
        groups.setdefault((row.form, row.fill_ml, row.preservative), []).append(row)
    most = max(group.units for group in report.stock)
    columns = [
        Column("Form", 0.17),
        Column("Size", 0.07, right=True),
        Column("Preservative", 0.28),
        Column("Units", 0.08, right=True),
        Column("Usable", 0.08, right=True),
        Column("Value", 0.12, right=True),
        Column("", _BAR_SHARE),
    ]
    room = _room(columns, width)
    rows = [
        [
            group.form,
            f"{plain(group.fill_ml)} mL",
            group.preservative,
            f"{group.units:,}",
            f"{group.usable_units:,}",
            money(total(groups.get((group.form, group.fill_ml, group.preservative), []))),
            Bar(group.usable_units, group.units, most, room),
        ]
        for group in report.stock
    ]
    return [
        *section,
        Legend(("usable", BAR), ("not usable: expired, held, recalled or set aside", BAR_REST)),
        worst(columns, rows, width, _MOST_GROUPS),
        Spacer(0, 3),
        paragraph(_cost(report.value), 8.5),
    ]


def _cost(values: Sequence[ValueRow]) -> str:
    whole, unknown = total(values), sum(row.unknown_units for row in values)
    if whole is None:
        return "What the stock has cost is not known."
    not_counted = f" Not counted is what has no known cost: {unknown:,} units." if unknown else ""
    return f"All stock has cost {money(whole)}.{not_counted}"


def what_expires(report: Nightly, width: float) -> list[Flowable]:
    """The bands with a bar each, what will be left over of them, and the soonest lots of each."""
    section = heading("Expired and expiring", room_mm=60)
    if not report.expiring and not report.unused:
        return [
            *section,
            paragraph(f"No stock has expired or expires within {BANDS[-1]} days, and none will expire unused.", 9.5),
        ]
    titles = _titles()
    columns = [
        Column("Days left", 0.16),
        Column("Lots", 0.07, right=True),
        Column("Units", 0.09, right=True),
        Column("Value", 0.13, right=True),
        Column("Unused", 0.09, right=True),
        Column("Value of it", 0.13, right=True),
        Column("", 0.33),
    ]
    room = _room(columns, width)
    most = max(line.units for line in report.bands if line.band != LATER)
    rows = [
        [
            titles[line.band],
            f"{line.lots:,}",
            f"{line.units:,}",
            money(line.value_micros) if line.units else "",
            f"{line.unused_units:,}",
            money(line.unused_value_micros) if line.unused_units else "",
            "" if line.band == LATER else _band_bar(line.band, line.units, line.unused_units, most, room),
        ]
        for line in report.bands
    ]
    section += [
        paragraph(
            "Unused is what will be left over when its lot expires, if use goes on as forecast and what expires "
            "first is taken first.",
            8.5,
        ),
        Legend(("expired, or will expire unused", ALERT), ("the others, held and recalled ones among them", BAR_REST)),
        grid(columns, rows, width),
    ]
    section += _left_over(report, width)
    expired = [row for row in report.expiring if row.band == State.EXPIRED]
    expiring = [row for row in report.expiring if row.band != State.EXPIRED]
    if expired:
        section += _lots("Expired", expired, width, alert=True)
    if expiring:
        section += _lots(f"Expiring within {BANDS[-1]} days, the soonest first", expiring, width)
    return section


def _titles() -> dict[str, str]:
    """The heading of each band."""
    found = {State.EXPIRED.value: "Expired"}
    for lowest, days in zip((0, *BANDS), BANDS, strict=False):
        found[str(days)] = f"{lowest + 1} to {days} days" if lowest else f"Within {days} days"
    return {**found, LATER: _LAST_TITLE}


def _band_bar(band: str, units: int, unused: int, most: int, room: float) -> Bar:
    return Bar(units if band == State.EXPIRED else unused, units, most, room, alert=True)


def _left_over(report: Nightly, width: float) -> list[Flowable]:
    """The lots of which most will be lost."""
    if not report.unused:
        return []
    columns = [
        Column("Product", 0.24),
        Column("Lot", 0.24),
        Column("Expires", 0.14),
        Column("Usable", 0.12, right=True),
        Column("Unused", 0.12, right=True),
        Column("Value of it", 0.14, right=True),
    ]
    by_loss = sorted(report.unused, key=_loss)
    rows = [
        [
            row.product,
            row.lot,
            str(row.expires),
            f"{row.units:,}",
            f"{row.unused_units:,}",
            money(row.unused_value_micros),
        ]
        for row in by_loss
    ]
    unknown = by_loss[0].unused_value_micros is None
    first = "those of unknown cost, then the greatest loss" if unknown else "the greatest loss first"
    return [*_subtitle(f"Will expire unused: {first}"), worst(columns, rows, width, MOST)]


def _loss(row: ExpiryRow) -> tuple[bool, int, int, date]:
    """What nobody knows the cost of may be the greatest loss, and comes before what is known."""
    known = row.unused_value_micros
    return known is not None, -(known or 0), -row.unused_units, row.expires


def _lots(title: str, rows: Sequence[ExpiringRow], width: float, *, alert: bool = False) -> list[Flowable]:
    columns = [
        Column("Product", 0.2),
        Column("Lot", 0.24),
        Column("Expires", 0.13),
        Column("Days left", 0.1, right=True),
        Column("Place", 0.13),
        Column("State", 0.12),
        Column("Units", 0.08, right=True),
    ]
    cells = [
        [row.product, row.lot, str(row.expires), str(row.days_left), row.place, row.state, f"{row.units:,}"]
        for row in rows
    ]
    return [*_subtitle(title, alert=alert), worst(columns, cells, width, MOST)]


def _subtitle(title: str, *, alert: bool = False) -> list[Flowable]:
    subtitle = paragraph(title, 10, bold=True, colour=ALERT if alert else INK)
    subtitle.style.spaceBefore, subtitle.style.spaceAfter = 9, 2
    return [CondPageBreak(24 * mm), subtitle]


def _room(columns: Sequence[Column], width: float) -> float:
    """The room that the last column leaves for a bar."""
    return width * columns[-1].share / sum(column.share for column in columns) - GAP_PT - PADDING_PT
