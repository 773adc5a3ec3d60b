"""The label of a bag: what it says, what it must not say, and how it is printed."""

from itertools import product as every

import pytest

from dispensary import labelling
from dispensary.labelling.content import Limits, Pictogram, sayable
from dispensary.labelling.designs import load
from dispensary.labelling.kinds.bag import BagText
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.symbols import Code, Symbol
from dispensary.rules.people import Language
from dispensary.rules.product import Storage, Temperature
from tests.labelling.kinds.on_paper import require_on_paper
from tests.labelling.other_facts import WORST_BAG, a_bag_label
from tests.refusing import refused

COLD = Storage(Temperature.REFRIGERATOR, protect_from_light=True)


def test_a_bag_says_whose_it_is_and_how_it_waits():
    text = a_bag_label(storage=COLD, units=2).said()
    assert text.patient == "For Maria O'Brien"
    assert (text.rx, text.fill, text.dispense) == ("No. RX1001", "Fill 1", "D12")
    assert text.units == "Units: 2"
    assert text.keep == "Keep in the refrigerator until you use it."
    assert text.light == "Keep in the dark until you use it."
    assert text.dispensed_on == "Dispensed 21 Nov 2026"
    assert (text.pharmacy, text.copy) == ("Harbor Pharmacy", "")
    assert text.symbol == Symbol("D12", Code.DATAMATRIX)
    assert text.limits == Limits(low_c=2, high_c=8)
    assert Pictogram.CHILDREN not in text.pictograms


def test_a_bag_in_bokmaal():
    text = a_bag_label(language=Language.BOKMAAL, storage=COLD, copy=2).said()
    assert (text.patient, text.units, text.copy) == ("Til Maria O'Brien", "Enheter: 1", "Kopi 2")
    assert text.keep == "Oppbevares i kjøleskap fram til bruk."
    assert text.light == "Oppbevares mørkt fram til bruk."


def test_a_bag_of_what_is_kept_at_room_temperature_in_its_glass_says_nothing_of_it():
    text = a_bag_label(storage=Storage(Temperature.ROOM, protect_from_light=False)).said()
    assert (text.keep, text.light, text.pictograms) == ("", "", (Pictogram.LIMITS,))


def test_strangers_read_nothing_of_the_medicine_the_address_or_the_birth_on_a_bag():
    assert sayable(BagText) == {
        "page",
        "copy",
        "pharmacy",
        "patient",
        "rx",
        "fill",
        "dispense",
        "dispensed_on",
        "units",
        "keep",
        "light",
    }


@pytest.mark.parametrize(("language", "given"), list(every(Language, ({}, {"storage": COLD, "units": 2}, WORST_BAG))))
def test_a_bags_label_fits_sixty_two_by_forty_millimetres(language, given):
    require_on_paper(a_bag_label(language=language, **given), "bag-62x40", least_pt=6.5)


@pytest.mark.parametrize(("given", "field"), [({"patient": "Maria " * 90}, "patient"), ({"rx": "R" * 90}, "rx")])
def test_a_bags_label_that_does_not_fit_is_refused_naming_the_field(given, field):
    facts = a_bag_label(**given)
    assert refused(LabelDoesNotFit, lambda: labelling.pages([[facts]], load("bag-62x40"))).facts["field"] == field
