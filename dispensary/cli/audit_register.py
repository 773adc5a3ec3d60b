"""`dispensary audit register`: the registers that an inspection asks for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from dispensary.cli.audit_wanted import SinceOption, UntilOption, day
from dispensary.cli.output import ForceOption, Format, FormatOption, desk, say
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.exports.register_heading import Heading
    from dispensary.reports.disclosed import Disclosed
    from dispensary.reports.period import Period
    from dispensary.rules.people import Person

Result = TypeVar("Result")


class Register(StrEnum):
    """The registers."""

    DISPENSING = "dispensing"
    RECEIVING = "receiving"
    DESTRUCTION = "destruction"
    OVERRIDES = "overrides"
    RECALL = "recall"
    ACCESS = "access"


Rows = Callable[["Connection", int, "Period", datetime], "Iterable[Any]"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a register is read and shown: its act, the class of its rows, and the columns of its table."""

    act: Act
    row: type
    shown: tuple[str, ...]
    rows: Rows
    reads_patients: bool = True
    """Whether it is a reading of the patients that it names, which the audit notes."""


def register(
    context: typer.Context,
    name: Annotated[Register, typer.Argument(help="Which register.")],
    since: SinceOption = None,
    until: UntilOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there: CSV, a workbook as FILE.xlsx, pages as FILE.pdf."),
    ] = None,
    force: ForceOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show a register, the oldest line first; CSV and JSON have more columns than the table.

    A register that tells of patients is a reading, which the audit notes. Pages have all lines, to be signed.
    """
    from dispensary.reports.period import Period

    at, kind, period = desk(context), _kind(name), Period(day(since), day(until))
    if out is None:
        from dispensary.cli.spool import spool

        with spool(format, lambda rows: _page(kind, rows)) as shown:
            # The reading is noted before anything is shown.
            _read(at, name, kind, period, lambda _, __, rows: shown.take(rows))
            shown.show()
        return
    from dispensary.exports.register import new_register
    from dispensary.rules.quantity import counted

    with new_register(out, force=force) as file:

        def write(db: "Connection", by: "Person", rows: Iterator[Any]) -> int:
            return file.write(_heading(at, name, period, db, by), kind.row, rows)

        # The reading is noted before the file gets its name.
        count = _read(at, name, kind, period, write)
    say(f"{counted(count, 'line')}\n{out}")


def _heading(at: "Desk", name: Register, period: "Period", db: "Connection", by: "Person") -> "Heading":
    from dispensary.exports.register_heading import Heading
    from dispensary.reports.chain import head_of
    from dispensary.reports.tables import site_of

    site, head = site_of(db, by.site_id), head_of(db, by.site_id)
    return Heading(name.value, at.pharmacy, site, period, by, at.on, head)


def _read(
    at: "Desk",
    name: Register,
    kind: _Kind,
    period: "Period",
    take: "Callable[[Connection, Person, Iterator[Any]], Result]",
) -> Result:
    """What `take` makes of the lines, which come one at a time; those whom they name are noted."""
    met: set[int] = set()

    def work(db: "Connection", by: "Person") -> "Disclosed[Result]":
        from dispensary.reports.disclosed import Disclosed

        taken = take(db, by, _meeting(kind.rows(db, by.site_id, period, at.on), met))
        return Disclosed(taken, frozenset(met))

    if kind.reads_patients:
        return at.read_records(f"audit register {name}", work, kind.act)
    with at.reading(kind.act) as (db, by):
        return work(db, by).shown


def _meeting(rows: Iterable[Any], met: set[int]) -> Iterator[Any]:
    from dispensary.rules.numbers import Record, parse_number

    for row in rows:
        patient = getattr(row, "patient", None)
        if patient is not None and patient.startswith(Record.PATIENT):
            met.add(parse_number(Record.PATIENT, patient.split()[0]))
        yield row


def _kind(name: Register) -> _Kind:
    shown: tuple[str, ...]
    if name is Register.OVERRIDES:
        from dispensary.reports.audit.override_register import OverrideRow, override_register

        shown = ("local", "by", "number", "patient", "product", "code", "reason")
        return _Kind(Act.READ_RECIPIENTS, OverrideRow, shown, override_register)
    if name is Register.RECALL:
        from dispensary.reports.audit.recall_register import RecallFileRow, recall_register

        shown = ("recall", "line", "on", "lot", "received", "on_hand", "patient", "outcome", "by", "reason")
        return _Kind(Act.READ_RECIPIENTS, RecallFileRow, shown, recall_register)
    if name is Register.ACCESS:
        from dispensary.reports.people.access import AccessLine

        shown = ("local", "user", "act", "what", "patient")
        return _Kind(Act.READ_ACCESS, AccessLine, shown, _access, reads_patients=False)
    from dispensary.reports.audit.stock_registers import RegisterRow

    dispensing = name is Register.DISPENSING
    shown = ("local", "number", *(("patient",) if dispensing else ()), "product", "lot", "units", "balance", "by")
    shown += ("second",) if dispensing else ("second", "reason")
    act = Act.READ_RECIPIENTS if dispensing else Act.READ_REPORTS
    return _Kind(act, RegisterRow, shown, _stock(name), reads_patients=dispensing)


def _stock(name: Register) -> Rows:
    from dispensary.reports.audit.stock_registers import StockRegister, stock_register

    of = StockRegister(name.value)
    return lambda db, site_id, period, on: stock_register(db, site_id, of, period, on)


def _access(db: "Connection", site_id: int, period: "Period", on: datetime) -> Iterable[Any]:
    from dispensary.reports.people.access import Wanted, access, access_lines

    return access_lines(access(db, site_id, Wanted(since=period.since, until=period.until), on))


def _page(kind: _Kind, rows: Sequence[Any]) -> str:
    from dispensary.exports.terminal import table
    from dispensary.rules.quantity import ml

    def cell(row: Any, column: str) -> object:
        value = getattr(row, column)
        if column == "units" and row.volume_ul:
            return ml(row.volume_ul)
        return value[:10] if column == "local" else value

    heads = tuple("on" if column == "local" else column.replace("_", " ") for column in kind.shown)
    return table(heads, [tuple(cell(row, column) for column in kind.shown) for row in rows])
