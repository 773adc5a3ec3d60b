from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import ean, luhn
from stdnum.no import fodselsnummer

from dispensary.errors import Refused
from dispensary.rules.identifiers import (
    AmbiguousNdc,
    BornOtherwise,
    GtinOfAnother,
    NotAFodselsnummer,
    NotAGtin,
    NotAnHpr,
    NotAnNdc,
    NotAnNpi,
    WrongCheckDigit,
    ndc11,
    parse_fodselsnummer,
    parse_gtin,
    parse_hpr,
    parse_npi,
    require_agreeing,
    require_born,
)
from dispensary.rules.people import Country
from tests.refusing import refused


def digits(*lengths):
    return st.one_of(*(st.text("0123456789", min_size=n, max_size=n) for n in lengths))


def accepts(read, text):
    try:
        read(text)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("00305170031251", "00305170031251"),
        ("305170031251", "00305170031251"),
        ("0305170031251", "00305170031251"),
        ("50305170031256", "50305170031256"),
        ("7046264402948", "07046264402948"),
        ("96385074", "00000096385074"),
    ],
)
def test_reads_a_gtin_of_any_length_as_14_digits(text, gtin):
    assert parse_gtin(text) == gtin


@pytest.mark.parametrize(
    "text",
    ["", "123", "0030517003125", "003051700312511", "0030517003125O", "００305170031251", "00000000", "9" * 10_000],
)
def test_refuses_what_is_no_gtin(text):
    with pytest.raises(NotAGtin):
        parse_gtin(text)


def test_says_what_a_gtin_is():
    with pytest.raises(NotAGtin) as refusal:
        parse_gtin("0517-0031-25")
    assert str(refusal.value) == (
        "'0517-0031-25' is not a GTIN: it has 8, 12, 13 or 14 digits; copy it from the pack or scan the pack."
    )


def test_says_which_check_digit_would_be_right():
    with pytest.raises(WrongCheckDigit) as refusal:
        parse_gtin("00305170031252")
    assert str(refusal.value) == (
        "'00305170031252' is not a GTIN: with these digits its last would be 1, so one of them is wrong; "
        "scan or copy it again."
    )
    assert refusal.value.facts == {"given": "'00305170031252'", "right": "1"}


@given(digits(8, 12, 13, 14).filter(lambda text: text.strip("0")))
def test_agrees_with_stdnum_on_gtins(text):
    assert accepts(parse_gtin, text) == ean.is_valid(text)
    completed = text[:-1] + ean.calc_check_digit(text[:-1])
    assert not completed.strip("0") or parse_gtin(completed) == completed.zfill(14)


@pytest.mark.parametrize(
    ("ndc", "gtin", "eleven"),
    [
        ("0517-0031-25", "00305170031251", "00517-0031-25"),
        ("63323-044-44", "00363323044442", "63323-0044-44"),
        ("70710-1663-7", "00370710166373", "70710-1663-07"),
        ("68001-640-60", "00368001640602", "68001-0640-60"),
        ("70069-172-01", "00370069172018", "70069-0172-01"),
    ],
)
def test_an_ndc_has_eleven_digits_and_stands_in_its_gtin(ndc, gtin, eleven):
    assert ndc11(ndc) == eleven
    for written in (ndc, eleven, eleven.replace("-", "")):
        require_agreeing("NDC", written, gtin)


@pytest.mark.parametrize("gtin", ["00305170031015", "50305170031256"], ids=["vial", "case"])
def test_a_carton_has_another_gtin_than_its_vials_and_cases(gtin):
    require_agreeing("NDC", "0517-0031-25", gtin)


def gtin_of(indicator, ten):
    body = f"{indicator}03{ten}"
    return body + ean.calc_check_digit(body)


@given(
    st.sampled_from([(4, 4, 2), (5, 3, 2), (5, 4, 1)]).flatmap(lambda shape: st.tuples(*map(digits, shape))),
    st.integers(0, 8),
    st.integers(1, 9),
    st.data(),
)
def test_a_gtin_holds_the_labeler_and_the_product_of_its_ndc_and_no_other(segments, indicator, step, data):
    ndc = "-".join(segments)
    *product, package = segments
    gtin = gtin_of(indicator, "".join((*product, data.draw(digits(len(package))))))
    require_agreeing("NDC", ndc, gtin)
    require_agreeing("NDC", ndc11(ndc), gtin)
    ten = "".join(segments)
    at = data.draw(st.integers(0, len("".join(product)) - 1))
    slip = f"{ten[:at]}{(int(ten[at]) + step) % 10}{ten[at + 1 :]}"
    with pytest.raises(GtinOfAnother):
        require_agreeing("NDC", ndc, gtin_of(indicator, slip))


@pytest.mark.parametrize("ndc", ["0517-0032-25", "00517-0032-25", "00517003225"])
def test_refuses_the_gtin_of_another_product(ndc):
    with pytest.raises(GtinOfAnother) as refusal:
        require_agreeing("NDC", ndc, "00305170031251")
    assert str(refusal.value) == (
        f"GTIN 00305170031251 holds 0517003125 as its NDC and the NDC beside it is '{ndc}': "
        "copy both again from the pack, or leave the GTIN empty."
    )


@pytest.mark.parametrize(
    ("kind", "identifier", "gtin"),
    [
        ("NDC", "16729-533", "00305170031251"),
        ("NDC", "123456-0031-25", "00305170031251"),
        ("NDC", "16729-5331-12", "00305170031251"),
        ("NDC", "0517-0031-25", "07046264402948"),
        ("Vnr", "440294", "00305170031251"),
        ("Vnr", "4402", "07046264402948"),
        ("none", "", "00305170031251"),
    ],
)
def test_what_holds_no_such_number_says_nothing(kind, identifier, gtin):
    require_agreeing(kind, identifier, gtin)


@pytest.mark.parametrize(
    ("ndc", "kept"),
    [
        ("00517-0031-25", "00517-0031-25"),
        ("00517003125", "00517-0031-25"),
        ("000517-0031-25", "00517-0031-25"),
        ("123456-0031-25", "123456-0031-25"),
    ],
)
def test_takes_longer_ndcs(ndc, kept):
    assert ndc11(ndc) == kept


def test_refuses_ten_digits_without_hyphens():
    with pytest.raises(AmbiguousNdc) as refusal:
        ndc11("0517003125")
    assert str(refusal.value) == (
        "'0517003125' may be 4-4-2, 5-3-2 or 5-4-1 digits: write the NDC with the hyphens of the pack."
    )


@pytest.mark.parametrize(
    "ndc", ["", "16729-533", "4444-333-22", "0517-0031-2", "5-3-2", "0517 0031 25", "0517-0031-2٥", "305170031251"]
)
def test_refuses_other_ndcs(ndc):
    with pytest.raises(NotAnNdc) as refusal:
        ndc11(ndc)
    assert str(refusal.value) == (
        f"{ndc!a} is not an NDC: write labeler, product and package with hyphens, such as 0517-0031-25 "
        "(4-4-2, 5-3-2, 5-4-1, 5-4-2 or 6-4-2 digits)."
    )


@given(digits(6), digits(6))
def test_a_nordic_gtin_holds_its_vnr_and_no_other(vnr, other):
    body = f"0704626{vnr}"
    gtin = body + ean.calc_check_digit(body)
    require_agreeing("Vnr", vnr, gtin)
    assert accepts(lambda text: require_agreeing("Vnr", text, gtin), other) == (other == vnr)


def test_refuses_the_gtin_of_another_vnr():
    with pytest.raises(GtinOfAnother) as refusal:
        require_agreeing("Vnr", "440295", "07046264402948")
    assert str(refusal.value) == (
        "GTIN 07046264402948 holds 440294 as its Vnr and the Vnr beside it is '440295': "
        "copy both again from the pack, or leave the GTIN empty."
    )


@pytest.mark.parametrize("npi", ["1234567893", "1558598797"])
def test_reads_npis(npi):
    assert parse_npi(npi) == npi


@given(digits(10))
@example("1234567890")
def test_agrees_with_stdnum_on_the_check_digit_of_npis(npi):
    assert accepts(parse_npi, npi) == luhn.is_valid("80840" + npi)
    completed = npi[:-1] + luhn.calc_check_digit("80840" + npi[:-1])
    assert parse_npi(completed) == completed


@pytest.mark.parametrize("npi", ["", "1234567890", "123456789", "12345678933", "１234567893", "1234567893\n"])
def test_refuses_other_npis(npi):
    with pytest.raises(NotAnNpi) as refusal:
        parse_npi(npi)
    assert str(refusal.value) == (
        f"{npi!a} is not an NPI: it has ten digits and the last checks the others; copy it again."
    )


def test_reads_hpr_numbers_without_leading_zeros():
    assert parse_hpr("9144900") == parse_hpr("009144900") == "9144900"
    assert parse_hpr("1") == "1"


@pytest.mark.parametrize("hpr", ["", "0", "000", "1234567890", "12 34", "-1", "１２", "0" * 10_000 + "1"])
def test_refuses_other_hpr_numbers(hpr):
    with pytest.raises(NotAnHpr) as refusal:
        parse_hpr(hpr)
    shown = ascii(hpr[:40]) + ("..." if len(hpr) > 40 else "")
    assert str(refusal.value) == f"{shown} is not an HPR number: give its 1 to 9 digits, without spaces."


def completed(nine):
    first = fodselsnummer.calc_check_digit1(nine)
    return nine + first + fodselsnummer.calc_check_digit2(nine + first)


def test_reads_a_fodselsnummer():
    assert parse_fodselsnummer("15108695088") == "15108695088"
    assert parse_fodselsnummer("151086 95088") == "15108695088"


def test_reads_a_d_number():
    d_number = completed("551086950")
    assert len(d_number) == 11
    assert parse_fodselsnummer(d_number) == d_number


@given(st.dates(max_value=fodselsnummer.datetime.date(2024, 12, 31)), st.booleans(), digits(3))
def test_agrees_with_stdnum_on_fodselsnummer(day, is_d_number, individual):
    nine = f"{day.day + 40 * is_d_number:02}{day.month:02}{day.year % 100:02}{individual}"
    number = completed(nine)
    # stdnum also knows of the clock; numbers of people not yet born are left to parse_born.
    expected = fodselsnummer.is_valid(number) if len(number) == 11 else False
    assert accepts(parse_fodselsnummer, number) == expected or int(number[4:6]) >= 25


@given(digits(11))
def test_refuses_random_digits_as_stdnum_does(number):
    assert accepts(parse_fodselsnummer, number) <= fodselsnummer.is_valid(number) or int(number[4:6]) >= 25


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("1510869508", "it has 11 digits"),
        ("151086-95088", "it has 11 digits"),
        ("１５108695088", "it has 11 digits"),
        ("15108695077", "its check digits are wrong"),
        ("15108695089", "its check digits are wrong"),
        (completed("320186950"), "it begins with no date of birth"),
        (completed("400186951"), "it begins with no date of birth"),
        (completed("010145802"), "it begins with no date of birth"),
        ("00000000000", "it begins with no date of birth"),
    ],
)
def test_refuses_other_national_numbers_without_repeating_them(number, problem):
    with pytest.raises(NotAFodselsnummer) as refusal:
        parse_fodselsnummer(number)
    assert str(refusal.value) == (
        f"That is not a Norwegian national identity number or D-number ({problem}): copy its 11 digits again."
    )


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    for read in (parse_gtin, ndc11, parse_npi, parse_hpr, parse_fodselsnummer):
        accepts(read, text)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("15108695088", date(1986, 10, 15)),
        # A D-number's day is 40 more.
        (completed("551086950"), date(1986, 10, 15)),
        (completed("010105501"), date(2005, 1, 1)),
        (completed("010155500"), date(1855, 1, 1)),
    ],
)
def test_in_norway_the_birth_date_is_the_one_in_the_fodselsnummer(number, born):
    require_born(number, Country.NORWAY, born)
    another = born.replace(year=born.year - 100)
    refusal = refused(BornOtherwise, lambda: require_born(number, Country.NORWAY, another))
    assert refusal.facts == {"number_born": born, "born": another}
    assert number[6:] not in str(refusal)


def test_elsewhere_and_of_the_pharmacys_own_identifiers_no_birth_date_is_known():
    require_born("15108695088", Country.US, date(1961, 4, 3))
    for own in ("MRN-1", "12345678901", "00000000000"):
        require_born(own, Country.NORWAY, date(1961, 4, 3))


@given(st.dates(date(1940, 1, 1), date(1999, 12, 31)), st.integers(0, 499), st.booleans())
def test_agrees_with_stdnum_on_the_birth_date(born, individual, is_d_number):
    number = completed(f"{born.day + 40 * is_d_number:02}{born:%m%y}{individual:03}")
    if len(number) == 11:
        assert fodselsnummer.get_birth_date(number) == born
        require_born(number, Country.NORWAY, born)
