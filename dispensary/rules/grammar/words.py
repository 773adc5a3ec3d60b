"""Writing directions as text: the words of a language, and how they are put together."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from dispensary.rules.directions import Directions, Duration, Interval, Ongoing, Phase, Site, TimeOfDay, Unit
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose


class Words(NamedTuple):
    """What the canonical text of a language is made of; {} stands for the number or the part."""

    decimal: str
    mcg: str
    routes: Mapping[Route, str]
    each: Mapping[Unit, str]
    times: Mapping[Unit, str]
    every: Mapping[Unit, str]
    nth: str
    nth_to_nth: str
    lasting: Mapping[Unit, tuple[str, str]]
    """For one and for several."""
    up_to: Mapping[Unit, tuple[str, str]]
    to: str
    until: str
    for_life: str
    once: str
    as_needed: str
    then: str
    day_times: Mapping[TimeOfDay, str]
    sites: Mapping[Site, str]
    self_injected: str


ENGLISH = Words(
    decimal=".",
    mcg="mcg",
    routes={Route.IM: "IM", Route.SUBCUT: "subcut"},
    each={Unit.DAY: "daily", Unit.WEEK: "weekly", Unit.MONTH: "monthly", Unit.YEAR: "yearly"},
    times={unit: f"{{}} times a {unit}" for unit in (Unit.WEEK, Unit.MONTH, Unit.YEAR)},
    every={unit: f"every {{}} {unit}s" for unit in (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR)},
    nth="{}",
    nth_to_nth="{} to {}",
    lasting={unit: (f"for {{}} {unit}", f"for {{}} {unit}s") for unit in Unit},
    up_to={unit: (f"for up to {{}} {unit}", f"for up to {{}} {unit}s") for unit in Unit},
    to="{} to {}",
    until="until {}",
    for_life="for life",
    once="once",
    as_needed="as needed, at most {}",
    then=", then ",
    day_times={TimeOfDay.MORNING: "in the morning", TimeOfDay.EVENING: "in the evening"},
    sites={site: f"into the {site}" for site in Site},
    self_injected="self-injected",
)
"""What records hold."""


DAILY = Interval(Unit.DAY, 1, 1)
ONE_DOSE = Duration(Unit.DOSE, 1, 1)


def is_once(directions: Directions, number: int) -> bool:
    """Whether that phase is one injection with nothing behind it: `once` says no more than that."""
    phase = directions.phases[number]
    last = number in (-1, len(directions.phases) - 1)
    return last and (phase.interval, phase.lasting, phase.as_needed) == (DAILY, ONE_DOSE, False)


def directions_text(directions: Directions, words: Words) -> str:
    """All phases, each written whole, and what holds for all of them.

    `once in the morning` may be meant as daily, so with a time of day it is `daily for 1 dose`.
    """
    phases = [phase_text(phase, words) for phase in directions.phases]
    if directions.time is None and is_once(directions, -1):
        last = directions.phases[-1]
        phases[-1] = f"{dose_text(last.dose, words)} {words.routes[last.route]} {words.once}"
    parts = [words.then.join(phases)]
    if directions.time is not None:
        parts.append(words.day_times[directions.time])
    if directions.site is not None:
        parts.append(words.sites[directions.site])
    if directions.self_injected:
        parts.append(words.self_injected)
    return ", ".join(parts)


def phase_text(phase: Phase, words: Words) -> str:
    """Dose, route, interval and duration."""
    interval = interval_text(phase.interval, words)
    often = words.as_needed.format(interval) if phase.as_needed else interval
    parts = (dose_text(phase.dose, words), words.routes[phase.route], often, lasting_text(phase.lasting, words))
    return " ".join(filter(None, parts))


def dose_text(dose: Dose, words: Words) -> str:
    """The dose without the comma that ISMP wants above 1,000: in Norway it is the decimal separator.

    Where that is so, `1,125 mg` would look like a thousand, so it is written in micrograms.
    """
    number, unit = str(dose).replace(",", "").split(" ")
    whole, _, decimals = number.partition(".")
    if words.decimal != "." and len(decimals) == len("000") and len(whole) <= len("000"):
        number, unit = str(dose.mcg), "mcg"
    return f"{number.replace('.', words.decimal)} {words.mcg if unit == 'mcg' else unit}"


def interval_text(interval: Interval, words: Words) -> str:
    """How often, such as `every 2 to 3 days`."""
    if interval.times > 1:
        return words.times[interval.unit].format(interval.times)
    if interval.most == 1:
        return words.each[interval.unit]
    alone = interval.least == interval.most
    nth = (words.nth if alone else words.nth_to_nth).format(interval.least, interval.most)
    return words.every[interval.unit].format(nth)


def lasting_text(lasting: Duration | date | Ongoing | None, words: Words) -> str:
    """For how long, such as `for 6 to 7 days`; nothing where nothing is said."""
    if lasting is None:
        return ""
    if isinstance(lasting, Ongoing):
        return words.for_life
    if isinstance(lasting, date):
        return words.until.format(lasting.isoformat())
    forms = words.lasting if lasting.least else words.up_to
    exact = lasting.least in (0, lasting.most)
    number = str(lasting.most) if exact else words.to.format(lasting.least, lasting.most)
    return forms[lasting.unit][lasting.most > 1].format(number)


_CANONICAL = (
    r"(?P<number>[0-9]+(?:\.[0-9]+)?) (?P<mass>mcg|mg) (?P<route>IM|subcut) (?P<as_needed>as needed, at most )?"
    r"(?:(?P<once>once)|(?P<each>daily|weekly|monthly|yearly)|(?P<times>[0-9]+) times a (?P<per>week|month|year)"
    r"|every (?P<least>[0-9]+)(?: to (?P<most>[0-9]+))? (?P<every>day|week|month|year)s)"
    r"(?: for (?P<up_to>up to )?(?P<short>[0-9]+)(?: to (?P<long>[0-9]+))? (?P<lasts>day|week|month|year|dose)s?"
    r"| until (?P<until>[0-9]{4}-[0-9]{2}-[0-9]{2})| (?P<for_life>for life))?"
)
_CANONICAL_END = r"(?:, in the (?P<time>morning|evening))?(?:, into the (?P<site>[a-z ]+))?(?P<self>, self-injected)?"
_EACH = {word: unit for unit, word in ENGLISH.each.items()}


@cache
def _canonical() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A phase, and the whole with what holds for all phases; compiled when first needed."""
    whole = re.sub(r"\?P<[a-z_]+>", "?:", _CANONICAL)
    return re.compile(_CANONICAL), re.compile(f"(?P<phases>{whole}(?:, then {whole})*){_CANONICAL_END}")


def canonical_directions(text: str) -> Directions | None:
    """What `directions_text` writes in English, read without the tables of the grammar; None for any other text.

    Records hold such texts, and a report reads thousands of them.
    """
    phase, whole = _canonical()
    found = whole.fullmatch(text)
    if found is None:
        return None
    try:
        directions = Directions(
            tuple(_canonical_phase(each) for each in phase.finditer(found["phases"])),
            time=TimeOfDay(found["time"]) if found["time"] else None,
            site=Site(found["site"]) if found["site"] else None,
            self_injected=found["self"] is not None,
        )
    except ValueError:
        return None
    return directions if directions_text(directions, ENGLISH) == text else None


def _canonical_phase(found: re.Match[str]) -> Phase:
    if found["once"]:
        interval = DAILY
    elif found["each"]:
        interval = Interval(_EACH[found["each"]], 1, 1)
    elif found["times"]:
        interval = Interval(Unit(found["per"]), 1, 1, int(found["times"]))
    else:
        interval = Interval(Unit(found["every"]), int(found["least"]), int(found["most"] or found["least"]))
    lasting: Duration | date | Ongoing | None = ONE_DOSE if found["once"] else None
    if found["lasts"]:
        short, long = int(found["short"]), int(found["long"] or found["short"])
        lasting = Duration(Unit(found["lasts"]), 0 if found["up_to"] else short, long)
    elif found["until"]:
        lasting = date.fromisoformat(found["until"])
    elif found["for_life"]:
        lasting = Ongoing.LIFE
    dose = Dose.parse(f"{found['number']} {found['mass']}")
    return Phase(dose, Route(found["route"]), interval, lasting, found["as_needed"] is not None)
