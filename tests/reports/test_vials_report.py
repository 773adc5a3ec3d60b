from dataclasses import replace
from datetime import date, timedelta

from dispensary.lookup import NotFound
from dispensary.reports.vials.vials import VialRow, one_vial, opened_vials
from dispensary.rules.numbers import NotANumber
from dispensary.rules.shelf import State
from dispensary.rules.vial import Standing
from tests.build import a_lot, an_rx, in_state
from tests.refusing import refused
from tests.vials import AMPOULE, MULTI, a_vial, acted, discarded, drawn, moved


def read(shop, **more):
    return shop.read(opened_vials, 1, shop.on, **more)


def test_a_row_holds_what_a_label_needs(shop):
    a_lot(shop, MULTI, "D1")
    shop.practice = replace(shop.practice, dedicated_vials=True)
    a_vial(shop)
    drawn(shop, an_rx(shop, units=1, product=MULTI))
    later = shop.at(shop.on + timedelta(hours=1, minutes=1))
    assert read(later) == (
        VialRow(
            vial="V1",
            product=MULTI,
            name="Dodex",
            lot="D1",
            expires=date(2027, 11, 30),
            lot_state=State.AVAILABLE,
            place="shelf",
            opened_at="2026-11-21T09:30:00-05:00",
            opened_by="alex",
            discard_at="2026-12-19T09:30:00-05:00",
            usable_hours=670,
            volume_ul=10_000,
            remaining_ul=9000,
            state=Standing.OPEN,
            dedicated=True,
            preservative="benzyl alcohol 15 mg/mL",
            protect_from_light=True,
        ),
    )


def test_empty_vials_are_shown_only_when_asked_for(shop):
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    a_vial(shop)
    discarded(shop, "V1")
    assert [row.vial for row in read(shop)] == ["V2"]
    assert [(row.vial, row.state) for row in read(shop, discarded=True)] == [
        ("V1", Standing.DISCARDED),
        ("V2", Standing.OPEN),
    ]


def test_what_is_past_its_hour_is_shown_until_it_is_discarded(shop):
    a_lot(shop, AMPOULE, "T1")
    a_vial(shop, AMPOULE)
    (row,) = read(shop.at(shop.on + timedelta(hours=1)))
    assert (row.state, row.usable_hours) == (Standing.EXPIRED, 0)


def test_no_hours_are_left_of_what_nothing_is_drawn_from(shop):
    a_lot(shop, MULTI, "D1")
    a_lot(shop, MULTI, "D2")
    a_lot(shop, "US-CY-VIT30", "E1")
    for lot in ("D1", "D2", "E1"):
        a_vial(shop, None, lot)
    acted(shop, "hold", "V1")
    in_state(shop, "D2", State.RECALLED)
    moved(shop, "quarantine", "V3")
    assert [(row.vial, row.state, row.lot_state, row.usable_hours) for row in read(shop)] == [
        ("V1", Standing.HELD, State.AVAILABLE, 0),
        ("V2", Standing.OPEN, State.RECALLED, 0),
        ("V3", Standing.OPEN, State.AVAILABLE, 0),
    ]


def test_rows_are_of_one_product_or_place_where_asked(shop):
    a_lot(shop, MULTI, "D1")
    a_lot(shop, AMPOULE, "T1", place="refrigerator")
    a_vial(shop)
    a_vial(shop, AMPOULE)
    assert [row.vial for row in read(shop, product=AMPOULE)] == ["V2"]
    assert [row.vial for row in read(shop, place="shelf")] == ["V1"]
    assert read(shop, product=MULTI, place="refrigerator") == ()
    refused(NotFound, lambda: read(shop, product="US-XX"))
    refused(NotFound, lambda: read(shop, place="attic"))


def test_one_vial_is_found_by_its_number(shop):
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    assert (one := shop.read(one_vial, 1, "v1", shop.on)) == read(shop)[0], one
    refused(NotFound, lambda: shop.read(one_vial, 1, "V9", shop.on))
    refused(NotANumber, lambda: shop.read(one_vial, 1, "RX1", shop.on))


def test_nothing_is_open(shop):
    assert read(shop) == ()
