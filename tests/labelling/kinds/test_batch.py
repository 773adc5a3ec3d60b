"""The label of a batch: what it says, and how it is printed."""

from itertools import product as every

import pytest

from dispensary import labelling
from dispensary.labelling.content import Pictogram
from dispensary.labelling.designs import load
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.symbols import Code, Symbol
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Form, Route, Temperature
from tests.labelling.kinds.on_paper import require_on_paper
from tests.labelling.other_facts import WORST_BATCH, a_batch_label
from tests.labelling.package_facts import a_product
from tests.refusing import refused


def test_a_batch_label_says_what_the_chapter_on_compounding_asks_for():
    text = a_batch_label().said()
    assert text.compounded == "Compounded by Harbor Pharmacy."
    assert (text.address, text.phone) == ("12 Quay Street, Sacramento CA 95814", "(916) 555-0100")
    assert (text.batch, text.lot) == ("Batch B1", "Lot H1")
    assert text.drug == "METHYLcobalamin injection 1,000 mcg/mL"
    assert text.contents == "1 mL single-dose vial"
    assert text.route == "To inject into a muscle or under the skin."
    assert text.use == "Use once, discard the rest."
    assert text.use_by.replace("\u00a0", " ") == "Use by 24 Nov 2026"
    assert text.preservative == "No preservative."
    assert text.keep == "Store in a refrigerator, 2 to 8 °C (36 to 46 °F). Do not freeze."
    assert text.light == "Keep in the dark."
    assert text.children == "Keep out of the reach of children."
    assert text.ingredients == "Made of: Methylcobalamin USP lot P1; Sodium chloride 0.9% lot N1."
    assert text.made.replace("\u00a0", " ") == "Made 21 Nov 2026 09:30"
    assert text.units == "Units made: 48"
    assert (text.made_by, text.checked_by, text.copy) == ("Made by: alex", "Checked by: sam", "")
    assert text.pictograms == tuple(Pictogram)


def test_a_batch_label_in_bokmaal():
    text = a_batch_label(country=Country.NORWAY, language=Language.BOKMAAL, copy=3).said()
    assert text.compounded == "Tilvirket ved Harbor Pharmacy."
    assert text.use_by == "Brukes senest 24.11.2026"
    assert text.route == "Til injeksjon i en muskel eller under huden."
    assert text.ingredients == "Ingredienser: Methylcobalamin USP lot P1; Sodium chloride 0.9% lot N1."
    assert text.made.replace("\u00a0", " ") == "Tilvirket 21.11.2026 kl. 09.30"
    assert (text.made_by, text.checked_by, text.copy) == ("Tilvirket av: alex", "Kontrollert av: sam", "Kopi 3")


def test_what_is_injected_in_one_way_only_says_so():
    product = a_batch_label().product
    one = a_batch_label(product=type(product)(**{**fields_of(product), "routes": frozenset({Route.IM})}))
    assert one.said().route == "To inject into a muscle."


def fields_of(product):
    return {name: getattr(product, name) for name in product.__slots__}


def test_a_multi_dose_batch_says_for_how_long_it_is_used():
    assert a_batch_label(product=a_product()).said().use == "Discard 28 days after first use."


def test_many_ingredients_stand_in_the_record_of_the_batch():
    text = a_batch_label(ingredients=(("Powder", "P1"),) * 5).said()
    assert text.ingredients == "Made of 5 ingredients, see the batch record."


def test_the_symbol_is_of_the_lot_that_was_made():
    assert a_batch_label().said().symbol == Symbol("B1|2026-11-24|H1", Code.DATAMATRIX)


@pytest.mark.parametrize("country", Country)
def test_a_usual_batch_label_fits_sixty_two_by_fifty_millimetres(country):
    require_on_paper(a_batch_label(country=country), "batch-62x50", least_pt=6)
    norwegian = a_product(
        name="Metylkobalamin injeksjon",
        form=Form.METHYLCOBALAMIN,
        preservatives="none",
        temperature=Temperature.REFRIGERATOR,
    )
    facts = a_batch_label(country=country, language=Language.BOKMAAL, product=norwegian)
    require_on_paper(facts, "batch-62x50", least_pt=6)


@pytest.mark.parametrize(("country", "language"), list(every(Country, Language)))
def test_the_worst_batch_label_goes_to_the_next_design(country, language):
    facts = a_batch_label(country=country, language=language, **WORST_BATCH)
    require_on_paper(facts, "batch-62x50", goes_to="batch-100x62", least_pt=6)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"pharmacy": "Harbor Pharmacy " * 40}, "compounded"),
        ({"lot": "W" * 60}, "lot"),
        ({"ingredients": (("Methylcobalamin " * 20, "P1"),) * 4}, "ingredients"),
    ],
)
def test_a_batch_label_that_fits_no_design_is_refused_naming_the_field(given, field):
    facts = a_batch_label(**given)
    assert refused(LabelDoesNotFit, lambda: labelling.pages([[facts]], load("batch-62x50"))).facts["field"] == field
