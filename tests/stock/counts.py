"""Places are counted, by one or two persons, all at once or in the midst of other things."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from tests.stock.model import LARGE, Count, Found
from tests.stock.steps import Steps


class CountSteps(Steps):
    """What somebody finds."""

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
