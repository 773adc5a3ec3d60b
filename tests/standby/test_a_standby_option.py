"""`--standby`: what a command reads comes from the standby, what it writes goes to the primary."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from dispensary import database
from dispensary.cli import context
from tests.build import NOW, a_lot
from tests.cli.counter import Counter


@pytest.fixture
def read_at(monkeypatch):
    """Where each reading was: True for the standby."""
    heard = []
    reading = database.reading

    @contextmanager
    def noted(engine):
        with reading(engine) as db:
            heard.append(db.execute(text("SELECT pg_is_in_recovery()")).scalar_one())
            yield db

    monkeypatch.setattr(database, "reading", noted)
    return heard


@pytest.fixture
def counter(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("DISPENSARY_USER", "alex")
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    monkeypatch.setattr(context, "now", lambda timezone: NOW)
    at = Counter(tmp_path)
    at.done("init", "--yes")
    return at


@pytest.mark.parametrize(
    "words",
    [("verify",), ("audit", "verify"), ("audit", "export", "--out", "x.jsonl"), ("report", "trace", "A1")],
)
def test_commands_read_where_they_are_told(counter, shop, read_at, words):
    a_lot(shop)
    assert counter(*words).status in (0, 4)
    assert not any(read_at)
    read_at.clear()
    if "--out" in words:
        words = (*words, "--force")
    assert counter(*words, "--standby").status in (0, 4)
    # The schema and what is shown.
    assert read_at.count(True) >= 2
