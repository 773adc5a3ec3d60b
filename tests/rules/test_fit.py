import pytest

from dispensary.rules.fit import PlaceDoesNotFit, misfits, require_fits
from dispensary.rules.formulary import read_rows
from dispensary.rules.place import Climate, PlaceKind, starting_climate
from dispensary.rules.product import Storage, Temperature
from tests.build import FORMULARY
from tests.refusing import refused

ROOM, UP_TO_25, REFRIGERATOR, COOL, BATCH = Temperature

FITS = {
    ROOM: {ROOM},
    UP_TO_25: {ROOM, UP_TO_25, REFRIGERATOR, COOL},
    REFRIGERATOR: {REFRIGERATOR},
    COOL: {COOL},
    BATCH: set(Temperature),
}


@pytest.mark.parametrize("product", Temperature)
@pytest.mark.parametrize("place", Temperature)
def test_a_place_fits_where_its_class_lies_within_the_products(product, place):
    found = misfits(Storage(product, protect_from_light=False), Climate(place, dark=True))
    assert (found == ()) == (place in FITS[product])


def test_only_a_dark_place_protects_from_light():
    bright, dark = Climate(ROOM, dark=False), Climate(ROOM, dark=True)
    assert misfits(Storage(ROOM, protect_from_light=True), bright) == (
        "is in the light and the product is to be kept dark",
    )
    assert misfits(Storage(ROOM, protect_from_light=True), dark) == ()
    assert misfits(Storage(ROOM, protect_from_light=False), bright) == ()


def test_what_a_batch_record_says_is_still_kept_dark():
    assert len(misfits(Storage(BATCH, protect_from_light=True), Climate(COOL, dark=False))) == 1


def test_a_place_where_no_stock_stands_has_no_climate_to_misfit():
    assert misfits(Storage(REFRIGERATOR, protect_from_light=True), starting_climate(PlaceKind.WASTE)) == ()


def test_a_misfit_is_refused_unless_somebody_says_why():
    product = read_rows(FORMULARY.read_bytes(), "formulary.csv")[0].product
    assert (product.storage.temperature, product.storage.protect_from_light) == (ROOM, True)
    window = Climate(REFRIGERATOR, dark=False)
    refused(PlaceDoesNotFit, lambda: require_fits(product, "window", window, None))
    require_fits(product, "window", window, "heat wave")
    require_fits(product, "shelf", Climate(ROOM, dark=True), None)
