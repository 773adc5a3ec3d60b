from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.shelf import (
    ALLOWED,
    LotNotUsable,
    Operation,
    State,
    band,
    days_left,
    described,
    last_usable_day,
    require,
    state_on,
    usable_on,
)
from tests.refusing import refused

TODAY = date(2026, 11, 1)
EXPIRES = date(2026, 10, 31)


def attempt(operation: Operation, state: State) -> None:
    # Expired is never recorded: it is what the day makes of a lot.
    expired = state is State.EXPIRED
    recorded, today = (State.AVAILABLE, TODAY) if expired else (state, EXPIRES)
    require(operation, recorded, EXPIRES, today, lot="A23", product="US-CY-VIT30")


def test_a_lot_is_usable_through_its_expiry_date() -> None:
    assert last_usable_day(EXPIRES) == EXPIRES
    assert usable_on(EXPIRES, EXPIRES)
    assert not usable_on(EXPIRES, EXPIRES + timedelta(days=1))


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (-1, "expired"),
        (0, "30"),
        (30, "30"),
        (31, "60"),
        (60, "60"),
        (61, "90"),
        (90, "90"),
        (91, "180"),
        (180, "180"),
        (181, None),
    ],
)
def test_bands_hold_their_own_last_day(left: int, expected: str | None) -> None:
    expires = TODAY + timedelta(days=left)
    assert days_left(expires, TODAY) == left
    assert band(expires, TODAY) == expected


def test_the_table_answers_for_every_state_and_operation() -> None:
    table = {state: [int(ALLOWED[state, operation]) for operation in Operation] for state in State}
    assert " ".join(operation.name.lower() for operation in Operation) == (
        "receive dispense hand_over open draw repack move shelve restock count return send_back discard destroy"
    )
    assert table == {
        State.AVAILABLE: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        State.HELD: [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1],
        State.RECALLED: [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1],
        State.EXPIRED: [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1],
    }


@pytest.mark.parametrize(
    ("recorded", "on_the_last_day", "after"),
    [
        (State.AVAILABLE, State.AVAILABLE, State.EXPIRED),
        (State.HELD, State.HELD, State.EXPIRED),
        (State.RECALLED, State.RECALLED, State.RECALLED),
    ],
)
def test_a_recall_goes_before_expiry_and_expiry_before_a_hold(
    recorded: State, on_the_last_day: State, after: State
) -> None:
    assert state_on(recorded, EXPIRES, EXPIRES) is on_the_last_day
    assert state_on(recorded, EXPIRES, EXPIRES + timedelta(days=1)) is after


@given(st.sampled_from(State), st.dates(), st.dates())
def test_nothing_reaches_a_patient_after_expiry(recorded: State, expires: date, day: date) -> None:
    state = state_on(recorded, expires, day)
    if ALLOWED[state, Operation.DISPENSE]:
        assert recorded is State.AVAILABLE
        assert day <= expires


def test_describes_why_a_lot_is_not_available() -> None:
    assert described(State.EXPIRED, EXPIRES) == "expired on 2026-10-31"
    assert described(State.HELD, EXPIRES) == "held"
    assert described(State.RECALLED, EXPIRES) == "recalled"


RELEASE = "have a pharmacist release it with `dispensary lot release A23`"
SEND_BACK = "send it back with `dispensary send-back A23` or destroy it"
DESTROY = "destroy it with `dispensary destroy A23`"
OUT = "keep it out of stock and send it back to the supplier"
UNDELIVERED = "take it back without --undelivered"
VIAL = "draw from a vial of another lot"


@pytest.mark.parametrize(
    ("operation", "held", "recalled", "expired"),
    [
        (Operation.RECEIVE, None, OUT, OUT),
        *(
            (operation, f"{instead}, or {RELEASE}", f"{instead}, and {SEND_BACK}", f"{instead}, and {DESTROY}")
            for operation, instead in (
                (Operation.DISPENSE, "take another lot"),
                (Operation.OPEN, "open another lot"),
                (Operation.REPACK, "use another lot"),
                (Operation.SHELVE, "leave it where it stands"),
            )
        ),
        (Operation.DRAW, f"{VIAL}, or {RELEASE}", f"{VIAL}, and discard this one", f"{VIAL}, and discard this one"),
        (Operation.RESTOCK, f"{UNDELIVERED}, or {RELEASE}", UNDELIVERED, UNDELIVERED),
    ],
)
def test_refuses_with_the_state_and_the_way_out(
    operation: Operation, held: str | None, recalled: str, expired: str
) -> None:
    told = {
        State.HELD: held and f"is held; {held}",
        State.RECALLED: f"is recalled; {recalled}",
        State.EXPIRED: f"expired on 2026-10-31; {expired}",
    }
    for state, sentence in told.items():
        if sentence is None:
            attempt(operation, state)
            continue
        refusal = refused(LotNotUsable, partial(attempt, operation, state))
        assert str(refusal) == f"lot A23 of US-CY-VIT30 {sentence}."
        assert refusal.facts["operation"] == operation.value


def test_the_way_out_is_safe_to_paste() -> None:
    def attempted() -> None:
        require(Operation.OPEN, State.AVAILABLE, EXPIRES, TODAY, lot="A;B'2", product="US-CY-VIT30")

    assert """`dispensary destroy 'A;B'"'"'2'`""" in str(refused(LotNotUsable, attempted))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("operation", Operation)
def test_refuses_exactly_what_the_table_does_not_allow(state: State, operation: Operation) -> None:
    if ALLOWED[state, operation]:
        attempt(operation, state)
    else:
        with pytest.raises(LotNotUsable):
            attempt(operation, state)
