"""What the nightly report says beside the day itself: owings, bands, excursions, recalls, checks, other sites."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dispensary.checkpoint import SigningKey
from dispensary.reports.nightly.expiry import BandLine
from dispensary.reports.nightly.nightly import SiteLine, nightly
from dispensary.reports.nightly.owed import OwedLine
from dispensary.reports.nightly.safety import HoldLine, RecallLine
from dispensary.reports.nightly.sites import with_sites
from dispensary.rules.people import Role
from dispensary.rules.recall import RecallClass
from dispensary.rules.shelf import State
from dispensary.services.people.credentials import PinOf, give_pin
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.rescue import NewKey, enter_key, rescue
from dispensary.services.people.set_clock import SetClock, set_clock
from dispensary.services.people.sites import NewSite, add_site
from tests.build import a_lot, a_recall, an_rx, dispensed, in_state, later
from tests.everything import DAYS
from tests.pins import signed_in
from tests.reports.planting import planted

PIN_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvcg$bm9ib2R5IGhhcyBpdA"


def read(shop):
    return shop.read(nightly, 1, shop.on, practice=shop.practice)


def test_what_a_fill_lacks_is_owed_until_it_is_collected(shop):
    a_lot(shop, units=3)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx, units=3)
    tomorrow = later(shop, 1)
    owing = (OwedLine("D1", "RX1", "US-CY-ARG1", 1, date(2026, 11, 21)),)
    assert (read(shop).owed, read(tomorrow).owed) == (owing, owing)
    a_lot(tomorrow, lot="B2", units=3)
    dispensed(tomorrow, rx, units=1)
    assert read(tomorrow).owed == ()


def test_what_expires_is_told_by_band_with_its_value_and_what_will_be_left_over(shop):
    a_lot(shop, lot="OLD", expires="2026-11-22", units=2, cost=1_000_000)
    a_lot(shop, lot="SOON", expires="2026-12-31", units=5, cost=3_000_000)
    a_lot(shop, lot="SOON2", expires="2026-12-31", units=4)
    a_lot(shop, lot="FAR", expires="2028-11-30", units=7, cost=2_000_000)
    report = read(later(shop, 2))
    assert report.bands == (
        BandLine("expired", 1, 2, 0, 2_000_000, 0, None),
        BandLine("30", 0, 0, 0, None, 0, None),
        BandLine("60", 2, 9, 4, 15_000_000, 9, 15_000_000),
        BandLine("90", 0, 0, 0, None, 0, None),
        BandLine("180", 0, 0, 0, None, 0, None),
        BandLine("later", 1, 7, 0, 14_000_000, 7, 14_000_000),
    )
    assert [(row.lot, row.unused_units) for row in report.unused] == [("SOON", 5), ("SOON2", 4), ("FAR", 7)]
    assert sum(row.value_micros for row in report.value) == 31_000_000


def test_held_and_recalled_stock_and_open_recalls_are_listed(shop):
    a_lot(shop, lot="H1", units=2)
    a_lot(shop, lot="A1", units=9)
    in_state(shop, "H1", State.HELD)
    dispensed(shop, an_rx(shop, units=4))
    a_recall(shop)
    report = read(shop)
    assert report.holds == (
        HoldLine("US-CY-ARG1", "A1", "shelf", State.RECALLED, 5),
        HoldLine("US-CY-ARG1", "H1", "shelf", State.HELD, 2),
    )
    assert report.recalls == (RecallLine("RC1", RecallClass.II, "D-0792-2026", shop.today, "lacks sterility", 1, 1),)


def test_an_excursion_is_told_on_its_day_and_on_the_day_on_which_it_became_known(busy):
    told = {days: read(later(busy, days)).excursions for days in (0, 1, DAYS - 1, DAYS, DAYS + 1)}
    assert {days for days, lines in told.items() if lines} == {1, DAYS}
    (line,) = told[DAYS]
    assert (line.place, line.lowest_centidegrees, line.highest_centidegrees) == ("shelf-2", 4100, 4100)
    assert [(held.product, held.lot) for held in line.held][:1] == [("US-CY-ARG1", "A1")]


def test_a_busy_pharmacy_has_every_figure(busy):
    report = read(busy)
    assert report.checks.ok
    assert report.usage.groups
    assert report.value
    assert report.vials
    assert report.bands[0].band == "expired"
    assert not any("PIN" in note for note in report.checks.notes)


def test_books_that_disagree_come_before_all_else(shop):
    a_lot(shop)
    with planted(shop, "UPDATE balance SET units = units + 1") as db:
        report = nightly(db, 1, shop.on, practice=shop.practice)
    assert not report.checks.ok
    assert report.needs_a_person[0].startswith("The books do not agree (")
    assert report.needs_a_person[0].endswith(
        "): stop dispensing, keep the database as it is, and look at what `dispensary verify` says."
    )


@pytest.mark.parametrize(("minutes", "steps"), [(0, 0), (5, 0), (6, 1)])
def test_a_clock_that_stepped_back_is_noted_and_needs_nobody(shop, minutes, steps):
    a_lot(shop, lot="A1")
    # Nothing else is entered by a clock that is so far behind.
    signed_in(shop.at(shop.on - timedelta(minutes=minutes)), "alex")
    report = read(shop)
    assert not report.needs_attention
    assert [(step.sequence, step.previous_at - step.at) for step in report.checks.clock_steps] == (
        [(4, timedelta(minutes=6))] * steps
    )
    assert [note for note in report.checks.notes if "clock" in note] == [
        "A clock stepped back before event 4 of the audit, by up to 6 minutes; look at the clocks of the counters."
    ] * steps
    assert read(later(shop, 1)).checks.clock_steps == ()


def test_a_step_over_midnight_is_told_on_both_days(shop):
    a_lot(shop, lot="A1")
    signed_in(later(shop, -1), "alex")
    assert [step.sequence for step in read(shop).checks.clock_steps] == [4]
    assert [step.sequence for step in read(later(shop, -1)).checks.clock_steps] == [4]


def test_what_gets_round_the_clock_or_the_pins_needs_somebody(shop):
    shop.do(set_clock, SetClock(shop.key(), "the till was ahead"))
    key = SigningKey("test-origin", b"k" * 32)
    shop.do(enter_key, NewKey(shop.key(), key.verifier))
    shop.write(lambda db: rescue(db, "alex", key, pin_hash=PIN_HASH, on=shop.on))
    assert read(shop).needs_a_person == (
        "alex let entries go on by an earlier clock (event 3 of the audit); look at the clocks of the counters, and at "
        "what was entered by the one that was ahead.",
        "alex made the key that gives a PIN to whoever holds it (event 4 of the audit); see that it is kept in a safe, "
        "and at no counter.",
        "alex was given a PIN by the key, and nobody had to log in (event 5 of the audit); ask alex whether that was "
        "meant.",
    )
    assert read(later(shop, 1)).needs_a_person == ()


def test_that_nobody_has_a_pin_is_noted_and_needs_nobody(shop):
    note = "Nobody has a PIN: whoever is logged in at a counter may act as anybody; see `dispensary user pin`."
    assert read(shop).checks.notes == (note,)
    assert not read(shop).needs_attention
    shop.do(give_pin, PinOf(shop.key(), "alex"), pin_hash=PIN_HASH)
    assert read(shop).checks.notes == ()


def test_sites_stand_side_by_side_for_those_who_may_read_them(shop):
    def seen(user):
        there = replace(shop, user=user)
        return shop.read(
            lambda db: with_sites(db, nightly(db, 1, shop.on, practice=shop.practice), there.by(), shop.on,
                                  shop.practice).sites
        )  # fmt: skip

    a_lot(shop, units=5, cost=2_000_000)
    assert seen("alex") == ()
    shop.do(add_user, NewUser(shop.key(), "kim", Role.PHARMACIST))
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north-origin")
    sites = seen("alex")
    assert [line.site for line in sites] == ["Corner Pharmacy", "North"]
    assert sites[0].units == sites[0].usable_units == 5
    assert sites[0].value_micros == 10_000_000
    assert sites[1] == SiteLine("North", 0, 0, None, 0, 0, 0, 0, 0)
    assert seen("kim") == ()


def test_many_short_dated_lots_of_a_product_are_one_sentence(shop):
    for number in range(6):
        a_lot(shop, lot=f"A{number}", expires="2026-11-30", units=2)
    assert read(shop).needs_a_person == (
        "Expire within 30 days (shelf): 12 of US-CY-ARG1, lots A0, A1, A2, A3 and 2 more; "
        "use them first or return them.",
    )
