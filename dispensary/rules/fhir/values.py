"""The values that elements hold, read the same wherever they stand: codings, quantities, and what a rule refuses."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from dispensary.errors import Refused
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


def ucum(quantity: Node, codes: Collection[str]) -> str:
    """The quantity's unit, one of these codes of UCUM; raises FhirFault."""
    quantity.need("system").choice((UCUM,))
    return quantity.need("code").choice(codes)


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
