"""Request keys, for every service: the same key gives the same receipt, and never another one."""

import dataclasses
import inspect
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import import_module
from pkgutil import walk_packages
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from dispensary import database, services
from dispensary.exports.json_text import document
from dispensary.reports.verify import verify
from dispensary.request import KeyReused, again
from dispensary.rules.canonical import canonical_json
from dispensary.rules.people import Role
from dispensary.schema import trust
from dispensary.services.stock.receive import receive
from tests.build import Shop
from tests.everything import everything_done
from tests.orders import KEY, KINDS, a_delivery, a_dispense, a_new_patient, a_new_user


def test_every_service_with_a_key_is_tried_here():
    modules = [import_module(each.name) for each in walk_packages(services.__path__, f"{services.__name__}.")]
    claiming = {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and "request.claim(" in inspect.getsource(function)
    }
    assert claiming
    assert claiming <= {name for write in KINDS for name in write.__code__.co_names}


def books(shop: Shop) -> Any:
    return shop.read(
        lambda db: [
            db.execute(select(table)).all() for table in (trust.head, trust.request, trust.answer, trust.audit_event)
        ]
    )


@pytest.mark.parametrize("write", KINDS, ids=lambda write: write.__name__)
def test_the_same_key_gives_the_same_receipt_and_with_other_content_is_refused(shop, write):
    service, order, other, more = write(shop)
    first = shop.do(service, order, **more)
    before = books(shop)
    later = shop.at(shop.on + timedelta(days=400))
    second = later.do(service, order, **more)
    assert second == first
    assert document(second) == document(first)
    with pytest.raises(KeyReused) as refused:
        shop.do(service, other, **more)
    assert str(refused.value) == (
        f"The key the-key was used on 2026-11-21T14:30:00+00:00 for another {KINDS[write]}: nothing was written; "
        "use a new key, or repeat the first command to see its receipt."
    )
    assert books(shop) == before


def test_whatever_was_done_is_answered_the_same_again(shop):
    asked = everything_done(shop)
    kinds = shop.read(lambda db: db.execute(select(trust.request.c.kind)).scalars().all())
    assert set(KINDS.values()) <= set(kinds)
    before = books(shop)
    assert [document(each.again()) for each in asked] == [document(each.receipt) for each in asked]
    assert books(shop) == before
    assert shop.read(verify).ok


def test_the_same_key_for_another_kind_of_work_is_refused(shop):
    service, order, _, more = a_new_user(shop)
    shop.do(service, order, **more)
    with pytest.raises(KeyReused, match="for another user add"):
        shop.do(receive, a_delivery(shop)[1])


def test_a_refused_request_leaves_its_key_free(shop):
    service, order, _, _ = a_delivery(shop)
    with pytest.raises(database.Refused):
        shop.do(service, replace(order, place="waste"))
    assert shop.do(service, order).receipt == "R1"


def test_eight_counters_with_one_key_write_once(shop, url):
    service, order, _, more = a_dispense(shop)
    by = shop.by()
    engine = database.open_engine(database.parse_url(url), pause=lambda: time.sleep(0.002))
    together = Barrier(8)

    def counter(_):
        together.wait()
        return database.transaction(engine, lambda db: service(db, order, on=shop.on, by=by, **more))

    with ThreadPoolExecutor(8) as counters:
        receipts = list(counters.map(counter, range(8)))
    engine.dispose()
    assert [receipt == receipts[0] for receipt in receipts] == [True] * 8
    assert len(shop.read(lambda db: db.execute(select(trust.request).where(trust.request.c.key == KEY)).all())) == 1
    assert shop.read(verify).ok


def test_nothing_but_the_content_counts(shop):
    service, order, _, more = a_new_patient(shop)
    first = shop.do(service, order, **more)
    turned = replace(order, sensitivities=frozenset(sorted(order.sensitivities, reverse=True)))
    assert shop.do(service, turned, **more) == first


@dataclass(frozen=True)
class Inner:
    on: date
    role: Role | None


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    day: date | None
    count: int
    text: str
    yes: bool


@pytest.mark.parametrize("day", [None, date(2026, 11, 21)])
def test_a_kept_receipt_is_revived_with_its_types(day):
    receipt = Outer((Inner(date(2026, 1, 2), Role.MANAGER), Inner(date(1, 1, 1), None)), day, 3, "æ\n", True)
    revived = again(canonical_json(receipt), Outer)
    assert repr(revived) == repr(receipt)
    assert dataclasses.asdict(revived) == dataclasses.asdict(receipt)
