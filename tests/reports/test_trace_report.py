from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from dispensary.audit import commitment
from dispensary.lookup import NotFound
from dispensary.reports.trace import HandedOver, OtherMovement, Trace, trace
from dispensary.rules.product import Sensitivity
from dispensary.schema.trust import audit_event
from dispensary.services.register import note_reading
from tests.build import a_lot, a_patient, a_prescriber, an_rx, dispensed, returned
from tests.refusing import refused


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
            other=(OtherMovement("return", "D1", 1, "patients", "quarantine", date(2026, 11, 22)),),
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
