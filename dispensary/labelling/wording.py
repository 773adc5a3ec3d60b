"""What the program says to patients, in their language, from the wordings a pharmacist reviews."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

from dispensary.rules.directions import Directions, Duration, Interval, Ongoing, Phase, Unit
from dispensary.rules.grammar.words import is_once
from dispensary.rules.people import Language
from dispensary.rules.product import Preservatives, Preserved, Product, Route
from dispensary.rules.quantity import Dose, Strength, millilitres, plain
from dispensary.shipped import folder


@dataclass(frozen=True, slots=True)
class Wording:
    """The templates of one language, by dotted key such as `keep.room`."""

    templates: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The template of that key with its values filled in."""
        return self.templates[key].format(**values)

    def choice(self, group: str, member: StrEnum) -> str:
        """The word for one member of a closed list, such as `container.multi_dose_vial`."""
        return self.say(f"{group}.{member.name.lower()}")

    def number(self, number: Decimal | int) -> str:
        """A number without trailing zeros, with the separators of the language."""
        separators = str.maketrans({",": self.templates["number.thousands"], ".": self.templates["number.decimal"]})
        return plain(Decimal(number)).translate(separators)

    def day(self, day: date) -> str:
        """A date that a patient cannot misread, such as `21 Nov 2026`."""
        return self.say("date.full", day=day.day, month=self.say(f"date.month_{day.month}"), year=day.year)

    def dose(self, dose: Dose) -> str:
        """The dose in mg, or in mcg below 1 mg (ISMP: no decimals where a smaller unit avoids them)."""
        if dose.mcg >= 1000:
            return self.say("unit.mg", number=self.number(dose.mg))
        return self.say("unit.mcg", number=self.number(dose.mcg))

    def volume(self, volume_ul: int) -> str:
        """Microlitres as millilitres."""
        return self.say("unit.ml", number=self.number(millilitres(volume_ul)))

    def strength(self, strength: Strength) -> str:
        """The strength in the unit that the packs of the country use."""
        mcg = strength.mcg_per_ml
        return self.say("unit.strength", mcg=self.number(mcg), mg=self.number(Decimal(mcg).scaleb(-3)))

    def interval(self, interval: Interval) -> str:
        """How often, such as `every 2 to 3 days`."""
        unit = f"interval.{interval.unit.value}"
        if interval.times > 1:
            return self.say(f"{unit}.times", times=interval.times)
        if interval.most == 1:
            return self.say(f"{unit}.each")
        pattern = "every" if interval.least == interval.most else "range"
        return self.say(f"{unit}.{pattern}", least=interval.least, most=interval.most)

    def lasting(self, lasting: Duration | date | Ongoing | None) -> str:
        """For how long, such as `for 6 to 7 days`; empty where nothing is said."""
        if lasting is None:
            return ""
        if isinstance(lasting, Ongoing):
            return self.say("lasting.for_life")
        if isinstance(lasting, date):
            return self.say("lasting.until", day=self.day(lasting))
        unit = self.say(f"unit_of_time.{lasting.unit.value}.{'one' if lasting.most == 1 else 'several'}")
        pattern = "up_to" if not lasting.least else "exactly" if lasting.least == lasting.most else "range"
        group = "lasting_doses" if lasting.unit is Unit.DOSE else "lasting"
        return self.say(f"{group}.{pattern}", least=lasting.least, most=lasting.most, unit=unit)

    def preservatives(self, preservatives: Preservatives) -> str:
        """What preserves the product, in plain words; what is not known is said to be not known."""
        agents = [self._agent(agent.name, agent.mcg_per_ml) for agent in preservatives.agents]
        if preservatives.known is not Preserved.LISTED:
            return self.choice("preservative", preservatives.known)
        *others, last = agents
        named = self.say("preservative.and", agents=", ".join(others), last=last) if others else last
        return self.say("preservative.listed", agents=named)

    def _agent(self, name: str, mcg_per_ml: int | None) -> str:
        named = self.say(f"agent.{name.replace(' ', '_')}")
        if mcg_per_ml is None:
            return named
        number = self.number(Decimal(mcg_per_ml).scaleb(-3))
        return self.say("preservative.agent", agent=named, concentration=self.say("unit.concentration", number=number))


@cache
def load(language: Language) -> Wording:
    """The wording of that language, read once."""
    with (folder("labels") / "wording" / f"{language.value}.toml").open("rb") as file:
        return Wording(dict(_flat("", tomllib.load(file))))


def sentence(directions: Directions, product: Product, language: Language, *, timing_together: bool = False) -> str:
    """The directions as a patient can follow them: dose in mg and mL, route, then timing (USP <17>).

    A later phase names its route where it differs. What holds for all phases follows in a sentence of
    its own. A label keeps the words of the timing on one line, by no-break spaces. Raises
    NotAWholeMicrolitre where the dose cannot be measured in the product's strength.
    """
    wording = load(language)
    space = "\u00a0" if timing_together else " "
    phases, route = [], None
    for number, phase in enumerate(directions.phases):
        timing = (
            wording.say("directions.once").replace(" ", space)
            if is_once(directions, number)
            else _timing(wording, phase, space)
        )
        phases.append(f"{_dose(wording, phase, product.strength, route)} {timing}")
        route = phase.route
    said = wording.say("directions.inject", phases=wording.say("directions.then").join(phases))
    how = _how(wording, directions)
    return f"{said} {wording.say('directions.inject', phases=', '.join(how))}" if how else said


def _dose(wording: Wording, phase: Phase, strength: Strength, route: Route | None) -> str:
    """The dose of a phase and its route, where the phase before has another."""
    volume = wording.volume(strength.volume_ul(phase.dose))
    into = [] if phase.route is route else [wording.choice("route", phase.route)]
    return " ".join([wording.dose(phase.dose), f"({volume})", *into])


def _timing(wording: Wording, phase: Phase, space: str) -> str:
    """How often and for how long, each kept together by `space`."""
    interval = wording.interval(phase.interval).replace(" ", space)
    timing = wording.say("directions.as_needed", interval=interval) if phase.as_needed else interval
    if lasting := wording.lasting(phase.lasting).replace(" ", space):
        doses = isinstance(phase.lasting, Duration) and phase.lasting.unit is Unit.DOSE
        timing += (", " if doses or phase.as_needed else " ") + lasting
    return timing


def _how(wording: Wording, directions: Directions) -> list[str]:
    """What holds for every injection: by whom, when on the day, where on the body."""
    how = [wording.say("directions.self")] if directions.self_injected else []
    if directions.time is not None:
        how.append(wording.choice("time_of_day", directions.time))
    if directions.site is not None:
        how.append(wording.choice("site", directions.site))
    return how


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    """The templates of a TOML table by dotted key."""
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(f"{prefix}{key}.", value)
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found
