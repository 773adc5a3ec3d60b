"""A formulary as a CSV file: the columns, and each line as a product with its pack."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dispensary.errors import Refused, quoted
from dispensary.rules.identifiers import parse_gtin, require_agreeing
from dispensary.rules.product import (
    Container,
    Form,
    Preservatives,
    Product,
    Route,
    Storage,
    Temperature,
    one_of,
)
from dispensary.rules.quantity import Strength, parse_units, parse_volume_ul
from dispensary.rules.text import clean_text

COLUMNS = (
    "code",
    "name",
    "labeler",
    "form",
    "strength_mcg_per_ml",
    "container",
    "fill_ml",
    "units_per_pack",
    "preservatives",
    "temperature",
    "protect_from_light",
    "routes",
    "identifier_kind",
    "identifier",
    "gtin",
    "confidence",
)
"""The columns of a formulary, all of them, in any order."""

MOST_BYTES = 5_000_000


class NotAFormulary(Refused):
    """A file that does not hold products."""

    sentence = "{file} line {line}: {problem} Nothing was imported; mend the line and import the file again."
    file: str
    line: int
    problem: str


class NotACode(Refused):
    """The text is not a product code."""

    sentence = "{given} is not a product code: write capital letters, digits and hyphens, such as US-CY-ARG1."
    given: str


class GtinOfUnknownPack(Refused):
    """A GTIN whose pack holds nobody knows how many units."""

    sentence = "GTIN {gtin} needs its units_per_pack: fill it in, or leave the gtin empty."
    gtin: str


class YesNo(StrEnum):
    """How a CSV says whether."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Row:
    """One product of a formulary with its pack, where the GTIN is known."""

    product: Product
    gtin: str | None
    units_per_pack: int | None


def read_rows(data: bytes, file: str) -> tuple[Row, ...]:
    """The products of a CSV file in UTF-8 with the COLUMNS; raises NotAFormulary with the line."""
    reader = csv.DictReader(io.StringIO(_decoded(data, file), newline=""), strict=True)
    rows: dict[str, Row] = {}
    try:
        if sorted(reader.fieldnames or ()) != sorted(COLUMNS):
            raise NotAFormulary(file=file, line=1, problem=f"the columns must be {','.join(COLUMNS)}.")
        for fields in reader:
            row = _row(fields, file, reader.line_num)
            if row.product.code in rows:
                raise NotAFormulary(file=file, line=reader.line_num, problem=f"{row.product.code} stands there twice.")
            rows[row.product.code] = row
    except csv.Error as problem:
        raise NotAFormulary(file=file, line=reader.line_num, problem=f"it is not CSV ({problem}).") from None
    if not rows:
        raise NotAFormulary(file=file, line=1, problem="there is no product in it.")
    return tuple(rows.values())


def _decoded(data: bytes, file: str) -> str:
    problem = None
    if len(data) > MOST_BYTES:
        problem = f"the file is larger than {MOST_BYTES} bytes."
    elif b"\0" in data:
        problem = "the file is not CSV in UTF-8 (it holds NUL bytes, perhaps UTF-16)."
    if problem is None:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problem = f"the file is not UTF-8 (byte {error.start})."
    raise NotAFormulary(file=file, line=1, problem=problem)


def _row(fields: Mapping[str | None, str], file: str, line: int) -> Row:
    if None in fields or None in fields.values():
        raise NotAFormulary(file=file, line=line, problem=f"there must be {len(COLUMNS)} fields.")
    try:
        return _parsed({str(name): value.strip() for name, value in fields.items()})
    except Refused as refusal:
        raise NotAFormulary(file=file, line=line, problem=str(refusal)) from None


def _parsed(field: Mapping[str, str]) -> Row:
    gtin = parse_gtin(field["gtin"]) if field["gtin"] else None
    units = None if field["units_per_pack"] in ("", "unknown") else parse_units(field["units_per_pack"])
    if gtin is not None and units is None:
        raise GtinOfUnknownPack(gtin=gtin)
    if gtin is not None:
        require_agreeing(field["identifier_kind"], field["identifier"], gtin)
    return Row(
        Product(
            code=parse_code(field["code"]),
            name=clean_text(field["name"], "name of the product"),
            labeler=clean_text(field["labeler"], "labeler"),
            form=one_of(Form, "form", field["form"]),
            strength=Strength(parse_units(field["strength_mcg_per_ml"])),
            container=one_of(Container, "container", field["container"]),
            fill_ul=parse_volume_ul(f"{field['fill_ml']} mL"),
            preservatives=Preservatives.parse(field["preservatives"]),
            storage=Storage(
                one_of(Temperature, "temperature", field["temperature"]),
                one_of(YesNo, "light column", field["protect_from_light"]) is YesNo.YES,
            ),
            routes=frozenset(one_of(Route, "route", route) for route in field["routes"].split(";")),
            identifier_kind=clean_text(field["identifier_kind"], "kind of identifier"),
            identifier=field["identifier"] and clean_text(field["identifier"], "identifier"),
            confidence=clean_text(field["confidence"], "confidence"),
        ),
        gtin,
        units,
    )


def parse_code(text: str) -> str:
    """A product code in capitals, 1 to 32 characters; raises NotACode."""
    code = text.strip().upper() if text.isascii() else ""
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,31}", code):
        raise NotACode(given=quoted(text))
    return code
