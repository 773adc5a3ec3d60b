from datetime import date

import pytest
from sqlalchemy import insert, select, update

from dispensary import lookup
from dispensary.lookup import NotFound, UserDisabled
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Condition, Language, Role
from dispensary.rules.product import Sensitivity
from dispensary.schema import people, trust
from dispensary.services.people.register import (
    AlreadyThere,
    NewPatient,
    NewPrescriber,
    NewUser,
    add_patient,
    add_prescriber,
    add_user,
    note_reading,
)
from tests.build import a_lot, a_patient, a_prescriber
from tests.refusing import everything, nothing_written


def found_patient(shop, given):
    return shop.read(lambda db: lookup.patient_by_number(db, shop.by().site_id, given))


def found_prescriber(shop, given):
    return shop.read(lambda db: lookup.prescriber_by_number(db, shop.by().site_id, given))


def a_user(shop, name="sam", role="technician", key=None):
    return shop.do(add_user, NewUser(key or shop.key(), name, Role(role)))


def acting(shop, name):
    other = shop.at(shop.on)
    other.user = name
    return other


def events(shop):
    query = select(trust.audit_event).order_by(trust.audit_event.c.sequence)
    return shop.read(lambda db: db.execute(query).all())


def test_a_patient_is_kept_with_everything_that_was_said(shop):
    number = a_patient(
        shop,
        identifier="MRN-7",
        name="Åse O'Brien",
        born="1950-02-28",
        language="nb",
        sensitivities=("benzyl alcohol", "parabens"),
        conditions=("leber", "pregnancy"),
    )
    assert number == "P1"
    for given in ("P1", "p1", " MRN-7 "):
        patient = found_patient(shop, given)
        assert (patient.number, patient.identifier, patient.name) == (1, "MRN-7", "Åse O'Brien")
        assert (patient.born, patient.language) == (date(1950, 2, 28), Language.BOKMAAL)
        assert patient.history.sensitivities == {Sensitivity.BENZYL_ALCOHOL, Sensitivity.PARABENS}
        assert patient.history.conditions == {Condition.LEBER, Condition.PREGNANCY}


def test_patients_are_numbered_without_gaps(shop):
    assert [a_patient(shop, identifier=f"MRN-{n}") for n in (1, 2, 3)] == ["P1", "P2", "P3"]


def test_the_chain_holds_nothing_that_names_a_patient(shop):
    a_patient(shop, identifier="MRN-7", name="Åse Lie", born="1950-02-28")
    last = events(shop)[-1]
    assert (last.kind, last.subject) == ("patient add", "P1")
    assert len(last.patient) == 64
    for personal in ("MRN-7", "Åse", "1950"):
        assert personal not in last.canonical


def test_two_patients_may_share_name_and_birth_date(shop):
    a_patient(shop, identifier="MRN-1")
    assert a_patient(shop, identifier="MRN-2") == "P2"


def test_the_same_key_enters_a_patient_once(shop):
    new = NewPatient(
        "k", "MRN-1", "Kari", date(1961, 4, 3), Language.ENGLISH, frozenset({Sensitivity.PARABENS}), frozenset()
    )
    first = shop.do(add_patient, new, audit_key=b"k" * 32)
    assert shop.do(add_patient, new, audit_key=b"z" * 32) == first


def test_refuses_an_identifier_that_a_patient_has(shop):
    a_patient(shop)
    nothing_written(shop, AlreadyThere, lambda: a_patient(shop, name="Somebody Else"))


def test_refuses_an_unknown_patient(shop):
    nothing_written(shop, NotFound, lambda: found_patient(shop, "P9"))
    nothing_written(shop, NotFound, lambda: found_patient(shop, "MRN-9"))


@pytest.mark.parametrize("given", ["P0", "P1234567890"])
def test_refuses_what_is_no_number_of_a_patient(shop, given):
    nothing_written(shop, NotANumber, lambda: found_patient(shop, given))


def test_a_prescriber_is_found_by_number_npi_and_hpr(shop):
    assert a_prescriber(shop) == "PR1"
    hpr = shop.do(add_prescriber, NewPrescriber(shop.key(), "Ola Hansen", "nurse", None, "7654321"))
    assert hpr.prescriber == "PR2"
    for given in ("PR1", "pr1", "1234567893"):
        assert found_prescriber(shop, given)["name"] == "Dr. Ida Berg"
    for given in ("PR2", "7654321"):
        assert (found_prescriber(shop, given)["name"], found_prescriber(shop, given)["profession"]) == (
            "Ola Hansen",
            "nurse",
        )


def test_the_same_key_enters_a_prescriber_once(shop):
    new = NewPrescriber("k", "Dr. Ida Berg", "physician", "1234567893", None)
    assert shop.do(add_prescriber, new) == shop.do(add_prescriber, new)


def test_refuses_a_prescriber_who_is_there(shop):
    a_prescriber(shop)
    nothing_written(shop, AlreadyThere, lambda: a_prescriber(shop, name="Another Name"))
    norwegian = NewPrescriber("a", "Ola Hansen", "physician", None, "7654321")
    shop.do(add_prescriber, norwegian)
    again = NewPrescriber("b", "Ola Hansen", "physician", None, "7654321")
    nothing_written(shop, AlreadyThere, lambda: shop.do(add_prescriber, again))


def test_refuses_an_unknown_prescriber(shop):
    nothing_written(shop, NotFound, lambda: found_prescriber(shop, "PR9"))
    nothing_written(shop, NotFound, lambda: found_prescriber(shop, "1558598797"))
    nothing_written(shop, NotANumber, lambda: found_prescriber(shop, "PRX"))


def test_a_user_acts_under_a_name(shop):
    assert a_user(shop, "sam", "technician", key="k") == a_user(shop, "sam", "technician", key="k")
    sam = acting(shop, "sam")
    assert (sam.by().name, sam.by().role) == ("sam", Role.TECHNICIAN)
    a_patient(sam)
    assert events(shop)[-1].actor == "sam"


def test_refuses_a_user_who_is_there(shop):
    a_user(shop, "sam")
    nothing_written(shop, AlreadyThere, lambda: a_user(shop, "sam", "auditor"))


def test_refuses_to_let_a_technician_enter_users(shop):
    a_user(shop, "sam", "technician")
    sam = acting(shop, "sam")
    nothing_written(shop, NotAllowed, lambda: a_user(sam, "eve"))


def test_an_auditor_changes_nothing(shop):
    a_user(shop, "sam", "auditor")
    sam = acting(shop, "sam")
    nothing_written(shop, NotAllowed, lambda: a_user(sam, "eve"))
    nothing_written(shop, NotAllowed, lambda: a_lot(sam))


def test_a_manager_enters_users(shop):
    a_user(shop, "mia", "manager")
    assert a_user(acting(shop, "mia"), "eve").user == "eve"


def test_refuses_an_unknown_or_disabled_person(shop):
    nothing_written(shop, NotFound, lambda: acting(shop, "nobody").by())
    a_user(shop, "sam")
    shop.write(
        lambda db: db.execute(update(people.user).where(people.user.c.name == "sam").values(disabled_at=shop.on))
    )
    nothing_written(shop, UserDisabled, lambda: acting(shop, "sam").by())


def test_refuses_a_key_of_another_kind_of_request(shop):
    a_user(shop, "sam", key="k")
    new = NewPrescriber("k", "Dr. Ida Berg", "physician", "1234567893", None)
    nothing_written(shop, KeyReused, lambda: shop.do(add_prescriber, new))


def test_reading_records_is_an_event_with_the_patients_commitments(shop):
    a_patient(shop, identifier="MRN-1")
    a_patient(shop, identifier="MRN-2")
    entered = [event.patient for event in events(shop)[-2:]]
    shop.write(lambda db: note_reading(db, [2, 1], "lot A1", on=shop.on, by=shop.by()))
    last = events(shop)[-1]
    assert (last.kind, last.subject, last.patient) == ("patient read", "lot A1", entered[0])
    assert all(commitment in last.canonical for commitment in entered)


def test_however_many_records_are_read_it_is_one_event(shop):
    """PostgreSQL takes 65,535 parameters in a statement."""
    a_patient(shop, identifier="MRN-1")
    (entered,) = [event.patient for event in events(shop)[-1:]]
    shop.write(lambda db: note_reading(db, range(70_000, 0, -1), "patient list", on=shop.on, by=shop.by()))
    last, before = events(shop)[-1], events(shop)[-2]
    assert (last.kind, last.patient, before.kind) == ("patient read", entered, "patient add")


def test_reading_nobodys_record_is_no_event(shop):
    before = everything(shop)
    shop.write(lambda db: note_reading(db, [], "lot A1", on=shop.on, by=shop.by()))
    assert everything(shop) == before


def test_two_counters_that_enter_the_same_patient_find_the_first(shop):
    """The loser meets the constraint, decides anew and finds the record."""
    a_patient(shop, identifier="MRN-1")

    def clash(db):
        if not tried:
            tried.append(True)
            db.execute(insert(people.patient).from_select(*copy_of_the_first()))
        return shop.by()

    def copy_of_the_first():
        columns = [column.name for column in people.patient.c if column.name != "id"]
        return columns, select(*(people.patient.c[name] for name in columns))

    tried = []
    assert shop.write(clash).name == "alex"
    assert tried == [True]


def test_a_patient_of_the_same_name_and_birth_date_is_noticed(shop):
    a_patient(shop, "MRN-1")
    a_patient(shop, "MRN-2", born="1961-04-04")
    new = NewPatient("k", "MRN-3", "Kari Nordmann", date(1961, 4, 3), Language.ENGLISH, frozenset(), frozenset())
    added = shop.do(add_patient, new, audit_key=b"x" * 32)
    assert added.notes == ("P1 has the same name and birth date: make sure that nobody is entered twice.",)
