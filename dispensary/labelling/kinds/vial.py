"""The flag on an opened vial: until when it may be used, above all else.

CDC and USP <797>: an opened multi-dose vial is dated, and its last moment of use stands on it
(Joint Commission MM.03.01.01). The flag is for those who draw from the vial, in the pharmacy's
language, whoever the vial is for.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from dispensary.labelling.content import Content, Pictogram, composed, pictograms_of
from dispensary.labelling.symbols import Code, Symbol
from dispensary.labelling.wording import Wording, load
from dispensary.rules.people import Language
from dispensary.rules.product import Product, Temperature

# What can be read on a flag of an inch: the words say the limits, and no patient takes a flag home.
_PICTOGRAMS = frozenset({Pictogram.DARK, Pictogram.REFRIGERATE, Pictogram.DO_NOT_FREEZE})
_AT_ROOM = frozenset({Temperature.ROOM, Temperature.UP_TO_25})


@dataclass(frozen=True, slots=True)
class VialFacts:
    """What the flag of an opened vial is made of.

    `opened_at` and `discard_at` are aware, in the pharmacy's zone; exactly at `discard_at` is too late.
    `volume_ul` is what it held when it was opened, in microlitres.
    """

    language: Language
    vial: str
    product: Product
    lot: str
    volume_ul: int
    opened_at: datetime
    opened_by: str
    discard_at: datetime
    patient: str = ""
    """The name of the one patient whom it serves; empty where it may serve several."""
    copy: int = 1
    """How many times this label has been printed, this time included."""

    def said(self) -> "VialText":
        """The flag in words."""
        return vial_text(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class VialText(Content):
    """The flag of an opened vial in words."""

    vial: str
    drug: str
    volume: str
    discard_by: str
    opened: str
    initials: str
    lot: str
    dedicated: str
    preservative: str
    keep: str
    light: str


TEXT = VialText


def vial_text(facts: VialFacts) -> VialText:
    """The flag in the language of the facts."""
    wording, product = load(facts.language), facts.product
    text = VialText(
        language=facts.language,
        page=wording.say("page", page="{page}", pages="{pages}"),
        copy=wording.say("copy", copy=facts.copy) if facts.copy > 1 else "",
        vial=wording.say("vial.number", vial=facts.vial),
        drug=wording.drug(product),
        volume=wording.say("vial.volume", fill=wording.volume(facts.volume_ul)),
        discard_by=wording.say("vial.discard_by", moment=_together(wording, _last_moment(facts.discard_at))),
        opened=wording.say("vial.opened", moment=_together(wording, facts.opened_at)),
        initials=wording.say("vial.initials", initials=facts.opened_by),
        lot=wording.say("lot", lot=facts.lot),
        dedicated=wording.say("vial.dedicated", patient=facts.patient) if facts.patient else "",
        preservative=wording.preservatives(product.preservatives),
        keep=_keep(product, wording),
        light=wording.say("dark") if product.storage.protect_from_light else "",
        symbol=Symbol(facts.vial, Code.DATAMATRIX),
        pictograms=tuple(each for each in pictograms_of(product.storage) if each in _PICTOGRAMS),
    )
    return composed(text)


def _keep(product: Product, wording: Wording) -> str:
    """The storage line of what is not kept at room temperature (USP <797>), which would fill the flag unasked."""
    temperature = product.storage.temperature
    return "" if temperature in _AT_ROOM else wording.choice("keep", temperature)


def _last_moment(discard_at: datetime) -> datetime:
    """The moment as the flag shows it: midnight belongs to two days in people's minds, and is a minute earlier."""
    midnight = discard_at.time().replace(second=0, microsecond=0) == time()
    return discard_at - timedelta(minutes=1) if midnight else discard_at


def _together(wording: Wording, moment: datetime) -> str:
    """A moment that no line breaks."""
    return wording.moment(moment).replace(" ", "\u00a0")
