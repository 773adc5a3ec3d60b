"""A counter whose clock fell back, and one whose clock was ahead, on each engine."""

from datetime import timedelta

from dispensary.cli import context
from dispensary.rules.clock import ClockBehind
from tests.build import NOW
from tests.refusing import code, require_golden

RECEIVE = ("receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-12-31", "--quantity", "5")


def test_nothing_is_entered_by_the_clock_of_2015_and_reading_goes_on(counter, monkeypatch):
    monkeypatch.setattr(context, "now", lambda timezone: NOW.replace(year=2015))
    require_golden(f"{code(ClockBehind)}: {counter.refused(*RECEIVE)}")
    counter.done("stock")
    counter.done("verify")


def test_after_a_counter_that_was_ahead_the_others_go_on(counter, monkeypatch):
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(days=1))
    counter.done(*RECEIVE)
    monkeypatch.setattr(context, "now", lambda timezone: NOW)
    assert counter.refused(*RECEIVE).endswith("run `dispensary audit clock --reason TEXT`.")
    said = counter.done("audit", "clock", "--reason", "the till was a day ahead")
    assert " ".join(said.split()) == (
        "The last entry was of 2026-11-22T09:30:00-05:00; entries go on from 2026-11-21T09:30:00-05:00."
    )
    counter.done(*RECEIVE)
    counter.done("verify")
