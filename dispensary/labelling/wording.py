"""What the program says to patients, in their language, from the wordings a pharmacist reviews."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache

from dispensary.rules.directions import Directions, Duration, Interval, Ongoing, Phase, Unit
from dispensary.rules.grammar.words import is_once
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Form, Preservatives, Preserved, Product, Route, Temperature
from dispensary.rules.quantity import Dose, Strength, millilitres, plain
from dispensary.shipped import folder

_UNIT_ON_THE_PACK = {"NDC": "mcg", "Vnr": "mg"}


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

    def moment(self, moment: datetime) -> str:
        """A date with its hour and minute in the moment's own time zone, such as `21 Nov 2026 14:30`.

        In the night in which an hour comes twice it says which of the two is meant.
        """
        said = self.say("date.moment", date=self.day(moment.date()), hour=moment.hour, minute=moment.minute)
        if moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset():
            return said
        if moment.fold:
            return self.say("date.second_of_two", moment=said)
        return self.say("date.first_of_two", moment=said)

    def drug(self, product: Product) -> str:
        """The product's name, with its molecule where the name does not say it in any language, and its strength."""
        name = self.tall_man(product.name, product.form)
        says_it = any(load(language).choice("form", product.form) in name for language in Language)
        form, strength = self.choice("form", product.form), self.strength(product)
        return self.say("drug" if says_it else "drug_with_form", name=name, form=form, strength=strength)

    def tall_man(self, name: str, form: Form) -> str:
        """The product's name with the molecule in it, in whichever language, in tall-man letters."""
        for language in Language:
            tall = load(language).choice("form", form)
            name = re.sub(re.escape(tall), tall, name, flags=re.IGNORECASE)
        return name

    def dose(self, dose: Dose) -> str:
        """The dose in mg, or in mcg below 1 mg (ISMP: no decimals where a smaller unit avoids them)."""
        if dose.mcg >= 1000:
            return self.say("unit.mg", number=self.number(dose.mg))
        return self.say("unit.mcg", number=self.number(dose.mcg))

    def volume(self, volume_ul: int) -> str:
        """Microlitres as millilitres."""
        return self.say("unit.ml", number=self.number(millilitres(volume_ul)))

    def strength(self, product: Product) -> str:
        """The strength in the unit of its packs: mcg with an NDC, mg with a Vnr, else the language's usual one."""
        mcg = product.strength.mcg_per_ml
        unit = _UNIT_ON_THE_PACK.get(product.identifier_kind, self.templates["unit.strength_usual"])
        return self.say(f"unit.strength_{unit}", mcg=self.number(mcg), mg=self.number(Decimal(mcg).scaleb(-3)))

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

    def keep(self, temperature: Temperature, country: Country) -> str:
        """The storage line of the class, in the United States with degrees Fahrenheit."""
        return self.choice("keep_with_fahrenheit" if country is Country.US else "keep", temperature)

    def use(self, product: Product) -> str:
        """For how long one unit is used once it is open."""
        return self.say("use_for_days", days=product.kept_days) if product.kept_days else self.say("use_once")

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


def told(
    directions: Directions | None,
    as_written: str,
    prescriber: str,
    product: Product,
    language: Language,
    *,
    timing_together: bool = False,
) -> str:
    """The directions in a sentence; else as they were written, else as agreed (forskrift 2022-06-02-977 § 15-2).

    Raises NotAWholeMicrolitre.
    """
    if directions is not None:
        return sentence(directions, product, language, timing_together=timing_together)
    return as_written or load(language).say("as_agreed", prescriber=prescriber)


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
