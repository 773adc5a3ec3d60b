from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import Operation
from dispensary.rules.stock_act import (
    NotFromPatients,
    NotUndelivered,
    Passage,
    PatientsHadThem,
    had_by_patients,
    moving,
    releases,
    require_had,
    require_not_had,
    require_restockable,
)
from tests.refusing import refused

STOCKED = [kind for kind in PlaceKind if kind.stocked]


@pytest.mark.parametrize("source", STOCKED)
@pytest.mark.parametrize("target", STOCKED)
def test_to_shelve_is_to_move_where_it_may_be_sold_what_could_not_be(source, target):
    shelved = source in ("quarantine", "returned", "transit") and target in ("shelf", "refrigerator")
    assert (moving(source, target) is Operation.SHELVE) == shelved


@pytest.mark.parametrize(
    ("passages", "had"),
    [
        ([], 0),
        ([(10, False)], 0),
        ([(10, False), (4, True)], 4),
        # What leaves is the pharmacy's own as long as that can be.
        ([(10, False), (4, True), (-6, False)], 4),
        ([(10, False), (4, True), (-12, False)], 2),
        ([(4, True), (-4, False), (10, False)], 0),
        # Set apart as patients' units, they are exactly those.
        ([(10, False), (4, True), (-4, True)], 0),
        ([(10, False), (4, True), (-6, True)], 0),
    ],
)
def test_units_of_patients_are_remembered_while_they_may_stand_there(passages, had):
    assert had_by_patients(Passage(*each) for each in passages) == had


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans()), max_size=12))
def test_patients_units_are_never_more_than_stand_there(passages):
    there, kept = 0, []
    for units, patients, out in passages:
        change = -min(units, there) if out else units
        there += change
        kept.append(Passage(change, patients))
        assert 0 <= had_by_patients(kept) <= there


def require(wanted, had, there, place="quarantine"):
    require_not_had(wanted, had, there, lot="A1", product="US-CY-ARG1", place=place, returned="returned")


def test_what_patients_had_is_not_moved_back():
    require(6, had=4, there=10)
    refused(PatientsHadThem, lambda: require(7, had=4, there=10))
    refused(PatientsHadThem, lambda: require(1, had=4, there=4))
    refused(PatientsHadThem, lambda: require(1, had=4, there=4, place="returned"))


@pytest.mark.parametrize("source", STOCKED)
@pytest.mark.parametrize("target", STOCKED)
def test_what_was_set_aside_is_let_go_where_it_may_be_sold_or_is_on_its_way_there(source, target):
    let_go = source == "quarantine" and target in ("shelf", "refrigerator", "transit")
    assert releases(source, target) == let_go


def apart(wanted, had, place="quarantine"):
    require_had(wanted, had, lot="A1", product="US-CY-ARG1", place=place, target="returned")


def test_only_what_patients_had_goes_among_what_they_brought():
    apart(4, had=4)
    refused(NotFromPatients, lambda: apart(5, had=4))
    refused(NotFromPatients, lambda: apart(1, had=0, place="shelf"))


DISPENSED = date(2026, 11, 21)


def restock(days=0, limit=14, units=4, returned=0, whole=True):
    require_restockable(
        "D1", DISPENSED, DISPENSED + timedelta(days=days), limit, units=units, returned=returned, whole=whole
    )


def test_an_undelivered_fill_goes_back_through_the_last_day_of_the_limit():
    restock(days=14)
    refused(NotUndelivered, lambda: restock(days=15))
    restock(days=0)


def test_a_pharmacy_may_put_nothing_back():
    refused(NotUndelivered, lambda: restock(limit=0))


def test_only_a_whole_fill_that_nobody_had_goes_back():
    refused(NotUndelivered, lambda: restock(whole=False))
    refused(NotUndelivered, lambda: restock(returned=1))
