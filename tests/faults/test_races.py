"""Two counters at one patient, in the worst order: the second begins before the first has committed.

What the second decides must follow from what the first one did, and no database has to end one of them.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from threading import Event, Lock
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy import event as events_of_engine

from dispensary import database, lookup
from dispensary.errors import Refused
from dispensary.rules.history import AlreadyRecorded
from dispensary.rules.level import Level
from dispensary.rules.life import Act, LifeState, NotFromThisState
from dispensary.rules.people import Condition, Country, History
from dispensary.rules.product import Form
from dispensary.rules.safety import StoppedByChecks
from dispensary.rules.scan import Pack
from dispensary.services.people.patients import LevelThere, NewLevel, PatientEdit, edit_patient, record_level
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.dispense import Dispensed, Order, dispense
from dispensary.services.prescribing.hand_over import DispenseReturned, HandOver, check_hand_over
from dispensary.services.prescribing.prescribe import NewPrescription, PrescriptionAdded, prescribe
from dispensary.services.prescribing.prescription_act import ActDone, Decided, act
from dispensary.services.prescribing.take_back import Return, TakenBack, take_back
from tests.build import Shop, a_lot, a_patient, a_prescriber, an_rx, codes, dispensed, the_rx
from tests.faults.books import require_sound
from tests.faults.counter import pause
from tests.owning import owning

ROUNDS = 3
SECONDS = 60

Work = Callable[[Connection], Any]


@dataclass
class Race:
    """Two counters with a connection each; `problems` are the errors that the database told them."""

    shop: Shop
    url: str
    problems: list[str] = field(default_factory=list)
    _begun: Event = field(default_factory=Event)
    _stuck: Event = field(default_factory=Event)

    def run(self, first: Work, second: Work) -> tuple[Any, Any]:
        """The receipt or refusal of each; the second begins when the first has done everything but commit."""

        def and_wait(db: Connection) -> Any:
            done = first(db)
            self.let_the_second_in()
            return done

        return self.run_from_within(and_wait, second)

    def run_from_within(self, first: Work, second: Work) -> tuple[Any, Any]:
        """As `run`, where the first itself lets the second in."""
        self._begun.clear()
        self._stuck.clear()
        with ThreadPoolExecutor(2) as threads:
            outcomes = threads.submit(self._lead, first), threads.submit(self._follow, second)
            one, other = (each.result() for each in outcomes)
        return one, other

    def let_the_second_in(self) -> None:
        """Returns when the second counter waits for this one, or is through."""
        self._begun.set()
        until = time.monotonic() + SECONDS
        while not (self._stuck.is_set() or self._waits()):
            assert time.monotonic() < until, "the second counter neither waits nor ends"
            time.sleep(0.005)

    def _waits(self) -> bool:
        # A counter that SQLite keeps waiting pauses, and says so itself.
        if self.shop.engine.dialect.name == "sqlite":
            return False
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        # Only the administrator sees what others wait for.
        with owning(self.shop.engine) as db:
            return bool(db.execute(text(waiting)).scalar())

    def _lead(self, work: Work) -> Any:
        try:
            return self._outcome(work, pause)
        finally:
            self._begun.set()

    def _follow(self, work: Work) -> Any:
        def told() -> None:
            self._stuck.set()
            pause()

        assert self._begun.wait(SECONDS)
        try:
            return self._outcome(work, told)
        finally:
            self._stuck.set()

    def _outcome(self, work: Work, pause: Callable[[], None]) -> Any:
        with self._engine(pause) as engine:
            try:
                return database.transaction(engine, work)
            except Refused as refusal:
                return refusal

    @contextmanager
    def _engine(self, pause: Callable[[], None]) -> Iterator[Engine]:
        engine = database.open_engine(database.parse_url(self.url), pause)
        events_of_engine.listen(engine, "handle_error", lambda told: self.problems.append(str(told.original_exception)))
        try:
            yield engine
        finally:
            engine.dispose()


@pytest.fixture
def race(shop: Shop, url: str) -> Iterator[Race]:
    a_lot(shop, units=1000)
    run = Race(shop, url)
    yield run
    assert run.problems == []
    require_sound(shop)


def asked(race: Race, service: Callable[..., Any], order: Any, **more: Any) -> Work:
    return partial(_asked, service, order, {"on": race.shop.on, "by": race.shop.by(), **more})


def _asked(service: Callable[..., Any], order: Any, more: dict[str, Any], db: Connection) -> Any:
    return service(db, order, **more)


def dispensing(race: Race, rx: str) -> Work:
    return asked(race, dispense, Order(race.shop.key(), rx), practice=race.shop.practice)


def deciding(race: Race, rx: str, what: Act, to: str | None = None) -> Work:
    return asked(race, act, Decided(race.shop.key(), rx, what, "as agreed", to))


def levelling(race: Race, patient: str, level: str) -> Work:
    return asked(race, record_level, NewLevel(race.shop.key(), patient, Level.parse(level), date(2026, 11, 20)))


def editing(race: Race, patient: str, **changes: Any) -> Work:
    return asked(race, edit_patient, PatientEdit(race.shop.key(), patient, **changes), country=Country.US)


def patients(race: Race) -> Iterator[tuple[str, str]]:
    """A patient for each round, and the prescriber."""
    prescriber = a_prescriber(race.shop)
    for number in range(ROUNDS):
        yield a_patient(race.shop, identifier=f"MRN-{number}"), prescriber


def prescriptions(race: Race, **order: Any) -> Iterator[str]:
    for patient, prescriber in patients(race):
        yield an_rx(race.shop, patient, prescriber, **order)


def test_what_was_transferred_is_not_dispensed_here(race):
    for rx in prescriptions(race):
        moved, filled = race.run(deciding(race, rx, Act.TRANSFER, "Other"), dispensing(race, rx))
        assert (type(moved), type(filled)) == (ActDone, StoppedByChecks)
        assert moved.refills_left == 2
        assert the_rx(race.shop, rx).fills == ()


def test_a_transfer_takes_along_what_the_last_dispense_left(race):
    for rx in prescriptions(race):
        filled, moved = race.run(dispensing(race, rx), deciding(race, rx, Act.TRANSFER, "Other"))
        assert (type(filled), type(moved)) == (Dispensed, ActDone)
        assert moved.refills_left == filled.refills_left
        assert moved.units_left == 8


def test_a_prescription_is_transferred_to_one_pharmacy(race):
    for rx in prescriptions(race):
        one, other = race.run(*(deciding(race, rx, Act.TRANSFER, to) for to in ("Here", "There")))
        assert (type(one), type(other)) == (ActDone, NotFromThisState)
        assert the_rx(race.shop, rx).life is LifeState.TRANSFERRED


def test_what_is_held_is_not_dispensed(race):
    for rx in prescriptions(race):
        held, filled = race.run(deciding(race, rx, Act.HOLD), dispensing(race, rx))
        assert (type(held), type(filled)) == (ActDone, StoppedByChecks)
        assert the_rx(race.shop, rx).fills == ()


def test_a_dispense_that_came_first_stands_and_the_prescription_is_held(race):
    for rx in prescriptions(race):
        filled, held = race.run(dispensing(race, rx), deciding(race, rx, Act.HOLD))
        assert (type(filled), type(held)) == (Dispensed, ActDone)
        assert len(the_rx(race.shop, rx).fills) == 1


def test_of_two_prescriptions_of_a_patient_the_second_dispense_is_a_duplicate(race):
    for patient, prescriber in patients(race):
        both = [an_rx(race.shop, patient, prescriber) for _ in range(2)]
        one, other = race.run(*(dispensing(race, rx) for rx in both))
        assert (type(one), type(other)) == (Dispensed, StoppedByChecks)
        assert "duplicate_supply" not in [found.code for found in one.findings]
        assert "duplicate_supply" in codes(other)


def test_what_is_owed_is_collected_once(race):
    for rx in prescriptions(race, refills=0):
        assert dispensed(race.shop, rx, units=1).owed == 3
        one, other = race.run(dispensing(race, rx), dispensing(race, rx))
        assert (type(one), type(other)) == (Dispensed, StoppedByChecks)
        assert (one.units, one.owed) == (3, 0)


def test_a_day_has_one_level(race):
    for patient, _ in patients(race):
        one, other = race.run(levelling(race, patient, "148 pmol/L"), levelling(race, patient, "149 pmol/L"))
        assert one.taken_on == date(2026, 11, 20)
        assert (type(other), other.level) == (LevelThere, "148 pmol/L")


def test_an_edit_sees_the_edit_before_it(race):
    for patient, _ in patients(race):
        pregnant = History(frozenset(), frozenset({Condition.PREGNANCY}))
        one, other = race.run(*(editing(race, patient, add=pregnant) for _ in range(2)))
        assert one.changed == ("conditions",)
        assert type(other) is AlreadyRecorded


def test_a_dispense_sees_the_edit_before_it(race):
    for rx in prescriptions(race):
        patient = f"P{the_rx(race.shop, rx).patient.number}"
        leber = History(frozenset(), frozenset({Condition.LEBER}))
        edited, filled = race.run(editing(race, patient, add=leber), dispensing(race, rx))
        assert edited.changed == ("conditions",)
        assert codes(filled) == ["leber"]


def test_an_edit_and_a_new_prescription_do_not_wait_for_each_other_in_a_circle(race, monkeypatch):
    edits = Lock()
    real = lookup.lock_patient

    def lock_and_wait(db: Connection, *given: Any, **more: Any) -> None:
        real(db, *given, **more)
        # The edit alone: it has the patient and not yet the head, which the prescription takes first.
        if edits.acquire(blocking=False):
            race.let_the_second_in()

    for patient, prescriber in patients(race):
        new = NewPrescription(
            race.shop.key(),
            patient,
            prescriber,
            Form.CYANOCOBALAMIN,
            "1 mg IM weekly",
            4,
            None,
            2,
            race.shop.today,
            None,
            "",
        )
        with monkeypatch.context() as patched:
            patched.setattr(lookup, "lock_patient", lock_and_wait)
            edited, added = race.run_from_within(
                editing(race, patient, name="Kari Hansen"), asked(race, prescribe, new, practice=race.shop.practice)
            )
        edits.release()
        assert (edited.changed, type(added)) == (("name",), PrescriptionAdded)


def test_what_came_back_is_not_handed_over(race):
    race.shop.do(add_user, NewUser(race.shop.key(), "sam", race.shop.by().role))
    with database.reading(race.shop.engine) as db:
        sam = lookup.person(db, "sam")
    for rx in prescriptions(race):
        fill = dispensed(race.shop, rx).dispense
        scanned = HandOver(race.shop.key(), fill, (Pack("00305170031251", "A1", date(2027, 11, 30)),))
        back, checked = race.run(
            asked(race, take_back, Return(race.shop.key(), fill, "undelivered"), practice=race.shop.practice),
            asked(race, check_hand_over, scanned, by=sam),
        )
        assert (type(back), type(checked)) == (TakenBack, DispenseReturned)
