"""What came of the faults, in numbers that must all be 0, found by asking the tables and not the program."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, func, select

from dispensary.errors import Refused
from dispensary.print_jobs import by_number
from dispensary.reports.verify import verify
from dispensary.rules.numbers import Record
from dispensary.rules.printer import JobState
from dispensary.schema.base import metadata
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.printing import print_job
from dispensary.schema.stock import balance, lot, movement, place
from dispensary.schema.trust import answer, audit_event, request
from dispensary.schema.vials import vial, vial_entry
from tests.build import Shop
from tests.torture.acts import ROWS, STOCK, UNITS, Till, kind_of

_TABLES = [table for table in metadata.sorted_tables if "request_id" in table.c and table is not answer]
MOST_SHOWN = 5

Acknowledged = Mapping[int, Any]
"""The receipt of each act by its number."""

Work = Sequence[tuple[Till, Acknowledged]]
"""The counters with what each was told."""


@dataclass
class Tally:
    """A line of the table. `what` is the kind of fault."""

    what: str
    database: str
    faults: int = 0
    acknowledged: int = 0
    again: int = 0
    """Acts that got no answer and were asked again by their key."""
    saved: int = 0
    """Those of them that had been saved all the same, where that can be told."""
    lost: int = 0
    half_done: int = 0
    doubled: int = 0
    differences: int = 0
    verify: int = 0
    other: int = 0
    """Answers that are neither a receipt nor a refusal that says that nothing is known."""
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.half_done or self.doubled or self.differences or self.verify or self.other)

    def note(self, problem: object) -> None:
        """Show the first ones of what is wrong."""
        if len(self.problems) < MOST_SHOWN:
            self.problems.append(str(problem))


def saved(shop: Shop) -> set[str]:
    """The keys of all requests."""
    return set(shop.read(lambda db: db.execute(select(request.c.key)).scalars().all()))


def judge(tally: Tally, shop: Shop, work: Work) -> None:
    """Everything that was acknowledged is there; each act in full and once; then each key asked again says the same."""
    there = saved(shop)
    for till, acknowledged in work:
        tally.acknowledged += len(acknowledged)
        lost = [number for number in acknowledged if till.counted.key(number) not in there]
        tally.lost += len(lost)
        for number in lost:
            tally.note(f"lost: {till.counted.key(number)}")
        tally.again += 1
        tally.saved += till.counted.key(len(acknowledged)) in there
    judge_books(tally, shop)
    for till, acknowledged in work:
        unanswered = len(acknowledged)
        judge_answer(tally, till, unanswered, till.act(unanswered))
        for number, receipt in acknowledged.items():
            if till.act(number) != receipt and till.counted.key(number) in there:
                tally.lost += 1
                tally.note(f"another receipt: {till.counted.key(number)}")
    judge_books(tally, shop)


def judge_answer(tally: Tally, till: Till, number: int, said: Any) -> None:
    """A receipt, as nothing stands in its way."""
    if isinstance(said, str):
        tally.other += 1
        tally.note(f"{till.counted.key(number)}: {said}")


def judge_books(tally: Tally, shop: Shop) -> None:
    """Each request in full and once, the units where requests and movements say, vials to the microlitre, `verify`."""
    keys = [key for key in saved(shop) if kind_of(key)]
    wanted = {key: Counter(ROWS[str(kind_of(key))]) for key in keys}
    _compare(
        tally, {key: Counter({**rows, "answer": 1, "audit_event": 1}) for key, rows in wanted.items()}, _rows(shop)
    )
    _differences(tally, shop, keys)
    try:
        failed = [check for check in shop.read(verify).checks if not check.ok]
    except Refused as refusal:
        failed = [refusal]
    tally.verify += len(failed)
    for check in failed:
        tally.note(f"verify: {check}")


def _rows(shop: Shop) -> dict[str, Counter[str]]:
    """The rows of each request by table."""
    found: dict[str, Counter[str]] = {}

    def count(table: Table, statement: Any) -> None:
        for key, number in shop.read(lambda db: db.execute(statement).all()):
            if kind_of(key):
                found.setdefault(key, Counter())[table.name] += number

    for table in (*_TABLES, answer):
        count(
            table,
            select(request.c.key, func.count()).join(table, table.c.request_id == request.c.id).group_by(request.c.key),
        )
    events = audit_event.c.request_key
    count(audit_event, select(events, func.count()).group_by(events))
    return found


def _compare(tally: Tally, wanted: dict[str, Counter[str]], found: dict[str, Counter[str]]) -> None:
    for key in wanted.keys() | found.keys():
        want, have = wanted.get(key, Counter()), found.get(key, Counter())
        if want - have:
            tally.half_done += 1
            tally.note(f"half done: {key} lacks {dict(want - have)}")
        if have - want:
            tally.doubled += 1
            tally.note(f"doubled: {key} has {dict(have - want)} too many")


def _differences(tally: Tally, shop: Shop, keys: list[str]) -> None:
    """Units between the balances, the movements and what the requests should have moved; microlitres of vials."""
    codes = dict(shop.read(lambda db: db.execute(select(place.c.id, place.c.code)).all()))
    hot = shop.read(lambda db: db.execute(select(lot.c.id).where(lot.c.number == "HOT")).scalar_one())
    modelled = Counter({"shelf": STOCK, "supplier": -STOCK})
    for key in keys:
        modelled.update(UNITS.get(str(kind_of(key)), {}))
    moved: Counter[str] = Counter()
    for row in shop.read(lambda db: db.execute(movement.select().where(movement.c.lot_id == hot)).all()):
        moved[codes[row.from_place_id]] -= row.units
        moved[codes[row.to_place_id]] += row.units
    kept = {
        codes[row.place_id]: row.units
        for row in shop.read(lambda db: db.execute(balance.select().where(balance.c.lot_id == hot)).all())
    }
    for code in modelled.keys() | moved.keys() | kept.keys():
        units = {modelled[code], moved[code], *([kept[code]] if code in kept else [])}
        if len(units) > 1:
            tally.differences += max(units) - min(units)
            tally.note(f"at {code}: {modelled[code]} by the requests, {moved[code]} moved, {kept.get(code)} kept")
    taken = dict(
        shop.read(
            lambda db: db.execute(
                select(vial_entry.c.vial_id, func.sum(vial_entry.c.volume_ul)).group_by(vial_entry.c.vial_id)
            ).all()
        )
    )
    for row in shop.read(lambda db: db.execute(vial.select()).all()):
        if row.volume_ul != row.remaining_ul + taken.get(row.id, 0):
            tally.differences += 1
            tally.note(f"V{row.number} does not add up")


def judge_printed(tally: Tally, shop: Shop, delivered: Counter[tuple[str, int]], work: Work) -> None:
    """No label came out twice; none that was sent is missing; none that was acknowledged still waits."""
    asked = {
        receipt.dispense
        for till, acknowledged in work
        for number, receipt in acknowledged.items()
        if till.counted.kind(number) == "print" and not isinstance(receipt, str)
    }
    site = shop.by().site_id
    jobs = (
        select(print_job.c.number, print_job.c.record, prescription.c.number.label("rx"), dispense.c.fill)
        .join(dispense, dispense.c.request_id == print_job.c.request_id)
        .join(prescription, prescription.c.id == dispense.c.prescription_id)
    )
    for row in shop.read(lambda db: db.execute(jobs).all()):
        job, came = Record.PRINT_JOB.number(row.number), delivered[f"RX{row.rx}", row.fill]
        state = shop.read(by_number, site, job).state
        if came > 1:
            tally.doubled += 1
            tally.note(f"{job} came out {came} times")
        if state is JobState.SENT and not came:
            tally.lost += 1
            tally.note(f"{job} was sent and did not come out")
        if row.record in asked and state is not None and state.waits:
            tally.half_done += 1
            tally.note(f"{job} is {state} after its acknowledgement")
