"""Each finding with a case in which it is found, one in which it is not, and the case at its boundary."""

from dataclasses import dataclass
from datetime import date

from dispensary.rules.case import Case, OtherTherapy
from dispensary.rules.finding import Severity
from dispensary.rules.life import LifeState
from dispensary.rules.product import Form, Route
from tests.rules.checks.cases import (
    ALTERNATE_DAYS,
    DAILY,
    EVERY_3_DAYS,
    NORWAY,
    THRICE_WEEKLY,
    TODAY,
    TOMORROW,
    YESTERDAY,
    a_case,
    a_supply,
    days,
    doses,
    phase,
)

STOP, OVERRIDE, NOTE = Severity

FULL_27_DAYS = date(2026, 10, 25)
FULL_28_DAYS = date(2026, 10, 24)
A_YEAR_TODAY = date(2025, 11, 21)
THREE_TOMORROW = date(2023, 11, 22)
THREE_TODAY = date(2023, 11, 21)
PREMATURE = ("prematurity",)
HYDROXO = "NO-HY-TAK1"


@dataclass(frozen=True)
class Row:
    """`boundary` is the last case on the other side of the rule from `found`, or the first on its side."""

    code: str
    severity: Severity
    found: Case
    says: str
    not_found: Case
    boundary: Case
    found_at_boundary: bool


TABLE = (
    Row(
        "prescription_held",
        STOP,
        a_case(state=LifeState.HELD, state_reason="the level comes on Monday"),
        "The prescription is held (the level comes on Monday): release it with `dispensary rx release` first.",
        not_found=a_case(state=LifeState.ACTIVE),
        boundary=a_case(state=LifeState.HELD),
        found_at_boundary=True,
    ),
    Row(
        "prescription_cancelled",
        STOP,
        a_case(state=LifeState.CANCELLED, state_reason="changed to tablets"),
        "The prescription is cancelled (changed to tablets): ask the prescriber for a new one.",
        not_found=a_case(state=LifeState.ACTIVE),
        boundary=a_case(state=LifeState.CANCELLED),
        found_at_boundary=True,
    ),
    Row(
        "prescription_transferred",
        STOP,
        a_case(state=LifeState.TRANSFERRED, state_reason="to Harbour Pharmacy"),
        "The prescription is transferred (to Harbour Pharmacy): the other pharmacy has it now; "
        "ask the prescriber for a new one.",
        not_found=a_case(state=LifeState.ACTIVE),
        boundary=a_case(state=LifeState.TRANSFERRED),
        found_at_boundary=True,
    ),
    Row(
        "not_yet_written",
        STOP,
        a_case(written=TOMORROW, valid_until=date(2027, 11, 22)),
        "The prescription is dated 2026-11-22, after today, 2026-11-21: "
        "dispense it from that day on, or have the prescriber correct it.",
        not_found=a_case(written=YESTERDAY),
        boundary=a_case(written=TODAY),
        found_at_boundary=False,
    ),
    Row(
        "prescription_expired",
        STOP,
        a_case(valid_until=date(2026, 1, 31)),
        "The prescription was valid until 2026-01-31: ask the prescriber for a new one.",
        not_found=a_case(valid_until=TOMORROW),
        boundary=a_case(valid_until=TODAY),
        found_at_boundary=False,
    ),
    Row(
        "prescription_exhausted",
        STOP,
        a_case(fills_left=-1),
        "Every fill of the prescription has been dispensed: ask the prescriber for a new one.",
        not_found=a_case(fills_left=1),
        boundary=a_case(fills_left=0),
        found_at_boundary=True,
    ),
    Row(
        "course_completed",
        STOP,
        a_case(course_complete=True),
        "Every injection of the directions has been supplied: ask the prescriber for a new prescription.",
        not_found=a_case(course_complete=False),
        boundary=a_case(phase("1 mg", DAILY, doses(1)), course_complete=False),
        found_at_boundary=False,
    ),
    Row(
        "early_refill",
        OVERRIDE,
        a_case(earliest_fill=date(2026, 12, 5)),
        "The next fill is due on 2026-12-05, when 75% of a supply will have been used: dispense it from that day on.",
        not_found=a_case(earliest_fill=None),
        boundary=a_case(earliest_fill=TODAY),
        found_at_boundary=False,
    ),
    Row(
        "duplicate_supply",
        OVERRIDE,
        a_case(others=(OtherTherapy("RX7", Form.HYDROXOCOBALAMIN, date(2026, 12, 5)),)),
        "The patient is supplied with B12 on RX7 (hydroxocobalamin) until 2026-12-05: "
        "ask the prescriber which is meant.",
        not_found=a_case(others=()),
        boundary=a_case(others=(OtherTherapy("RX7", Form.HYDROXOCOBALAMIN, TODAY),)),
        found_at_boundary=False,
    ),
    Row(
        "duplicate_prescription",
        NOTE,
        a_case(others=(OtherTherapy("RX7", Form.CYANOCOBALAMIN, None),)),
        "The patient has other active B12: RX7 (cyanocobalamin); ask the prescriber which is meant.",
        not_found=a_case(others=(OtherTherapy("RX7", Form.CYANOCOBALAMIN, TOMORROW),)),
        boundary=a_case(others=(OtherTherapy("RX7", Form.CYANOCOBALAMIN, TODAY),)),
        found_at_boundary=True,
    ),
    Row(
        "cobalamin_hypersensitivity",
        STOP,
        a_case(sensitivities=("cobalamin",)),
        "The patient is hypersensitive to cobalamin, which every form of B12 is: call the prescriber.",
        not_found=a_case(),
        boundary=a_case(sensitivities=("parabens",)),
        found_at_boundary=False,
    ),
    Row(
        "leber",
        OVERRIDE,
        a_case(conditions=("leber",)),
        "The patient has Leber's disease, in which cyanocobalamin has caused severe and swift optic atrophy.",
        not_found=a_case(),
        boundary=a_case(product=HYDROXO, conditions=("leber",)),
        found_at_boundary=False,
    ),
    Row(
        "leber_hydroxocobalamin",
        NOTE,
        a_case(product=HYDROXO, conditions=("leber",)),
        "The patient has Leber's disease, for which hydroxocobalamin is given in the UK; "
        "the Danish label warns of early disease: ask the prescriber where it is new.",
        not_found=a_case(product=HYDROXO),
        boundary=a_case(product="US-ME-CMP10", conditions=("leber",)),
        found_at_boundary=False,
    ),
    Row(
        "kidney_failure",
        OVERRIDE,
        a_case(product="NO-CY-TAK1", conditions=("kidney-failure",)),
        "The patient has kidney failure, in which hydroxocobalamin is preferred to cyanocobalamin.",
        not_found=a_case(product="NO-CY-TAK1"),
        boundary=a_case(product="US-HY-ACT30", conditions=("kidney-failure",)),
        found_at_boundary=False,
    ),
    Row(
        "chloramphenicol",
        OVERRIDE,
        a_case(medicines=("metformin", "Chloramphenicol eye drops")),
        "The patient takes Chloramphenicol eye drops, with which the blood may respond poorly to B12: "
        "ask the prescriber.",
        not_found=a_case(medicines=("metformin",)),
        boundary=a_case(medicines=("KLORAMFENIKOL 1 % øyesalve",)),
        found_at_boundary=True,
    ),
    Row(
        "level_missing",
        NOTE,
        a_case(level_on=None),
        "No B12 level of the patient is on record: enter one, or ask the prescriber.",
        not_found=a_case(level_on=TODAY),
        boundary=a_case(level_on=date(2020, 1, 1)),
        found_at_boundary=False,
    ),
    Row(
        "level_due",
        NOTE,
        a_case(level_on=date(2025, 11, 20)),
        "The last B12 level is of 2025-11-20, more than 12 months ago: ask the prescriber for a new one.",
        not_found=a_case(level_on=None),
        boundary=a_case(level_on=date(2025, 11, 21)),
        found_at_boundary=False,
    ),
    Row(
        "thousandfold_dose",
        STOP,
        a_case(phase("1000 mg")),
        "A dose of 1,000 mg is outside anything injected (30 mcg to 5 mg): perhaps mg was written for mcg; "
        "ask the prescriber.",
        not_found=a_case(phase("5 mg")),
        boundary=a_case(phase("30 mg")),
        found_at_boundary=True,
    ),
    Row(
        "dose_beyond_practice",
        OVERRIDE,
        a_case(phase("6 mg")),
        "A dose of 6 mg is above 5 mg, the most in off-label practice: ask the prescriber.",
        not_found=a_case(phase("1 mg")),
        boundary=a_case(phase("5 mg")),
        found_at_boundary=False,
    ),
    Row(
        "high_dose",
        NOTE,
        a_case(phase("2.5 mg"), first_fill=True),
        "A dose of 2.5 mg is above the labels (up to 1 mg); off-label practice goes up to 5 mg.",
        not_found=a_case(phase("2.5 mg"), first_fill=False),
        boundary=a_case(phase("1 mg"), first_fill=True),
        found_at_boundary=False,
    ),
    Row(
        "weekly_total",
        OVERRIDE,
        a_case(phase("5 mg", ALTERNATE_DAYS)),
        "The directions come to 20 mg in a week, more than 15 mg: ask the prescriber.",
        not_found=a_case(phase("5 mg")),
        # 3 x 5 mg = 15 mg.
        boundary=a_case(phase("5 mg", THRICE_WEEKLY)),
        found_at_boundary=False,
    ),
    Row(
        "hypokalaemia",
        NOTE,
        a_case(phase("1 mg", DAILY, days(7)), phase("1 mg"), first_fill=True),
        "Intensive treatment begins, in whose first 48 hours potassium can fall: ask whether it is monitored.",
        not_found=a_case(phase("1 mg", EVERY_3_DAYS), first_fill=True),
        boundary=a_case(phase("1 mg", ALTERNATE_DAYS), first_fill=True),
        found_at_boundary=True,
    ),
    Row(
        "folate",
        NOTE,
        a_case(phase("1 mg"), first_fill=True),
        "More than 10 mcg a day can hide a lack of folate: ask whether folate was measured.",
        not_found=a_case(phase("1 mg"), first_fill=False),
        # 70 mcg in 7 days are 10 mcg a day.
        boundary=a_case(phase("70 mcg"), first_fill=True),
        found_at_boundary=False,
    ),
    Row(
        "wrong_form",
        STOP,
        a_case(product=HYDROXO, form=Form.CYANOCOBALAMIN),
        "NO-HY-TAK1 is hydroxocobalamin and the prescription says cyanocobalamin: "
        "never exchanged without the prescriber.",
        not_found=a_case(product=HYDROXO),
        boundary=a_case(product=HYDROXO, form=Form.CYANOCOBALAMIN, prescribed_product="US-CY-ARG1"),
        found_at_boundary=True,
    ),
    Row(
        "substitution_not_allowed",
        STOP,
        a_case(prescribed_product="US-CY-FK1", substitution_allowed=False),
        "The prescriber named US-CY-FK1 and allows no other: take US-CY-FK1 instead of US-CY-ARG1, "
        "or ask the prescriber.",
        not_found=a_case(prescribed_product="US-CY-FK1"),
        boundary=a_case(prescribed_product="US-CY-ARG1", substitution_allowed=False, practice=NORWAY),
        found_at_boundary=False,
    ),
    Row(
        "route_not_labelled",
        STOP,
        a_case(phase("1 mg", route=Route.SUBCUT), product="US-HY-ACT30"),
        "US-HY-ACT30 is not for subcut injection (only IM): ask the prescriber.",
        not_found=a_case(product="US-HY-ACT30"),
        boundary=a_case(phase("1 mg", DAILY, days(7)), phase("1 mg", route=Route.SUBCUT), product="US-HY-ACT30"),
        found_at_boundary=True,
    ),
    Row(
        "preservative_sensitivity",
        STOP,
        a_case(sensitivities=("benzyl alcohol",), preservative_free="12 of NO-CY-TAK1 (1 mL ampoule)"),
        "The patient reacts to benzyl alcohol and US-CY-ARG1 contains benzyl alcohol 15 mg/mL; "
        "preservative-free on hand: 12 of NO-CY-TAK1 (1 mL ampoule).",
        not_found=a_case(sensitivities=("parabens",)),
        boundary=a_case(product="US-CY-LIF1", sensitivities=("parabens",)),
        found_at_boundary=True,
    ),
    Row(
        "vial_size",
        NOTE,
        a_case(phase("1 mg"), product="US-CY-DOD10", quantity_units=4),
        "A unit of US-CY-DOD10 holds 10 doses and the prescription names no vial size: "
        "ask whether 4 such vials are meant.",
        not_found=a_case(phase("1 mg"), product="US-CY-DOD10", quantity_units=4, prescribed_product="US-CY-DOD10"),
        boundary=a_case(phase("5.001 mg"), product="US-CY-DOD10", quantity_units=4),
        found_at_boundary=False,
    ),
    Row(
        "surplus_units",
        OVERRIDE,
        a_case(phase("1 mg", DAILY, doses(7)), supply=a_supply(phase("1 mg", DAILY, doses(7)), units=10)),
        "The directions end on 2026-11-27 and leave 3 of 10 units unused: dispense 7 with --quantity.",
        not_found=a_case(phase("1 mg"), supply=a_supply(phase("1 mg"), units=10)),
        boundary=a_case(phase("1 mg", DAILY, doses(7)), supply=a_supply(phase("1 mg", DAILY, doses(7)), units=7)),
        found_at_boundary=False,
    ),
    Row(
        "aluminium",
        NOTE,
        a_case(product="US-HY-ACT30", conditions=("kidney-failure",)),
        "US-HY-ACT30 may contain aluminium, which builds up over many injections with kidney failure: "
        "ask the prescriber.",
        not_found=a_case(product="NO-CY-TAK1", conditions=PREMATURE),
        boundary=a_case(product="NO-CY-TAK1", conditions=PREMATURE, born=A_YEAR_TODAY),
        found_at_boundary=False,
    ),
    Row(
        "compounded",
        NOTE,
        a_case(phase("60 mcg"), product="US-ME-CMP10", first_fill=True),
        "No methylcobalamin injection is approved in the United States, where it is only compounded: tell the patient.",
        not_found=a_case(phase("60 mcg"), first_fill=True),
        boundary=a_case(phase("60 mcg"), product="US-ME-CMP10", first_fill=False),
        found_at_boundary=False,
    ),
    Row(
        "benzyl_alcohol_premature",
        STOP,
        a_case(conditions=PREMATURE, born=FULL_27_DAYS),
        "The patient was born too early, 27 days ago, and US-CY-ARG1 contains benzyl alcohol 15 mg/mL: "
        "benzyl alcohol has killed premature infants (gasping syndrome); preservative-free on hand: none.",
        not_found=a_case(product="NO-CY-TAK1", conditions=PREMATURE, born=FULL_27_DAYS),
        boundary=a_case(conditions=PREMATURE, born=FULL_28_DAYS),
        found_at_boundary=False,
    ),
    Row(
        "benzyl_alcohol_newborn",
        OVERRIDE,
        a_case(born=FULL_27_DAYS),
        "The patient is 27 days old and US-CY-ARG1 contains benzyl alcohol 15 mg/mL: "
        "benzyl alcohol is avoided in the first 4 weeks, longer after a premature birth; "
        "preservative-free on hand: none.",
        not_found=a_case(product="NO-CY-TAK1", born=FULL_27_DAYS),
        boundary=a_case(born=FULL_28_DAYS),
        found_at_boundary=False,
    ),
    Row(
        "benzyl_alcohol_child",
        OVERRIDE,
        a_case(born=THREE_TOMORROW),
        "The patient is under 3 years old, the treatment lasts more than a week and "
        "US-CY-ARG1 contains benzyl alcohol 15 mg/mL: benzyl alcohol is given for a week at the most; "
        "preservative-free on hand: none.",
        not_found=a_case(born=THREE_TODAY),
        boundary=a_case(phase("100 mcg", DAILY, days(7)), born=THREE_TOMORROW),
        found_at_boundary=False,
    ),
    Row(
        "benzyl_alcohol_amount",
        OVERRIDE,
        a_case(phase("5 mg"), conditions=("pregnancy",)),
        "The patient is pregnant and one injection of US-CY-ARG1 holds 75 mg of benzyl alcohol, "
        "at or above the 75 mg set here; preservative-free on hand: none.",
        not_found=a_case(phase("5 mg"), product="NO-CY-TAK1", conditions=("pregnancy",)),
        # 4.99 mL x 15 mg/mL = 74.85 mg.
        boundary=a_case(phase("4.99 mg"), conditions=("pregnancy",)),
        found_at_boundary=False,
    ),
    Row(
        "benzyl_alcohol",
        NOTE,
        a_case(conditions=("lactation", "liver-disease")),
        "The patient breast-feeds and has liver disease and one injection of US-CY-ARG1 holds 15 mg of "
        "benzyl alcohol, below the 75 mg set here.",
        not_found=a_case(),
        boundary=a_case(phase("5 mg"), conditions=("lactation",)),
        found_at_boundary=False,
    ),
)
