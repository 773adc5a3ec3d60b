"""A lot is held or recalled as somebody uses it, and a last dose or unit is wanted twice, in the worst order.

Whoever comes second waits, and decides on what the first one left: nothing moves after the hold.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from dispensary.rules.logger import Measured
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Person
from dispensary.rules.recall import RecallClass, RecalledBeforeReceived, Scope
from dispensary.rules.shelf import ALLOWED, LotNotUsable, State
from dispensary.rules.vial import VialNotUsable
from dispensary.schema import stock
from dispensary.services.recalls.lot_act import Decided, LotActDone, act
from dispensary.services.recalls.recall import Notice, Recalled, recall
from dispensary.services.stock.destroy import Destroy, Destroyed, destroy
from dispensary.services.stock.receive import Received
from dispensary.services.stock.stock_act import NotSoManyThere
from dispensary.services.storage.log_readings import Log, log_readings
from dispensary.services.vials.discard_vial import Discarded
from dispensary.services.vials.draw import DoseDrawn
from dispensary.services.vials.open_vial import NothingToOpen, Opened
from dispensary.services.vials.vial_act import VialActDone
from tests import vials
from tests.build import Shop, a_lot, in_state
from tests.faults.books import require_sound
from tests.faults.test_races import Race, Work, asked
from tests.refusing import everything
from tests.state_table import WAYS, Way, left_in_vials, stocked


def stock_of(shop: Shop) -> tuple[object, object]:
    """The balances, and what is left of each vial and where it stands."""
    return everything(shop)["balances"], left_in_vials(shop)


@dataclass
class Within(Shop):
    """The pharmacy within one transaction of one counter."""

    db: Connection | None = None
    person: Person | None = None

    def do(self, service: Callable[..., Any], order: Any, **more: Any) -> Any:
        return service(self.db, order, on=self.on, by=self.person, **more)


def doing(race: Race, work: Callable[[Shop], Any]) -> Work:
    """What is done to a pharmacy, within one transaction."""
    shop, person = race.shop, race.shop.by()
    return lambda db: work(Within(shop.engine, shop.on, _keys=shop._keys, db=db, person=person))


@pytest.fixture
def race(shop: Shop, url: str) -> Iterator[Race]:
    stocked(shop)
    run = Race(shop, url)
    yield run
    assert run.problems == []
    require_sound(shop)
    vials.require_reconciled(shop)


def holding(race: Race) -> Work:
    return asked(race, act, Decided(race.shop.key(), "A1", LotAct.HOLD, "a letter of the maker"))


def recalling(race: Race, lot: str | None = "A1") -> Work:
    scope = Scope("US-CY-ARG1", lot)
    notice = Notice(race.shop.key(), scope, RecallClass.II, "D-0792-2026", race.shop.today, "lacks sterility")
    return asked(race, recall, notice)


FREEZING = {State.HELD: (holding, LotActDone), State.RECALLED: (recalling, Recalled)}
IN_TURN = ("dispense", "open the lot", "draw for a prescription", "repack", "move back", "move a vial back")


@pytest.mark.parametrize("state", FREEZING)
def test_after_the_hold_nothing_moves_that_the_table_forbids(race, state):
    freezing, receipt = FREEZING[state]
    before = stock_of(race.shop)
    for way in (each for each in WAYS if each.moves and not ALLOWED[state, each.operation]):
        frozen, said = race.run(freezing(race), doing(race, way.service))
        # A delivery that waited for the lot finds it recalled, without asking for the notice again.
        assert isinstance(frozen, receipt), way
        assert isinstance(said, (way.kind(state), LotNotUsable)), (way, said)
        assert stock_of(race.shop) == before
        in_state(race.shop, "A1", State.AVAILABLE)


@pytest.mark.parametrize("state", FREEZING)
def test_what_came_before_the_hold_stands_and_the_lot_is_frozen(race, state):
    freezing, receipt = FREEZING[state]
    for way in _in_turn():
        before = stock_of(race.shop)
        said, frozen = race.run(doing(race, way.service), freezing(race))
        assert type(frozen) is receipt, (way, said)
        assert stock_of(race.shop) != before
        assert _state(race.shop) is state
        in_state(race.shop, "A1", State.AVAILABLE)


def _in_turn() -> list[Way]:
    """A way by each service, of which none uses up what another needs."""
    return [way for way in WAYS if way.name in IN_TURN]


def _state(shop: Shop, lot: str = "A1") -> State:
    query = select(stock.lot.c.state).where(stock.lot.c.number == lot)
    state: State = shop.read(lambda db: db.execute(query).scalar_one())
    return state


def test_a_delivery_and_a_recall_of_everything_leave_no_lot_out(race):
    came, recalled = race.run(doing(race, lambda shop: a_lot(shop, lot="NEW")), recalling(race, None))
    assert (type(came), type(recalled)) == (Received, Recalled)
    assert (_state(race.shop), _state(race.shop, "NEW")) == (State.RECALLED, State.RECALLED)


def test_a_delivery_that_meets_a_recall_stays_out(race):
    recalled, came = race.run(recalling(race, None), doing(race, lambda shop: a_lot(shop, lot="NEW")))
    assert (type(recalled), type(came)) == (Recalled, RecalledBeforeReceived)


def test_the_last_dose_is_drawn_once(race):
    """V1 holds one dose of 1 mg."""
    prescribed = doing(race, lambda shop: vials.drawn(shop, "RX3"))
    other = doing(race, lambda shop: vials.given(shop, patient="P2"))
    one, second = race.run(prescribed, other)
    assert (type(one), type(second)) == (DoseDrawn, VialNotUsable)
    assert vials.entries(race.shop) == [("draw", 1000, None)]


def test_what_is_discarded_is_not_drawn_from(race):
    drawing = doing(race, lambda shop: vials.given(shop, "0.4 mg", "P2"))
    drawn, discarded = race.run(drawing, doing(race, vials.discarded))
    assert (type(drawn), discarded.wasted_ul) == (DoseDrawn, 600)
    gone, drawn = race.run(
        doing(race, lambda shop: vials.discarded(shop, "V3")),
        doing(race, lambda shop: vials.given(shop, "0.4 mg", "P2", "V3")),
    )
    assert (type(gone), type(drawn)) == (Discarded, VialNotUsable)


def test_a_vial_that_is_held_is_not_drawn_from(race):
    held, drawn = race.run(
        doing(race, lambda shop: vials.acted(shop, "hold")), doing(race, lambda shop: vials.given(shop, patient="P2"))
    )
    assert (type(held), type(drawn)) == (VialActDone, VialNotUsable)


@pytest.mark.parametrize("opens_first", [True, False])
def test_the_last_unit_is_opened_or_destroyed(race, opens_first):
    a_lot(race.shop, lot="LAST", units=1)
    opening = doing(race, lambda shop: vials.a_vial(shop, None, "LAST"))
    destroying = asked(race, destroy, Destroy(race.shop.key(), "LAST", "shelf", "broken", "sam"))
    if opens_first:
        assert [type(each) for each in race.run(opening, destroying)] == [Opened, NotSoManyThere]
    else:
        assert [type(each) for each in race.run(destroying, opening)] == [Destroyed, NothingToOpen]


def test_the_last_unit_is_opened_once(race):
    a_lot(race.shop, lot="LAST", units=1)
    opening = doing(race, lambda shop: vials.a_vial(shop, None, "LAST"))
    assert [type(each) for each in race.run(opening, opening)] == [Opened, NothingToOpen]


@pytest.fixture
def hot(race: Race) -> Race:
    """The pharmacy a day later, when nobody has read the logger yet."""
    race.shop.on += timedelta(days=1)
    return race


def logging(race: Race) -> Work:
    """Two hours of 41 degrees on the shelf, since the lot came."""
    start = int((race.shop.on - timedelta(days=1)).timestamp())
    degrees = [2100] * 24 + [4100] * 24 + [2100] * 96
    readings = tuple((start + 300 * number, each) for number, each in enumerate(degrees))
    return asked(race, log_readings, Log(race.shop.key(), "shelf", "log.csv", "UTC", Measured(readings, 0, 0)))


@pytest.mark.parametrize("name", [*IN_TURN[:4], "dispense the lot"])
def test_what_an_excursion_holds_is_not_used(hot, name):
    way = next(each for each in WAYS if each.name == name)
    before = stock_of(hot.shop)
    _, said = hot.run(logging(hot), doing(hot, way.service))
    assert _state(hot.shop) is State.HELD
    assert type(said) is way.kind(State.HELD)
    assert stock_of(hot.shop)[0] == before[0]


@pytest.mark.parametrize("name", IN_TURN[:4])
def test_what_was_used_before_the_excursion_was_known_stands(hot, name):
    way = next(each for each in WAYS if each.name == name)
    before = stock_of(hot.shop)
    hot.run(doing(hot, way.service), logging(hot))
    assert _state(hot.shop) is State.HELD
    assert stock_of(hot.shop) != before
