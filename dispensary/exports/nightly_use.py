"""Use in the nightly report on paper: what went out month by month, what is expected, and who is due."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from reportlab.platypus import Flowable, KeepTogether, Spacer

from dispensary.exports.charts import Columns, Legend, Point, Spark
from dispensary.exports.nightly_table import MOST
from dispensary.exports.paper import BAR, BAR_REST, GAP_PT, PADDING_PT, Column, heading, layout, paragraph, worst
from dispensary.reports.figures.figures import DUE_DAYS
from dispensary.reports.figures.usage import UsageRow
from dispensary.reports.nightly.nightly import Nightly
from dispensary.rules.quantity import plain

_HEIGHT_PT = 118
_SPARK_SHARE = 0.15


def the_use(report: Nightly, width: float) -> list[Flowable]:
    """The charts of use and of patients due, and beneath them the groups with their trend."""
    section = heading("Use, trend and patients due", room_mm=64)
    if not report.usage.products and not report.due and not report.forecast:
        return [*section, paragraph("Nothing was used, nothing is expected, and nobody is due.", 9.5)]
    half, today = width / 2 - 10, report.usage.last + timedelta(days=1)
    charts = layout(
        [[_months(report, half), "", _days(report, half, today)]],
        [half, 20, half],
        [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")],
    )
    legend = Legend(("used", BAR), ("forecast", BAR_REST))
    late = sum(row.late for row in report.due)
    renew = sum(row.to_renew for row in report.due)
    due = (
        f"Of those who are due: late, and counted today, {late:,}; in need of a new prescription first, {renew:,}."
        if report.due
        else "Nobody is due."
    )
    return [*section, KeepTogether([charts, legend, paragraph(due, 8.5)]), *_groups(report, width)]


def _months(report: Nightly, width: float) -> Columns:
    """Units by month, all products together, the forecast after what was used."""
    used: dict[date, int] = defaultdict(int)
    for row in report.usage.groups:
        for month in row.by_month:
            used[month.first] += month.units
    expected: dict[date, Decimal] = defaultdict(Decimal)
    for each in report.forecast:
        expected[each.first] += each.units
    points = [Point(_month(first), Decimal(units)) for first, units in sorted(used.items())]
    points += [
        Point(_month(first), units.to_integral_value(), forecast=True) for first, units in sorted(expected.items())
    ]
    return Columns("Units used in the month from", points, width, _HEIGHT_PT)


def _month(first: date) -> str:
    return f"{first.day} {first:%b}"


def _days(report: Nightly, width: float, today: date) -> Columns:
    """Patients by day; one who is due for two products counts for each."""
    patients: dict[date, int] = defaultdict(int)
    for row in report.due:
        patients[row.on] += row.patients
    days = [today + timedelta(days=number) for number in range(DUE_DAYS)]
    points = [Point(f"{day:%a} {day.day}", Decimal(patients[day])) for day in sorted({*days, *patients})]
    return Columns(f"Patients due from {today} on", points, width, _HEIGHT_PT)


def _groups(report: Nightly, width: float) -> list[Flowable]:
    if not report.usage.groups:
        return []
    columns = [
        Column("Form", 0.16),
        Column("Size", 0.07, right=True),
        Column("Preservative", 0.25),
        Column("Used", 0.08, right=True),
        Column("Days without", 0.12, right=True),
        Column("A month", 0.08, right=True),
        Column("Months left", 0.11, right=True),
        Column("Month by month", _SPARK_SHARE),
    ]
    room = width * _SPARK_SHARE / sum(column.share for column in columns) - GAP_PT - PADDING_PT
    rows = [
        [
            row.form,
            f"{plain(row.fill_ml)} mL",
            row.preservative,
            f"{row.units:,}",
            f"{row.stock_out_days:,}",
            "" if row.a_month is None else f"{row.a_month:,}",
            "" if row.months_of_stock is None else f"{row.months_of_stock:,}",
            Spark(_by_month(row), room),
        ]
        for row in report.usage.groups
    ]
    about = (
        f"Average monthly consumption from {report.usage.first} to {report.usage.last}: {report.usage.formula}. "
        "The columns of a row are to its own scale."
    )
    return [Spacer(0, 6), paragraph(about, 8.5), worst(columns, rows, width, 2 * MOST)]


def _by_month(row: UsageRow) -> Sequence[int]:
    return [month.units for month in row.by_month]
