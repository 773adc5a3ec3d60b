"""The nightly report on paper: what needs a person first, then the stock, then the day."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from dispensary.exports.nightly_day import the_day
from dispensary.exports.paper import (
    ALERT,
    GAP_PT,
    INK,
    MARGIN,
    MUTED,
    PADDING_PT,
    RULE,
    TINT,
    Bar,
    Column,
    grid,
    heading,
    layout,
    page_size,
    pages,
    paragraph,
)
from dispensary.reports.nightly.nightly import Nightly
from dispensary.reports.stock.expiring import ExpiringRow
from dispensary.rules.people import Country, Pharmacy
from dispensary.rules.quantity import plain
from dispensary.rules.shelf import BANDS, State

BAR_SHARE = 0.26


def nightly_pdf(report: Nightly, pharmacy: Pharmacy) -> bytes:
    """The report as pages of Letter or A4, to be read at a glance and signed."""
    size = page_size(pharmacy.country)
    width = size[0] - 2 * MARGIN

    def story() -> list[Flowable]:
        parts = (_top(report, pharmacy, width), _stock(report, width), _expiring(report, width), the_day(report, width))
        return [*chain.from_iterable(parts), *_end(report, width)]

    return pages(
        story, size, title=f"Nightly report {report.day}", foot=f"{pharmacy.name} · Nightly report {report.day}"
    )


def _top(report: Nightly, pharmacy: Pharmacy, width: float) -> Iterator[Flowable]:
    style = [("VALIGN", (0, 0), (-1, -1), "BOTTOM"), *_no_padding()]
    title = [
        [
            paragraph(pharmacy.name, 10.5, colour=MUTED),
            paragraph(long_day(report.day, pharmacy.country), 10.5, right=True),
        ],
        [paragraph("Nightly report", 21, bold=True), ""],
    ]
    yield layout(title, [width * 0.6, width * 0.4], [*style, ("BOTTOMPADDING", (0, 1), (-1, 1), 8)])
    yield _figures(report, width)
    yield Spacer(0, 10)
    yield _needs(report, width)


def long_day(day: date, country: Country) -> str:
    """The day in full, in the order that the country writes it."""
    return f"{day:%A, %B} {day.day}, {day.year}" if country is Country.US else f"{day:%A} {day.day} {day:%B} {day.year}"


def _figures(report: Nightly, width: float) -> Flowable:
    """The day in five numbers."""
    soon = [row for row in report.expiring if row.band in (State.EXPIRED, str(BANDS[0]))]
    figures = {
        "need a person": len(report.needs_a_person),
        "usable units in stock": sum(group.usable_units for group in report.stock),
        f"lots expired or within {BANDS[0]} days": len({(row.product, row.lot) for row in soon}),
        "units dispensed": sum(line.units for line in report.dispensed),
        "units received": sum(line.units for line in report.received),
    }
    alert = {"need a person": bool(report.needs_a_person)}
    cells = [
        [
            paragraph(f"{number:,}", 17, bold=True, colour=ALERT if alert.get(name) else INK),
            paragraph(name, 8, colour=MUTED),
        ]
        for name, number in figures.items()
    ]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), TINT),
        ("LINEBEFORE", (1, 0), (-1, -1), 1, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
    shares = (0.16, 0.2, 0.26, 0.19, 0.19)
    return layout([cells], [width * share for share in shares], style)


def _needs(report: Nightly, width: float) -> Flowable:
    """The sentences with a box to tick, or that there are none."""
    if not report.needs_attention:
        rows = [[paragraph("Nothing needs a person today.", 11, bold=True)]]
        return layout(rows, [width], [("BOX", (0, 0), (-1, -1), 0.8, RULE)])
    box = layout([[""]], [9], [("BOX", (0, 0), (-1, -1), 0.8, INK)], rowHeights=[9])
    rows = [[paragraph("Needs a person today", 12.5, bold=True, colour=ALERT), ""]]
    rows += [[box, paragraph(sentence, 9.5)] for sentence in report.needs_a_person]
    style = [
        ("SPAN", (0, 0), (-1, 0)),
        ("LINEBEFORE", (0, 0), (0, -1), 3, ALERT),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("TOPPADDING", (0, 1), (0, -1), 3.5),
        ("LEFTPADDING", (0, 0), (0, -1), 9),
    ]
    return layout(rows, [9 + 15, width - 24], style, repeatRows=1)


def _stock(report: Nightly, width: float) -> list[Flowable]:
    section = heading("Stock by form, vial size and preservative")
    if not report.stock:
        return [*section, paragraph("There is no stock.", 9.5)]
    most = max(group.units for group in report.stock)
    columns = [
        Column("Form", 0.18),
        Column("Size", 0.08, right=True),
        Column("Preservative", 0.36),
        Column("Units", 0.08, right=True),
        Column("Usable", 0.08, right=True),
        Column("Usable of all", BAR_SHARE),
    ]
    room = width * BAR_SHARE / sum(column.share for column in columns) - GAP_PT - PADDING_PT
    rows = [
        [
            group.form,
            f"{plain(group.fill_ml)} mL",
            group.preservative,
            f"{group.units:,}",
            f"{group.usable_units:,}",
            Bar(group.usable_units, group.units, most, room),
        ]
        for group in report.stock
    ]
    return [*section, grid(columns, rows, width)]


def _expiring(report: Nightly, width: float) -> list[Flowable]:
    section = heading("Expired and expiring")
    if not report.expiring:
        return [*section, paragraph(f"No stock has expired or expires within {BANDS[-1]} days.", 9.5)]
    bands = {"Expired": State.EXPIRED.value}
    for lowest, days in zip((0, *BANDS), BANDS, strict=False):
        bands[f"{lowest + 1} to {days} days" if lowest else f"Within {days} days"] = str(days)
    rows_of = {title: [row for row in report.expiring if row.band == band] for title, band in bands.items()}
    units = {title: sum(row.units for row in rows) for title, rows in rows_of.items()}
    columns = [Column("Band", 0.2), Column("Lots", 0.1, right=True), Column("Units", 0.1, right=True), Column("", 0.6)]
    summary = [
        [
            title,
            f"{len({(row.product, row.lot) for row in rows}):,}",
            f"{units[title]:,}",
            Bar(units[title], units[title], max(units.values()), width * 0.6 - GAP_PT - PADDING_PT),
        ]
        for title, rows in rows_of.items()
    ]
    section.append(grid(columns, summary, width))
    for title, rows in rows_of.items():
        if rows:
            section += _band(title, rows, width)
    return section


def _band(title: str, rows: Sequence[ExpiringRow], width: float) -> list[Flowable]:
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
    subtitle = paragraph(title, 10, bold=True, colour=ALERT if rows[0].band == State.EXPIRED else INK)
    subtitle.style.spaceBefore, subtitle.style.spaceAfter = 9, 2
    return [CondPageBreak(22 * mm), subtitle, grid(columns, cells, width)]


def _end(report: Nightly, width: float) -> list[Flowable]:
    """The audit head, and room for the signature of whoever has read all this."""
    line = [("LINEABOVE", (0, 0), (0, 0), 0.8, INK), ("LINEABOVE", (2, 0), (2, 0), 0.8, INK), *_no_padding()]
    signature = layout(
        [[paragraph("Read and signed by", 8, colour=MUTED), "", paragraph("Date and time", 8, colour=MUTED)]],
        [width * 0.55, width * 0.05, width * 0.4],
        line,
    )
    *_, title = heading("Audit")
    return [
        KeepTogether(
            [
                title,
                paragraph(f"The audit chain ends with event {report.audit.sequence:,}, whose hash is", 9.5),
                paragraph(report.audit.hash, 9.5),
                Spacer(0, 16 * mm),
                signature,
            ]
        )
    ]


def _no_padding() -> list[tuple[object, ...]]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
