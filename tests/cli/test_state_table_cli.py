"""The table state x operation, cell by cell, by every command that leads to it."""

import shlex
import shutil
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.rules.shelf import ALLOWED
from tests.refusing import everything, nothing_written
from tests.state_table import CELLS, SqliteOf, cells, opened_again, require_done


@pytest.fixture(scope="module")
def sqlite_of(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteOf:
    return SqliteOf(sqlite_template, tmp_path_factory.mktemp("states"))


@pytest.fixture
def shop(state, sqlite_of, sqlite_counter, monkeypatch):
    """The pharmacy of the counter, when its lot is in the state."""
    file, made = sqlite_of(state)
    copy = sqlite_counter.folder / "pharmacy.db"
    shutil.copy(file, copy)
    monkeypatch.setattr(context, "now", lambda timezone: made.on)
    yield from opened_again(f"sqlite:///{copy}", made)


@cells(CELLS)
def test_each_command_does_what_the_table_allows_and_nothing_else(sqlite_counter, shop, state, way):
    words = shlex.split(way.command)
    if ALLOWED[state, way.operation]:
        require_done(shop, way, lambda: sqlite_counter.done(*words))
        return
    sentence = str(nothing_written(shop, way.kind(state), lambda: way.service(shop)))
    before = everything(shop)
    assert sqlite_counter.refused(*words) == sentence
    assert everything(shop) == before
