"""What commands print: receipts and rows as a table, JSON or CSV, and refusals."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from dispensary.errors import NotSaved, Refused

if TYPE_CHECKING:
    from dispensary.cli.desk import Desk


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def _remember(context: typer.Context, chosen: Format) -> Format:
    desk(context).format = chosen
    return chosen


FormatOption = Annotated[
    Format, typer.Option("--format", help="How to print the result.", callback=_remember, is_eager=True)
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Request key: the same key gives the same receipt. [default: a new one]"),
]

ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is recorded.")]


class Group(TyperGroup):
    """Commands, of which the help tells each in a whole sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Wrapped to the width, where Typer cuts."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(sys.maxsize)) for name, each in found if each])


def new_app(cls: type[TyperGroup] = Group, **settings: Any) -> typer.Typer:
    """An application or a sub-command: plain help, no completion, errors as they are."""
    return typer.Typer(
        cls=cls,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


def desk(context: typer.Context) -> "Desk":
    """The desk that the command is run with."""
    found: Desk = context.find_root().obj
    return found


def request_key(context: typer.Context, given: str | None) -> str:
    """The request key that was given, checked, or a new one; a failure names it, so that it can be used again."""
    from dispensary.cli.context import random_key
    from dispensary.rules.text import clean_key

    key = random_key() if given is None else clean_key(given)
    desk(context).key = key
    return key


class NotPrinted(Refused):
    """The work is done and its result could not be shown (exit status 4)."""

    exit_status = 4
    sentence = "The work is done and its result could not be printed ({problem}); {retry} to see it again."
    problem: str
    retry: str = "run the same command again"


class ProgramFault(NotSaved):
    """Something that nobody foresaw (exit status 3); it names places of the program, and nothing that they held.

    The message of an exception and the values on its way may be a patient's.
    """

    sentence = (
        "The program has a fault ({problem} in {where}): it is not known whether anything was saved; "
        "{retry}, and report the fault with its places."
    )
    where: str
    places: tuple[str, ...]


def fault(problem: BaseException) -> ProgramFault:
    """The fault that the exception is: its type, and the modules, lines and functions that it went through."""
    places, step = [], problem.__traceback__
    while step is not None:
        frame = step.tb_frame
        places.append(f"{frame.f_globals.get('__name__', '?')}:{step.tb_lineno} {frame.f_code.co_qualname}")
        step = step.tb_next
    own = [place for place in places if place.startswith("dispensary.")]
    return ProgramFault(problem=type(problem).__name__, where=(own or ["?"])[-1], places=tuple(places[-MOST_PLACES:]))


MOST_PLACES = 40
"""The innermost ones; endless recursion has a thousand."""


def say(text: str, end: str = "\n") -> None:
    """Print lines, in which nothing acts; a reader that has gone away (`| head`) ends the printing, not the work."""
    from dispensary.exports.terminal import harmless

    try:
        sys.stdout.write(harmless(text) + end)
        sys.stdout.flush()
    except OSError as problem:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(problem, BrokenPipeError):
            raise NotPrinted(problem=problem.strerror or str(problem)) from None


def show(chosen: Format, document: object, rows: Sequence[object], text: str) -> None:
    """Print the result: `document` as JSON, `rows` as CSV, or `text`."""
    if chosen is Format.TABLE:
        say(text)
        return
    if chosen is Format.JSON:
        from dispensary.exports.json_text import document as as_json

        say(as_json(document).rstrip("\n"))
        return
    from dispensary.exports.csv_text import table

    say(table(rows).rstrip("\r\n"))


# What is refused was not done; what was not saved may be tried again; the rest is done, and somebody must see to it.
_NEWS = {3: "Not saved", 4: "Attention"}


def refuse(refusal: Refused, chosen: str) -> int:
    """Print the refusal on standard error, as a sentence or as JSON; returns the exit status."""
    if chosen == Format.JSON:
        from dispensary.exports.json_text import document as as_json

        error: Mapping[str, object] = {"code": refusal.code, "message": str(refusal), **refusal.facts}
        print(as_json({"error": error}), file=sys.stderr)  # noqa: T201
    else:
        from dispensary.exports.terminal import wrapped

        print(wrapped(f"{_NEWS.get(refusal.exit_status, 'Refused')}: {refusal}"), file=sys.stderr)  # noqa: T201
        if isinstance(refusal, ProgramFault):
            print("\n".join(f"  {place}" for place in refusal.places), file=sys.stderr)  # noqa: T201
    return refusal.exit_status
