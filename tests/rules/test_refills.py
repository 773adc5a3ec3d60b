from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.refills import Fill, Left, PrescriptionState, left, states_on

fills = st.lists(st.integers(1, 20).flatmap(lambda units: st.builds(Fill, st.just(units), st.integers(0, units))))


def test_a_new_prescription_has_its_first_fill_and_its_refills():
    assert left(4, 2, []) == Left(fills=3, refills=2, units=12)
    assert left(None, 2, []) == Left(fills=3, refills=2, units=None)


def test_reit_iii_is_four_fills_in_all():
    assert left(5, 3, [Fill(5)] * 3) == Left(fills=1, refills=1, units=5)
    assert left(5, 3, [Fill(5)] * 4) == Left(fills=0, refills=0, units=0)


@pytest.mark.parametrize(
    ("given_out", "expected"),
    [
        ([Fill(1)], Left(3, 2, 11)),
        ([Fill(4)], Left(2, 2, 8)),
        ([Fill(4), Fill(1)], Left(2, 1, 7)),
        ([Fill(4), Fill(4), Fill(3)], Left(1, 0, 1)),
        ([Fill(4, 4)], Left(3, 2, 12)),
        ([Fill(4, 1)], Left(3, 2, 9)),
    ],
)
def test_by_units_a_partial_fill_leaves_its_rest(given_out, expected):
    assert left(4, 2, given_out) == expected


@pytest.mark.parametrize(
    ("given_out", "expected"),
    [
        ([Fill(1)], Left(2, 2, None)),
        ([Fill(4), Fill(4)], Left(1, 1, None)),
        ([Fill(4, 3)], Left(2, 2, None)),
        ([Fill(4, 4)], Left(3, 2, None)),
        ([Fill(4)] * 5, Left(0, 0, None)),
    ],
)
def test_by_days_every_fill_counts_that_was_not_returned_whole(given_out, expected):
    assert left(None, 2, given_out) == expected


@given(st.integers(1, 20), st.integers(0, 9), fills)
def test_units_kept_and_units_left_are_what_was_prescribed(quantity, refills, given_out):
    kept = sum(fill.units - fill.returned for fill in given_out)
    result = left(quantity, refills, given_out)
    assert result.units == max(0, quantity * (1 + refills) - kept)
    assert (result.fills - 1) * quantity < max(1, result.units) <= max(1, result.fills * quantity)
    assert 0 <= result.refills <= refills


@given(st.none() | st.integers(1, 20), st.integers(0, 9), fills, st.integers(1, 20))
def test_a_whole_return_leaves_what_there_was_before(quantity, refills, given_out, units):
    assert left(quantity, refills, [*given_out, Fill(units, units)]) == left(quantity, refills, given_out)


@pytest.mark.parametrize(
    ("day", "fills_left", "expected"),
    [
        (30, 1, ["active"]),
        (31, 1, ["expired"]),
        (30, 0, ["exhausted"]),
        (31, 0, ["expired", "exhausted"]),
    ],
)
def test_a_prescription_ends_after_its_last_day_and_with_its_last_fill(day, fills_left, expected):
    assert states_on(date(2026, 10, 30), fills_left, date(2026, 10, day)) == tuple(map(PrescriptionState, expected))
