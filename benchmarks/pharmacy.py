"""A pharmacy to measure on: the starter formulary, its lots, and prescriptions with refills."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from dispensary import database, ownership, shipped
from dispensary.rules.formulary import read_rows
from dispensary.rules.people import Country, Language, Person
from dispensary.rules.practice import practice_of
from dispensary.rules.product import Form
from dispensary.schema.catalogue import product
from dispensary.schema.stock import balance, lot
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from dispensary.services.people.register import NewPatient, NewPrescriber, add_patient, add_prescriber
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.stock.send_back import SendBack, send_back

USER = "alex"
ENVIRONMENT = {"DISPENSARY_USER": USER, "PYTHONDONTWRITEBYTECODE": ""}
"""Of a command that is run: the modules are compiled once, as those of an installed program are."""
NOW = datetime.now(ZoneInfo("America/New_York"))
PRACTICE = practice_of(Country.US)
LOTS = 20
"""Lots of each product that were ever received."""
ON_HAND = 3
"""Lots of each product that are not used up."""
PRESCRIPTIONS = 100
"""Each of its own patient, for four weeks at a time."""
FILL_DAYS = 28

SETTINGS = """\
name = "Corner Pharmacy"
address = "1 Main Street, Anytown"
phone = "555-0100"
country = "us"
timezone = "America/New_York"
language = "en"
"""


def engine_at(url: str) -> Engine:
    return database.open_engine(database.parse_url(url), pause=lambda: None)


def build(url: str, on_hand: int | None = None, prescriptions: int | None = None) -> None:
    """Fill the empty database; of each product `on_hand` lots have units left.

    ON_HAND of them, and PRESCRIPTIONS, where nothing else is said.
    """
    engine = engine_at(url)
    ownership.upgrade(engine)
    rows = read_rows(shipped.formulary().read_bytes(), "formulary.csv")
    opening = Opening("init", "Corner Pharmacy", "benchmark", USER, rows)
    by = database.transaction(engine, lambda db: open_pharmacy(db, opening, on=NOW))
    gone = LOTS - (ON_HAND if on_hand is None else on_hand)
    many = PRESCRIPTIONS if prescriptions is None else prescriptions
    for row in rows:
        database.transaction(engine, lambda db, code=row.product.code: _deliver(db, code, by))
    database.transaction(engine, lambda db: _send_back(db, by, gone))
    database.transaction(engine, lambda db: _prescribe(db, by, many))
    if engine.dialect.name == "postgresql":
        with engine.begin() as db:
            # The application's role owns nothing, and ANALYZE would leave all out.
            db.exec_driver_sql("SET LOCAL ROLE NONE")
            db.exec_driver_sql("ANALYZE")
    engine.dispose()


def settings_beside(file: Path) -> None:
    """The settings that the commands read."""
    file.with_suffix(".toml").write_text(SETTINGS, encoding="utf-8")


def _deliver(db: Connection, product: str, by: Person) -> None:
    lines = tuple(
        Typed(product, f"L{lot}", NOW.date() + timedelta(days=200 + 20 * lot), 400, month_only=False)
        for lot in range(LOTS)
    )
    receive(db, Delivery(f"delivery of {product}", lines, "shelf"), on=NOW, by=by)


def _send_back(db: Connection, by: Person, lots: int) -> None:
    """All of the earliest lots of each product goes back to the supplier; their balances stay, at 0."""
    received: dict[str, list[str]] = {}
    rows = (
        select(product.c.code, lot.c.number)
        .join(balance, balance.c.lot_id == lot.c.id)
        .join(product, product.c.id == lot.c.product_id)
        .order_by(product.c.id, balance.c.expires)
    )
    for code, number in db.execute(rows.select_from(lot)).all():
        received.setdefault(code, []).append(number)
    for code, numbers in received.items():
        for number in numbers[:lots]:
            order = SendBack(f"{number} of {code} back", number, "shelf", "not needed", product=code)
            send_back(db, order, on=NOW, by=by)


def _prescribe(db: Connection, by: Person, prescriptions: int) -> None:
    doctor = NewPrescriber("prescriber", "Dr. Ida Berg", "physician", "1234567893", None)
    prescriber = add_prescriber(db, doctor, on=NOW, by=by).prescriber
    born = NOW.date() - timedelta(days=20_000)
    for number in range(1, prescriptions + 1):
        new = NewPatient(
            f"patient {number}",
            f"MRN-{number}",
            f"Kari Nordmann {number}",
            born,
            Language("en"),
            frozenset(),
            frozenset(),
        )
        patient = add_patient(db, new, audit_key=number.to_bytes(32, "big"), on=NOW, by=by).patient
        rx = NewPrescription(
            key=f"rx {number}",
            patient=patient,
            prescriber=prescriber,
            form=Form("cyanocobalamin"),
            directions="1 mg IM weekly",
            quantity_units=4,
            days=None,
            refills=11,
            written=NOW.date(),
            valid_until=None,
            indication="pernicious anaemia",
        )
        prescribe(db, rx, practice=PRACTICE, on=NOW, by=by)
