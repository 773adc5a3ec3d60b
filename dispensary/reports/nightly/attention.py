"""What needs a person today, as sentences: the most dangerous first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dispensary.reports.nightly.exceptional import Exceptional
from dispensary.reports.nightly.unfinished import Unfinished
from dispensary.reports.prescribing.unchecked import Unchecked
from dispensary.reports.prescribing.unmet import Unmet
from dispensary.reports.stock.stock import StockRow
from dispensary.reports.verify import Verified
from dispensary.rules.printer import JobState
from dispensary.rules.quantity import counted, first_of, ml
from dispensary.rules.shelf import BANDS, State


@dataclass(frozen=True, slots=True)
class BelowMinimum:
    """A product with fewer usable units than its minimum."""

    product: str
    name: str
    minimum_units: int
    usable_units: int


@dataclass(frozen=True, slots=True)
class Overridden:
    """A finding of the checks that a pharmacist overrode, with the reason; `number` of the dispense or the draw."""

    number: str
    message: str
    reason: str
    by: str


# What is wrong with stock, in the order of danger, and what a person does about it. An available lot
# needs nobody unless it stands where it cannot be dispensed.
_WAYS_OUT = {
    State.RECALLED: ("Recalled", "take them out of stock and do what the recall says"),
    State.EXPIRED: ("Expired", "take them out of stock and destroy them"),
    State.HELD: ("Held", "a pharmacist releases or condemns them"),
    State.AVAILABLE: ("Set aside", "decide what becomes of them"),
}

MOST_LOTS = 4
"""A sentence names at most so many lots, or labels; the tables of what expires and what waits name them all."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found beside the stock itself."""

    below_minimum: tuple[BelowMinimum, ...] = ()
    overridden: tuple[Overridden, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    unfinished: Unfinished = field(default_factory=Unfinished)
    verified: Verified = field(default_factory=lambda: Verified(True, ()))
    exceptional: tuple[Exceptional, ...] = ()


def sentences(rows: Sequence[StockRow], seen: Seen) -> tuple[str, ...]:
    """Books that disagree, stock that must not stand where it does, patients who wait, products to order, overrides."""
    return (
        *_books(seen.verified),
        *(each.sentence for each in seen.exceptional),
        *_patients_to_call(seen.unfinished),
        *_stock(rows),
        *_vials(seen.unfinished),
        *_short_dated(rows),
        *(
            f"Not filled: {each.rx} wanted {each.units:,} of {each.product}, {each.usable_units:,} usable; "
            "order it and call the patient."
            for each in seen.unmet
        ),
        *_orders(seen.below_minimum),
        *(
            f"{each.dispense} of {each.rx}, dispensed by {each.by}, was checked by no second person; "
            f"scan it with `dispensary rx check {each.dispense}`."
            for each in seen.unchecked
        ),
        *(
            f"Count {each.count}, which {each.by} began, is open; close it with `dispensary count close {each.count}`."
            for each in seen.unfinished.counts
        ),
        *_labels(seen.unfinished),
        *(
            f"{each.by} overrode a warning on {each.number} ({each.message.removesuffix('.')}), "
            f"giving as the reason: {each.reason.removesuffix('.')}."
            for each in seen.overridden
        ),
    )


def _books(verified: Verified) -> list[str]:
    wrong = [check.name for check in verified.checks if not check.ok]
    if not wrong:
        return []
    return [
        f"The books do not agree ({', '.join(wrong)}): stop dispensing, keep the database as it is, and look at what "
        "`dispensary verify` says."
    ]


def _patients_to_call(unfinished: Unfinished) -> list[str]:
    return [
        f"Recall {each.recall} ({each.reference}): {each.not_reached:,} of {each.patients:,} patients are not reached; "
        f"call those whom `dispensary recall show {each.recall}` lists."
        for each in unfinished.recalls
        if each.not_reached
    ]


def _vials(unfinished: Unfinished) -> list[str]:
    """Opened vials that nobody may use any longer, each with the reason."""
    return [
        f"Opened vial {each.vial} ({each.place}): {ml(each.remaining_ul)} of {each.product}, "
        f"lot {each.lot}, "
        + (
            "past its hour; discard it."
            if each.state is State.AVAILABLE
            else f"of a lot that is {each.state}; do not use it."
        )
        for each in unfinished.vials
    ]


def _labels(unfinished: Unfinished) -> list[str]:
    """A sentence for each printer whose labels wait, and one for each label that waits for somebody's word."""
    waiting: dict[str | None, list[str]] = {}
    asking = []
    for each in unfinished.labels:
        label = f"{each.kind} of {each.record}"
        if each.state is JobState.UNKNOWN:
            asking.append(
                f"Perhaps not printed by {each.printer}: {label}; look for it: `dispensary label printed {each.job}` "
                f"if it is there, else `dispensary label send --again {each.job}`."
            )
        elif each.state is JobState.SUPERSEDED:
            asking.append(
                f"Not printed by {each.printer}: {label}, of which a newer copy was; take it out with "
                f"`dispensary label cancel {each.job}`."
            )
        else:
            waiting.setdefault(each.printer, []).append(label)
    return [
        *(
            f"Not printed by {printer}: {first_of(labels, MOST_LOTS)}; "
            f"send {'them' if len(labels) > 1 else 'it'} with `dispensary label send`."
            for printer, labels in waiting.items()
        ),
        *asking,
    ]


def _orders(below_minimum: Iterable[BelowMinimum]) -> list[str]:
    """One sentence, because one person orders all of them."""
    short = [f"{below.product} ({below.usable_units:,} of {below.minimum_units:,})" for below in below_minimum]
    return [f"Below minimum, usable units of those wanted: {', '.join(short)}; order them."] if short else []


def _stock(rows: Iterable[StockRow]) -> list[str]:
    groups: dict[tuple[int, str, str, State], list[StockRow]] = {}
    order = list(_WAYS_OUT)
    for row in rows:
        if row.usable_units == 0:
            groups.setdefault((order.index(row.state), row.product, row.place, row.state), []).append(row)
    return [_sentence(group) for _, group in sorted(groups.items())]


def _short_dated(rows: Iterable[StockRow]) -> list[str]:
    """A sentence for each lot that can still be used and is in the narrowest band; one for many lots of a product."""
    groups: dict[tuple[str, str], list[StockRow]] = {}
    for row in rows:
        if row.usable_units and row.days_left <= BANDS[0]:
            groups.setdefault((row.product, row.place), []).append(row)
    return [said for group in groups.values() for said in _soon(group)]


def _soon(rows: Sequence[StockRow]) -> list[str]:
    if len(rows) > MOST_LOTS:
        units = sum(row.usable_units for row in rows)
        return [
            f"Expire within {BANDS[0]} days ({rows[0].place}): {units:,} of {rows[0].product}, "
            f"lots {first_of((row.lot for row in rows), MOST_LOTS)}; use them first or return them."
        ]
    return [
        f"Expires in {counted(row.days_left, 'day')} ({row.place}): {row.usable_units:,} of "
        f"{row.product}, lot {row.lot}; use them first or return them."
        for row in rows
    ]


def _sentence(rows: Sequence[StockRow]) -> str:
    """One sentence for the lots of a product in the same state at the same place."""
    first, units = rows[0], sum(row.units for row in rows)
    heading, way_out = _WAYS_OUT[first.state]
    return (
        f"{heading} ({first.place}): {counted(units, 'unit')} of {first.product}, "
        f"lot{'s' if len(rows) > 1 else ''} {first_of((row.lot for row in rows), MOST_LOTS)}; {way_out}."
    )
