"""Prescriptions are dispensed, and fills taken back."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.take_back import Return, take_back
from tests.build import an_rx
from tests.stock.model import PRODUCT
from tests.stock.steps import Steps


class FillSteps(Steps):
    """What patients have."""

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
        taken = self.taken(units)
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
