"""The values that elements hold, read the same wherever they stand: codings, quantities, and what a rule refuses."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from dispensary.errors import Refused, quoted
from dispensary.rules.fhir import elements
from dispensary.rules.fhir.codes import UCUM
from dispensary.rules.fhir.document import MEND, FhirFault, Node

Key = TypeVar("Key")


@contextmanager
def refused_at(node: Node, way_out: str = MEND) -> Iterator[None]:
    """What a rule refuses within is refused at the node, with the rule's sentence."""
    try:
        yield
    except FhirFault:
        raise
    except Refused as refusal:
        raise node.fault(f"cannot be taken ({str(refusal).removesuffix('.')})", way_out) from None


_SPELT = {
    **dict.fromkeys(("mg", "milligram", "milligrams"), "mg"),
    **dict.fromkeys(("ug", "mcg", "\u03bcg", "microgram", "micrograms"), "ug"),
    **dict.fromkeys(("g", "gram", "grams"), "g"),
    **dict.fromkeys(("ml", "millilitre", "millilitres", "milliliter", "milliliters"), "mL"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("wk", "week", "weeks"), "wk"),
    **dict.fromkeys(("mo", "month", "months"), "mo"),
    **dict.fromkeys(("a", "year", "years"), "a"),
}
"""What a unit that is written for people means, where known, in folded case: the micro sign is Greek."""


def ucum(quantity: Node, codes: Collection[str]) -> str:
    """The quantity's unit, one of these codes of UCUM; raises FhirFault.

    A unit for people that means another one is refused: of 1 mcg and 1 mg nobody can tell which was meant.
    """
    quantity.need("system").choice((UCUM,))
    code = quantity.need("code").choice(codes)
    unit = quantity.maybe("unit")
    meant = None if unit is None else _SPELT.get(unit.string().strip().casefold())
    if unit is not None and meant is not None and meant != _SPELT.get(code.casefold(), code):
        raise unit.fault(f"is {quoted(unit.string())} and the code beside it is {code}")
    return code


def coded(node: Node, system: str, codes: dict[str, Key], what: str) -> Key:
    """What the one coding of that system means; raises FhirFault."""
    node.require(elements.CONCEPT)
    found = []
    for coding in node.each("coding"):
        coding.require(elements.CODING)
        given = coding.maybe("system")
        if given is not None and given.string() == system:
            found.append(coding.need("code"))
    if not found:
        raise node.fault(f"has no code of {system}")
    meanings = [codes.get(each.string()) for each in found]
    for each, meaning in zip(found, meanings, strict=True):
        if meaning is None:
            raise each.wrong(f"no {what} that is known here: {', '.join(codes)}")
        if meaning != meanings[0]:
            raise each.fault("says something else than the coding before it")
    assert meanings[0] is not None, "an unknown code is refused above"
    return meanings[0]
