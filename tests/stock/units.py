"""Units are received, moved, destroyed, sent back, and made into others."""

from datetime import UTC

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dispensary.rules.beyond_use import Category, Start
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.stock.send_back import SendBack, send_back
from tests.build import NOW
from tests.stock.model import DAY, FILL_UL, HOUSE, MAY_RELEASE, MOVED_BY, PRODUCT, SALEABLE, SET_ASIDE, Lot
from tests.stock.steps import Steps


class UnitSteps(Steps):
    """What happens to units that nobody has opened."""

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
