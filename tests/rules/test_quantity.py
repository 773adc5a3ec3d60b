import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused
from dispensary.rules.quantity import (
    BareGram,
    Dose,
    NotACost,
    NotADose,
    NotAQuantity,
    NotAVolume,
    NotAWholeMicrolitre,
    Strength,
    bare,
    counted,
    first_of,
    millilitres,
    parse_cost_micros,
    parse_units,
    parse_volume_ul,
    plain,
)

# What TRUST names: zero, signs, separators, other scripts, exponents, not-numbers, endless digits.
NO_NUMBERS = ["", "-1", "+1", "1_000", "1,500", "１", "١", "1e3", "NaN", "inf", "0x10", "007", "1\n", "9" * 5000]


def refusal_of(read, text):
    with pytest.raises(Refused) as refusal:
        read(text)
    return refusal.value


@pytest.mark.parametrize(("text", "units"), [("1", 1), ("4", 4), ("25", 25), ("1000000", 1_000_000)])
def test_reads_whole_units(text, units):
    assert parse_units(text) == units


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "1000001", "9999999", "1.0", " 1", "4 vials"])
def test_refuses_other_quantities(text):
    assert isinstance(refusal_of(parse_units, text), NotAQuantity)


@pytest.mark.parametrize(
    ("text", "mcg", "shown"),
    [
        ("1 mg", 1_000, "1 mg"),
        ("1mg", 1_000, "1 mg"),
        ("1 MG", 1_000, "1 mg"),
        ("2.50 mg", 2_500, "2.5 mg"),
        ("500 mcg", 500, "500 mcg"),
        ("500 µg", 500, "500 mcg"),
        ("500 μg", 500, "500 mcg"),
        ("500 ug", 500, "500 mcg"),
        ("0.25 mg", 250, "250 mcg"),
        ("1000 mcg", 1_000, "1 mg"),
        ("5000 mg", 5_000_000, "5,000 mg"),
        (" 15 mg ", 15_000, "15 mg"),
    ],
)
def test_reads_and_prints_doses(text, mcg, shown):
    assert Dose.parse(text) == Dose(mcg)
    assert str(Dose(mcg)) == shown


@pytest.mark.parametrize("text", ["2 g", "2g", "1 G", "0.001 g", "2 g "])
def test_refuses_a_bare_g(text):
    assert isinstance(refusal_of(Dose.parse, text), BareGram)


@pytest.mark.parametrize(
    "text",
    [
        *NO_NUMBERS,
        *(f"{number} mg" for number in NO_NUMBERS),
        *("1", "1m g", "1 mL", "0 mg", "0.5 mcg", "0.0001 mg", "1. mg", ".5 mg", "1  mg", "1 mg daily", "1 kg"),
    ],
)
def test_refuses_other_doses(text):
    assert isinstance(refusal_of(Dose.parse, text), NotADose)


@pytest.mark.parametrize(
    ("text", "volume_ul"), [("0.5 mL", 500), ("10 ml", 10_000), ("500 uL", 500), ("500 µL", 500), ("0.001mL", 1)]
)
def test_reads_volumes(text, volume_ul):
    assert parse_volume_ul(text) == volume_ul


@pytest.mark.parametrize(
    "text", [*NO_NUMBERS, *(f"{number} mL" for number in NO_NUMBERS), "0 mL", "0.0005 mL", "0.5 uL", "1", "1 l", "1 mg"]
)
def test_refuses_other_volumes(text):
    assert isinstance(refusal_of(parse_volume_ul, text), NotAVolume)


@pytest.mark.parametrize(("text", "micros"), [("3.25", 3_250_000), ("0", 0), ("0.0001", 100), ("12", 12_000_000)])
def test_reads_costs(text, micros):
    assert parse_cost_micros(text) == micros


@pytest.mark.parametrize("text", [*NO_NUMBERS, "3.25001", "3.", ".5", "$3", "3.25 USD", "3,25"])
def test_refuses_other_costs(text):
    assert isinstance(refusal_of(parse_cost_micros, text), NotACost)


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (parse_units, "1,5", "'1,5' is not a quantity: give whole units from 1 to 1000000 in plain digits, such as 4."),
        (
            Dose.parse,
            "1m g",
            "'1m g' is not a dose: give it in mg or mcg with a point for decimals, such as 1 mg or 500 mcg.",
        ),
        (
            Dose.parse,
            "2 g",
            "'2 g' is refused: B12 is never dosed in grams and a lost micro sign looks like this; write mcg or mg.",
        ),
        (
            parse_volume_ul,
            "1,5 mL",
            "'1,5 mL' is not a volume: give it in mL with a point for decimals, such as 0.5 mL.",
        ),
        (
            parse_cost_micros,
            "3,25",
            "'3,25' is not a cost per unit: give an amount with up to four decimals, such as 3.25.",
        ),
    ],
)
def test_says_how_an_amount_is_written(read, text, sentence):
    assert str(refusal_of(read, text)) == sentence


@pytest.mark.parametrize(
    ("mcg", "mcg_per_ml", "volume_ul"), [(1_000, 1_000, 1_000), (500, 1_000, 500), (1_000, 5_000, 200), (1, 1_000, 1)]
)
def test_turns_a_dose_into_its_volume(mcg, mcg_per_ml, volume_ul):
    assert Strength(mcg_per_ml).volume_ul(Dose(mcg)) == volume_ul


def test_refuses_a_dose_that_is_no_whole_microlitre():
    with pytest.raises(NotAWholeMicrolitre) as refusal:
        Strength(3_000).volume_ul(Dose(1_000))
    assert str(refusal.value) == (
        "1 mg of 3,000 mcg/mL is 333.333 microlitres, not a whole number; "
        "ask the prescriber for a dose that can be measured."
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [("1000", "1,000"), ("0.50", "0.5"), ("10.000", "10"), ("100", "100"), ("1E+3", "1,000"), ("0", "0")],
)
def test_prints_numbers_without_trailing_zeros(number, text):
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(("volume_ul", "text"), [(10_000, "10"), (500, "0.5"), (1, "0.001"), (100_000, "100")])
def test_turns_microlitres_into_millilitres(volume_ul, text):
    assert str(millilitres(volume_ul)) == text


def test_refuses_ten_megabytes_at_once():
    text = "1" * 10_000_000
    start = time.process_time()
    for read in (parse_units, parse_cost_micros, parse_volume_ul, Dose.parse):
        refusal_of(read, text)
    assert time.process_time() - start < 1


@given(st.integers(1, 999_999))
def test_every_dose_below_a_gram_reads_back(mcg):
    assert Dose.parse(str(Dose(mcg))) == Dose(mcg)


@given(st.integers(1, 10_000_000))
def test_every_volume_reads_back(volume_ul):
    assert parse_volume_ul(f"{millilitres(volume_ul)} mL") == volume_ul


@given(st.integers(1, 30_000), st.integers(1, 10_000))
def test_a_volume_holds_exactly_the_dose_or_is_refused(mcg, mcg_per_ml):
    try:
        volume_ul = Strength(mcg_per_ml).volume_ul(Dose(mcg))
    except NotAWholeMicrolitre:
        assert mcg * 1_000 % mcg_per_ml
    else:
        assert volume_ul * mcg_per_ml == mcg * 1_000


@given(st.text(max_size=50))
def test_any_text_is_read_or_refused(text):
    for read in (parse_units, parse_cost_micros, parse_volume_ul, Dose.parse):
        with suppress(Refused):
            assert read(text) or (read is parse_cost_micros and not text.strip("0."))


@pytest.mark.parametrize(("number", "said"), [(0, "0 units"), (1, "1 unit"), (2, "2 units"), (1200, "1,200 units")])
def test_counts_what_it_names(number, said):
    assert counted(number, "unit") == said


@pytest.mark.parametrize(
    ("names", "said"),
    [((), ""), (("A1",), "A1"), (("A1", "A2"), "A1, A2"), (("A1", "A2", "A3"), "A1, A2 and 1 more")],
)
def test_names_the_first_and_counts_the_others(names, said):
    assert first_of(iter(names), 2) == said
    assert first_of(["x"] * 1002, 2) == "x, x and 1,000 more"


@pytest.mark.parametrize(("number", "said"), [("10", "10"), ("2.50", "2.5"), ("0.000", "0"), ("1200.0", "1200")])
def test_a_bare_number_has_no_exponent(number, said):
    assert str(bare(Decimal(number))) == said
