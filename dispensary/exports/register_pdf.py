"""A register on paper: every line of it, to be read and signed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.platypus import Flowable, Spacer

from dispensary.errors import Refused
from dispensary.exports.paper import MARGIN, MUTED, Column, ending, grid, page_size, pages, paragraph
from dispensary.exports.register_heading import Heading
from dispensary.rules.moments import minute_of, to_the_minute
from dispensary.rules.quantity import counted, ml

MOST_LINES = 5_000
"""Some 200 pages: more are read by nobody who signs them, and they are put together in memory."""


class TooLongForPaper(Refused):
    """A register of more lines than are printed; it is never printed in part."""

    sentence = (
        "The register has more than {most:,} lines in these days, too many to be read and signed: nothing was written; "
        "ask for fewer days with --since and --until, or name a CSV file."
    )
    most: int


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a register, and what stands in it."""

    column: Column
    cell: Callable[[Any], object]


def register_pdf(heading: Heading, rows: Sequence[Any]) -> bytes:
    """The lines as pages of Letter or A4, crosswise; the same bytes for the same lines. Raises TooLongForPaper."""
    if len(rows) > MOST_LINES:
        raise TooLongForPaper(most=MOST_LINES)
    height, width = page_size(heading.pharmacy.country)
    room = width - 2 * MARGIN
    fields = _FIELDS[heading.name]
    cells = [[_text(field.cell(row)) for field in fields] for row in rows]
    title = _TITLES[heading.name]

    def story() -> list[Flowable]:
        lines: list[Flowable] = [
            paragraph(heading.pharmacy.name, 10.5, colour=MUTED),
            paragraph(title, 21, bold=True),
            Spacer(0, 6),
            paragraph(_about(heading, len(rows)), 9.5),
            Spacer(0, 8),
        ]
        if rows:
            lines.append(grid([field.column for field in fields], cells, room))
        return [*lines, *ending(heading.head.sequence, heading.head.hash, room)]

    return pages(story, (width, height), title=title, foot=f"{heading.pharmacy.name} · {title} · {_days(heading)}")


def _about(heading: Heading, lines: int) -> str:
    made = f"made on {to_the_minute(heading.on)} by {heading.by.name} ({heading.by.role})"
    return f"{heading.site}, {_days(heading)}: {counted(lines, 'line')}, {made}."


def _days(heading: Heading) -> str:
    since = heading.period.since or "the first day"
    return f"{since} through {heading.period.until or heading.on.date()}"


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case int():
            return f"{value:,}"
        case date():
            return value.isoformat()
    return str(value)


def _of(name: str, title: str, share: float) -> _Field:
    return _Field(Column(title, share), lambda row: getattr(row, name))


def _number(name: str, title: str, share: float) -> _Field:
    return _Field(Column(title, share, right=True), lambda row: getattr(row, name))


def _at(row: Any) -> str:
    return minute_of(row.local)


def _amount(row: Any) -> str:
    return ml(row.volume_ul) if row.volume_ul else f"{row.units:,}"


_AT = _Field(Column("At", 13), _at)
_STOCK = (
    _of("product", "Product", 11),
    _of("lot", "Lot", 10),
    _of("expires", "Expires", 9),
    _Field(Column("Units", 8, right=True), _amount),
    _number("balance", "Balance", 7),
)


def _told_of_recall(row: Any) -> str:
    """What a line of the recall file is about."""
    match row.line:
        case "notice":
            return f"class {row.class_}, {row.reference} of {row.dated}: {row.covers}"
        case "lot":
            return f"{row.product} {row.lot}, expires {row.expires}, {row.state}"
    return ": ".join(each for each in (row.patient, row.outcome) if each is not None)


_FIELDS: Mapping[str, tuple[_Field, ...]] = {
    "dispensing": (
        *(_AT, _of("number", "Number", 7), _of("patient", "Patient", 7), _of("rx", "Rx", 7)),
        *(_of("prescriber", "Prescriber", 7), *_STOCK, _of("by", "By", 10), _of("second", "Checked by", 10)),
        _of("reason", "Reason", 15),
    ),
    "receiving": (
        *(_AT, _of("act", "What", 9), _of("number", "Number", 8), *_STOCK, _of("place", "Place", 10)),
        *(_of("by", "By", 10), _of("second", "Checked by", 10), _of("reason", "Reason", 15)),
    ),
    "destruction": (
        *(_AT, _of("act", "What", 9), _of("number", "Number", 8), *_STOCK, _of("place", "Place", 10)),
        *(_of("by", "By", 10), _of("second", "Witness", 10), _of("reason", "Reason", 15)),
    ),
    "overrides": (
        *(_AT, _of("number", "Number", 7), _of("patient", "Patient", 7), _of("rx", "Rx", 7)),
        *(_of("product", "Product", 11), _of("code", "Finding", 14), _of("severity", "Severity", 8)),
        *(_of("reason_code", "Code", 15), _of("reason", "Reason", 20), _of("by", "By", 10)),
    ),
    "recall": (
        *(_of("recall", "Recall", 6), _of("line", "Line", 8), _of("on", "On", 8)),
        *(_Field(Column("About", 24), _told_of_recall), _number("received", "Received", 8)),
        *(_number("on_hand", "On hand", 7), _number("with_patients", "With patients", 10)),
        *(_number("elsewhere", "Elsewhere", 8), _of("by", "By", 9), _of("reason", "Reason", 16)),
    ),
    "access": (
        *(_AT, _of("user", "User", 14), _of("act", "Act", 14), _of("what", "What", 30), _of("patient", "Patient", 12)),
    ),
}
"""The columns by the register's name; the shares are of the width."""

_TITLES: Mapping[str, str] = {
    "dispensing": "Dispensing register",
    "receiving": "Receiving register",
    "destruction": "Destruction register",
    "overrides": "Register of overrides",
    "recall": "Recall file",
    "access": "Access register",
}
