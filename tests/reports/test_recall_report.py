from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, update

from dispensary import database
from dispensary.lookup import NotFound
from dispensary.reports.recalls.recall import calling_list, recall_list, show_recall
from dispensary.reports.recalls.recall_patients import RecalledFill
from dispensary.reports.stock.lot import show_lot
from dispensary.reports.verify import verify
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.people import Role
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import Contact, RecallClass, Scope
from dispensary.rules.shelf import State
from dispensary.schema import people, prescribing, stock, trust
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.recalls.recall import Notice, Withdrawal, recall, withdraw
from dispensary.services.recalls.recall_contact import Called, note_contact
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.send_back import SendBack, send_back
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests import vials
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed, later, returned
from tests.refusing import refused
from tests.services.test_repack import house_products, of_powder


def recalled(shop, lot="1662", product=None):
    notice = Notice(shop.key(), Scope(product, lot), RecallClass.II, "D-0792-2026", shop.today, "cracked vials")
    return shop.do(recall, notice)


def shown(shop, number="RC1"):
    return shop.read(show_recall, 1, number, shop.on).shown


def fills(detail):
    return [fill for each in detail.patients for fill in each.fills]


@pytest.fixture
def scattered(shop):
    """Lot 1662: twenty patients, opened, moved, destroyed, sent back, and made into H1 (see the counts below)."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    house = "HS-BA1,In-house,house,cyanocobalamin,1000,multi-dose vial,1,1,benzyl alcohol,2-8,yes,IM,none,,,own"
    read = read_rows(f"{','.join(COLUMNS)}\n{house}".encode(), "house.csv")
    shop.do(import_products, Import(shop.key(), "house.csv", read))
    a_lot(shop, lot="1662", units=200)
    prescriber = a_prescriber(shop)
    for number in range(20):
        patient = a_patient(shop, f"MRN-{number}", f"Patient {number}")
        dispensed(shop, an_rx(shop, patient, prescriber))
    returned(shop, "D1", units=3)
    returned(shop, "D2")
    shop.do(open_vial, Opening(shop.key(), lot="1662"))
    wanted = Unprescribed("P2", Dose(500), "asked for", Route.IM)
    shop.do(draw, Draw(shop.key(), "V1", wanted), practice=shop.practice)
    shop.do(move, Move(shop.key(), "1662", "shelf", "transit", 10))
    shop.do(destroy, Destroy(shop.key(), "1662", "shelf", "dropped", "sam", 5))
    shop.do(send_back, SendBack(shop.key(), "1662", "shelf", "too many", 3))
    made_of = FromLot("1662", 5)
    shop.do(
        repack,
        Batch(shop.key(), "HS-BA1", made_of, (), 4, Category.TWO, Start.STERILE, None, "sam", "refrigerator"),
    )
    return shop


def test_every_unit_is_accounted_for(scattered):
    recalled(scattered)
    detail = shown(scattered)
    source, made = detail.lots
    assert (source.lot, source.state, source.made_into) == ("1662", State.RECALLED, (made.lot,))
    assert (source.received, source.made, source.found) == (200, 0, 0)
    assert (source.on_hand, source.with_patients, source.opened) == (113, 73, 1)
    assert (source.destroyed, source.sent_back, source.used_in_batches, source.lost) == (5, 3, 5, 0)
    assert [each.unaccounted for each in detail.lots] == [0, 0]
    assert (made.product, made.state, made.made, made.on_hand) == ("HS-BA1", State.RECALLED, 4, 4)
    assert scattered.read(verify).ok


def test_a_lot_that_was_made_here_shows_its_batch(scattered):
    recalled(scattered)
    (made,) = scattered.read(show_lot, 1, shown(scattered).lots[1].lot, scattered.on)
    assert (made.batch.batch, made.batch.units, made.batch.by, made.batch.checked_by) == ("B1", 4, "alex", "sam")
    assert (made.received, made.units, [act.recall for act in made.acts]) == ((), 4, ["RC1"])


def test_what_stands_where_is_listed_transit_included(scattered):
    recalled(scattered)
    detail = shown(scattered)
    standing = {(each.lot, each.place): each.units for each in detail.stock}
    made = detail.lots[1].lot
    assert standing == {
        ("1662", "shelf"): 96,
        ("1662", "returned"): 7,
        ("1662", "transit"): 10,
        (made, "refrigerator"): 4,
    }
    (vial,) = detail.vials
    assert (vial.vial, vial.lot, vial.place, vial.remaining_ul, vial.wasted_ul) == ("V1", "1662", "shelf", 500, 0)
    assert [(each.kind, each.lot, each.units, each.to) for each in detail.other] == [
        ("destroy", "1662", 5, "waste"),
        ("send back", "1662", 3, "supplier"),
        ("repack", "1662", 5, "compounding"),
        ("repack", made, 4, "refrigerator"),
    ]


def test_every_patient_is_listed_those_with_most_at_home_first(scattered):
    recalled(scattered)
    found = scattered.read(show_recall, 1, "RC1", scattered.on)
    patients = found.shown.patients
    assert found.patients == frozenset(range(1, 21))
    assert [each.patient for each in patients[:2]] == ["P3", "P4"]
    assert [(each.patient, each.kept, each.doses_at_home) for each in patients[-2:]] == [("P1", 1, 1), ("P2", 0, 0)]
    assert (patients[0].name, patients[0].identifier, patients[0].doses_at_home) == ("Patient 2", "MRN-2", 4)
    assert patients[0].fills == (RecalledFill("D3", "1662", "US-CY-ARG1", scattered.today, 4, 4, 4),)
    (dose,) = patients[-1].draws
    assert (dose.draw, dose.vial, dose.lot, dose.on, dose.volume_ul) == ("DR1", "V1", "1662", scattered.today, 500)


def test_the_list_for_calling_has_a_line_for_each_fill_and_dose(scattered):
    recalled(scattered)
    lines = list(calling_list(shown(scattered)))
    assert len(lines) == 21
    (drawn,) = [line for line in lines if line.drawn_ul]
    assert (drawn.patient, drawn.got, drawn.kept, drawn.drawn_ul) == ("P2", "DR1", 0, 500)


def test_doses_at_home_grow_fewer_by_the_schedule(shop):
    a_lot(shop, lot="1662")
    dispensed(shop, an_rx(shop))
    recalled(shop)
    left = {days: fills(shown(later(shop, days)))[0].doses_at_home for days in (0, 1, 7, 8, 21, 22, 300)}
    assert left == {0: 4, 1: 3, 7: 3, 8: 2, 21: 1, 22: 0, 300: 0}


def test_only_the_recalled_part_of_a_fill_counts(shop):
    a_lot(shop, lot="EARLY", expires="2027-06-30", units=1)
    a_lot(shop, lot="1662", units=10)
    dispensed(shop, an_rx(shop))
    recalled(shop)
    assert fills(shown(shop)) == [RecalledFill("D1", "1662", "US-CY-ARG1", shop.today, 3, 3, 3)]
    assert fills(shown(later(shop, 8)))[0].doses_at_home == 2


def test_the_second_fill_follows_the_first(shop):
    a_lot(shop, lot="1662", units=10)
    rx = an_rx(shop)
    dispensed(shop, rx)
    second = later(shop, 28)
    dispensed(second, rx)
    recalled(second)
    detail = shown(second)
    assert [(fill.dispense, fill.doses_at_home) for fill in fills(detail)] == [("D1", 0), ("D2", 4)]
    assert len(detail.patients) == 1


def test_effectiveness_follows_calls_and_returns(scattered):
    recalled(scattered)
    for patient, outcome in (("P3", "not reached"), ("P3", "reached"), ("P4", "declined"), ("P5", "not reached")):
        scattered.do(note_contact, Called(scattered.key(), "RC1", patient, Contact(outcome), ""))
    returned(later(scattered, 1), "D3")
    detail = shown(later(scattered, 1))
    found = detail.effectiveness
    assert (found.patients, found.called, found.not_called) == (20, 3, 17)
    assert (found.reached, found.declined, found.not_reached) == (1, 1, 1)
    assert (found.units_returned, found.units_at_home) == (4, 69)
    assert sum(each.unaccounted for each in detail.lots) == 0
    (kari,) = [each for each in detail.patients if each.patient == "P3"]
    assert [call.outcome for call in kari.calls] == ["not reached", "reached"]


def test_a_unit_that_the_books_lost_is_shown_as_such(shop):
    a_lot(shop, lot="1662", units=10)
    recalled(shop)
    shop.write(lambda db: db.execute(update(stock.balance).values(units=9)))
    assert shown(shop).lots[0].unaccounted == 1


def test_a_recall_of_nothing_shows_nothing(shop):
    recalled(shop, "55150-364")
    found = shop.read(show_recall, 1, "RC1", shop.on)
    assert (found.shown.lots, found.shown.patients, found.patients) == ((), (), frozenset())
    refused(NotFound, lambda: shown(shop, "RC2"))


def test_recalls_are_listed_with_how_they_ended(shop):
    a_lot(shop, lot="1662")
    recalled(shop)
    recalled(shop, None, "US-CY-ARG1")
    shop.do(withdraw, Withdrawal(shop.key(), "RC1", "entered in error"))
    newest, oldest = shop.read(recall_list, 1, shop.on)
    assert (newest.recall, newest.covers, newest.lots, newest.withdrawn_on) == ("RC2", "US-CY-ARG1", 1, None)
    assert (oldest.recall, oldest.class_, oldest.covers, oldest.by) == ("RC1", RecallClass.II, "lot 1662", "alex")
    assert (oldest.withdrawn_on, oldest.withdrawn_by, oldest.withdrawn_reason) == (
        shop.today,
        "alex",
        "entered in error",
    )


def test_a_fill_follows_the_doses_that_were_drawn_for_the_prescription(shop):
    a_lot(shop, vials.MULTI, lot="1662", units=5)
    rx = an_rx(shop, units=None, days=70)
    vials.a_vial(shop, vials.MULTI)
    vials.drawn(shop, rx)
    second = later(shop, 7)
    dispensed(second, rx)
    recalled(second)
    (patient,) = shown(second).patients
    assert [(dose.draw, dose.on) for dose in patient.draws] == [("DR1", shop.today)]
    (fill,) = patient.fills
    assert (fill.dispense, fill.on, fill.doses_at_home > 0) == ("D1", second.today, True)


def test_a_vial_past_its_hour_is_shown_as_such(shop):
    a_lot(shop, vials.MULTI, lot="1662", units=5)
    vials.a_vial(shop, vials.MULTI)
    recalled(shop)
    assert [each.state for each in shown(shop).vials] == ["open"]
    assert [each.state for each in shown(later(shop, 28)).vials] == ["expired"]


def test_what_was_made_with_a_recalled_powder_says_so_with_its_patients(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    of_powder(shop, start=Start.NON_STERILE)
    dispensed(shop, an_rx(shop, units=1, product="HS-PF1", refills=0))
    recalled(shop, "p1")
    detail = shown(shop)
    assert [(each.lot, each.made_with, each.made, each.with_patients) for each in detail.lots] == [("H1", "P1", 48, 1)]
    assert [each.patient for each in detail.patients] == ["P1"]


PATIENTS = 1000


@pytest.fixture
def crowd(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """Lot 1662: 5,000 units, 4 of them with each of 1,000 patients, some opened, moved and destroyed."""
    file = tmp_path / "crowd.db"
    file.write_bytes(sqlite_template.read_bytes())
    shop = Shop(database.open_engine(database.parse_url(f"sqlite:///{file}"), pause=lambda: None), NOW)
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    a_lot(shop, lot="1662", units=5000)
    dispensed(shop, an_rx(shop))
    for _ in range(5):
        shop.do(open_vial, Opening(shop.key(), lot="1662"))
    shop.do(move, Move(shop.key(), "1662", "shelf", "quarantine", 100))
    shop.do(destroy, Destroy(shop.key(), "1662", "quarantine", "dropped", "sam", 50))
    shop.write(lambda db: _copied(db, shop))
    yield shop
    shop.engine.dispose()


def _copied(db, shop):
    """The first patient with prescription and fill, 999 times more."""
    tables = people.patient, prescribing.prescription, prescribing.dispense
    person, rx, fill = (dict(db.execute(select(table)).mappings().one()) for table in tables)
    moved = dict(
        db.execute(select(stock.movement).where(stock.movement.c.request_id == fill["request_id"])).mappings().one()
    )
    asked = dict(db.execute(select(trust.request).where(trust.request.c.id == fill["request_id"])).mappings().one())
    begin = 10_000
    many = range(begin, begin + PATIENTS - 1)
    # Each began on another day.
    began = {n: shop.today - timedelta(days=n % 28) for n in many}
    db.execute(insert(people.patient), [{**person, "id": n, "number": n, "identifier": f"X{n}"} for n in many])
    requests = [{**asked, "id": n, "key": f"x{n}"} for n in many]
    requests += [{**asked, "id": n + begin, "key": f"y{n}", "kind": "rx add"} for n in many]
    db.execute(insert(trust.request), requests)
    db.execute(
        insert(prescribing.prescription),
        [{**rx, "id": n, "number": n, "patient_id": n, "request_id": n + begin} for n in many],
    )
    db.execute(
        insert(prescribing.dispense),
        [
            {
                **fill,
                "id": n,
                "number": n,
                "request_id": n,
                "prescription_id": n,
                "first_injection": began[n],
                "last_injection": began[n] + timedelta(days=21),
                "next_injection": began[n] + timedelta(days=28),
            }
            for n in many
        ],
    )
    db.execute(insert(stock.movement), [{**moved, "id": n, "request_id": n} for n in many])
    shelf = select(stock.place.c.id).where(stock.place.c.code == "shelf").scalar_subquery()
    db.execute(
        update(stock.balance)
        .where(stock.balance.c.place_id == shelf)
        .values(units=stock.balance.c.units - 4 * (PATIENTS - 1))
    )


def test_a_lot_of_a_thousand_patients_is_answered_in_a_few_statements(crowd):
    statements = []
    event.listen(crowd.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    recalled(crowd)
    entered = len(statements)
    detail = shown(crowd)
    assert len([each for each in statements[entered:] if each.startswith("SELECT")]) <= 15
    (lot,) = detail.lots
    assert (lot.received, lot.with_patients, lot.opened, lot.destroyed) == (5000, 4 * PATIENTS, 5, 50)
    assert (lot.on_hand, lot.unaccounted) == (5000 - 4 * PATIENTS - 5 - 50, 0)
    assert (len(detail.patients), detail.effectiveness.units_at_home) == (PATIENTS, 4 * PATIENTS)
    by_days = {0: 4, 1: 3, 7: 3, 8: 2, 14: 2, 15: 1, 21: 1, 22: 0, 27: 0}
    found = {each.patient: each.doses_at_home for each in detail.patients}
    for number in range(10_000, 10_056):
        if number % 28 in by_days:
            assert found[f"P{number}"] == by_days[number % 28]


def test_the_number_of_statements_does_not_grow_with_the_patients(scattered):
    recalled(scattered)
    statements = []
    event.listen(scattered.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    shown(scattered)
    assert len([each for each in statements if each.lstrip().startswith("SELECT")]) <= 15


def test_a_scope_by_expiry_is_told_in_days(shop):
    a_lot(shop, lot="1662")
    scope = Scope("US-CY-ARG1", None, date(2027, 11, 1), date(2027, 11, 30))
    shop.do(recall, Notice(shop.key(), scope, RecallClass.III, "D-0766-2022", shop.today, "subpotent"))
    assert shown(shop).notice.covers == "US-CY-ARG1 expiring from 2027-11-01 to 2027-11-30"
