"""The table state x operation, cell by cell, by every service that leads to it, on each engine."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from dispensary.errors import Refused
from dispensary.rules import shelf
from dispensary.rules.allocation import ShortStock
from dispensary.rules.shelf import ALLOWED, LotNotUsable, Operation, State
from tests.build import NOW, Shop, admin, server_uri
from tests.kept_database import Kept
from tests.refusing import everything, nothing_written
from tests.state_table import (
    ALLOWED_CELLS,
    CELLS,
    COME_TO,
    FORBIDDEN_CELLS,
    LAST_DAY,
    WAYS,
    SqliteOf,
    cells,
    in_the,
    opened_again,
    require_done,
)


@pytest.fixture(scope="module")
def sqlite_of(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteOf:
    return SqliteOf(sqlite_template, tmp_path_factory.mktemp("states"))


@pytest.fixture(scope="module")
def postgres_of(postgres_server: str) -> Iterator[Callable[[State], tuple[Kept, Shop]]]:
    """A database with the lot in the state, brought back after each test, with the pharmacy that made it."""
    made: dict[State, tuple[Kept, Shop]] = {}

    def of(state: State) -> tuple[Kept, Shop]:
        if state not in made:
            template = f"state_{state}"
            admin(postgres_server, f"CREATE DATABASE {template} TEMPLATE template")
            shop = in_the(state, server_uri(postgres_server, template))
            made[state] = Kept(postgres_server, f"cell_{state}", template), shop
        return made[state]

    yield of
    for kept, _ in made.values():
        kept.dropped()
        admin(postgres_server, f"DROP DATABASE {kept.template}")


@pytest.fixture
def on_sqlite(quick_disk: None, state: State, sqlite_of: SqliteOf, tmp_path: Path) -> Iterator[Shop]:
    """The pharmacy when its lot is in the state, its own copy."""
    file, made = sqlite_of(state)
    shutil.copy(file, tmp_path / "copy.db")
    yield from opened_again(f"sqlite:///{tmp_path / 'copy.db'}", made)


@pytest.fixture
def on_postgresql(state: State, postgres_of: Callable[[State], tuple[Kept, Shop]]) -> Iterator[Shop]:
    """The same on PostgreSQL."""
    kept, made = postgres_of(state)
    yield from opened_again(kept.fresh(), made)


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def pharmacy(request: pytest.FixtureRequest) -> Shop:
    """The same on each engine."""
    shop: Shop = request.getfixturevalue(request.param)
    return shop


def test_every_operation_and_every_state_has_its_cases():
    assert {way.operation for way in WAYS} == set(Operation)
    assert set(COME_TO) == set(State)
    assert {(state, way.operation) for state, way in CELLS} == set(ALLOWED)
    assert len({way.name for way in WAYS}) == len(WAYS)


@cells(ALLOWED_CELLS)
def test_what_the_table_allows_is_done(pharmacy, state, way):
    require_done(pharmacy, way, lambda: way.service(pharmacy))


@cells(FORBIDDEN_CELLS)
def test_what_the_table_forbids_is_refused_and_writes_nothing(pharmacy, state, way):
    refusal = nothing_written(pharmacy, way.kind(state), lambda: way.service(pharmacy))
    if isinstance(refusal, LotNotUsable):
        assert (refusal.lot, refusal.state, refusal.operation) == ("A1", state, way.operation)
    else:
        assert isinstance(refusal, ShortStock)
        assert f"lot A1: 14 {shelf.described(state, LAST_DAY)}" in str(refusal)


@cells(FORBIDDEN_CELLS)
def test_without_the_table_what_it_forbids_would_go_another_way(on_sqlite, state, way, monkeypatch):
    """Another rule may stop what has expired; what is held or recalled, only the table does."""
    told = str(nothing_written(on_sqlite, way.kind(state), lambda: way.service(on_sqlite)))
    for cell in ALLOWED:
        monkeypatch.setitem(ALLOWED, cell, True)
    otherwise = None
    try:
        require_done(on_sqlite, way, lambda: way.service(on_sqlite))
    except Refused as refusal:
        otherwise = str(refusal)
    assert otherwise is None or (state is State.EXPIRED and otherwise != told)


@cells(ALLOWED_CELLS)
def test_what_is_allowed_is_refused_where_the_table_would_forbid_it(on_sqlite, state, way, monkeypatch):
    """So every service asks it, also for what is allowed in every state."""
    for cell in ALLOWED:
        if cell[1] is way.operation:
            monkeypatch.setitem(ALLOWED, cell, False)
    # What nothing forbids has no way out in words.
    monkeypatch.setattr(shelf, "_INSTEAD", defaultdict(lambda: "do something else", shelf._INSTEAD))
    monkeypatch.setattr(shelf, "_WITH_THE_LOT", dict.fromkeys(State, ""))
    before = everything(on_sqlite)
    with pytest.raises(way.kind(state)):
        way.service(on_sqlite)
    assert everything(on_sqlite) == before


@cells([(State.AVAILABLE, way) for way in WAYS if not ALLOWED[State.EXPIRED, way.operation]])
def test_the_last_day_is_a_day_like_any_other_and_ends_at_midnight(on_sqlite, state, way):
    midnight = on_sqlite.at(datetime.combine(LAST_DAY + timedelta(days=1), time(), NOW.tzinfo))
    nothing_written(midnight, way.kind(State.EXPIRED), lambda: way.service(midnight))
    last_moment = midnight.at(midnight.on - timedelta(microseconds=1))
    require_done(last_moment, way, lambda: way.service(last_moment))
