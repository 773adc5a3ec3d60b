"""Any sequence of a pharmacy's acts, against a model of dictionaries that knows nothing of the program's rules in code.

The model walks a fill injection by injection and takes the oldest lot that may be used on that day;
the program allocates whole spans at once. After every act all balances must be the model's.
"""

import shutil
from datetime import date, timedelta
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
from dispensary.rules.shelf import State
from dispensary.schema import stock
from dispensary.services.dispense import Order, dispense
from dispensary.services.receive import Delivery, Typed, receive
from dispensary.services.take_back import Return, take_back
from tests.build import NOW, Shop, a_patient, a_prescriber, an_rx, in_state

PRODUCT = "NO-CY-TAK1"
"""Ampoules of 1 mL and 1 mg: one unit is one injection of 1 mg."""

LOTS = ("A", "B", "C", "D")
PLACES = ("shelf", "refrigerator", "quarantine")
FIRST_DAY = NOW.date()


class Pharmacy(RuleBasedStateMachine):
    """The program on SQLite, and beside it what it should hold."""

    template: Path
    folder: Path
    made = 0

    @initialize()
    def open(self) -> None:
        type(self).made += 1
        file = self.folder / f"{self.made}.db"
        shutil.copy(self.template, file)
        engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
        # What a power cut would leave is not asked here, and waiting for the disk is most of the time.
        listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        self.shop = Shop(engine, NOW)
        self.today = FIRST_DAY
        self.balances: dict[tuple[str, str], int] = {}
        self.expires: dict[str, date] = {}
        self.states: dict[str, State] = {}
        self.order_of_receipt: list[str] = []
        # By number: quantity, units prescribed in all, and of each fill the lots as taken, units back, next injection.
        self.prescriptions: dict[str, dict[str, Any]] = {}
        self.fills: dict[str, dict[str, Any]] = {}
        self.answered: list[tuple[Any, Any, Any]] = []
        self.patient, self.prescriber = a_patient(self.shop), a_prescriber(self.shop)
        self.prescribe(units=3, refills=5)
        self.receive(lot="A", days=4, known=False, units=9, place="shelf")
        self.receive(lot="B", days=400, known=False, units=9, place="refrigerator")

    def ask(self, service: Any, order: Any) -> Any:
        """The receipt, or the code of the refusal."""
        try:
            receipt = self.shop.do(service, order)
        except Refused as refusal:
            event(f"{service.__name__}: {refusal.code}")
            return refusal.code
        event(f"{service.__name__}: done")
        self.answered.append((service, order, receipt))
        return receipt

    def usable(self, lot: str, day: date) -> bool:
        return self.states[lot] is State.AVAILABLE and day <= self.expires[lot]

    def add(self, lot: str, place: str, units: int) -> None:
        self.balances[lot, place] = self.balances.get((lot, place), 0) + units

    # What may happen

    @rule(
        lot=st.sampled_from(LOTS),
        days=st.sampled_from([-1, 0, 3, 9, 30, 400, 400]),
        known=st.booleans(),
        units=st.integers(1, 9),
        place=st.sampled_from(("shelf", *PLACES)),
    )
    def receive(self, lot: str, days: int, known: bool, units: int, place: str) -> None:
        stored = self.expires.get(lot)
        expires = stored if known and stored else self.today + timedelta(days=days)
        line = Typed(PRODUCT, lot, expires, units, month_only=False)
        said = self.ask(receive, Delivery(self.shop.key(), (line,), place))
        if expires < self.today or self.states.get(lot) is State.RECALLED:
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

    @rule(units=st.integers(1, 6), refills=st.integers(0, 5))
    def prescribe(self, units: int, refills: int) -> None:
        rx = an_rx(
            self.shop,
            self.patient,
            self.prescriber,
            directions="1 mg IM daily",
            units=units,
            refills=refills,
            written=self.today.isoformat(),
            valid_until=(self.today + timedelta(days=60)).isoformat(),
        )
        self.prescriptions[rx] = {
            "units": units,
            "all": units * (1 + refills),
            "fills": [],
            "until": self.shop.today + timedelta(days=60),
        }

    @rule(data=st.data(), units=st.sampled_from([None, None, 1, 2, 3, 7]))
    def dispense(self, data: st.DataObject, units: int | None) -> None:
        self.fill(data.draw(st.sampled_from(sorted(self.prescriptions))), units)

    @rule()
    def refill(self) -> None:
        """The newest prescription once more, so that stock leaves as often as it comes."""
        self.fill(list(self.prescriptions)[-1], None)

    def fill(self, rx: str, units: int | None) -> None:
        said = self.ask(dispense, Order(self.shop.key(), rx, units=units))
        expected = self.expected(rx, units)
        if isinstance(expected, str):
            assert said == expected
            return
        taken, next_injection = expected
        lots: dict[str, int] = {}
        for line in said.lines:
            lots[line.lot] = lots.get(line.lot, 0) + line.units
        by_lot: dict[str, int] = {}
        for lot, place in taken:
            self.add(lot, place, -1)
            by_lot[lot] = by_lot.get(lot, 0) + 1
        assert lots == by_lot
        assert said.next_fill_on == next_injection
        self.fills[said.dispense] = {"lots": by_lot, "back": dict.fromkeys(by_lot, 0), "next": next_injection}
        self.prescriptions[rx]["fills"].append(said.dispense)

    def expected(self, rx: str, units: int | None) -> Any:
        """The refusal, or the lot and place of each unit with the day of the next injection."""
        written = self.prescriptions[rx]
        fills = [self.fills[number] for number in written["fills"]]
        kept = [fill for fill in fills if sum(fill["lots"].values()) > sum(fill["back"].values())]
        left = written["all"] - sum(sum(fill["lots"].values()) - sum(fill["back"].values()) for fill in fills)
        saleable = {key: units for key, units in self.balances.items() if key[1] != "quarantine" and units}
        if not saleable:
            return "no_stock"
        if left == 0 or self.today > written["until"]:
            return "stopped_by_checks"
        most = min(written["units"], left)
        wanted = most if units is None else units
        if wanted > most:
            return "more_than_prescribed"
        day = max([self.today, *(fill["next"] for fill in kept)])
        taken = []
        for _ in range(wanted):
            usable = [
                (self.expires[lot], self.order_of_receipt.index(lot), PLACES.index(place), lot, place)
                for (lot, place), units in saleable.items()
                if units and self.usable(lot, self.today) and self.usable(lot, day)
            ]
            if not usable:
                return "short_stock"
            *_, lot, place = min(usable)
            saleable[lot, place] -= 1
            taken.append((lot, place))
            day += timedelta(days=1)
        return taken, day

    @precondition(lambda self: self.fills)
    @rule(data=st.data(), units=st.none() | st.integers(1, 6), naming=st.booleans())
    def take_back(self, data: st.DataObject, units: int | None, naming: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.fills)))
        fill = self.fills[number]
        lot = data.draw(st.sampled_from(LOTS)) if naming else None
        said = self.ask(take_back, Return(self.shop.key(), number, "undelivered", units, lot))
        out = {each: fill["lots"][each] - fill["back"][each] for each in fill["lots"] if lot in (None, each)}
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
                fill["back"][each] += back
                self.add(each, "quarantine", back)

    @rule(days=st.sampled_from([1, 2, 7, 30]))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.shop.on += timedelta(days=days)

    @precondition(lambda self: self.states)
    @rule(data=st.data(), state=st.sampled_from([State.AVAILABLE, State.HELD, State.RECALLED]))
    def hold_release_or_recall(self, data: st.DataObject, state: State) -> None:
        lot = data.draw(st.sampled_from(sorted(self.states)))
        in_state(self.shop, lot, state)
        self.states[lot] = state

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        service, order, receipt = data.draw(st.sampled_from(self.answered))
        assert self.shop.do(service, order) == receipt

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
    machine = type("OnThisTemplate", (Pharmacy,), {"template": sqlite_template, "folder": tmp_path})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
