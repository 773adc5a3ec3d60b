from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dispensary import auditor
from dispensary.lookup import NotFound
from dispensary.reports.people import records
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.history import AddedAndRemoved, AlreadyRecorded, NotRecorded
from dispensary.rules.identifiers import BornOtherwise
from dispensary.rules.level import Level, LevelBeforeBirth, LevelInTheFuture
from dispensary.rules.people import Condition, Country, History, Language, Role
from dispensary.rules.product import Sensitivity
from dispensary.rules.sealed import sealed
from dispensary.schema import people, trust
from dispensary.services.people.patients import (
    LevelThere,
    NewLevel,
    NothingToChange,
    NothingToCorrect,
    PatientEdit,
    edit_patient,
    record_level,
)
from dispensary.services.people.register import NewPatient, NewUser, add_patient, add_user
from tests.build import a_patient, rows
from tests.refusing import everything, nothing_written

FODSELSNUMMER = "15108695088"


def history(sensitivities=(), conditions=(), medicines=()):
    return History(
        frozenset(map(Sensitivity, sensitivities)), frozenset(map(Condition, conditions)), frozenset(medicines)
    )


def edited(shop, patient="P1", country=Country.US, key=None, **changes):
    return shop.do(edit_patient, PatientEdit(key or shop.key(), patient, **changes), country=country)


def levelled(shop, level="148 pmol/L", on="2026-11-20", patient="P1", key=None, correct=False):
    day = None if on is None else date.fromisoformat(on)
    return shop.do(record_level, NewLevel(key or shop.key(), patient, Level.parse(level), day, correct))


def record(shop, patient="P1"):
    return shop.read(records.show_patient, 1, patient, zone=shop.on.tzinfo).shown


def changes(shop, patient="P1"):
    """What the record said before, without who changed it and when."""
    return [(each.fact, each.old, each.new) for each in record(shop, patient).changes]


def last_event(shop):
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(newest).first())


@pytest.fixture
def kari(shop):
    """P1, who reacts to parabens, has Leber's disease and takes folic acid."""
    new = NewPatient(
        shop.key(),
        "MRN-1",
        "Kari Nordmann",
        date(1961, 4, 3),
        Language.ENGLISH,
        frozenset({Sensitivity.PARABENS}),
        frozenset({Condition.LEBER}),
        frozenset({"Folic acid"}),
    )
    shop.do(add_patient, new, audit_key=b"k" * 32)
    return shop


def test_an_edit_changes_what_it_names_and_nothing_else(kari):
    before = record(kari)
    assert before.medicines == ("Folic acid",)
    receipt = edited(kari, "MRN-1", add=history(conditions=["liver-disease", "lactation"]))
    assert (receipt.patient, receipt.changed) == ("P1", ("conditions",))
    after = record(kari)
    assert after.conditions == (Condition.LACTATION, Condition.LEBER, Condition.LIVER_DISEASE)
    assert after == replace(before, conditions=after.conditions, changes=after.changes)
    assert changes(kari) == [("conditions", "leber", "lactation; leber; liver-disease")]


def test_every_fact_can_change_at_once(kari):
    receipt = edited(
        kari,
        name="Kari Hansen",
        born=date(1961, 4, 30),
        language=Language.BOKMAAL,
        add=history(["benzyl alcohol"], ["prematurity"], ["Chloramphenicol"]),
        remove=history(["parabens"], ["leber"], ["FOLIC ACID"]),
    )
    assert receipt.changed == ("name", "born", "language", "sensitivities", "conditions", "medicines")
    day = date(2026, 11, 21)
    assert record(kari) == records.PatientDetail(
        patient="P1",
        identifier="MRN-1",
        name="Kari Hansen",
        born=date(1961, 4, 30),
        language=Language.BOKMAAL,
        sensitivities=(Sensitivity.BENZYL_ALCOHOL,),
        conditions=(Condition.PREMATURITY,),
        medicines=("Chloramphenicol",),
        levels=(),
        erased_on=None,
        changes=(
            records.ChangeRow(day, "alex", "name", "Kari Nordmann", "Kari Hansen"),
            records.ChangeRow(day, "alex", "born", "1961-04-03", "1961-04-30"),
            records.ChangeRow(day, "alex", "language", "en", "nb"),
            records.ChangeRow(day, "alex", "sensitivities", "parabens", "benzyl alcohol"),
            records.ChangeRow(day, "alex", "conditions", "leber", "prematurity"),
            records.ChangeRow(day, "alex", "medicines", "Folic acid", "Chloramphenicol"),
        ),
    )


def test_a_change_has_who_made_it_and_the_pharmacys_day(kari):
    kari.do(add_user, NewUser(kari.key(), "sam", Role.PHARMACIST))
    # 02:30 on the next day in UTC.
    evening = replace(kari.at(kari.on.replace(hour=21)), user="sam")
    edited(evening, born=date(1961, 4, 4))
    edited(evening.at(evening.on + timedelta(days=1)), born=date(1961, 4, 3))
    assert record(kari).changes == (
        records.ChangeRow(date(2026, 11, 21), "sam", "born", "1961-04-03", "1961-04-04"),
        records.ChangeRow(date(2026, 11, 22), "sam", "born", "1961-04-04", "1961-04-03"),
    )


def test_a_list_that_was_or_becomes_empty_is_kept_so(kari):
    edited(kari, remove=history(["parabens"]))
    edited(kari, add=history(["parabens", "benzyl alcohol"]))
    assert changes(kari) == [
        ("sensitivities", "parabens", ""),
        ("sensitivities", "", "benzyl alcohol; parabens"),
    ]


def test_another_patients_record_is_untouched(kari):
    a_patient(kari, identifier="MRN-2", sensitivities=("parabens",), conditions=("leber",))
    before = record(kari, "P2")
    edited(kari, remove=history(["parabens"], ["leber"], ["Folic acid"]))
    assert record(kari, "P2") == before
    assert before.changes == ()


def test_the_chain_tells_what_changed_and_nothing_that_names_the_patient(kari):
    edited(
        kari,
        name="Åse Lie",
        born=date(1950, 2, 28),
        language=Language.BOKMAAL,
        add=history(conditions=["pregnancy"], medicines=["Metformin"]),
        remove=history(medicines=["Folic acid"]),
    )
    event = last_event(kari)
    assert (event.kind, event.subject, len(event.patient)) == ("patient edit", "P1", 64)
    values = auditor.values_of(event.canonical)
    changed = ["name", "born", "language", "conditions", "medicines"]
    assert (values["changed"], [*values["new"]]) == (changed, sorted(changed))
    assert values["old"]["conditions"] == sealed(b"k" * 32, "conditions", "leber")
    assert values["new"]["conditions"] == sealed(b"k" * 32, "conditions", "leber\npregnancy")
    kept = kari.read(lambda db: db.execute(select(trust.answer.c.receipt)).scalars().all())
    for personal in ("Åse", "Kari", "1950", "1961", "MRN-1", "Metformin", "Folic", "leber"):
        assert personal not in event.canonical
        assert not any(personal in receipt for receipt in kept)


def test_an_edit_has_the_patients_commitment(kari):
    entered = last_event(kari).patient
    edited(kari, language=Language.BOKMAAL)
    assert last_event(kari).patient == entered


def test_the_same_key_edits_once(kari):
    order = PatientEdit("k", "P1", add=history(conditions=["pregnancy"]))
    first = kari.do(edit_patient, order, country=Country.US)
    before = everything(kari)
    assert kari.do(edit_patient, order, country=Country.US) == first
    assert everything(kari) == before
    other = PatientEdit("k", "P1", add=history(conditions=["lactation"]))
    nothing_written(kari, KeyReused, lambda: kari.do(edit_patient, other, country=Country.US))


def test_refuses_an_edit_of_nothing(kari):
    nothing_written(kari, NothingToChange, lambda: edited(kari))


@pytest.mark.parametrize(
    "unchanged",
    [
        {"name": "Kari Nordmann"},
        {"born": date(1961, 4, 3)},
        {"language": Language.ENGLISH},
        {"add": history(["parabens"])},
        # What does change does not carry what does not.
        {"name": "Kari Hansen", "add": history(conditions=["leber"])},
    ],
)
def test_refuses_a_change_to_what_is_so_already(kari, unchanged):
    nothing_written(kari, AlreadyRecorded, lambda: edited(kari, **unchanged))
    assert record(kari).name == "Kari Nordmann"


def test_refuses_to_remove_what_is_not_there(kari):
    nothing_written(kari, NotRecorded, lambda: edited(kari, remove=history(medicines=["Metformin"])))
    nothing_written(kari, NotRecorded, lambda: edited(kari, name="X", remove=history(conditions=["pregnancy"])))


def test_refuses_to_add_and_remove_the_same(kari):
    both = history(conditions=["leber"])
    nothing_written(kari, AddedAndRemoved, lambda: edited(kari, add=both, remove=both))


def test_only_a_pharmacist_takes_a_fact_back_or_changes_the_birth_date(kari):
    kari.do(add_user, NewUser(kari.key(), "tess", Role.TECHNICIAN))
    tess = replace(kari, user="tess")
    for change in ({"remove": history(conditions=("leber",))}, {"born": date(1950, 1, 1)}):
        nothing_written(tess, NotAllowed, lambda change=change: edited(tess, **change))
    edited(tess, add=history(conditions=("pregnancy",)))
    edited(kari, remove=history(conditions=("leber",)))


def test_refuses_to_edit_an_unknown_patient_or_as_an_auditor(kari):
    nothing_written(kari, NotFound, lambda: edited(kari, "P9", name="X"))
    kari.do(add_user, NewUser(kari.key(), "ada", Role.AUDITOR))
    kari.user = "ada"
    nothing_written(kari, NotAllowed, lambda: edited(kari, name="X"))
    nothing_written(kari, NotAllowed, lambda: levelled(kari))


def test_in_norway_a_birth_date_stays_the_one_in_the_fodselsnummer(shop):
    a_patient(shop, identifier=FODSELSNUMMER, born="1986-10-16")
    other = {"country": Country.NORWAY, "born": date(1986, 10, 17)}
    nothing_written(shop, BornOtherwise, lambda: edited(shop, **other))
    assert edited(shop, country=Country.NORWAY, born=date(1986, 10, 15)).changed == ("born",)


def test_levels_are_shown_latest_first(kari):
    assert levelled(kari, "148 pmol/L", "2026-05-02").taken_on == date(2026, 5, 2)
    levelled(kari, "420.5 pg/mL", "2026-11-21")
    levelled(kari, "90 pmol/L", "2025-12-24", patient="MRN-1")
    a_patient(kari, identifier="MRN-2")
    expected = (
        records.LevelRow(date(2026, 11, 21), "420.5 pg/mL"),
        records.LevelRow(date(2026, 5, 2), "148 pmol/L"),
        records.LevelRow(date(2025, 12, 24), "90 pmol/L"),
    )
    assert record(kari).levels == expected
    assert [row.levels for row in kari.read(records.patients, 1, zone=kari.on.tzinfo).shown] == [expected, ()]
    assert (record(kari, "P2").levels, record(kari, "P2").medicines) == ((), ())


def test_the_chain_tells_of_a_level_without_its_value(kari):
    entered = last_event(kari).patient
    levelled(kari)
    event = last_event(kari)
    assert (event.kind, event.subject, event.patient) == ("patient level", "P1", entered)
    assert "2026-11-20" in event.canonical
    assert "148" not in event.canonical


def test_the_same_key_records_a_level_once(kari):
    first = levelled(kari, key="k")
    assert levelled(kari, key="k") == first
    assert rows(kari, people.patient_level) == 1
    nothing_written(kari, KeyReused, lambda: levelled(kari, "149 pmol/L", key="k"))


def test_a_level_without_a_day_is_todays_and_answered_again_after_midnight(kari):
    first = levelled(kari, on=None, key="k")
    assert (first.taken_on, record(kari).levels[0].taken_on) == (date(2026, 11, 21), date(2026, 11, 21))
    before = everything(kari)
    tomorrow = kari.at(kari.on + timedelta(days=1))
    assert levelled(tomorrow, on=None, key="k") == first
    assert everything(kari) == before


def test_a_mistyped_level_is_corrected_and_what_it_was_is_kept(kari):
    levelled(kari, "1480 pmol/L")
    levelled(kari, "90 pmol/L", "2025-12-24")
    first = levelled(kari, "148 pmol/L", key="k", correct=True)
    assert (first.taken_on, first.corrected) == (date(2026, 11, 20), True)
    assert levelled(kari, "148 pmol/L", key="k", correct=True) == first
    assert record(kari).levels == (
        records.LevelRow(date(2026, 11, 20), "148 pmol/L"),
        records.LevelRow(date(2025, 12, 24), "90 pmol/L"),
    )
    assert changes(kari) == [("level of 2026-11-20", "1480 pmol/L", "148 pmol/L")]
    event = last_event(kari)
    assert auditor.values_of(event.canonical) == {
        "corrected": True,
        "taken_on": "2026-11-20",
        "old": sealed(b"k" * 32, "level of 2026-11-20", "1480 pmol/L"),
        "new": sealed(b"k" * 32, "level of 2026-11-20", "148 pmol/L"),
    }
    assert "148" not in event.canonical


def test_refuses_to_correct_what_is_not_there_or_is_so_already(kari):
    nothing_written(kari, NothingToCorrect, lambda: levelled(kari, correct=True))
    levelled(kari)
    nothing_written(kari, NothingToCorrect, lambda: levelled(kari, on=None, correct=True))
    nothing_written(kari, AlreadyRecorded, lambda: levelled(kari, "148.0 pmol/L", correct=True))
    a_patient(kari, identifier="MRN-2")
    nothing_written(kari, NothingToCorrect, lambda: levelled(kari, patient="P2", correct=True))


@pytest.mark.parametrize("level", ["149 pmol/L", "148 pmol/L", "148 pg/mL"])
def test_refuses_a_second_level_of_a_day(kari, level):
    levelled(kari)
    nothing_written(kari, LevelThere, lambda: levelled(kari, level))
    a_patient(kari, identifier="MRN-2")
    assert levelled(kari, level, patient="P2").patient == "P2"


def test_refuses_a_level_of_no_possible_day(kari):
    nothing_written(kari, LevelInTheFuture, lambda: levelled(kari, on="2026-11-22"))
    nothing_written(kari, LevelBeforeBirth, lambda: levelled(kari, on="1961-04-02"))
    nothing_written(kari, NotFound, lambda: levelled(kari, patient="P9"))
    levelled(kari.at(kari.on + timedelta(days=1)), on="2026-11-22")


def test_refuses_a_birth_date_after_a_level_on_record(kari):
    levelled(kari, on="1990-01-01")
    levelled(kari, on="2020-01-01")
    nothing_written(kari, LevelBeforeBirth, lambda: edited(kari, born=date(1990, 1, 2)))
    edited(kari, born=date(1990, 1, 1))
