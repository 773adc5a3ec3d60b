"""What directions mean and need, before a prescription is entered: with a product, or with what is on hand."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from dispensary import lookup, on_hand
from dispensary.errors import Refused
from dispensary.labelling import wording
from dispensary.rules.choosing import Wanted, choose, propose
from dispensary.rules.course import Course
from dispensary.rules.directions import Directions
from dispensary.rules.grammar import parse, render
from dispensary.rules.people import Language
from dispensary.rules.plan import Plan, plan
from dispensary.rules.product import Form, Product


class OtherForm(Refused):
    """A product of another form than the one that was asked for; they are never exchanged."""

    sentence = "{product} is {form} and not {given}: name a product of the form, or leave the form out."
    product: str
    form: str
    given: str


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """The directions, and what to plan them with: a product, a form on hand, or neither; for days, or for units."""

    text: str
    form: Form | None
    product: str | None
    start: date
    days: int
    units: int | None
    language: Language


def bare_plan(asked: PlanAsked) -> Plan:
    """The plan of directions alone; raises what the grammar refuses."""
    directions = parse(asked.text)
    return plan(directions, render(directions, asked.language), start=asked.start, days=asked.days, product=None)


def planned(db: Connection, site_id: int, asked: PlanAsked, today: date) -> Plan:
    """The plan with the product that was named, else with the best of the form on hand.

    Where nothing on hand serves it, with the best of what the pharmacy has had, or of the formulary.

    Raises what the grammar refuses, NotFound and NotAWholeMicrolitre.
    """
    if asked.product is not None:
        product = lookup.product_by_code(db, asked.product)[1]
        if asked.form not in (None, product.form):
            raise OtherForm(product=product.code, form=product.form, given=str(asked.form))
        directions = parse(asked.text, {product.strength})
        return _with(directions, product, asked, f"{product.code} was named.")
    if asked.form is None:
        return bare_plan(asked)
    directions = parse(asked.text, lookup.strengths_of(db, asked.form))
    days = asked.days if asked.units is None else None
    wanted = Wanted(course=Course(directions, asked.start), units=None, most=asked.units, days=days)
    try:
        stocks = on_hand.of_form(db, asked.form, site_id)
        if stocks:
            choice = choose(stocks, wanted, today)
            return _with(directions, choice.stock.product, asked, choice.why)
        why = f"No {asked.form} is on hand."
    except Refused as refusal:
        why = str(refusal)
    products = lookup.products_of_form(db, asked.form)
    usual = on_hand.received_before(db, products, site_id)
    try:
        best = propose([product for key, product in products.items() if key in usual], wanted)[0]
    except Refused:
        sentence = render(directions, asked.language)
        return plan(directions, sentence, start=asked.start, days=asked.days, product=None, why=why)
    return _with(directions, best.product, asked, f"{why} Planned with {best}.")


def _with(directions: Directions, product: Product, asked: PlanAsked, why: str) -> Plan:
    sentence = wording.sentence(directions, product, asked.language)
    return plan(directions, sentence, start=asked.start, days=asked.days, product=product, units=asked.units, why=why)
