"""Every way to each operation on a lot: the service with its order, and the same by the command line.

The pharmacy has lot A1, at most until its last day: on the shelf, in quarantine, with a patient and in
opened vials.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dispensary import database
from dispensary.errors import Refused
from dispensary.rules.allocation import ShortStock
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.people import Role
from dispensary.rules.recall import RecalledBeforeReceived
from dispensary.rules.scan import Pack, element_string
from dispensary.rules.shelf import ALLOWED, LotNotUsable, Operation, State
from dispensary.schema import vials as tables
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.hand_over import HandOver, check_hand_over
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import Delivery, Scanned, receive
from dispensary.services.stock.send_back import SendBack, send_back
from tests import vials
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed, in_state, returned
from tests.faults.books import require_sound
from tests.refusing import everything

LAST_DAY = date(2026, 11, 25)
"""4 days after the tests' day; a fill may go back for 14."""

PRODUCT = "US-CY-ARG1"
"""1 mL of 1 mg/mL with benzyl alcohol, so that its vials are kept."""

CARTON = Pack("00305170031251", "A1", LAST_DAY)
SCAN = f"]d2{element_string(CARTON.gtin, LAST_DAY, CARTON.lot, None)}"
HOUSE = f"{','.join(COLUMNS)}\nHOUSE1,Refilled,house,cyanocobalamin,1000,multi-dose vial,1,1,benzyl alcohol,2-8,yes,IM"
WHY = "as was decided"


def stocked(shop: Shop) -> None:
    """Of lot A1, 1 unit is with a patient, 3 are opened, 2 stand in quarantine and 14 on the shelf."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    shop.do(import_products, Import(shop.key(), "house.csv", read_rows(f"{HOUSE},none,,,own\n".encode(), "house.csv")))
    a_lot(shop, expires=LAST_DAY.isoformat(), units=20)
    prescriber = a_prescriber(shop)
    for number in (1, 2, 3):
        patient = a_patient(shop, identifier=f"MRN-{number}")
        an_rx(shop, patient, prescriber, directions="1 mg IM daily", units=1, refills=1)
    dispensed(shop, "RX1")
    for _ in range(3):
        vials.a_vial(shop, PRODUCT)
    vials.moved(shop, "quarantine", "V2")
    shop.do(move, Move(shop.key(), "A1", "shelf", "quarantine", 2))
    for _ in range(2):
        shop.do(start_count, StartCount(shop.key(), place="shelf"))
    shop.do(enter_count, EnterCount(shop.key(), "C2", "A1", 13))


COME_TO: dict[State, Callable[[Shop], Shop]] = {
    State.AVAILABLE: lambda shop: shop,
    State.HELD: lambda shop: _decided(shop, State.HELD),
    State.RECALLED: lambda shop: _decided(shop, State.RECALLED),
    State.EXPIRED: lambda shop: shop.at(shop.on + timedelta(days=5)),
}
"""How the lot comes into each state: the pharmacy when it is in it."""


def _decided(shop: Shop, state: State) -> Shop:
    in_state(shop, "A1", state)
    return shop


@dataclass(frozen=True)
class Way:
    """A way to an operation. `kinds` are the refusals where it is not LotNotUsable, `moves` whether stock moves."""

    operation: Operation
    name: str
    service: Callable[[Shop], Any]
    command: str
    kinds: dict[State, type[Refused]]
    moves: bool

    def __str__(self) -> str:
        return self.name.replace(" ", "_")

    def kind(self, state: State) -> type[Refused]:
        """The refusal where the table forbids it."""
        return self.kinds.get(state, LotNotUsable)


def _way(
    operation: Operation,
    name: str,
    service: Callable[[Shop], Any],
    command: str,
    kinds: dict[State, type[Refused]] | None = None,
    moves: bool = True,
) -> Way:
    return Way(operation, name, service, command, kinds or {}, moves)


# Where nobody named the lot, or a fill may be of several, what is refused is the fill.
_SHORT: dict[State, type[Refused]] = dict.fromkeys(State, ShortStock)
_BY_NOTICE: dict[State, type[Refused]] = {State.RECALLED: RecalledBeforeReceived}


def _typed(shop: Shop) -> Any:
    return a_lot(shop, expires=LAST_DAY.isoformat(), units=1)


def _scanned(shop: Shop) -> Any:
    return shop.do(receive, Delivery(shop.key(), (Scanned(CARTON),), "shelf"))


def _repacked(shop: Shop) -> Any:
    made = (Category.TWO, Start.STERILE, None, "sam", "refrigerator")
    return shop.do(repack, Batch(shop.key(), "HOUSE1", FromLot("A1", 1), (), 1, *made))


def _closed(shop: Shop, count: str) -> Any:
    return shop.do(close_count, CloseCount(shop.key(), count, WHY), practice=shop.practice)


def _moved(shop: Shop, source: str, target: str) -> Any:
    return shop.do(move, Move(shop.key(), "A1", source, target, 1, reason=WHY))


WAYS = [
    _way(
        Operation.RECEIVE,
        "receive typed",
        _typed,
        f"receive --product {PRODUCT} --lot A1 --expires {LAST_DAY} --units",
        _BY_NOTICE,
    ),
    _way(Operation.RECEIVE, "receive scanned", _scanned, f"receive {SCAN}", _BY_NOTICE),
    _way(Operation.DISPENSE, "dispense", lambda shop: dispensed(shop, "RX2"), "dispense RX2", _SHORT),
    _way(
        Operation.DISPENSE,
        "dispense of the product",
        lambda shop: dispensed(shop, "RX2", product=PRODUCT),
        f"dispense RX2 --product {PRODUCT}",
        _SHORT,
    ),
    _way(
        Operation.DISPENSE,
        "dispense the lot",
        lambda shop: dispensed(shop, "RX2", lot="A1"),
        "dispense RX2 --lot A1",
        _SHORT,
    ),
    _way(
        Operation.DISPENSE,
        "dispense a scan",
        lambda shop: dispensed(shop, "RX2", packs=(CARTON,)),
        f"dispense RX2 --scan {SCAN}",
        _SHORT,
    ),
    _way(
        Operation.HAND_OVER,
        "check before hand-over",
        lambda shop: replace(shop, user="sam").do(check_hand_over, HandOver(shop.key(), "D1", (CARTON,))),
        f"rx check D1 --scan {SCAN} --as sam",
        moves=False,
    ),
    _way(Operation.OPEN, "open the lot", lambda shop: vials.a_vial(shop, None, "A1"), "vial open --lot A1"),
    _way(
        Operation.OPEN,
        "open of the product",
        lambda shop: vials.a_vial(shop, PRODUCT),
        f"vial open --product {PRODUCT}",
        _SHORT,
    ),
    _way(Operation.DRAW, "draw for a prescription", lambda shop: vials.drawn(shop, "RX3"), "vial draw V1 --rx RX3"),
    _way(
        Operation.DRAW,
        "draw for a patient",
        lambda shop: vials.given(shop, patient="P3"),
        "vial draw V1 --dose 1mg --patient P3 --route IM --reason telephone",
    ),
    _way(
        Operation.REPACK,
        "repack",
        _repacked,
        "repack HOUSE1 --from A1 --units 1 --made 1 --category 2 --start sterile --checked-by sam --place refrigerator",
    ),
    _way(
        Operation.MOVE,
        "move away",
        lambda shop: _moved(shop, "shelf", "quarantine"),
        "move A1 --from shelf --to quarantine",
    ),
    _way(
        Operation.MOVE,
        "move a vial away",
        lambda shop: vials.moved(shop, "quarantine"),
        "vial move V1 --to quarantine",
    ),
    _way(
        Operation.SHELVE,
        "move back",
        lambda shop: _moved(shop, "quarantine", "shelf"),
        f"move A1 --from quarantine --to shelf --reason {WHY!r}",
    ),
    _way(
        Operation.SHELVE,
        "move a vial back",
        lambda shop: vials.moved(shop, "shelf", "V2", WHY),
        f"vial move V2 --to shelf --reason {WHY!r}",
    ),
    _way(
        Operation.RESTOCK,
        "return undelivered",
        lambda shop: returned(shop, "D1", undelivered=True),
        f"return D1 --undelivered --reason {WHY!r}",
    ),
    _way(
        Operation.COUNT,
        "count start",
        lambda shop: shop.do(start_count, StartCount(shop.key(), place="shelf")),
        "count start --place shelf",
        moves=False,
    ),
    _way(
        Operation.COUNT,
        "count enter",
        lambda shop: shop.do(enter_count, EnterCount(shop.key(), "C1", "A1", 13)),
        "count enter C1 A1 13",
        moves=False,
    ),
    _way(Operation.COUNT, "count close", lambda shop: _closed(shop, "C2"), f"count close C2 --reason {WHY!r}"),
    _way(Operation.RETURN, "return", lambda shop: returned(shop, "D1"), f"return D1 --reason {WHY!r}"),
    _way(
        Operation.SEND_BACK,
        "send back",
        lambda shop: shop.do(send_back, SendBack(shop.key(), "A1", "shelf", WHY)),
        f"send-back A1 --place shelf --reason {WHY!r}",
    ),
    _way(
        Operation.DISCARD,
        "discard",
        lambda shop: vials.discarded(shop),
        f"vial discard V1 --reason {WHY!r}",
    ),
    _way(
        Operation.DESTROY,
        "destroy",
        lambda shop: shop.do(destroy, Destroy(shop.key(), "A1", "shelf", WHY, "sam")),
        f"destroy A1 --place shelf --witness sam --reason {WHY!r}",
    ),
]

CELLS = [(state, way) for way in WAYS for state in State]
ALLOWED_CELLS = [(state, way) for state, way in CELLS if ALLOWED[state, way.operation]]
FORBIDDEN_CELLS = [(state, way) for state, way in CELLS if not ALLOWED[state, way.operation]]


def cells(chosen: list[tuple[State, Way]]) -> pytest.MarkDecorator:
    """A test of each of these cells."""
    return pytest.mark.parametrize(("state", "way"), chosen, ids=[f"{way}-{state}" for state, way in chosen])


class SqliteOf:
    """A file with the lot in the state, made once, and the pharmacy as it was when it was made."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.template, self.folder = template, folder
        self.made: dict[State, tuple[Path, Shop]] = {}

    def __call__(self, state: State) -> tuple[Path, Shop]:
        if state not in self.made:
            file = self.folder / f"{state}.db"
            shutil.copy(self.template, file)
            self.made[state] = file, in_the(state, f"sqlite:///{file}")
        return self.made[state]


def in_the(state: State, url: str) -> Shop:
    """The pharmacy at that URL when its lot has come to the state; nobody is connected any more."""
    shop = Shop(_engine(url), NOW)
    stocked(shop)
    shop = COME_TO[state](shop)
    shop.engine.dispose()
    return shop


_keys = count(1000)


def opened_again(url: str, made: Shop) -> Iterator[Shop]:
    """The pharmacy in a copy of what was made."""
    engine = _engine(url)
    yield Shop(engine, made.on, _keys=_keys)
    engine.dispose()


def _engine(url: str) -> Engine:
    return database.open_engine(database.parse_url(url), pause=lambda: None)


def require_done(shop: Shop, way: Way, work: Callable[[], Any]) -> None:
    """Something is written, and stock moves where the way moves any; the books stay sound."""
    before, left = everything(shop), left_in_vials(shop)
    work()
    after = everything(shop)
    assert after != before
    assert ((after["balances"], left_in_vials(shop)) != (before["balances"], left)) == way.moves
    require_sound(shop)


def left_in_vials(shop: Shop) -> Any:
    """What is left of each vial, and where it stands."""
    opened = select(tables.vial.c.number, tables.vial.c.remaining_ul, tables.vial.c.place_id, tables.vial.c.state)
    return shop.read(lambda db: sorted(tuple(row) for row in db.execute(opened)))
