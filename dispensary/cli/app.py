"""The root of the command line: finds a command's module by its name and prints what is refused."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from dispensary import __version__
from dispensary.cli.desk import Desk
from dispensary.cli.output import Group, NotPrinted, fault, new_app, refuse
from dispensary.errors import NotSaved, Refused

# In the order of a day; each is imported only when it is called or listed.
COMMANDS = {
    "init": "init",
    "demo": "demo",
    "upgrade": "upgrade",
    "verify": "verify",
    "backup": "backup",
    "restore": "restore",
    "receive": "receive",
    "dispense": "dispense",
    "return": "return_",
    "vial": "vial",
    "move": "move",
    "count": "count",
    "destroy": "destroy",
    "send-back": "send_back",
    "repack": "repack",
    "label": "label",
    "stock": "stock",
    "expiring": "expiring",
    "product": "product",
    "place": "place",
    "light": "light",
    "lot": "lot",
    "recall": "recall",
    "patient": "patient",
    "prescriber": "prescriber",
    "rx": "rx",
    "report": "report",
    "audit": "audit",
    "export": "export",
    "fhir": "fhir",
    "epcis": "epcis",
    "site": "site",
    "user": "user",
    "login": "login",
    "logout": "logout",
}
_GLOBAL = {"--database": 2, "--as": 2, "--site": 2, "--pin-stdin": 1, "--standby": 1}
"""Global options, with how many words each takes."""

MOST_SHOWN = 500
"""Characters of what is said about the words of a command."""


class NotText(Refused):
    """Bytes on the command line that are no UTF-8, where a word of the books is wanted."""

    sentence = "{given} on the command line is not text in UTF-8: nothing was written; type it again."
    given: str


class Root(Group):
    """Imports a command's module when it is needed, and takes the global options anywhere on the line."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every command."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, imported."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"dispensary.cli.{COMMANDS[cmd_name]}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The global options first, wherever they were typed."""
        try:
            return super().parse_args(ctx, _global_first(args))
        except typer.TyperException as problem:
            raise _harmless(problem) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a refusal is one sentence on standard error and an exit status."""
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            if isinstance(refusal, (NotSaved, NotPrinted)) and ctx.obj.key is not None:
                refusal.retry = f"run the same command again with --key {ctx.obj.key}"
            ctx.exit(refuse(refusal, ctx.obj.format))
        except UnicodeEncodeError as problem:
            # Raised where the word meets the database, whose transaction is undone.
            ctx.exit(refuse(NotText(given=ascii(problem.object[:40])), ctx.obj.format))
        except typer.TyperException as problem:
            raise _harmless(problem) from None
        except (typer.Exit, typer.Abort, BrokenPipeError, EOFError):
            raise
        except Exception as problem:
            # Never as it is: its message, and what stood in variables on its way, may be a patient's.
            raise SystemExit(self._fault(problem, ctx.obj)) from problem

    @staticmethod
    def _fault(problem: Exception, at: Desk | None) -> int:
        told = fault(problem)
        if at is not None and at.key is not None:
            told.retry = f"run the same command again with --key {at.key}"
        return refuse(told, at.format if at is not None else "table")


def _harmless(problem: typer.TyperException) -> typer.TyperException:
    """What is wrong with the words of a command, with nothing in it that acts on a terminal."""
    from dispensary.exports.terminal import harmless

    message = harmless(getattr(problem, "message", ""))
    problem.message = message if len(message) <= MOST_SHOWN else f"{message[:MOST_SHOWN]}..."
    return problem


def _global_first(args: list[str]) -> list[str]:
    first, rest = [], list(args)
    end = rest.index("--") if "--" in rest else len(rest)
    i = 0
    while i < end:
        width = _GLOBAL.get(rest[i], 1 if rest[i].startswith(tuple(f"{name}=" for name in _GLOBAL)) else 0)
        if width and i + width <= end:
            first += rest[i : i + width]
            del rest[i : i + width]
            end -= width
        else:
            i += 1
    return first + rest


app = new_app(cls=Root, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dispensary {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            envvar="DISPENSARY_DATABASE",
            metavar="URL",
            help="sqlite:///FILE, a file, or postgresql://... [default: a file in your data folder]",
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--as", envvar="DISPENSARY_USER", metavar="USER", help="Who acts. [default: who is logged in, or you]"
        ),
    ] = None,
    site: Annotated[
        str | None,
        typer.Option("--site", envvar="DISPENSARY_SITE", metavar="SITE", help="At which site. [default: your own]"),
    ] = None,
    pin_stdin: Annotated[
        bool, typer.Option("--pin-stdin", help="Take PINs from standard input, a line each, as they are asked for.")
    ] = False,
    standby: Annotated[
        bool, typer.Option("--standby", help="Read at a standby of the server, where one answers.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,  # noqa: ARG001
) -> None:
    """Stock book and dispensing desk for injectable vitamin B12."""
    context.obj = Desk(database, user, site, pin_stdin=pin_stdin, standby=standby)
    context.call_on_close(context.obj.close)


def main() -> None:
    """Run the command line."""
    import atexit
    import gc
    import logging
    import warnings

    # The memory goes back with the process: to look for cycles in it would be a tenth of a cold command.
    atexit.register(gc.disable)
    # Libraries say what went wrong to standard error as well, a driver with the values that it had in hand.
    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Closed by whoever started it, a scheduler for one: nobody is asked, and what is said goes nowhere, and
            # into no other file.
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
        # A terminal that cannot show a letter shows its number; nothing fails after the work is done.
        if mode == "w":
            getattr(sys, name).reconfigure(errors="backslashreplace")
    app(prog_name="dispensary")
