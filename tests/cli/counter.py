"""The counter of a test: runs commands in this process and returns what they said."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from dispensary.cli.app import app
from tests.build import NOW

PROGRAM = f"""
from datetime import datetime
from zoneinfo import ZoneInfo
from dispensary.cli import context
context.now = lambda timezone: datetime.fromisoformat({NOW.isoformat()!r}).astimezone(ZoneInfo(timezone))
from dispensary.cli.app import main
main()
"""
"""The program in a process of its own, at the moment of the tests: by an earlier clock it would enter nothing."""


@dataclass
class Said:
    status: int
    out: str
    err: str


class Counter:
    """Runs commands and returns what they said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, stdin: str | bytes | None = None) -> Said:
        run = CliRunner().invoke(app, list(words), input=stdin, prog_name="dispensary")
        if run.exception is not None and not isinstance(run.exception, SystemExit):
            raise run.exception
        if run.exception is not None and run.exception.__cause__ is not None:
            # A fault of the program, which a test wants to see whole.
            raise run.exception.__cause__
        return Said(run.exit_code, run.stdout, run.stderr)

    def done(self, *words: str, stdin: str | bytes | None = None) -> str:
        said = self(*words, stdin=stdin)
        assert said.status == 0, said.err
        return said.out

    def json(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--format", "json"))

    def refused(self, *words: str, stdin: str | bytes | None = None) -> str:
        """The one sentence of a refusal, with exit status 1 and nothing on standard output."""
        said = self(*words, stdin=stdin)
        assert (said.status, said.out) == (1, ""), said
        sentence = " ".join(said.err.split())
        assert sentence.startswith("Refused: "), sentence
        assert "Traceback" not in sentence
        return sentence.removeprefix("Refused: ")
