"""The root of the command line: finds a command's module by its name and prints what is refused."""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from dispensary import __version__
from dispensary.cli.context import Desk
from dispensary.cli.output import NotPrinted, new_app, refuse
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
    "user": "user",
}
_GLOBAL = ("--database", "--as")


class NotText(Refused):
    """Bytes on the command line that are no UTF-8, where a word of the books is wanted."""

    sentence = "{given} on the command line is not text in UTF-8: nothing was written; type it again."
    given: str


class Root(TyperGroup):
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
        return super().parse_args(ctx, _global_first(args))

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


def _global_first(args: list[str]) -> list[str]:
    first, rest = [], list(args)
    end = rest.index("--") if "--" in rest else len(rest)
    i = 0
    while i < end:
        width = 2 if rest[i] in _GLOBAL else 1 if rest[i].startswith(tuple(f"{name}=" for name in _GLOBAL)) else 0
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
        typer.Option("--as", envvar="DISPENSARY_USER", metavar="USER", help="Who acts. [default: you]"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,  # noqa: ARG001
) -> None:
    """Stock book and dispensing desk for injectable vitamin B12."""
    context.obj = Desk(database, user)
    context.call_on_close(context.obj.close)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter shows its number; nothing fails after the work is done.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="dispensary")
