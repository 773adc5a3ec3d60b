"""MedicationRequest as a prescription, all of it that can be read without the pharmacy's books."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from dispensary.errors import quoted
from dispensary.rules.fhir import elements
from dispensary.rules.fhir.codes import ATC, ATC_OF, GTIN, GTIN_OID, NDC, RXNORM, UNITS_OF_STOCK
from dispensary.rules.fhir.document import BY_HAND, Node
from dispensary.rules.fhir.dosage import Instruction, read_instructions
from dispensary.rules.fhir.people import PatientRead, PrescriberRead, read_patient, read_prescriber
from dispensary.rules.fhir.source import Named, Source, identifiers, read_source
from dispensary.rules.fhir.values import refused_at, ucum
from dispensary.rules.identifiers import ndc11, parse_gtin
from dispensary.rules.people import Country
from dispensary.rules.product import Form

MOST_INDICATION = 80
MOST_UNITS, MOST_DAYS, MOST_REFILLS = 1000, 366, 99
_FORMS = {code: form for form, code in ATC_OF.items()}


@dataclass(frozen=True, slots=True)
class Medicine:
    """What is prescribed: the form by its ATC code, products by GTIN or NDC (of eleven digits), where they are told."""

    at: Node
    form: Form | None
    gtins: tuple[tuple[str, Node], ...]
    ndcs: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Requested:
    """One prescription of a document. One of `quantity_units` and `days` is what a fill supplies.

    `keys` are made of its identifiers, each of which names it, in whatever order they stand, so that the same
    prescription twice is one; `words` are texts that no rule reads and a person must.
    """

    at: Node
    identifier: str
    keys: tuple[str, ...]
    patient: PatientRead
    prescriber: PrescriberRead
    medicine: Medicine
    instructions: tuple[Instruction, ...]
    quantity_units: int | None
    days: int | None
    refills: int
    written: date
    valid_until: date | None
    indication: str
    as_written: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs to know of this pharmacy.

    `own` are the systems of its patient numbers, `prescriptions` that of its prescriptions; days are those of `zone`.
    """

    own: Collection[str]
    prescriptions: str
    country: Country
    today: date
    zone: tzinfo | None

    def read(self, root: Node) -> tuple[Requested, ...]:
        """The prescriptions of a document, in its order; raises FhirFault."""
        source = read_source(root)
        found: list[Requested] = []
        paths: dict[str, str] = {}
        for node in source.requests:
            each = self._request(node, source)
            for key in each.keys:
                if key in paths:
                    raise node.need("identifier").fault(f"is that of {paths[key]} as well")
            paths |= dict.fromkeys(each.keys, node.path)
            found.append(each)
        return tuple(found)

    def _request(self, node: Node, source: Source) -> Requested:
        node.require(elements.REQUEST)
        _require_order(node)
        names = _identifiers(node)
        for name in names:
            if name.system == self.prescriptions:
                raise name.at.fault(
                    f"is {quoted(name.value)} of this pharmacy itself", "look at it with `dispensary rx show`"
                )
        medicine = _medicine(node, source)
        patient = source.resource(node.need("subject"), "Patient", node)
        if isinstance(patient, Named):
            raise patient.at.fault("names a patient by one number alone: the Patient with the birth date is wanted")
        prescriber = source.resource(node.need("requester"), "Practitioner", node)
        quantity, days, refills, until = self._supply(node)
        return Requested(
            at=node,
            identifier=names[0].value,
            keys=tuple(dict.fromkeys(map(_key, names))),
            patient=read_patient(patient, self.own, self.country, self.today),
            prescriber=read_prescriber(prescriber),
            medicine=medicine,
            instructions=read_instructions(node.each("dosageInstruction"), node),
            quantity_units=quantity,
            days=days,
            refills=refills,
            written=node.need("authoredOn").day_in(self.zone),
            valid_until=until,
            indication=_indication(node),
            as_written=_as_written(node),
            words=tuple(_words(node)),
        )

    def _supply(self, node: Node) -> tuple[int | None, int | None, int, date | None]:
        """Units and days of a fill, refills, and the last day on which it may be filled."""
        given = node.need("dispenseRequest")
        given.require(elements.DISPENSE_REQUEST)
        repeats = given.maybe("numberOfRepeatsAllowed")
        refills = 0 if repeats is None else repeats.whole(0, MOST_REFILLS)
        amount = given.one_of("quantity", ("quantity", "expectedSupplyDuration"))
        units, days = (_units(amount), None) if amount.path.endswith(".quantity") else (None, _days(amount))
        period = given.maybe("validityPeriod")
        until = None
        if period is not None:
            period.require(elements.PERIOD)
            start, end = period.maybe("start"), period.maybe("end")
            if start is not None and start.day_in(self.zone) > self.today:
                raise start.fault(f"is after today, {self.today}", "take it in from that day on")
            until = None if end is None else end.day_in(self.zone)
        return units, days, refills, until


def _require_order(node: Node) -> None:
    node.need("status").choice(("active",))
    node.need("intent").choice(("order",))
    for name in ("doNotPerform", "reportedBoolean"):
        given = node.maybe(name)
        if given is not None and given.boolean():
            raise given.fault("is true: this is no order to dispense")


def _identifiers(node: Node) -> tuple[Named, ...]:
    whole = identifiers(node)
    if not whole:
        raise Node(None, f"{node.path}.identifier").fault("is missing, with a system and a value")
    return whole


def _key(name: Named) -> str:
    return f"fhir-{hashlib.sha256(f'{len(name.system)}:{name.system}{name.value}'.encode()).hexdigest()[:48]}"


def _medicine(node: Node, source: Source) -> Medicine:
    given = node.one_of("medication", ("medicationCodeableConcept", "medicationReference"))
    if given.path.endswith("Reference"):
        found = source.resource(given, "Medication", node)
        if isinstance(found, Named):
            raise found.at.fault("names no Medication of this document")
        found.require(elements.MEDICATION)
        status = found.maybe("status")
        if status is not None:
            status.choice(("active",))
        given = found.need("code")
    given.require(elements.CONCEPT)
    codes: dict[str, list[Node]] = {}
    for coding in given.each("coding"):
        coding.require(elements.CODING)
        system, code = coding.maybe("system"), coding.maybe("code")
        if system is not None and code is not None:
            codes.setdefault(system.string(), []).append(code)
    form = None
    for code in codes.get(ATC, ()):
        form = _same_form(form, _FORMS[code.choice(tuple(_FORMS))], code)
    gtins = _numbers([*codes.get(GTIN, ()), *codes.get(GTIN_OID, ())], parse_gtin)
    ndcs = _numbers(codes.get(NDC, ()), ndc11)
    if form is None and not gtins and not ndcs:
        # A table of RxNorm's is not kept here, and its number for "vitamin B12" does not say which one.
        raise given.fault("has no code of ATC, NDC or GTIN" + (", and RxNorm is not looked up" * (RXNORM in codes)))
    return Medicine(given, form, gtins, ndcs)


def _numbers(codes: Iterable[Node], parse: Callable[[str], str]) -> tuple[tuple[str, Node], ...]:
    read = []
    for code in codes:
        with refused_at(code):
            read.append((parse(code.string()), code))
    return tuple(read)


def _same_form(before: Form | None, form: Form, at: Node) -> Form:
    if before not in (None, form):
        raise at.fault(f"is {form} and a code before it is {before}")
    return form


def _units(node: Node) -> int:
    node.require(elements.QUANTITY)
    if node.maybe("system") is not None or node.maybe("code") is not None:
        ucum(node, UNITS_OF_STOCK)
    else:
        node.need("unit").choice(("vial", "vials", "ampoule", "ampoules", "ampule", "ampules", "unit", "units"))
    return node.need("value").whole(1, MOST_UNITS)


def _days(node: Node) -> int:
    node.require(elements.QUANTITY)
    each = {"d": 1, "wk": 7}[ucum(node, ("d", "wk"))]
    days = node.need("value").whole(1, MOST_DAYS) * each
    if days > MOST_DAYS:
        raise node.need("value").wrong(f"at most {MOST_DAYS} days are wanted")
    return days


def _indication(node: Node) -> str:
    reasons = node.each("reasonCode")
    if len(reasons) > 1:
        raise reasons[1].fault("is a second reason, and a label has room for one", BY_HAND)
    for reason in reasons:
        reason.require(elements.CONCEPT)
        text = reason.maybe("text")
        if text is not None:
            return text.text(MOST_INDICATION)
        for coding in reason.each("coding"):
            coding.require(elements.CODING)
            display = coding.maybe("display")
            if display is not None:
                return display.text(MOST_INDICATION)
    return ""


def _as_written(node: Node) -> bool:
    given = node.maybe("substitution")
    if given is None:
        return False
    given.require(elements.SUBSTITUTION)
    return not given.need("allowedBoolean").boolean()


def _words(node: Node) -> list[str]:
    notes = []
    for each in node.each("note"):
        each.require(elements.ANNOTATION)
        notes.append(each.need("text").text(1000))
    return notes
