"""A job is claimed, sent by one counter alone, and printed again only where somebody says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary import auditor, print_jobs
from dispensary.lookup import NotFound
from dispensary.reports.printing.queue import QueuedJob, queue
from dispensary.reports.verify import verify
from dispensary.rules.access import NotAllowed
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.printer import SENDING_TAKES, JobState
from dispensary.schema import trust
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.printing.print_label import Print, print_label
from dispensary.services.printing.send import Again, Claimed, Ended, NotToBeSent, claim, end, print_again
from dispensary.services.printing.settle import Cancel, Settled, WasPrinted, cancel, was_printed
from tests.build import later
from tests.refusing import nothing_written


@pytest.fixture
def waiting(shop):
    """PJ1, a dispense label of D1, waits for the printer at the counter."""
    shop.do(print_label, Print(shop.key(), "dispense", "D1", "dispense-100x62", "counter"), patient="c" * 64)
    return shop


def claimed(shop, job="PJ1"):
    return shop.do(claim, job)


def ended(shop, attempt=1, job="PJ1", **how):
    return shop.do(end, Ended(job, attempt, **how))


def again(shop, job="PJ1", key=None):
    return shop.do(print_again, Again(key or shop.key(), job))


def cancelled(shop, job="PJ1", key=None):
    return shop.do(cancel, Cancel(key or shop.key(), job, "a torn roll"))


def seen(shop, job="PJ1", key=None):
    return shop.do(was_printed, WasPrinted(key or shop.key(), job))


def after(shop, time):
    return shop.at(shop.on + time)


def queued(shop):
    return shop.read(queue, shop.by().site_id, shop.on)


def states(shop):
    return [(each.job, each.state, each.tries) for each in queued(shop)]


def events(shop):
    statement = select(trust.audit_event).where(trust.audit_event.c.kind.like("label %"))
    found = shop.read(lambda db: db.execute(statement.order_by(trust.audit_event.c.sequence)).all())
    return [(row.kind, row.subject, auditor.values_of(row.canonical)) for row in found]


def test_what_waits_is_in_the_queue(waiting):
    assert queued(waiting) == (
        QueuedJob(
            job="PJ1",
            kind="dispense",
            record="D1",
            copy=1,
            printer="counter",
            design="dispense-100x62",
            state=JobState.WAITING,
            tries=0,
            problem="",
            since="2026-11-21T09:30:00-05:00",
            by="alex",
            newer="",
        ),
    )


def test_a_job_is_claimed_and_sent(waiting):
    assert claimed(waiting) == Claimed("PJ1", "dispense", "D1", 1, "dispense-100x62", "counter", None, 1)
    assert states(waiting) == [("PJ1", JobState.BEING_SENT, 1)]
    assert ended(waiting, receipt="Roll-12") is JobState.SENT
    assert states(waiting) == []
    assert events(waiting)[1:] == [
        ("label sending", "PJ1", {"attempt": 1, "problem": None, "receipt": None}),
        ("label sent", "PJ1", {"attempt": 1, "problem": None, "receipt": "Roll-12"}),
    ]
    assert waiting.read(verify).ok


def test_what_failed_waits_and_is_sent_later(waiting):
    claimed(waiting)
    assert ended(waiting, problem="no paper") is JobState.FAILED
    assert [(each.state, each.problem) for each in queued(waiting)] == [(JobState.FAILED, "no paper")]
    after = later(waiting, 1)
    assert claimed(after).attempt == 2
    ended(after, 2)
    assert states(after) == []
    assert after.read(verify).ok


def test_what_is_being_sent_is_not_sent_by_another(waiting):
    claimed(waiting)
    nothing_written(waiting, NotToBeSent, lambda: claimed(waiting))


def test_a_sender_that_does_not_come_back_leaves_what_nobody_knows(waiting):
    claimed(waiting)
    assert [each.problem for each in queued(waiting)] == ["it is being sent since 09:30"]
    for work in (again, cancelled, seen):
        nothing_written(waiting, NotToBeSent, lambda work=work: work(waiting))
    just_before = after(waiting, SENDING_TAKES - timedelta(microseconds=1))
    assert states(just_before) == [("PJ1", JobState.BEING_SENT, 1)]
    # The other counter's clock is ahead of this one's.
    assert states(after(waiting, -timedelta(seconds=30))) == [("PJ1", JobState.BEING_SENT, 1)]
    then = after(waiting, SENDING_TAKES)
    assert states(then) == [("PJ1", JobState.UNKNOWN, 1)]
    assert again(then).again == "PJ1"


def test_what_was_sent_is_not_sent_again(waiting):
    claimed(waiting)
    ended(waiting)
    nothing_written(waiting, NotToBeSent, lambda: claimed(waiting))
    nothing_written(waiting, NotToBeSent, lambda: again(waiting))


def test_what_may_have_been_printed_waits_for_a_person(waiting):
    claimed(waiting)
    assert ended(waiting, problem="it broke off", perhaps=True) is JobState.UNKNOWN
    nothing_written(waiting, NotToBeSent, lambda: claimed(waiting))
    copy = again(waiting)
    assert (copy.job, copy.copy, copy.again) == ("PJ2", 2, "PJ1")
    assert states(waiting) == [("PJ2", JobState.WAITING, 0)]
    nothing_written(waiting, NotToBeSent, lambda: claimed(waiting))
    nothing_written(waiting, NotToBeSent, lambda: again(waiting))
    claimed(waiting, "PJ2")
    ended(waiting, job="PJ2")
    assert states(waiting) == []
    assert waiting.read(verify).ok


def test_what_is_not_wanted_any_more_is_never_sent(waiting):
    assert cancelled(waiting, key="k") == Settled("PJ1", "dispense", "D1", 1, "counter", JobState.CANCELLED)
    assert cancelled(waiting, key="k").job == "PJ1"
    assert states(waiting) == []
    for work in (claimed, again, cancelled, seen):
        nothing_written(waiting, NotToBeSent, lambda work=work: work(waiting))
    assert events(waiting)[1:] == [
        ("label cancelled", "PJ1", {"attempt": 1, "problem": "a torn roll", "receipt": None})
    ]
    copy = waiting.do(print_label, Print(waiting.key(), "dispense", "D1", "dispense-100x62", "counter"))
    assert copy.copy == 2
    assert waiting.read(verify).ok


def test_what_failed_or_was_perhaps_printed_is_given_up(waiting):
    claimed(waiting)
    ended(waiting, problem="no paper")
    cancelled(waiting)
    waiting.do(print_label, Print(waiting.key(), "dispense", "D2", "dispense-100x62", "counter"))
    claimed(waiting, "PJ2")
    late = after(waiting, SENDING_TAKES)
    cancelled(late, "PJ2")
    assert states(late) == []
    # Who sent it comes back, and the attempt has ended.
    nothing_written(late, NotToBeSent, lambda: ended(late, job="PJ2"))
    assert waiting.read(verify).ok


@pytest.mark.parametrize("told", [True, False])
def test_what_somebody_saw_printed_is_printed(waiting, told):
    claimed(waiting)
    if told:
        ended(waiting, problem="it broke off", perhaps=True)
    late = after(waiting, SENDING_TAKES)
    assert seen(late, key="k") == Settled("PJ1", "dispense", "D1", 1, "counter", JobState.SENT)
    assert seen(late, key="k").state is JobState.SENT
    assert states(late) == []
    assert events(late)[-1] == ("label printed", "PJ1", {"attempt": 2 if told else 1, "problem": None, "receipt": None})
    nothing_written(late, NotToBeSent, lambda: again(late))
    assert late.read(verify).ok


def test_nobody_says_that_it_was_printed_of_what_waits(waiting):
    nothing_written(waiting, NotToBeSent, lambda: seen(waiting))


@pytest.mark.parametrize("printer", [None, "counter"])
def test_the_older_copy_is_not_sent_after_the_newer(waiting, printer):
    waiting.do(print_label, Print(waiting.key(), "dispense", "D1", "dispense-100x62", printer))
    if printer:
        assert states(waiting)[0] == ("PJ1", JobState.WAITING, 0)
        claimed(waiting, "PJ2")
        ended(waiting, job="PJ2")
    (left,) = queued(waiting)
    assert (left.job, left.state, left.newer) == ("PJ1", JobState.SUPERSEDED, "PJ2")
    nothing_written(waiting, NotToBeSent, lambda: claimed(waiting))
    cancelled(waiting)
    assert states(waiting) == []


def test_the_newer_copy_is_sent_after_the_older_and_that_of_another_label_too(waiting):
    for record, kind in (("D1", "dispense"), ("D2", "dispense"), ("D1", "bag")):
        waiting.do(print_label, Print(waiting.key(), kind, record, "dispense-100x62", "counter"))
    for job in ("PJ1", "PJ2", "PJ4", "PJ3"):
        claimed(waiting, job)
        ended(waiting, job=job)
    assert states(waiting) == []


def test_what_waits_is_not_printed_again(waiting):
    nothing_written(waiting, NotToBeSent, lambda: again(waiting))


def test_what_went_into_a_file_is_not_sent(shop):
    shop.do(print_label, Print(shop.key(), "dispense", "D1", "dispense-100x62"))
    assert queued(shop) == ()
    nothing_written(shop, NotToBeSent, lambda: claimed(shop))
    nothing_written(shop, NotToBeSent, lambda: again(shop))


def test_an_attempt_ends_once(waiting):
    nothing_written(waiting, NotToBeSent, lambda: ended(waiting))
    claimed(waiting)
    nothing_written(waiting, NotToBeSent, lambda: ended(waiting, 2))
    ended(waiting, problem="no paper", perhaps=True)
    nothing_written(waiting, NotToBeSent, lambda: ended(waiting))


def test_a_job_that_is_not_there(waiting):
    nothing_written(waiting, NotFound, lambda: claimed(waiting, "PJ9"))
    nothing_written(waiting, NotANumber, lambda: claimed(waiting, "D1"))


@pytest.mark.parametrize("work", [claimed, ended, again, cancelled, seen])
def test_an_auditor_sends_nothing(waiting, work):
    waiting.do(add_user, NewUser(waiting.key(), "audrey", Role.AUDITOR))
    if work is not claimed:
        claimed(waiting)
    nothing_written(waiting, NotAllowed, lambda: work(replace(waiting, user="audrey")))


def test_another_site_does_not_see_it(waiting):
    assert waiting.read(print_jobs.unfinished, 2) == ()
