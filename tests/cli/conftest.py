"""A counter: the command line in this process, on a database of each engine, at a fixed moment."""

import shutil
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.pharmacy_files import written
from tests.build import NOW
from tests.cli.counter import Counter


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter in an empty folder, without a pharmacy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("DISPENSARY_USER", "alex")
    monkeypatch.delenv("DISPENSARY_DATABASE", raising=False)
    monkeypatch.setattr(context, "now", lambda timezone: NOW)
    return Counter(tmp_path)


@pytest.fixture
def counter(empty: Counter, url: str, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter of an open pharmacy, on each engine."""
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    empty.done("init", "--yes")
    return empty


@pytest.fixture
def sqlite_counter(empty: Counter, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter of an open pharmacy in a SQLite file, for what is decided before an engine is asked."""
    file = empty.folder / "pharmacy.db"
    shutil.copy(sqlite_template, file)
    monkeypatch.setenv("DISPENSARY_DATABASE", file.name)
    settings = context.settings_of({**PLACEHOLDERS, "fnc1": ""})
    file.with_suffix(".toml").write_text(written(settings), encoding="utf-8")
    return empty
