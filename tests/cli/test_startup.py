"""What a cold start loads, and what every command says of itself."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from dispensary.cli.app import COMMANDS
from tests.cli.counter import Counter

HEAVY = ("sqlalchemy", "alembic", "reportlab", "zxingcpp", "biip", "pydantic", "rich")
TABLES = tuple(f"dispensary.schema.{name}" for name in ("compounding", "counting", "recalls", "storage"))


def loaded(code: str, of: Sequence[str] = HEAVY) -> set[str]:
    """Which of these modules the code has imported at its end."""
    probe = f"{code}\nimport sys; print(*(m for m in {of!r} if m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split()) if run.stdout.strip() else set()


def test_the_command_line_loads_no_heavy_library():
    assert loaded("import dispensary.cli.app") == set()


def test_listing_the_commands_loads_no_heavy_library():
    listing = "from dispensary.cli.app import app\ntry: app(['--help'])\nexcept SystemExit: pass"
    assert loaded(listing) == set()


def test_labelling_loads_reportlab_only_to_draw():
    assert "reportlab" not in loaded("import dispensary.labelling.wording, dispensary.reports.labels.reading")


def test_the_counter_loads_no_tables_that_it_does_not_read():
    assert loaded("import dispensary.reports.stock.stock", [*TABLES, "dispensary.schema.prescribing"]) == set()
    filling = "import dispensary.services.prescribing.dispense, dispensary.reports.labels.reading"
    assert loaded(filling, TABLES) == set()
    assert loaded("import dispensary.schema.whole", TABLES) == set(TABLES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_within_80_columns(command, empty: Counter):
    helped = empty.done(command, "--help")
    assert len(helped.splitlines()) > 4
    assert all(len(line) <= 80 for line in helped.splitlines())


@pytest.mark.parametrize("words", [(), *((command,) for command in COMMANDS)])
def test_every_listed_command_is_told_in_a_whole_sentence(empty: Counter, words):
    _, _, listed = empty.done(*words, "--help").partition("Commands:")
    assert "..." not in listed
    assert all(len(line) <= 80 for line in listed.splitlines())
    assert words or listed.count("\n") > len(COMMANDS)
