"""Every event says who, when, what was before, what is now and why, as docs/audit.md lists it (21 CFR 11.10(e))."""

import ast
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from dispensary import auditor
from dispensary.checkpoint import SigningKey
from dispensary.rules.access import Act, NeedsPin, NotAllowed
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event
from dispensary.services.people.credentials import BadgeOf, PinOf, give_badge, give_pin
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.register import NewUser, add_user, note_reading
from dispensary.services.people.rescue import NewKey, enter_key, rescue
from dispensary.services.people.set_clock import SetClock, set_clock
from dispensary.services.people.sign_in import confirm, end_session, note_denied, open_session
from dispensary.services.people.sites import NewSite, Right, add_site, give_right
from dispensary.services.people.user_access import Access, change_access
from dispensary.services.prescribing import prescription_act
from tests.build import Shop, a_patient, an_rx
from tests.reports.planting import found, found_after

ROOT = Path(__file__).parent.parent
KEY = SigningKey("test-origin", b"k" * 32)
PER_FACT = "product edit"
"""Its values are facts, each with old and new."""

REASONED = {
    *("count close", "destroy", "lot hold", "lot recall", "lot release", "move", "recall withdraw", "return"),
    *("rx cancel", "rx hold", "rx release", "rx transfer", "send back", "user disable", "user enable"),
    *("vial discard", "vial hold", "vial move", "vial release", "audit clock"),
}
"""Kinds in which everything that was done for these tests was given a reason."""


@dataclass(frozen=True)
class Row:
    """What the page says of a kind."""

    kind: str
    about: str
    before: frozenset[str]
    after: frozenset[str]
    why: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return self.before | self.after | self.why


def page() -> dict[str, Row]:
    text = (ROOT / "docs" / "audit.md").read_text("utf-8").split("## What each event tells")[1].split("## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    return {
        kind: Row(kind, about, *(frozenset(re.findall("`([a-z_]+)`", cell)) for cell in more))
        for kind, about, *more in rows[1:]
    }


PAGE = page()


def events(shop: Shop):
    return shop.read(lambda db: db.execute(select(audit_event).order_by(audit_event.c.sequence)).all())


@pytest.fixture
def people(shop: Shop) -> Shop:
    """Somebody logged in, was refused, disabled and enabled; a patient was read, a prescription cancelled.

    A key was made and rescued alex, and the clock was set.
    """
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.do(give_pin, PinOf(shop.key(), "alex"), pin_hash="$argon2id$")
    shop.do(give_badge, BadgeOf(shop.key(), "sam"), badge_hash="0" * 64)
    rx = an_rx(shop)
    shop.do(lambda db, _order, on, by: note_reading(db, [1], "patient show P1", on=on, by=by), None)
    by = shop.by()
    shop.write(lambda db: open_session(db, by, "0" * 64, "till-1", on=shop.on))
    need = NeedsPin(what="`destroy`", user="alex", user_id=by.user_id)
    shop.write(lambda db: confirm(db, by, need, on=shop.on))
    shop.write(lambda db: end_session(db, 1, "logged out", on=shop.on, by=by))
    refusal = NotAllowed(user="sam", role="technician", act="`destroy`", needed="a pharmacist")
    shop.write(lambda db: note_denied(db, refusal, on=shop.on, by=replace(shop, user="sam").by()))
    for enabled in (False, True):
        shop.do(change_access, Access(shop.key(), "sam", "on leave", enabled))
    shop.do(erase, Erasure(shop.key(), a_patient(shop, "MRN-2"), "asked for it"), practice=shop.practice)
    shop.do(add_site, NewSite(shop.key(), "Harbour Pharmacy"), origin="harbour")
    there = replace(by, site_id=2)
    shop.write(lambda db: add_user(db, NewUser(shop.key(), "nora", Role.TECHNICIAN), on=shop.on, by=there))
    shop.do(give_right, Right(shop.key(), "nora", Role.TECHNICIAN))
    shop.do(prescription_act.act, prescription_act.Decided(shop.key(), rx, prescription_act.Act.CANCEL, "stopped"))
    shop.do(enter_key, NewKey(shop.key(), KEY.verifier))
    shop.write(lambda db: rescue(db, "alex", KEY, pin_hash="$argon2id$", on=shop.on))
    shop.do(set_clock, SetClock(shop.key(), "the till was ahead"))
    return shop


@pytest.fixture
def all_events(busy, people):
    return [*events(busy), *events(people)]


def written() -> set[str]:
    """The kinds that the services name where they write an event or claim a request."""
    kinds: set[str] = set()
    for file in (ROOT / "dispensary" / "services").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(call, ast.Call) and call.args:
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                kinds |= _kinds({"Event": call.args[:1], "claim": call.args[1:2]}.get(name, []))
    return kinds


def _kinds(given) -> set[str]:
    for each in given:
        if isinstance(each, ast.Constant):
            return {str(each.value)}
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Act":
            return {Act[each.attr].value}
        if isinstance(each, ast.JoinedStr) and isinstance(each.values[0], ast.Constant):
            acts = {act.value for act in Act if act.value.startswith(str(each.values[0].value))}
            return {act for act in acts if act not in ("rx add", "rx owe", "rx check")}
    return set()


def test_every_kind_that_the_program_writes_is_on_the_page():
    assert len(written()) > 40
    assert sorted(written() - PAGE.keys()) == []


def test_every_kind_on_the_page_occurs(all_events):
    assert sorted({event.kind for event in all_events} ^ PAGE.keys()) == []


def test_every_event_says_who_when_and_about_what(all_events):
    for event in all_events:
        _, _, _, _, moment, clock, actor, kind, subject, *_ = auditor._netstrings(event.canonical.encode())
        assert all((moment, clock, actor, kind, subject)), event.canonical
        about_a_patient = {"patient": True, "perhaps patient": None}.get(PAGE[kind].about.split(", ")[-1], False)
        assert about_a_patient in (None, bool(event.patient)), event.canonical


def test_every_event_tells_what_the_page_says(all_events):
    for event in all_events:
        values = auditor.values_of(event.canonical)
        row = PAGE[event.kind]
        if event.kind == PER_FACT:
            assert values
            for fact in values.values():
                assert (set(fact), fact["old"] != fact["new"]) == (set(row.names), True), event.canonical
        else:
            assert set(values) == row.names, event.canonical


def test_what_changes_has_something_before_and_after(all_events):
    """All but a first level of a day, a first entry of a count and a time in the light that holds nothing."""
    silent = defaultdict(int)
    for event in all_events:
        row, values = PAGE[event.kind], auditor.values_of(event.canonical)
        if row.before and event.kind != PER_FACT and not any(values[name] for name in row.before):
            silent[event.kind] += 1
    assert set(silent) <= {"patient level", "light", "count enter", "rx owe", "count close", "user right"}


def test_a_reason_that_was_given_is_told(all_events):
    told = {event.kind: event for event in all_events if event.kind in REASONED}
    assert told.keys() == REASONED
    for event in told.values():
        assert auditor.values_of(event.canonical)["reason"], event.canonical


def test_the_books_agree_with_all_of_them(people):
    assert found(people) == {}
    assert found_after(people, "UPDATE site_right SET role = 'pharmacist' WHERE id = 2") == {
        "registers": "nora: event {told} tells of role technician, and the record of pharmacist".format(
            told=max(event.sequence for event in events(people) if event.kind == "user right")
        )
    }


def test_no_event_holds_what_only_the_patient_may(busy):
    chain = "".join(event.canonical for event in events(busy))
    for personal in ("Patient 1", "MRN-1", "1961-04", "Folic", "148 pmol", "Leber"):
        assert personal not in chain
    for event in events(busy):
        if event.kind in ("patient edit", "patient level"):
            values = auditor.values_of(event.canonical)
            assert re.fullmatch(r"([0-9a-f]{64})+", "".join(_texts([values["old"], values["new"]]))), event.canonical


def _texts(values: object) -> list[str]:
    if isinstance(values, dict | list):
        return [text for each in (values.values() if isinstance(values, dict) else values) for text in _texts(each)]
    return [] if values is None else [json.loads(json.dumps(values))]
