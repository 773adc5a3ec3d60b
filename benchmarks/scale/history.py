"""Years of a busy pharmacy, as the rows and events that the program itself would have written.

`python -m benchmarks.scale.history URL [--movements N] [--seed S]` fills an empty database.

A day has 400 fills of 8 units and the deliveries that they need: 71 of 50 packs of a unit, each with its serial,
into quarantine, from where each delivery is moved to the shelf once somebody has looked at it. What is left of the
oldest lots is destroyed before a witness. So there are some ten movements to a fill, 4,000 a day, and only the
number of days grows: the stock on the shelf and the day are the same after a week and after seven years. Patients
come back every 56 days; they are 22,400 once the first have come back.

The events are written by `audit.record` itself, and what belongs together fits: `verify` holds for all of it, and
the program goes on from there. What is not as the program writes it: the digest of a request's content is of its
key, so that no key can be repeated; and there are no vials, counts, returns, findings, recalls and labels.
"""

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from time import perf_counter

from sqlalchemy import Connection, Engine, select

from benchmarks import pharmacy
from benchmarks.scale.book import Book, Known
from benchmarks.scale.days import COST, MOVEMENTS_A_DAY, WITNESS, Story
from benchmarks.scale.loading import loading
from dispensary import database, ownership, shipped
from dispensary.rules.formulary import read_rows
from dispensary.rules.people import Role
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import prescriber, site, user
from dispensary.schema.stock import place
from dispensary.schema.trust import head, request
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from dispensary.services.people.register import NewPrescriber, NewUser, add_prescriber, add_user
from dispensary.services.stock.receive import Delivery, Typed, receive

MOVEMENTS = 10_000_000
SMALL = 20_000
SEED = 1
ON_HAND = 20
"""Lots of every product that came the day before today, so that there is a stock to show."""


@dataclass(frozen=True)
class Written:
    """What a database was filled with, and how long that took."""

    days: int
    movements: int
    fills: int
    events: int
    patients: int
    seconds: float


def write(
    url: str, *, movements: int, seed: int = SEED, until: datetime | None = None, told: Callable[[str], None] = print
) -> Written:
    """Fill the empty database with at least so many movements, in whole days, the last of them yesterday.

    Yesterday is the day before `until`, by default the benchmarks' own moment.
    """
    began, until = perf_counter(), until or pharmacy.NOW
    days = max(1, -(-movements // MOVEMENTS_A_DAY))
    first = until.date() - timedelta(days=days)
    zone = until.tzinfo
    engine = pharmacy.engine_at(url)
    ownership.upgrade(engine)
    known = _open(engine, datetime.combine(first, time(5), zone))
    engine.dispose()
    chance = random.Random(seed)
    with loading(url) as loader:
        book = Book(loader, known)
        story = Story(book, chance)
        for number in range(days):
            day = first + timedelta(days=number)
            offset = datetime.combine(day, time(12), zone).utcoffset()
            assert offset is not None
            story.day(number, datetime.combine(day, time(0), timezone(offset)))
            if number % 10 == 9 or number == days - 1:
                told(f"day {number + 1:,} of {days:,}: {book.movements:,} movements, {known.sequence:,} events")
        story.close()
        book.flush()
    engine = pharmacy.engine_at(url)
    _go_on(engine, book, datetime.combine(until.date() - timedelta(days=1), time(20), zone))
    with database.reading(engine) as db:
        events = int(db.execute(select(head.c.sequence)).scalar_one())
    engine.dispose()
    counted = book.numbers
    return Written(days, book.movements, counted["dispense"], events, counted["patient"], perf_counter() - began)


_PACKS = select(product.c.code, pack.c.id).join(pack, pack.c.product_id == product.c.id)


def _open(engine: Engine, on: datetime) -> Known:
    rows = read_rows(shipped.formulary().read_bytes(), "formulary.csv")
    opening = Opening("init", "Corner Pharmacy", "benchmark", pharmacy.USER, rows)
    by = database.transaction(engine, lambda db: open_pharmacy(db, opening, on=on))
    doctor = NewPrescriber("prescriber", "Dr. Ida Berg", "physician", "1234567893", None)
    database.transaction(engine, lambda db: add_prescriber(db, doctor, on=on, by=by))
    witness = NewUser("witness", WITNESS, Role.TECHNICIAN)
    database.transaction(engine, lambda db: add_user(db, witness, on=on, by=by))
    with database.reading(engine) as db:
        return Known(
            by=by,
            witness=db.execute(select(user.c.id).where(user.c.name == WITNESS)).scalar_one(),
            origin=db.execute(select(site.c.origin)).scalar_one(),
            prescriber=tuple(db.execute(select(prescriber.c.id, prescriber.c.number)).one()),  # type: ignore[arg-type]
            products=dict(db.execute(select(product.c.code, product.c.id)).all()),
            packs=dict(
                db.execute(select(product.c.code, pack.c.id).join(pack, pack.c.product_id == product.c.id)).all()
            ),
            places=dict(db.execute(select(place.c.code, place.c.id)).all()),
            requests=max(db.execute(select(request.c.id)).scalars()),
            sequence=db.execute(select(head.c.sequence)).scalar_one(),
            hash=db.execute(select(head.c.hash)).scalar_one(),
        )


def _go_on(engine: Engine, book: Book, on: datetime) -> None:
    """The head where the rows end; from there the program itself receives the stock that is shown."""
    counted, known = book.numbers, book.known
    end = {
        "sequence": known.sequence,
        "hash": known.hash,
        "at": book.on,
        "patients": counted["patient"],
        "prescriptions": counted["prescription"],
        "receipts": counted["receipt"],
        "dispenses": counted["dispense"],
        "stock_acts": counted["stock_act"],
    }

    def work(db: Connection) -> None:
        db.execute(head.update().where(head.c.site_id == known.by.site_id).values(end))
        for code in known.products:
            lines = tuple(
                Typed(code, f"H{lot}", on.date() + timedelta(days=200 + 20 * lot), 400, month_only=False)
                for lot in range(ON_HAND)
            )
            receive(
                db, Delivery(f"delivery of {code}", lines, "shelf", COST, reason="it is kept there"), on=on, by=known.by
            )

    database.transaction(engine, work)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.history", description="Fill an empty database.")
    parser.add_argument("url", help="sqlite:///FILE or postgresql://...")
    parser.add_argument("--movements", type=int, default=MOVEMENTS)
    parser.add_argument("--small", action="store_const", const=SMALL, dest="movements", help=f"{SMALL:,} movements")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    filled = write(
        given.url, movements=given.movements, seed=given.seed, told=lambda line: print(line, file=sys.stderr)
    )
    print(filled)
    return 0


if __name__ == "__main__":
    sys.exit(main())
