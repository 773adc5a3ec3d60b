import pytest

from dispensary.rules.history import AddedAndRemoved, AlreadyRecorded, NotRecorded, amended, medicines_of
from dispensary.rules.people import Condition, History
from dispensary.rules.product import Sensitivity
from dispensary.rules.text import NotCleanText
from tests.refusing import refused


def history(sensitivities=(), conditions=(), medicines=()):
    return History(
        frozenset(map(Sensitivity, sensitivities)), frozenset(map(Condition, conditions)), frozenset(medicines)
    )


BEFORE = history(["parabens"], ["leber"], ["Folic acid"])
NOTHING = history()


def test_adds_and_removes_only_what_is_named():
    after = amended("P1", BEFORE, history(conditions=["lactation"]), history(["parabens"]))
    assert after == history([], ["leber", "lactation"], ["Folic acid"])
    assert amended("P1", BEFORE, NOTHING, NOTHING) == BEFORE


def test_a_medicine_is_removed_whatever_its_case():
    assert amended("P1", BEFORE, NOTHING, history(medicines=["FOLIC ACID"])).medicines == frozenset()


@pytest.mark.parametrize(
    "add", [history(["parabens"]), history(conditions=["leber"]), history(medicines=["folic ACID"])]
)
def test_refuses_to_add_what_is_there(add):
    refused(AlreadyRecorded, lambda: amended("P1", BEFORE, add, NOTHING))


@pytest.mark.parametrize(
    "remove", [history(["benzyl alcohol"]), history(conditions=["pregnancy"]), history(medicines=["Metformin"])]
)
def test_refuses_to_remove_what_is_not_there(remove):
    refused(NotRecorded, lambda: amended("P1", BEFORE, NOTHING, remove))


def test_refuses_to_add_and_remove_the_same():
    both = history(conditions=["leber"])
    refused(AddedAndRemoved, lambda: amended("P1", BEFORE, both, both))
    refused(
        AddedAndRemoved,
        lambda: amended("P1", NOTHING, history(medicines=["Omeprazole"]), history(medicines=["omeprazole"])),
    )


def test_a_medicine_is_named_once_as_it_was_first_typed():
    assert medicines_of([" Folic acid ", "folic ACID", "Chloramphenicol"]) == {"Folic acid", "Chloramphenicol"}
    assert medicines_of(["x" * 80]) == {"x" * 80}


@pytest.mark.parametrize("text", ["", "x" * 81, "a\nb", "a\u202eb"])
def test_refuses_a_medicine_that_cannot_be_kept(text):
    refused(NotCleanText, lambda: medicines_of([text]))
