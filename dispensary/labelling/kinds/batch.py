"""The label of each unit of a batch that the pharmacy made.

USP <797> (2023), Labeling, from memory: internal number, active ingredient and concentration, dosage form
and volume, storage, beyond-use date, single or multiple dose, route, that it is compounded and by whom.
California (16 CCR 1735.4 as it was, from memory) wants much the same, and that the pharmacy says that
it compounded it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from dispensary.labelling.content import Content, composed, limits_of, pictograms_of
from dispensary.labelling.symbols import symbol
from dispensary.labelling.wording import Wording, load
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product

_MOST_INGREDIENTS = 4


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What the label of a batch is made of.

    `product` is what was made, with the strength and the preservatives of this batch. `made_at` is
    aware, in the pharmacy's zone. `use_by` is the last day on which it may be used. `ingredients` are
    each a name and a lot.
    """

    country: Country
    language: Language
    pharmacy: str
    address: str
    phone: str
    batch: str
    product: Product
    lot: str
    units: int
    made_at: datetime
    use_by: date
    made_by: str
    checked_by: str
    ingredients: tuple[tuple[str, str], ...]
    copy: int = 1
    """How many times this label has been printed, this time included."""

    def said(self) -> "BatchText":
        """The label in words."""
        return batch_text(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchText(Content):
    """The label of a unit of a batch in words."""

    compounded: str
    address: str
    phone: str
    batch: str
    lot: str
    drug: str
    contents: str
    route: str
    use: str
    use_by: str
    preservative: str
    keep: str
    light: str
    children: str
    ingredients: str
    made: str
    units: str
    made_by: str
    checked_by: str


TEXT = BatchText


def batch_text(facts: BatchFacts) -> BatchText:
    """The label in the language of the facts and with the storage line of the country."""
    wording, product = load(facts.language), facts.product
    text = BatchText(
        language=facts.language,
        page=wording.say("page", page="{page}", pages="{pages}"),
        copy=wording.say("copy", copy=facts.copy) if facts.copy > 1 else "",
        compounded=wording.say("batch.compounded", pharmacy=facts.pharmacy),
        address=facts.address,
        phone=facts.phone,
        batch=wording.say("batch.number", batch=facts.batch),
        lot=wording.say("lot", lot=facts.lot),
        drug=wording.drug(product),
        contents=wording.say(
            "contents", fill=wording.volume(product.fill_ul), container=wording.choice("container", product.container)
        ),
        route=_route(product, wording),
        use=wording.use(product),
        use_by=wording.say("batch.use_by", moment=wording.day(facts.use_by).replace(" ", "\u00a0")),
        preservative=wording.preservatives(product.preservatives),
        keep=wording.keep(product.storage.temperature, facts.country),
        light=wording.say("dark") if product.storage.protect_from_light else "",
        children=wording.say("children"),
        ingredients=_ingredients(facts, wording),
        made=wording.say("batch.made", moment=wording.moment(facts.made_at).replace(" ", "\u00a0")),
        units=wording.say("batch.units", units=wording.number(facts.units)),
        made_by=wording.say("batch.made_by", initials=facts.made_by),
        checked_by=wording.say("checked_by", initials=facts.checked_by),
        symbol=symbol(None, facts.lot, facts.use_by, facts.batch),
        pictograms=pictograms_of(product.storage),
        limits=limits_of(product.storage),
    )
    return composed(text)


def _route(product: Product, wording: Wording) -> str:
    first, *others = (wording.choice("route", route) for route in sorted(product.routes))
    for other in others:
        first = wording.say("batch.or", route=first, other=other)
    return wording.say("batch.route", routes=first)


def _ingredients(facts: BatchFacts, wording: Wording) -> str:
    """Each with its lot, or where they would fill the label, how many they are: the record of the batch has them."""
    if len(facts.ingredients) > _MOST_INGREDIENTS:
        return wording.say("batch.many_ingredients", ingredients=len(facts.ingredients))
    named = [wording.say("batch.ingredient", name=name, lot=lot) for name, lot in facts.ingredients]
    return wording.say("batch.ingredients", ingredients="; ".join(named))
