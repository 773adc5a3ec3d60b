"""Texts that are no directions, or that can be read in two ways: each refused with the way out."""

import pytest

from dispensary.rules.dates import NotADate
from dispensary.rules.directions import (
    EndlessPhase,
    Interval,
    NotADuration,
    NotAnInterval,
    PhasesOutOfOrder,
    SiteNotForRoute,
    Unit,
)
from dispensary.rules.grammar import english, parse
from dispensary.rules.grammar.amounts import (
    AmbiguousDirections,
    DoseAndVolumeDisagree,
    DoseIsAVolume,
    MisreadNumber,
)
from dispensary.rules.grammar.pieces import Kind, Table
from dispensary.rules.grammar.refused import (
    DoseIsACount,
    IntravenousRoute,
    MisreadAbbreviation,
    NotDirections,
)
from dispensary.rules.grammar.words import ENGLISH as WORDS
from dispensary.rules.product import Route
from dispensary.rules.quantity import BareGram, Dose, NotADose, NotAVolume, Strength
from tests.refusing import refused

WEAK, STRONG = Strength(1000), Strength(5000)


ONE_OF_EACH = [
    (
        NotDirections,
        "1 mg weekly",
        "'1 mg weekly' is not understood as directions: it has no route; write one dose, one route and one interval, "
        "such as 1 mg IM weekly or 3 mg subcut every 2 to 3 days.",
    ),
    (
        AmbiguousDirections,
        "1 mg IM biweekly",
        "'biweekly' can be read in two ways, as 2 times a week or as every 2 weeks; "
        "ask the prescriber which is meant and write it so that it cannot be misread.",
    ),
    (
        DoseIsAVolume,
        "1 mL IM weekly",
        "'1 mL IM weekly' gives the dose as a volume, which is a different dose for each strength; "
        "write it in mg or mcg, such as 1 mg IM weekly.",
    ),
    (
        NotDirections,
        "1 mg i.m. på mandager",
        "'1 mg i.m. på mandager' is not understood as directions: weekdays such as 'på mandager' are not kept: "
        "write ukentlig, or 3 ganger i uken; write one dose, one route and one interval, "
        "such as 1 mg i.m. ukentlig or 3 mg subkutant hver 2. til 3. dag.",
    ),
    (
        DoseIsACount,
        "1000 units IM weekly",
        "'1000 units' in '1000 units IM weekly' does not say how much vitamin B12 is meant: it is dosed by weight; "
        "write it in mg or mcg, such as 1 mg IM weekly.",
    ),
    (
        MisreadAbbreviation,
        "1 mg SC weekly",
        "'SC' in '1 mg SC weekly' is refused: it is misread on prescriptions (ISMP); write subcut.",
    ),
    (
        MisreadNumber,
        "1.0 mg IM weekly",
        "'1.0 mg' is refused: it is misread as 10 mg where its point is overlooked (ISMP); write 1 mg.",
    ),
    (
        IntravenousRoute,
        "1 mg IV weekly",
        "'1 mg IV weekly' is refused: vitamin B12 is injected IM or subcut, never into a vein; "
        "ask the prescriber for the route.",
    ),
    (
        NotAnInterval,
        "1 mg IM twice a day",
        "'twice a day' is not an interval, and more than once a day is not read: give 1 to 365 days, 1 to 52 weeks, "
        "1 to 24 months, up to 7 times a week, 15 a month or 24 a year, the lower number first, "
        "such as every 2 to 3 days.",
    ),
    (
        NotADuration,
        "1 mg IM weekly for 0 weeks",
        "'for 0 weeks' is not a duration: give 1 to 999 days, 260 weeks, 120 months or 999 doses, "
        "the lower number first, such as for 2 to 3 weeks.",
    ),
    (
        EndlessPhase,
        "1 mg IM daily, then monthly",
        "1 mg IM daily has no end and another phase follows it: say how long it lasts, "
        "such as 1 mg IM daily for 7 days, then 1 mg IM monthly.",
    ),
    (
        PhasesOutOfOrder,
        "1 mg IM daily until 2027-03-01, then weekly until 2027-02-01",
        "The phase until 2027-02-01 comes after the phase until 2027-03-01: put the dates in their order.",
    ),
    (
        SiteNotForRoute,
        "1 mg IM weekly into the abdomen",
        "abdomen is not a site for IM injection: choose thigh, upper arm, buttock.",
    ),
    (
        BareGram,
        "2 g daglig",
        "'2 g' is refused: B12 is never dosed in grams and a lost micro sign looks like this; write mcg or mg.",
    ),
    (
        NotADose,
        "1,5 mg IM weekly",
        "'1,5 mg' is not a dose: give it in mg or mcg with a point for decimals, such as 1 mg or 500 mcg.",
    ),
    (
        NotADate,
        "1 mg IM weekly until 2027-02-29",
        "'2027-02-29' is not a date between 1900 and 2199: write year-month-day, such as 2027-05-31.",
    ),
]


@pytest.mark.parametrize(("kind", "text", "sentence"), ONE_OF_EACH)
def test_a_refusal_names_what_was_typed_and_the_way_out(kind, text, sentence):
    assert str(refused(kind, lambda: parse(text))) == sentence


def test_a_volume_that_is_none_is_refused():
    refusal = refused(NotAVolume, lambda: parse("0 mL IM weekly", [WEAK]))
    assert str(refusal) == "'0 mL' is not a volume: give it in mL with a point for decimals, such as 0.5 mL."


def readings(text: str, *strengths: Strength) -> tuple[str, str, str]:
    with pytest.raises(AmbiguousDirections) as caught:
        parse(text, strengths)
    return caught.value.given, caught.value.one, caught.value.other


@pytest.mark.parametrize(
    ("text", "given", "one", "other"),
    [
        ("1 mg IM bi-weekly", "bi-weekly", "2 times a week", "every 2 weeks"),
        ("1 mg IM bimonthly", "bimonthly", "2 times a month", "every 2 months"),
        ("1 mg i.m. bimånedlig", "bimånedlig", "2 ganger i måneden", "hver 2. måned"),
        ("1 mg IM 3-monthly", "3-monthly", "3 times a month", "every 3 months"),
        ("1 mg IM two weekly", "two weekly", "2 times a week", "every 2 weeks"),
        ("1 mg IM 1 weekly", "1 weekly", "once a week", "every 1 weeks"),
        ("1 mg IM 3 to 4 times a week", "3 to 4 times a week", "3 times a week", "4 times a week"),
        ("1 mg i.m. 3-4 ganger i uken", "3-4 ganger i uken", "3 ganger i uken", "4 ganger i uken"),
        ("1 mg IM every 3-4 times a week", "every 3-4 times a week", "3 to 4 times a week", "every 3 to 4 weeks"),
        ("1 mg IM x3 weekly", "x3 weekly", "3 times a week", "weekly for 3 doses"),
        ("1 mg i.m. x 3 ukentlig", "x 3 ukentlig", "3 ganger i uken", "ukentlig i alt 3 doser"),
        ("1 mg i.m. x 1 daglig", "x 1 daglig", "1 gang daglig", "daglig i alt 1 dose"),
        ("1 mg IM weekly x 1", "1 mg IM weekly x 1", "weekly", "weekly for 1 dose"),
        ("1 mg IM weekly once", "1 mg IM weekly once", "weekly", "weekly for 1 dose"),
        ("1 mg i.m. daglig én gang", "1 mg i.m. daglig én gang", "daglig", "daglig i alt 1 dose"),
        ("1 mg IM x 1", "1 mg IM x 1", "1 mg IM daily", "1 mg IM once"),
        ("1 mg IM once for 4 weeks", "1 mg IM once for 4 weeks", "once", "for 4 weeks"),
        ("1 mg IM once or twice a week", "once or twice a week", "once a week", "2 times a week"),
        ("1 mg IM once in the morning", "1 mg IM once in the morning", "1 mg IM daily", "1 mg IM daily for 1 dose"),
        (
            "2 mg IM once, then 1 mg monthly",
            "2 mg IM once, then 1 mg monthly",
            "2 mg IM daily for 1 dose, then 1 mg IM monthly",
            "2 mg IM monthly for 1 dose, then 1 mg IM monthly",
        ),
        ("1 mg IM every morning and evening", "1 mg IM every morning and evening", "morning", "evening"),
        ("1 mg IM daily 5 days a week", "1 mg IM daily 5 days a week", "daily", "5 days a week"),
        # Doses.
        ("1,000 mcg IM x 1 dose", "1,000 mcg", "1000 mcg", "1 mcg"),
        ("1,000 mg i.m. ukentlig", "1,000 mg", "1000 mg", "1 mg"),
        ("1,125 mg i.m. ukentlig", "1,125 mg", "1125 mg", "1,125 mg"),
        ("2.500 mikrogram i.m. ukentlig", "2.500 mikrogram", "2500 mikrogram", "2,5 mikrogram"),
        ("1 mg or 2 mg IM weekly", "1 mg or 2 mg", "1 mg", "2 mg"),
        ("1-2 mg IM weekly", "1-2 mg", "1 mg", "2 mg"),
        ("one or two mg IM weekly", "one or two mg", "1 mg", "2 mg"),
        ("1 til 2 mg i.m. ukentlig", "1 til 2 mg", "1 mg", "2 mg"),
        ("250 mcg to 1 mg IM alternate days", "250 mcg to 1 mg", "250 mcg", "1 mg"),
        ("0.5-1 mL IM weekly", "0.5-1 mL", "0.5 mL", "1 mL"),
        ("1 mg 2 mg IM weekly", "1 mg 2 mg IM weekly", "1 mg", "2 mg"),
        ("1 mg (2 mg) IM weekly", "1 mg 2 mg IM weekly", "1 mg", "2 mg"),
        ("15 mg IM a week", "15 mg IM a week", "15 mg once a week", "15 mg in all over the week"),
        ("15 mg/week IM", "15 mg /week IM", "15 mg once a week", "15 mg in all over the week"),
        ("15 mg i.m. i uken", "15 mg i.m. i uken", "15 mg 1 gang i uken", "15 mg til sammen i uken"),
        ("15 mg i.m. per måned", "15 mg i.m. per måned", "15 mg 1 gang i måneden", "15 mg til sammen i måneden"),
        # Two of a kind.
        ("1 mg IM or subcut weekly", "1 mg IM or subcut weekly", "IM", "subcut"),
        ("1 mg IM weekly or monthly", "1 mg IM weekly or monthly", "weekly", "monthly"),
        ("1 mg IM weekly for life for 4 weeks", "1 mg IM weekly for life for 4 weeks", "for life", "for 4 weeks"),
        (
            "1 mg IM daily until 2027-01-01 until 2027-02-01",
            "1 mg IM daily until 2027-01-01 until 202'...",
            "until 2027-01-01",
            "until 2027-02-01",
        ),
        ("1 mg IM daily, mornings and evenings", "1 mg IM daily mornings and evenings", "mornings", "evenings"),
        # Durations.
        ("1 mg IM daily for 7 days then weekly for 4", "weekly for 4", "for 4 weeks", "for 4 doses"),
        ("1 mg IM daily then weekly for 4", "weekly for 4", "for 4 weeks", "for 4 doses"),
        ("1 mg IM 3 times weekly for 4", "1 mg IM 3 times weekly for 4", "for 4 weeks", "for 4 doses"),
        ("1 mg IM 3 times weekly x 4", "1 mg IM 3 times weekly x 4", "for 4 weeks", "for 4 doses"),
        ("1 mg i.m. ukentlig i 4", "1 mg i.m. ukentlig i 4", "i 4 uker", "i alt 4 doser"),
        ("1 mg IM daily until 03/04/2027", "until 03/04/2027", "2027-04-03", "2027-03-04"),
        ("1 mg IM daily until 3.4.2027", "until 3.4.2027", "2027-04-03", "2027-03-04"),
        ("1 mg i.m. daglig til 03/04/2027", "til 03/04/2027", "2027-04-03", "2027-03-04"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(text, given, one, other):
    shown = given if given.endswith("...") else f"{given}'"
    assert readings(text) == (f"'{shown}", one, other)


def test_a_volume_of_several_strengths_is_refused_with_both_doses():
    assert readings("1 mL IM weekly", STRONG, WEAK)[1:] == ("1 mg of 1,000 mcg/mL", "5 mg of 5,000 mcg/mL")


def test_a_dose_that_is_not_what_the_volume_holds_is_refused_with_both():
    refusal = refused(DoseAndVolumeDisagree, lambda: parse("1 mg (2 mL) IM weekly", [WEAK, STRONG]))
    assert str(refusal) == (
        "1 mg and 2 mL in '1 mg 2 mL IM weekly' do not agree: "
        "2 mL holds 2 mg of 1,000 mcg/mL or 10 mg of 5,000 mcg/mL; "
        "ask the prescriber which dose is meant and write it in mg or mcg alone."
    )


def test_a_dose_with_a_volume_of_which_no_strength_is_known_is_refused_with_both():
    assert readings("Inject 1 mL (1,000 mcg) IM weekly")[1:] == ("1 mg", "1 mL of another strength")


def test_a_comma_of_thousands_is_read_where_only_english_reads_the_text():
    assert parse("1,000 mg IM weekly").phases[0].dose == Dose(1_000_000)
    assert parse("Inject 1,000 µL IM weekly", [WEAK]).phases[0].dose == Dose(1000)
    with pytest.raises(NotADose):
        parse("0,500 mg IM weekly")


def test_a_text_that_the_languages_read_differently_is_refused_with_both(monkeypatch):
    other = Table(
        words=WORDS,
        decimals=".",
        doubtful="(?!)",
        points_in_dates=False,
        repeats_in_a_day=False,
        values={},
        macros={},
        rules=(
            (Kind.DOSE, r"(<amount>) ?(mg)", None),
            (Kind.ROUTE, "im", Route.IM),
            (Kind.INTERVAL, "weekly", Interval(Unit.YEAR, 1, 1)),
        ),
    )
    monkeypatch.setattr("dispensary.rules.grammar.reading._TABLES", (english.TABLE, other))
    assert readings("1 mg IM weekly") == ("'1 mg IM weekly'", "1 mg IM weekly", "1 mg IM yearly")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no dose"),
        ("IM weekly", "it has no dose"),
        ("1 mg weekly", "it has no route"),
        ("1 mg IM", "it has no interval"),
        ("1 mg IM in the morning", "it has no interval"),
        ("1 mg IM daily for 7 days, then 2 mg", "it has no interval"),
        ("as directed", "the part 'as directed' is not known"),
        ("1m g IM weekly", "the part '1m g' is not known"),
        ("1 mg/mL IM weekly", "the part '/mL' is not known"),
        ("-1 mg IM weekly", "the part '-1 mg' is not known"),
        ("１ mg IM weekly", "the part '\\uff11' is not known"),
        ("1 mg IM weekly\n", "the part 'weekly\\n' is not known"),
        ("1\u00a0mg IM weekly", "the part '1\\xa0mg' is not known"),
        ("1 mg IM \u202eweekly", "the part '\\u202eweekly' is not known"),
        ("1 mg IM week\u212ay", "the part 'weekKy' is not known"),
        ("1 mg IM every 2 to days", "the part 'every 2 days' is not known"),
        ("1 mg IM every 12 hours", "the part 'every 12 hours' is not known"),
        ("1 mg IM every 99999 days", "the part 'every 99999 days' is not known"),
        ("1 mg IM 4 doses weekly", "the part '4 doses' is not known"),
        ("1 mg i.m. i dag", "the part 'i dag' is not known"),
        ("1 mg IM daglig, then weekly", "the part 'daglig' is not known"),
        ("1 mg i.m. daglig then ukentlig", "the part 'then' is not known"),
        ("1 mg IM and weekly", "the part 'and' is not known"),
        ("1 mg IM weekly 5 days", "the part '5 days' is not known"),
        ("1 mg IM 7 days daily", "the part '7 days' is not known"),
        ("1 mg IM once, then once", "it has no interval"),
        ("1 mg IM for 2 doses", "it has no interval"),
        ("1 mg i.m. en gang i blant", "the part 'i blant' is not known"),
        ("1 mg IM daily for 7 days or monthly thereafter", "the part 'or' is not known"),
        ("1 mg IM monthly thereafter", "it has a phase with nothing in it"),
        (
            "1 mg IM daily for 2 days, weekly for 4 weeks, monthly thereafter",
            "'weekly' and 'monthly' need 'then' between their phases",
        ),
        ("1 mg IM daily, then stop", "'then stop' does not say when, such as for 7 days in front of it"),
        ("1 mg IM daily for 2 days, then stop, then weekly", "something follows 'then stop'"),
        *(
            (f"1 mg IM {days}", f"weekdays such as '{days}' are not kept: write weekly, or 3 times a week")
            for days in ("every Monday", "on Mondays", "Mon Wed Fri", "Mon/Wed/Fri", "MWF")
        ),
        ("1 mg i.m. hver mandag", "weekdays such as 'hver mandag' are not kept: write ukentlig, or 3 ganger i uken"),
        (
            "1 mg IM as needed for pernicious anemia",
            "'for pernicious anemia' says what it is for, which is entered as the indication",
        ),
        ("1 mg i.m. ved behov mot slapphet", "'mot slapphet' says what it is for, which is entered as the indication"),
        ("1 mg IM weekly for a while", "the part 'for a while' is not known"),
        ("1 mg 1 mg IM weekly", "it gives the dose twice"),
        ("1 mg IM IM weekly", "it gives the route twice"),
        ("1 mg IM daily every day", "it gives the interval twice"),
        ("1 mg IM weekly self-injected, self-injected", "it gives the self-injection twice"),
        ("1 mg IM weekly in the morning, mornings", "it gives the time of day twice"),
        ("then 1 mg IM weekly", "it has a phase with nothing in it"),
        ("1 mg IM weekly, then", "it has a phase with nothing in it"),
        ("1 mg IM daily for 2 days, weekly", "'daily' and 'weekly' need 'then' between their phases"),
        ("1 mg i.m. daglig i 2 dager, ukentlig", "'daglig' and 'ukentlig' need 'deretter' between their phases"),
        ("1 mg IM as needed", "it has no interval"),
        ("1 mg IM weekly as needed", "it is as needed and has no maximum, such as at most once a week"),
        ("1 mg IM at most weekly", "'at most' belongs to an interval that is as needed"),
        ("at most 1 mg IM as needed weekly", "'at most' belongs to an interval that is as needed"),
        ("1 mg IM as needed, weekly, at most 1 mg", "it gives the dose twice"),
        (", then ".join(["1 mg IM daily for 2 days"] * 7), "it has more than 6 phases"),
        ("1 mg x 2 IM weekly", "'x 2' does not follow an interval"),
        ("1 mg x 1 i.m. hver 3. måned", "'x 1' does not follow an interval"),
        ("1 mg IM daily a week", "the part 'a week' is not known"),
        ("1 mg i.m. hver dag i uken", "the part 'i uken' is not known"),
        (". 5 mg IM weekly", "the part '.' is not known"),
        ("1 mg IM weekly " * 1_000_000, "it is longer than 720 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_part_that_is_not_understood(text, problem):
    with pytest.raises(NotDirections) as caught:
        parse(text)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("text", "found", "write"),
    [
        *(
            (f"1 mg {word} weekly", word, "subcut")
            for word in ("SC", "sc", "s.c.", "SQ", "s.q.", "subq", "sub q", "sub-Q")
        ),
        *((f"1 mg {word} ukentlig", word, "subkutant") for word in ("SC", "sc", "sc.", "SQ", "subq")),
        *((f"1 mg IM {word}", word, "daily") for word in ("QD", "qd", "q1d", "OD")),
        *((f"1 mg IM {word}", word, "every other day") for word in ("QOD", "qod", "EOD", "q2d")),
        *(
            (f"1 mg IM {word}", word, "it in words, such as every 3 days")
            for word in ("q3d", "q 3 days", "q2-3d", "q4wk")
        ),
        ("1 mg IM q.d.", "q.d", "daily"),
        ("1 mg IM qw", "qw", "weekly"),
        ("1 mg IM qmonth", "qmonth", "monthly"),
        ("1 mg IM BIW", "BIW", "2 times a week"),
        ("1 mg IM t.i.w. for 2 weeks", "t.i.w.", "3 times a week"),
        ("1 mg IM daily x7d", "x7d", "it in words, such as for 7 days"),
    ],
)
def test_abbreviations_that_are_misread_are_refused(text, found, write):
    with pytest.raises(MisreadAbbreviation) as caught:
        parse(text)
    assert (caught.value.found, caught.value.write) == (f"'{found}'", write)


@pytest.mark.parametrize(
    ("dose", "misread", "write"),
    [
        ("1.0 mg", "10 mg", "1 mg"),
        ("1.50 mg", "150 mg", "1.5 mg"),
        (".5 mg", "5 mg", "0.5 mg"),
        (".50 mg", "50 mg", "0.5 mg"),
        ("0.50 mg", "50 mg", "0.5 mg"),
        ("100.0 mcg", "1000 mcg", "100 mcg"),
        ("1.000 mg", "1000 mg", "1 mg"),
    ],
)
def test_numbers_whose_point_is_overlooked_are_refused(dose, misread, write):
    with pytest.raises(MisreadNumber) as caught:
        parse(f"{dose} IM weekly")
    assert (caught.value.found, caught.value.misread, caught.value.write) == (f"'{dose}'", misread, write)


def test_numbers_whose_comma_is_overlooked_are_refused():
    with pytest.raises(MisreadNumber, match=r"'1,0 mg' is refused: it is misread as 10 mg .*; write 1 mg"):
        parse("1,0 mg i.m. ukentlig")
    with pytest.raises(MisreadNumber, match=r"',5 mg' is refused: it is misread as 5 mg .*; write 0,5 mg"):
        parse(",5 mg i.m. ukentlig")
    with pytest.raises(MisreadNumber, match=r"'1.0 mL' is refused: it is misread as 10 mL .*; write 1 mL"):
        parse("1.0 mL IM weekly", [WEAK])


@pytest.mark.parametrize("dose", ["0 mg", "0.0 mg", "01 mg", "1.0.0 mg", "0.5 mcg", "99999999 mg", "1,00,0 mg"])
def test_a_dose_that_is_none_is_refused(dose):
    with pytest.raises(NotADose) as caught:
        parse(f"{dose} IM weekly")
    assert caught.value.given == f"'{dose}'"


def test_a_volume_that_holds_no_whole_microgram_is_refused():
    with pytest.raises(NotADose, match="is not a dose"):
        parse("1 µL IM weekly", [Strength(1500)])


@pytest.mark.parametrize(
    "text", ["1 g IM weekly", "2g daily IM", "2 gram i.m. ukentlig", "1 G IM qd and more", "1 mg 1 g IV", "1-2 g IM"]
)
def test_a_bare_gram_is_refused_whatever_stands_around_it(text):
    with pytest.raises(BareGram):
        parse(text)


@pytest.mark.parametrize("route", ["IV", "i.v.", "intravenously", "into a vein"])
def test_the_vein_is_refused(route):
    with pytest.raises(IntravenousRoute):
        parse(f"1 mg {route} weekly")
    with pytest.raises(IntravenousRoute):
        parse("1 mg intravenøst ukentlig")


@pytest.mark.parametrize("dose", ["1000 IU", "1000 U", "1000 i.u.", "2 vials", "1 amp", "1 ampoule"])
def test_a_count_is_no_dose(dose):
    with pytest.raises(DoseIsACount):
        parse(f"{dose} IM weekly")


@pytest.mark.parametrize("dose", ["1000 IE", "1000 enheter", "1 ampulle", "2 hetteglass"])
def test_a_count_is_no_dose_in_norwegian(dose):
    with pytest.raises(DoseIsACount):
        parse(f"{dose} i.m. ukentlig")


@pytest.mark.parametrize(
    "words",
    [
        "every 0 days", "every 366 days", "every 2 to 366 days", "every 53 weeks", "every 25 months", "every 6 years",
        "8 times a week", "0 times a week", "16 times a month", "25 times a year", "twice daily",
        "every 3 to 2 days", "every 2 to 2 days", "every 3rd to 2nd day",
        "2 ganger daglig", "hver 0. dag", "hver 3. til 2. dag", "8 ganger i uken",
    ],
)  # fmt: skip
def test_intervals_out_of_bounds_are_refused(words):
    with pytest.raises(NotAnInterval) as caught:
        parse(f"1 mg IM {words}")
    assert caught.value.given == f"'{words}'"


@pytest.mark.parametrize(
    "words",
    [
        "weekly for 1000 days", "weekly for 261 weeks", "weekly for 121 months", "weekly for 11 years",
        "weekly for 1000 doses", "weekly x 0", "weekly for up to 0 doses", "weekly for 7 to 6 weeks", "weekly for 300",
        "ukentlig i 0 uker", "ukentlig i 7 til 6 uker", "ukentlig i alt 0 doser",
    ],
)  # fmt: skip
def test_durations_out_of_bounds_are_refused(words):
    with pytest.raises(NotADuration) as caught:
        parse(f"1 mg IM {words}")
    assert caught.value.given == f"'{words.split(' ', 1)[1]}'"


@pytest.mark.parametrize(
    "words",
    [
        "until 13/04/2027",
        "until February 29, 2027",
        "until 31 April 2027",
        "until 13.04.2027",
        "until 1/3/27",
        "until 2027-3-1",
        "until 2300-01-01",
    ],
)
def test_dates_of_other_forms_are_refused(words):
    with pytest.raises(NotADate):
        parse(f"1 mg IM weekly {words}")


def test_a_phase_without_an_end_before_thereafter_is_refused():
    with pytest.raises(EndlessPhase, match="1 mg IM daily has no end"):
        parse("1 mg IM daily, monthly thereafter")
