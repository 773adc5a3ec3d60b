"""What was begun and waits for its end is in the nightly report until somebody ends it."""

from datetime import timedelta

from dispensary.reports.nightly.nightly import nightly
from dispensary.rules.lot_life import LotAct
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import Contact, RecallClass, Scope
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.recalls.recall import Notice, Withdrawal, recall, withdraw
from dispensary.services.recalls.recall_contact import Called, note_contact
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, a_patient, an_rx, dispensed


def needed(shop):
    return list(shop.read(nightly, 1, shop.on).needs_a_person)


def test_a_vial_is_told_of_from_its_hour_until_it_is_discarded(shop):
    a_lot(shop, "US-CY-HIK10", "V7")
    shop.do(open_vial, Opening(shop.key(), lot="V7"))
    assert needed(shop) == []
    hour = shop.at(shop.on + timedelta(days=28))
    assert needed(shop.at(hour.on - timedelta(microseconds=1))) == []
    assert needed(hour) == ["Opened vial V1 (shelf): 10 mL of US-CY-HIK10, lot V7, past its hour; discard it."]
    hour.do(discard, Discard(shop.key(), "V1", "past its hour"))
    assert needed(hour) == []


def test_a_vial_of_a_held_lot_is_told_of_at_once(shop):
    a_lot(shop, "US-CY-HIK10", "V7", units=1)
    shop.do(open_vial, Opening(shop.key(), lot="V7"))
    shop.do(act, Decided(shop.key(), "V7", LotAct.HOLD, "particles"))
    assert needed(shop) == [
        "Opened vial V1 (shelf): 10 mL of US-CY-HIK10, lot V7, of a lot that is held; do not use it."
    ]


def test_a_recall_is_told_of_until_every_patient_is_reached(shop):
    a_lot(shop, "US-CY-HIK10", "V7", units=2)
    dispensed(shop, an_rx(shop, a_patient(shop, "MRN-1"), units=1))
    shop.do(open_vial, Opening(shop.key(), lot="V7"))
    other = a_patient(shop, "MRN-2")
    shop.do(
        draw, Draw(shop.key(), "V1", Unprescribed(other, Dose(1000), "in the clinic", Route.IM)), practice=shop.practice
    )
    notice = Notice(shop.key(), Scope(None, "V7"), RecallClass.II, "D-0792-2026", shop.today, "cracked vials")
    shop.do(recall, notice)

    def told():
        return [sentence for sentence in needed(shop) if sentence.startswith("Recall ")]

    both = "Recall RC1 (D-0792-2026): {} of 2 patients are not reached; call those whom " + (
        "`dispensary recall show RC1` lists."
    )
    assert told() == [both.format(2)]
    shop.do(note_contact, Called(shop.key(), "RC1", "P1", Contact.NOT_REACHED, "no answer"))
    assert told() == [both.format(2)]
    shop.do(note_contact, Called(shop.key(), "RC1", "P1", Contact.REACHED, "brings it tomorrow"))
    assert told() == [both.format(1)]
    shop.do(note_contact, Called(shop.key(), "RC1", "P2", Contact.DECLINED, "threw it away"))
    assert told() == []


def test_a_recall_that_was_withdrawn_asks_for_no_call(shop):
    a_lot(shop, units=4)
    dispensed(shop, an_rx(shop))
    shop.do(recall, Notice(shop.key(), Scope(None, "A1"), RecallClass.I, "D-1", shop.today, "cracked vials"))
    shop.do(withdraw, Withdrawal(shop.key(), "RC1", "another lot"))
    assert not [sentence for sentence in needed(shop) if sentence.startswith("Recall ")]


def test_a_count_is_told_of_until_it_is_closed(shop):
    a_lot(shop, units=4)
    shop.do(start_count, StartCount(shop.key(), place="shelf"))
    assert needed(shop) == ["Count C1, which alex began, is open; close it with `dispensary count close C1`."]
    shop.do(enter_count, EnterCount(shop.key(), "C1", "A1", 4))
    shop.do(close_count, CloseCount(shop.key(), "C1"), practice=shop.practice)
    assert needed(shop) == []


def test_a_warning_that_was_overridden_at_a_draw_is_counted(shop):
    a_lot(shop, "US-CY-DOD10", "V7")
    shop.do(open_vial, Opening(shop.key(), lot="V7"))
    patient = a_patient(shop, conditions=("kidney-failure",))
    order = Draw(
        shop.key(),
        "V1",
        Unprescribed(patient, Dose(1000), "in the clinic", Route.IM),
        overrides={"kidney_failure": "monitored: by the renal clinic"},
    )
    drawn = shop.do(draw, order, practice=shop.practice)
    report = shop.read(nightly, 1, shop.on)
    assert [(each.code, each.reason_code) for each in report.overrides] == [("kidney_failure", "monitored")]
    assert [line.draw for line in report.drawn] == [drawn.draw]
    assert any(f"overrode a warning on {drawn.draw} (" in sentence for sentence in report.needs_a_person)
