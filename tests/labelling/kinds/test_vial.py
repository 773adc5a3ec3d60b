"""The flag on an opened vial: what it says, and how it is printed."""

from datetime import datetime
from itertools import product as every

import pytest

from dispensary import labelling
from dispensary.labelling.content import Pictogram
from dispensary.labelling.designs import load
from dispensary.labelling.fonts import NoGlyph
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.symbols import Code, Symbol
from dispensary.rules.people import Language
from dispensary.rules.product import Container, Temperature
from tests.labelling.kinds.on_paper import require_on_paper
from tests.labelling.other_facts import NEW_YORK, WORST_VIAL, a_vial_label
from tests.labelling.package_facts import a_product
from tests.refusing import refused


def test_a_flag_says_until_when_and_all_that_goes_with_it():
    text = a_vial_label().said()
    assert text.drug == "CYANOcobalamin injection 1,000 mcg/mL"
    assert text.volume == "Full: 10 mL"
    assert text.discard_by.replace("\u00a0", " ") == "Discard by 19 Dec 2026 09:30"
    assert text.opened.replace("\u00a0", " ") == "Opened 21 Nov 2026 09:30"
    assert text.initials == "Opened by: alex"
    assert text.vial == "Vial V12"
    assert text.lot == "Lot A23"
    assert text.preservative == "Preservative: benzyl alcohol 15 mg/mL."
    assert text.light == "Keep in the dark."
    assert (text.keep, text.dedicated, text.copy) == ("", "", "")
    assert text.pictograms == (Pictogram.DARK,)


def test_a_flag_in_bokmaal():
    text = a_vial_label(language=Language.BOKMAAL, copy=2, patient="Kari Nordmann").said()
    assert text.discard_by.replace("\u00a0", " ") == "Kastes senest 19.12.2026 kl. 09.30"
    assert text.opened.replace("\u00a0", " ") == "Åpnet 21.11.2026 kl. 09.30"
    assert (text.vial, text.lot, text.light) == ("Hetteglass V12", "Lot A23", "Oppbevares mørkt.")
    assert (text.dedicated, text.copy) == ("Bare til Kari Nordmann", "Kopi 2")


def test_a_vial_that_lasts_through_its_lots_last_day_does_not_say_midnight():
    text = a_vial_label(discard_at=datetime(2026, 12, 1, 0, 0, tzinfo=NEW_YORK)).said()
    assert text.discard_by.replace("\u00a0", " ") == "Discard by 30 Nov 2026 23:59"


def test_a_flag_never_shows_more_than_the_vial_has():
    text = a_vial_label(discard_at=datetime(2026, 12, 19, 9, 30, 59, tzinfo=NEW_YORK)).said()
    assert text.discard_by.endswith("09:30")


@pytest.mark.parametrize(
    ("temperature", "keep", "pictograms"),
    [
        (Temperature.ROOM, "", ()),
        (Temperature.UP_TO_25, "", ()),
        (Temperature.COOL, "Store at 8 to 15 °C.", ()),
        (
            Temperature.REFRIGERATOR,
            "Store in a refrigerator, 2 to 8 °C. Do not freeze.",
            (Pictogram.REFRIGERATE, Pictogram.DO_NOT_FREEZE),
        ),
        (Temperature.BATCH, "Store it as the pharmacist has told you.", ()),
    ],
)
def test_a_flag_says_how_what_is_not_kept_at_room_temperature_is_kept(temperature, keep, pictograms):
    text = a_vial_label(product=a_product(temperature=temperature, dark=False)).said()
    assert (text.keep, text.pictograms, text.light) == (keep, pictograms, "")


def test_the_symbol_is_what_is_typed_to_draw_from_it():
    assert a_vial_label().said().symbol == Symbol("V12", Code.DATAMATRIX)


USUAL = {
    "multi-dose": {},
    "parabens": {
        "product": a_product(fill_ul=30_000, preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL"),
        "volume_ul": 30_000,
    },
    "ampoule": {"product": a_product(container=Container.AMPOULE, preservatives="none"), "volume_ul": 1000},
    "dedicated": {"patient": "Kari Nordmann", "lot": "01052018@46"},
}


@pytest.mark.parametrize(("usual", "language"), list(every(USUAL, Language)))
def test_a_usual_flag_fits_fifty_by_twenty_five_millimetres(usual, language):
    require_on_paper(a_vial_label(language=language, **USUAL[usual]), "vial-50x25", least_pt=6)


@pytest.mark.parametrize("language", Language)
def test_the_worst_flag_goes_to_the_next_design(language):
    facts = a_vial_label(language=language, **WORST_VIAL)
    require_on_paper(facts, "vial-50x25", goes_to="vial-62x40", least_pt=6)


@pytest.mark.parametrize("design", ["vial-50x25", "vial-62x40"])
@pytest.mark.parametrize("language", Language)
def test_nothing_is_larger_than_until_when(design, language):
    (page,) = labelling.pages([[a_vial_label(language=language)]], load(design))
    largest = [line for line in page.lines if line.size_pt == max(each.size_pt for each in page.lines)]
    assert "2026" in largest[-1].text
    assert largest[0].text in ("Discard by", "Kastes senest", "Discard by 19\u00a0Dec\u00a02026\u00a009:30")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"lot": "W" * 60}, "lot"),
        ({"patient": "Maria " * 90}, "dedicated"),
        ({"product": a_product(name="Cyanocobalamin injection " * 20)}, "drug"),
    ],
)
def test_a_flag_that_fits_no_design_is_refused_naming_the_field(given, field):
    facts = a_vial_label(**given)
    assert refused(LabelDoesNotFit, lambda: labelling.pages([[facts]], load("vial-50x25"))).facts["field"] == field


def test_a_character_without_a_glyph_is_refused():
    facts = a_vial_label(patient="Maria \u4e2d")
    assert refused(NoGlyph, lambda: labelling.pages([[facts]], load("vial-50x25"))).facts["field"] == "dedicated"
