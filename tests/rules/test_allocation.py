from collections.abc import Callable
from datetime import date, timedelta
from itertools import product as combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.allocation import Allocation, OnHand, ShortStock, allocate
from dispensary.rules.shelf import State

TODAY = date(2026, 11, 1)


def a_lot(
    lot: str = "A1",
    *,
    expires: str = "2027-05-31",
    units: int = 3,
    state: State = State.AVAILABLE,
    received: int = 1,
    lot_id: int = 1,
    place_id: int = 1,
) -> OnHand:
    return OnHand(lot_id, lot, date.fromisoformat(expires), units, place_id, state, received)


def weekly(units: int) -> date:
    return TODAY + timedelta(weeks=units - 1)


def take(units: int, *lots: OnHand, last_injection: Callable[[int], date] = weekly) -> Allocation:
    return allocate(units, lots, product="US-CY-ARG1", today=TODAY, last_injection=last_injection)


def picked(allocation: Allocation) -> list[tuple[str, int]]:
    return [(pick.lot.lot, pick.units) for pick in allocation.picks]


def skipped(allocation: Allocation) -> list[tuple[str, str]]:
    return [(skip.lot.lot, skip.reason) for skip in allocation.skipped]


def test_prefers_earlier_lots() -> None:
    found = take(4, a_lot("LATE", expires="2028-01-31"), a_lot("SOON", expires="2027-01-31"))
    assert picked(found) == [("SOON", 3), ("LATE", 1)]
    assert skipped(found) == []


def test_ties_go_to_the_earlier_receipt_then_lot_then_place() -> None:
    lots = [
        a_lot("D", received=2, lot_id=1, units=1),
        a_lot("C", received=1, lot_id=5, place_id=3, units=1),
        a_lot("B", received=1, lot_id=5, place_id=2, units=1),
        a_lot("A", received=1, lot_id=4, place_id=9, units=1),
    ]
    assert picked(take(4, *lots)) == [("A", 1), ("B", 1), ("C", 1), ("D", 1)]


def test_names_the_lots_that_it_skips() -> None:
    found = take(
        2,
        a_lot("OLD", expires="2026-10-31"),
        a_lot("HOLD", expires="2026-12-31", state=State.HELD),
        a_lot("BACK", expires="2026-12-30", state=State.RECALLED),
        a_lot("GOOD"),
        a_lot("LATER", expires="2028-01-01", state=State.HELD),
    )
    assert picked(found) == [("GOOD", 2)]
    assert skipped(found) == [("OLD", "expired on 2026-10-31"), ("BACK", "recalled"), ("HOLD", "held")]


def test_a_lot_gives_what_it_outlasts_and_the_next_lot_the_rest() -> None:
    found = take(4, a_lot("SOON", expires="2026-11-10", units=9), a_lot("LATE", units=9))
    assert picked(found) == [("SOON", 2), ("LATE", 2)]
    assert skipped(found) == []


def test_a_lot_that_expires_before_its_first_injection_is_skipped() -> None:
    found = take(
        3,
        a_lot("SOON", expires="2026-11-10", units=2),
        a_lot("ALSO", expires="2026-11-11", units=2),
        a_lot("LATE"),
    )
    assert picked(found) == [("SOON", 2), ("LATE", 1)]
    assert skipped(found) == [("ALSO", "expires 2026-11-11, before the injection of 2026-11-15")]


def test_a_lot_may_be_injected_on_its_expiry_date() -> None:
    assert picked(take(2, a_lot(expires="2026-11-08"))) == [("A1", 2)]


def test_an_empty_lot_is_neither_picked_nor_named() -> None:
    found = take(1, a_lot("NONE", units=0, expires="2026-12-01"), a_lot("SOME"))
    assert picked(found) == [("SOME", 1)]
    assert skipped(found) == []


def test_short_stock_names_what_is_there() -> None:
    with pytest.raises(ShortStock) as refused:
        take(
            9,
            a_lot("A1"),
            a_lot("B2", units=5, state=State.HELD),
            a_lot("C3", units=7, expires="2026-10-31"),
            a_lot("D4", units=4, expires="2026-11-09"),
            a_lot("E5", units=4, expires="2026-11-10"),
        )
    assert str(refused.value) == (
        "US-CY-ARG1 is short: 9 wanted, 5 usable ("
        "lot C3: 7 expired on 2026-10-31; "
        "lot D4: 2 of 4, expires 2026-11-09, before the injection of 2026-11-15; "
        "lot E5: 0 of 4, expires 2026-11-10, before the injection of 2026-11-15; "
        "lot A1: 3; lot B2: 5 held); hand over what there is with --quantity 5; the rest is owed."
    )
    assert refused.value.code == "short_stock"


def test_short_stock_says_that_there_is_none() -> None:
    with pytest.raises(ShortStock) as refused:
        take(1)
    assert str(refused.value) == (
        "US-CY-ARG1 is short: 1 wanted, 0 usable (none on hand); "
        "receive stock, or note the demand with `dispensary rx owe RX`."
    )


def test_nobody_is_told_to_hand_over_less_than_a_dose() -> None:
    def short(units: int) -> str:
        with pytest.raises(ShortStock) as refused:
            allocate(9, [a_lot(units=units)], product="US-CY-ARG1", today=TODAY, last_injection=weekly, units_a_dose=3)
        return refused.value.way_out

    assert short(2) == "receive stock, or note the demand with `dispensary rx owe RX`"
    assert short(3) == "hand over what there is with --quantity 3; the rest is owed"


def test_the_cost_is_that_of_the_picks_and_not_known_where_one_is_not() -> None:
    soon, late = a_lot("SOON", expires="2027-01-31"), a_lot("LATE")
    priced = take(4, soon._replace(unit_cost_micros=2_500_000), late._replace(unit_cost_micros=1_000_000))
    assert priced.cost_micros == 3 * 2_500_000 + 1_000_000
    assert take(4, soon._replace(unit_cost_micros=2_500_000), late).cost_micros is None
    assert take(3, soon._replace(unit_cost_micros=0), late).cost_micros == 0


@st.composite
def a_case(draw: st.DrawFn) -> tuple[int, list[OnHand], Callable[[int], date]]:
    """A few small lots that expire around the injections, which may fall on the same day."""
    lots = [
        OnHand(
            lot_id=number,
            lot=f"L{number}",
            expires=TODAY + timedelta(days=draw(st.integers(-2, 12))),
            units=draw(st.integers(0, 4)),
            place_id=1,
            state=draw(
                st.sampled_from([State.AVAILABLE, State.AVAILABLE, State.AVAILABLE, State.HELD, State.RECALLED])
            ),
            received=draw(st.integers(1, 2)),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    gaps = draw(st.lists(st.integers(0, 4), min_size=16, max_size=16))
    days = [TODAY + timedelta(days=sum(gaps[:number])) for number in range(16)]
    return draw(st.integers(1, 12)), lots, lambda units: days[units - 1]


def usable(lot: OnHand) -> bool:
    return lot.state is State.AVAILABLE and lot.expires >= TODAY


def every_choice(lots: list[OnHand], last_injection: Callable[[int], date]) -> list[tuple[int, ...]]:
    """Every way of taking units from these lots, used one after the other, that outlasts the injections."""
    found = []
    for counts in combinations(*(range(lot.units + 1) for lot in lots)):
        taken, good = 0, True
        for lot, units in zip(lots, counts, strict=True):
            for _ in range(units):
                taken += 1
                good = good and usable(lot) and last_injection(taken) <= lot.expires
        if good:
            found.append(counts)
    return found


def outcome(units: int, lots: list[OnHand], last_injection: Callable[[int], date]) -> Allocation | ShortStock:
    try:
        return take(units, *lots, last_injection=last_injection)
    except ShortStock as short:
        return short


@given(a_case())
def test_is_the_best_choice_there_is(case: tuple[int, list[OnHand], Callable[[int], date]]) -> None:
    units, lots, last_injection = case
    in_order = sorted(lots, key=lambda lot: (lot.expires, lot.received, lot.lot_id))
    choices = every_choice(in_order, last_injection)
    enough = [choice for choice in choices if sum(choice) == units]
    found = outcome(units, lots, last_injection)
    if isinstance(found, ShortStock):
        assert not enough
        assert found.available == max(map(sum, choices))
    else:
        taken = {pick.lot.lot_id: pick.units for pick in found.picks}
        assert tuple(taken.get(lot.lot_id, 0) for lot in in_order) == max(enough)


@given(a_case())
def test_no_other_order_of_use_serves_more(case: tuple[int, list[OnHand], Callable[[int], date]]) -> None:
    units, lots, last_injection = case
    stock = sorted(lot.expires for lot in lots if usable(lot) for _ in range(lot.units))

    def can_serve(count: int) -> bool:
        # If any order of use serves so many, then the longest-dated units do, the earlier expiry first.
        longest_dated = stock[len(stock) - count :]
        return all(longest_dated[i] >= last_injection(i + 1) for i in range(count))

    most = max(count for count in range(min(len(stock), 16) + 1) if can_serve(count))
    found = outcome(units, lots, last_injection)
    if isinstance(found, ShortStock):
        assert found.available == most < units
    else:
        assert units <= most


@given(a_case())
def test_conserves_units_and_picks_nothing_unusable(case: tuple[int, list[OnHand], Callable[[int], date]]) -> None:
    units, lots, last_injection = case
    found = outcome(units, lots, last_injection)
    if isinstance(found, ShortStock):
        assert 0 <= found.available < units
        return
    assert sum(pick.units for pick in found.picks) == units
    assert len({pick.lot.lot_id for pick in found.picks}) == len(found.picks)
    taken = 0
    for pick in found.picks:
        taken += pick.units
        assert 1 <= pick.units <= pick.lot.units
        assert usable(pick.lot)
        assert last_injection(taken) <= pick.lot.expires
    assert not {pick.lot for pick in found.picks} & {skip.lot for skip in found.skipped}


@given(a_case(), st.randoms(use_true_random=False))
def test_the_order_of_the_lots_does_not_matter(
    case: tuple[int, list[OnHand], Callable[[int], date]], random: Random
) -> None:
    units, lots, last_injection = case
    first, second = (outcome(units, given, last_injection) for given in (lots, random.sample(lots, len(lots))))
    if isinstance(first, ShortStock):
        assert isinstance(second, ShortStock)
        assert first.facts == second.facts
    else:
        assert first == second
