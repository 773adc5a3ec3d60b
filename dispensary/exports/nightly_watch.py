"""What to watch in the nightly report on paper: opened vials, who waits, what to order, what is kept from patients."""

from collections.abc import Iterator

from dispensary.exports.money import money
from dispensary.exports.nightly_table import Section
from dispensary.exports.paper import Column
from dispensary.reports.figures.reorder import ReorderRow
from dispensary.reports.nightly.nightly import Nightly
from dispensary.reports.vials.vials import VialRow
from dispensary.rules.moments import minute_of, to_the_minute
from dispensary.rules.quantity import first_of, ml
from dispensary.rules.storage import celsius

_MOST_LOTS = 3


def to_watch(report: Nightly) -> Iterator[Section]:
    """The sections, in the order of the paper."""
    yield from _waiting(report)
    yield from _ordering(report)
    yield _vials(report)
    yield from _kept_back(report)


def _waiting(report: Nightly) -> Iterator[Section]:
    yield Section(
        "Not filled for want of stock on the day",
        "Every fill could be handed over.",
        [
            Column("Rx", 0.14),
            Column("Product", 0.34),
            Column("Wanted", 0.14, right=True),
            Column("Usable", 0.14, right=True),
            Column("By", 0.24),
        ],
        [[row.rx, row.product, f"{row.units:,}", f"{row.usable_units:,}", row.by] for row in report.unmet],
    )
    yield Section(
        "Owed to patients",
        "Nothing is owed to patients.",
        [
            Column("Dispense", 0.16),
            Column("Rx", 0.16),
            Column("Product", 0.34),
            Column("Units owed", 0.14, right=True),
            Column("Since", 0.2),
        ],
        [[row.dispense, row.rx, row.product, f"{row.owed_units:,}", str(row.since)] for row in report.owed],
    )


def _ordering(report: Nightly) -> Iterator[Section]:
    first = report.reorder[0] if report.reorder else None
    yield Section(
        "Below the reorder point: proposed order",
        "No product is below its reorder point.",
        [
            Column("Product", 0.22),
            Column("Usable", 0.09, right=True),
            Column("Months", 0.09, right=True),
            Column("Demand", 0.1, right=True),
            Column("Safety", 0.09, right=True),
            Column("Point", 0.09, right=True),
            Column("Order", 0.18, right=True),
            Column("Value", 0.14, right=True),
        ],
        [
            [
                row.product,
                f"{row.usable_units - row.expiring_units:,}",
                "" if row.months_of_stock is None else f"{row.months_of_stock:,}",
                f"{row.demand_units:,}",
                f"{row.safety_units:,}",
                f"{row.reorder_point:,}",
                _order(row),
                money(row.order_value_micros),
            ]
            for row in sorted(report.reorder, key=_cover)
        ],
        about=(
            f"Demand is the forecast of {first.days} days, lead time and review period; with the safety stock it is "
            "the reorder point, unless the minimum that was set is more. What is on order already is not known."
            if first
            else ""
        ),
    )
    yield Section(
        "Below minimum",
        "No product is below its minimum.",
        [
            Column("Product", 0.25),
            Column("Name", 0.45),
            Column("Minimum", 0.15, right=True),
            Column("Usable", 0.15, right=True),
        ],
        [[row.product, row.name, f"{row.minimum_units:,}", f"{row.usable_units:,}"] for row in report.below_minimum],
    )


def _cover(row: ReorderRow) -> tuple[bool, object, str]:
    """The product that lasts the shortest comes first."""
    return row.months_of_stock is None, row.months_of_stock or 0, row.product


def _order(row: ReorderRow) -> str:
    if row.pack_units is None:
        return f"{row.order_units:,} units"
    return f"{row.order_packs:,} x {row.pack_units:,}"


def _vials(report: Nightly) -> Section:
    return Section(
        "Opened vials",
        "No vial is open.",
        [
            Column("Vial", 0.09),
            Column("Product", 0.2),
            Column("Lot", 0.19),
            Column("Place", 0.13),
            Column("Left", 0.09, right=True),
            Column("Use until", 0.16),
            Column("To do", 0.14),
        ],
        [
            [
                row.vial,
                row.product,
                row.lot,
                row.place,
                ml(row.remaining_ul),
                minute_of(row.discard_at),
                _to_do(row),
            ]
            for row in sorted(report.vials, key=lambda row: (row.usable_hours > 0, row.discard_at))
        ],
    )


def _to_do(row: VialRow) -> str:
    return "" if row.usable_hours else f"do not use: {row.lot_state if row.lot_state != 'available' else row.state}"


def _kept_back(report: Nightly) -> Iterator[Section]:
    yield Section(
        "Excursions",
        "No excursion was found.",
        [
            Column("Place", 0.13),
            Column("From", 0.15),
            Column("To", 0.15),
            Column("Lowest", 0.1, right=True),
            Column("Highest", 0.1, right=True),
            Column("Why", 0.23),
            Column("Lots held", 0.14),
        ],
        [
            [
                row.place,
                to_the_minute(row.began),
                to_the_minute(row.ended),
                f"{celsius(row.lowest_centidegrees)} °C",
                f"{celsius(row.highest_centidegrees)} °C",
                row.why,
                first_of((each.lot for each in row.held), _MOST_LOTS),
            ]
            for row in report.excursions
        ],
    )
    yield Section(
        "Held and recalled stock",
        "No stock is held or recalled.",
        [
            Column("Product", 0.3),
            Column("Lot", 0.28),
            Column("Place", 0.18),
            Column("State", 0.14),
            Column("Units", 0.1, right=True),
        ],
        [[row.product, row.lot, row.place, row.state, f"{row.units:,}"] for row in report.holds],
    )
    yield Section(
        "Open recalls",
        "No recall is open.",
        [
            Column("Recall", 0.09),
            Column("Class", 0.07),
            Column("Notice", 0.2),
            Column("Dated", 0.13),
            Column("Reason", 0.27),
            Column("Patients", 0.11, right=True),
            Column("Not reached", 0.13, right=True),
        ],
        [
            [
                row.recall,
                row.class_,
                row.reference,
                str(row.dated),
                row.reason,
                f"{row.patients:,}",
                f"{row.not_reached:,}",
            ]
            for row in report.recalls
        ],
    )
