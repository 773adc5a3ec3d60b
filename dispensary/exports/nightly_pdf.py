"""The nightly report on paper: what needs a person first, then the stock, then the day."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain

from reportlab.platypus import Flowable, Spacer

from dispensary.exports.money import money
from dispensary.exports.nightly_day import the_day
from dispensary.exports.nightly_stock import the_stock, what_expires
from dispensary.exports.nightly_table import told
from dispensary.exports.nightly_use import the_use
from dispensary.exports.nightly_watch import to_watch
from dispensary.exports.paper import (
    ALERT,
    INK,
    MARGIN,
    MUTED,
    RULE,
    TINT,
    Column,
    ending,
    grid,
    heading,
    layout,
    one_line,
    page_size,
    pages,
    paragraph,
)
from dispensary.reports.nightly.nightly import Nightly
from dispensary.rules.moments import to_the_minute
from dispensary.rules.people import Country, Pharmacy
from dispensary.rules.shelf import BANDS, State

MOST_SENTENCES = 24
"""So many sentences stand on paper, the most dangerous ones: the first page is read, and the rest must be."""


def nightly_pdf(report: Nightly, pharmacy: Pharmacy) -> bytes:
    """The report as pages of Letter or A4, to be read at a glance and signed.

    A table shows its worst rows and says how many more the CSV has, so that many lots are no more pages.
    """
    size = page_size(pharmacy.country)
    width = size[0] - 2 * MARGIN

    def story() -> list[Flowable]:
        parts = (
            _top(report, pharmacy, width),
            _sites(report, width),
            the_stock(report, width),
            what_expires(report, width),
            the_use(report, width),
            told(chain(to_watch(report), the_day(report)), width),
        )
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
        [paragraph("Nightly report", 21, bold=True), paragraph(_as_of(report.at), 8.5, colour=MUTED, right=True)],
    ]
    yield layout(title, [width * 0.6, width * 0.4], [*style, ("BOTTOMPADDING", (0, 1), (-1, 1), 8)])
    yield _figures(report, width)
    yield Spacer(0, 10)
    yield _needs(report, width)


def long_day(day: date, country: Country) -> str:
    """The day in full, in the order that the country writes it."""
    return f"{day:%A, %B} {day.day}, {day.year}" if country is Country.US else f"{day:%A} {day.day} {day:%B} {day.year}"


def _as_of(at: datetime) -> str:
    return f"stock, vials and figures as of {to_the_minute(at)}"


def _figures(report: Nightly, width: float) -> Flowable:
    """The day in five numbers."""
    figures = {
        "need a person": len(report.needs_a_person),
        "usable units in stock": sum(group.usable_units for group in report.stock),
        f"lots expired or within {BANDS[0]} days": sum(
            line.lots for line in report.bands if line.band in (State.EXPIRED, str(BANDS[0]))
        ),
        "products to order": len(report.reorder),
        "units dispensed": sum(line.units for line in report.dispensed),
    }
    alert = {"need a person": bool(report.needs_a_person)}
    shares = (0.16, 0.2, 0.26, 0.19, 0.19)
    cells = [
        [
            one_line(f"{number:,}", 17, width * share - 16, bold=True, colour=ALERT if alert.get(name) else INK),
            paragraph(name, 8, colour=MUTED),
        ]
        for (name, number), share in zip(figures.items(), shares, strict=True)
    ]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), TINT),
        ("LINEBEFORE", (1, 0), (-1, -1), 1, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
    return layout([cells], [width * share for share in shares], style)


def _needs(report: Nightly, width: float) -> Flowable:
    """The sentences with a box to tick, or that there are none."""
    if not report.needs_attention:
        rows = [[paragraph("Nothing needs a person today.", 11, bold=True)]]
        return layout(rows, [width], [("BOX", (0, 0), (-1, -1), 0.8, RULE)])
    box = layout([[""]], [9], [("BOX", (0, 0), (-1, -1), 0.8, INK)], rowHeights=[9])
    rows = [[paragraph("Needs a person today", 12.5, bold=True, colour=ALERT), ""]]
    rows += [[box, paragraph(sentence, 9.5)] for sentence in report.needs_a_person[:MOST_SENTENCES]]
    if len(report.needs_a_person) > MOST_SENTENCES:
        more = len(report.needs_a_person) - MOST_SENTENCES
        rows.append(["", paragraph(f"and {more:,} more, in the CSV and the JSON", 9.5, bold=True, colour=ALERT)])
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


def _sites(report: Nightly, width: float) -> list[Flowable]:
    """The sites side by side, where there are several."""
    if not report.sites:
        return []
    columns = [
        Column("Site", 0.2),
        Column("Units", 0.08, right=True),
        Column("Usable", 0.08, right=True),
        Column("Value", 0.13, right=True),
        Column("Dispensed", 0.11, right=True),
        Column("To order", 0.09, right=True),
        Column(f"Lots, {BANDS[0]} days", 0.12, right=True),
        Column("Unused", 0.09, right=True),
        Column("Need a person", 0.14, right=True),
    ]
    rows = [
        [
            line.site,
            f"{line.units:,}",
            f"{line.usable_units:,}",
            money(line.value_micros),
            f"{line.dispensed_units:,}",
            f"{line.to_order:,}",
            f"{line.expiring_lots:,}",
            f"{line.unused_units:,}",
            f"{line.needs_a_person:,}",
        ]
        for line in report.sites
    ]
    about = (
        "To order are products below their reorder point; lots are those that have expired or do within "
        f"{BANDS[0]} days; unused are units that will expire so. Each site has a report of its own."
    )
    return [*heading("Sites side by side"), paragraph(about, 8.5), grid(columns, rows, width)]


def _checks(report: Nightly) -> Iterator[Flowable]:
    """Whether the books agree, check by check where they do not, and the notes."""
    wrong = [check for check in report.checks.checks if not check.ok]
    if wrong:
        yield paragraph(f"{len(wrong):,} of {len(report.checks.checks):,} checks of the books do not hold:", 9.5,
                        bold=True, colour=ALERT)  # fmt: skip
        for check in wrong:
            yield paragraph(f"{check.name}: {check.detail}", 9.5)
    else:
        yield paragraph(f"The books agree: {len(report.checks.checks):,} checks.", 9.5)
    for note in report.checks.notes:
        yield paragraph(note, 9.5)


def _end(report: Nightly, width: float) -> list[Flowable]:
    """The checks, the audit head, and room for the signature."""
    return [
        *heading("Checks of the books", room_mm=20),
        *_checks(report),
        *ending(report.audit.sequence, report.audit.hash, width),
    ]


def _no_padding() -> list[tuple[object, ...]]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
