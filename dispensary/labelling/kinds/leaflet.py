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
from dispensary.rules.people import Country
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

    package: DispenseFacts
    """The first package of the fill. The leaflet says what all of them have alike: nothing of a lot or of units."""
    injections: tuple[date, ...] = ()
    """The days of the injections that this fill serves; empty where the directions name none."""
    copy: int = 1
    """How many times this leaflet has been printed, this time included."""

    def said(self) -> LeafletText:
        """The leaflet in the patient's language, with the numbers to call in the pharmacy's country.

        Raises NotAWholeMicrolitre.
        """
        package, product = self.package, self.package.product
        wording = load(package.language)
        text = LeafletText(
            language=package.language,
            page=wording.say("leaflet.page", page="{page}", pages="{pages}"),
            copy=wording.say("copy", copy=self.copy) if self.copy > 1 else "",
            pharmacy=package.pharmacy,
            address=package.address,
            title=wording.say("leaflet.title"),
            patient=wording.say("leaflet.patient", patient=package.patient),
            drug=wording.drug(product),
            directions=told(
                package.directions, package.directions_as_written, package.prescriber, product, package.language
            ),
            inject_heading=wording.say("leaflet.inject_heading"),
            inject=wording.say("leaflet.inject", route=_route(package.directions, wording)),
            notice_heading=wording.say("leaflet.notice_heading"),
            notice=wording.say("leaflet.notice"),
            help_heading=wording.say("leaflet.help_heading"),
            help=wording.say("leaflet.help", number=_EMERGENCY[package.country]),
            know_heading=wording.say("leaflet.know_heading"),
            know=wording.say("leaflet.know"),
            keep_heading=wording.say("leaflet.keep_heading"),
            keep=_keep(package, wording),
            discard_heading=wording.say("leaflet.discard_heading"),
            discard=wording.say("leaflet.discard", use=_use(product, wording)),
            call_heading=wording.say("leaflet.call_heading"),
            call=_call(package, wording),
            side_effects=wording.say(f"leaflet.side_effects.{package.country.name.lower()}"),
            rx=wording.say("rx", rx=package.rx),
            fill=wording.say("fill", fill=package.fill),
            dispensed_on=wording.say("dispensed_on", date=wording.day(package.dispensed_on)),
            dispense=package.dispense,
            symbol=Symbol(package.dispense, Code.QR),
            pictograms=pictograms_of(product.storage),
            limits=limits_of(product.storage),
            injections=self.injections,
        )
        return composed(text)


def leaflet_of(labels: Sequence[DispenseFacts]) -> LeafletFacts:
    """The one leaflet that goes with the packages of these labels."""
    days = {day for label in labels for day in label.injections}
    return LeafletFacts(package=labels[0], injections=tuple(sorted(days)))


def _route(directions: Directions | None, wording: Wording) -> str:
    """Where the medicine goes, by the directions alone: what a product allows is not what was prescribed."""
    if directions is None:
        return wording.say("leaflet.route.as_told")
    routes = {phase.route for phase in directions.phases}
    return wording.say("leaflet.route.both") if len(routes) > 1 else wording.choice("leaflet.route", routes.pop())


def _keep(package: DispenseFacts, wording: Wording) -> str:
    """The product's own storage, dark where light harms it, and what holds for all."""
    storage = package.product.storage
    said = [wording.keep(storage.temperature, package.country)]
    if storage.protect_from_light:
        said.append(wording.say("light"))
    return " ".join([*said, wording.say("heat"), wording.say("children")])


def _use(product: Product, wording: Wording) -> str:
    """For how long one unit is used once it is open."""
    used = wording.use(product)
    return f"{used} {wording.say('leaflet.write_day')}" if product.kept_days else used


def _call(package: DispenseFacts, wording: Wording) -> str:
    """Whom to call; where the pharmacy has given no number, where to ask."""
    if package.phone:
        return wording.say("leaflet.call", pharmacy=package.pharmacy, phone=package.phone)
    return wording.say("leaflet.call_without_phone", pharmacy=package.pharmacy)
