"""What a dispensing label says: the facts of one package, and the frozen strings made of them.

United States: 21 USC 353(b)(2); California HSC 111480; 16 CCR 1707.5 (patient, drug and strength,
directions and purpose together and in that order); USP <17> and ISMP for how they are written.
Norway: forskrift 2022-06-02-977 § 15-2. Preservative and storage are the product's own, whatever
its molecule.
"""

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from dispensary.errors import Refused
from dispensary.labelling.datamatrix import Symbol, symbol
from dispensary.labelling.wording import Wording, load, sentence
from dispensary.rules.directions import Directions
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product, Temperature

_BY_LAW = {
    Country.US: {
        "pharmacy": "name of the pharmacy",
        "address": "address of the pharmacy",
        "rx": "number of the prescription",
        "prescriber": "name of the prescriber",
        "patient": "name of the patient",
        "lot": "lot",
    },
    Country.NORWAY: {
        "pharmacy": "name of the pharmacy",
        "prescriber": "name of the prescriber",
        "profession": "profession of the prescriber",
        "patient": "name of the patient",
        "lot": "lot",
        "checked_by": "name of the pharmacist who checked it",
    },
}

# The limits in °C that the thermometer on the label shows; none where the batch record says.
_LIMITS_C: dict[Temperature, tuple[int | None, int]] = {
    Temperature.ROOM: (20, 25),
    Temperature.UP_TO_25: (None, 25),
    Temperature.REFRIGERATOR: (2, 8),
    Temperature.COOL: (8, 15),
}


class LabelLacks(Refused):
    """The law asks for something on the label that the records do not hold."""

    sentence = "The label of dispense {dispense} lacks the {field}, which the law asks for; enter it first."
    dispense: str
    field: str


@dataclass(frozen=True, slots=True)
class DispenseFacts:
    """Everything that one package's label is made of. `gtin` is the GTIN of one unit, or None."""

    country: Country
    language: Language
    pharmacy: str
    address: str
    phone: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The temperatures between which the product is kept, in whole °C; no lower limit where None."""

    low_c: int | None
    high_c: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelText:
    """One label in words: a string for each thing that it says, empty where it says nothing."""

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
    symbol: Symbol
    limits: Limits | None
    dark: bool


def label_text(facts: DispenseFacts) -> LabelText:
    """The label of one package in the patient's language and by the law of the pharmacy's country.

    Raises LabelLacks and NotAWholeMicrolitre.
    """
    _require(facts)
    wording, product = load(facts.language), facts.product
    limits = _LIMITS_C.get(product.storage.temperature)
    keep = "keep_with_fahrenheit" if facts.country is Country.US else "keep"
    text = LabelText(
        pharmacy=facts.pharmacy,
        address=facts.address,
        phone=facts.phone,
        rx=wording.say("rx", rx=facts.rx),
        fill=wording.say("fill", fill=facts.fill),
        dispensed_on=wording.say("dispensed_on", date=wording.day(facts.dispensed_on)),
        prescriber=_prescriber(facts, wording),
        patient=wording.say("patient", patient=facts.patient, born=wording.day(facts.born)),
        drug=_drug(product, wording),
        contents=wording.say(
            "contents", fill=wording.volume(product.fill_ul), container=wording.choice("container", product.container)
        ),
        directions=_directions(facts, wording),
        purpose=wording.say("purpose", indication=facts.indication) if facts.indication else "",
        quantity=wording.say("quantity", units=wording.number(facts.units)),
        refills=wording.say("refills", refills=facts.refills_left),
        checked_by=_checked(facts, wording),
        labeler=wording.say("labeler", labeler=product.labeler),
        lot=wording.say("lot", lot=facts.lot),
        # Year-month-day in digits is what USP <7> asks of a printed expiry, in every language.
        expires=wording.say("expires", expires=facts.expires.isoformat()),
        preservative=wording.preservatives(product.preservatives),
        keep=wording.choice(keep, product.storage.temperature),
        light=wording.say("light") if product.storage.protect_from_light else "",
        heat=wording.say("heat"),
        children=wording.say("children"),
        use=wording.say("use_for_days", days=product.kept_days) if product.kept_days else wording.say("use_once"),
        package=_package(facts, wording),
        rx_only=wording.say("rx_only") if facts.country is Country.US else "",
        symbol=symbol(facts.gtin, facts.lot, facts.expires, f"{facts.dispense}/{facts.part}"),
        limits=Limits(low_c=limits[0], high_c=limits[1]) if limits else None,
        dark=product.storage.protect_from_light,
    )
    return _composed(text)


def _require(facts: DispenseFacts) -> None:
    for field, called in _BY_LAW[facts.country].items():
        if not getattr(facts, field).strip():
            raise LabelLacks(dispense=facts.dispense, field=called)


def _checked(facts: DispenseFacts, wording: Wording) -> str:
    if facts.checked_by:
        return wording.say("checked_by", initials=facts.checked_by)
    return wording.say("dispensed_by", initials=facts.dispensed_by)


def _prescriber(facts: DispenseFacts, wording: Wording) -> str:
    key = "prescriber_with_profession" if facts.profession else "prescriber"
    return wording.say(key, prescriber=facts.prescriber, profession=facts.profession)


def _drug(product: Product, wording: Wording) -> str:
    """The product's name, with its molecule where the name does not say it, and its strength."""
    form = wording.choice("form", product.form)
    key = "drug" if form.casefold() in product.name.casefold() else "drug_with_form"
    return wording.say(key, name=product.name, form=form, strength=wording.strength(product.strength))


def _directions(facts: DispenseFacts, wording: Wording) -> str:
    if facts.directions is not None:
        return sentence(facts.directions, facts.product, facts.language, timing_together=True)
    return facts.directions_as_written or wording.say("as_agreed", prescriber=facts.prescriber)


def _package(facts: DispenseFacts, wording: Wording) -> str:
    """Which package comes first: the earlier lot serves the earlier injections."""
    if facts.parts == 1:
        return ""
    key = "use_first" if facts.part == 1 else "use_after"
    return wording.say(key, part=facts.part, parts=facts.parts, before=facts.part - 1)


def _composed(text: LabelText) -> LabelText:
    """The same text in NFC, since a font has glyphs for composed letters."""
    strings = {field.name: getattr(text, field.name) for field in fields(text) if field.type is str}
    composed: dict[str, Any] = {name: unicodedata.normalize("NFC", string) for name, string in strings.items()}
    return replace(text, **composed)
