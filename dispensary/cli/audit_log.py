"""`dispensary audit log`: the events on the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.audit_wanted import (
    DocumentOption,
    KindOption,
    LotOption,
    PatientOption,
    ProductOption,
    SinceOption,
    UntilOption,
    UserOption,
    wanted,
)
from dispensary.cli.output import Format, FormatOption, desk, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.reports.audit.log import LogRow

LONGEST_TOLD = 200
"""Letters of the values of an event in the table; JSON and CSV have them all."""


def log(
    context: typer.Context,
    since: SinceOption = None,
    until: UntilOption = None,
    user: UserOption = None,
    patient: PatientOption = None,
    product: ProductOption = None,
    lot: LotOption = None,
    document: DocumentOption = None,
    kind: KindOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="The last N of them.")] = 100,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the events of the audit, the newest last; a patient's events are a reading, which is one as well."""
    from dispensary.reports.audit.log import log as report

    at = desk(context)
    asked = wanted(since, until, user, patient, product, lot, document, kind)
    if patient is None:
        with at.reading(Act.AUDIT_EXPORT) as (db, by):
            rows = report(db, by.site_id, asked, limit, at.on).shown
    else:
        rows = at.read_records(
            "audit log", lambda db, by: report(db, by.site_id, asked, limit, at.on), Act.READ_PATIENTS
        )
    more = f"\nThe last {limit} of them; --limit shows more." if len(rows) == limit else ""
    show(format, rows, rows, _page(rows) + more)


def _page(rows: "Sequence[LogRow]") -> str:
    from dispensary.exports.terminal import table
    from dispensary.rules.moments import minute_of

    shown = [
        (
            row.sequence,
            minute_of(row.local),
            row.user,
            row.kind,
            row.subject,
            _told(row.values),
        )
        for row in rows
    ]
    return table(("event", "at", "user", "kind", "about", "what"), shown)


def _told(values: Mapping[str, object]) -> str:
    """The values in short: of a list how many it holds, and nothing of what is empty."""
    told = "; ".join(
        f"{name.replace('_', ' ')} {_short(value)}" for name, value in values.items() if value not in _EMPTY
    )
    return told if len(told) <= LONGEST_TOLD else f"{told[:LONGEST_TOLD]}..."


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _short(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(each, list) for each in value):
        return _joined(" ".join(_sealed(str(part)) for part in each if part is not None) for each in value)
    if isinstance(value, list):
        return _joined(_sealed(str(each)) for each in value)
    if isinstance(value, dict):
        return _joined(f"{name}: {_short(each)}" for name, each in value.items())
    return ("yes" if value else "no") if isinstance(value, bool) else _sealed(str(value))


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _sealed(text: str) -> str:
    """The text; of a hash or a seal, which says nothing to people, its beginning."""
    return f"{text[:8]}..." if _is_seal(text) else text


def _is_seal(part: str) -> bool:
    return len(part) == 64 and not set(part) - set("0123456789abcdef")
