"""The part of the nightly report on paper that tells what happened on the day, a table for each kind."""

from collections.abc import Iterator

from dispensary.exports.nightly_table import Section
from dispensary.exports.paper import Column
from dispensary.reports.nightly.nightly import Nightly
from dispensary.rules.quantity import millilitres, plain


def the_day(report: Nightly) -> Iterator[Section]:
    """A section for each kind of thing that happened."""
    yield Section(
        "Dispensed on the day",
        "Nothing was dispensed.",
        [
            Column("Dispense", 0.1),
            Column("Rx", 0.1),
            Column("Patient", 0.1),
            Column("Product", 0.18),
            Column("Lots", 0.32),
            Column("Units", 0.07, right=True),
            Column("By", 0.13),
        ],
        [
            [
                line.dispense,
                line.rx,
                line.patient,
                line.product,
                ", ".join(f"{taken.lot} ({taken.units:,})" for taken in line.lots),
                f"{line.units:,}",
                line.by,
            ]
            for line in report.dispensed
        ],
    )
    yield Section(
        "Drawn from opened vials on the day",
        "No dose was drawn.",
        [
            Column("Draw", 0.1),
            Column("Vial", 0.1),
            Column("Rx", 0.1),
            Column("Patient", 0.1),
            Column("Product", 0.18),
            Column("Lot", 0.17),
            Column("mL", 0.12, right=True),
            Column("By", 0.13),
        ],
        [
            [
                line.draw,
                line.vial,
                line.rx or "none",
                line.patient,
                line.product,
                line.lot,
                str(plain(millilitres(line.volume_ul))),
                line.by,
            ]
            for line in report.drawn
        ],
    )
    yield Section(
        "Returned on the day",
        "Nothing came back.",
        [
            Column("Return", 0.09),
            Column("Of", 0.09),
            Column("Product", 0.17),
            Column("Lot", 0.16),
            Column("Units", 0.07, right=True),
            Column("Reason", 0.29),
            Column("By", 0.13),
        ],
        [
            [line.return_, line.dispense, line.product, line.lot, f"{line.units:,}", line.reason, line.by]
            for line in report.returned
        ],
    )
    yield Section(
        "Received on the day",
        "Nothing was received.",
        [
            Column("Receipt", 0.1),
            Column("Product", 0.2),
            Column("Lot", 0.24),
            Column("Expires", 0.13),
            Column("Units", 0.07, right=True),
            Column("Place", 0.13),
            Column("By", 0.13),
        ],
        [
            [line.receipt, line.product, line.lot, str(line.expires), f"{line.units:,}", line.place, line.by]
            for line in report.received
        ],
    )
    yield Section(
        "Moved, destroyed and sent back on the day",
        "Nothing was moved, destroyed or sent back.",
        [
            Column("Act", 0.07),
            Column("Kind", 0.1),
            Column("Product", 0.16),
            Column("Lot", 0.14),
            Column("Units", 0.07, right=True),
            Column("From and to", 0.2),
            Column("Reason", 0.14),
            Column("By", 0.12),
        ],
        [
            [
                line.act,
                line.kind,
                line.product,
                line.lot,
                f"{line.units:,}",
                f"{line.from_} to {line.to}",
                line.reason or "",
                line.by + (f", {line.witness} saw it" if line.witness else ""),
            ]
            for line in report.stock_acts
        ],
    )
    yield Section(
        "Corrected by counts on the day",
        "No count differed from the books.",
        [
            Column("Count", 0.08),
            Column("Product", 0.2),
            Column("Lot", 0.18),
            Column("Place", 0.14),
            Column("Units", 0.08, right=True),
            Column("Reason", 0.2),
            Column("By", 0.12),
        ],
        [
            [
                line.count,
                line.product,
                line.lot,
                line.place,
                f"{line.variance:+,}",
                line.reason or "",
                line.by,
            ]
            for line in report.counted
        ],
    )
    yield Section(
        "Lots held, released and recalled on the day",
        "No lot was held, released or recalled.",
        [Column("Product", 0.2), Column("Lot", 0.18), Column("Act", 0.1), Column("Reason", 0.4), Column("By", 0.12)],
        [[line.product, line.lot, line.lot_act, line.reason, line.by] for line in report.lot_acts],
    )
    yield Section(
        "Warnings overridden on the day",
        "No warning was overridden.",
        [Column("Warning", 0.4), Column("Reason", 0.45), Column("Times", 0.15, right=True)],
        [[row.code, row.reason_code, f"{row.times:,}"] for row in report.overrides],
    )
