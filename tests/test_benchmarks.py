"""The benchmarks still stand on the program, although no test times anything."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from benchmarks import labels, pharmacy
from benchmarks.__main__ import SUBJECTS, main
from benchmarks.server import Server
from dispensary import database
from dispensary.labelling import render
from dispensary.labelling.designs import load
from dispensary.reports.verify import verify
from dispensary.schema.prescribing import prescription
from dispensary.schema.stock import balance

SMALLEST = {
    "pharmacy": {"LOTS": 2, "ON_HAND": 1, "PRESCRIPTIONS": 2},
    "dispenses": {"EACH": 1, "ROUNDS": 0, "ON_HAND": (1,)},
    "counters": {"COUNTERS": (2,), "EACH": 2, "ROUNDS": 0, "MANY": 2},
    "cold": {"ROUNDS": 0},
    "labels": {"MANY": 1, "ROUNDS": 0, "FIRSTS": 0},
    "label_range": {"MANY": 2, "ROUNDS": 0},
    "recalls": {"PATIENTS": 2, "ROUNDS": 0},
    "logs": {"YEAR": 3, "ROUNDS": 0},
}
"""What each subject does least of, by its module."""


def once(ours: Callable[[int], object], floor: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """The round that warms up, and no clock."""
    assert rounds == 0
    ours(0)
    floor(0)
    return 1.0, 1.0


@pytest.fixture
def smallest(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    @contextmanager
    def of_the_tests() -> Iterator[Server]:
        yield Server(request.getfixturevalue("postgres_server"))

    for name, sizes in SMALLEST.items():
        module = importlib.import_module(f"benchmarks.{name}")
        for size, least in sizes.items():
            monkeypatch.setattr(module, size, least)
        if hasattr(module, "in_turns"):
            monkeypatch.setattr(module, "in_turns", once)
        if hasattr(module, "server"):
            monkeypatch.setattr(module, "server", of_the_tests)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_does_its_work_beside_its_floor(smallest, subject):
    lines = SUBJECTS[subject]()
    assert lines
    assert all(line.ratio == 1 for line in lines)
    # What is said of each leaves its column free.
    assert max(len(line.what) for line in lines) <= 41


def test_the_pharmacy_that_is_measured_on_has_what_it_says_and_agrees_with_itself(smallest, tmp_path):
    url = f"sqlite:///{tmp_path}/pharmacy.db"
    pharmacy.build(url)
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        on_hand = dict(db.execute(select(balance.c.units, func.count()).group_by(balance.c.units)).all())
        assert on_hand == {0: 14, 400: 14}
        assert db.execute(select(func.count()).select_from(prescription)).scalar_one() == 2
        verified = verify(db)
    engine.dispose()
    assert verified.ok, verified


def test_the_label_that_is_timed_can_be_drawn():
    assert render([[labels.facts()]], load(labels.DESIGN)).startswith(b"%PDF")


def test_an_unknown_subject_is_refused_with_those_that_there_are(capsys):
    assert main(["speed"]) == 2
    assert ", ".join(SUBJECTS) in capsys.readouterr().err
