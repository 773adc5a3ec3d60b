import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from weakref import ReferenceType, ref

import pytest

from dispensary.rules.figures.habits import Habits, Outcome, habits, outcomes
from dispensary.rules.figures.scheduled import Prescribed, Returned
from dispensary.rules.figures.series import Past, expected, series_of, usual
from dispensary.rules.figures.span import Span
from dispensary.rules.figures.stock_days import DaysInStock, days_in_stock
from dispensary.rules.grammar import parse
from dispensary.rules.life import Act
from dispensary.rules.product import Form
from dispensary.rules.refills import Drawn, Fill, Terms, after_one, standing
from dispensary.rules.supply import supply_of
from tests.rules.figures.generated import IDS, PRODUCTS, TODAY, VIALS_OF_1

CYANO = Form.CYANOCOBALAMIN
MULTI = IDS["US-CY-DOD10"]
YEAR = timedelta(days=365)


def on(days: int) -> date:
    return TODAY + timedelta(days=days)


def prescribed(directions="1 mg IM weekly", units=4, days=None, refills=2, entered=-1, valid=300, **more) -> Prescribed:
    given = Terms(parse(directions), None if days else units, days, refills)
    return Prescribed(
        number=more.pop("number", 1), patient=more.pop("patient", 1), form=CYANO, terms=given,
        valid_until=on(valid), entered=on(entered), **more,
    )  # fmt: skip


def filled(rx: Prescribed, *when: int, units: int | None = None, prescribed_units: int | None = None) -> Prescribed:
    """

    import gcThe same with fills of 1 mL vials on those days, as a counter reckons them."""
    product = PRODUCTS[VIALS_OF_1]
    for day in when:
        course = standing(rx.terms, rx.fills).course(rx.terms.directions, on(day))
        many = units or rx.terms.quantity_units or 0
        served = supply_of(many, course, product)
        number = len(rx.fills) + 1
        rx.fills += (
            Fill(
                number, number, on(day), product, many, 0, prescribed_units or many, None, served.doses, course.start,
                served.next_injection, number,
            ),
        )  # fmt: skip
        rx.fill_products += (VIALS_OF_1,)
    return rx


def drawn(rx: Prescribed, *when: int, product_id: int = MULTI) -> Prescribed:
    product = PRODUCTS[product_id]
    for day in when:
        course = standing(rx.terms, rx.fills, rx.draws).course(rx.terms.directions, on(day))
        dose = next(course.injections()).dose
        order = 100 + len(rx.draws)
        rx.draws += (Drawn(on(day), product, product.strength.volume_ul(dose), after_one(course), order),)
        rx.draw_products += (product_id,)
    return rx


def past(*rx: Prescribed, used=None, stock=None) -> Past:
    return Past(TODAY, rx, PRODUCTS, used or {}, stock or {}, {CYANO: VIALS_OF_1})


def wanted(*rx: Prescribed, days: int = 90, **more) -> list[tuple[int, int, int, int]]:
    """Days from today, units, microlitres and doses of those who are expected."""
    found = expected(past(*rx, **more), on(days), 6)
    return [((each.wanted.on - TODAY).days, *each.wanted[2:5]) for each in found]


def test_the_next_fill_falls_on_the_first_day_that_is_not_covered():
    """By hand: 4 weekly vials of 6 days ago serve 28 days, so 22 from today, then every 28; two refills are left."""
    rx = filled(prescribed(entered=-6), -6)
    assert wanted(rx) == [(22, 4, 0, 4), (50, 4, 0, 4), (78, 4, 0, 4)]
    assert [each.wanted.renewals for each in expected(past(rx), on(90), 6)] == [0, 0, 1]


def test_a_new_prescription_is_expected_at_once_of_the_product_that_is_named_or_usual():
    assert wanted(prescribed(), days=20) == [(0, 4, 0, 4)]
    (named,) = expected(past(prescribed(product_id=MULTI, units=1)), on(20), 6)
    assert (named.wanted.product_id, named.wanted.units) == (MULTI, 1)
    (most,) = expected(past(prescribed(units=1), used={MULTI: {on(-3): 5}, VIALS_OF_1: {on(-3): 4}}), on(20), 6)
    assert most.wanted.product_id == MULTI


def test_what_was_used_before_the_months_of_history_makes_no_product_usual():
    books = past(used={MULTI: {on(-200): 50}, VIALS_OF_1: {on(-3): 4}})
    assert usual(books, TODAY, 6) == {CYANO: VIALS_OF_1}
    assert usual(past(), TODAY, 6) == {}
    assert usual(past(), TODAY, 6, or_on_hand=True) == {CYANO: VIALS_OF_1}


def test_days_are_served_with_the_units_that_the_schedule_needs():
    """By hand: a month of daily for 7 days, then weekly: 7 and 4 vials; the next 30 days hold 4 weekly ones."""
    rx = prescribed("1 mg IM daily for 7 days, then 1 mg IM weekly", days=30)
    assert wanted(rx, days=60) == [(0, 11, 0, 11), (35, 5, 0, 5)]


def test_a_course_that_ends_wants_nothing_more():
    assert wanted(prescribed("1 mg IM daily for 7 days", units=7)) == [(0, 7, 0, 7)]
    assert wanted(filled(prescribed("1 mg IM daily for 7 days", units=7, entered=-2), -2)) == []


def test_a_part_that_is_owed_is_expected_at_once():
    rx = filled(prescribed(entered=-6), -6, units=1, prescribed_units=4)
    assert wanted(rx, days=40) == [(0, 3, 0, 3), (22, 4, 0, 4)]


@pytest.mark.parametrize(("act", "days"), [(Act.HOLD, []), (Act.CANCEL, []), (Act.TRANSFER, []), (Act.RELEASE, [0])])
def test_nothing_is_expected_of_a_prescription_that_is_not_active(act, days):
    acts = ((on(-1), Act.HOLD), (on(-1), act)) if act is Act.RELEASE else ((on(-1), act),)
    assert [each[0] for each in wanted(prescribed(acts=acts), days=20)] == days


def test_a_patient_who_is_a_month_late_is_not_expected_any_more():
    assert [each[0] for each in wanted(filled(prescribed(entered=-60), -58), days=20)] == [0]
    (late,) = expected(past(filled(prescribed(entered=-60), -58)), on(20), 6)
    assert late.late_days == 30
    assert wanted(filled(prescribed(entered=-60), -59), days=20) == []


def test_days_without_stock_make_nobody_late():
    span = Span(TODAY - YEAR, TODAY)
    full = days_in_stock(span, [], [span])
    stock = DaysInStock(span, full.bits & ~days_in_stock(span, [], [Span(on(-20), on(-5))]).bits)
    (late,) = expected(past(filled(prescribed(entered=-70), -66), stock={VIALS_OF_1: stock}), on(20), 6)
    assert late.late_days == 38 - 15


def test_two_prescriptions_of_a_patient_do_not_count_twice():
    """The second one begins where the first one's supply ends."""
    old = filled(prescribed(entered=-6, number=1), -6)
    new = prescribed(entered=-1, number=2, units=2)
    assert wanted(old, new, days=40) == [(22, 2, 0, 2), (36, 2, 0, 2)]
    assert wanted(filled(prescribed(entered=-6), -6), prescribed(number=2, patient=2, units=2), days=40) == [
        (0, 2, 0, 2), (14, 2, 0, 2), (22, 4, 0, 4), (28, 2, 0, 2)
    ]  # fmt: skip


def test_what_came_back_counts_as_never_supplied():
    rx = filled(prescribed(entered=-6), -6)
    rx.returns = (Returned(on(-1), 1, 3),)
    assert [each[0] for each in wanted(rx, days=20)] == [1]


def test_drawn_doses_go_on_dose_by_dose():
    rx = drawn(prescribed(units=1, entered=-8), -8, -1)
    assert wanted(rx, days=21) == [(6, 0, 1000, 1), (13, 0, 1000, 1), (20, 0, 1000, 1)]


def test_drawn_doses_of_what_is_never_kept_take_a_unit_each():
    rx = drawn(prescribed(units=4, entered=-8), -1, product_id=IDS["NO-CY-TAK1"])
    assert wanted(rx, days=14) == [(6, 1, 0, 1), (13, 1, 0, 1)]


def test_a_prescription_that_is_drawn_up_goes_on_with_a_new_one():
    """By hand: 2 mL in all, of which one is drawn."""
    rx = drawn(prescribed(units=2, refills=0, entered=-8), -1, product_id=IDS["NO-CY-TAK1"])
    assert [each.wanted.renewals for each in expected(past(rx), on(21), 6)] == [0, 1, 1]
    by_days = drawn(prescribed(days=14, refills=0, entered=-8), -1)
    assert [each.wanted.renewals for each in expected(past(by_days), on(21), 6)] == [0, 1, 1]


def test_a_product_that_cannot_serve_the_directions_is_not_forecast():
    assert wanted(prescribed("2 mg IM weekly", units=1)) == []
    assert wanted(prescribed("2 mg IM weekly", units=2), days=7) == [(0, 2, 0, 1)]


def came(*late: int | None, renewal: bool = False) -> list[Outcome]:
    return [Outcome(on(-60), each, renewal) for each in late]


def of(found: Sequence[Outcome]) -> Habits:
    return habits(Counter(found), Span(on(-180), TODAY))


def test_habits_are_counted():
    """By hand: 4 of 5 came, so 5/6; of the 2 who had not come after 3 days one did, so 2/3."""
    found = of(came(-2, 0, 0, 5, None))
    assert (found.lag, found.refilled.comes(0), found.refilled.comes(4)) == (0, Fraction(5, 6), Fraction(2, 3))
    assert found.refilled.comes(6) == Fraction(1, 2)


def test_visits_are_spread_over_the_days_on_which_patients_come():
    """By hand: of 4 one came 2 days early, two on the day and one 4 days late; far too early is 30 days."""
    assert of(came(-2, 0, 0, 4)).spread == {-2: Fraction(1, 4), 0: Fraction(1, 2), 4: Fraction(1, 4)}
    assert of(came(-90, 0)).spread == {0: Fraction(1, 2), 30: Fraction(1, 2)}
    assert of([]).spread == {0: 1}


def test_what_is_wanted_is_spread_likewise_and_nothing_of_it_is_lost():
    """By hand: of four settled visits three were punctual and one 4 days late; who is due today is expected today."""
    rx = filled(prescribed(entered=-180, refills=9), -172, -144, -116, -88, -56, -28)
    wanted = series_of(past(rx), 3, 6)[VIALS_OF_1].wanted[0]
    shares = of(list(outcomes([rx], TODAY, lambda *_: 0))).spread
    assert shares == {0: Fraction(3, 4), 4: Fraction(1, 4)}
    second = expected(past(rx), on(40), 6)[1]
    assert wanted[on(28)] == second.wanted.units * second.share * Fraction(3, 4)
    assert wanted[on(32)] == second.wanted.units * second.share * Fraction(1, 4)
    (first,) = expected(past(rx), on(1), 6)
    assert wanted[TODAY] == first.wanted.units * first.share


class Books:
    """The prescriptions of many patients, made as they are read; `held` is the most there were at once."""

    def __init__(self) -> None:
        self.held = 0

    def __iter__(self) -> Iterator[Prescribed]:
        there: list[ReferenceType[Prescribed]] = []
        for patient in range(40):
            rx = filled(prescribed(entered=-120, refills=9, patient=patient, number=patient), -118, -90, -62, -34)
            there.append(ref(rx))
            gc.collect()
            self.held = max(self.held, sum(each() is not None for each in there))
            yield rx


def test_the_prescriptions_of_few_patients_are_held_at_once():
    books = Books()
    one = replace(past(), prescribed=books)
    # Whatever other tests left is not looked through at each step.
    gc.freeze()
    try:
        assert sum(series_of(one, 3, 6)[VIALS_OF_1].wanted[0].values()) > 100
        assert len(expected(one, on(40), 6)) >= 40
    finally:
        gc.unfreeze()
    assert 1 <= books.held <= 3


def test_without_a_past_everybody_comes_and_half_go_on():
    found = of([])
    assert (found.lag, found.refilled.comes(0), found.refilled.comes(20), found.renewed.comes(0)) == (
        0,
        1,
        1,
        Fraction(1, 2),
    )


def test_who_needs_a_new_prescription_is_counted_apart():
    """By hand: 2 of 3 went on, so 3/5; of the one who had not come after a day none did, so 1/3."""
    found = of(came(1, 1, None, renewal=True))
    assert (found.lag, found.renewed.comes(0), found.renewed.comes(2)) == (1, Fraction(3, 5), Fraction(1, 3))
    # The first visit needs one, two more are refills, and the fourth needs another.
    found = of([*came(0, None), *came(1, 1, None, renewal=True)])
    assert found.share(0, 1, 3, 2) == Fraction(3, 5) * Fraction(2, 3) ** 2 * Fraction(3, 5)


def test_of_days_that_are_too_recent_nothing_is_known():
    assert of([Outcome(on(-30), 0, renewal=False)]).refilled.due == 0
    assert of([Outcome(on(-31), 0, renewal=False)]).refilled.due == 1


def test_outcomes_are_read_from_the_visits():
    """Two fills of 28 days: the second one 2 days late; after the third one nothing more came."""
    rx = filled(prescribed(entered=-120, refills=5), -118, -88, -60)
    found = list(outcomes([rx], TODAY, lambda product_id, span: 0))
    assert [(each.late, each.renewal) for each in found] == [(2, False), (0, False), (None, False)]
    ended = filled(prescribed(entered=-120, refills=0), -118)
    renewed = filled(prescribed(entered=-88, number=2), -88)
    assert [(each.late, each.renewal) for each in outcomes([ended, renewed], TODAY, lambda *_: 0)] == [
        (2, True), (None, False)
    ]  # fmt: skip


def test_the_share_that_comes_weighs_each_visit_and_each_renewal():
    """By hand: one of the two settled visits came, so (1 + 1) / (2 + 1) come; nothing is known of renewals, so half."""
    rx = filled(prescribed(entered=-118, refills=2), -118, -90, -30)
    found = expected(past(rx), on(90), 6)
    assert [((each.wanted.on - TODAY).days, each.wanted.renewals) for each in found] == [
        (0, 1), (28, 1), (56, 1), (84, 2)
    ]  # fmt: skip
    assert [each.share for each in found] == [Fraction(1, 2), Fraction(1, 3), Fraction(2, 9), Fraction(1, 9)]
