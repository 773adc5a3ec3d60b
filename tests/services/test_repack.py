import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.places import NotAStockPlace
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.beyond_use import BeyondUseTooShort, Category, Stability, Start
from dispensary.rules.compounding import (
    ImpossibleYield,
    IngredientExpired,
    NamesPreservative,
    NotMadeHere,
    OtherMolecule,
    PowderIsNotSterile,
    PreservativesDiffer,
    StrengthDiffers,
    Unpreserved,
)
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.ingredient import parse_diluent, parse_powder
from dispensary.rules.people import Role
from dispensary.rules.recall import RecallClass, Scope
from dispensary.rules.shelf import ALLOWED, LotNotUsable, Operation, State
from dispensary.schema import compounding, people, stock, trust
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import (
    Batch,
    BatchPlaceDoesNotFit,
    Ingredient,
    IngredientRecalled,
    NotForBatches,
    RecalledBeforeMade,
    Repacked,
    repack,
)
from dispensary.services.compounding.used_up import FromLot, NothingToUse
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.second_person import NotAnotherPerson
from dispensary.services.recalls.recall import Notice, recall
from tests.build import a_lot, an_rx, dispensed, in_state, later, rows, units_at
from tests.refusing import everything, nothing_written

POWDER = "Cyanocobalamin USP;P1;2027-05;50 mg"
SALINE = "Sodium chloride 0.9%;N1;2027-11-30;50 mL;none"


def house_products(shop):
    """In-house products: without preservative, with benzyl alcohol, by the batch record, and weaker."""
    lines = [",".join(COLUMNS)]
    for code, strength, container, preservatives in (
        ("HS-PF1", 1000, "single-dose vial", "none"),
        ("HS-BA1", 1000, "multi-dose vial", "benzyl alcohol"),
        ("HS-BR1", 1000, "single-dose vial", "per batch record"),
        ("HS-MD1", 1000, "multi-dose vial", "per batch record"),
        ("HS-WK1", 500, "single-dose vial", "none"),
    ):
        name = f"{code} cyanocobalamin"
        lines.append(
            f"{code},{name},house,cyanocobalamin,{strength},{container},1,1,{preservatives},2-8,yes,IM,none,,,own"
        )
    read = read_rows("\n".join(lines).encode(), "house.csv")
    shop.do(import_products, Import(shop.key(), "house.csv", read))


def a_batch(shop, product="HS-BA1", units=5, made=5, **more):
    order = {
        "key": shop.key(),
        "product": product,
        "main": FromLot("A1", units),
        "diluents": (),
        "made": made,
        "category": Category.TWO,
        "start": Start.STERILE,
        "stability": None,
        "checked_by": "sam",
        "place": "refrigerator",
        **more,
    }
    return Batch(**order)


def made(shop, product="HS-BA1", **more):
    return shop.do(repack, a_batch(shop, product, **more))


def of_powder(shop, **more):
    given = {
        "product": "HS-PF1",
        "main": parse_powder(POWDER),
        "diluents": (parse_diluent(SALINE),),
        "made": 48,
        "start": Start.NON_STERILE,
    }
    return shop.do(repack, a_batch(shop, **{**given, **more}))


def the_event(shop):
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(newest).first())


@pytest.fixture
def house(shop):
    """alex and sam are pharmacists; 10 units of lot A1 of US-CY-ARG1, with benzyl alcohol, stand on the shelf."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    a_lot(shop, units=10)
    return shop


def test_units_become_a_lot_of_the_house(house):
    receipt = made(house, key="k", made=4)
    assert receipt == Repacked(
        batch="B1",
        key="k",
        product="HS-BA1",
        lot="H1",
        expires=date(2026, 11, 30),
        units=4,
        expected_units=5,
        yield_="80%",
        place="refrigerator",
        category=Category.TWO,
        start=Start.STERILE,
        limited_by="category 2, sterile start, refrigerated: 10 days (USP <797>, 2023)",
        preservative="benzyl alcohol 15 mg/mL",
        strength_mcg_per_ml=1000,
        ingredients=(
            Ingredient("Cyanocobalamin injection (US-CY-ARG1)", "US-CY-ARG1", "A1", date(2027, 11, 30), 5, "5 x 1 mL"),
        ),
        made_by="alex",
        checked_by="sam",
    )
    assert (units_at(house, "A1"), units_at(house, "H1", "refrigerator")) == (5, 4)
    assert rows(house, stock.movement) == 3
    assert (rows(house, compounding.batch), rows(house, compounding.batch_ingredient)) == (1, 1)


def test_a_powder_becomes_a_lot_of_the_house(house):
    receipt = of_powder(house)
    assert (receipt.lot, receipt.units, receipt.expected_units, receipt.preservative) == ("H1", 48, 50, "none")
    assert receipt.expires == date(2026, 11, 24)
    assert [(each.name, each.product, each.units, each.amount) for each in receipt.ingredients] == [
        ("Cyanocobalamin USP", None, None, "50 mg"),
        ("Sodium chloride 0.9%", None, None, "50 mL"),
    ]
    assert units_at(house, "A1") == 10


def test_a_lot_is_diluted(house):
    of_powder(house)
    weaker = made(
        house,
        "HS-WK1",
        main=FromLot("H1", 4),
        diluents=(parse_diluent("Water;W1;2027-05;4 mL;none"),),
        made=8,
    )
    assert (weaker.lot, weaker.strength_mcg_per_ml, weaker.expected_units) == ("H2", 500, 8)
    # What was made first limits what is made of it.
    assert weaker.expires == date(2026, 11, 24)


def test_the_event_tells_of_rows_movements_and_persons(house):
    made(house, stability=Stability(3, "a letter"))
    event = the_event(house)
    assert (event.kind, event.subject, event.actor, event.patient) == ("repack", "B1", "alex", "")
    kept = house.read(lambda db: db.execute(select(compounding.batch)).mappings().one())
    values = json.loads(event.canonical[event.canonical.index('{"') : -1])
    for column in (
        "category",
        "start",
        "stability_days",
        "stability_source",
        "limited_by",
        "preservative",
        "strength_mcg_per_ml",
        "units",
        "expected_units",
        "calculation",
    ):
        assert values[column] == kept[column], column
    assert values["lines"] == [
        ["US-CY-ARG1", "A1", "2027-11-30", "shelf", "compounding", 5],
        ["HS-BA1", "H1", "2026-11-23", "compounding", "refrigerator", 5],
    ]
    assert values["ingredients"] == [
        ["Cyanocobalamin injection (US-CY-ARG1)", "US-CY-ARG1", "A1", "2027-11-30", "5 x 1 mL", 5]
    ]
    assert values["checked_by"] == "sam"
    assert kept["calculation"].endswith(
        "stability data: 3 days (a letter): through 2026-11-23\n"
        "expiry of Cyanocobalamin injection (US-CY-ARG1) lot A1: through 2027-11-30"
    )


def test_the_same_key_makes_one_batch(house):
    order = a_batch(house, key="k", stability=Stability(9, "a letter"))
    first = house.do(repack, order)
    before = everything(house)
    assert house.do(repack, order) == first
    assert everything(house) == before
    nothing_written(house, KeyReused, lambda: house.do(repack, replace(order, made=4)))


def test_each_batch_has_a_number_of_its_own_also_where_a_lot_has_it(house):
    a_lot(house, "HS-BA1", "H1", expires="2026-12-31", place="refrigerator")
    assert [made(house, units=1, made=1).lot for _ in range(2)] == ["H1-2", "H2"]


def test_a_notice_about_a_lot_of_that_number_gives_the_next_one(house):
    notice = Notice(house.key(), Scope(None, "h1"), RecallClass.II, "D-1", house.today, "cracked vials")
    house.do(recall, notice)
    assert made(house).lot == "H1-2"


def test_what_a_notice_would_recall_is_not_made(house):
    notice = Notice(house.key(), Scope("HS-BA1", None), RecallClass.II, "D-1", house.today, "cracked vials")
    house.do(recall, notice)
    nothing_written(house, RecalledBeforeMade, lambda: made(house))


@pytest.mark.parametrize("lot", ["p1", "N1"])
def test_a_recalled_powder_or_diluent_is_not_used(house, lot):
    house.do(recall, Notice(house.key(), Scope(None, lot), RecallClass.I, "D-2", house.today, "not sterile"))
    nothing_written(house, IngredientRecalled, lambda: of_powder(house))


def test_what_was_made_is_dispensed_until_its_last_day(house):
    of_powder(house, made=40, stability=None)
    a_batch_rx = an_rx(house, directions="1 mg IM daily for 4 days", units=4, product="HS-PF1", as_written=True)
    receipt = dispensed(house, a_batch_rx)
    assert [(line.lot, line.units) for line in receipt.lines] == [("H1", 4)]


@pytest.mark.parametrize("state", [State.AVAILABLE, State.HELD, State.RECALLED])
def test_the_table_decides_which_lots_are_used(house, state):
    in_state(house, "A1", state)
    if ALLOWED[state, Operation.REPACK]:
        assert made(house).units == 5
    else:
        nothing_written(house, LotNotUsable, lambda: made(house))


def test_a_lot_is_used_through_its_last_day(house):
    a_lot(house, lot="E1", expires="2026-11-21", units=2)
    assert made(house, main=FromLot("E1", 1), made=1).expires == date(2026, 11, 21)
    tomorrow = later(house, 1)
    nothing_written(house, LotNotUsable, lambda: made(tomorrow, main=FromLot("E1", 1), made=1))


def test_units_come_from_one_place_that_is_for_patients(house):
    a_lot(house, units=20, place="quarantine")
    nothing_written(house, NothingToUse, lambda: made(house, main=FromLot("A1", 11), made=11))
    nothing_written(house, NothingToUse, lambda: made(house, main=FromLot("A1", 5, place="quarantine")))
    nothing_written(house, NothingToUse, lambda: made(house, main=FromLot("A1", 5, place="refrigerator")))
    assert made(house, main=FromLot("A1", 10, place="Shelf"), made=10).units == 10
    nothing_written(house, NothingToUse, lambda: made(house, main=FromLot("A1", 1), made=1))
    assert units_at(house, "A1", "quarantine") == 20


def test_a_lot_that_stands_nowhere(house):
    dispensed(house, an_rx(house, units=10))
    nothing_written(house, NothingToUse, lambda: made(house))


def test_of_lots_with_one_number_the_product_is_named(house):
    a_lot(house, "US-CY-FK1", units=3)
    nothing_written(house, WhichProduct, lambda: made(house))
    assert made(house, main=FromLot("A1", 5, product="us-cy-arg1")).ingredients[0].product == "US-CY-ARG1"
    nothing_written(house, NotFound, lambda: made(house, main=FromLot("A1", 5, product="US-CY-VIT30")))


def test_only_a_pharmacist_makes_a_batch(house):
    for name, role in (("tom", Role.TECHNICIAN), ("mia", Role.MANAGER)):
        house.do(add_user, NewUser(house.key(), name, role))
        nothing_written(house, NotAllowed, lambda name=name: made(replace(house, user=name)))
    house.do(add_user, NewUser(house.key(), "ada", Role.AUDITOR))
    nothing_written(house, NotAllowed, lambda: made(replace(house, user="ada")))


def test_another_person_checks_it(house):
    nothing_written(house, NotAnotherPerson, lambda: made(house, checked_by="alex"))
    nothing_written(house, NotAnotherPerson, lambda: made(house, checked_by="nobody"))
    house.do(add_user, NewUser(house.key(), "ada", Role.AUDITOR))
    house.do(add_user, NewUser(house.key(), "mia", Role.MANAGER))
    nothing_written(house, NotAnotherPerson, lambda: made(house, checked_by="ada"))
    nothing_written(house, NotAnotherPerson, lambda: made(house, checked_by="mia"))
    house.write(
        lambda db: db.execute(update(people.user).where(people.user.c.name == "sam").values(disabled_at=house.on))
    )
    nothing_written(house, NotAnotherPerson, lambda: made(house))


def test_the_place_keeps_what_is_made(house):
    nothing_written(house, BatchPlaceDoesNotFit, lambda: made(house, place="shelf"))
    nothing_written(house, NotForBatches, lambda: made(house, place="returned"))
    nothing_written(house, NotAStockPlace, lambda: made(house, place="waste"))
    nothing_written(house, NotFound, lambda: made(house, place="attic"))


def test_what_the_rules_refuse_leaves_nothing_behind(house):
    nothing_written(house, NotFound, lambda: made(house, "HS-NONE"))
    nothing_written(house, NotMadeHere, lambda: made(house, "US-CY-ARG1", place="shelf"))
    nothing_written(house, OtherMolecule, lambda: made(house, "US-ME-CMP10"))
    nothing_written(house, PreservativesDiffer, lambda: made(house, "HS-PF1"))
    nothing_written(house, ImpossibleYield, lambda: made(house, made=6))
    nothing_written(house, ImpossibleYield, lambda: made(house, made=0))
    nothing_written(house, StrengthDiffers, lambda: made(house, "HS-WK1"))
    nothing_written(house, BeyondUseTooShort, lambda: made(house, category=Category.IMMEDIATE))
    old = parse_diluent(SALINE.replace("2027-11-30", "2026-11-20"))
    nothing_written(house, IngredientExpired, lambda: of_powder(house, diluents=(old,)))
    nothing_written(house, Unpreserved, lambda: of_powder(house, product="HS-MD1"))
    nothing_written(house, PowderIsNotSterile, lambda: of_powder(house, start=Start.STERILE))
    named = parse_diluent(SALINE.replace("Sodium", "Bacteriostatic sodium"))
    nothing_written(house, NamesPreservative, lambda: of_powder(house, diluents=(named,)))


def test_a_batch_record_says_what_preserves_the_next_batch(house):
    assert made(house, "HS-BR1").preservative == "benzyl alcohol 15 mg/mL"
    again = made(house, "HS-BR1", main=FromLot("H1", 2), made=2)
    assert (again.lot, again.preservative) == ("H2", "benzyl alcohol 15 mg/mL")
    nothing_written(house, PreservativesDiffer, lambda: made(house, "HS-PF1", main=FromLot("H1", 2), made=2))


def test_of_a_lot_without_a_batch_record_nobody_knows_what_preserves_it(house):
    a_lot(house, "HS-BR1", "X1", expires="2026-12-31", place="refrigerator")
    assert made(house, "HS-BR1", main=FromLot("X1", 2), made=2).preservative == "unknown"


def test_a_lot_that_was_made_is_used_until_its_beyond_use_date(house):
    of_powder(house)
    last = later(house, 3)
    assert made(last, "HS-PF1", main=FromLot("H1", 1), made=1).expires == last.today == date(2026, 11, 24)
    nothing_written(house, LotNotUsable, lambda: made(later(last, 1), "HS-PF1", main=FromLot("H1", 1), made=1))
