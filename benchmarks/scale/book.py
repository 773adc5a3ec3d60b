"""The rows that wait for their tables, the events that tell of them, and the numbers that count them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from benchmarks.scale.loading import AT_ONCE, Loader
from dispensary import audit
from dispensary.audit import Event, Head
from dispensary.rules.canonical import canonical_json
from dispensary.rules.people import Person

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "request": ("id", "site_id", "key", "kind", "content", "at", "by_id"),
    "answer": ("request_id", "receipt"),
    "audit_event": (
        *("site_id", "sequence", "at", "actor", "kind", "subject", "patient", "request_key", "canonical", "hash"),
    ),
    "lot": ("id", "product_id", "number", "expires", "state", "month_only", "unit_cost_micros"),
    "receipt": ("id", "site_id", "number", "request_id"),
    "receipt_line": ("receipt_id", "lot_id", "place_id", "pack_id", "serial", "units", "unit_cost_micros"),
    "movement": ("request_id", "lot_id", "from_place_id", "to_place_id", "units", "at", "by_id"),
    "balance": ("lot_id", "place_id", "product_id", "expires", "units"),
    "stock_act": ("id", "site_id", "number", "request_id", "kind", "reason", "witness_id", "at", "by_id"),
    "patient": ("id", "site_id", "number", "identifier", "name", "born", "language", "audit_key"),
    "prescription": (
        *("id", "site_id", "number", "request_id", "patient_id", "prescriber_id", "form", "directions"),
        *("directions_as_written", "quantity_units", "refills", "written", "valid_until", "indication", "as_written"),
    ),
    "dispense": (
        *("id", "site_id", "number", "request_id", "prescription_id", "product_id", "fill", "units", "days_supply"),
        *("first_injection", "last_injection", "next_injection", "at", "by_id", "doses", "prescribed_units"),
    ),
}


@dataclass
class Lot:
    id: int
    product: int
    number: str
    expires: str
    quarantined: int = 0
    shelved: int = 0


@dataclass
class Patient:
    id: int
    key: bytes
    commitment: str
    rx: int = 0
    fills: int = 0
    of_rx: int = 0


@dataclass
class Known:
    """What the program wrote at the opening."""

    by: Person
    witness: int
    origin: str
    prescriber: tuple[int, int]
    products: dict[str, int]
    packs: dict[str, int]
    places: dict[str, int]
    requests: int
    sequence: int
    hash: str


@dataclass
class Book:
    """The rows that wait, the ends of all numbers, and the stock."""

    loader: Loader
    known: Known
    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    numbers: dict[str, int] = field(default_factory=dict)
    movements: int = 0
    waiting: int = 0
    on: datetime = field(init=False)
    moment: str = ""
    request: int = 0
    key: str = ""

    def next(self, what: str) -> int:
        self.numbers[what] = self.numbers.get(what, 0) + 1
        return self.numbers[what]

    def begin(self, on: datetime) -> None:
        """A request of this moment."""
        self.known.requests += 1
        self.request, self.key = self.known.requests, f"k{self.known.requests:010}"
        self.on = on
        self.moment = self.loader.moment(audit.utc_exactly(on)[:26].replace("T", " "))

    def end(self, event: Event, receipt: Mapping[str, object], content: str | None = None) -> None:
        """The request with its event and its answer."""
        known, by = self.known, self.known.by
        digest = hashlib.sha256(self.key.encode()).hexdigest() if content is None else content
        self.rows["request"].append((self.request, by.site_id, self.key, event.kind, digest, self.moment, by.user_id))
        self.rows["answer"].append((self.request, canonical_json(receipt)))
        known.sequence += 1
        last = Head(known.origin, known.sequence, known.hash, 0, None)
        known.hash = audit.record(cast(Connection, self), last, event, on=self.on, by=by).hash
        self.waiting += 3
        if self.waiting > AT_ONCE:
            self.flush()

    def execute(self, _statement: object, row: Mapping[str, Any]) -> None:
        """What `audit.record` says to its connection: the event is kept, the head follows at the end."""
        if "canonical" in row:
            cells = tuple(self.moment if name == "at" else row[name] for name in COLUMNS["audit_event"])
            self.rows["audit_event"].append(cells)

    def move(self, lot: Lot, source: str, target: str, units: int) -> None:
        places, by = self.known.places, self.known.by
        self.rows["movement"].append(
            (self.request, lot.id, places[source], places[target], units, self.moment, by.user_id)
        )
        self.movements += 1
        self.waiting += 1

    def flush(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.loader.write(table, COLUMNS[table], rows)
                rows.clear()
        self.waiting = 0
