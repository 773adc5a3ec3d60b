from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dispensary.rules.canonical import canonical_json
from dispensary.rules.product import Route


@dataclass(frozen=True)
class Ordered:
    units: int
    routes: frozenset[str]


def test_keys_and_sets_are_sorted_and_nothing_is_spaced():
    assert canonical_json({"b": (1, None), "a": "æ"}) == '{"a":"æ","b":[1,null]}'
    letters = "hgfedcba"
    assert canonical_json(frozenset(letters)) == canonical_json(set(letters)) == '["a","b","c","d","e","f","g","h"]'
    assert canonical_json(Ordered(2, frozenset(Route))) == '{"routes":["IM","subcut"],"units":2}'


def test_dates_and_decimals_are_their_text():
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert canonical_json([date(2026, 11, 21), moment, Decimal("0.50")]) == (
        '["2026-11-21","2026-11-21 09:30:00+00:00","0.50"]'
    )


@pytest.mark.parametrize("thing", [object(), b"bytes"])
def test_what_has_no_lasting_text_is_not_written(thing):
    with pytest.raises(TypeError):
        canonical_json({"it": thing})
