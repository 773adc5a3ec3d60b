"""The figures on a page of the terminal, each with its window and formula in a line."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from dispensary.exports.money import money
from dispensary.exports.terminal import table, wrapped
from dispensary.rules.quantity import counted, ml

if TYPE_CHECKING:
    from dispensary.reports.figures.due import DuePatient, DueRow
    from dispensary.reports.figures.forecast import ForecastReport
    from dispensary.reports.figures.reorder import ReorderRow
    from dispensary.reports.figures.usage import Usage, UsageRow
    from dispensary.reports.figures.value import ExpiryRow, ValueRow
    from dispensary.reports.figures.waste import Waste


def _or_dash(number: Decimal | None) -> str:
    return "-" if number is None else f"{number:,}"


def usage_page(found: "Usage", rows: "Sequence[UsageRow]") -> str:
    """The window and the formula above the table."""
    head = wrapped(f"Average monthly consumption from {found.first} to {found.last}: {found.formula}.")
    if not rows:
        return f"{head}\n\nNothing was used and nothing is in stock."
    shown = [
        (
            row.product or f"{row.form} {row.fill_ml:f} mL, {row.preservative}",
            row.units,
            row.stock_out_days,
            _or_dash(row.a_month),
            row.usable_units,
            _or_dash(row.months_of_stock),
        )
        for row in rows
    ]
    return f"{head}\n\n{table(('product', 'units', 'days without', 'a month', 'usable', 'months left'), shown)}"


def reorder_page(rows: "Sequence[ReorderRow]") -> str:
    """What to order, and from what it follows."""
    if not rows:
        return "Nothing is to be ordered. What is on order already is not known."
    head = wrapped(
        f"Ordered is what stands at or below its reorder point, which is the forecast of {rows[0].days} days "
        "(lead time and review period) and the safety stock, or the minimum that was set. What is on order "
        "already is not known."
    )
    shown = [
        (
            row.product,
            row.usable_units - row.expiring_units,
            _or_dash(row.months_of_stock),
            row.demand_units,
            row.safety_units,
            row.reorder_point,
            _order(row),
            money(row.order_value_micros) if row.below else "",
        )
        for row in rows
    ]
    heads = ("product", "usable", "months", "demand", "safety", "point", "order", "value")
    return f"{head}\n\n{table(heads, shown)}"


def _order(row: "ReorderRow") -> str:
    if not row.below:
        return ""
    if row.pack_units is None:
        return f"{row.order_units:,} units (pack not known)"
    return f"{row.order_packs:,} x {row.pack_units:,}"


def forecast_page(found: "ForecastReport") -> str:
    """The forecast, and how far such forecasts were off beside history alone."""
    head = wrapped(
        "Expected use in units: what active prescriptions want, and what history adds to it or takes away "
        f"(months in stock of the last {found.history_months}, seen from as far ahead)."
    )
    if not found.rows:
        return f"{head}\n\nNothing is prescribed and nothing was used."
    rows = [
        (row.product, row.first, row.last, f"{row.scheduled:,}", f"{row.from_history:,}", f"{row.units:,}")
        for row in found.rows
    ]
    errors = [
        (row.product or "all products", row.months, row.used, _or_dash(row.error_percent),
         _or_dash(row.history_error_percent))
        for row in (*found.errors, found.overall)
    ]  # fmt: skip
    about = wrapped(
        "Errors of forecasts of one month against what was used in it, in percent of the use (wMAPE), "
        "beside those of the average alone:"
    )
    return "\n\n".join(
        [
            head,
            table(("product", "from", "to", "scheduled", "history", "units"), rows),
            about,
            table(("product", "months", "used", "error %", "average alone %"), errors),
        ]
    )


def value_page(rows: "Sequence[ValueRow]") -> str:
    """The value, with what is of unknown cost beside it, and the sum."""
    if not rows:
        return "Nothing is in stock."
    shown = [
        (row.product, row.units, row.unknown_units, money(row.value_micros), row.usable_units,
         money(row.usable_value_micros))
        for row in rows
    ]  # fmt: skip
    known = [row.value_micros for row in rows if row.value_micros is not None]
    unknown = sum(row.unknown_units for row in rows)
    cost = f" {counted(unknown, 'unit')} of unknown cost not counted." if unknown else ""
    total = wrapped(f"Together {money(sum(known) if known else None)}.{cost}")
    heads = ("product", "units", "unknown cost", "value", "usable", "value of usable")
    return f"{table(heads, shown)}\n\n{total}"


def expiry_page(rows: "Sequence[ExpiryRow]") -> str:
    """The lots that the forecast use will not use up."""
    head = wrapped("Left over when the lot expires, if use goes on as forecast and what expires first is taken first.")
    if not rows:
        return f"{head}\n\nNothing will expire unused."
    shown = [
        (row.product, row.lot, row.expires, row.band or "", row.units, row.unused_units, money(row.unused_value_micros))
        for row in rows
    ]
    return f"{head}\n\n{table(('product', 'lot', 'expires', 'days', 'usable', 'unused', 'value'), shown)}"


def waste_page(found: "Waste") -> str:
    """What was wasted by reason, and beneath it the other sizes."""
    parts = [wrapped(f"Waste from {found.first} to {found.last}.")]
    if not found.rows:
        parts.append("Nothing was wasted.")
    else:
        rows = [
            (row.product, row.what, row.reason, row.times, row.units, ml(row.volume_ul), money(row.value_micros))
            for row in found.rows
        ]
        parts.append(table(("product", "what", "reason", "times", "units", "volume", "value"), rows))
    if found.sizes:
        sizes = [
            (row.product, row.doses, row.opened, ml(row.wasted_ul), row.other, row.other_opened,
             ml(row.other_wasted_ul), money(row.saved_micros))
            for row in found.sizes
        ]  # fmt: skip
        parts.append(
            wrapped("The same drawn doses in vials of another size, each reckoned with one vial open at a time:")
        )
        heads = ("product", "doses", "opened", "wasted", "other", "opened", "wasted", "saved")
        parts.append(table(heads, sizes))
    return "\n\n".join(parts)


def due_page(rows: "Sequence[DueRow]") -> str:
    """How many are due on each day."""
    if not rows:
        return "Nobody is due."
    shown = [
        (row.on, row.product, row.patients, row.doses, row.units, ml(row.drawn_ul) if row.drawn_ul else "", row.late,
         row.to_renew)
        for row in rows
    ]  # fmt: skip
    return table(("on", "product", "patients", "doses", "units", "drawn", "late", "to renew"), shown)


def due_patients_page(rows: "Sequence[DuePatient]") -> str:
    """Who is due."""
    if not rows:
        return "Nobody is due."
    shown = [
        (row.on, row.product, row.patient, row.rx, row.doses, row.units, row.late_days,
         "yes" if row.to_renew else "")
        for row in rows
    ]  # fmt: skip
    return table(("on", "product", "patient", "rx", "doses", "units", "days late", "to renew"), shown)
