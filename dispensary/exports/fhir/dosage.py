"""Directions as dosageInstruction, a phase each, with the sentence as text."""

from datetime import date
from decimal import Decimal
from typing import Any

from dispensary.rules.directions import Directions, Duration, Phase, Unit
from dispensary.rules.fhir.codes import (
    ROUTE_CODES,
    ROUTE_NAMES,
    SITE_CODES,
    SNOMED,
    UCUM,
    UNIT_CODES,
    WHEN_CODES,
)
from dispensary.rules.grammar import render

Json = dict[str, Any]


def dosage(directions: Directions) -> list[Json]:
    """The instructions in their order. What no element says, such as for life, stands in the text alone."""
    number = len(directions.phases)
    return [_instruction(directions, phase, place, number) for place, phase in enumerate(directions.phases, start=1)]


def _instruction(directions: Directions, phase: Phase, place: int, number: int) -> Json:
    alone = Directions((phase,), directions.time, directions.site, directions.self_injected)
    text = {**({"sequence": place} if number > 1 else {}), "text": render(alone)}
    repeat = _repeat(phase)
    if repeat is None:
        # For up to so many doses: a count has no lower bound of none, so the sentence alone says it.
        return text
    if directions.time is not None:
        repeat["when"] = [WHEN_CODES[directions.time]]
    said: Json = {**text, "timing": {"repeat": repeat}}
    if phase.as_needed:
        said["asNeededBoolean"] = True
    if directions.site is not None:
        said["site"] = {"coding": [{"system": SNOMED, "code": SITE_CODES[directions.site]}], "text": directions.site}
    route = {"system": SNOMED, "code": ROUTE_CODES[phase.route], "display": ROUTE_NAMES[phase.route]}
    said["route"] = {"coding": [route]}
    said["doseAndRate"] = [{"doseQuantity": {"value": phase.dose.mg, "unit": "mg", "system": UCUM, "code": "mg"}}]
    return said


def _repeat(phase: Phase) -> Json | None:
    repeat: Json = {}
    match phase.lasting:
        case Duration(unit=Unit.DOSE, least=0):
            return None
        case Duration(unit=Unit.DOSE, least=least, most=most):
            repeat["count"] = least
            if most > least:
                repeat["countMax"] = most
        case Duration(unit=unit, least=least, most=most) if least == most:
            repeat["boundsDuration"] = _length(most, unit)
        case Duration(unit=unit, least=least, most=most):
            repeat["boundsRange"] = {"low": _length(least, unit), "high": _length(most, unit)}
        case date() as last:
            repeat["boundsPeriod"] = {"end": last}
    interval = phase.interval
    repeat["frequency"] = interval.times
    repeat["period"] = interval.least
    if interval.most > interval.least:
        repeat["periodMax"] = interval.most
    repeat["periodUnit"] = UNIT_CODES[interval.unit]
    return repeat


def _length(number: int, unit: Unit) -> Json:
    return {"value": Decimal(number), "unit": unit.value, "system": UCUM, "code": UNIT_CODES[unit]}
