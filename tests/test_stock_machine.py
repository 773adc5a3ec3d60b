"""The books of any sequence of acts are the model's, on each engine; and each planted fault breaks that."""

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from dispensary import database, ledger, lots, places
from dispensary.rules import counting, lot_life, shelf, vial
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Country
from dispensary.rules.place import PlaceKind
from dispensary.rules.practice import practice_of
from dispensary.rules.shelf import Operation, State
from dispensary.services.counting import count_close
from dispensary.services.stock import move, stock_act
from dispensary.services.vials import open_vial
from tests.build import NOW, Shop, admin, server_uri
from tests.kept_database import Kept
from tests.stock.machine import STEPS, Stock, prepared
from tests.stock.model import DEAD_UL

PRACTICE = replace(practice_of(Country.US), dead_volume_ul=DEAD_UL)
RULES = [name for name in dir(Stock) if hasattr(getattr(Stock, name), "hypothesis_stateful_rule")]
MORE_KEYS = 1000
"""Keys from here on were not used as the pharmacy was prepared."""


@pytest.fixture(scope="module")
def file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared pharmacy, to be copied."""
    made = tmp_path_factory.mktemp("stock") / "prepared.db"
    shutil.copy(sqlite_template, made)
    _prepared(str(made))
    return made


def _prepared(url: str) -> None:
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    prepared(Shop(engine, NOW, practice=PRACTICE))
    engine.dispose()


def _opened(url: str) -> Shop:
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    return Shop(engine, NOW, practice=PRACTICE, _keys=count(MORE_KEYS))


@pytest.fixture
def on_sqlite(quick_disk: None, file: Path, tmp_path: Path) -> Callable[[], Shop]:
    names = (tmp_path / f"{number}.db" for number in count(1))
    return lambda: _opened(str(shutil.copy(file, next(names))))


@pytest.fixture
def on_postgresql(postgres_server: str) -> Iterator[Callable[[], Shop]]:
    admin(postgres_server, "CREATE DATABASE stock_prepared TEMPLATE template")
    _prepared(server_uri(postgres_server, "stock_prepared"))
    kept = Kept(postgres_server, "stock", "stock_prepared")
    yield lambda: _opened(kept.fresh())
    kept.dropped()
    admin(postgres_server, "DROP DATABASE stock_prepared")


def run(new_shop: Callable[[], Shop], examples: int, among: Collection[str] = RULES, number: int = 0, **more) -> None:
    others = {name: None for name in RULES if name not in among}
    machine = type("OnThisEngine", (Stock,), {"new_shop": staticmethod(new_shop), **others})
    if number:
        seed(number)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


def _a_day_longer(patch: pytest.MonkeyPatch) -> None:
    kept = open_vial.discard_at
    patch.setattr(open_vial, "discard_at", lambda *given: kept(*given) + timedelta(days=1))


def _at_its_very_hour(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vial, "in_time", lambda now, discard: now <= discard)


def _no_dead_volume(patch: pytest.MonkeyPatch) -> None:
    taken = vial.taken
    patch.setattr(vial, "taken", lambda left, dose, product, _dead, named: taken(left, dose, product, 0, named))


def _allowed(state: State, operation: Operation) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(shelf.ALLOWED, (state, operation), True)


def _back_on_the_shelf(patch: pytest.MonkeyPatch) -> None:
    of_kind = places.place_of_kind
    kinds = {PlaceKind.RETURNED: PlaceKind.SHELF}
    patch.setattr(places, "place_of_kind", lambda db, site, kind: of_kind(db, site, kinds.get(kind, kind)))


def _from_a_patient_to_the_shelf(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(move, "require_not_had", lambda *_given, **_more: None)


def _units_that_never_arrive(patch: pytest.MonkeyPatch) -> None:
    put = ledger._put
    patch.setattr(ledger, "_put", lambda db, moved, place, units: put(db, moved, place, max(1, units - 1)))


def _a_variance_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(counting.Counted, "variance", lambda _self, entry: entry.units - entry.book_units)


def _a_large_variance_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(counting, "_confirmed", lambda _line: True)


def _what_patients_had_is_counted_on_the_shelf(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(count_close, "puts_returns_among_stock", lambda _places: False)


def _anybody_lets_go_of_what_was_set_aside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stock_act, "releases", lambda _source, _target: False)


def _what_was_made_is_not_recalled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lots, "made_of", lambda *_given, **_more: [])


def _a_recall_that_only_holds(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(lot_life.AFTER, (State.AVAILABLE, LotAct.RECALL), State.HELD)


Fault = Callable[[pytest.MonkeyPatch], None]
# Each with the acts among which it shows, so that it shows soon; receiving is always among them.
FAULTS: dict[str, tuple[Fault, str]] = {
    "a vial is kept a day longer": (_a_day_longer, "open_one draw_at_its_hour"),
    "a vial is used at its very hour": (_at_its_very_hour, "open_one draw_at_its_hour"),
    "the dead volume is forgotten": (_no_dead_volume, "open_one draw_some"),
    "a held lot is drawn from": (_allowed(State.HELD, Operation.DRAW), "draw_some hold_or_release"),
    "an expired lot is opened": (_allowed(State.EXPIRED, Operation.OPEN), "open_one time_passes"),
    "a held lot is put on the shelf": (_allowed(State.HELD, Operation.SHELVE), "move_some hold_or_release"),
    "a held lot is dispensed": (_allowed(State.HELD, Operation.DISPENSE), "dispense_some hold_or_release"),
    "a return goes on the shelf": (_back_on_the_shelf, "dispense_some take_all_back"),
    "what a patient had is sold again": (_from_a_patient_to_the_shelf, "dispense_some take_all_back move_some"),
    "units do not arrive": (_units_that_never_arrive, "move_some"),
    "two counts correct the same": (_a_variance_twice, "start_a_count count_a_lot close_a_count count_a_place"),
    "a large variance is counted once": (_a_large_variance_at_once, "start_a_count count_a_lot close_a_count"),
    "a count puts returns on the shelf": (
        _what_patients_had_is_counted_on_the_shelf,
        "dispense_some take_all_back count_a_place",
    ),
    "anybody takes units out of quarantine": (_anybody_lets_go_of_what_was_set_aside, "move_some"),
    "what was made of a recalled lot is used": (_what_was_made_is_not_recalled, "repack_one recall_a_lot open_one"),
    "a recall only holds": (_a_recall_that_only_holds, "recall_a_lot hold_or_release"),
}

SOON = 4
"""A seed with which the acts meet a fault soon; with any other they do too, only later."""
SOONER = {
    "two counts correct the same": 1,
    "a large variance is counted once": 1,
    "what was made of a recalled lot is used": 0,
}
"""Those that are met sooner with another, or with none."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault, on_sqlite, monkeypatch):
    plant, acts = FAULTS[fault]
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run(
            on_sqlite,
            examples=200,
            among=("receive", *acts.split()),
            number=SOONER.get(fault, SOON),
            phases=[Phase.generate],
            derandomize=True,
            report_multiple_bugs=False,
        )


@pytest.mark.parametrize("acts", sorted({acts for _, acts in FAULTS.values()}))
def test_without_a_fault_the_same_acts_pass(acts, on_sqlite):
    run(on_sqlite, examples=5, among=("receive", *acts.split()), number=SOON, derandomize=True)


def test_the_books_are_the_models_on_sqlite(on_sqlite):
    run(on_sqlite, examples=40)


def test_the_books_are_the_models_on_postgresql(on_postgresql):
    run(on_postgresql, examples=12)
