"""Timing as interval, duration and time of day (FHIR R4 Timing)."""

from datetime import date

from dispensary.rules.directions import LONGEST, MOST, MOST_TIMES, Duration, Interval, TimeOfDay, Unit
from dispensary.rules.fhir import elements
from dispensary.rules.fhir.codes import GTS, UNIT_CODES, WHEN_CODES
from dispensary.rules.fhir.document import BY_HAND, Node
from dispensary.rules.fhir.values import coded, refused_at, ucum
from dispensary.rules.grammar.words import DAILY

Lasting = Duration | date | None

_UNITS = {code: unit for unit, code in UNIT_CODES.items()}
_WHEN = {code: time for time, code in WHEN_CODES.items()}
_GTS = {
    "QD": DAILY,
    "QOD": Interval(Unit.DAY, 2, 2),
    "WK": Interval(Unit.WEEK, 1, 1),
    "MO": Interval(Unit.MONTH, 1, 1),
}


def interval_of(timing: Node, repeat: Node | None) -> Interval:
    """How often; raises FhirFault."""
    code = timing.maybe("code")
    by_code = None if code is None else coded(code, GTS, _GTS, "timing")
    if repeat is not None and any(repeat.maybe(name) for name in ("frequency", "period", "periodMax", "periodUnit")):
        said = _repeated(repeat)
        if by_code not in (None, said):
            assert code is not None, "its meaning is known"
            raise code.fault("says another interval than repeat beside it")
        return said
    if by_code is not None:
        return by_code
    count = None if repeat is None else repeat.maybe("count")
    assert repeat is None or repeat.value, "nothing is empty in a document that was read"
    if repeat is None or count is None or count.whole(1, 1000) != 1 or repeat.maybe("countMax") is not None:
        raise Node(None, f"{timing.path}.repeat").fault("does not say how often: period and periodUnit are missing")
    return DAILY


def _repeated(repeat: Node) -> Interval:
    unit_at = repeat.need("periodUnit")
    unit = _UNITS[unit_at.choice(tuple(_UNITS))]
    given = repeat.maybe("frequency")
    times = 1 if given is None else given.whole(1, MOST_TIMES[unit])
    period = repeat.need("period")
    least = period.whole(1, MOST[unit])
    longer = repeat.maybe("periodMax")
    most = least if longer is None else longer.whole(least, MOST[unit])
    with refused_at(given or period, BY_HAND):
        return Interval(unit, least, most, times)


def lasting_of(repeat: Node) -> Lasting:
    """For how long, None where nothing is said; raises FhirFault."""
    names = ("count", "boundsDuration", "boundsRange", "boundsPeriod")
    found = [each for each in map(repeat.maybe, names) if each is not None]
    if len(found) > 1:
        raise found[1].fault("says a second time how long it lasts", BY_HAND)
    longer = repeat.maybe("countMax")
    if longer is not None and repeat.maybe("count") is None:
        raise longer.fault("stands without count")
    if not found:
        return None
    bound = found[0]
    name = bound.path.rpartition(".")[2]
    if name == "count":
        most = LONGEST[Unit.DOSE]
        least = bound.whole(1, most)
        return Duration(Unit.DOSE, least, least if longer is None else longer.whole(least, most))
    if name == "boundsDuration":
        unit, number = _length(bound)
        return Duration(unit, number, number)
    if name == "boundsRange":
        return _range(bound)
    bound.require(elements.PERIOD)
    start = bound.maybe("start")
    if start is not None:
        raise start.fault("says when the first injection is", BY_HAND)
    return bound.need("end").day()


def _length(node: Node, least: int = 1) -> tuple[Unit, int]:
    node.require(elements.QUANTITY)
    unit = _UNITS[ucum(node, tuple(_UNITS))]
    return unit, node.need("value").whole(least, LONGEST[unit])


def _range(node: Node) -> Duration:
    node.require(elements.RANGE)
    unit, most = _length(node.need("high"))
    low = node.maybe("low")
    if low is None:
        return Duration(unit, 0, most)
    low_unit, least = _length(low, 0)
    if low_unit is not unit or least > most:
        raise low.fault("is no lower bound of high beside it")
    return Duration(unit, least, most)


def time_of(repeat: Node) -> TimeOfDay | None:
    """The time of day, where one is said; raises FhirFault."""
    found = repeat.each("when")
    if not found:
        return None
    if len(found) > 1:
        raise found[1].fault("is a second time of day", BY_HAND)
    return _WHEN[found[0].choice(tuple(_WHEN))]
