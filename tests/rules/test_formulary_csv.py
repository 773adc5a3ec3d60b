import pytest

from dispensary.rules.formulary import COLUMNS, MOST_BYTES, NotACode, NotAFormulary, parse_code, read_rows
from dispensary.rules.product import Preserved, Route, Temperature
from tests.build import FORMULARY
from tests.refusing import refused

GOOD = {
    "code": "HOUSE-1",
    "name": "Cyanocobalamin injection",
    "labeler": "house",
    "form": "cyanocobalamin",
    "strength_mcg_per_ml": "1000",
    "container": "ampoule",
    "fill_ml": "0.5",
    "units_per_pack": "10",
    "preservatives": "none",
    "temperature": "2-8",
    "protect_from_light": "yes",
    "routes": "IM;subcut",
    "identifier_kind": "none",
    "identifier": "",
    "gtin": "00305170031015",
    "confidence": "own batch record",
}


def lines(*changes, columns=COLUMNS):
    rows = [{**GOOD, **change} for change in changes]
    return "\n".join([",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]).encode()


def read(data, file="house.csv"):
    return read_rows(data, file)


def not_read(data):
    return refused(NotAFormulary, lambda: read(data))


def test_reads_every_row_of_the_starter_formulary():
    rows = {row.product.code: row for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}
    assert len(rows) == 14
    assert all(row.product.confidence for row in rows.values())
    assert rows["US-CY-ARG1"].units_per_pack == 25
    assert (rows["NO-CY-TAK1"].gtin, rows["NO-CY-TAK1"].units_per_pack) == (None, None)
    unknown = {code for code, row in rows.items() if row.product.preservatives.known is Preserved.UNKNOWN}
    assert unknown == {"US-CY-LIF1", "US-CY-ZYD1", "US-CY-GLA10", "US-CY-HIK10", "NO-HY-ORI1"}
    assert rows["US-HY-ACT30"].product.routes == {Route.IM}


def test_reads_columns_in_any_order_with_bom_and_windows_line_ends():
    data = b"\xef\xbb\xbf" + lines({}, columns=COLUMNS[::-1]).replace(b"\n", b"\r\n")
    (row,) = read(data)
    assert (row.product.fill_ul, row.product.storage.temperature) == (500, Temperature.REFRIGERATOR)
    assert (row.gtin, row.units_per_pack) == ("00305170031015", 10)


def test_reads_quoted_fields_and_passes_blank_lines_over():
    (row,) = read(lines({"name": '"Vitamin B12, ""retard"""'}) + b"\n\n")
    assert row.product.name == 'Vitamin B12, "retard"'


def test_a_pack_of_unknown_size_is_no_pack():
    (row,) = read(lines({"units_per_pack": "unknown", "gtin": ""}))
    assert (row.gtin, row.units_per_pack) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "house 1"},
        {"code": ""},
        {"name": ""},
        {"name": "B12\x1b[31m"},
        {"labeler": "x" * 201},
        {"form": "b12"},
        {"strength_mcg_per_ml": "0"},
        {"strength_mcg_per_ml": "1e3"},
        {"strength_mcg_per_ml": "1000.5"},
        {"container": "bag"},
        {"fill_ml": "0"},
        {"fill_ml": "1.00000001"},
        {"fill_ml": "NaN"},
        {"units_per_pack": "-1"},
        {"units_per_pack": "", "gtin": "00305170031015"},
        {"preservatives": ""},
        {"preservatives": "see label"},
        {"temperature": "cold"},
        {"protect_from_light": "perhaps"},
        {"routes": ""},
        {"routes": "IV"},
        {"gtin": "00305170031016"},
        {"gtin": "123"},
        {"identifier_kind": "NDC", "identifier": "0517-0032-25"},
        {"confidence": ""},
    ],
    ids=str,
)
def test_refuses_a_wrong_field_with_its_line(wrong):
    refusal = not_read(lines({"code": "FIRST", "gtin": ""}, wrong))
    assert (refusal.file, refusal.line) == ("house.csv", 3)


def test_refuses_a_code_that_stands_there_twice():
    assert not_read(lines({}, {"code": "house-1"})).line == 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        lines(),
        b"PK\x03\x04\x00\x00",
        lines({}).decode().encode("utf-16"),
        lines({"name": "vitamine \xe9"}).decode().encode("latin-1"),
        lines({}).replace(b",", b";"),
        lines({}).replace(b"code,name", b"code,code"),
        lines({}).replace(b"gtin,confidence", b"gtin"),
        lines({}).replace(b"HOUSE-1", b'"HOUSE-1'),
        lines({}) + b",one too many",
        lines({}).rsplit(b",", 1)[0],
        b"x" * (MOST_BYTES + 1),
        lines({"name": "x" * 200_000}),
    ],
    ids=[
        "empty",
        "no product",
        "spreadsheet",
        "utf-16",
        "latin-1",
        "semicolons",
        "doubled header",
        "missing header",
        "open quote",
        "field too many",
        "field too few",
        "too large",
        "endless field",
    ],
)
def test_refuses_what_is_no_formulary(data):
    not_read(data)


@pytest.mark.parametrize("text", ["us-cy-1", " US-CY-1 "])
def test_a_code_is_kept_in_capitals(text):
    assert parse_code(text) == "US-CY-1"


@pytest.mark.parametrize("text", ["", "-A", "A B", "A_B", "Å1", "ß", "A" * 33])
def test_refuses_what_is_no_code(text):
    refused(NotACode, lambda: parse_code(text))
