"""The label on the bag in which a fill waits: enough to hand it to the right person, and no more.

Strangers see a bag, at the counter and on the way home. It names the patient and the numbers of the
fill; it has no address, no medicine, no purpose and no date of birth (45 CFR 164.502(b), what is the
least necessary). The second identifier that a hand-over needs (ISMP) is asked of the patient and
compared with the label inside or with the record that the symbol leads to; printed outside, it
would only be read aloud from the bag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.labelling.content import Content, Pictogram, composed, limits_of, pictograms_of
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.labelling.symbols import Code, Symbol
from dispensary.labelling.wording import load
from dispensary.rules.people import Language
from dispensary.rules.product import Storage, Temperature


@dataclass(frozen=True, slots=True)
class BagFacts:
    """What the label of a bag is made of. `units` is how many vials or ampoules the fill has."""

    language: Language
    pharmacy: str
    patient: str
    rx: str
    fill: int
    dispense: str
    dispensed_on: date
    units: int
    storage: Storage
    copy: int = 1
    """How many times this label has been printed, this time included."""

    def said(self) -> "BagText":
        """The label in words."""
        return bag_text(self)


def bag_of(labels: Sequence[DispenseFacts]) -> BagFacts:
    """The bag in which the packages with these labels lie."""
    first = labels[0]
    return BagFacts(
        language=first.language,
        pharmacy=first.pharmacy,
        patient=first.patient,
        rx=first.rx,
        fill=first.fill,
        dispense=first.dispense,
        dispensed_on=first.dispensed_on,
        units=sum(each.units for each in labels),
        storage=first.product.storage,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BagText(Content):
    """The label of a bag in words."""

    pharmacy: str
    patient: str
    rx: str
    fill: str
    dispense: str
    dispensed_on: str
    units: str
    keep: str
    light: str


TEXT = BagText


def bag_text(facts: BagFacts) -> BagText:
    """The label of the bag in the patient's language."""
    wording, storage = load(facts.language), facts.storage
    cold = storage.temperature is Temperature.REFRIGERATOR
    text = BagText(
        language=facts.language,
        page=wording.say("page", page="{page}", pages="{pages}"),
        copy=wording.say("copy", copy=facts.copy) if facts.copy > 1 else "",
        pharmacy=facts.pharmacy,
        patient=wording.say("bag.patient", patient=facts.patient),
        rx=wording.say("rx", rx=facts.rx),
        fill=wording.say("fill", fill=facts.fill),
        dispense=facts.dispense,
        dispensed_on=wording.say("dispensed_on", date=wording.day(facts.dispensed_on)),
        units=wording.say("bag.units", units=wording.number(facts.units)),
        keep=wording.say("bag.refrigerate") if cold else "",
        light=wording.say("bag.light") if storage.protect_from_light else "",
        symbol=Symbol(facts.dispense, Code.DATAMATRIX),
        pictograms=tuple(each for each in pictograms_of(storage) if each is not Pictogram.CHILDREN),
        limits=limits_of(storage),
    )
    return composed(text)
