"""URLs, pragmas, transactions that wait or are decided anew, and what a database may turn out to be."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import Engine, exc, insert, select, text

from dispensary import database, ownership
from dispensary.database import NoPharmacy, NotADatabase, OtherSchema, parse_url, shown
from dispensary.errors import Contended, NotSaved, Refused
from dispensary.schema.people import site
from tests.build import a_lot
from tests.owning import past


def an_engine(database_file: Path | str, pause=lambda: None) -> Engine:
    return database.open_engine(parse_url(str(database_file)), pause)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("/tmp/a.db", "/tmp/a.db"),
        ("a b.db", "a b.db"),
        ("~/a.db", str(Path.home() / "a.db")),
        ("sqlite:////tmp/a.db", "/tmp/a.db"),
        ("sqlite:///a.db", "a.db"),
        ("postgresql://host/name", "postgresql://host/name"),
        ("postgres://u@host:5433/name", "postgresql://u@host:5433/name"),
        ("postgresql+psycopg://u:hunter2@host/name", "postgresql://u:***@host/name"),
        ("postgresql://u:hunter2@host/name?sslmode=require", "postgresql://u:***@host/name?sslmode=require"),
        ("postgresql://u@host/name?password=hunter2", "postgresql://u@host/name"),
        ("postgresql://u@host/name?sslpassword=hunter2&port=5", "postgresql://u@host/name?port=5"),
    ],
)
def test_a_database_is_named_without_its_password(given, said):
    assert shown(parse_url(given)) == said


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("mysql://u:hunter2@h/db", "mysql://... is not a dispensary database (only sqlite:///FILE and "
         "postgresql:// are known): name another with --database."),
        ("postgresql+asyncpg://u:hunter2@h/db", "postgresql+asyncpg://... is not a dispensary database (only "
         "sqlite:///FILE and postgresql:// are known): name another with --database."),
        ("sqlite://", "sqlite:// is not a dispensary database (only sqlite:///FILE and postgresql:// are known): "
         "name another with --database."),
        ("sqlite:///:memory:", ":memory: is not a dispensary database (only sqlite:///FILE and postgresql:// are "
         "known): name another with --database."),
        ("postgresql://u:hunter2@h:x/db", "postgresql://... is not a dispensary database (it is not a valid URL): "
         "name another with --database."),
        ("postgresql://u:hun@ter2@h/db", "postgresql://... is not a dispensary database (an @ in its password is "
         "written as %40): name another with --database."),
        ("://", "://... is not a dispensary database (it is not a valid URL): name another with --database."),
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_without_its_password(given, sentence):
    with pytest.raises(NotADatabase) as refused:
        parse_url(given)
    assert str(refused.value) == sentence
    assert "hun" not in sentence


@pytest.mark.parametrize("writes", [False, True])
def test_every_connection_has_its_pragmas(tmp_path, writes):
    engine = an_engine(tmp_path / "a.db")
    durable = ("wal", 2) if sqlite3.sqlite_version_info >= (3, 51, 3) else ("delete", 3)
    expected = {
        "busy_timeout": 10000,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "journal_mode": durable[0],
        "synchronous": durable[1],
    }

    def pragmas(db):
        return {name: db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}

    if writes:
        assert database.transaction(engine, pragmas) == expected
    else:
        with database.reading(engine) as db:
            assert pragmas(db) == expected
    engine.dispose()


def test_pragmas_hold_in_the_process_that_upgraded(tmp_path):
    engine = an_engine(tmp_path / "a.db")
    ownership.upgrade(engine)
    with database.reading(engine) as db:
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_a_write_begins_by_taking_the_file(tmp_path):
    pauses = []
    first, second = an_engine(tmp_path / "a.db"), an_engine(tmp_path / "a.db", lambda: pauses.append(other()))

    def other():
        # The first counter ends its work at the third pause.
        if len(pauses) == 2:
            holding.commit()

    with first.connect().execution_options(writes=True) as db:
        holding = db.begin()
        assert database.transaction(second, lambda db: "done") == "done"
    assert len(pauses) == 3
    first.dispose()
    second.dispose()


def test_a_reader_does_not_hold_a_writer_up_at_its_start(tmp_path):
    pauses = []
    engine = an_engine(tmp_path / "a.db", lambda: pauses.append("waited"))
    database.transaction(engine, lambda db: db.execute(text("CREATE TABLE t (x)")))
    with database.reading(engine) as db:
        db.execute(text("SELECT * FROM t"))
        with engine.connect().execution_options(writes=True) as writer, writer.begin() as begun:
            # The file is taken for writing, beside the reader.
            other = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            other.close()
            begun.rollback()
    assert pauses == []
    engine.dispose()


def test_a_file_that_stays_taken_is_not_saved(tmp_path):
    engine = an_engine(tmp_path / "a.db")
    holder = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotSaved) as refused:
        database.transaction(engine, lambda db: None)
    assert str(refused.value) == (
        "The database did not answer (database is locked): it is not known whether "
        "anything was saved; run the same command again."
    )
    holder.close()
    assert database.transaction(engine, lambda db: db.exec_driver_sql("PRAGMA busy_timeout").scalar()) == 10000
    engine.dispose()


def test_contended_work_is_decided_anew_and_leaves_nothing(shop):
    tries = []

    def work(db):
        tries.append(db.execute(select(site.c.name)).scalars().all())
        db.execute(insert(site).values(name="Twice?", origin="twice"))
        if len(tries) < 3:
            raise Contended
        return "done"

    assert shop.write(work) == "done"
    assert tries == [["Corner Pharmacy"]] * 3
    assert shop.read(lambda db: db.execute(select(site.c.name)).scalars().all()) == ["Corner Pharmacy", "Twice?"]


def test_work_that_is_always_contended_is_not_saved(shop, monkeypatch):
    monkeypatch.setattr(database, "ATTEMPTS", 5)
    tries = []

    def work(db):
        tries.append(db)
        raise Contended

    with pytest.raises(NotSaved) as refused:
        shop.write(work)
    assert str(refused.value).startswith("The database did not answer (other counters were always first): ")
    assert len(tries) == 5


def test_a_broken_constraint_is_tried_again_and_then_a_fault(shop):
    tries = []

    def work(db):
        tries.append(len(tries))
        db.execute(insert(site).values(name="Again", origin="again" if len(tries) == 2 else "test-origin"))
        return "done"

    assert shop.write(work) == "done"
    assert tries == [0, 1]

    def always(db):
        tries.append(len(tries))
        db.execute(insert(site).values(name="Again", origin="test-origin"))

    with pytest.raises(exc.IntegrityError):
        shop.write(always)
    assert len(tries) == 2 + database.CLASHES


def test_a_refusal_leaves_nothing(shop):
    class Enough(Refused):
        sentence = "Enough."

    def work(db):
        db.execute(insert(site).values(name="Never", origin="never"))
        raise Enough

    with pytest.raises(Enough):
        shop.write(work)
    assert shop.read(lambda db: db.execute(select(site.c.name)).scalars().all()) == ["Corner Pharmacy"]


def test_a_fault_of_the_program_leaves_nothing_and_is_not_hidden(shop):
    def work(db):
        db.execute(insert(site).values(name="Never", origin="never"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.write(work)
    assert shop.read(lambda db: db.execute(select(site.c.name)).scalars().all()) == ["Corner Pharmacy"]


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_postgresql_asks_to_repeat_is_repeated(shop, state):
    if shop.engine.dialect.name == "sqlite":
        assert not database._worth_repeating(exc.OperationalError("", None, sqlite3.OperationalError("locked")))
        return
    tries = []

    def work(db):
        tries.append(db)
        if len(tries) == 1:
            db.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{state}'; END $$"))
        return "done"

    assert shop.write(work) == "done"
    assert len(tries) == 2


def test_reading_writes_nothing(shop):
    def write(db):
        db.execute(insert(site).values(name="Never", origin="never"))

    if shop.engine.dialect.name == "postgresql":
        with pytest.raises(NotSaved, match="read-only transaction"):
            shop.read(write)
    else:
        shop.read(write)
    assert shop.read(lambda db: db.execute(select(site.c.name)).scalars().all()) == ["Corner Pharmacy"]


def test_reading_sees_one_moment(shop):
    if shop.engine.dialect.name == "sqlite":
        # A rollback journal lets no writer end while somebody reads: there is nothing to see.
        return
    a_lot(shop, units=10)
    with database.reading(shop.engine) as db:
        before = db.execute(text("SELECT sum(units) FROM balance")).scalar()
        a_lot(shop, lot="B2", units=5)
        assert db.execute(text("SELECT sum(units) FROM balance")).scalar() == before == 10


def refusal(engine: Engine) -> Refused:
    with pytest.raises(Refused) as refused:
        database.check_schema(engine)
    engine.dispose()
    return refused.value


def test_this_programs_schema_is_accepted(shop):
    database.check_schema(shop.engine)
    assert database.schema_of(shop.engine) == database.SCHEMA


def test_a_missing_file_is_no_pharmacy_and_is_not_made(tmp_path):
    found = refusal(an_engine(tmp_path / "none.db"))
    assert isinstance(found, NoPharmacy)
    assert str(found) == f"There is no pharmacy at {tmp_path}/none.db: create it with `dispensary init`."
    assert not (tmp_path / "none.db").exists()


def test_an_empty_file_is_no_pharmacy(tmp_path):
    (tmp_path / "empty.db").touch()
    assert isinstance(refusal(an_engine(tmp_path / "empty.db")), NoPharmacy)


def test_a_folder_is_not_a_database(tmp_path):
    assert str(refusal(an_engine(tmp_path))) == (
        f"{tmp_path} is not a dispensary database (it is a folder): name another with --database."
    )


def test_a_text_file_is_not_a_database_and_stays_as_it_is(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("a shopping list\n" * 100)
    assert str(refusal(an_engine(file))) == (
        f"{file} is not a dispensary database (file is not a database): name another with --database."
    )
    engine = an_engine(file)
    for work in (lambda: database.transaction(engine, lambda db: None), lambda: ownership.upgrade(engine)):
        with pytest.raises(NotADatabase):
            work()
    engine.dispose()
    assert file.read_text() == "a shopping list\n" * 100


def test_somebody_elses_tables_are_not_a_database(shop):
    past(shop, lambda db: db.execute(text("DROP TABLE alembic_version")))
    assert str(refusal(shop.engine)) == (
        f"{shown(shop.engine.url)} is not a dispensary database (it holds other tables): name another with --database."
    )


def test_several_versions_at_once_are_not_a_database(shop):
    past(shop, lambda db: db.execute(text("INSERT INTO alembic_version (version_num) VALUES ('77')")))
    assert isinstance(refusal(shop.engine), NotADatabase)


@pytest.mark.parametrize(
    ("version", "way_out"),
    [
        ("0000", "run `dispensary upgrade`, after a backup"),
        ("9999", "use the newer program that wrote it"),
    ],
)
def test_another_schema_is_refused_with_what_mends_it(shop, version, way_out):
    past(shop, lambda db: db.execute(text(f"UPDATE alembic_version SET version_num = '{version}'")))
    found = refusal(shop.engine)
    assert isinstance(found, OtherSchema)
    assert str(found) == (
        f"{shown(shop.engine.url)} has schema {version} and this program needs {database.SCHEMA}: {way_out}."
    )


def test_a_server_that_is_down_is_not_saved_and_shows_no_password():
    engine = an_engine("postgresql://u:hunter2@127.0.0.1:1/pharmacy")
    found = refusal(engine)
    assert isinstance(found, NotSaved)
    assert "Connection refused" in str(found)
    assert "hunter2" not in str(found)


def test_what_was_asked_stays_out_of_the_engines_words(shop):
    def work(db):
        db.execute(text("SELECT nothing FROM site WHERE name = :name"), {"name": "Kari Nordmann"})

    with pytest.raises(NotSaved) as refused:
        shop.write(work)
    assert "Kari" not in str(refused.value)


def test_a_file_that_may_only_be_read_is_not_saved(sqlite_template):
    engine = an_engine(f"sqlite:///file:{sqlite_template}?mode=ro&uri=true")
    with pytest.raises(NotSaved) as refused:
        database.transaction(engine, lambda db: db.execute(insert(site).values(name="Never", origin="never")))
    assert str(refused.value) == (
        "The database did not answer (attempt to write a readonly database): it is not known whether "
        "anything was saved; run the same command again."
    )
    engine.dispose()


FILL_THE_DISK = """
    import resource, sys
    from sqlalchemy import text
    from dispensary import database
    from dispensary.errors import NotSaved

    engine = database.open_engine(database.parse_url(sys.argv[1]), pause=lambda: None)
    size = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        for key in range(10_000):
            database.transaction(engine, lambda db: db.execute(text(
                "INSERT INTO request (site_id, key, kind, content, at, by_id) "
                "VALUES (1, :key, 'fill', :content, '2026-11-21 00:00:00.000000', 1)"),
                {"key": f"fill-{key}", "content": "x" * 4000}))
            print(key, flush=True)
    except NotSaved as refused:
        sys.exit(f"{refused.exit_status} {refused}")
"""


def test_a_full_disk_is_not_saved_and_loses_nothing_acknowledged(sqlite_template, tmp_path):
    file = tmp_path / "pharmacy.db"
    file.write_bytes(sqlite_template.read_bytes())
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FILL_THE_DISK), str(file), str(file.stat().st_size + 100_000)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(database.__file__).parent.parent)},
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("3 The database did not answer (")
    assert len(ran.stderr.splitlines()) == 1
    acknowledged = [f"fill-{line}" for line in ran.stdout.split()]
    assert acknowledged
    with sqlite3.connect(file) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = [key for (key,) in db.execute("SELECT key FROM request WHERE kind = 'fill' ORDER BY id")]
    db.close()
    assert kept == acknowledged
