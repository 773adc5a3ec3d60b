"""What a report shows of patients' records, beside whose records they are."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Disclosed(Generic[Shown]):
    """`shown` is for printing; `patients` are the numbers for the event that their records were read.

    Reports write nothing, so the caller passes `patients` to `services.people.register.note_reading`
    before it prints `shown`.
    """

    shown: Shown
    patients: frozenset[int]
