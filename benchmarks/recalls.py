"""A recall of a lot that a thousand patients have, partly opened, moved and destroyed: entered, and answered.

Ours: `services.recalls` and `reports.recalls`, from the notice to the list of patients with the doses at home.
Floor: the same rows written and read by sqlite3 itself: the notice, the lot's state, and every fill of the lot
with its patient and prescription.
The same: the database, its pragmas, the rows.
Not the same: the floor reckons no schedule, adds up no units, and writes no audit event.
"""

import shutil
import sqlite3
import tempfile
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from benchmarks.measure import Line, in_turns, time
from benchmarks.pharmacy import NOW, PRACTICE, build, engine_at
from dispensary import database, lookup
from dispensary.reports.recalls.recall import show_recall
from dispensary.rules.recall import RecallClass, Scope
from dispensary.schema import people, prescribing, stock, trust
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.recalls.recall import Notice, recall
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.vials.open_vial import Opening, open_vial

PATIENTS = 1000
ROUNDS = 5
PRODUCT, LOT = "US-CY-ARG1", "1662"


def recalls() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        _build(template)
        files = [Path(folder) / f"{number}.db" for number in range(2 * (ROUNDS + 1))]
        for file in files:
            shutil.copy(template, file)
        seconds = in_turns(lambda i: _ours(files[2 * i]), lambda i: _bare(files[2 * i + 1]), ROUNDS)
    return [time(f"recall of {PATIENTS:,} patients, answered", seconds, "<= 1,000 ms")]


def _ours(file: Path) -> None:
    engine = engine_at(f"sqlite:///{file}")
    by = database.transaction(engine, lambda db: lookup.person(db, "alex"))
    notice = Notice("recall", Scope(PRODUCT, LOT), RecallClass.II, "D-0792-2026", NOW.date(), "cracked vials")
    database.transaction(engine, lambda db: recall(db, notice, on=NOW, by=by))
    with database.reading(engine) as db:
        found = show_recall(db, by.site_id, "RC1", NOW).shown
    assert len(found.patients) == PATIENTS
    engine.dispose()


def _bare(file: Path) -> None:
    db = sqlite3.connect(file)
    db.execute("PRAGMA synchronous = EXTRA")
    with db:
        db.execute("UPDATE lot SET state = 'recalled' WHERE number = ?", (LOT,))
        db.execute("UPDATE head SET recalls = recalls + 1")
    found = db.execute(
        "SELECT * FROM movement m JOIN lot l ON l.id = m.lot_id JOIN dispense d ON d.request_id = m.request_id "
        "JOIN prescription r ON r.id = d.prescription_id JOIN patient p ON p.id = r.patient_id WHERE l.number = ?",
        (LOT,),
    ).fetchall()
    assert len(found) == PATIENTS
    db.close()


def _build(file: Path) -> None:
    build(f"sqlite:///{file}")
    engine = engine_at(f"sqlite:///{file}")
    by = database.transaction(engine, lambda db: lookup.person(db, "alex"))
    line = Typed(PRODUCT, LOT, NOW.date() + timedelta(days=700), 5000, month_only=False)
    database.transaction(engine, lambda db: receive(db, Delivery("lot", (line,), "shelf"), on=NOW, by=by))
    order = Order("fill", "RX1", lot=LOT)
    database.transaction(engine, lambda db: dispense(db, order, practice=PRACTICE, on=NOW, by=by))
    for number in range(5):
        opening = Opening(f"open {number}", product=PRODUCT, lot=LOT)
        database.transaction(engine, lambda db, opening=opening: open_vial(db, opening, on=NOW, by=by))
    moved = Move("move", LOT, "shelf", "quarantine", 100)
    database.transaction(engine, lambda db: move(db, moved, on=NOW, by=by))
    database.transaction(engine, _copy)
    engine.dispose()


def _copy(db: Connection) -> None:
    """The first fill with its prescription and patient, for all the others too."""
    fill = dict(db.execute(select(prescribing.dispense)).mappings().one())
    rx = dict(db.execute(select(prescribing.prescription).limit(1)).mappings().one())
    person = dict(db.execute(select(people.patient).limit(1)).mappings().one())
    asked = dict(db.execute(select(trust.request).where(trust.request.c.id == fill["request_id"])).mappings().one())
    moved = dict(
        db.execute(select(stock.movement).where(stock.movement.c.request_id == fill["request_id"])).mappings().one()
    )
    many = range(100_000, 100_000 + PATIENTS - 1)
    db.execute(insert(people.patient), [{**person, "id": n, "number": n, "identifier": f"X{n}"} for n in many])
    db.execute(insert(trust.request), [{**asked, "id": n, "key": f"x{n}"} for n in many])
    db.execute(insert(trust.request), [{**asked, "id": n + 100_000, "key": f"y{n}"} for n in many])
    db.execute(
        insert(prescribing.prescription),
        [{**rx, "id": n, "number": n, "patient_id": n, "request_id": n + 100_000} for n in many],
    )
    db.execute(
        insert(prescribing.dispense),
        [{**fill, "id": n, "number": n, "request_id": n, "prescription_id": n} for n in many],
    )
    db.execute(insert(stock.movement), [{**moved, "id": n, "request_id": n} for n in many])
    given = moved["units"] * (PATIENTS - 1)
    db.execute(
        update(stock.balance)
        .where(stock.balance.c.lot_id == moved["lot_id"], stock.balance.c.place_id == moved["from_place_id"])
        .values(units=stock.balance.c.units - given)
    )
