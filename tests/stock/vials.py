"""Vials are opened, drawn from at any hour, held, moved and discarded."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.vial import VialOperation
from dispensary.services.vials import vial_act
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import NOW
from tests.stock.model import DAY, DEAD_UL, DOSE_UL, FILL_UL, KEPT, MAY_RELEASE, MOVED_BY, SALEABLE, Vial
from tests.stock.steps import Steps


class VialSteps(Steps):
    """What happens to vials that are open."""

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
