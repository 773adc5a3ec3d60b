"""Builders: what a test needs of a pharmacy, named by keyword, with everything else filled in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, select, text

from dispensary import database, lookup, lots, ownership, prescriptions
from dispensary.prescriptions import Prescription
from dispensary.rules.dates import parse_expiry
from dispensary.rules.formulary import read_rows
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Condition, Country, Language, Person
from dispensary.rules.practice import Practice, practice_of
from dispensary.rules.product import Form, Sensitivity
from dispensary.rules.recall import RecallClass, Scope
from dispensary.rules.safety import StoppedByChecks, blocking, read_overrides
from dispensary.rules.shelf import State
from dispensary.schema import catalogue, stock
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from dispensary.services.people.register import NewPatient, NewPrescriber, add_patient, add_prescriber
from dispensary.services.prescribing.dispense import Dispensed, Order, dispense
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe
from dispensary.services.prescribing.take_back import Return, TakenBack, take_back
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.recalls.recall import Notice, Recalled, Withdrawal, recall, withdraw
from dispensary.services.stock.receive import Delivery, Received, Typed, receive

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("America/New_York"))
FORMULARY = Path(__file__).parent.parent / "dispensary" / "formulary.csv"


def opened(url: str) -> Engine:
    """The engine of a pharmacy newly opened at that URL, with the starter formulary."""
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    ownership.upgrade(engine)
    opening = Opening(
        "init", "Corner Pharmacy", "test-origin", "alex", read_rows(FORMULARY.read_bytes(), "formulary.csv")
    )
    database.transaction(engine, lambda db: open_pharmacy(db, opening, on=NOW))
    return engine


def server_uri(uri: str, name: str) -> str:
    """The database of that name on the server of the URI."""
    return uri.replace("/postgres?", f"/{name}?")


def admin(uri: str, statement: str) -> None:
    """One statement outside a transaction, as CREATE DATABASE wants it."""
    engine = create_engine(database.parse_url(uri), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(statement))
    engine.dispose()


@dataclass
class Shop:
    """A pharmacy in a database, at a moment."""

    engine: Engine
    on: datetime
    user: str = "alex"
    practice: Practice = field(default_factory=lambda: practice_of(Country.US))
    _keys: Any = field(default_factory=lambda: count(1))

    def key(self) -> str:
        return f"key-{next(self._keys)}"

    def by(self) -> Person:
        with database.reading(self.engine) as db:
            return lookup.person(db, self.user)

    def do(self, service: Callable[..., Any], order: Any, **more: Any) -> Any:
        by = self.by()
        return database.transaction(self.engine, lambda db: service(db, order, on=self.on, by=by, **more))

    def read(self, report: Callable[..., Any], *given: Any, **more: Any) -> Any:
        with database.reading(self.engine) as db:
            return report(db, *given, **more)

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return database.transaction(self.engine, work)

    def at(self, on: datetime) -> "Shop":
        return replace(self, on=on)

    @property
    def today(self) -> date:
        return self.on.date()


def a_lot(
    shop: Shop,
    product: str = "US-CY-ARG1",
    lot: str = "A1",
    expires: str = "2027-11-30",
    units: int = 10,
    place: str = "shelf",
    cost: int | None = None,
) -> Received:
    line = Typed(product, lot, parse_expiry(expires), units, month_only=False)
    return shop.do(receive, Delivery(shop.key(), (line,), place, cost, reason="it is to stand there"))


def in_state(shop: Shop, lot: str, state: State) -> None:
    """The lots of that number, recorded in the state, by what a pharmacist does about them."""
    alex = replace(shop, user="alex")
    query = (
        select(catalogue.product.c.code, stock.lot.c.state)
        .join(stock.lot, stock.lot.c.product_id == catalogue.product.c.id)
        .where(stock.lot.c.number == lot)
    )
    for product, recorded in shop.read(lambda db: db.execute(query).all()):
        if recorded is not state:
            _become(alex, lot, product, recorded, state)


def _become(shop: Shop, lot: str, product: str, recorded: State, state: State) -> None:
    def done(what: LotAct) -> None:
        shop.do(act, Decided(shop.key(), lot, what, "as decided", product))

    if state is State.RECALLED:
        a_recall(shop, lot=lot, product=product)
        return
    if recorded is State.RECALLED:
        for each in shop.read(lambda db: lots.open_recalls(db, shop.by().site_id)):
            if each.scope == Scope(product, lot):
                shop.do(withdraw, Withdrawal(shop.key(), each.recall, "as decided"))
    elif state is State.HELD:
        done(LotAct.HOLD)
    if state is State.AVAILABLE:
        done(LotAct.RELEASE)


def a_recall(shop: Shop, lot: str | None = "A1", product: str | None = "US-CY-ARG1") -> Recalled:
    notice = Notice(shop.key(), Scope(product, lot), RecallClass.II, "D-0792-2026", shop.today, "lacks sterility")
    return shop.do(recall, notice)


def a_patient(
    shop: Shop,
    identifier: str = "MRN-1",
    name: str = "Kari Nordmann",
    born: str = "1961-04-03",
    language: str = "en",
    sensitivities: tuple[str, ...] = (),
    conditions: tuple[str, ...] = (),
) -> str:
    new = NewPatient(
        shop.key(),
        identifier,
        name,
        date.fromisoformat(born),
        Language(language),
        frozenset(map(Sensitivity, sensitivities)),
        frozenset(map(Condition, conditions)),
    )
    return shop.do(add_patient, new, audit_key=b"k" * 32).patient


def a_prescriber(shop: Shop, npi: str = "1234567893", name: str = "Dr. Ida Berg") -> str:
    return shop.do(add_prescriber, NewPrescriber(shop.key(), name, "physician", npi, None)).prescriber


def an_rx(
    shop: Shop,
    patient: str | None = None,
    prescriber: str | None = None,
    form: str = "cyanocobalamin",
    directions: str = "1 mg IM weekly",
    units: int | None = 4,
    days: int | None = None,
    refills: int = 2,
    written: str = "2026-11-20",
    valid_until: str | None = None,
    indication: str = "",
    product: str | None = None,
    as_written: bool = False,
) -> str:
    new = NewPrescription(
        key=shop.key(),
        patient=patient or a_patient(shop),
        prescriber=prescriber or a_prescriber(shop),
        form=Form(form),
        directions=directions,
        quantity_units=None if days else units,
        days=days,
        refills=refills,
        written=date.fromisoformat(written),
        valid_until=valid_until and date.fromisoformat(valid_until),
        indication=indication,
        product=product,
        as_written=as_written,
    )
    return shop.do(prescribe, new, practice=shop.practice).rx


def dispensed(
    shop: Shop, rx: str, key: str | None = None, overrides: Mapping[str, str] | None = None, **asked: Any
) -> Dispensed:
    reasons = read_overrides(f"{code}={reason}" for code, reason in (overrides or {}).items())
    return shop.do(dispense, Order(key or shop.key(), rx, overrides=reasons or None, **asked), practice=shop.practice)


def returned(shop: Shop, dispense: str, reason: str = "undelivered", key: str | None = None, **order: Any) -> TakenBack:
    return shop.do(take_back, Return(key or shop.key(), dispense, reason, **order), practice=shop.practice)


def units_at(shop: Shop, lot: str, place: str = "shelf") -> int:
    query = (
        select(stock.balance.c.units)
        .join(stock.lot, stock.lot.c.id == stock.balance.c.lot_id)
        .join(stock.place, stock.place.c.id == stock.balance.c.place_id)
        .where(stock.lot.c.number == lot, stock.place.c.code == place)
    )
    return shop.read(lambda db: db.execute(query).scalar()) or 0


def rows(shop: Shop, table: Any) -> int:
    return len(shop.read(lambda db: db.execute(select(table)).all()))


def the_rx(shop: Shop, rx: str) -> Prescription:
    """The prescription as the rules see it."""
    today, zone = shop.today, shop.on.tzinfo
    return shop.read(lambda db: prescriptions.by_number(db, shop.by().site_id, rx, today=today, zone=zone))


def picks(receipt: Dispensed) -> list[tuple[str, int]]:
    """The lots with their units, in the order of use."""
    return [(line.lot, line.units) for line in receipt.lines]


def codes(refusal: StoppedByChecks) -> list[str]:
    """The findings that stood in the way."""
    return [finding.code for finding in blocking(refusal.findings)]


def later(shop: Shop, days: int) -> Shop:
    """The same pharmacy so many days on."""
    return shop.at(shop.on + timedelta(days=days))
