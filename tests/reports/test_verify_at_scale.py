"""`verify` holds few patients at a time, whatever their number, and tells how far it is."""

import pytest
from sqlalchemy import insert, select

from dispensary.reports import chain
from dispensary.reports.verify import patients_told, verify
from dispensary.schema.people import patient
from tests.build import a_patient
from tests.reports.planting import plant


@pytest.fixture
def differences(monkeypatch):
    """What is found of a pharmacy's patients, which is the same however many are held at a time."""

    def of(shop):
        found = []
        for at_once in (1, 3, 1000):
            monkeypatch.setattr(patients_told, "AT_ONCE", at_once)
            found.append(shop.read(patients_told.patients))
        assert found[1:] == found[:-1]
        return found[0]

    return of


@pytest.fixture
def eleven(shop):
    """P9 comes before P10, of which texts know nothing."""
    for number in range(1, 12):
        a_patient(shop, identifier=f"MRN-{number}", name=f"Kari {number}", sensitivities=("cobalamin",))
    return shop


def test_a_pharmacy_in_which_everything_was_done_agrees(busy, differences):
    assert differences(busy) == []


def test_patients_of_whom_there_are_many_agree(eleven, differences):
    assert differences(eleven) == []


@pytest.mark.parametrize("number", [1, 2, 9, 10, 11])
def test_a_record_that_is_gone_is_the_only_difference(eleven, differences, number):
    whose = f"(SELECT id FROM patient WHERE number = {number})"
    plant(
        eleven,
        f"DELETE FROM patient_sensitivity WHERE patient_id IN {whose}",
        f"DELETE FROM patient WHERE number = {number}",
    )
    (found,) = differences(eleven)
    assert found.startswith(f"P{number}: event ")
    assert found.endswith(" tells of this patient, and no record does")


def test_records_that_nobody_entered_are_named(eleven, differences):
    def work(db):
        row = dict(db.execute(select(patient).where(patient.c.number == 2)).mappings().one())
        del row["id"]
        db.execute(insert(patient), [{**row, "number": number, "identifier": f"X{number}"} for number in (12, 100)])

    eleven.write(work)
    assert differences(eleven) == [
        "P12: no event tells of this patient",
        "P100: no event tells of this patient",
    ]


def test_a_name_that_was_changed_behind_the_events_is_found_among_many(eleven, differences):
    eleven.write(lambda db: db.execute(patient.update().where(patient.c.number == 10).values(name="Ola")))
    (found,) = differences(eleven)
    assert found.startswith("P10: event ")
    assert found.endswith("tells of another name than the record")


def test_verify_tells_which_check_is_at_work(busy):
    lines = []
    verified = busy.read(verify, lines.append)
    assert [line.partition(": ")[2] for line in lines] == [check.name for check in verified.checks]
    assert lines[0] == f"1 of {len(verified.checks)}: schema"


def test_the_check_of_a_chain_tells_its_events(busy, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 10)
    lines = []
    verdict = busy.read(lambda db: chain.check_database(db, 1, told=lines.append))
    assert lines[:2] == [f"audit: {number} of {verdict.events:,} events" for number in (0, 10)]
    assert len(lines) == -(-verdict.events // 10)
