import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.counting import (
    Correction,
    CountAgain,
    Counted,
    CountOutdated,
    Entry,
    NotACount,
    NotCounted,
    PlaceCorrected,
    VarianceNeedsReason,
    parse_count,
    puts_returns_among_stock,
    require_closable,
)
from tests.refusing import refused

LARGE = 5


def a_line(*entries, book=10, corrections=(), lot="A1"):
    """Entries as (found, books at that moment, order, person), each by another person where none is given."""
    return Counted(
        lot,
        "US-CY-ARG1",
        "shelf",
        book,
        [Entry(*each, *([] if len(each) == 4 else [each[2]])) for each in entries],
        [Correction(*each) for each in corrections],
    )


def close(*lines, reason="miscounted"):
    require_closable("C1", lines, LARGE, reason)


@pytest.mark.parametrize(("text", "units"), [("0", 0), ("24", 24), ("1000000", 1_000_000)])
def test_a_count_may_find_nothing(text, units):
    assert parse_count(text) == units


@pytest.mark.parametrize("text", ["", "-1", "1.5", "01", "1_000", "1,000", "٣", "１", "1000001", "9" * 5000, " 3"])
def test_what_is_no_count_is_refused(text):
    with pytest.raises(NotACount):
        parse_count(text)


def test_the_refusal_says_what_to_give():
    refused(NotACount, lambda: parse_count("a few"))


def test_an_entry_is_compared_with_the_books_of_its_own_moment():
    assert a_line((8, 8, 1), book=2).found == 0
    assert a_line((8, 10, 1), book=2).found == -2


def test_the_last_entry_counts():
    assert a_line((3, 10, 1), (9, 10, 2)).found == -1


def test_what_another_count_corrected_since_is_not_corrected_again():
    assert a_line((8, 10, 5), corrections=[(-2, 7)]).found == 0
    # Before the entry, the books it was compared with were corrected already.
    assert a_line((8, 8, 5), corrections=[(-2, 4)]).found == 0
    assert a_line((9, 10, 5), corrections=[(-2, 4), (-2, 7), (1, 8)]).found == 0


def test_a_large_variance_needs_two_counts_that_agree():
    refused(CountAgain, lambda: close(a_line((5, 10, 1))))
    for first, second in ((4, 5), (6, 4), (20, 5)):
        with pytest.raises(CountAgain):
            close(a_line((first, 10, 1), (second, 10, 2)))
    close(a_line((5, 10, 1), (5, 10, 2)))
    close(a_line((1, 10, 1), (5, 10, 2), (5, 10, 3)))
    with pytest.raises(CountAgain):
        close(a_line((15, 10, 1)))


def test_the_two_counts_are_two_persons():
    alex, kim = 1, 2
    for persons in ((alex, alex), (alex, kim, kim), (kim, alex, kim, kim)):
        with pytest.raises(CountAgain):
            close(a_line(*((5, 10, order, person) for order, person in enumerate(persons))))
    close(a_line((5, 10, 1, alex), (5, 10, 2, kim)))
    close(a_line((5, 10, 1, alex), (5, 10, 2, alex), (5, 10, 3, kim)))
    # What is not large one person counts.
    close(a_line((6, 10, 1, alex), (6, 10, 2, alex)))


@pytest.mark.parametrize(
    ("returned", "elsewhere", "mixed"),
    [
        # Of each place what this count finds, and all counts together.
        ([(-2, -2)], [(2, 2)], True),
        ([(0, -2)], [(1, 1)], True),
        ([(0, -2)], [(-1, -1), (1, 0)], True),
        ([(-2, -2)], [(0, 2)], True),
        ([(-2, -2)], [(0, 1), (-4, -4)], True),
        ([(-2, -2)], [(0, 0), (-1, -1)], False),
        ([(0, -2)], [(-1, 1)], False),
        ([(0, -2)], [(0, 2)], False),
        ([(2, 0)], [(1, 1)], False),
        ([(-1, -1), (1, 1)], [(1, 1)], False),
        ([(1, 1)], [(1, 1)], False),
        ([], [(1, 1)], False),
    ],
)
def test_what_patients_had_is_not_found_elsewhere(returned, elsewhere, mixed):
    places = [PlaceCorrected(True, *each) for each in returned] + [PlaceCorrected(False, *each) for each in elsewhere]
    assert puts_returns_among_stock(places) is mixed


def test_two_counts_agree_whatever_was_sold_or_corrected_between_them():
    close(a_line((4, 10, 1), (1, 7, 2), book=7))
    close(a_line((4, 10, 1), (4, 9, 3), corrections=[(-1, 2)]))


def test_one_unit_less_than_large_is_counted_once():
    close(a_line((6, 10, 1)))
    close(a_line((14, 10, 1)))


def test_any_variance_needs_a_reason():
    refused(VarianceNeedsReason, lambda: close(a_line((9, 10, 1)), reason=None))
    close(a_line((10, 10, 1)), reason=None)


def test_a_lot_with_units_must_be_counted_and_one_that_is_gone_need_not_be():
    refused(NotCounted, lambda: close(a_line(), a_line((1, 10, 1), lot="B1")))
    close(a_line(book=0), reason=None)


def test_of_many_lots_some_are_named():
    lines = [a_line(lot=f"L{n}") for n in range(12)]
    assert str(refused(NotCounted, lambda: close(*lines))).count("lot L") == 10


def test_a_correction_never_takes_more_than_is_left():
    refused(CountOutdated, lambda: close(a_line((8, 10, 1), book=1)))
    close(a_line((8, 10, 1), book=2))


def test_how_much_is_missing_is_not_told_before_the_second_count():
    said = str(refused(CountAgain, lambda: close(a_line((3, 10, 1)))))
    assert not {"3", "7", "10"} & set(said.replace(",", " ").split())


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.booleans()), max_size=8),
    st.lists(st.integers(0, 30), min_size=1, max_size=3),
)
def test_whatever_is_sold_meanwhile_the_shelf_holds_what_was_found(passages, entries):
    """After closing, the books are what the last entry found and everything that passed since."""
    book, order, corrections, seen = 30, 0, [], []
    for units in entries:
        order += 1
        seen.append((units, book, order))
    since = 0
    for units, is_correction in passages:
        order += 1
        book += units
        if is_correction:
            corrections.append((units, order))
        else:
            since += units
    line = a_line(*seen, book=book, corrections=corrections)
    assert line.book_units + line.found == entries[-1] + since
