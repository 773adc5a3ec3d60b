"""A logger's file in the books, and exactly the lots held that stood in the excursion."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.places import NotAStockPlace
from dispensary.reports.storage.places import places, show_place
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.logger import Measured
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.shelf import State
from dispensary.schema import recalls, stock, storage, trust
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move
from dispensary.services.stock.move import move as move_lot
from dispensary.services.storage.log_readings import Log, ReadingDiffers, ReadingInTheFuture, log_readings
from dispensary.services.storage.place import NewPlace, add_place
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.open_vial import Opening, open_vial
from dispensary.services.vials.vial_act import VialMove
from dispensary.services.vials.vial_act import move as move_vial
from tests.build import NOW, a_lot, a_patient, an_rx, dispensed, in_state, rows
from tests.refusing import everything, nothing_written
from tests.vials import MULTI, a_vial, drawn

START = int(NOW.timestamp())
STEP = 300


def hours(shop, count):
    """The same pharmacy so many hours after the log began."""
    return shop.at(NOW + timedelta(hours=count))


def a_series(*parts, begin=0.0):
    """What a logger measured from that hour on: each part a temperature in degrees and its hours."""
    readings, at = [], START + round(begin * 3600)
    for degrees, length in parts:
        for _ in range(round(length * 3600 / STEP)):
            readings.append((at, round(degrees * 100)))
            at += STEP
    return Measured(tuple(readings), 0, 0)


# Two hours of heat, from hour 48 to the last reading five minutes before hour 50.
HOT = a_series((21, 48), (41, 2), (21, 46))
COLD = a_series((21, 48), (14, 2), (21, 46))


def logged(shop, measured=HOT, place="shelf", key=None, at=120, file="log.csv"):
    later = hours(shop, at)
    return later.do(log_readings, Log(key or shop.key(), place, file, "UTC", measured))


def moved(shop, lot, at, source="shelf", target="shelf-2", units=None):
    hours(shop, at).do(move_lot, Move(shop.key(), lot, source, target, units))


def states(shop):
    query = select(stock.lot.c.number, stock.lot.c.state).order_by(stock.lot.c.number)
    return {row.number: row.state.value for row in shop.read(lambda db: db.execute(query).all())}


def held(shop):
    """The lots with a hold for an excursion."""
    query = (
        select(stock.lot.c.number)
        .join(recalls.lot_act, recalls.lot_act.c.lot_id == stock.lot.c.id)
        .where(recalls.lot_act.c.excursion_id.is_not(None))
        .order_by(stock.lot.c.number)
    )
    return shop.read(lambda db: db.execute(query).scalars().all())


def last_event(shop):
    query = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(query).first())


@pytest.fixture
def store(shop):
    """A second shelf, and a product for the refrigerator."""
    shop.do(add_place, NewPlace(shop.key(), "shelf-2", PlaceKind.SHELF, Temperature.ROOM, dark=True))
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    house = {
        "code": "HOUSE-1",
        "name": "Cyanocobalamin injection",
        "labeler": "house",
        "form": "cyanocobalamin",
        "strength_mcg_per_ml": "1000",
        "container": "ampoule",
        "fill_ml": "1",
        "units_per_pack": "1",
        "preservatives": "none",
        "temperature": "2-8",
        "protect_from_light": "yes",
        "routes": "IM",
        "identifier_kind": "none",
        "identifier": "",
        "gtin": "",
        "confidence": "own",
    }
    text = "\n".join((",".join(COLUMNS), ",".join(house[column] for column in COLUMNS)))
    shop.do(import_products, Import(shop.key(), "house.csv", read_rows(text.encode(), "house.csv")))
    return shop


def test_readings_are_kept_and_told(store):
    done = logged(store, Measured(((START, 2100), (START + 300, 2110), (START + 900, 2105)), 2, 1), key="k")
    assert (done.readings, done.repeated, done.duplicates, done.missing) == (3, 0, 2, 1)
    assert (done.first, done.last) == ("2026-11-21 09:30:00-05:00", "2026-11-21 09:45:00-05:00")
    assert (done.gaps, done.longest_gap_from, done.longest_gap_minutes) == (0, None, 0)
    kept = store.read(lambda db: db.execute(select(storage.reading.c.second, storage.reading.c.centidegrees)).all())
    assert [tuple(row) for row in kept] == [(START, 2100), (START + 300, 2110), (START + 900, 2105)]
    event = last_event(store)
    assert (event.kind, event.subject) == ("place log", "shelf")
    log = store.read(lambda db: db.execute(select(storage.place_log)).one())
    assert f'"digest":"{log.digest}"' in event.canonical
    assert len(log.digest) == 64
    assert store.read(verify).ok


def test_the_same_key_imports_once(store):
    a_lot(store)
    first = logged(store, key="k")
    before = everything(store)
    assert logged(store, key="k") == first
    assert everything(store) == before
    nothing_written(store, KeyReused, lambda: logged(store, COLD, key="k"))


def test_gaps_are_counted_and_the_longest_is_named(store):
    parts = [a_series((21, 2)), a_series((21, 2), begin=3), a_series((21, 2), begin=9)]
    done = logged(store, Measured(tuple(each for part in parts for each in part.readings), 0, 0))
    assert (done.gaps, done.longest_gap_minutes) == (2, 4 * 60 + 5)
    assert done.longest_gap_from == "2026-11-21 14:25:00-05:00"


def test_a_file_that_overlaps_adds_what_is_new(store):
    logged(store, a_series((21, 10)))
    done = logged(store, a_series((21, 10), begin=5))
    assert (done.readings, done.repeated) == (60, 60)
    again = logged(store, a_series((21, 10), begin=5))
    assert (again.readings, again.repeated) == (0, 120)
    assert rows(store, storage.reading) == 180
    nothing_written(store, ReadingDiffers, lambda: logged(store, a_series((21.5, 10), begin=5)))


def test_what_cannot_be_measured_is_refused(store):
    nothing_written(store, ReadingInTheFuture, lambda: logged(store, at=95))
    nothing_written(store, NotAStockPlace, lambda: logged(store, place="waste"))
    nothing_written(store, NotFound, lambda: logged(store, place="cellar"))
    assert logged(store, at=96).readings == len(HOT.readings)


def test_an_auditor_imports_nothing(store):
    store.do(add_user, NewUser(store.key(), "ada", Role.AUDITOR))
    store.user = "ada"
    nothing_written(store, NotAllowed, lambda: logged(store))


def test_an_excursion_holds_exactly_the_lots_that_stood_there(store):
    for lot in (
        "stayed",
        "left-before",
        "left-at-the-start",
        "left-in-it",
        "part",
        "went-and-came",
        "used-up",
        "recalled",
    ):
        a_lot(store, lot=lot)
    a_lot(store, lot="elsewhere", place="shelf-2")
    vials = ("vial-only", "vial-discarded", "vial-elsewhere", "vial-left")
    for lot in vials:
        a_lot(store, lot=lot, place="shelf-2")
    moved(store, "part", 1, units=9)
    for lot in vials:
        hours(store, 1).do(open_vial, Opening(store.key(), lot=lot, place="shelf-2"))
    for vial in ("V1", "V2", "V4"):
        hours(store, 2).do(move_vial, VialMove(store.key(), vial, "shelf"))
    hours(store, 47).do(discard, Discard(store.key(), "V2", "cloudy"))
    hours(store, 47).do(move_vial, VialMove(store.key(), "V4", "shelf-2"))
    moved(store, "went-and-came", 47)
    moved(store, "left-before", 47.99)
    moved(store, "left-at-the-start", 48)
    moved(store, "left-in-it", 48.1)
    a_lot(hours(store, 49), lot="came-in-it")
    a_lot(hours(store, 50), lot="came-after")
    moved(store, "went-and-came", 51, source="shelf-2", target="shelf")
    hours(store, 60).do(destroy, Destroy(store.key(), "used-up", "shelf", "broken", "sam"))
    in_state(hours(store, 61), "recalled", State.RECALLED)
    done = logged(store)
    expected = ["came-in-it", "left-in-it", "part", "stayed", "used-up", "vial-only"]
    assert held(store) == expected
    assert {lot for lot, state in states(store).items() if state == "held"} == set(expected)
    assert states(store)["recalled"] == "recalled"
    (one,) = done.excursions
    assert (one.temperature, one.why) == (Temperature.ROOM, "above 40 °C")
    assert (one.began, one.ended) == ("2026-11-23 09:30:00-05:00", "2026-11-23 11:25:00-05:00")
    assert (one.lowest_centidegrees, one.highest_centidegrees) == (4100, 4100)
    assert sorted(each.lot for each in one.lots) == sorted([*expected, "recalled"])
    assert done.held == len(expected)


def test_each_class_is_judged_by_its_own_limits(store):
    a_lot(store, lot="room")
    a_lot(store, product="NO-CY-TAK1", lot="up-to-25")
    a_lot(store, product="US-ME-CMP10", lot="batch")
    a_lot(store, product="HOUSE-1", lot="cold", place="refrigerator")
    done = logged(store, COLD)
    assert held(store) == ["room"]
    assert done.unjudged == ("batch of US-ME-CMP10",)
    warm = logged(store, a_series((5, 24), (15.5, 1), (5, 24)), place="refrigerator")
    assert [(each.temperature, each.why) for each in warm.excursions] == [(Temperature.REFRIGERATOR, "above 15 °C")]
    assert held(store) == ["cold", "room"]


def test_frost_holds_what_is_kept_below_25_degrees(store):
    a_lot(store, product="NO-CY-TAK1", lot="up-to-25")
    (one,) = logged(store, a_series((4, 5), (-6, 10), (4, 5))).excursions
    assert (one.temperature, one.why, one.lowest_centidegrees) == (Temperature.UP_TO_25, "below 0 °C", -600)
    assert held(store) == ["up-to-25"]


@pytest.mark.parametrize(("degrees", "why"), [(72, "above 40 °C"), (-5, "below 0 °C")])
def test_frost_and_excessive_heat_hold_what_is_kept_as_its_batch_record_says(store, degrees, why):
    a_lot(store, product="US-ME-CMP10", lot="batch")
    done = logged(store, a_series((20, 5), (degrees, 1), (20, 5)))
    assert [(each.temperature, each.why) for each in done.excursions] == [(Temperature.BATCH, why)]
    assert (held(store), done.unjudged) == (["batch"], ())
    assert store.read(verify).ok


def test_a_mean_holds_only_lots_that_stood_in_the_heat_themselves(store):
    """Ten cool days, five of 29 degrees with 3 hours of 31 in them, two cool ones."""
    for lot in ("throughout", "left-before", "three-hours"):
        a_lot(store, lot=lot, place="shelf-2" if lot == "three-hours" else "shelf")
    moved(store, "left-before", 240)
    moved(store, "three-hours", 300, source="shelf-2", target="shelf")
    moved(store, "three-hours", 303)
    a_lot(hours(store, 360), lot="came-after")
    heat = a_series((24.5, 240), (29, 60), (31, 3), (29, 57), (20, 48))
    (one,) = logged(store, heat, at=24 * 20).excursions
    assert one.why == "mean kinetic temperature above 25 °C"
    assert [each.lot for each in one.lots] == ["throughout"]
    assert held(store) == ["throughout"]


def test_what_was_made_of_a_held_lot_since_is_held_too(store):
    product = ",".join(
        (
            "HS-BA1,HS-BA1 cyanocobalamin,house,cyanocobalamin,1000,multi-dose vial,1,1",
            "benzyl alcohol,2-8,yes,IM,none,,,own",
        )
    )
    text = f"{','.join(COLUMNS)}\n{product}"
    store.do(import_products, Import(store.key(), "made.csv", read_rows(text.encode(), "made.csv")))

    def made(at, lot, units=2):
        order = Batch(
            key=store.key(),
            product="HS-BA1",
            main=FromLot(lot, units),
            diluents=(),
            made=units,
            category=Category.TWO,
            start=Start.STERILE,
            stability=None,
            checked_by="sam",
            place="refrigerator",
        )
        return hours(store, at).do(repack, order).lot

    a_lot(store, product="US-CY-ARG1", lot="A1")
    before, after = made(47, "A1"), made(51, "A1")
    of_after = made(52, after, units=1)
    done = logged(store)
    (one,) = done.excursions
    assert [each.lot for each in one.lots] == ["A1"]
    assert [(each.lot, each.state) for each in one.made] == [(after, State.HELD), (of_after, State.HELD)]
    assert states(store) == {"A1": "held", before: "available", after: "held", of_after: "held"}
    assert done.held == 3
    reasons = store.read(lambda db: db.execute(select(recalls.lot_act.c.reason)).scalars().all())
    assert sorted(reasons) == [
        "41 °C at shelf from 2026-11-23 09:30 to 2026-11-23 11:25",
        *["made of what stood in 41 °C at shelf from 2026-11-23 09:30 to 2026-11-23 11:25"] * 2,
    ]
    assert store.read(verify).ok


def test_the_receipt_counts_what_patients_got_since_the_excursion_began(store):
    a_lot(store, MULTI, units=9)
    rx = an_rx(store, units=1, refills=2, product=MULTI)
    second = an_rx(store, a_patient(store, "MRN-2"), "PR1", units=1, product=MULTI)
    third = an_rx(store, a_patient(store, "MRN-3"), "PR1", units=1, product=MULTI)
    dispensed(hours(store, 47), rx)
    dispensed(hours(store, 49), second)
    a_vial(hours(store, 49), lot="A1")
    drawn(hours(store, 50), third)
    (one,) = logged(store).excursions
    assert [(each.lot, each.dispensed_units, each.drawn_doses) for each in one.lots] == [("A1", 1, 1)]


def test_one_lot_is_held_once_for_all_excursions_of_a_file(store):
    a_lot(store)
    done = logged(store, a_series((21, 10), (14, 1), (21, 10), (14, 1), (21, 1)))
    assert (len(done.excursions), done.held, rows(store, recalls.lot_act)) == (2, 1, 1)


def test_a_place_where_nothing_stood_has_no_excursion(store):
    done = logged(store)
    assert (done.excursions, rows(store, storage.excursion)) == ((), 0)


def test_a_held_lot_is_held_for_the_excursion_too(store):
    a_lot(store)
    store.do(act, Decided(store.key(), "A1", LotAct.HOLD, "odd colour"))
    logged(store)
    assert rows(store, recalls.lot_act) == 2
    released = hours(store, 121).do(act, Decided(store.key(), "A1", LotAct.RELEASE, "maker says it is stable"))
    assert [each.reason for each in released.answered] == [
        "odd colour",
        "41 °C at shelf from 2026-11-23 09:30 to 2026-11-23 11:25",
    ]
    assert store.read(verify).ok


def test_the_event_tells_all_that_the_rows_hold(store):
    a_lot(store)
    logged(store, key="k")
    canonical = last_event(store).canonical
    values = json.loads(canonical[canonical.index("{") : -1])
    assert values["excursions"] == [
        [
            "20-25",
            "2026-11-23T14:30:00+00:00",
            "2026-11-23T16:25:00+00:00",
            4100,
            4100,
            values["excursions"][0][5],
            "above 40 °C",
            [["US-CY-ARG1", "A1", "held"]],
        ]
    ]
    ((product, lot, expires, before, after, reason, temperature, began),) = values["held"]
    assert (product, lot, expires, before, after) == ("US-CY-ARG1", "A1", "2027-11-30", "available", "held")
    assert reason == "41 °C at shelf from 2026-11-23 09:30 to 2026-11-23 11:25"
    assert (temperature, began) == ("20-25", "2026-11-23T14:30:00+00:00")
    assert (values["readings"], values["repeated"], values["gaps"], values["timezone"]) == (96 * 12, 0, 0, "UTC")


def test_an_excursion_is_found_once_however_often_the_file_comes(store):
    a_lot(store)
    logged(store)
    hours(store, 121).do(act, Decided(store.key(), "A1", LotAct.RELEASE, "stable"))
    assert logged(store, at=122).excursions == ()
    more = logged(store, a_series((41, 2), (21, 60), begin=48), at=122)
    assert (more.readings, more.excursions) == (14 * 12, ())
    assert states(store) == {"A1": "available"}


def test_an_excursion_that_goes_on_is_a_new_one_from_where_the_old_one_ended(store):
    a_lot(store)
    a_lot(hours(store, 50.5), lot="LATER")
    logged(store, a_series((21, 48), (41, 2)), at=60)
    hours(store, 61).do(act, Decided(store.key(), "A1", LotAct.RELEASE, "stable"))
    (more,) = logged(store, a_series((42, 2), (21, 5), begin=50)).excursions
    assert (more.began, more.ended) == ("2026-11-23 11:25:01-05:00", "2026-11-23 13:25:00-05:00")
    # The reading of 11:25 was counted before, and what stood there since is held all the same.
    assert (more.lowest_centidegrees, more.highest_centidegrees) == (4200, 4200)
    assert states(store) == {"A1": "held", "LATER": "held"}
    recorded = store.read(lambda db: db.execute(select(storage.excursion).order_by(storage.excursion.c.began)).all())
    assert [row.ended.timestamp() for row in recorded] == [START + 50 * 3600 - STEP, START + 52 * 3600 - STEP]


def test_a_file_whose_last_reading_alone_is_outside_can_be_gone_on_with(store):
    a_lot(store)
    logged(store, a_series((21, 48), (41, 1 / 12)), at=60)
    (more,) = logged(store, a_series((41, 2), (21, 5), begin=48 + 1 / 12)).excursions
    assert (more.began, more.ended) == ("2026-11-23 09:30:01-05:00", "2026-11-23 11:30:00-05:00")
    assert store.read(verify).ok


def test_a_mean_is_taken_over_what_was_measured_before(store):
    a_lot(store)
    a_lot(store, lot="B2", place="shelf-2")
    assert logged(store, a_series((24.9, 24 * 3)), at=24 * 40).excursions == ()
    (found,) = logged(store, a_series((29, 24), begin=24 * 3), at=24 * 40).excursions
    assert found.why == "mean kinetic temperature above 25 °C"
    # A month of cool days in the books, and the same day is none.
    logged(store, a_series((20, 24 * 29)), place="shelf-2", at=24 * 40)
    assert logged(store, a_series((29, 24), begin=24 * 29), place="shelf-2", at=24 * 40).excursions == ()


def test_a_place_shows_what_was_measured_and_held(store):
    a_lot(store)
    a_lot(store, product="US-ME-CMP10", lot="M1", units=3)
    hours(store, 1).do(open_vial, Opening(store.key(), lot="A1"))
    logged(store)
    zone = NOW.tzinfo
    shelf = next(row for row in store.read(places, 1, zone) if row.place == "shelf")
    assert (shelf.kind, shelf.temperature, shelf.dark) == (PlaceKind.SHELF, Temperature.ROOM, True)
    assert (shelf.units, shelf.opened_vials, shelf.last_centidegrees) == (12, 1, 2100)
    assert shelf.last_reading_at == datetime.fromtimestamp(START + 96 * 3600 - STEP, zone)
    shown = store.read(show_place, 1, "SHELF", zone)
    assert (shown.measured.lowest_centidegrees, shown.measured.highest_centidegrees) == (2100, 4100)
    assert shown.measured.readings == 96 * 12
    assert 2100 < shown.measured.mean_kinetic_centidegrees < 2300
    assert [(each.temperature, [lot.lot for lot in each.held]) for each in shown.excursions] == [
        (Temperature.ROOM, ["A1"]),
        (Temperature.BATCH, ["M1"]),
    ]
    assert shown.excursions[0].held[0].product == "US-CY-ARG1"
    assert [(file.file, file.readings, file.repeated, file.gaps) for file in shown.files] == [
        ("log.csv", 96 * 12, 0, 0)
    ]
    assert shown.unjudged == ("M1 of US-ME-CMP10",)
    empty = store.read(show_place, 1, "refrigerator", zone)
    assert (empty.measured, empty.excursions, empty.files, empty.last_reading_at) == (None, (), (), None)
