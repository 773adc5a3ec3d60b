"""What a dispensing label says: the facts of one package, and the frozen strings made of them.

United States: 21 USC 353(b)(2); California HSC 111480; 16 CCR 1707.5 (patient, drug and strength,
directions and purpose together and in that order); USP <17> and ISMP for how they are written.
Norway: forskrift 2022-06-02-977 § 15-2. Preservative and storage are the product's own, whatever
its molecule.
"""

from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused
from dispensary.labelling.content import Content, composed, limits_of, pictograms_of
from dispensary.labelling.elements import must_have
from dispensary.labelling.symbols import symbol
from dispensary.labelling.wording import Wording, load, sentence, told
from dispensary.rules.directions import Directions
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product


class LabelLacks(Refused):
    """The law asks for something on the label that the records do not hold."""

    sentence = "The label of dispense {dispense} lacks the {field}, which the law asks for; enter it first."
    dispense: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DispenseText(Content):
    """The label of one package in words."""

    pharmacy: str
    address: str
    phone: str
    rx: str
    fill: str
    dispensed_on: str
    prescriber: str
    patient: str
    drug: str
    contents: str
    directions: str
    purpose: str
    quantity: str
    refills: str
    checked_by: str
    labeler: str
    lot: str
    expires: str
    preservative: str
    keep: str
    light: str
    heat: str
    children: str
    use: str
    package: str
    rx_only: str
    in_english: str


TEXT = DispenseText


@dataclass(frozen=True, slots=True)
class DispenseFacts:
    """Everything that one package's label is made of. `gtin` is the GTIN of one unit, or None."""

    country: Country
    language: Language
    pharmacy: str
    address: str
    phone: str
    """Empty where the pharmacy has given none."""
    rx: str
    dispense: str
    fill: int
    dispensed_on: date
    patient: str
    born: date
    prescriber: str
    profession: str
    product: Product
    units: int
    directions: Directions | None
    """None where the prescription gives none: then as it was written, or as agreed."""
    directions_as_written: str
    indication: str
    lot: str
    expires: date
    gtin: str | None
    part: int  # this label's place among the fill's lots, from 1
    parts: int
    refills_left: int
    dispensed_by: str
    checked_by: str
    """The pharmacist who dispensed, or the second person; empty where nobody has checked it yet."""
    injections: tuple[date, ...] = ()
    """The days of the injections that this package serves; empty where the directions name none."""
    copy: int = 1
    """How many times this label has been printed, this time included."""

    def said(self) -> DispenseText:
        """The label in words; raises LabelLacks and NotAWholeMicrolitre."""
        return dispense_text(self)


def dispense_text(facts: DispenseFacts) -> DispenseText:
    """The label of one package in the patient's language and by the law of the pharmacy's country.

    Raises LabelLacks and NotAWholeMicrolitre.
    """
    _require(facts)
    wording, product = load(facts.language), facts.product
    text = DispenseText(
        language=facts.language,
        page=wording.say("page", page="{page}", pages="{pages}"),
        copy=wording.say("copy", copy=facts.copy) if facts.copy > 1 else "",
        pharmacy=facts.pharmacy,
        address=facts.address,
        phone=facts.phone,
        rx=wording.say("rx", rx=facts.rx),
        fill=wording.say("fill", fill=facts.fill),
        dispensed_on=wording.say("dispensed_on", date=wording.day(facts.dispensed_on)),
        prescriber=_prescriber(facts, wording),
        patient=wording.say("patient", patient=facts.patient, born=wording.day(facts.born)),
        drug=wording.drug(product),
        contents=wording.say(
            "contents", fill=wording.volume(product.fill_ul), container=wording.choice("container", product.container)
        ),
        directions=told(
            facts.directions,
            facts.directions_as_written,
            facts.prescriber,
            product,
            facts.language,
            timing_together=True,
        ),
        purpose=wording.say("purpose", indication=facts.indication) if facts.indication else "",
        quantity=wording.say("quantity", units=wording.number(facts.units)),
        refills=wording.say("refills", refills=facts.refills_left),
        checked_by=_checked(facts, wording),
        labeler=wording.say("labeler", labeler=product.labeler),
        lot=wording.say("lot", lot=facts.lot),
        # Year-month-day in digits is what USP <7> asks of a printed expiry, in every language.
        expires=wording.say("expires", expires=facts.expires.isoformat()),
        preservative=wording.preservatives(product.preservatives),
        keep=wording.keep(product.storage.temperature, facts.country),
        light=wording.say("light") if product.storage.protect_from_light else "",
        heat=wording.say("heat"),
        children=wording.say("children"),
        use=wording.use(product),
        package=_package(facts, wording),
        rx_only=wording.say("rx_only") if facts.country is Country.US else "",
        in_english=_in_english(facts, wording),
        symbol=symbol(facts.gtin, facts.lot, facts.expires, f"{facts.dispense}/{facts.part}"),
        pictograms=pictograms_of(product.storage),
        limits=limits_of(product.storage),
        injections=facts.injections,
    )
    return composed(text)


def _require(facts: DispenseFacts) -> None:
    for field, called in must_have("dispense", facts.country).items():
        if not getattr(facts, field).strip():
            raise LabelLacks(dispense=facts.dispense, field=called)


def _checked(facts: DispenseFacts, wording: Wording) -> str:
    if facts.checked_by:
        return wording.say("checked_by", initials=facts.checked_by)
    return wording.say("dispensed_by", initials=facts.dispensed_by)


def _prescriber(facts: DispenseFacts, wording: Wording) -> str:
    key = "prescriber_with_profession" if facts.profession else "prescriber"
    return wording.say(key, prescriber=facts.prescriber, profession=facts.profession)


def _in_english(facts: DispenseFacts, wording: Wording) -> str:
    """What a translated label also says in the United States (Business and Professions Code 4076.6)."""
    if facts.country is not Country.US or facts.language is Language.ENGLISH or facts.directions is None:
        return ""
    return wording.say("in_english", directions=sentence(facts.directions, facts.product, Language.ENGLISH))


def _package(facts: DispenseFacts, wording: Wording) -> str:
    """Which package comes first: the earlier lot serves the earlier injections."""
    if facts.parts == 1:
        return ""
    key = "use_first" if facts.part == 1 else "use_after"
    return wording.say(key, part=facts.part, parts=facts.parts, before=facts.part - 1)
