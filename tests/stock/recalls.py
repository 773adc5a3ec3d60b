"""Lots are held, released and recalled, and recalls withdrawn."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dispensary.rules.lot_life import LotAct
from dispensary.rules.recall import RecallClass, Scope
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.recalls.recall import Notice, Withdrawal, recall, withdraw
from tests.stock.steps import Steps


class RecallSteps(Steps):
    """What state lots are in."""

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
