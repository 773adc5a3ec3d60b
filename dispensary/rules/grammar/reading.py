"""Making directions of the pieces of a text: parting it into phases, and putting each phase together.

What can be read in two ways is refused with both readings, since only the prescriber knows what was meant.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import date

from dispensary.errors import quoted
from dispensary.rules.directions import (
    LONGEST,
    MOST_PHASES,
    Directions,
    Duration,
    EndlessPhase,
    Interval,
    NotADuration,
    Ongoing,
    Phase,
    Unit,
)
from dispensary.rules.grammar import MOST_CHARACTERS, english, norwegian
from dispensary.rules.grammar.amounts import AmbiguousDirections, by_strength, by_volume, last_day, weight
from dispensary.rules.grammar.parting import DURATIONS, parted
from dispensary.rules.grammar.pieces import Kind, Piece, Table
from dispensary.rules.grammar.refused import NotDirections, not_directions, require_readable
from dispensary.rules.grammar.words import (
    DAILY,
    ENGLISH,
    ONE_DOSE,
    directions_text,
    dose_text,
    interval_text,
    lasting_text,
    phase_text,
)
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose, Strength

_LETTERS = re.compile("[!-~æøåéÆØÅÉµμ×–]*")
_TABLES = (english.TABLE, norwegian.TABLE)


def read(text: str, strengths: Collection[Strength]) -> Directions:
    """The directions, in the language that knows most of the words; raises what `grammar.parse` does."""
    line = _line(text)
    cuts = [(table, table.cut(line)) for table in _TABLES]
    unknown = [sum(len(piece.text) for piece in pieces if piece.kind is Kind.UNKNOWN) for _, pieces in cuts]
    readings = [
        _Reader(text, table, strengths, alone=unknown.count(letters) == 1).directions(pieces)
        for (table, pieces), letters in zip(cuts, unknown, strict=True)
        if letters == min(unknown)
    ]
    if len(set(readings)) > 1:
        one, other = (directions_text(reading, ENGLISH) for reading in readings)
        raise AmbiguousDirections(given=quoted(text), one=one, other=other)
    return readings[0]


def _line(text: str) -> str:
    """The text in one form: composed, single blanks, no final point. Other blanks and signs are unknown."""
    if len(text) > MOST_CHARACTERS:
        raise NotDirections(given=quoted(text), problem=f"it is longer than {MOST_CHARACTERS} characters")
    line = unicodedata.normalize("NFC", text)
    strange = [word for word in line.split(" ") if not _LETTERS.fullmatch(word)]
    if strange:
        raise NotDirections(given=quoted(text), problem=f"the part {quoted(' '.join(strange))} is not known")
    return re.sub(" +", " ", line).strip(" ").removesuffix(".").rstrip(" ")


class _Reader:
    """Makes directions of the pieces of a text in one language."""

    def __init__(self, text: str, table: Table, strengths: Collection[Strength], *, alone: bool) -> None:
        self._given = quoted(text)
        self._table = table
        self._strengths = strengths
        self._alone = alone

    def directions(self, pieces: list[Piece]) -> Directions:
        require_readable(self._given, pieces, self._table.words)
        whole = {kind: self._one(kind, pieces) for kind in (Kind.TIME, Kind.SITE, Kind.SELF)}
        parts = self._parts(pieces)
        phases: list[Phase] = []
        for part in parts:
            phases.append(self._phase(part, phases[-1] if phases else None))
        self._require_stop_at_end(parts, phases)
        self._require_clear_once(parts, phases, whole[Kind.TIME])
        for phase in phases[:-1]:
            if not phase.ends:
                raise EndlessPhase(phase=phase_text(phase, self._table.words))
        time, site, self_injected = whole.values()
        return Directions(
            tuple(phases),
            time=time and time.meaning,
            site=site and site.meaning,
            self_injected=self_injected is not None,
        )

    def _parts(self, pieces: list[Piece]) -> list[list[Piece]]:
        """The pieces of each phase."""
        parts = parted(pieces)
        if len(parts) > MOST_PHASES:
            raise self._not_directions(f"it has more than {MOST_PHASES} phases")
        if not all(parts) and len(parts) > 1:
            raise self._not_directions("it has a phase with nothing in it")
        return parts

    def _require_stop_at_end(self, parts: list[list[Piece]], phases: list[Phase]) -> None:
        """`then stop` says no more than that nothing follows."""
        for part, phase in zip(parts, phases, strict=True):
            for piece in part:
                if piece.kind is Kind.STOP and piece is not parts[-1][-1]:
                    raise self._not_directions(f"something follows {quoted(piece.text)}")
                if piece.kind is Kind.STOP and not phase.ends:
                    raise self._not_directions(
                        f"{quoted(piece.text)} does not say when, such as for 7 days in front of it"
                    )

    def _require_clear_once(self, parts: list[list[Piece]], phases: list[Phase], time: Piece | None) -> None:
        """`once` does not say when the next phase begins, and `once in the morning` may be meant as daily."""
        words = self._table.words
        for number, (part, phase) in enumerate(zip(parts, phases, strict=True)):
            if any(piece.kind is Kind.INTERVAL for piece in part):
                continue
            if time is not None:
                one, other = (phase_text(replace(phase, lasting=lasting), words) for lasting in (None, ONE_DOSE))
                raise AmbiguousDirections(given=self._given, one=one, other=other)
            for after in phases[number + 1 : number + 2]:
                if not any(piece.kind is Kind.INTERVAL for piece in parts[number + 1]):
                    raise self._not_directions("it has no interval")
                if after.interval != DAILY:
                    one, other = (
                        phase_text(replace(phase, interval=interval), words) + words.then + phase_text(after, words)
                        for interval in (DAILY, after.interval)
                    )
                    raise AmbiguousDirections(given=self._given, one=one, other=other)

    def _phase(self, part: list[Piece], before: Phase | None) -> Phase:
        """One phase; what it does not say of dose and route is as in the phase before."""
        self._require_then(part)
        dose = self._dose(part) or (before.dose if before else None)
        if dose is None:
            raise self._not_directions("it has no dose")
        said_route, interval = self._one(Kind.ROUTE, part), self._one(Kind.INTERVAL, part)
        for piece in part:
            if piece.kind is Kind.PER and interval is None:
                one, other = (reading.format(dose=dose_text(dose, self._table.words)) for reading in piece.meaning)
                raise AmbiguousDirections(given=_said(part), one=one, other=other)
        route: Route | None = said_route.meaning if said_route else before.route if before else None
        if route is None:
            raise self._not_directions("it has no route")
        if interval is None:
            self._require_once(part, dose, route)
        how_often = interval.meaning if interval else DAILY
        lasting = self._lasting(part, interval) if interval else ONE_DOSE
        as_needed = self._as_needed(part)
        # Between two of a kind `or` has been refused by now; elsewhere it means nothing, as `a week` after daily.
        for piece in part:
            if piece.kind in (Kind.JOIN, Kind.PER):
                raise self._not_directions(f"the part {quoted(piece.text)} is not known")
        return Phase(dose, route, how_often, lasting, as_needed)

    def _one(self, kind: Kind, pieces: list[Piece], *alike: Kind) -> Piece | None:
        """The one piece of that kind, or of those alike; refused where there are several."""
        found = [piece for piece in pieces if piece.kind in (kind, *alike)]
        for piece in found[1:]:
            if piece.alike(found[0]):
                raise self._not_directions(f"it gives the {kind.value} twice")
            raise AmbiguousDirections(given=_said(pieces), one=found[0].text, other=piece.text)
        return found[0] if found else None

    def _require_then(self, part: list[Piece]) -> None:
        """Two intervals and a duration are two phases, of which nothing says that one follows the other."""
        intervals = [piece for piece in part if piece.kind is Kind.INTERVAL]
        if len(intervals) > 1 and any(piece.kind in DURATIONS for piece in part):
            then = quoted(self._table.words.then.strip(" ,"))
            raise self._not_directions(
                f"{quoted(intervals[0].text)} and {quoted(intervals[1].text)} need {then} between their phases"
            )

    def _dose(self, part: list[Piece]) -> Dose | None:
        """The dose by weight, or by volume where the strength is known."""
        pieces = [piece for piece in part if piece.kind is Kind.DOSE]
        doses = [weight(piece, self._table, alone=self._alone) for piece in pieces]
        for piece, dose in zip(pieces[1:], doses[1:], strict=True):
            if dose != doses[0]:
                raise AmbiguousDirections(given=_said(part), one=pieces[0].text, other=piece.text)
            if not piece.in_brackets:
                raise self._not_directions("it gives the dose twice")
        by_weight = doses[0] if doses else None
        volume = self._one(Kind.VOLUME, part)
        if volume is None:
            return by_weight
        held = by_strength(volume, self._table, self._strengths, alone=self._alone) if self._strengths else {}
        return by_volume(_said(part) if doses else self._given, by_weight, volume.text, held)

    def _require_once(self, part: list[Piece], dose: Dose, route: Route) -> None:
        """A phase without an interval is one dose; in Norway x 1 is said of the injections of a day."""
        piece = self._one(Kind.LASTING, part, *DURATIONS)
        if piece is None or piece.kind in (Kind.NUMBER, Kind.UNTIL) or piece.meaning != ONE_DOSE:
            raise self._not_directions("it has no interval")
        if piece.kind is Kind.REPEATS and self._table.repeats_in_a_day:
            daily = Phase(dose, route, DAILY)
            once = Directions((replace(daily, lasting=ONE_DOSE),))
            raise AmbiguousDirections(
                given=self._given, one=phase_text(daily, ENGLISH), other=directions_text(once, ENGLISH)
            )

    def _lasting(self, part: list[Piece], interval: Piece) -> Duration | date | Ongoing | None:
        """For how long; refused where it is a bare number that may count doses or something else."""
        piece = self._one(Kind.LASTING, part, *DURATIONS)
        if piece is None:
            return None
        if piece.kind is Kind.UNTIL:
            return last_day(piece, self._table)
        lasting: Duration | Ongoing = piece.meaning
        if piece.kind is Kind.BARE:
            self._require_bare_fits(piece, part, interval)
        if piece.kind not in (Kind.NUMBER, Kind.REPEATS, Kind.ONCE) or isinstance(lasting, Ongoing):
            return lasting
        # In Norway, 1 mg x 2 is said of the injections of a day.
        if piece.kind is Kind.REPEATS and part.index(piece) < part.index(interval):
            raise self._not_directions(f"{quoted(piece.text)} does not follow an interval")
        how_often: Interval = interval.meaning
        words = self._table.words
        doses = lasting_text(lasting, words)
        if piece.kind is Kind.NUMBER or (piece.kind is Kind.REPEATS and how_often.times > 1):
            if lasting.most > LONGEST[how_often.unit]:
                raise NotADuration(given=quoted(piece.text))
            units = lasting_text(Duration(how_often.unit, lasting.least, lasting.most), words)
            raise AmbiguousDirections(given=_said(part), one=units, other=doses)
        if lasting.most == 1:
            often = interval_text(how_often, words)
            raise AmbiguousDirections(given=_said(part), one=often, other=f"{often} {doses}")
        return lasting

    def _require_bare_fits(self, piece: Piece, part: list[Piece], interval: Piece) -> None:
        """`daily 5 days` is clear, `weekly 5 days` may be 5 days a week, and elsewhere it may say anything."""
        behind = part.index(piece) == part.index(interval) + 1
        units = list(Unit)
        if not behind or units.index(piece.meaning.unit) < units.index(interval.meaning.unit):
            raise self._not_directions(f"the part {quoted(piece.text)} is not known")

    def _as_needed(self, part: list[Piece]) -> bool:
        """Whether the interval is a maximum; as needed without one says nothing of the supply."""
        needed, most = self._one(Kind.AS_NEEDED, part), self._one(Kind.AT_MOST, part)
        if most is None and needed is None:
            return False
        if most is None:
            raise self._not_directions("it is as needed and has no maximum, such as at most once a week")
        at = part.index(most)
        around = [piece.kind for piece in part[at - 1 : at] + part[at + 1 : at + 2]]
        if needed is None or Kind.INTERVAL not in around or around[-1] in (Kind.DOSE, Kind.VOLUME):
            raise self._not_directions(f"{quoted(most.text)} belongs to an interval that is as needed")
        return True

    def _not_directions(self, problem: str) -> NotDirections:
        return not_directions(self._given, problem, self._table.words)


def _said(part: list[Piece]) -> str:
    return quoted(" ".join(piece.text for piece in part))
