"""The recall file: of every recall the notice, the account of each lot, every call, and its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from dispensary.reports.period import Period
from dispensary.reports.recalls.recall import RecallDetail, RecallRow, recall_list, show_recall
from dispensary.rules.moments import day_in


@dataclass(frozen=True, slots=True)
class RecallFileRow:
    """A line: the notice, a lot, a patient, or the withdrawal, as `line` says, the units as that line has them.

    Of a lot `received` holds what came in, also what was made here or found; `elsewhere` what was destroyed, sent
    back, opened, used or lost. Of a patient `with_patients` is what is kept at home.
    """

    recall: str
    line: str
    on: date
    class_: str
    reference: str
    dated: date
    covers: str
    product: str | None = None
    lot: str | None = None
    expires: date | None = None
    state: str | None = None
    received: int | None = None
    on_hand: int | None = None
    with_patients: int | None = None
    elsewhere: int | None = None
    patient: str | None = None
    outcome: str | None = None
    by: str | None = None
    reason: str | None = None


def recall_register(db: Connection, site_id: int, period: Period, on: datetime) -> Iterator[RecallFileRow]:
    """The file of every recall that was entered in the period, the oldest first, each as it stands now.

    One recall is in memory at a time.
    """
    for notice in reversed(recall_list(db, site_id, on)):
        if period.has(notice.on):
            yield from _file(notice, show_recall(db, site_id, notice.recall, on).shown, on)


def _file(notice: RecallRow, detail: RecallDetail, on: datetime) -> Iterator[RecallFileRow]:
    def line(what: str, day: date, **more: object) -> RecallFileRow:
        of = (notice.class_.value, notice.reference, notice.dated, notice.covers)
        return RecallFileRow(notice.recall, what, day, *of, **more)  # type: ignore[arg-type]

    yield line("notice", notice.on, by=notice.by, reason=notice.reason)
    for lot in detail.lots:
        yield line(
            "lot",
            notice.on,
            product=lot.product,
            lot=lot.lot,
            expires=lot.expires,
            state=lot.state.value,
            received=lot.received + lot.made + lot.found,
            on_hand=lot.on_hand,
            with_patients=lot.with_patients,
            elsewhere=lot.opened + lot.destroyed + lot.sent_back + lot.used_in_batches + lot.lost,
        )
    for who in detail.patients:
        outcome = None if who.outcome is None else who.outcome.value
        yield line("patient", notice.on, patient=who.patient, outcome=outcome, with_patients=who.kept)
        for call in who.calls:
            day = day_in(call.on, on.tzinfo)
            yield line("call", day, patient=who.patient, outcome=call.outcome.value, by=call.by, reason=call.note)
    if notice.withdrawn_on is not None:
        yield line("withdrawal", notice.withdrawn_on, by=notice.withdrawn_by, reason=notice.withdrawn_reason)
