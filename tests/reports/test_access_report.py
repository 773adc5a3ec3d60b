"""Who looked at whom, from the audit."""

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from dispensary.lookup import NotFound
from dispensary.reports.people.access import AccessRow, Wanted, access, access_lines
from dispensary.reports.period import NotAPeriod
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Country, Language, Role
from dispensary.schema import people
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.patients import PatientEdit, edit_patient
from dispensary.services.people.register import NewUser, add_user, note_reading
from tests.build import a_patient, later
from tests.refusing import refused
from tests.reports.planting import plant


def listed(*given):
    """The rows, read while the database is there."""
    return tuple(access(*given))


def read_by(shop, user, *numbers, what="patient show"):
    at = replace(shop, user=user)
    by = at.by()
    at.write(lambda db: note_reading(db, numbers, what, on=at.on, by=by))


def seen(shop, **wanted):
    return [(row.user, row.act, row.what, row.patients) for row in shop.read(listed, 1, Wanted(**wanted), shop.on)]


@pytest.fixture
def looked(shop):
    """P1 to P3; sam read P1 and then all, alex read P2 the day after, and edited P1."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    for number in (1, 2, 3):
        a_patient(shop, f"MRN-{number}")
    read_by(shop, "sam", 1)
    read_by(shop, "sam", 1, 2, 3, what="patient list")
    tomorrow = later(shop, 1)
    read_by(tomorrow, "alex", 2)
    tomorrow.do(edit_patient, PatientEdit("edit", "P1", name="Åse Lie"), country=Country.US)
    return tomorrow


SHOWN_1 = ("sam", "patient read", "patient show", ("P1",))
LISTED = ("sam", "patient read", "patient list", ("P1", "P2", "P3"))
SHOWN_2 = ("alex", "patient read", "patient show", ("P2",))


def test_tells_who_read_whose_record_the_newest_last(looked):
    assert seen(looked) == [SHOWN_1, LISTED, SHOWN_2]
    assert looked.read(listed, 1, Wanted(), looked.on)[0] == AccessRow(
        "2026-11-21T14:30:00+00:00", "2026-11-21T09:30:00-05:00", *SHOWN_1
    )


def test_of_one_patient_alone_others_are_not_told(looked):
    of_all = (*LISTED[:3], ("P1",))
    assert seen(looked, patient="P1") == [SHOWN_1, of_all]
    assert seen(looked, patient="p3") == [(*LISTED[:3], ("P3",))]


def test_of_one_user_and_of_some_days(looked):
    assert seen(looked, user="alex") == [SHOWN_2]
    assert seen(looked, until=date(2026, 11, 21)) == [SHOWN_1, LISTED]
    assert seen(looked, since=date(2026, 11, 22)) == [SHOWN_2]
    assert seen(looked, since=date(2026, 11, 22), until=date(2026, 11, 22), user="sam") == []


def test_days_are_the_pharmacys(looked):
    """22:30 is the next day already in UTC."""
    evening = looked.at(looked.on.replace(hour=22))
    read_by(evening, "sam", 3)
    assert seen(evening, since=date(2026, 11, 23)) == []
    assert len(seen(evening, since=date(2026, 11, 22))) == 2
    assert len(seen(evening, until=date(2026, 11, 22))) == 4


def test_all_acts_tell_of_changes_too(looked):
    added = ("alex", "patient add", "P1", ("P1",))
    edited = ("alex", "patient edit", "P1", ("P1",))
    assert seen(looked, patient="P1", all_acts=True) == [added, SHOWN_1, (*LISTED[:3], ("P1",)), edited]
    assert len(seen(looked, all_acts=True)) == 7


def test_a_line_for_each_patient(looked):
    lines = list(access_lines(looked.read(listed, 1, Wanted(user="sam"), looked.on)))
    assert [(each.what, each.patient) for each in lines] == [
        ("patient show", "P1"),
        *(("patient list", number) for number in ("P1", "P2", "P3")),
    ]


def test_who_was_erased_is_told_as_erased(looked):
    practice = replace(looked.practice, keep_records_years=0)
    looked.do(erase, Erasure("erase", "P1", "asked for it"), practice=practice)
    assert seen(looked)[:2] == [(*SHOWN_1[:3], ("P1 (erased)",)), (*LISTED[:3], ("P1 (erased)", "P2", "P3"))]
    assert seen(looked, patient="P1", all_acts=True)[-1] == ("alex", "patient erase", "P1", ("P1 (erased)",))
    assert seen(looked, patient="P2") == [(*LISTED[:3], ("P2",)), SHOWN_2]


def test_a_lost_key_is_told_as_unknown(looked):
    empty = "x''" if looked.engine.dialect.name == "sqlite" else "''"
    plant(looked, f"UPDATE patient SET audit_key = {empty} WHERE number = 1")
    assert seen(looked)[0] == (*SHOWN_1[:3], ("unknown",))


def test_a_list_of_patients_that_was_destroyed_is_told_by_its_first(looked):
    plant(looked, "UPDATE audit_event SET canonical = 'nothing' WHERE subject = 'patient list'")
    of_the_first = (*LISTED[:3], ("P1",))
    assert seen(looked) == [SHOWN_1, of_the_first, SHOWN_2]
    assert seen(looked, patient="P1") == [SHOWN_1, of_the_first]


def test_refuses_what_is_not_there_and_days_in_the_wrong_order(looked):
    by = date(2026, 11, 22)
    for kind, wanted in (
        (NotFound, Wanted(patient="P9")),
        (NotFound, Wanted(user="sma")),
        (NotANumber, Wanted(patient="MRN-1")),
        (NotAPeriod, Wanted(since=by, until=by - timedelta(days=1))),
    ):
        refused(kind, lambda wanted=wanted: looked.read(listed, 1, wanted, looked.on))


def test_ten_thousand_patients_are_told_in_a_moment(shop):
    """Each commitment is computed once, however often a list was read."""
    a_patient(shop)
    born, language = date(1961, 4, 3), Language.ENGLISH
    rows = [
        {"site_id": 1, "number": n, "identifier": f"MRN-{n}", "name": "x", "born": born, "language": language}
        | {"audit_key": n.to_bytes(32, "big")}
        for n in range(2, 10_001)
    ]
    shop.write(lambda db: db.execute(insert(people.patient), rows))
    for _ in range(3):
        read_by(shop, "alex", *range(1, 10_001), what="patient list")
    begun = time.perf_counter()
    found = shop.read(listed, 1, Wanted(), shop.on)
    taken = time.perf_counter() - begun
    assert [len(row.patients) for row in found] == [10_000] * 3
    assert found[0].patients[-1] == "P10000"
    assert taken < 5
