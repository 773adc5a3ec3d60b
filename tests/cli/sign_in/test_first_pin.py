"""A pharmacy is open until its first PIN, which shuts it, on each engine."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dispensary.cli import context
from dispensary.schema.sign_in import session
from dispensary.sessions import SINCE
from tests.build import NOW
from tests.cli.counter import Counter
from tests.cli.sign_in.house import DESTROY, WRONG
from tests.pins import PINS, cheap
from tests.refusing import everything


def test_without_a_pin_in_the_house_a_name_is_enough(open_house):
    open_house.done("--as", "sam", "stock")
    open_house.done("--as", "alex", *DESTROY, "sam")
    said = open_house.done("login", "pia")
    assert said == "Nobody has a PIN yet, so nobody logs in: `dispensary --as pia user pin` gives the first.\n"
    assert "There is no user 'nobody'" in open_house.refused("login", "nobody")
    assert open_house.tokens() == []


def test_the_first_pin_shuts_the_pharmacy_and_leaves_its_giver_logged_in(open_house):
    open_house.done("--as", "alex", "user", "pin", typed=(PINS["alex"],))
    open_house.done("stock")
    open_house.done("--as", "alex", "stock")
    assert open_house.refused("--as", "sam", "stock").startswith("alex is logged in at this counter, not sam")
    open_house.done("logout")
    assert open_house.refused("--as", "alex", "stock").startswith("Nobody is logged in at this counter: ")


def test_the_first_pin_may_be_given_to_another_who_changes_it(open_house):
    open_house.done("--as", "alex", "user", "pin", "mia", typed=("104729",))
    assert open_house.refused("--as", "alex", "stock").startswith("Nobody is logged in")
    open_house.done("login", "mia", typed=("104729", PINS["mia"]))
    assert open_house.refused("login", "mia", typed=("104729",)).endswith("4 more wrong ones lock it.")


def test_a_technician_cannot_shut_the_pharmacy(open_house):
    assert "only a pharmacist or manager" in open_house.refused("--as", "alex", "user", "pin", "sam", typed=("104729",))
    open_house.done("--as", "sam", "stock")


def test_init_again_opens_no_door(house):
    before = everything(house.shop)
    house.run.done("init", "--yes")
    assert everything(house.shop) == before
    house.refused("stock")


def test_upgrade_and_backup_ask_who_it_is(house):
    for words in (("upgrade",), ("backup", "b"), ("audit", "checkpoint"), ("verify",)):
        house.refused(*words)
    house.login("nightly")
    assert house.refused("--as", "nightly", "backup", "b").startswith("nightly has the role of reporter")
    house.login("mia")
    house.done("upgrade")
    house.done("backup", "b")


def test_a_demo_asks_nobody(house):
    house.run.done("demo", "--out", "shown")


def test_the_last_use_that_cannot_be_noted_spoils_no_answer(house, monkeypatch):
    """As on a standby, which takes no row."""
    from dispensary import sessions
    from dispensary.errors import NotSaved

    def full(*_: object) -> None:
        raise NotSaved(problem="cannot execute UPDATE in a read-only transaction")

    house.login("pia")
    house.at(NOW + timedelta(minutes=5))
    monkeypatch.setattr(sessions, "touch", full)
    house.done("stock")
    used = house.shop.read(lambda db: db.execute(select(session.c.used_at)).scalar_one())
    assert used == NOW


SCHEMAS = sorted((Path(__file__).parents[2] / "golden" / "schemas").glob("*.sql"))
OPEN = [each for each in SCHEMAS if each.stem < SINCE]
SHUT = [each for each in SCHEMAS if each.stem >= SINCE]


@pytest.fixture
def old(sqlite_counter: Counter, monkeypatch: pytest.MonkeyPatch, schema: Path) -> Counter:
    """A counter of a pharmacy of the schema, some weeks after its last entry."""
    cheap(monkeypatch)
    monkeypatch.setattr(context, "interactive", lambda: False)
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(days=60))
    monkeypatch.delenv("DISPENSARY_USER")
    Path("pharmacy.db").unlink()
    with closing(sqlite3.connect("pharmacy.db")) as db:
        db.executescript(schema.read_text("utf-8"))
    return sqlite_counter


@pytest.mark.parametrize("schema", OPEN, ids=lambda file: file.stem)
def test_an_old_pharmacy_is_upgraded_by_name_and_shut_by_its_first_pin(old):
    assert "There is no user" in old.refused("--as", "nobody", "upgrade")
    old.done("--as", "alex", "upgrade")
    old.done("--as", "alex", "stock")
    old.done("--as", "alex", "--pin-stdin", "user", "pin", stdin=PINS["alex"])
    old.done("upgrade")
    old.done("logout")
    for words in (("stock",), ("upgrade",)):
        assert old.refused("--as", "alex", *words).startswith("Nobody is logged in at this counter")
    old.done("--pin-stdin", "login", "alex", stdin=PINS["alex"])
    old.done("verify")


def locked_by_guesses(old: Counter) -> None:
    for _ in range(5):
        assert "do not belong together" in old.refused("--as", "alex", "--pin-stdin", "upgrade", stdin=WRONG)
    said = old.refused("--as", "alex", "--pin-stdin", "upgrade", stdin=PINS["alex"])
    assert said.startswith("The PIN of alex was wrong 5 times in a row")


@pytest.mark.parametrize("schema", SHUT, ids=lambda file: file.stem)
def test_an_old_pharmacy_that_is_shut_is_backed_up_and_upgraded_with_a_pin(old, monkeypatch):
    """Nobody can log in there before the upgrade, which therefore takes name and PIN itself."""
    for words in (("upgrade",), ("backup", "b")):
        assert "nobody can be asked for it here" in old.refused(*words)
        assert "nobody can be asked for it here" in old.refused("--as", "alex", *words)
    locked_by_guesses(old)
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(days=61))
    old.done("--as", "alex", "--pin-stdin", "backup", "b", stdin=PINS["alex"])
    assert old.refused("stock").startswith("pharmacy.db has schema")
    old.done("--pin-stdin", "upgrade", stdin=f"alex\n{PINS['alex']}\n")
    assert old.refused("stock").startswith("Nobody is logged in at this counter")
    old.done("--pin-stdin", "login", "alex", stdin=PINS["alex"])
    old.done("verify")
