"""The writer of the audit chain: what it hashes, whose chain it is, and whom it does not name."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from dispensary import audit, auditor
from dispensary.audit import Event, commitment, record, take
from dispensary.reports import chain
from dispensary.rules.people import Person, Role
from dispensary.schema.trust import audit_event
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from tests.build import Shop, a_patient


def recorded(shop: Shop, event: Event, on: datetime | None = None, by: Person | None = None) -> audit.Entry:
    by = by or shop.by()
    return shop.write(lambda db: record(db, take(db, by.site_id), event, on=on or shop.on, by=by))


def rows(shop: Shop, site_id: int = 1):
    query = select(audit_event).where(audit_event.c.site_id == site_id).order_by(audit_event.c.sequence)
    return shop.read(lambda db: db.execute(query).all())


def test_an_event_is_the_netstrings_of_its_fields(shop):
    before = rows(shop)[-1]
    entry = recorded(shop, Event("count", "A1", "k", {"b": [1, None], "a": "æ"}, patient="p"))
    row = rows(shop)[-1]
    assert row.canonical == (
        "18:dispensary audit 1,11:test-origin,1:3,64:" + before.hash + ",32:2026-11-21T14:30:00.000000+00:00,"
        '32:2026-11-21T09:30:00.000000-05:00,4:alex,5:count,2:A1,1:p,1:k,23:{"a":"æ","b":[1,null]},'
    )
    assert row.hash == hashlib.sha256(b"\x00" + row.canonical.encode()).hexdigest()
    assert entry == audit.Entry(3, row.hash)
    assert shop.read(chain.head_of, 1) == audit.Entry(3, row.hash)


def test_the_searchable_columns_say_the_same(shop):
    recorded(shop, Event("count", "A1", "k", {}, patient="p"))
    row = rows(shop)[-1]
    assert (row.actor, row.kind, row.subject, row.patient, row.request_key) == ("alex", "count", "A1", "p", "k")
    assert row.at == shop.on.astimezone(UTC)


def test_the_first_event_follows_zeros(shop):
    assert auditor._netstrings(rows(shop)[0].canonical.encode())[3] == "0" * 64


@pytest.mark.parametrize(
    "on",
    [
        datetime(2026, 11, 1, 1, 30, fold=0, tzinfo=ZoneInfo("America/New_York")),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")),
        datetime(2026, 3, 8, 2, 30, tzinfo=ZoneInfo("America/New_York")),
        datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=ZoneInfo("Europe/Oslo")),
        datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kathmandu")),
        datetime(1890, 1, 1, tzinfo=ZoneInfo("Europe/Oslo")),
    ],
)
def test_any_clock_makes_a_whole_chain(shop, on):
    recorded(shop, Event("audit clock", "clock", "k", {}), on=on)
    assert shop.read(chain.check_database, 1).ok


def test_a_moment_without_a_zone_is_a_fault(shop):
    with pytest.raises(TypeError, match="offset-naive"):
        recorded(shop, Event("count", "A1", "k", {}), on=datetime(2026, 11, 21))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["12:A1,", "", "æøå €", "O'Brien", '"\\\n', "\U0001f489", "a" * 100_000])
def test_any_text_makes_a_whole_chain(shop, text):
    recorded(shop, Event("count", text, text, {text: text}, patient=text))
    assert shop.read(chain.check_database, 1).ok
    assert auditor.values_of(rows(shop)[-1].canonical) == {text: text}


def test_what_would_be_joined_alike_is_hashed_apart():
    assert audit._netstrings("A1", "12") != audit._netstrings("A11", "2")


@given(st.lists(st.text()), st.lists(st.text()))
def test_no_two_lists_of_fields_have_one_text(one, other):
    try:
        same = audit._netstrings(*one) == audit._netstrings(*other)
    except UnicodeEncodeError:
        return
    assert same == (one == other)


def test_each_site_has_its_own_chain(shop):
    opening = Opening("init-2", "Second Pharmacy", "other-origin", "robin", ())
    robin = shop.write(lambda db: open_pharmacy(db, opening, on=shop.on))
    recorded(shop, Event("count", "A1", "k", {}))
    recorded(shop, Event("count", "A1", "k", {}), by=robin)
    assert [row.sequence for row in rows(shop)] == [1, 2, 3]
    assert [row.sequence for row in rows(shop, robin.site_id)] == [1, 2, 3]
    assert shop.read(chain.check_database, 1).ok
    assert shop.read(chain.check_database, robin.site_id).ok
    swapped = shop.read(lambda db: auditor.check(chain.events(db, robin.site_id), origin="test-origin"))
    assert swapped.problem == "Event 1: it belongs to another chain."


def test_numbers_count_up_by_site_and_go_back_with_their_transaction(shop):
    assert shop.write(lambda db: [take(db, 1, "receipts").number for _ in range(3)]) == [1, 2, 3]

    def lost(db):
        assert take(db, 1, "receipts").number == 4
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.write(lost)
    assert shop.write(lambda db: (take(db, 1, "receipts").number, take(db, 1, "returns").number)) == (4, 1)


def test_a_patient_stands_in_the_chain_as_a_commitment_only(shop):
    a_patient(shop, identifier="15108695088", name="Kari Nordmann", born="1961-04-03")
    row = rows(shop)[-1]
    assert row.patient == hmac.new(b"k" * 32, b"patient 1", hashlib.sha256).hexdigest()
    for told in ("15108695088", "Nordmann", "1961"):
        assert told not in row.canonical


def test_a_commitment_depends_on_key_and_number():
    made = {commitment(key, number) for key in (b"k" * 32, b"l" * 32) for number in (1, 2, 12)}
    assert len(made) == 6


def test_values_are_json_with_sorted_keys(shop):
    recorded(shop, Event("count", "A1", "k", {"z": Role.PHARMACIST, "a": shop.today, "m": (1, 2)}))
    values = auditor._netstrings(rows(shop)[-1].canonical.encode())[11]
    assert values == '{"a":"2026-11-21","m":[1,2],"z":"pharmacist"}'
    assert json.loads(values) == auditor.values_of(rows(shop)[-1].canonical)
