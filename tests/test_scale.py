"""The generated history is one that the program itself could have written, and what is measured on it does its work."""

import json
from contextlib import closing
from datetime import date
from functools import partial

import psycopg
import pytest
from sqlalchemy import event, func, select, text

from benchmarks import pharmacy
from benchmarks.scale import __main__ as bench
from benchmarks.scale import days, history, today
from benchmarks.scale.__main__ import Line, Run, growth, measured, table
from benchmarks.scale.books import Databases, Files
from benchmarks.scale.floors import FLOORS, Rows
from benchmarks.server import Server
from dispensary import database, lookup
from dispensary.reports.verify import verify
from dispensary.schema.prescribing import dispense as fills
from dispensary.schema.prescribing import prescription
from dispensary.schema.stock import balance, movement
from dispensary.schema.trust import head
from dispensary.services.prescribing.dispense import Order, dispense
from tests.build import NOW, admin, server_uri

DAYS = 12


@pytest.fixture
def little(monkeypatch):
    """Days of 20 fills, after which patients come back soon and need a new prescription sooner."""
    for name, least in {"FILLS_A_DAY": 20, "DELIVERIES": 4, "PERIOD": 8, "FILLS_OF_RX": 1}.items():
        monkeypatch.setattr(days, name, least)
    monkeypatch.setattr(history, "MOVEMENTS_A_DAY", 1000)


@pytest.fixture
def sqlite_url(little, tmp_path):
    return f"sqlite:///{tmp_path}/history.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, little, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/history.db"
        return
    uri = request.getfixturevalue("postgres_server")
    admin(uri, "CREATE DATABASE history")
    yield server_uri(uri, "history")
    admin(uri, "DROP DATABASE history WITH (FORCE)")


def written(url, seed=1):
    return history.write(url, movements=DAYS * 1000, seed=seed, until=NOW, told=lambda line: None)


def test_verify_holds_for_a_history_and_the_program_goes_on_from_it(url):
    filled = written(url)
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        assert verify(db).ok, verify(db)
        assert filled.days == DAYS
        assert filled.fills == DAYS * 20 == db.execute(select(func.count()).select_from(fills)).scalar_one()
        assert filled.events == db.execute(select(head.c.sequence)).scalar_one()
        # A delivery of fourteen products by the program itself came last.
        there = db.execute(select(func.count()).select_from(movement)).scalar_one()
        assert filled.movements == there - 14 * history.ON_HAND
        assert filled.patients == 8 * 20
        # Whoever came back has a new prescription.
        assert db.execute(select(func.count()).select_from(prescription)).scalar_one() == DAYS * 20
        # What is left over night of each of four products, and what came last.
        left = db.execute(select(func.sum(balance.c.units))).scalar_one()
        assert left == 4 * days.LEFT + 14 * history.ON_HAND * 400
        by = lookup.person(db, pharmacy.USER)
        last_day = db.execute(select(func.max(fills.c.at))).scalar_one()
        assert last_day.astimezone(NOW.tzinfo).date() == date(2026, 11, 20)
    (rx,) = today.prescriptions(url, 1)
    order = Order("one more", rx)
    done = database.transaction(
        engine, partial(dispense, order=order, practice=pharmacy.PRACTICE, on=pharmacy.NOW, by=by)
    )
    assert done.dispense == f"D{DAYS * 20 + 1}"
    with database.reading(engine) as db:
        assert verify(db).ok
    engine.dispose()


def looked_at(plan):
    """The rows that a plan and what is under it looked at, among them those that did not fit."""
    removed = sum(count for what, count in plan.items() if what.startswith("Rows Removed by"))
    here = plan["Actual Loops"] * (plan["Actual Rows"] + removed)
    return here + sum(looked_at(each) for each in plan.get("Plans", ()))


def test_no_check_of_a_server_looks_at_all_movements_for_each_lot(little, postgres_server):
    """A plan for the first few differences does so, since where nothing differs they are never found."""
    admin(postgres_server, "CREATE DATABASE looked_at")
    url = server_uri(postgres_server, "looked_at")
    filled = written(url)
    engine = pharmacy.engine_at(url)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    with database.reading(engine) as db:
        assert verify(db).ok
    checks = [(statement, given) for statement, given in asked if statement.startswith("WITH found AS MATERIALIZED")]
    with psycopg.connect(url) as server:
        explained = [
            server.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", given).fetchone()
            for statement, given in checks
        ]
    most = max(looked_at(plans[0]["Plan"]) for (plans,) in explained)
    engine.dispose()
    admin(postgres_server, "DROP DATABASE looked_at WITH (FORCE)")
    assert len(checks) > 20
    # All of them at every step of the plan, and not once for each lot.
    assert filled.movements < most < 30 * filled.movements


def test_the_same_seed_writes_the_same_chain_and_another_one_another(little, tmp_path):
    heads = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        url = f"sqlite:///{tmp_path}/{name}.db"
        written(url, seed)
        engine = pharmacy.engine_at(url)
        with database.reading(engine) as db:
            heads.append(db.execute(select(head.c.hash)).scalar_one())
        engine.dispose()
    assert heads[0] == heads[1] != heads[2]


def test_what_fails_leaves_no_half_history(sqlite_url, monkeypatch):
    def failing(*_):
        raise RuntimeError("half way")

    monkeypatch.setattr(days.Story, "close", failing)
    with pytest.raises(RuntimeError, match="half way"):
        written(sqlite_url)
    engine = pharmacy.engine_at(sqlite_url)
    with database.reading(engine) as db:
        assert db.execute(select(func.count()).select_from(movement)).scalar_one() == 0
        assert verify(db).ok
    engine.dispose()


def test_every_floor_does_its_work(url, tmp_path):
    written(url)
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        there = db.execute(text("SELECT count(*) FROM movement")).scalar_one()
    engine.dispose()
    with closing(Rows(url)) as raw:
        assert sum(map(len, raw.batches("SELECT id FROM movement"))) == there
        for floor in FLOORS.values():
            floor(raw, tmp_path)
    assert len((tmp_path / "movements.csv").read_text().splitlines()) == there
    night = json.loads((tmp_path / "night.json").read_text())
    assert all(night.values())


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request, little, tmp_path, monkeypatch):
    monkeypatch.setattr(history, "write", partial(history.write, until=NOW))
    if request.param == "sqlite":
        return Files(tmp_path / "kept")
    return Databases(tmp_path, Server(request.getfixturevalue("postgres_server")))


@pytest.mark.parametrize("command", ["dispense", "stock", "audit verify"])
def test_a_command_and_its_floor_are_measured_as_processes(books, monkeypatch, command):
    monkeypatch.setattr(bench, "ROUNDS", 1)
    subject = next(each for each in bench.SUBJECTS if each.command == command)
    line = measured(subject, 2000, books)
    for run in (line.ours, line.floor):
        assert 0 < run.cpu < 60
        # What Python itself needs, and no more than a small command.
        assert 10 < run.mib < 200
    # The history is used again with what ours wrote, and what the floor wrote is not in it.
    engine = pharmacy.engine_at(books.at(2000))
    with database.reading(engine) as db:
        assert verify(db).ok
    engine.dispose()


def test_what_fails_ends_the_measuring():
    with pytest.raises(SystemExit, match="unlikely"):
        bench.run(["-c", "raise SystemExit('unlikely')"], {})


def test_the_table_holds_80_columns_and_growth_is_of_the_longest_to_the_shortest():
    lines = [
        Line(
            subject.command,
            size,
            Run(1000.0 * factor, 100.0 * factor, 1000.0),
            Run(10.0, 10.0, 20.0),
            by_the_clock=False,
        )
        for size, factor in ((10_000, 1), (100_000, 7), (10_000_000, 3))
        for subject in bench.SUBJECTS
    ]
    assert max(map(len, table(lines).splitlines())) <= 80
    assert growth(lines) == [("stock", 3.0), ("expiring", 3.0), ("dispense", 3.0)]


def test_where_a_server_works_the_clock_is_what_counts():
    ours, floor = Run(8.0, 2.0, 60.0), Run(4.0, 0.5, 20.0)
    assert table([Line("stock", 10, ours, floor, by_the_clock=False)]).split()[-3:] == ["0.50", "20", "0.25"]
    assert table([Line("stock", 10, ours, floor, by_the_clock=True)]).split()[-3:] == ["4.00", "20", "0.50"]
