"""Directions worked by hand: the days of the injections, the units, the days that they last, and the waste.

The cases stand in worked_cases.txt.
The arithmetic stands under each case and was done without the program. Days are counted from the
start (day 0); where months matter they are written as dates; `end` says that the course ends there.
Where a range leaves a choice, the days are those of its quick and short end, and units, days and
waste the cautious ones of all its ends. `asked | units, days they last, waste`.

Sources: `label` is the US cyanocobalamin label; `emc` the UK hydroxocobalamin text (emc 31182);
`Depot` the Norwegian Vitamin B12 Depot text (felleskatalogen.no); `article A` is "B12 injections for
neuropathy", `article B` is Charles Lapp on B12 in CFS; `in use` is the limit of 28 days from the
first puncture of a multi-dose vial (USP <797>): day 27 is in use, day 28 is not.

The products, all of 1 mg/mL: US-CY-ARG1 is a multi-dose vial of 1 mL, US-CY-SOM1 a vial of 1 mL of
which nobody says whether it is one, US-CY-DOD10, US-CY-VIT30, US-HY-ACT30 and US-ME-CMP10 are
multi-dose vials of 10 and 30 mL, and the Norwegian ones are ampoules of 1 mL.

2 March 2026 is a Monday; 2 April is day 31, then 61, 92 (June), 122, 153, 184 (September), 214, 245,
275 (December), 306, 337, 365. From 14 September 2026, 14 October is day 30, then 61, 91 (December),
122, 153, 181 (March), 212, 242, 273, 303, 334, 365.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from dispensary.rules.course import Course
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.schedule import injections
from dispensary.rules.supply import supply_of, units_for_days
from tests.build import FORMULARY

PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}

TABLE = Path(__file__).with_name("worked_cases.txt").read_text(encoding="utf-8")

ROW = re.compile(
    r"^(?P<text>\S.*(?:\n    .*)*)\n"
    r"  (?P<start>\S+) \| (?P<days>.*) \| (?P<asked>\d+) (?P<what>unit|day)s? of (?P<code>\S+)"
    r" \| (?P<units>\d+), (?P<lasts>\d+) d, (?P<waste_ml>[\d.]+) mL\n"
    r"  = (?P<source>.+)",
    re.MULTILINE,
)


class Case(NamedTuple):
    """A row of the table."""

    text: str
    start: date
    days: str
    asked: int
    what: str
    code: str
    units: int
    lasts: int
    waste_ul: int
    source: str


def a_case(row: re.Match[str]) -> Case:
    return Case(
        " ".join(row["text"].split()),
        date.fromisoformat(row["start"]),
        row["days"],
        int(row["asked"]),
        row["what"],
        row["code"],
        int(row["units"]),
        int(row["lasts"]),
        int(Decimal(row["waste_ml"]) * 1000),
        row["source"],
    )


CASES = [a_case(row) for row in ROW.finditer(TABLE)]


def day_number(word: str, start: date) -> int:
    return int(word) if word.isdigit() else (date.fromisoformat(word) - start) // timedelta(days=1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.text}, {case.asked} {case.what}s of {case.code}")
def test_equals_what_was_worked_out_by_hand(case: Case) -> None:
    product, course = PRODUCTS[case.code], Course(parse(case.text), case.start)
    words = case.days.split()
    ends = words[-1] == "end"
    expected = [day_number(word, case.start) for word in (words[:-1] if ends else words)]
    # The table writes the dates of the quickest and shortest way.
    quickest = injections(course.directions, course.start, *course.left[0])
    walk = [(each.on - case.start).days for each in islice(quickest, len(words))]
    assert walk == expected
    units = case.asked if case.what == "unit" else units_for_days(case.asked, course, product)
    supply = supply_of(units, course, product)
    assert (supply.units, supply.days_supply, supply.waste_ul) == (case.units, case.lasts, case.waste_ul)


def test_every_row_is_read_and_there_are_enough_in_both_languages() -> None:
    assert len(CASES) == TABLE.count("\n  = ") >= 160
    directions = {case.text for case in CASES}
    norwegian = {text for text in directions if re.search(r"i\.m\.|im\.|intramuskulært|subkutant", text)}
    assert len(directions) >= 120
    assert len(norwegian) >= 40
