"""Erasing a patient: what goes, what stays, what keeps it from being done, and what comes after."""

import shutil
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Text, cast, event, select

from dispensary import database
from dispensary.cli.context import settings_of
from dispensary.cli.init import PLACEHOLDERS
from dispensary.reports.labels.reading import FillNotLabelled, read_labels
from dispensary.reports.nightly.nightly import nightly
from dispensary.reports.people import records
from dispensary.reports.people.access import Wanted, access
from dispensary.reports.prescribing.prescription import prescriptions, show_prescription
from dispensary.reports.recalls.recall import calling_list, show_recall
from dispensary.reports.stock.trace import trace
from dispensary.reports.verify import verify
from dispensary.request import KeyOfErased, KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.erasure import AlreadyErased, NamesThePatient, NotErasable, PatientErased
from dispensary.rules.level import Level
from dispensary.rules.life import Act
from dispensary.rules.people import Condition, Country, History, Language, Role
from dispensary.rules.product import Form, Sensitivity
from dispensary.rules.recall import Contact
from dispensary.rules.scan import Pack
from dispensary.schema import people, prescribing, trust
from dispensary.schema.whole import metadata
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.patients import NewLevel, PatientEdit, edit_patient, record_level
from dispensary.services.people.register import NewPatient, NewUser, add_patient, add_user, note_reading
from dispensary.services.prescribing.hand_over import HandOver, check_hand_over
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe
from dispensary.services.prescribing.prescription_act import Decided, act
from dispensary.services.recalls.recall_contact import Called, note_contact
from dispensary.services.vials.discard_vial import Discard, discard
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, a_recall, an_rx, dispensed, later, returned
from tests.refusing import everything, nothing_written
from tests.reports.planting import found, found_after
from tests.vials import MULTI, a_vial, given

PERSONAL = (
    "Hviteland",
    "Nyland",
    "MRN-4711",
    "1931-08-07",
    "kidney-failure",
    "Metotreksat",
    "Folsyre",
    "4711 pmol",
    "hver uke",
    "lammelse i beina",
)
"""What only the record of P1 says, each once at least."""
CORNER = settings_of(PLACEHOLDERS).pharmacy


def the_new_patient(key="add"):
    return NewPatient(
        key,
        "MRN-4711",
        "Tore Hviteland",
        date(1931, 8, 7),
        Language.BOKMAAL,
        frozenset({Sensitivity.PARABENS}),
        frozenset({Condition.KIDNEY_FAILURE}),
        frozenset({"Metotreksat"}),
    )


def an_order(key="rx", patient="MRN-4711"):
    return NewPrescription(
        key=key,
        patient=patient,
        prescriber="PR1",
        form=Form.CYANOCOBALAMIN,
        directions="1 mg i.m. hver uke",
        quantity_units=4,
        days=None,
        refills=1,
        written=date(2026, 11, 20),
        valid_until=None,
        indication="lammelse i beina",
    )


def asked(shop):
    """Every request that holds what only the record may hold: the service, its order, and what else it is given."""
    heard = History(frozenset(), frozenset(), frozenset({"Folsyre"}))
    level = NewLevel("level", "P1", Level.parse("4711 pmol/L"), date(2026, 11, 20))
    return {
        # Another key each time, as the random one of a retry is.
        "add": (add_patient, the_new_patient(), {"audit_key": shop.key().encode()}),
        "edit": (edit_patient, PatientEdit("edit", "MRN-4711", name="Tore Nyland"), {"country": Country.US}),
        "hear": (edit_patient, PatientEdit("hear", "P1", add=heard), {"country": Country.US}),
        "level": (record_level, level, {}),
        "rx": (prescribe, an_order(), {"practice": shop.practice}),
        "call": (note_contact, Called("call", "RC1", "MRN-4711", Contact.REACHED, "brings it back"), {}),
    }


def ask(shop, key, change=lambda order: order):
    service, order, more = asked(shop)[key]
    return shop.do(service, change(order), **more)


@pytest.fixture
def known(shop):
    """A pharmacy that knows P1."""
    return with_p1(shop)


def with_p1(shop):
    """P1, whose record holds all it can; RX1 with the fill D1, cancelled since; RC1, of which P1 was told."""
    a_lot(shop, units=20)
    a_prescriber(shop)
    for key in ("add", "edit", "hear", "level", "rx"):
        ask(shop, key)
    reason = {"kidney_failure": "monitored"}
    dispensed(shop, "RX1", overrides=reason)
    shop.do(act, Decided(shop.key(), "RX1", Act.CANCEL, "stopped"))
    a_recall(shop)
    ask(shop, "call")
    return shop


@pytest.fixture
def gone(known):
    """Ten years later: P1 is erased."""
    at = years_on(known)
    erased(at)
    return at


def years_on(shop, years=10):
    return shop.at(shop.on.replace(year=shop.on.year + years))


def erased(shop, patient="P1", reason="asked for it", key="erase"):
    return shop.do(erase, Erasure(key, patient, reason), practice=shop.practice)


def told(shop):
    """Every text of every table, as it is kept."""

    def read(db):
        for table in metadata.sorted_tables:
            for row in db.execute(select(*(cast(column, Text) for column in table.c))):
                yield from (str(each) for each in row if each is not None)

    return shop.read(lambda db: "\n".join(read(db)))


def left(shop, words=PERSONAL):
    kept = told(shop)
    return [word for word in words if word in kept]


def the_record(shop, patient="P1"):
    return shop.read(records.show_patient, 1, patient, zone=shop.on.tzinfo)


def test_nothing_of_the_person_is_left_and_the_books_agree(known):
    # What an override was about stands in the finding, which is kept: docs/erasure.md says so.
    in_the_record = set(PERSONAL)
    assert set(left(known)) == in_the_record
    at = years_on(known)
    receipt = erased(at)
    assert (receipt.patient, receipt.erased_on) == ("P1", date(2036, 11, 21))
    assert left(at) == []
    assert at.read(verify).ok
    row = at.read(lambda db: db.execute(select(people.patient)).one())
    assert (row.number, bytes(row.audit_key), row.erased_at) == (1, b"", at.on)


def test_the_movements_and_the_documents_stay(known):
    before = everything(known)
    at = years_on(known)
    erased(at)
    after = everything(at)
    more = {"request": 1, "answer": 1, "audit_event": 1}
    gone = {"patient_sensitivity": 1, "patient_condition": 1, "patient_medicine": 2, "patient_level": 1}
    gone["patient_change"] = 2
    counts = {name: rows + more.get(name, 0) - gone.get(name, 0) for name, rows in before["rows"].items()}
    assert after["rows"] == counts
    assert after["balances"] == before["balances"]


@pytest.mark.parametrize("overwritten", [True, False])
def test_the_file_of_sqlite_holds_no_byte_of_the_person(sqlite_template, tmp_path, overwritten):
    """PostgreSQL keeps dead rows until it vacuums, as docs/erasure.md says."""
    file = Path(shutil.copy(sqlite_template, tmp_path / "pharmacy.db"))
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    if not overwritten:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = OFF"))
    at = years_on(with_p1(Shop(engine, NOW)))

    def kept():
        at.engine.dispose()
        whole = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        # A condition is a word of the schema too.
        return {word for word in PERSONAL if word.encode() in whole} - {"kidney-failure"}

    assert kept() == set(PERSONAL) - {"kidney-failure"}
    erased(at)
    assert (kept() == set()) == overwritten


def test_the_receipt_is_given_again(gone):
    before = everything(gone)
    again = erased(later(gone, 400), key="erase", patient="p1")
    assert (again.patient, again.erased_on) == ("P1", date(2036, 11, 21))
    assert everything(gone) == before
    nothing_written(gone, KeyReused, lambda: erased(gone, reason="something else"))


def test_refuses_a_second_erasure(gone):
    nothing_written(gone, AlreadyErased, lambda: erased(gone, key="again"))


def test_only_a_pharmacist_erases(known):
    for name, role in (("tess", Role.TECHNICIAN), ("mia", Role.MANAGER), ("ada", Role.AUDITOR)):
        known.do(add_user, NewUser(known.key(), name, role))
        nothing_written(known, NotAllowed, lambda name=name: erased(replace(years_on(known), user=name)))


@pytest.mark.parametrize("reason", ["Tore Nyland asked", "nyland, TORE: moved", "as MRN-4711 wrote", "mrn 4711"])
def test_a_reason_names_nobody(known, reason):
    nothing_written(known, NamesThePatient, lambda: erased(years_on(known), reason=reason))


def test_a_part_of_a_name_may_be_somebody_elses(known):
    erased(years_on(known), reason="Dr. Nyland agrees, see MRN-471")


def test_records_are_kept_for_the_years_that_the_practice_sets(known):
    at = years_on(known)
    the_day_before = at.at(at.on.replace(day=20))
    nothing_written(known, NotErasable, lambda: erased(the_day_before))
    three = replace(known, practice=replace(known.practice, keep_records_years=3))
    nothing_written(three, NotErasable, lambda: erased(years_on(three, 2)))
    erased(years_on(three, 3))


def test_where_nothing_must_be_kept_a_record_goes_on_the_day_of_its_last_entry(known):
    known.practice = replace(known.practice, keep_records_years=0)
    erased(known)
    assert known.read(verify).ok


def test_who_was_entered_by_mistake_goes_at_once(shop):
    a_patient(shop)
    erased(shop)
    assert shop.read(verify).ok


def test_a_level_is_a_record_that_is_kept(shop):
    a_patient(shop)
    shop.do(record_level, NewLevel("level", "P1", Level.parse("148 pmol/L"), date(2026, 11, 20)))
    nothing_written(shop, NotErasable, lambda: erased(later(shop, 30)))


def test_refuses_while_a_prescription_goes_on(shop):
    shop.practice = replace(shop.practice, keep_records_years=0)
    an_rx(shop)
    nothing_written(shop, NotErasable, lambda: erased(shop))
    shop.do(act, Decided(shop.key(), "RX1", Act.HOLD, "doubtful"))
    nothing_written(shop, NotErasable, lambda: erased(shop))
    # It has ended: nobody can release it any more to be dispensed.
    erased(later(shop, 400))
    assert shop.read(verify).ok


def test_refuses_while_an_opened_vial_serves_the_patient_alone(shop):
    shop.practice = replace(shop.practice, keep_records_years=0, dedicated_vials=True)
    a_lot(shop, MULTI, "M1", "2027-12-31", 2)
    a_patient(shop)
    a_vial(shop)
    given(shop)
    nothing_written(shop, NotErasable, lambda: erased(shop))
    shop.do(discard, Discard(shop.key(), "V1", "no longer needed"))
    erased(shop)
    assert shop.read(verify).ok


def test_refuses_while_the_patient_is_to_be_called(shop):
    shop.practice = replace(shop.practice, keep_records_years=0)
    a_lot(shop)
    an_rx(shop)
    dispensed(shop, "RX1")
    shop.do(act, Decided(shop.key(), "RX1", Act.CANCEL, "stopped"))
    a_recall(shop)
    nothing_written(shop, NotErasable, lambda: erased(shop))
    shop.do(note_contact, Called(shop.key(), "RC1", "P1", Contact.NOT_REACHED, "no answer"))
    nothing_written(shop, NotErasable, lambda: erased(shop))
    shop.do(note_contact, Called(shop.key(), "RC1", "P1", Contact.DECLINED, "keeps it"))
    erased(shop)
    assert shop.read(verify).ok


@pytest.mark.parametrize("key", ["add", "edit", "hear", "level", "rx", "call"])
def test_a_request_is_answered_until_the_patient_is_erased(known, key):
    before = everything(known)
    first = ask(known, key)
    assert ask(later(known, 30), key) == first
    assert everything(known) == before
    field = {"add": "name", "edit": "name", "hear": "name", "rx": "indication", "call": "note"}.get(key, "patient")
    nothing_written(known, KeyReused, lambda: ask(known, key, lambda order: replace(order, **{field: "MRN-4711"})))
    at = years_on(known)
    erased(at)
    nothing_written(at, KeyOfErased, lambda: ask(at, key))


def test_the_content_of_a_request_cannot_be_guessed(known):
    """Not by who has the whole database but the key: a plain hash gives way to trying names and birth dates."""
    contents = known.read(lambda db: dict(db.execute(select(trust.request.c.key, trust.request.c.content)).all()))
    sealed = {key: content.split(" ")[0] for key, content in contents.items() if " " in content}
    assert sealed == {"add": "", **dict.fromkeys(("edit", "hear", "level", "rx", "call"), "P1")}
    assert {len(content) for key, content in contents.items() if key not in sealed} == {64}


def test_nothing_is_done_for_who_was_erased(gone):
    again = asked(gone)
    for key, change in (
        ("hear", {"key": "new"}),
        ("level", {"key": "new", "taken_on": None}),
        ("rx", {"key": "new", "patient": "P1"}),
        ("call", {"key": "new", "patient": "P1"}),
    ):
        service, order, more = again[key]
        work = partial(gone.do, service, replace(order, **change), **more)
        nothing_written(gone, PatientErased, work)
    scan = Pack("00305170031251", "A1", date(2027, 11, 30), "S1")
    kim = replace(gone, user="kim")
    gone.do(add_user, NewUser(gone.key(), "kim", Role.PHARMACIST))
    for work in (
        lambda: dispensed(gone, "RX1"),
        lambda: gone.do(owe, Owe(gone.key(), "RX1"), practice=gone.practice),
        lambda: gone.do(act, Decided(gone.key(), "RX1", Act.RELEASE, "a doubt")),
        lambda: returned(gone, "D1"),
        lambda: kim.do(check_hand_over, HandOver(gone.key(), "D1", (scan,))),
    ):
        nothing_written(gone, PatientErased, work)
    a_lot(gone, MULTI, "M1", "2037-12-31", 2)
    a_vial(gone)
    nothing_written(gone, PatientErased, lambda: given(gone))


@pytest.mark.parametrize("kind", ["dispense", "bag", "leaflet"])
def test_no_label_is_made_of_an_old_fill(gone, kind):
    by = gone.by()
    work = lambda: gone.read(read_labels, kind, "D1", pharmacy=CORNER, on=gone.on, by=by)  # noqa: E731
    nothing_written(gone, FillNotLabelled, work)


def test_every_report_says_erased_in_place_of_a_name(gone):
    shown = the_record(gone)
    row = shown.shown
    assert (row.patient, row.name, row.identifier, row.born) == ("P1", "(erased)", "", None)
    assert (row.erased_on, row.conditions, row.changes) == (date(2036, 11, 21), (), ())
    (listed,) = gone.read(records.patients, 1, zone=gone.on.tzinfo).shown
    assert (listed.patient, listed.name, listed.erased_on) == ("P1", "(erased)", date(2036, 11, 21))
    rx = gone.read(show_prescription, 1, "RX1", practice=gone.practice, on=gone.on).shown
    assert (rx.patient, rx.patient_name, rx.born) == ("P1", "(erased)", None)
    assert (rx.directions, rx.directions_as_written, rx.indication) == ("1 mg IM weekly", "", "")
    assert [each.rx for each in gone.read(prescriptions, 1, gone.on, patient="P1").shown] == ["RX1"]
    (got,) = gone.read(trace, 1, "A1", gone.on).shown[0].dispensed
    assert (got.patient, got.dispense) == ("P1", "D1")
    recall = gone.read(show_recall, 1, "RC1", gone.on).shown
    (line,) = calling_list(recall)
    assert (line.patient, line.name, line.identifier, line.born) == ("P1", "(erased)", "", None)
    night = gone.read(nightly, 1, gone.on, gone.today, practice=gone.practice)
    assert not any("RC1" in each for each in night.needs_a_person)


def test_a_later_recall_does_not_wait_for_who_was_erased(gone):
    a_recall(gone, lot=None)
    done = gone.read(show_recall, 1, "RC2", gone.on).shown.effectiveness
    assert (done.patients, done.not_called, done.erased) == (1, 0, 1)
    night = gone.read(nightly, 1, gone.on, gone.today, practice=gone.practice)
    assert not any("RC2" in each and "reached" in each for each in night.needs_a_person)


def test_to_read_what_is_left_is_an_event_too(gone):
    """Also of a record that was read just before it was erased: it is noted after."""
    a_patient(gone, "MRN-2", "Anne Berg")
    by, on = gone.by(), gone.on
    gone.write(lambda db: note_reading(db, the_record(gone).patients, "patient show", on=on, by=by))
    gone.write(lambda db: note_reading(db, {1, 2}, "patient list", on=on, by=by))
    assert [(row.what, row.patients) for row in gone.read(lambda db: list(access(db, 1, Wanted(), on)))] == [
        ("patient show", ("P1 (erased)",)),
        ("patient list", ("P1 (erased)", "P2")),
    ]
    assert gone.read(verify).ok


def test_the_person_may_be_entered_anew(gone):
    new = replace(the_new_patient("anew"), identifier="MRN-4711")
    assert gone.do(add_patient, new, audit_key=b"n" * 32).patient == "P2"
    assert gone.read(verify).ok


@pytest.mark.parametrize(
    "work",
    [
        lambda shop, why: shop.do(act, Decided(shop.key(), "RX1", Act.HOLD, why)),
        lambda shop, why: dispensed(shop, "RX1", overrides={"early_refill": why}),
        lambda shop, why: returned(shop, "D1", why),
        lambda shop, why: given(shop, reason=why),
        lambda shop, why: given(shop, overrides={"duplicate_supply": why}),
        lambda shop, why: shop.do(note_contact, Called(shop.key(), "RC1", "P1", Contact.REACHED, why)),
    ],
    ids=["act", "dispense", "return", "dose", "override of a dose", "call"],
)
def test_no_reason_that_is_kept_for_good_names_the_patient(shop, work):
    a_lot(shop, units=20)
    an_rx(shop)
    dispensed(shop, "RX1")
    a_lot(shop, MULTI, "M1", "2027-12-31", 2)
    a_vial(shop)
    a_recall(shop)
    nothing_written(shop, NamesThePatient, lambda: work(shop, "Kari Nordmann said so"))


HALVES = {
    "UPDATE patient SET audit_key = {empty}": "P1 was not erased, and the record has no key",
    "UPDATE patient SET name = '(erased)', born = '1900-01-01'": "P1 was not erased, and the record has no name",
}
LEFT = {
    "UPDATE patient SET audit_key = {full}": "key",
    "UPDATE patient SET name = 'Tore Nyland'": "name",
    "UPDATE patient SET identifier = 'MRN-4711'": "identifier",
    "UPDATE patient SET born = '1931-08-07'": "birth date",
    "INSERT INTO patient_sensitivity VALUES (1, 'parabens')": "sensitivities",
    "INSERT INTO patient_condition VALUES (1, 'leber')": "conditions",
    "INSERT INTO patient_medicine VALUES (1, 'Folsyre')": "medicines",
    "INSERT INTO patient_level VALUES (1, '2026-11-20', '148 pmol/L')": "levels",
    "INSERT INTO patient_change (patient_id, request_id, at, by_id, fact, old, new) "
    "VALUES (1, 1, '2026-11-20 12:00:00', 1, 'name', 'a', 'b')": "changes",
    "UPDATE prescription SET indication = 'lammelse i beina'": "prescribers' words",
}


def planted(shop, statement):
    sqlite = shop.engine.dialect.name == "sqlite"
    return statement.format(empty="x''" if sqlite else "''::bytea", full="x'01'" if sqlite else "'\\x01'::bytea")


def test_half_an_erasure_is_named(known):
    for statement, said in HALVES.items():
        assert found_after(known, planted(known, statement))["erasures"] == said
    assert found(known) == {}
    at = years_on(known)
    erased(at)
    for statement, name in LEFT.items():
        assert found_after(at, planted(at, statement)) == {
            "erasures": f"P1 was erased, and the record still has its {name}"
        }
    assert found(at) == {}


def test_an_erasure_that_nobody_did_is_named(known):
    """Past the program: the record is empty as after an erasure, and no event tells of one."""
    when = "'2036-11-21 14:30:00'" + ("" if known.engine.dialect.name == "sqlite" else "::timestamptz")
    told = found_after(known, f"UPDATE patient SET erased_at = {when}")
    assert "whether the patient was erased" in told["patients"]
    assert told["erasures"].startswith("P1 was erased, and the record still has its key, name, identifier, birth date")


def test_the_moment_is_the_pharmacys(known):
    evening = years_on(known).on.replace(hour=23)
    assert erased(known.at(evening)).erased_on == date(2036, 11, 21)
    assert the_record(known.at(evening)).shown.erased_on == date(2036, 11, 21)


def test_what_was_dispensed_still_stands_under_the_number(gone):
    kept = gone.read(lambda db: db.execute(select(prescribing.dispense.c.number, prescribing.dispense.c.units)).all())
    assert kept == [(1, 4)]
