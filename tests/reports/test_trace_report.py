from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from dispensary.audit import commitment
from dispensary.lookup import NotFound
from dispensary.reports.stock.trace import Drawn, HandedOver, MadeFrom, OtherMovement, Trace, trace, trace_lines
from dispensary.rules.beyond_use import Start
from dispensary.rules.people import Role
from dispensary.rules.product import Sensitivity
from dispensary.schema.trust import audit_event
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.people.register import NewUser, add_user, note_reading
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.send_back import SendBack, send_back
from dispensary.services.vials.draw import Draw, Prescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, a_patient, a_prescriber, an_rx, dispensed, returned
from tests.refusing import refused
from tests.services.test_repack import house_products, made, of_powder


def test_every_patient_who_got_some_is_named_and_what_came_back_stands_apart(shop):
    a_lot(shop, units=10)
    prescriber = a_prescriber(shop)
    kari = an_rx(shop, a_patient(shop, "MRN-1", "Kari"), prescriber, units=4)
    ola = an_rx(shop, a_patient(shop, "MRN-2", "Ola"), prescriber, units=2)
    dispensed(shop, kari)
    tomorrow = shop.at(shop.on + timedelta(days=1))
    dispensed(tomorrow, ola)
    returned(tomorrow, "D1", units=1)
    found = shop.read(trace, 1, "A1", shop.on)
    assert found.shown == (
        Trace(
            lot="A1",
            product="US-CY-ARG1",
            received=10,
            on_hand=5,
            dispensed=(
                HandedOver("D1", "P1", 4, date(2026, 11, 21)),
                HandedOver("D2", "P2", 2, date(2026, 11, 22)),
            ),
            other=(OtherMovement("return", "D1", 1, "patients", "returned", date(2026, 11, 22), "RT1"),),
            made_from=(),
            made_into=(),
            drawn=(),
        ),
    )
    assert found.patients == {1, 2}


def test_the_lines_account_for_what_is_on_hand(shop):
    a_lot(shop, units=10)
    a_lot(shop, units=5, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    returned(shop, "D1")
    (found,) = shop.read(trace, 1, "A1", shop.on).shown
    back = sum(line.units for line in found.other)
    assert (found.received, found.on_hand) == (15, 15 - sum(line.units for line in found.dispensed) + back)


def test_a_fill_from_two_places_is_one_line(shop):
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=2, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    (found,) = shop.read(trace, 1, "A1", shop.on).shown
    assert [(line.dispense, line.units) for line in found.dispensed] == [("D1", 4)]


def test_a_number_that_two_products_have_gives_two_traces(shop):
    a_lot(shop, "US-CY-VIT30", units=1)
    a_lot(shop, "US-CY-ARG1", units=2)
    found = shop.read(trace, 1, "A1", shop.on).shown
    assert [(each.product, each.received) for each in found] == [("US-CY-ARG1", 2), ("US-CY-VIT30", 1)]


def test_the_day_is_the_pharmacy_own(shop):
    # 23:30 in New York is the next day in UTC.
    late = shop.at(datetime(2026, 11, 21, 23, 30, tzinfo=shop.on.tzinfo))
    a_lot(late, units=4)
    dispensed(late, an_rx(late, units=4))
    (found,) = shop.read(trace, 1, "A1", late.on).shown
    assert found.dispensed[0].on == date(2026, 11, 21)
    (found,) = shop.read(trace, 1, "A1", late.on.astimezone(UTC)).shown
    assert found.dispensed[0].on == date(2026, 11, 22)


def test_what_the_trace_discloses_can_be_written_as_an_event(shop):
    a_lot(shop, units=4)
    dispensed(shop, an_rx(shop, a_patient(shop, sensitivities=(Sensitivity.PARABENS,)), units=4))
    found = shop.read(trace, 1, "A1", shop.on)
    shop.do(lambda db, patients, on, by: note_reading(db, patients, "report trace A1", on=on, by=by), found.patients)
    (event,) = shop.read(lambda db: db.execute(select(audit_event).where(audit_event.c.kind == "patient read")).all())
    assert (event.subject, event.actor, event.patient) == ("report trace A1", "alex", commitment(b"k" * 32, 1))


@pytest.mark.parametrize("lot", ["NOPE", ""])
def test_an_unknown_lot_is_refused(shop, lot):
    refused(NotFound, lambda: shop.read(trace, 1, lot, shop.on))


def test_a_lot_of_another_site_is_not_shown(shop):
    a_lot(shop)
    refused(NotFound, lambda: shop.read(trace, 2, "A1", shop.on))


@pytest.fixture
def house(shop):
    """A pharmacy that makes its own, with 10 units of lot A1 on the shelf."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    a_lot(shop, units=10)
    return shop


def the_trace(shop, lot):
    found = shop.read(trace, 1, lot, shop.on)
    (only,) = found.shown
    return only, found.patients


def test_every_kind_of_movement_is_told_with_its_number(house):
    house.do(open_vial, Opening(house.key(), lot="A1"))
    house.do(move, Move(house.key(), "A1", "shelf", "quarantine", 5))
    house.do(destroy, Destroy(house.key(), "A1", "quarantine", "broken", "sam", 2))
    house.do(send_back, SendBack(house.key(), "A1", "quarantine", "too many", 1))
    house.do(start_count, StartCount(house.key(), place="quarantine"))
    house.do(enter_count, EnterCount(house.key(), "C1", "A1", 1))
    house.do(close_count, CloseCount(house.key(), "C1", "one is not there"), practice=house.practice)
    made(house, units=2, made=2)
    found, _ = the_trace(house, "A1")
    assert [(each.kind, each.number, each.units, each.from_, each.to) for each in found.other] == [
        ("vial open", "V1", 1, "shelf", "opened"),
        ("move", "S1", 5, "shelf", "quarantine"),
        ("destroy", "S2", 2, "quarantine", "waste"),
        ("send back", "S3", 1, "quarantine", "supplier"),
        ("count close", "C1", 1, "quarantine", "variance"),
        ("repack", "B1", 2, "shelf", "compounding"),
    ]
    assert (found.received, found.on_hand) == (10, 3)


def test_an_opened_vial_is_followed_to_the_patient_of_each_dose(house):
    rx = an_rx(house, directions="1 mg IM weekly", units=4)
    house.do(open_vial, Opening(house.key(), lot="A1"))
    house.do(draw, Draw(house.key(), "V1", Prescribed(rx)), practice=house.practice)
    found, patients = the_trace(house, "A1")
    assert found.drawn == (Drawn("DR1", "V1", "P1", 1000, house.today),)
    assert (found.dispensed, patients) == ((), {1})


def test_a_lot_is_followed_through_what_was_made_of_it_to_every_patient(house):
    """A1 is in H1, and H1 in H2: who got one of H2 got A1."""
    made(house, "HS-BR1", units=6, made=6)
    made(house, "HS-BR1", main=FromLot("H1", 2), made=2)
    kari = a_patient(house, "MRN-1", "Kari")
    prescriber = a_prescriber(house)
    for patient, lot in ((kari, "H1"), (a_patient(house, "MRN-2", "Ola"), "H2")):
        rx = an_rx(house, patient, prescriber, units=1, product="HS-BR1", refills=0)
        dispensed(house, rx, lot=lot)
    found, patients = the_trace(house, "A1")
    assert [(each.lot, each.of_lot, each.units, each.made) for each in found.made_into] == [
        ("H1", "A1", 6, 6),
        ("H2", "H1", 2, 2),
    ]
    assert [each.dispensed for each in found.made_into] == [
        (HandedOver("D1", "P1", 1, house.today),),
        (HandedOver("D2", "P2", 1, house.today),),
    ]
    assert (found.dispensed, found.on_hand, patients) == ((), 4, {1, 2})
    # Of the other lot only what was made of it.
    found, patients = the_trace(house, "H1")
    assert ([each.lot for each in found.made_into], patients) == (["H2"], {1, 2})


def test_a_lot_of_the_house_names_what_it_was_made_of(house):
    made(house, units=2, made=2)
    found, _ = the_trace(house, "H1")
    assert found.made_from == (
        MadeFrom("B1", "Cyanocobalamin injection (US-CY-ARG1)", "US-CY-ARG1", "A1", date(2027, 11, 30), 2, "2 x 1 mL"),
    )
    assert (found.received, found.on_hand) == (0, 2)
    assert found.other == (OtherMovement("repack", None, 2, "compounding", "refrigerator", house.today, "B1"),)
    of_powder(house, start=Start.NON_STERILE)
    found, _ = the_trace(house, "H2")
    assert [(each.name, each.lot, each.units) for each in found.made_from] == [
        ("Cyanocobalamin USP", "P1", None),
        ("Sodium chloride 0.9%", "N1", None),
    ]


def test_a_powder_is_followed_to_the_patients_of_what_was_made_with_it(house):
    of_powder(house, product="HS-BR1", start=Start.NON_STERILE)
    made(house, "HS-BR1", main=FromLot("H1", 2), made=2)
    rx = an_rx(house, units=1, product="HS-BR1", refills=0)
    dispensed(house, rx, lot="H2")
    found, patients = the_trace(house, "p1")
    assert (found.lot, found.product, found.received, found.on_hand, patients) == ("p1", None, 0, 0, {1})
    assert [(each.lot, each.of_lot, each.units, each.amount, each.made) for each in found.made_into] == [
        ("H1", "P1", None, "50 mg", 48),
        ("H2", "H1", 2, "2 x 1 mL", 2),
    ]
    assert [each.dispensed for each in found.made_into] == [(), (HandedOver("D1", "P1", 1, house.today),)]


def test_a_number_of_stock_and_of_a_powder_gives_two_traces(house):
    a_lot(house, lot="P1", units=3)
    of_powder(house, start=Start.NON_STERILE)
    stocked, powder = house.read(trace, 1, "P1", house.on).shown
    assert (stocked.product, stocked.on_hand, stocked.made_into) == ("US-CY-ARG1", 3, ())
    assert (powder.product, [each.lot for each in powder.made_into]) == (None, ["H1"])


def test_the_lines_hold_every_patient_and_every_made_lot_once(house):
    made(house, "HS-BR1", units=4, made=4)
    rx = an_rx(house, units=1, refills=1)
    house.do(open_vial, Opening(house.key(), lot="A1"))
    house.do(draw, Draw(house.key(), "V1", Prescribed(rx)), practice=house.practice)
    other = a_patient(house, "MRN-2", "Ola")
    dispensed(house, an_rx(house, other, "PR1", units=1, product="HS-BR1", refills=0), lot="H1")
    lines = list(
        trace_lines([*house.read(trace, 1, "A1", house.on).shown, *house.read(trace, 1, "H1", house.on).shown])
    )
    assert [(line.kind, line.number, line.lot, line.patient, line.units, line.volume_ul) for line in lines] == [
        ("draw", "DR1", "A1", "P1", None, 1000),
        ("repack", "B1", "H1", None, 4, None),
        ("dispense", "D1", "H1", "P2", 1, None),
    ]
    assert (lines[0].vial, lines[1].of_lot, lines[2].product) == ("V1", "A1", "HS-BR1")
