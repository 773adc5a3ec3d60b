"""The rehearsal of a restore, and the proof of what came back."""

import shutil
import sqlite3

import pytest
from sqlalchemy import text

from dispensary import database
from dispensary.backups.proving import drill, prove
from tests.backups.backed_up import OLD, ask, listing, no_pause, taken
from tests.build import NOW, Shop, a_lot
from tests.owning import past

pytestmark = pytest.mark.usefixtures("tables_made_once")


def test_a_drill_leaves_nothing(kept, here):
    shutil.copy(kept[1], here / "b")
    proof = drill(here / "b", ask, no_pause)
    assert (proof.ok, proof.database) == (True, "drill of b")
    assert listing(here) == ["b"]
    assert listing(here.absolute().parent / "temporary") == []


def test_a_drill_finds_books_that_do_not_agree(shop, here):
    a_lot(shop, units=10)
    shop.write(lambda db: db.execute(text("UPDATE balance SET units = 11")))
    taken(shop, here / "b")
    proof = drill(here / "b", ask, no_pause)
    assert not proof.ok
    assert any("A1" in problem for problem in proof.problems), proof.problems


def test_a_drill_of_an_old_schema_finds_a_broken_chain(here):
    db = sqlite3.connect("old.db")
    db.executescript(OLD[0].read_text("utf-8"))
    db.execute("UPDATE head SET hash = '0'")
    db.commit()
    db.close()
    engine = database.open_engine(database.parse_url("old.db"), no_pause)
    taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    proof = drill(here / "b", ask, no_pause)
    assert [problem.split(":")[0] for problem in proof.problems] == ["audit chain"]


def test_a_restored_pharmacy_that_was_changed_is_told_apart(shop, here):
    a_lot(shop, units=10)
    told = taken(shop, here / "b")
    a_lot(shop, lot="B2")
    past(shop, lambda db: db.execute(text("UPDATE alembic_version SET version_num = '0003'")))
    proof = prove(told, shop.engine.url, no_pause)
    assert proof.problems[:2] == (
        f"the schema is 0003 and the backup says {database.SCHEMA}",
        "the heads of the audit chains are not those of the backup",
    )
    assert proof.problems[2].startswith("other numbers of rows in answer, audit_event, ")
