"""What only one place may touch: the migrations, the canvas, the clock, chance and the environment."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dispensary

PACKAGE = Path(dispensary.__file__).parent

ALEMBIC = ("alembic",)
CANVAS = ("reportlab.pdfgen",)
# By the full name: `from datetime import datetime` makes `datetime.now` the first of these.
OUTSIDE = (
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time", "random", "secrets", "uuid", "getpass",
    "os.environ", "os.environb", "os.getenv", "os.getlogin", "os.urandom",
)  # fmt: skip


def uses(source: str) -> Iterator[str]:
    """The full name of all that the source imports, or takes from what it has imported under whatever name."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield each.name
                known[each.asname or each.name.split(".")[0]] = each.name if each.asname else each.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                known[each.asname or each.name] = f"{node.module}.{each.name}"
                yield f"{node.module}.{each.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, dot, rest = ast.unparse(node).partition(".")
            if first in known:
                yield f"{known[first]}{dot}{rest}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module"):
            yield ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else ""


@cache
def used_by(source: str) -> frozenset[str]:
    return frozenset(uses(source))


def banned(source: str, names: tuple[str, ...]) -> set[str]:
    """The names among these that the source uses, or parts of them."""
    return {name for used in used_by(source) for name in names if used == name or used.startswith(f"{name}.")}


def users(names: tuple[str, ...]) -> set[str]:
    """The files of the program that use any of the names."""
    files = PACKAGE.rglob("*.py")
    return {str(file.relative_to(PACKAGE)) for file in files if banned(file.read_text(encoding="utf-8"), names)}


def test_only_the_owners_acts_run_migrations():
    assert users(ALEMBIC) == {"ownership.py"}


def test_only_labelling_draws_on_a_canvas():
    found = users(CANVAS)
    assert found
    assert {Path(file).parts[0] for file in found} == {"labelling"}


def test_only_the_context_of_a_command_reads_clock_chance_and_environment():
    assert users(OUTSIDE) == {"cli/context.py"}


@pytest.mark.parametrize(
    ("names", "source"),
    [
        (ALEMBIC, "import alembic"),
        (ALEMBIC, "def late():\n    from alembic.config import Config"),
        (ALEMBIC, "import alembic.command as run"),
        (ALEMBIC, "__import__('alembic')"),
        (CANVAS, "from reportlab.pdfgen import canvas"),
        (CANVAS, "from reportlab.pdfgen.canvas import Canvas"),
        (CANVAS, "from reportlab import pdfgen"),
        (CANVAS, "import reportlab\nreportlab.pdfgen.canvas.Canvas('x.pdf')"),
        (OUTSIDE, "from datetime import datetime\ndatetime.now()"),
        (OUTSIDE, "import datetime\ndatetime.datetime.now(datetime.UTC)"),
        (OUTSIDE, "from datetime import datetime as moment\nmoment.now()"),
        (OUTSIDE, "import datetime as dt\nclock = dt.datetime.now"),
        (OUTSIDE, "from datetime import date\ndate.today()"),
        (OUTSIDE, "import time"),
        (OUTSIDE, "from time import sleep"),
        (OUTSIDE, "if True:\n    import random"),
        (OUTSIDE, "from secrets import token_hex"),
        (OUTSIDE, "import os\nos.environ['USER']"),
        (OUTSIDE, "from os import environ"),
        (OUTSIDE, "import os\nos.getenv('USER')"),
        (OUTSIDE, "import getpass"),
    ],
)
def test_a_planted_breach_is_found(names, source):
    assert banned(source, names)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import date, datetime, time\ndatetime.combine(date(2026, 11, 21), time())",
        "import os\nos.fsync(0)",
        "import tempfile\ntempfile.mkstemp()",
        "from reportlab.platypus import Paragraph",
        "import timeit_of_somebody",
        "def now():\n    return datetime.now",
    ],
)
def test_what_only_looks_like_a_breach_is_not_found(source):
    assert not banned(source, (*ALEMBIC, *CANVAS, *OUTSIDE))
