"""Any sequence of what happens to vials and lots, against a small model, on each engine.

The model counts units by lot and place and microlitres by vial, and knows what each state allows. It is
written from the pharmacy's rules in words, and shares no line with the program's.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from dispensary.errors import Refused
from dispensary.reports.verify import verify
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Route, Temperature
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import RecallClass, Scope
from dispensary.rules.vial import VialOperation
from dispensary.schema import stock, vials
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.take_back import Return, take_back
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.recalls.recall import Notice, Withdrawal, recall, withdraw
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.stock.send_back import SendBack, send_back
from dispensary.services.storage.place import NewPlace, add_place
from dispensary.services.vials import vial_act
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import NOW, Shop, a_patient, a_prescriber, an_rx

PRODUCT = "US-CY-DOD10"
"""10 mL vials with benzyl alcohol."""
HOUSE = "HOUSE-CY-5"
"""5 mL vials that the pharmacy fills from them, two from one."""
FILL_UL = {PRODUCT: 10_000, HOUSE: 5_000}
HOUSE_ROW = (
    f"{HOUSE},Cyanocobalamin refilled,house,cyanocobalamin,1000,multi-dose vial,5,1,benzyl alcohol 1.5%,"
    "20-25,yes,IM;subcut,none,,,made here"
)
DOSE_UL = 3_000
"""3 mg: three doses in 10 mL and one in 5 mL, with something left over."""
DEAD_UL = 100
LARGE = 5
KEPT = timedelta(days=28)
SALEABLE = ("shelf", "cupboard")
SET_ASIDE = ("quarantine", "returned", "transit")
PLACES = (*SALEABLE, *SET_ASIDE)
DAY = timedelta(days=1)
STEPS = 40
"""The most acts in a sequence, each of which may dispense to a patient of its own."""
MOVED_BY = [("alex", "looked at"), ("alex", "looked at"), ("pia", None), ("kim", "looked at")]
"""Who moves something, and why; alex and pia are pharmacists."""
MAY_RELEASE = [("alex", "looked at")]
"""Those of them who may take it out of quarantine."""


@dataclass
class Lot:
    """A lot as somebody would note it on a card."""

    product: str
    expires: date
    state: str = "available"
    recalls: list[str] = field(default_factory=list)


@dataclass
class Vial:
    """An opened vial as its label tells."""

    lot: str
    place: str
    discard: datetime
    left: int
    held: bool = False


@dataclass
class Count:
    """A count of a place that is under way: what was there at its beginning, and the entries of each lot."""

    place: str
    snapshot: set[str]
    entries: dict[str, list["Found"]] = field(default_factory=dict)


@dataclass
class Found:
    """What somebody found of a lot, and what the books had, at a time."""

    units: int
    book: int
    when: int
    who: str


def prepared(shop: Shop) -> None:
    """What there is before anything happens: two more users, the cupboard, the house's product, and patients."""
    shop.do(add_user, NewUser(shop.key(), "kim", Role.TECHNICIAN))
    shop.do(add_user, NewUser(shop.key(), "pia", Role.PHARMACIST))
    shop.do(add_place, NewPlace(shop.key(), "cupboard", PlaceKind.SHELF, Temperature.ROOM, dark=True))
    data = f"{','.join(COLUMNS)}\n{HOUSE_ROW}\n".encode()
    shop.do(import_products, Import(shop.key(), "house.csv", read_rows(data, "house.csv")))
    a_prescriber(shop)
    for number in range(STEPS + 1):
        a_patient(shop, f"MRN-{number}")


class Stock(RuleBasedStateMachine):
    """The program on one engine, and beside it what it should hold."""

    new_shop: Callable[[], Shop]
    """A pharmacy as it is once prepared."""

    @initialize()
    def open(self) -> None:
        self.shop = type(self).new_shop()
        self.practice = self.shop.practice
        self.now = NOW
        self.lots: dict[str, Lot] = {}
        self.received: list[str] = []
        self.units: Counter[tuple[str, str]] = Counter()
        self.gone: Counter[tuple[str, str]] = Counter()
        self.vials: dict[str, Vial] = {}
        self.wasted = self.drawn = 0
        self.fills: dict[str, list[tuple[str, str, int]]] = {}
        self.dispensed_on: dict[str, datetime] = {}
        self.returned: dict[str, int] = {}
        self.recalls: dict[str, str] = {}
        self.counts: dict[str, Count] = {}
        self.corrections: list[tuple[str, str, int, int]] = []
        self.sources: dict[str, str] = {}
        self.clock = 0
        self.answered: list[tuple[Any, Any, Any, str, Any]] = []
        self.patients = 0
        self.receive(lot="A", days=3, units=2, place="shelf")
        self.receive(lot="B", days=400, units=6, place="shelf")
        self.open_of("B", "shelf")

    # How it is asked

    def ask(self, service: Any, order: Any, who: str = "alex", **more: Any) -> Any:
        """The receipt, or the code of the refusal."""
        self.shop.on = self.now
        self.clock += 1
        try:
            receipt = replace(self.shop, user=who).do(service, order, **more)
        except Refused as refusal:
            event(f"{service.__name__}: {refusal.code}")
            return refusal.code
        event(f"{service.__name__}: done")
        self.answered.append((service, order, more, who, receipt))
        return receipt

    def state(self, lot: str) -> str:
        found = self.lots[lot]
        if found.state != "recalled" and found.expires < self.now.date():
            return "expired"
        return found.state

    def usable(self, lot: str, on: date | None = None) -> bool:
        return self.state(lot) == "available" and self.lots[lot].expires >= (on or self.now.date())

    def a_lot(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.lots)))

    def a_standing(self, data: st.DataObject) -> tuple[str, str]:
        """A lot and a place, most often where some of it stands."""
        there = sorted(key for key, units in self.units.items() if units)
        apart = sorted(key for key in there if key[1] in SET_ASIDE)
        anywhere = st.tuples(st.sampled_from(sorted(self.lots)), st.sampled_from((*SALEABLE, *SET_ASIDE)))
        likely = [st.sampled_from(each) for each in (there, there, apart) if each]
        return data.draw(st.one_of(*likely, anywhere))

    # What may happen

    @rule(
        lot=st.sampled_from("ABCD"),
        days=st.sampled_from([0, 3, 30, 400]),
        units=st.sampled_from([1, 2, 6]),
        place=st.sampled_from(["shelf", "shelf", "cupboard", "quarantine"]),
    )
    def receive(self, lot: str, days: int, units: int, place: str) -> None:
        known = self.lots.get(lot)
        expires = known.expires if known else self.now.date() + days * DAY
        line = Typed(PRODUCT, lot, expires, units, month_only=False)
        said = self.ask(receive, Delivery(self.shop.key(), (line,), place))
        covered = lot in self.recalls.values()
        if covered or expires < self.now.date():
            assert said == "lot_not_usable" or covered, said
            assert isinstance(said, str)
            return
        assert not isinstance(said, str), said
        if not known:
            self.lots[lot] = Lot(PRODUCT, expires)
            self.received.append(lot)
        self.units[lot, place] += units
        self.gone[lot, "supplier"] -= units

    @rule(data=st.data())
    def open_one(self, data: st.DataObject) -> None:
        self.open_of(*self.a_standing(data))

    def open_of(self, lot: str, place: str) -> None:
        said = self.ask(open_vial, Opening(self.shop.key(), lot=lot, place=place))
        if not self.usable(lot):
            assert said == "lot_not_usable"
        elif place not in SALEABLE or not self.units[lot, place]:
            assert said == "nothing_to_open"
        else:
            end = datetime.combine(self.lots[lot].expires + DAY, time(), NOW.tzinfo)
            discard = min(self.now.astimezone(UTC) + KEPT, end.astimezone(UTC))
            assert not isinstance(said, str), said
            # The receipt tells the second; the books have the moment.
            assert datetime.fromisoformat(said.discard_at) == discard.replace(microsecond=0)
            self.units[lot, place] -= 1
            self.gone[lot, "opened"] += 1
            self.vials[said.vial] = Vial(lot, place, discard, FILL_UL[self.lots[lot].product])

    @precondition(lambda self: self.vials)
    @rule(data=st.data(), times=st.sampled_from([1, 1, 3]))
    def draw_some(self, data: st.DataObject, times: int) -> None:
        number = self.a_vial(data)
        for _ in range(times):
            self.draw_of(number)

    @precondition(lambda self: any(vial.left for vial in self.vials.values()))
    @rule(data=st.data(), before=st.sampled_from([timedelta(0), timedelta(microseconds=1)]))
    def draw_at_its_hour(self, data: st.DataObject, before: timedelta) -> None:
        """At the very hour of a vial, or just before it."""
        number = self.a_vial(data)
        hour = self.vials[number].discard - before
        if hour > self.now.astimezone(UTC):
            self.now = hour.astimezone(NOW.tzinfo)
        self.draw_of(number)

    def a_vial(self, data: st.DataObject) -> str:
        """An opened vial, most often one with something left in it."""
        left = sorted(number for number, vial in self.vials.items() if vial.left)
        every = st.sampled_from(sorted(self.vials))
        return data.draw(st.one_of(st.sampled_from(left), st.sampled_from(left), every) if left else every)

    def draw_of(self, number: str) -> None:
        vial = self.vials[number]
        order = Draw(self.shop.key(), number, Unprescribed("P1", Dose(3000), "in the clinic", Route.IM))
        said = self.ask(draw, order, practice=self.practice)
        if not self.usable(vial.lot):
            assert said == "lot_not_usable"
        elif vial.left == 0 or (vial.held and self.in_time(vial)):
            assert said == "vial_not_usable"
        elif not self.in_time(vial):
            assert said == "vial_too_old"
        elif vial.place not in SALEABLE:
            assert said == "vial_set_aside"
        elif vial.left < DOSE_UL:
            assert said == "vial_too_little"
        else:
            dead = min(DEAD_UL, vial.left - DOSE_UL)
            vial.left -= DOSE_UL + dead
            self.drawn += DOSE_UL
            self.wasted += dead
            assert (said.drawn_ul, said.remaining_ul) == (DOSE_UL, vial.left)

    def in_time(self, vial: Vial) -> bool:
        return self.now.astimezone(UTC) < vial.discard

    @precondition(lambda self: self.vials)
    @rule(
        data=st.data(),
        done=st.sampled_from(["discard", "hold", "release", "release", "shelf", "quarantine"]),
        by=st.sampled_from(MOVED_BY),
    )
    def handle_a_vial(self, data: st.DataObject, done: str, by: tuple[str, str | None]) -> None:
        number = self.a_vial(data)
        vial = self.vials[number]
        if done == "discard":
            said = self.ask(discard, Discard(self.shop.key(), number, "not needed"))
            if vial.left:
                self.wasted += vial.left
                vial.left = 0
            else:
                assert said == "vial_not_usable"
            return
        open_ = bool(vial.left) and self.in_time(vial)
        if done in ("hold", "release"):
            said = self.ask(vial_act.act, vial_act.Decided(self.shop.key(), number, VialOperation(done), "as asked"))
        else:
            who, why = by
            said = self.ask(vial_act.move, vial_act.VialMove(self.shop.key(), number, done, why), who)
        if done == "hold":
            assert isinstance(said, str) == (not open_), said
            vial.held = vial.held or open_
        elif done == "release":
            assert isinstance(said, str) == (not (open_ and vial.held)), said
            vial.held = vial.held and not open_
        elif not vial.left or vial.place == done:
            assert isinstance(said, str), said
        elif done == "shelf" and vial.place not in SALEABLE and not self.usable(vial.lot):
            assert said == "lot_not_usable"
        elif vial.place == "quarantine" and by not in MAY_RELEASE:
            assert said == ("not_allowed" if who == "kim" else "release_needs_reason")
        else:
            assert not isinstance(said, str), said
            vial.place = done

    @rule(units=st.sampled_from([1, 1, 2]))
    def dispense_some(self, units: int) -> None:
        """A patient with no supply, who injects 2.5 mg a week: 28 days and four doses a unit."""
        self.patients += 1
        self.shop.on = self.now
        rx = an_rx(
            self.shop,
            f"P{self.patients + 1}",
            "PR1",
            directions="2.5 mg IM weekly",
            units=units,
            refills=0,
            written=self.now.date().isoformat(),
        )
        order = Order(self.shop.key(), rx, product=PRODUCT)
        said = self.ask(dispense, order, practice=self.practice)
        taken: list[tuple[str, str]] = []
        left = dict(self.units)
        for number in range(units):
            last = self.now.date() + (28 * number + 21) * DAY
            usable = [
                (self.lots[lot].expires, self.received.index(lot), place)
                for (lot, place), there in left.items()
                if there and place in SALEABLE and lot in self.received and self.usable(lot, last)
            ]
            if not usable:
                break
            _, order_of_receipt, place = min(usable, key=lambda key: (key[0], key[1], SALEABLE.index(key[2])))
            lot = self.received[order_of_receipt]
            left[lot, place] -= 1
            taken.append((lot, place))
        if len(taken) < units:
            assert said in ("short_stock", "no_stock"), said
            return
        # A line for each place, so that a lot may have two.
        lots = Counter(line.lot for line in said.lines for _ in range(line.units))
        assert lots == Counter(lot for lot, _ in taken)
        for lot, place in taken:
            self.units[lot, place] -= 1
            self.gone[lot, "patients"] += 1
        self.fills[said.dispense] = [(lot, place, n) for (lot, place), n in Counter(taken).items()]
        self.dispensed_on[said.dispense] = self.now
        self.returned[said.dispense] = 0

    @precondition(lambda self: self.fills)
    @rule(data=st.data(), undelivered=st.booleans())
    def take_all_back(self, data: st.DataObject, undelivered: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.fills)))
        fill = self.fills[number]
        order = Return(self.shop.key(), number, "not collected", undelivered=undelivered)
        said = self.ask(take_back, order, practice=self.practice)
        late = (self.now.date() - self.dispensed_on[number].date()).days > self.practice.restock_days
        if self.returned[number] or (undelivered and (late or not all(self.usable(lot) for lot, _, _ in fill))):
            assert isinstance(said, str), said
        else:
            assert not isinstance(said, str), said
            self.returned[number] = 1
            for lot, place, units in fill:
                self.units[lot, place if undelivered else "returned"] += units
                self.gone[lot, "patients"] -= units

    @precondition(lambda self: self.lots)
    @rule(data=st.data(), done=st.sampled_from([LotAct.HOLD, LotAct.RELEASE, LotAct.RELEASE]))
    def hold_or_release(self, data: st.DataObject, done: LotAct) -> None:
        lot = self.a_lot(data)
        said = self.ask(act, Decided(self.shop.key(), lot, done, "asked by the maker"))
        after = {
            ("available", LotAct.HOLD): "held",
            ("held", LotAct.HOLD): "held",
            ("held", LotAct.RELEASE): "available",
        }.get((self.lots[lot].state, done))
        if after is None:
            assert said == "not_from_this_lot_state"
        else:
            assert not isinstance(said, str), said
            # A hold goes on to what was made of the lot; a release frees the one lot alone.
            for each in self.made_of(lot) if done is LotAct.HOLD else [lot]:
                if self.lots[each].state != "recalled":
                    self.lots[each].state = after

    @precondition(lambda self: not self.recalls)
    @rule(data=st.data())
    def recall_a_lot(self, data: st.DataObject) -> None:
        lot = self.a_lot(data)
        notice = Notice(
            self.shop.key(), Scope(None, lot), RecallClass.II, f"D-{self.clock}", self.now.date(), "glass particles"
        )
        said = self.ask(recall, notice)
        assert not isinstance(said, str), said
        self.recalls[said.recall] = lot
        for covered in self.made_of(lot):
            self.lots[covered].state = "recalled"
            self.lots[covered].recalls.append(said.recall)

    def made_of(self, lot: str) -> list[str]:
        made = [each for each, source in self.sources.items() if source == lot]
        return [lot, *(deeper for each in made for deeper in self.made_of(each))]

    @precondition(lambda self: self.recalls)
    @rule(data=st.data())
    def withdraw_a_recall(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.recalls)))
        said = self.ask(withdraw, Withdrawal(self.shop.key(), number, "the maker was mistaken"))
        assert not isinstance(said, str), said
        del self.recalls[number]
        for lot in self.lots.values():
            if number in lot.recalls:
                lot.recalls.remove(number)
                if not lot.recalls:
                    lot.state = "held"

    @rule(
        data=st.data(),
        to=st.sampled_from((*SALEABLE, *SALEABLE, *SET_ASIDE)),
        units=st.sampled_from([None, 1]),
        by=st.sampled_from(MOVED_BY),
    )
    def move_some(self, data: st.DataObject, to: str, units: int | None, by: tuple[str, str | None]) -> None:
        lot, source = self.a_standing(data)
        who, why = by
        said = self.ask(move, Move(self.shop.key(), lot, source, to, units, reason=why), who)
        there = self.units[lot, source]
        if source == to:
            assert isinstance(said, str)
        elif there < (units or 1):
            assert said == "not_so_many_there"
        elif source not in SALEABLE and to in SALEABLE and not self.usable(lot):
            assert said == "lot_not_usable"
        elif source == "returned":
            assert said == "patients_had_them"
        elif to == "returned":
            assert said == "not_from_patients"
        elif source == "quarantine" and by not in MAY_RELEASE:
            assert said == ("not_allowed" if who == "kim" else "release_needs_reason")
        else:
            assert not isinstance(said, str), said
            self.units[lot, source] -= units or there
            self.units[lot, to] += units or there

    @rule(data=st.data(), back=st.booleans(), units=st.sampled_from([None, 1, 1]))
    def destroy_or_send_back(self, data: st.DataObject, back: bool, units: int | None) -> None:
        lot, place = self.a_standing(data)
        if back:
            said = self.ask(send_back, SendBack(self.shop.key(), lot, place, "overstock", units))
        else:
            said = self.ask(destroy, Destroy(self.shop.key(), lot, place, "broken", "kim", units))
        there = self.units[lot, place]
        if there < (units or 1):
            assert said == "not_so_many_there"
        else:
            assert not isinstance(said, str), said
            self.units[lot, place] -= units or there
            self.gone[lot, "supplier" if back else "waste"] += units or there

    @precondition(lambda self: self.lots)
    @rule(data=st.data(), made=st.sampled_from([2, 2, 1]))
    def repack_one(self, data: st.DataObject, made: int) -> None:
        lot, place = self.a_standing(data)
        order = Batch(
            self.shop.key(),
            HOUSE,
            FromLot(lot, 1, place=place),
            (),
            made,
            Category.TWO,
            Start.STERILE,
            None,
            "kim",
            "shelf",
        )
        said = self.ask(repack, order)
        there = place in SALEABLE and self.units[lot, place]
        enough = FILL_UL[self.lots[lot].product] >= made * FILL_UL[HOUSE]
        if not self.usable(lot) or not there or not enough:
            assert isinstance(said, str), said
        else:
            assert not isinstance(said, str), said
            # Four days at room temperature, the last of which is not whole; and no ingredient is outlived.
            end = (self.now.astimezone(UTC) + 4 * DAY).astimezone(NOW.tzinfo)
            expires = min(end.date() - DAY, self.lots[lot].expires)
            assert said.expires == expires
            self.units[lot, place] -= 1
            self.gone[lot, "compounding"] += 1
            self.lots[said.lot] = Lot(HOUSE, expires)
            self.sources[said.lot] = lot
            self.units[said.lot, "shelf"] += made
            self.gone[said.lot, "compounding"] -= made

    @precondition(lambda self: len(self.counts) < 2)
    @rule(place=st.sampled_from(["shelf", "shelf", "shelf", "returned"]))
    def start_a_count(self, place: str) -> None:
        self.start_of(place)

    @rule(place=st.sampled_from(["shelf", "returned"]), off=st.sampled_from([-1, 1, 6]))
    def count_a_place(self, place: str, off: int) -> None:
        """From the start to the end, by two persons who find the same."""
        number = self.start_of(place)
        if number is not None:
            for lot in sorted(self.counts[number].snapshot):
                for who in ("kim", "pia"):
                    self.found(number, lot, max(0, self.units[lot, place] + off), who)
            self.close_of(number, "pia")

    def start_of(self, place: str) -> str | None:
        said = self.ask(start_count, StartCount(self.shop.key(), place=place))
        there = {lot for (lot, at), units in self.units.items() if at == place and units}
        if not there:
            return None
        assert {line.lot for line in said.lines} == there
        self.counts[said.count] = Count(place, there)
        return str(said.count)

    @precondition(lambda self: self.counts)
    @rule(
        data=st.data(),
        off=st.sampled_from([0, 0, -1, 1, 6, 6]),
        counters=st.sampled_from([["alex"], ["kim", "pia"], ["kim", "pia"], ["kim", "kim"]]),
    )
    def count_a_lot(self, data: st.DataObject, off: int, counters: list[str]) -> None:
        number = data.draw(st.sampled_from(sorted(self.counts)))
        count = self.counts[number]
        lot = data.draw(st.sampled_from(sorted(count.snapshot)))
        for who in counters:
            self.found(number, lot, max(0, self.units[lot, count.place] + off), who)

    def found(self, number: str, lot: str, units: int, who: str) -> None:
        count = self.counts[number]
        said = self.ask(enter_count, EnterCount(self.shop.key(), number, lot, units), who)
        assert not isinstance(said, str), said
        count.entries.setdefault(lot, []).append(Found(units, self.units[lot, count.place], self.clock, who))

    @precondition(lambda self: self.counts)
    @rule(data=st.data(), all_first=st.booleans(), who=st.sampled_from(["alex", "pia", "kim"]))
    def close_a_count(self, data: st.DataObject, all_first: bool, who: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.counts)))
        count = self.counts[number]
        if all_first:
            for lot in sorted(count.snapshot - count.entries.keys()):
                self.found(number, lot, self.units[lot, count.place], "alex")
        self.close_of(number, who)

    def close_of(self, number: str, who: str) -> None:
        count = self.counts[number]
        place = count.place
        order = CloseCount(self.shop.key(), number, reason="miscounted before")
        said = self.ask(close_count, order, who, practice=self.practice)
        variances = {lot: [self.variance(lot, place, each) for each in found] for lot, found in count.entries.items()}
        large = [lot for lot, each in variances.items() if abs(each[-1]) >= LARGE]
        if any(self.units[lot, place] and lot not in count.entries for lot in count.snapshot):
            assert said == "not_counted"
        elif any(not self.twice(count.entries[lot], variances[lot]) for lot in large):
            assert said == "count_again"
        elif any(self.units[lot, place] + each[-1] < 0 for lot, each in variances.items()):
            assert said == "count_outdated"
        elif large and who == "kim":
            assert said == "not_allowed"
        elif any(self.launders(lot, place, each[-1]) for lot, each in variances.items()):
            assert said == "returns_among_stock"
        else:
            assert not isinstance(said, str), said
            for lot, each in variances.items():
                self.units[lot, place] += each[-1]
                self.gone[lot, "variance"] -= each[-1]
                self.corrections.append((lot, place, each[-1], self.clock))
            del self.counts[number]

    def variance(self, lot: str, place: str, found: Found) -> int:
        since = [units for of, at, units, when in self.corrections if (of, at) == (lot, place) and when > found.when]
        return found.units - found.book - sum(since)

    def twice(self, entries: list[Found], variances: list[int]) -> bool:
        """Whether the last two say the same and are by two persons."""
        return len(entries) > 1 and entries[-2].who != entries[-1].who and variances[-2] == variances[-1]

    def launders(self, lot: str, place: str, found: int) -> bool:
        """Whether units would be on the shelf that are missing among those that patients had."""
        ever = {each: sum(units for of, at, units, _ in self.corrections if (of, at) == (lot, each)) for each in PLACES}
        ever[place] += found
        if ever["returned"] >= 0:
            return False
        return found > 0 if place != "returned" else found < 0 < ever["shelf"]

    @rule(hours=st.sampled_from([1, 23, 24, 24 * 3, 24 * 27]))
    def time_passes(self, hours: int) -> None:
        self.now = (self.now.astimezone(UTC) + timedelta(hours=hours)).astimezone(NOW.tzinfo)

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        service, order, more, who, receipt = data.draw(st.sampled_from(self.answered))
        self.shop.on = self.now
        assert replace(self.shop, user=who).do(service, order, **more) == receipt

    # What must always be so

    @invariant()
    def units_are_the_models(self) -> None:
        if not hasattr(self, "shop"):
            return
        query = (
            select(stock.lot.c.number, stock.place.c.code, stock.balance.c.units)
            .join(stock.lot, stock.lot.c.id == stock.balance.c.lot_id)
            .join(stock.place, stock.place.c.id == stock.balance.c.place_id)
            .where(stock.balance.c.units > 0)
        )
        kept = {(row.number, row.code): row.units for row in self.shop.read(lambda db: db.execute(query).all())}
        assert kept == {key: units for key, units in self.units.items() if units}
        # Nothing came from nowhere and nothing is lost.
        for lot in self.lots:
            there = sum(units for (of, _), units in self.units.items() if of == lot)
            assert there == -sum(units for (of, _), units in self.gone.items() if of == lot)

    @invariant()
    def microlitres_are_the_models(self) -> None:
        if not hasattr(self, "shop"):
            return
        rows = self.shop.read(lambda db: db.execute(select(vials.vial)).all())
        assert {f"V{row.number}": row.remaining_ul for row in rows} == {
            number: vial.left for number, vial in self.vials.items()
        }
        opened = sum(FILL_UL[self.lots[vial.lot].product] for vial in self.vials.values())
        assert opened == self.drawn + self.wasted + sum(vial.left for vial in self.vials.values())

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        verified = self.shop.read(verify)
        self.shop.engine.dispose()
        assert verified.ok, [check for check in verified.checks if not check.ok]
