"""Where a reference leads: to a resource within the document, or to a number that names somebody."""

from dataclasses import dataclass

from dispensary.rules.fhir import elements
from dispensary.rules.fhir.document import Node

TAKEN = ("MedicationRequest", "Medication", "Patient", "Practitioner")
"""Resources that are read; another one in a bundle is refused, since it might change what these say."""

MOST_ENTRIES = 2000
IN_PARTS = "have it sent in parts"


@dataclass(frozen=True, slots=True)
class Named:
    """An identifier: the system that it is of, and the number."""

    system: str
    value: str
    at: Node


@dataclass(frozen=True, slots=True)
class Source:
    """The resources of a document, by what may refer to them."""

    requests: tuple[Node, ...]
    by_reference: dict[str, Node]

    def resource(self, reference: Node, kind: str, request: Node) -> Node | Named:
        """What the reference of a request leads to; raises FhirFault."""
        reference.require(elements.REFERENCE)
        given = reference.maybe("reference")
        if given is None:
            identifier = reference.maybe("identifier")
            if identifier is None:
                raise reference.fault("has neither reference nor identifier")
            return named(identifier)
        found = self._found(given, request)
        of = found.need("resourceType")
        if of.string() != kind:
            raise given.fault(f"leads to a {of.text()} where a {kind} is wanted")
        return found

    def _found(self, given: Node, request: Node) -> Node:
        text = given.string()
        if text.startswith("#"):
            within = [each for each in request.each("contained") if _id(each) == text[1:]]
        else:
            within = [self.by_reference[text]] if text in self.by_reference else []
        if len(within) != 1:
            raise given.wrong(f"{len(within) or 'no'} such resource{'s' if within else ''} in this document")
        return within[0]


def read_source(root: Node) -> Source:
    """The resources of a Bundle, or the one MedicationRequest that the document is; raises FhirFault."""
    kind = root.need("resourceType").string()
    if kind == "MedicationRequest":
        return Source((root,), {})
    if kind != "Bundle":
        raise root.need("resourceType").fault(
            f"is {kind[:40]!a}: a Bundle or a MedicationRequest is wanted", "send the prescriptions themselves"
        )
    root.require(elements.BUNDLE)
    root.need("type").choice(("collection", "transaction", "batch", "document", "message", "searchset"))
    requests: list[Node] = []
    by_reference: dict[str, Node] = {}
    entries = root.need("entry").items()
    if len(entries) > MOST_ENTRIES:
        raise entries[MOST_ENTRIES].fault(f"is more than {MOST_ENTRIES:,} in one document", IN_PARTS)
    for entry in entries:
        entry.require(elements.ENTRY)
        asked = entry.maybe("request")
        if asked is not None:
            # What somebody wants deleted or asks for is nothing to enter.
            asked.need("method").choice(("POST", "PUT"))
        resource = entry.need("resource")
        of = resource.need("resourceType")
        of.choice(TAKEN)
        full = entry.maybe("fullUrl")
        names = {name for name in (full and full.string(), _id(resource) and f"{of.string()}/{_id(resource)}") if name}
        for name in names:
            if name in by_reference:
                raise (full or resource).fault("is the same as that of an entry before it")
            by_reference[name] = resource
        if of.string() == "MedicationRequest":
            requests.append(resource)
    if not requests:
        raise root.need("entry").fault("has no MedicationRequest")
    return Source(tuple(requests), by_reference)


def named(node: Node) -> Named:
    """The identifier; raises FhirFault."""
    node.require(elements.IDENTIFIER)
    return Named(node.need("system").text(), node.need("value").text(), node)


def identifiers(resource: Node) -> tuple[Named, ...]:
    """Those identifiers that have a system and a value and are in use; raises FhirFault."""
    whole = []
    for each in resource.each("identifier"):
        each.require(elements.IDENTIFIER)
        use = each.maybe("use")
        if use is not None and use.string() == "old":
            continue
        if each.maybe("system") is not None and each.maybe("value") is not None:
            whole.append(named(each))
    return tuple(whole)


def _id(resource: Node) -> str:
    given = resource.maybe("id")
    return "" if given is None else given.string()
