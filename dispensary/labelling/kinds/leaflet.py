"""What the leaflet tells a patient: how to inject, what to notice, when to get help, how to keep it.

It says what two articles for patients say, and what the labels of the products say against it: B12 can
hide a lack of folate, potassium may fall in the first days of treatment, and no effect is promised.
United States: the statement about side effects of 21 CFR 209.10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.labelling.content import Content, composed, limits_of, pictograms_of
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.labelling.symbols import Code, Symbol
from dispensary.labelling.wording import Wording, load, told
from dispensary.rules.directions import Directions
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product

_EMERGENCY = {Country.US: "911", Country.NORWAY: "113"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletText(Content):
    """The leaflet of one fill in words: who and what, then paragraphs under their headings."""

    pharmacy: str
    address: str
    title: str
    patient: str
    drug: str
    directions: str
    inject_heading: str
    inject: str
    notice_heading: str
    notice: str
    help_heading: str
    help: str
    know_heading: str
    know: str
    keep_heading: str
    keep: str
    discard_heading: str
    discard: str
    call_heading: str
    call: str
    side_effects: str
    rx: str
    fill: str
    dispensed_on: str
    dispense: str


TEXT = LeafletText


@dataclass(frozen=True, slots=True)
class LeafletFacts:
    """What the leaflet of one fill is made of."""

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
    prescriber: str
    product: Product
    directions: Directions | None
    """None where the prescription gives none: then as it was written, or as agreed."""
    directions_as_written: str
    injections: tuple[date, ...] = ()
    """The days of the injections that this fill serves; empty where the directions name none."""
    copy: int = 1
    """How many times this leaflet has been printed, this time included."""

    def said(self) -> LeafletText:
        """The leaflet in the patient's language, with the numbers to call in the pharmacy's country.

        Raises NotAWholeMicrolitre.
        """
        wording, product = load(self.language), self.product
        text = LeafletText(
            language=self.language,
            page=wording.say("leaflet.page", page="{page}", pages="{pages}"),
            copy=wording.say("copy", copy=self.copy) if self.copy > 1 else "",
            pharmacy=self.pharmacy,
            address=self.address,
            title=wording.say("leaflet.title"),
            patient=wording.say("leaflet.patient", patient=self.patient),
            drug=wording.drug(product),
            directions=told(self.directions, self.directions_as_written, self.prescriber, product, self.language),
            inject_heading=wording.say("leaflet.inject_heading"),
            inject=wording.say("leaflet.inject", route=_route(self.directions, wording)),
            notice_heading=wording.say("leaflet.notice_heading"),
            notice=wording.say("leaflet.notice"),
            help_heading=wording.say("leaflet.help_heading"),
            help=wording.say("leaflet.help", number=_EMERGENCY[self.country]),
            know_heading=wording.say("leaflet.know_heading"),
            know=wording.say("leaflet.know"),
            keep_heading=wording.say("leaflet.keep_heading"),
            keep=_keep(self, wording),
            discard_heading=wording.say("leaflet.discard_heading"),
            discard=wording.say("leaflet.discard", use=_use(product, wording)),
            call_heading=wording.say("leaflet.call_heading"),
            call=_call(self, wording),
            side_effects=wording.say(f"leaflet.side_effects.{self.country.name.lower()}"),
            rx=wording.say("rx", rx=self.rx),
            fill=wording.say("fill", fill=self.fill),
            dispensed_on=wording.say("dispensed_on", date=wording.day(self.dispensed_on)),
            dispense=self.dispense,
            symbol=Symbol(self.dispense, Code.QR),
            pictograms=pictograms_of(product.storage),
            limits=limits_of(product.storage),
            injections=self.injections,
        )
        return composed(text)


def leaflet_of(labels: Sequence[DispenseFacts]) -> LeafletFacts:
    """The one leaflet that goes with the packages of these labels."""
    first = labels[0]
    return LeafletFacts(
        country=first.country,
        language=first.language,
        pharmacy=first.pharmacy,
        address=first.address,
        phone=first.phone,
        rx=first.rx,
        dispense=first.dispense,
        fill=first.fill,
        dispensed_on=first.dispensed_on,
        patient=first.patient,
        prescriber=first.prescriber,
        product=first.product,
        directions=first.directions,
        directions_as_written=first.directions_as_written,
        injections=tuple(sorted({day for label in labels for day in label.injections})),
    )


def _route(directions: Directions | None, wording: Wording) -> str:
    """Where the medicine goes, by the directions alone: what a product allows is not what was prescribed."""
    if directions is None:
        return wording.say("leaflet.route.as_told")
    routes = {phase.route for phase in directions.phases}
    return wording.say("leaflet.route.both") if len(routes) > 1 else wording.choice("leaflet.route", routes.pop())


def _keep(facts: LeafletFacts, wording: Wording) -> str:
    """The product's own storage, dark where light harms it, and what holds for all."""
    storage = facts.product.storage
    said = [wording.keep(storage.temperature, facts.country)]
    if storage.protect_from_light:
        said.append(wording.say("light"))
    return " ".join([*said, wording.say("heat"), wording.say("children")])


def _use(product: Product, wording: Wording) -> str:
    """For how long one unit is used once it is open."""
    used = wording.use(product)
    return f"{used} {wording.say('leaflet.write_day')}" if product.kept_days else used


def _call(facts: LeafletFacts, wording: Wording) -> str:
    if facts.phone:
        return wording.say("leaflet.call", pharmacy=facts.pharmacy, phone=facts.phone)
    return wording.say("leaflet.call_without_phone", pharmacy=facts.pharmacy)
