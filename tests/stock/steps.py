"""How the program is asked, and the model beside it: what the steps of every subject share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from dispensary.errors import Refused
from tests.build import Shop
from tests.stock.model import SALEABLE, SET_ASIDE, Model


class Steps(Model, RuleBasedStateMachine):
    """A pharmacy, and what it answered."""

    new_shop: Callable[[], Shop]
    """A pharmacy as it is once prepared."""
    shop: Shop
    answered: list[tuple[Any, Any, Any, str, Any]]

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

    def a_lot(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.lots)))

    def a_standing(self, data: st.DataObject) -> tuple[str, str]:
        """A lot and a place, most often where some of it stands."""
        there = sorted(key for key, units in self.units.items() if units)
        apart = sorted(key for key in there if key[1] in SET_ASIDE)
        anywhere = st.tuples(st.sampled_from(sorted(self.lots)), st.sampled_from((*SALEABLE, *SET_ASIDE)))
        likely = [st.sampled_from(each) for each in (there, there, apart) if each]
        return data.draw(st.one_of(*likely, anywhere))
