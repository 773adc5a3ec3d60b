from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.hand_over import FillLine, KnownPack, PacksMissing, ScannedTwice, TooManyPacks, WrongPack, match
from dispensary.rules.scan import Pack
from tests.refusing import refused

DAY = date(2027, 11, 30)


def a_line(lot="A1", units=4, expires=DAY):
    return FillLine(ord(lot[0]), lot, expires, units)


def a_pack(lot="A1", units=1, serial=None, product="US-CY-ARG1", expires=DAY, gtin="00305170031251"):
    return KnownPack(Pack(gtin, lot, expires, serial), units, product, units)


def counted(lines, packs):
    return [each.units for each in match("D1", "US-CY-ARG1", lines, packs)]


def test_every_unit_is_scanned():
    assert counted([a_line(units=3)], [a_pack()] * 3) == [1, 1, 1]


def test_a_whole_carton_counts_its_units():
    assert counted([a_line(units=30)], [a_pack(units=25), *[a_pack()] * 5]) == [25, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("serial", [None, "S1"])
def test_an_opened_carton_counts_what_is_left_of_its_lot(serial):
    (only,) = match("D1", "US-CY-ARG1", [a_line(units=4)], [a_pack(units=25, serial=serial)])
    assert (only.units, only.opened, only.lot_id) == (4, True, ord("A"))
    (whole,) = match("D1", "US-CY-ARG1", [a_line(units=25)], [a_pack(units=25, serial=serial)])
    assert (whole.units, whole.opened) == (25, False)


def test_of_equal_cartons_the_last_one_scanned_is_the_opened_one():
    packs = [a_pack(units=25, serial="S1"), a_pack(units=25, serial="S2")]
    assert counted([a_line(units=30)], packs) == [25, 5]
    assert counted([a_line(units=30)], packs[::-1]) == [25, 5]


def test_the_largest_pack_is_the_opened_one_in_whatever_order_it_is_scanned():
    assert counted([a_line(units=4)], [a_pack(), a_pack(units=25)]) == [1, 3]
    assert counted([a_line(units=4)], [a_pack(units=25), a_pack()]) == [3, 1]


def test_each_lot_has_its_own_packs():
    lines = [a_line("A1", 1), a_line("B1", 3, date(2027, 12, 31))]
    packs = [a_pack("B1", 25, expires=date(2027, 12, 31)), a_pack("A1")]
    found = match("D1", "US-CY-ARG1", lines, packs)
    assert [(each.pack.scan.lot, each.units, each.lot_id) for each in found] == [
        ("B1", 3, ord("B")),
        ("A1", 1, ord("A")),
    ]


def test_refuses_packs_that_do_not_belong_to_the_fill():
    refused(WrongPack, lambda: counted([a_line()], [a_pack(product="US-CY-FK1")]))
    refused(WrongPack, lambda: counted([a_line()], [a_pack("C1")]))
    refused(WrongPack, lambda: counted([a_line(), a_line("B1")], [a_pack("C1")]))
    refused(WrongPack, lambda: counted([a_line()], [a_pack(expires=date(2027, 10, 31))]))


def test_refuses_a_serial_that_is_scanned_twice():
    refused(ScannedTwice, lambda: counted([a_line(units=2)], [a_pack(serial="S1")] * 2))
    refused(ScannedTwice, lambda: counted([a_line(units=30)], [a_pack(units=25, serial="S1")] * 2))


def test_a_serial_names_one_pack_of_one_gtin():
    assert counted([a_line(units=2)], [a_pack(serial="S1"), a_pack(serial="S1", gtin="50305170031256")]) == [1, 1]


def test_refuses_too_few_packs():
    refused(PacksMissing, lambda: counted([a_line()], [a_pack()]))
    refused(PacksMissing, lambda: counted([a_line(), a_line("B1", 3)], [a_pack(units=25)]))
    refused(PacksMissing, lambda: counted([a_line()], []))


def test_refuses_too_many_packs():
    refused(TooManyPacks, lambda: counted([a_line()], [a_pack()] * 5))
    refused(TooManyPacks, lambda: counted([a_line()], [a_pack(units=25)] * 2))
    # Four vials are the fill already, so no unit of the carton is.
    refused(TooManyPacks, lambda: counted([a_line()], [a_pack(), a_pack(units=25), *[a_pack()] * 3]))


LOTS = ("A1", "B1", "C1")


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from(LOTS), st.sampled_from([1, 2, 5, 10])), max_size=8),
)
def test_what_is_accepted_is_the_fill_exactly_and_one_pack_of_a_lot_is_open_at_most(units, scans):
    lines = [a_line(lot, number) for lot, number in zip(LOTS, units, strict=False)]
    packs = [a_pack(lot, number) for lot, number in scans]
    try:
        found = match("D1", "US-CY-ARG1", lines, packs)
    except (WrongPack, TooManyPacks, PacksMissing):
        return
    for line in lines:
        of_lot = [each for each in found if each.pack.scan.lot == line.lot]
        assert sum(each.units for each in of_lot) == line.units
        assert sum(each.opened for each in of_lot) <= 1
        assert all(0 < each.units <= each.pack.units for each in of_lot)


@given(st.lists(st.sampled_from([1, 2, 5, 10]), min_size=1, max_size=8), st.integers(0, 9))
def test_whole_packs_are_accepted_and_so_is_the_largest_of_them_opened(packs, taken_out):
    units = sum(packs) - min(taken_out, max(packs) - 1)
    assert sum(counted([a_line(units=units)], [a_pack(units=number) for number in packs])) == units
