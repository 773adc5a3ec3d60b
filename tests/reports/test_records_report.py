from dataclasses import asdict
from decimal import Decimal

from dispensary.lookup import NotFound
from dispensary.reports.people import records
from dispensary.reports.people.users import UserRow, users
from dispensary.rules.people import Condition, Role
from dispensary.rules.product import Route, Sensitivity
from dispensary.services.catalogue.formulary import NewPack, ProductEdit, add_pack, edit_product
from dispensary.services.people.credentials import PinOf, give_pin
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_patient, a_prescriber
from tests.refusing import refused


def test_the_formulary_shows_packs_minimum_and_confidence(shop):
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", "50305170031256", 1))
    shop.do(edit_product, ProductEdit(shop.key(), "US-CY-ARG1", 50))
    found = {row.product: row for row in shop.read(records.products)}
    row = found["US-CY-ARG1"]
    assert len(found) == 14
    assert list(found) == sorted(found)
    assert [(pack.gtin, pack.units) for pack in row.packs] == [("00305170031251", 25), ("50305170031256", 1)]
    assert (row.minimum_units, row.routes, row.fill_ml) == (50, (Route.IM, Route.SUBCUT), Decimal(1))
    assert row.confidence == "listing seen; preservative from memory"
    assert (found["NO-CY-TAK1"].packs, found["NO-CY-TAK1"].minimum_units) == ((), None)


def test_one_product_is_the_row_of_the_list(shop):
    listed = {row.product: row for row in shop.read(records.products)}
    assert shop.read(records.show_product, "us-hy-act30") == listed["US-HY-ACT30"]


def test_an_unknown_product_is_refused(shop):
    refused(NotFound, lambda: shop.read(records.show_product, "US-XX-NOPE"))


def test_patients_are_listed_with_what_the_checks_need(shop):
    a_patient(shop, sensitivities=("parabens", "benzyl alcohol"), conditions=("pregnancy", "leber"))
    a_patient(shop, "MRN-2", "Ola Nordmann")
    found = shop.read(records.patients, 1, zone=shop.on.tzinfo)
    kari, ola = found.shown
    assert (kari.patient, kari.identifier, kari.name) == ("P1", "MRN-1", "Kari Nordmann")
    assert kari.sensitivities == (Sensitivity.BENZYL_ALCOHOL, Sensitivity.PARABENS)
    assert kari.conditions == (Condition.LEBER, Condition.PREGNANCY)
    assert (ola.sensitivities, ola.conditions) == ((), ())
    assert found.patients == {1, 2}
    one = shop.read(records.show_patient, 1, "P1", zone=shop.on.tzinfo)
    assert (asdict(one.shown), one.patients) == (asdict(kari) | {"changes": ()}, {1})


def test_prescribers_and_users_are_listed(shop):
    a_prescriber(shop)
    shop.do(add_user, NewUser(shop.key(), "Åse", Role.TECHNICIAN))
    assert shop.read(records.prescribers, 1) == (
        records.PrescriberRow("PR1", "Dr. Ida Berg", "physician", "1234567893", None),
    )
    shop.do(give_pin, PinOf(shop.key(), "alex"), pin_hash="a hash")
    assert shop.read(users, 1) == (
        UserRow("alex", Role.PHARMACIST, disabled=False, pin=True, badge=False),
        UserRow("Åse", Role.TECHNICIAN, disabled=False, pin=False, badge=False),
    )
