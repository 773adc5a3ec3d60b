"""The label on the shelf: what it says, and how it is printed."""

from itertools import product as every

import pytest

from dispensary import labelling
from dispensary.labelling.content import Limits, Pictogram
from dispensary.labelling.designs import load
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.symbols import Code, Symbol
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Temperature
from tests.labelling.kinds.on_paper import require_on_paper
from tests.labelling.other_facts import WORST_SHELF, a_shelf_label
from tests.labelling.package_facts import a_product
from tests.refusing import refused


def test_a_shelf_label_tells_the_product_from_its_neighbours():
    text = a_shelf_label().said()
    assert text.drug == "CYANOcobalamin injection 1,000 mcg/mL"
    assert text.contents == "10 mL multi-dose vial"
    assert text.labeler == "Manufacturer: American Regent."
    assert text.preservative == "Preservative: benzyl alcohol 15 mg/mL."
    assert text.keep == "Store at 20 to 25 °C (68 to 77 °F)."
    assert text.light == "Keep in the dark."
    assert text.code == "Product US-CY-ARG1"
    assert text.copy == ""
    assert text.pictograms == (Pictogram.DARK, Pictogram.LIMITS)
    assert text.limits == Limits(low_c=20, high_c=25)


def test_a_shelf_label_in_bokmaal():
    ampoule = a_product(
        name="Vitamin B12 Depot",
        form=Form.HYDROXOCOBALAMIN,
        container=Container.AMPOULE,
        temperature=Temperature.UP_TO_25,
    )
    facts = a_shelf_label(country=Country.NORWAY, language=Language.BOKMAAL, product=ampoule, copy=2)
    text = facts.said()
    assert text.drug == "Vitamin B12 Depot (HYDROKSOkobalamin) 1 mg/ml"
    assert text.contents == "Ampulle, 1 ml"
    assert text.keep == "Oppbevares ved høyst 25 °C."
    assert (text.code, text.light, text.copy) == ("Vare US-CY-ARG1", "Oppbevares mørkt.", "Kopi 2")


def test_the_symbol_is_the_units_gtin_or_else_the_products_code():
    assert a_shelf_label().said().symbol == Symbol("(01)00305170031251", Code.GS1_DATAMATRIX)
    assert a_shelf_label(gtin=None).said().symbol == Symbol("US-CY-ARG1", Code.DATAMATRIX)


def test_light_is_named_for_the_products_that_it_harms_and_no_others():
    text = a_shelf_label(product=a_product(dark=False)).said()
    assert (text.light, text.pictograms) == ("", (Pictogram.LIMITS,))


USUAL = {
    "multi-dose": {},
    "parabens": {"product": a_product(preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL"), "gtin": None},
    "cold": {"product": a_product(temperature=Temperature.REFRIGERATOR)},
}


@pytest.mark.parametrize(("usual", "country", "language"), list(every(USUAL, Country, Language)))
def test_a_usual_shelf_label_fits_sixty_two_by_twenty_nine_millimetres(usual, country, language):
    facts = a_shelf_label(country=country, language=language, **USUAL[usual])
    require_on_paper(facts, "shelf-62x29", least_pt=6)


@pytest.mark.parametrize(("country", "language"), list(every(Country, Language)))
def test_the_worst_shelf_label_goes_to_the_next_design(country, language):
    facts = a_shelf_label(country=country, language=language, **WORST_SHELF)
    require_on_paper(facts, "shelf-62x29", goes_to="shelf-62x40", least_pt=6)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"product": a_product(name="Cyanocobalamin injection " * 20)}, "drug"),
        ({"product": a_product(labeler="American Regent " * 40)}, "labeler"),
    ],
)
def test_a_shelf_label_that_fits_no_design_is_refused_naming_the_field(given, field):
    facts = a_shelf_label(**given)
    assert refused(LabelDoesNotFit, lambda: labelling.pages([[facts]], load("shelf-62x29"))).facts["field"] == field
