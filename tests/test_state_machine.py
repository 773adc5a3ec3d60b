"""Any sequence of a pharmacy's acts, against a model that knows nothing of the program's rules in code.

The model walks a fill injection by injection and takes the oldest lot that may be used on that day;
the program allocates whole spans at once. After every act all balances must be the model's.
"""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.event import listen

from dispensary import database
from dispensary.errors import Refused
from dispensary.reports.verify import verify
from dispensary.rules.life import Act
from dispensary.rules.safety import StoppedByChecks
from dispensary.rules.shelf import State
from dispensary.schema import stock
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.prescribing.prescription_act import Decided, act
from dispensary.services.prescribing.take_back import Return, take_back
from dispensary.services.stock.receive import Delivery, Typed, receive
from tests.build import NOW, Shop, a_patient, a_prescriber, an_rx, codes, in_state

PRODUCT = "NO-CY-TAK1"
"""Ampoules of 1 mL and 1 mg: one unit is one injection of 1 mg."""

LOTS = ("A", "B", "C", "D")
SALEABLE = ("shelf", "refrigerator")
PLACES = (*SALEABLE, "quarantine")
FIRST_DAY = NOW.date()
DAY = timedelta(days=1)
REASON = "travel: flies to Oslo"
STEPS = 40
"""The most acts in a sequence, each of which may be a prescription for a patient of its own."""
MORE_KEYS = 1000
"""Keys from here on were not used as the pharmacy was prepared."""


@dataclass
class HandOver:
    """What was handed over at once: units by lot, those that came back, and the day of the first injection."""

    on: date
    first: date
    lots: Counter[str]
    back: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        return self.lots.total() - self.back.total()


@dataclass
class Fill:
    """What a fill should hold, and what was handed over of it."""

    whole: int
    parts: list[HandOver]

    @property
    def kept(self) -> int:
        return sum(part.kept for part in self.parts)


@dataclass
class Written:
    """A prescription of one injection a day, one a unit."""

    units: int
    refills: int
    until: date
    state: str = "active"
    noted: bool = False
    """Whether demand was noted since the last hand-over."""
    fills: list[Fill] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The units that may still be dispensed; what came back may be dispensed again."""
        return self.units * (1 + self.refills) - sum(fill.kept for fill in self.fills)

    @property
    def whole_fills_left(self) -> int:
        """As many refills as there were, at most."""
        return min(self.refills, self.left // self.units)

    @property
    def last(self) -> Fill | None:
        """The last fill of which the patient kept anything."""
        return next((fill for fill in reversed(self.fills) if fill.kept), None)

    @property
    def owed(self) -> int:
        """The units of the last fill that were never handed over."""
        return self.last.whole - sum(part.lots.total() for part in self.last.parts) if self.last else 0

    @property
    def most(self) -> int:
        """The most units that may be handed over now."""
        return self.owed or min(self.units, self.left)

    @property
    def covered(self) -> date:
        """The first day for which the patient has no unit.

        What comes back is as if it had never been there: what was handed over after it serves from its own day.
        """
        ends: list[date] = []
        something_back = False
        for number, fill in enumerate(self.fills):
            for part in fill.parts:
                something_back = something_back or bool(part.back.total())
                if part.kept:
                    first = part.first
                    if something_back and (ends or number):
                        first = max([part.on, *ends])
                    ends.append(first + part.kept * DAY)
        return max(ends, default=FIRST_DAY)

    def stops(self, today: date) -> list[str]:
        """What nobody can override."""
        reasons = {
            f"prescription_{self.state}": self.state != "active",
            "prescription_expired": today > self.until,
            "prescription_exhausted": self.left == 0,
        }
        return [code for code, holds in reasons.items() if holds]

    def is_early(self, today: date) -> bool:
        """Whether three quarters of the last fill were not used, or more than a quarter of a fill is left of all."""
        if self.last is None or self.owed:
            return False
        began = next(part.on for part in self.last.parts if part.kept)
        supply = self.last.kept * DAY
        return 4 * (today - began) < 3 * supply or 4 * (self.covered - today) > supply


def prepared(template: Path, file: Path, patients: int) -> Path:
    """The file, in which there are a prescriber and patients without any supply, and nothing happened yet."""
    shutil.copy(template, file)
    shop = _opened(file, 1)
    a_prescriber(shop)
    for number in range(patients):
        a_patient(shop, identifier=f"MRN-{number}")
    shop.engine.dispose()
    return file


def _opened(file: Path, key: int) -> Shop:
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    # What a power cut would leave is not asked here, and waiting for the disk is most of the time.
    listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return Shop(engine, NOW, _keys=count(key))


class Pharmacy(RuleBasedStateMachine):
    """The program on SQLite, and beside it what it should hold."""

    template: Path
    """As it was prepared."""
    folder: Path
    made = 0

    @initialize()
    def open(self) -> None:
        type(self).made += 1
        file = self.folder / f"{self.made}.db"
        shutil.copy(self.template, file)
        self.shop = _opened(file, MORE_KEYS)
        self.today = FIRST_DAY
        self.balances: dict[tuple[str, str], int] = {}
        self.expires: dict[str, date] = {}
        self.states: dict[str, State] = {}
        self.order_of_receipt: list[str] = []
        self.prescriptions: dict[str, Written] = {}
        self.hand_overs: dict[str, HandOver] = {}
        self.answered: list[tuple[Any, Any, Any, Any]] = []
        self.prescribe(units=4, refills=2)
        self.receive(lot="A", days=3, known=False, units=4, place="shelf")
        self.receive(lot="B", days=400, known=False, units=9, place="refrigerator")

    def ask(self, service: Any, order: Any, **more: Any) -> Any:
        """The receipt, or the code of the refusal; of checks, the codes of what they found."""
        try:
            receipt = self.shop.do(service, order, **more)
        except Refused as refusal:
            said = " ".join(codes(refusal)) if isinstance(refusal, StoppedByChecks) else refusal.code
            event(f"{service.__name__}: {said}")
            return said
        event(f"{service.__name__}: done")
        self.answered.append((service, order, more, receipt))
        return receipt

    def usable(self, lot: str, day: date) -> bool:
        return self.states[lot] is State.AVAILABLE and day <= self.expires[lot]

    def add(self, lot: str, place: str, units: int) -> None:
        self.balances[lot, place] = self.balances.get((lot, place), 0) + units

    def pass_days(self, days: int) -> None:
        self.today += days * DAY
        self.shop.on += days * DAY

    # What may happen

    @rule(
        lot=st.sampled_from(LOTS),
        days=st.sampled_from([-1, 0, 3, 9, 30, 400, 400]),
        known=st.booleans(),
        units=st.sampled_from([1, 2, 5, 9, 20]),
        place=st.sampled_from(("shelf", *PLACES)),
    )
    def receive(self, lot: str, days: int, known: bool, units: int, place: str) -> None:
        stored = self.expires.get(lot)
        expires = stored if known and stored else self.today + days * DAY
        line = Typed(PRODUCT, lot, expires, units, month_only=False)
        said = self.ask(receive, Delivery(self.shop.key(), (line,), place, reason="it is to stand there"))
        if self.states.get(lot) is State.RECALLED:
            assert said == "recalled_before_received"
        elif expires < self.today:
            assert said == "lot_not_usable"
        elif stored not in (None, expires):
            assert said == "lot_conflict"
        else:
            assert said.lines[0].units == units
            self.expires[lot] = expires
            self.states.setdefault(lot, State.AVAILABLE)
            if lot not in self.order_of_receipt:
                self.order_of_receipt.append(lot)
            self.add(lot, place, units)

    @rule(units=st.sampled_from([1, 2, 4, 4, 6, 10]), refills=st.sampled_from([0, 0, 1, 2, 5]))
    def prescribe(self, units: int, refills: int) -> None:
        until = self.today + 60 * DAY
        rx = an_rx(
            self.shop,
            # Each prescription has its own patient, who has no other supply.
            f"P{len(self.prescriptions) + 1}",
            "PR1",
            directions="1 mg IM daily",
            units=units,
            refills=refills,
            written=self.today.isoformat(),
            valid_until=until.isoformat(),
        )
        self.prescriptions[rx] = Written(units, refills, until)

    @rule(data=st.data(), units=st.sampled_from([None, None, 1, 2, 3, 7]), reason=st.sampled_from([False, False, True]))
    def dispense(self, data: st.DataObject, units: int | None, reason: bool) -> None:
        self.fill(self.drawn(data), units, reason)

    @rule(units=st.sampled_from([None, 1, 2]))
    def collect(self, units: int | None) -> None:
        """The newest prescription once more, so that stock leaves as often as it comes."""
        self.fill(list(self.prescriptions)[-1], units, reason=False)

    @rule(data=st.data(), too_early=st.booleans(), newest=st.booleans())
    def refill_on_its_day(self, data: st.DataObject, too_early: bool, newest: bool) -> None:
        """The first day on which it is not early, or the one before."""
        rx = list(self.prescriptions)[-1] if newest else self.drawn(data)
        days = 0
        while self.prescriptions[rx].is_early(self.today + days * DAY):
            days += 1
        self.pass_days(max(0, days - too_early))
        self.fill(rx, None, reason=False)

    def drawn(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.prescriptions)))

    def fill(self, rx: str, units: int | None, reason: bool) -> None:
        overrides = {"early_refill": REASON} if reason else {}
        order = Order(self.shop.key(), rx, units=units, overrides=overrides)
        written, expected = self.prescriptions[rx], self.expected(rx, units, reason)
        completes, left = bool(written.owed), written.most
        said = self.ask(dispense, order, practice=self.shop.practice)
        if isinstance(expected, str):
            assert said == expected
            return
        if reason:
            event("dispense: early, with a reason")
        taken, first = expected
        lots: Counter[str] = Counter()
        for line in said.lines:
            lots[line.lot] += line.units
        assert lots == Counter(lot for lot, _ in taken)
        for lot, place in taken:
            self.add(lot, place, -1)
        handed = HandOver(self.today, first, lots)
        self.hand_overs[said.dispense] = handed
        if completes:
            event("dispense: what is owed")
            begun = written.last
            assert begun is not None
            assert self.hand_overs[said.completes] is begun.parts[0]
            begun.parts.append(handed)
        else:
            assert said.completes is None
            written.fills.append(Fill(left, [handed]))
        assert said.next_fill_on == first + len(taken) * DAY
        assert said.owed == left - len(taken)
        assert said.refills_left == written.whole_fills_left
        written.noted = False

    def saleable(self) -> dict[tuple[str, str], int]:
        return {
            key: units for key, units in self.balances.items() if key[1] not in ("quarantine", "returned") and units
        }

    def expected(self, rx: str, units: int | None, reason: bool) -> Any:
        """The refusal, or the lot and place of each unit with the day of the first injection."""
        written = self.prescriptions[rx]
        stops = written.stops(self.today)
        if stops:
            return " ".join(stops)
        wanted = written.most if units is None else units
        if wanted > written.most:
            return "more_than_prescribed"
        if not self.saleable():
            return "no_stock"
        taken, first = self.walked(written, wanted)
        if len(taken) < wanted:
            return "short_stock"
        if written.is_early(self.today):
            return (taken, first) if reason else "early_refill"
        return "not_an_override" if reason else (taken, first)

    def walked(self, written: Written, wanted: int) -> tuple[list[tuple[str, str]], date]:
        """The lot and place of each unit, as far as they go, and the day of the first injection."""
        first = day = max(self.today, written.covered)
        saleable, taken = self.saleable(), []
        for _ in range(wanted):
            usable = [
                (self.expires[lot], self.order_of_receipt.index(lot), PLACES.index(place), lot, place)
                for (lot, place), units in saleable.items()
                if units and self.usable(lot, self.today) and self.usable(lot, day)
            ]
            if not usable:
                break
            *_, lot, place = min(usable)
            saleable[lot, place] -= 1
            taken.append((lot, place))
            day += DAY
        return taken, first

    @rule(data=st.data())
    def owe(self, data: st.DataObject) -> None:
        rx = self.drawn(data)
        written = self.prescriptions[rx]
        stops = written.stops(self.today)
        said = self.ask(owe, Owe(self.shop.key(), rx), practice=self.shop.practice)
        taken, _ = self.walked(written, written.most)
        if written.noted:
            assert said == "demand_there"
        elif stops:
            assert said == " ".join(stops)
        elif len(taken) == written.most:
            assert said == "can_be_filled"
        else:
            assert (said.units, said.usable_units) == (written.most, len(taken))
            written.noted = True

    @rule(data=st.data(), done=st.sampled_from(["hold", "hold", "release", "release", "release", "cancel", "transfer"]))
    def decide(self, data: st.DataObject, done: str) -> None:
        held = [rx for rx, written in self.prescriptions.items() if written.state == "held"]
        rx = data.draw(st.sampled_from(held)) if held and done == "release" else self.drawn(data)
        written = self.prescriptions[rx]
        said = self.ask(act, Decided(self.shop.key(), rx, Act(done), "asked by the prescriber"))
        after = {
            ("active", "hold"): "held",
            ("active", "cancel"): "cancelled",
            ("active", "transfer"): "transferred",
            ("held", "release"): "active",
            ("held", "cancel"): "cancelled",
        }
        if (written.state, done) not in after:
            assert said == "not_from_this_state"
            return
        written.state = after[written.state, done]
        event(f"act: {done}")
        assert (said.state, said.units_left, said.refills_left) == (
            written.state,
            written.left,
            written.whole_fills_left,
        )

    @precondition(lambda self: self.hand_overs)
    @rule(data=st.data(), units=st.sampled_from([None, 1, 1, 1, 2, 2, 3, 6]))
    def take_back(self, data: st.DataObject, units: int | None) -> None:
        number = data.draw(st.sampled_from(sorted(self.hand_overs)))
        handed = self.hand_overs[number]
        lot = data.draw(st.sampled_from([None, None, *sorted(handed.lots), *LOTS]))
        said = self.ask(
            take_back, Return(self.shop.key(), number, "undelivered", units, lot), practice=self.shop.practice
        )
        out = {each: handed.lots[each] - handed.back[each] for each in handed.lots if lot in (None, each)}
        open_lots = [each for each, rest in out.items() if rest]
        everything = sum(out.values())
        if not out:
            assert said == "not_found"
        elif not open_lots or (units or 0) > everything:
            assert said == "nothing_left_to_return"
        elif units not in (None, everything) and len(open_lots) > 1:
            assert said == "which_lot"
        else:
            assert said.units == (units or everything)
            for each in open_lots:
                back = out[each] if len(open_lots) > 1 else said.units
                handed.back[each] += back
                self.add(each, "returned", back)
            event(f"take_back: {'a part' if handed.kept else 'the whole'}")

    @rule(days=st.sampled_from([1, 2, 7, 30]))
    def days_pass(self, days: int) -> None:
        self.pass_days(days)

    @precondition(lambda self: self.states)
    @rule(data=st.data(), state=st.sampled_from([State.AVAILABLE, State.HELD, State.RECALLED]))
    def hold_release_or_recall(self, data: st.DataObject, state: State) -> None:
        lot = data.draw(st.sampled_from(sorted(self.states)))
        in_state(self.shop, lot, state)
        self.states[lot] = state

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        service, order, more, receipt = data.draw(st.sampled_from(self.answered))
        assert self.shop.do(service, order, **more) == receipt

    # What must always be so

    @invariant()
    def balances_are_the_models(self) -> None:
        query = (
            select(stock.lot.c.number, stock.place.c.code, stock.balance.c.units)
            .join(stock.lot, stock.lot.c.id == stock.balance.c.lot_id)
            .join(stock.place, stock.place.c.id == stock.balance.c.place_id)
        )
        kept = self.shop.read(lambda db: {(row.number, row.code): row.units for row in db.execute(query)})
        assert kept == self.balances

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        verified = self.shop.read(verify)
        self.shop.engine.dispose()
        assert verified.ok, [check for check in verified.checks if not check.ok]


def test_every_sequence_of_acts_leaves_the_books_of_the_model(sqlite_template, tmp_path):
    template = prepared(sqlite_template, tmp_path / "prepared.db", patients=STEPS + 1)
    machine = type("OnThisTemplate", (Pharmacy,), {"template": template, "folder": tmp_path})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
