"""PINs that are soon guessed, locks and their ends, sessions at their limits to the microsecond."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.people import Role
from dispensary.rules.sign_in import (
    ABSOLUTE,
    ABSOLUTE_OF_SCRIPT,
    IDLE,
    LEAST,
    LOCKED_FOR,
    MOST,
    WRONG_IN_A_ROW,
    AnotherIsSignedIn,
    End,
    NotABadge,
    NotSignedIn,
    PinLocked,
    Session,
    WeakPin,
    WrongPin,
    new_pin,
    require_badge,
    require_unlocked,
    wrong,
)
from tests.build import NOW
from tests.refusing import refused

MOMENT = timedelta(microseconds=1)
PERSONS = [role for role in Role if not role.is_script]
SCRIPTS = [role for role in Role if role.is_script]


def raised(refusal: Exception) -> None:
    raise refusal


def a_session(role: Role = Role.PHARMACIST, **changes: object) -> Session:
    return replace(Session(1, role, "desk", NOW, NOW, None, None), **changes)


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "112211", "111111", "123456", "987654", "456789", "567890", "1234567890", "0987654321", "098765",
     "abcdef", "fedcba", "314314", "pharmapharma", "Konrad", "konrad", "x" * 3 + "y" * (MOST - 2)],
)  # fmt: skip
def test_a_pin_that_is_soon_guessed_is_refused(typed):
    refused(WeakPin, lambda: new_pin(typed, "konrad"))


@pytest.mark.parametrize("typed", ["271828", "hr vom", "blåbær", "119900x", "a" * 30 + "b" * 30 + "cdxy", "0 1 2 3"])
def test_a_pin_that_nobody_would_try_is_taken_as_it_is(typed):
    assert new_pin(typed, "konrad") == typed


def test_the_pin_that_somebody_else_knows_is_no_new_one():
    assert new_pin("271828", "konrad", "314159") == "271828"
    refused(WeakPin, lambda: new_pin("314159", "konrad", "314159"))


@given(st.text(max_size=MOST + 5))
def test_a_pin_is_taken_unchanged_or_refused_and_never_told(typed):
    try:
        taken = new_pin(typed, "konrad")
    except WeakPin as refusal:
        told = list(refusal.facts.values())
    else:
        told = []
        assert taken == typed
        assert LEAST <= len(typed) <= MOST
    assert typed not in told


@pytest.mark.parametrize("scanned", ["", "12345"])
def test_a_scan_of_next_to_nothing_is_no_badge(scanned):
    refused(NotABadge, lambda: require_badge(scanned))


def test_a_badge_is_what_was_scanned():
    assert require_badge("0x8f41") == "0x8f41"


@pytest.mark.parametrize("in_a_row", range(1, WRONG_IN_A_ROW + 3))
def test_a_wrong_pin_says_how_many_more_lock_it(in_a_row):
    refused(WrongPin, lambda: raised(wrong(in_a_row)))


@pytest.mark.parametrize("in_a_row", range(WRONG_IN_A_ROW))
def test_five_may_be_wrong(in_a_row):
    require_unlocked("pia", in_a_row, NOW, NOW)


@pytest.mark.parametrize("in_a_row", [WRONG_IN_A_ROW, WRONG_IN_A_ROW + 1, 1000])
def test_the_sixth_is_not_looked_at_until_the_lock_ends(in_a_row):
    refused(PinLocked, lambda: require_unlocked("pia", in_a_row, NOW, NOW + LOCKED_FOR - MOMENT))
    require_unlocked("pia", in_a_row, NOW, NOW + LOCKED_FOR)


def test_the_end_of_a_lock_is_told_in_the_time_of_the_pharmacy():
    with pytest.raises(PinLocked, match="locked until 2026-11-21T09:45:00-05:00"):
        require_unlocked("pia", WRONG_IN_A_ROW, NOW.astimezone(UTC), NOW)


def test_a_lock_leaves_ninety_six_tries_a_day():
    assert timedelta(days=1) / LOCKED_FOR == 96


@pytest.mark.parametrize("role", PERSONS)
def test_a_persons_session_ends_at_fifteen_minutes_without_use_and_at_twelve_hours(role):
    used = a_session(role)
    assert used.end("desk", NOW + IDLE - MOMENT) is None
    assert used.end("desk", NOW + IDLE) is End.IDLE
    last = NOW + ABSOLUTE
    busy = replace(used, used_at=last - MOMENT)
    assert busy.end("desk", last - MOMENT) is None
    assert busy.end("desk", last) is End.ABSOLUTE


@pytest.mark.parametrize("role", SCRIPTS)
def test_a_scripts_session_ends_after_a_year_only(role):
    used = a_session(role)
    last = NOW + ABSOLUTE_OF_SCRIPT
    assert used.end("desk", last - MOMENT) is None
    assert used.end("desk", last) is End.ABSOLUTE


@pytest.mark.parametrize("role", Role)
def test_a_session_opens_nothing_elsewhere_nor_after_its_end_nor_for_the_disabled(role):
    assert a_session(role).end("desk", NOW) is None
    assert a_session(role).end("other", NOW) is End.ELSEWHERE
    assert a_session(role, ended_at=NOW).end("desk", NOW) is End.LOGGED_OUT
    assert a_session(role, disabled_at=NOW).end("desk", NOW) is End.DISABLED
    assert a_session(role, disabled_at=NOW, ended_at=NOW).end("desk", NOW) is End.DISABLED


@pytest.mark.parametrize("role", Role)
def test_a_clock_that_is_set_back_prolongs_no_session(role):
    used = a_session(role)
    assert used.end("desk", NOW - IDLE + MOMENT) is None
    assert used.end("desk", NOW - IDLE) is End.CLOCK


def test_an_hour_that_is_lost_or_doubled_in_a_night_of_the_year_counts_for_nothing():
    """Limits are of time that passes, in whatever zone the moments are written."""
    zone = NOW.tzinfo
    begun = datetime(2026, 11, 1, 1, 55, tzinfo=zone)
    again = begun.astimezone(UTC) + timedelta(minutes=10)
    assert again.astimezone(zone).hour == 1
    assert a_session(opened_at=begun.astimezone(UTC), used_at=begun.astimezone(UTC)).end("desk", again) is None


@pytest.mark.parametrize("end", End)
def test_whoever_is_not_signed_in_reads_why(end):
    refused(NotSignedIn, lambda: raised(NotSignedIn(why=f", since the session of pia is over: {end}")))


def test_whoever_is_not_signed_in_at_all_or_as_somebody_else_reads_so():
    refused(NotSignedIn, lambda: raised(NotSignedIn(why="")))
    refused(AnotherIsSignedIn, lambda: raised(AnotherIsSignedIn(user="pia", given="alex")))
