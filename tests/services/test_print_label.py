"""Prints in the books: copies are counted, events tell all that the rows hold."""

from sqlalchemy import event as events_of_engine
from sqlalchemy import select

from dispensary import auditor
from dispensary.reports.verify import verify
from dispensary.rules.access import NotAllowed
from dispensary.rules.people import Role
from dispensary.schema import printing, trust
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.printing.print_label import Print, PrintJob, print_label, print_with
from tests.build import rows
from tests.refusing import nothing_written


def printed(shop, record="D1", kind="dispense", printer="counter", **more):
    return shop.do(print_label, Print(shop.key(), kind, record, "dispense-100x62", printer, **more))


def newest_event(shop):
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(statement).first())


def test_a_print_has_its_number_and_its_copy(shop):
    assert printed(shop) == PrintJob("PJ1", "dispense", "D1", 1, "dispense-100x62", "counter", None)
    assert printed(shop, printer=None, position=4) == PrintJob("PJ2", "dispense", "D1", 2, "dispense-100x62", None, 4)
    assert [printed(shop, **other).copy for other in ({"record": "D2"}, {"kind": "bag"}, {})] == [1, 1, 3]
    assert shop.read(verify).ok


def test_its_event_tells_all_that_the_row_holds(shop):
    shop.do(print_label, Print("k", "dispense", "D1", "mine.toml", "counter", 3), patient="c" * 64)
    event = newest_event(shop)
    assert (event.kind, event.subject, event.patient, event.request_key) == ("label print", "PJ1", "c" * 64, "k")
    assert auditor.values_of(event.canonical) == {
        "kind": "dispense",
        "record": "D1",
        "copy": 1,
        "design": "mine.toml",
        "printer": "counter",
        "position": 3,
        "again": None,
        "request": "k",
    }


def with_request(shop, kind="dispense", key="k"):
    return shop.do(print_with, Print(key, kind, "D1", "dispense-100x62", "counter"))


def test_a_request_prints_a_label_and_a_leaflet(shop):
    shop.do(add_user, NewUser("k", "kim", Role.PHARMACIST))
    assert [with_request(shop, kind).job for kind in ("dispense", "leaflet")] == ["PJ1", "PJ2"]
    assert newest_event(shop).request_key == ""
    assert auditor.values_of(newest_event(shop).canonical)["request"] == "k"
    assert shop.read(verify).ok


def test_a_request_that_is_asked_again_prints_nothing_more(shop):
    shop.do(add_user, NewUser("k", "kim", Role.PHARMACIST))
    first = with_request(shop)
    printed(shop)
    assert with_request(shop) == first == PrintJob("PJ1", "dispense", "D1", 1, "dispense-100x62", "counter", None)
    assert rows(shop, printing.print_job) == 2


def test_a_print_within_another_request_is_five_statements(shop):
    shop.do(add_user, NewUser("k", "kim", Role.PHARMACIST))
    seen, by = [], shop.by()

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement.split()[0])

    def work(db):
        events_of_engine.listen(db, "before_cursor_execute", note)
        print_with(db, Print("k", "dispense", "D1", "one", "counter"), on=shop.on, by=by)

    shop.write(work)
    assert seen == ["SELECT", "UPDATE", "INSERT", "INSERT", "UPDATE"]


def test_an_auditor_prints_nothing(shop):
    shop.do(add_user, NewUser(shop.key(), "audrey", Role.AUDITOR))
    shop.user = "audrey"
    nothing_written(shop, NotAllowed, lambda: printed(shop))
    assert rows(shop, printing.print_job) == 0
