"""Nothing that is there is overwritten by a restore."""

import os
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from dispensary import database
from dispensary.backups.restoring import DatabaseThere
from tests.backups.backed_up import listing, no_pause, restored
from tests.build import admin, server_uri
from tests.refusing import refused


def test_a_database_that_is_there_stays(saved, elsewhere):
    assert restored(saved, elsewhere).ok
    with pytest.raises(DatabaseThere, match="nothing was restored"):
        restored(saved, elsewhere)


@pytest.mark.parametrize("name", ["x.db", "x.db-journal", "x.db-wal", "x.db-shm"])
def test_a_file_that_is_there_or_would_be_played_in_stays(saved, here, name):
    Path(name).write_bytes(b"precious")
    refused(DatabaseThere, lambda: restored(saved, "sqlite:///x.db"))
    assert Path(name).read_bytes() == b"precious"
    Path(name).unlink()
    Path(name).symlink_to("nowhere")
    refused(DatabaseThere, lambda: restored(saved, "sqlite:///x.db"))
    assert listing(here) == sorted(["b", name])


def test_somebody_elses_tables_stay(saved, postgres_server):
    admin(postgres_server, "CREATE DATABASE theirs")
    uri = server_uri(postgres_server, "theirs")
    try:
        engine = database.open_engine(database.parse_url(uri), no_pause)
        with engine.begin() as db:
            db.execute(text("CREATE TABLE mine (x integer)"))
        with pytest.raises(DatabaseThere, match="it holds tables"):
            restored(saved, uri)
        with engine.connect() as db:
            assert inspect(db).get_table_names() == ["mine"]
        engine.dispose()
    finally:
        admin(postgres_server, "DROP DATABASE theirs WITH (FORCE)")


def test_a_database_that_appears_meanwhile_stays(saved, monkeypatch):
    link = os.link
    monkeypatch.setattr(os, "link", lambda *given: Path("x.db").write_bytes(b"theirs") and link(*given))
    refused(DatabaseThere, lambda: restored(saved, "sqlite:///x.db"))
    assert Path("x.db").read_bytes() == b"theirs"
