"""The label on the shelf before a product: what stands here, and how it differs from what stands beside it."""

from dataclasses import dataclass

from dispensary.labelling.content import Content, Pictogram, composed, limits_of, pictograms_of
from dispensary.labelling.symbols import of_product
from dispensary.labelling.wording import load
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product


@dataclass(frozen=True, slots=True)
class ShelfFacts:
    """What a shelf label is made of. `gtin` is the GTIN of one unit, or None."""

    country: Country
    language: Language
    product: Product
    gtin: str | None
    copy: int = 1
    """How many times this label has been printed, this time included."""

    def said(self) -> "ShelfText":
        """The label in words."""
        return shelf_text(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfText(Content):
    """The shelf label of a product in words."""

    drug: str
    contents: str
    labeler: str
    preservative: str
    keep: str
    light: str
    code: str


TEXT = ShelfText


def shelf_text(facts: ShelfFacts) -> ShelfText:
    """The shelf label in the language of the facts and with the storage line of the country."""
    wording, product = load(facts.language), facts.product
    text = ShelfText(
        language=facts.language,
        page=wording.say("page", page="{page}", pages="{pages}"),
        copy=wording.say("copy", copy=facts.copy) if facts.copy > 1 else "",
        drug=wording.drug(product),
        contents=wording.say(
            "contents", fill=wording.volume(product.fill_ul), container=wording.choice("container", product.container)
        ),
        labeler=wording.say("labeler", labeler=product.labeler),
        preservative=wording.preservatives(product.preservatives),
        keep=wording.keep(product.storage.temperature, facts.country),
        light=wording.say("dark") if product.storage.protect_from_light else "",
        code=wording.say("shelf.code", code=product.code),
        symbol=of_product(facts.gtin, product.code),
        pictograms=tuple(each for each in pictograms_of(product.storage) if each is not Pictogram.CHILDREN),
        limits=limits_of(product.storage),
    )
    return composed(text)
