"""Asking for PINs and badges: at the terminal or as lines of standard input, never as words of a command."""

import sys

import typer

from dispensary.errors import Refused

MOST = 4096
"""Bytes of a line, at the most."""


class NobodyToAsk(Refused):
    """There is no terminal, and no line of standard input left."""

    sentence = (
        "{what} is wanted, and nobody can be asked for it here: run it at a terminal, or give each on a line of "
        "standard input with --pin-stdin."
    )
    what: str


class Asking:
    """Where PINs come from. `from_stdin` takes the next line of standard input for each."""

    def __init__(self, *, from_stdin: bool) -> None:
        self.from_stdin = from_stdin

    @property
    def possible(self) -> bool:
        """Whether there is anybody, or anything, to ask."""
        from dispensary.cli.context import interactive

        return self.from_stdin or interactive()

    def secret(self, what: str, *, twice: bool = False) -> str:
        """What is not to be seen, typed twice at a terminal where it is new; raises NobodyToAsk."""
        return self._ask(what, hidden=True, twice=twice)

    def name(self) -> str:
        """Who somebody is, by a name that may be seen or a badge; raises NobodyToAsk."""
        return self._ask("Name, or scan the badge", hidden=False, twice=False)

    def _ask(self, what: str, *, hidden: bool, twice: bool) -> str:
        if not self.possible:
            raise NobodyToAsk(what=what)
        if not self.from_stdin:
            typed: str = typer.prompt(what, hide_input=hidden, confirmation_prompt=twice, err=True)
            return typed
        # As bytes, of which none is refused: what is no UTF-8 is a wrong PIN like any other.
        line = sys.stdin.buffer.readline(MOST)
        if not line:
            raise NobodyToAsk(what=what)
        return line.decode("utf-8", "surrogateescape").rstrip("\r\n")
