"""What each label must say, by law and by the product."""

from dataclasses import fields, replace
from datetime import date

import pytest

from dispensary.labelling.content import Limits, Pictogram
from dispensary.labelling.kinds.dispense import LabelLacks, dispense_text
from dispensary.labelling.symbols import Code, Symbol
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Temperature
from tests.labelling.package_facts import a_norwegian_package, a_package, a_product
from tests.refusing import refused


def test_an_american_label_says_what_the_law_asks_for():
    text = dispense_text(a_package())
    # 21 USC 353(b)(2) and California HSC 111480, element by element.
    assert text.pharmacy == "Harbor Pharmacy"
    assert text.address == "12 Quay Street, Sacramento CA 95814"
    assert text.phone == "(916) 555-0100"
    assert text.rx == "No. RX1001"
    assert text.fill == "Fill 1"
    assert text.dispensed_on == "Dispensed 21 Nov 2026"
    assert text.prescriber == "Prescriber: Jane Smith, MD"
    assert text.patient == "Maria O'Brien, born 4 May 1961"
    assert text.drug == "CYANOcobalamin injection 1,000 mcg/mL"
    assert text.contents == "1 mL multi-dose vial"
    assert text.directions.replace("\u00a0", " ") == "Inject 1 mg (1 mL) into a muscle once a week."
    assert text.purpose == "For: vitamin B12 deficiency"
    assert text.quantity == "Quantity: 4"
    assert text.refills == "Refills left: 2"
    assert text.labeler == "Manufacturer: American Regent."
    assert text.lot == "Lot A23"
    assert text.expires == "Expires 2027-05-31"
    assert text.rx_only == "Rx only"
    assert text.checked_by == "Checked by: KN"


def test_a_norwegian_label_says_what_the_law_asks_for():
    text = dispense_text(a_norwegian_package())
    # Forskrift 2022-06-02-977 § 15-2, element by element.
    assert text.patient == "Kari Nordmann, født 04.05.1961"
    assert text.prescriber == "Forskriver: Ola Ås, lege"
    assert text.dispensed_on == "Utlevert 21.11.2026"
    assert text.pharmacy == "Svaneapoteket"
    assert text.purpose == "Brukes ved: vitamin B12-mangel"
    assert text.directions.replace("\u00a0", " ") == "Injiser 1 mg (1 ml) i en muskel 1 gang i uken."
    assert text.checked_by == "Kontrollert av: KN"
    assert text.drug == "Vitamin B12 Depot (HYDROKSOkobalamin) 1 mg/ml"
    assert text.contents == "Ampulle, 1 ml"
    assert text.keep == "Oppbevares ved høyst 25 °C."
    assert text.light == "Oppbevares i originalpakningen for å beskytte mot lys."
    assert text.children == "Oppbevares utilgjengelig for barn."
    assert text.rx_only == ""


@pytest.mark.parametrize(
    ("country", "field"),
    [(Country.US, field) for field in ("pharmacy", "address", "rx", "prescriber", "patient", "lot")]
    + [(Country.NORWAY, field) for field in ("pharmacy", "prescriber", "profession", "patient", "lot", "checked_by")],
)
def test_a_label_without_what_the_law_asks_for_is_refused(country, field):
    refused(LabelLacks, lambda: dispense_text(a_package(country=country, **{field: " "})))


def test_country_and_language_are_independent():
    american = dispense_text(a_package(language=Language.BOKMAAL))
    assert (american.keep, american.rx_only) == ("Oppbevares ved 20 til 25 °C (68 til 77 °F).", "Rx only")
    norwegian = dispense_text(a_norwegian_package(language=Language.ENGLISH))
    assert (norwegian.keep, norwegian.rx_only) == ("Do not store above 25 °C.", "")


def test_directions_that_were_never_read_are_printed_as_written():
    text = dispense_text(a_package(directions=None, directions_as_written="As on the card"))
    assert text.directions == "As on the card"


def test_no_directions_at_all_are_as_agreed_with_the_prescriber():
    text = dispense_text(a_norwegian_package(directions=None, directions_as_written=""))
    assert text.directions == "Brukes som avtalt med Ola Ås."


def test_no_purpose_is_invented():
    assert dispense_text(a_package(indication="")).purpose == ""


@pytest.mark.parametrize(
    ("temperature", "keep", "limits"),
    [
        (Temperature.ROOM, "Store at 20 to 25 °C (68 to 77 °F).", Limits(low_c=20, high_c=25)),
        (Temperature.UP_TO_25, "Do not store above 25 °C (77 °F).", Limits(low_c=None, high_c=25)),
        (
            Temperature.REFRIGERATOR,
            "Store in a refrigerator, 2 to 8 °C (36 to 46 °F). Do not freeze.",
            Limits(low_c=2, high_c=8),
        ),
        (Temperature.COOL, "Store at 8 to 15 °C (46 to 59 °F).", Limits(low_c=8, high_c=15)),
        (Temperature.BATCH, "Store it as the pharmacist has told you.", None),
    ],
)
def test_storage_is_the_products_own(temperature, keep, limits):
    text = dispense_text(a_package(product=a_product(temperature=temperature)))
    assert (text.keep, text.limits) == (keep, limits)


def test_light_is_named_for_the_products_that_it_harms_and_no_others():
    assert dispense_text(a_package()).light == "Protect from light: keep in the carton."
    kept_in_glass = dispense_text(a_package(product=a_product(dark=False)))
    assert (kept_in_glass.light, Pictogram.DARK in kept_in_glass.pictograms) == ("", False)


@pytest.mark.parametrize(
    ("container", "preservatives", "use"),
    [
        (Container.AMPOULE, "benzyl alcohol 1.5%", "Use once, discard the rest."),
        (Container.SINGLE_DOSE_VIAL, "none", "Use once, discard the rest."),
        (Container.VIAL, "benzyl alcohol", "Use once, discard the rest."),
        (Container.MULTI_DOSE_VIAL, "none", "Use once, discard the rest."),
        (Container.MULTI_DOSE_VIAL, "unknown", "Discard 28 days after first use."),
        (Container.MULTI_DOSE_VIAL, "benzyl alcohol 1.5%", "Discard 28 days after first use."),
    ],
)
def test_only_a_multi_dose_vial_is_kept_after_first_use(container, preservatives, use):
    product = a_product(container=container, preservatives=preservatives)
    assert dispense_text(a_package(product=product)).use == use


@pytest.mark.parametrize(
    ("name", "form", "drug"),
    [
        ("Dodex", Form.CYANOCOBALAMIN, "Dodex (CYANOcobalamin) 1,000 mcg/mL"),
        ("Hydroxocobalamin injection", Form.HYDROXOCOBALAMIN, "HYDROXOcobalamin injection 1,000 mcg/mL"),
        (
            "Hydroksokobalamin Orifarm",
            Form.HYDROXOCOBALAMIN,
            "HYDROKSOkobalamin Orifarm 1,000 mcg/mL",
        ),
    ],
)
def test_a_name_that_hides_the_molecule_is_followed_by_it(name, form, drug):
    assert dispense_text(a_package(product=a_product(name=name, form=form))).drug == drug


def test_a_fill_from_two_lots_says_which_package_comes_first():
    first, second = (dispense_text(a_package(part=part, parts=2)) for part in (1, 2))
    assert first.package == "Package 1 of 2: use this one first."
    assert second.package == "Package 2 of 2: use after package 1."
    assert dispense_text(a_package()).package == ""


def test_the_symbol_is_of_this_package():
    assert dispense_text(a_package()).symbol == Symbol("(01)00305170031251(10)A23(17)270531", Code.GS1_DATAMATRIX)
    plain = dispense_text(a_package(gtin=None, part=2, parts=2, expires=date(2028, 2, 29)))
    assert plain.symbol == Symbol("D12/2|2028-02-29|A23", Code.DATAMATRIX)


def test_text_is_composed():
    assert dispense_text(a_package(patient="Ase A\u030as")).patient.startswith("Ase Ås")


def test_equal_facts_make_equal_text():
    facts = a_package()
    assert dispense_text(facts) == dispense_text(replace(facts))
    assert all(
        isinstance(getattr(dispense_text(facts), f.name), str) for f in fields(dispense_text(facts)) if f.type is str
    )


def test_translated_directions_stand_with_the_english_ones_in_the_united_states():
    text = dispense_text(a_package(language=Language.BOKMAAL))
    assert text.directions.startswith("Injiser 1 mg")
    assert text.in_english == "På engelsk: Inject 1 mg (1 mL) into a muscle once a week."
    assert dispense_text(a_package()).in_english == ""
    assert dispense_text(a_norwegian_package()).in_english == ""
    assert dispense_text(a_norwegian_package(language=Language.ENGLISH)).in_english == ""
