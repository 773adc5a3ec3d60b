"""Dosage as directions: each dosageInstruction is a phase, in the order of their sequence (FHIR R4 Dosage, Timing)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from dispensary.errors import Refused, quoted
from dispensary.rules.directions import MOST_PHASES, Directions, Interval, Ongoing, Phase, Site, TimeOfDay
from dispensary.rules.fhir import elements
from dispensary.rules.fhir.codes import ROUTE_CODES, SITE_CODES, SNOMED
from dispensary.rules.fhir.document import BY_HAND, Node
from dispensary.rules.fhir.timing import Lasting, interval_of, lasting_of, time_of
from dispensary.rules.fhir.values import coded, refused_at, ucum
from dispensary.rules.grammar import MOST_CHARACTERS, parse
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose, Strength

_MCG = {"mg": 1000, "ug": 1, "mcg": 1}
_ROUTES = {code: route for route, code in ROUTE_CODES.items()}
_SITES = {code: site for site, code in SITE_CODES.items()}
_MOST_UL = 1_000_000


@dataclass(frozen=True, slots=True)
class Structured:
    """What the elements of an instruction say: a dose, or a volume in microlitres of a strength not known yet."""

    dose: Dose | None
    volume_ul: int | None
    dose_at: Node
    route: Route
    interval: Interval
    lasting: Lasting
    as_needed: bool
    time: TimeOfDay | None
    site: Site | None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One dosageInstruction: its elements, its text, or both, of which one then says what the other says."""

    at: Node
    text: Node | None
    said: Structured | None


def read_instructions(nodes: Sequence[Node], where: Node) -> tuple[Instruction, ...]:
    """The instructions in their order; raises FhirFault."""
    if not nodes:
        raise Node(None, f"{where.path}.dosageInstruction").fault("is missing")
    if len(nodes) > MOST_PHASES:
        raise nodes[MOST_PHASES].fault(f"is more than {MOST_PHASES} instructions", BY_HAND)
    numbered: dict[int, Node] = {}
    for node in nodes:
        node.require(elements.DOSAGE)
        given = node.maybe("sequence") if len(nodes) == 1 else node.need("sequence")
        number = 1 if given is None else given.whole(0, 1000)
        if number in numbered:
            assert given is not None, "a single instruction has no other beside it"
            raise given.fault(f"is {number} again: instructions that hold at the same time cannot be kept", BY_HAND)
        numbered[number] = node
    return tuple(_instruction(node) for _, node in sorted(numbered.items(), key=lambda item: item[0]))


def directions_of(instructions: Sequence[Instruction], strengths: Collection[Strength]) -> Directions:
    """What all of them mean together; a dose in mL is read where the strengths leave one. Raises FhirFault."""
    read = [_directions(each, strengths) for each in instructions]
    first = read[0]
    for instruction, each in zip(instructions, read, strict=True):
        if len(read) > 1 and len(each.phases) > 1:
            raise instruction.at.fault("has several phases in its text beside other instructions")
        if (each.time, each.site, each.self_injected) != (first.time, first.site, first.self_injected):
            raise instruction.at.fault(
                "has another time of day, site or self-injection than the first instruction", BY_HAND
            )
    with refused_at(instructions[-1].at):
        return replace(first, phases=tuple(phase for each in read for phase in each.phases))


def _instruction(node: Node) -> Instruction:
    text = node.maybe("text")
    if text is not None:
        text.text(MOST_CHARACTERS)
    if text is not None and not any(node.maybe(name) for name in ("timing", "doseAndRate", "route")):
        for name in ("asNeededBoolean", "site"):
            lone = node.maybe(name)
            if lone is not None:
                raise lone.fault("stands beside a text alone, without timing, dose and route")
        return Instruction(node, text, None)
    return Instruction(node, text, _structured(node))


def _structured(node: Node) -> Structured:
    dose_at = _dose_quantity(node)
    dose, volume_ul = _amount(dose_at)
    route = coded(node.need("route"), SNOMED, _ROUTES, "route")
    timing = node.need("timing")
    timing.require(elements.TIMING)
    repeat = timing.maybe("repeat")
    if repeat is not None:
        repeat.require(elements.REPEAT)
    interval = interval_of(timing, repeat)
    lasting = None if repeat is None else lasting_of(repeat)
    needed = node.maybe("asNeededBoolean")
    site = node.maybe("site")
    return Structured(
        dose=dose,
        volume_ul=volume_ul,
        dose_at=dose_at,
        route=route,
        interval=interval,
        lasting=lasting,
        as_needed=needed is not None and needed.boolean(),
        time=None if repeat is None else time_of(repeat),
        site=None if site is None else coded(site, SNOMED, _SITES, "site"),
    )


def _dose_quantity(node: Node) -> Node:
    doses = node.need("doseAndRate").items()
    if len(doses) > 1:
        raise doses[1].fault("is a second dose of one instruction", BY_HAND)
    doses[0].require(elements.DOSE_AND_RATE)
    return doses[0].need("doseQuantity")


def _amount(node: Node) -> tuple[Dose | None, int | None]:
    node.require(elements.QUANTITY)
    value = node.need("value")
    number = value.number()
    code = ucum(node, (*_MCG, "mL", "ml"))
    factor = _MCG.get(code, 1000)
    amount = number * factor
    if amount != int(amount) or amount <= 0:
        raise value.wrong(f"a dose above zero in whole {'micrograms' if code in _MCG else 'microlitres'} is wanted")
    if code in _MCG:
        return Dose(int(amount)), None
    if amount > _MOST_UL:
        raise value.wrong(f"a volume of at most {_MOST_UL // 1000} mL is wanted")
    return None, int(amount)


def _directions(instruction: Instruction, strengths: Collection[Strength]) -> Directions:
    text = instruction.text
    if instruction.said is None:
        assert text is not None, "an instruction has elements or a text"
        with refused_at(text):
            return parse(text.string(), strengths)
    with refused_at(instruction.at):
        said = _said(instruction.said, strengths)
    if text is None:
        return said
    try:
        told = parse(text.string(), strengths)
    except Refused:
        # Words that only people read; the elements hold, and whoever takes it in is shown the words.
        return said
    if _comparable(told) != said:
        raise text.fault(f"is {quoted(text.string())}, which says something else than the elements beside it")
    return told


def is_read(instruction: Instruction, strengths: Collection[Strength]) -> bool:
    """Whether the text, where there is one, is of words that were compared with the elements."""
    if instruction.text is None:
        return True
    try:
        parse(instruction.text.string(), strengths)
    except Refused:
        return False
    return True


def _said(given: Structured, strengths: Collection[Strength]) -> Directions:
    dose = given.dose if given.volume_ul is None else _by_volume(given.volume_ul, strengths, given.dose_at)
    assert dose is not None, "a dose has a weight or a volume"
    phase = Phase(dose, given.route, given.interval, given.lasting, given.as_needed)
    return Directions((phase,), given.time, given.site)


def _by_volume(volume_ul: int, strengths: Collection[Strength], at: Node) -> Dose:
    nanograms = {volume_ul * strength.mcg_per_ml for strength in strengths}
    if len(nanograms) != 1 or any(amount % 1000 for amount in nanograms):
        raise at.fault("is a volume, which is not one dose in the strengths of the formulary; a dose in mg is wanted")
    return Dose(nanograms.pop() // 1000)


def _comparable(told: Directions) -> Directions:
    """Without what no element says: for life, and who injects."""
    phases = tuple(replace(each, lasting=None) if each.lasting is Ongoing.LIFE else each for each in told.phases)
    return replace(told, phases=phases, self_injected=False)
