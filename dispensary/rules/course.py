"""Where a patient stands in the directions: which injections are left, from what was supplied before."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import takewhile

from dispensary.errors import Refused
from dispensary.rules import schedule
from dispensary.rules.directions import Directions, Duration, Unit
from dispensary.rules.grammar import render
from dispensary.rules.quantity import counted
from dispensary.rules.schedule import Injection, Pace, Position


class CourseCompleted(Refused):
    """Every injection of the directions has been supplied, or the day until which to inject has passed."""

    sentence = (
        "The directions {directions} are completed: {supplied} supplied, nothing left to inject from {ended} on; "
        "ask the prescriber for a new prescription."
    )
    directions: str
    supplied: str
    ended: date


@dataclass(frozen=True)
class Course:
    """Directions and where the patient stands in them.

    The next injection falls on `start`. `supplied` are the fills so far, in their order: the day of
    the first injection and how many injections were covered.
    """

    directions: Directions
    start: date
    supplied: tuple[tuple[date, int], ...] = ()

    @cached_property
    def positions(self) -> tuple[tuple[Pace, Position], ...]:
        """Where the patient stands at each pace, the quickest and shortest first."""
        directions, start = self.directions, self.start
        return tuple(
            (pace, schedule.standing_on(directions, start, pace, schedule.resume(directions, self.supplied, pace)))
            for pace in schedule.paces(directions)
        )

    @property
    def completed(self) -> bool:
        """Whether nothing is left to inject at any pace; directions without an end have always something left."""
        return self.directions.phases[-1].ends and all(self.is_end(position) for _, position in self.positions)

    def is_end(self, position: Position) -> bool:
        """Whether the position lies behind the last phase."""
        return position.phase >= len(self.directions.phases)

    @cached_property
    def left(self) -> tuple[tuple[Pace, Position], ...]:
        """The positions from which there is something left to inject; raises CourseCompleted where there is none."""
        left = tuple((pace, position) for pace, position in self.positions if not self.is_end(position))
        if left:
            return left
        supplied = sum(injections for _, injections in self.supplied)
        raise CourseCompleted(
            directions=render(self.directions),
            supplied=counted(supplied, "injection"),
            ended=max(position.began for _, position in self.positions if position.began is not None),
        )

    def injections(self) -> Iterator[Injection]:
        """What is left to inject, the first on `start`, at the fullest pace; raises CourseCompleted."""
        pace, position = self._fullest
        return schedule.injections(self.directions, self.start, pace, position)

    @property
    def _fullest(self) -> tuple[Pace, Position]:
        """The quickest intervals and the longest durations that leave anything."""
        return max(self.left, key=lambda walk: (not walk[0].interval_most, walk[0].duration_most))

    def remaining(self) -> Directions:
        """The directions for a patient who stands here: without the phases that are over, the first one with its rest.

        Raises CourseCompleted.
        """
        _, position = self._fullest
        first, *later = self.directions.phases[position.phase :]
        if position.done and isinstance(first.lasting, Duration):
            in_phase = takewhile(lambda each: each.position.phase == position.phase, self.injections())
            # The one that ends the phase stands behind it already.
            left = sum(1 for _ in in_phase) + 1
            first = replace(first, lasting=Duration(Unit.DOSE, left, left))
        return replace(self.directions, phases=(first, *later))
