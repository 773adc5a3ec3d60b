"""The days of a busy pharmacy, one after the other."""

import hashlib
import random
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from benchmarks import pharmacy
from benchmarks.scale.book import Book, Lot, Patient
from dispensary import audit
from dispensary.audit import Event
from dispensary.rules.dates import months_later
from dispensary.rules.sealed import sealed

FILLS_A_DAY = 400
UNITS = 8
"""Of a fill: a dose of 1 mg a week, out of vials of 1 mg."""
PERIOD = 56
"""Days until a patient's next fill."""
FILLS_OF_RX = 7
"""Through a year; then the patient has a new prescription."""
DELIVERIES = 71
LINES = 50
LEFT = 50
"""Units of a product that stay on the shelf over night."""
MOVEMENTS_A_DAY = DELIVERIES * LINES + DELIVERIES + FILLS_A_DAY
"""Nearly: a fill from two lots has two, and each product's destruction one."""
PRODUCTS = ("US-CY-ARG1", "US-CY-FK1", "US-CY-SOM1", "US-CY-LIF1")
WITNESS = "sam"
DIRECTIONS = "1 mg IM weekly"
COST = 2_350_000
REASON = "looked at and found whole"


class Story:
    """The days, one after the other."""

    def __init__(self, book: Book, chance: random.Random) -> None:
        self.book = book
        self.chance = chance
        self.shelf: dict[str, deque[Lot]] = {code: deque() for code in PRODUCTS}
        self.patients: list[Patient] = []
        self.born = date(1950, 1, 1)

    def day(self, number: int, midnight: datetime) -> None:
        """Deliveries from 5:10 on, new patients and prescriptions, fills from 9:00 on, destruction after 18:00."""
        lots = {code: self._lot(code, number, midnight.date()) for code in PRODUCTS}
        for turn in range(DELIVERIES):
            self._deliver(lots[PRODUCTS[turn % len(PRODUCTS)]], midnight + timedelta(hours=5, minutes=10 + turn))
        # Each of a day's patients comes back on the day PERIOD later.
        begin = number % PERIOD * FILLS_A_DAY
        for turn in range(FILLS_A_DAY):
            on = midnight + timedelta(hours=9, seconds=72 * turn + self.chance.randrange(30))
            if begin + turn == len(self.patients):
                self._register(on - timedelta(seconds=20))
            patient = self.patients[begin + turn]
            if patient.fills % FILLS_OF_RX == 0:
                self._prescribe(patient, on - timedelta(seconds=10))
            self._dispense(patient, PRODUCTS[patient.id % len(PRODUCTS)], on)
        for turn, code in enumerate(PRODUCTS):
            self._destroy(code, midnight + timedelta(hours=18, minutes=turn))

    def close(self) -> None:
        """The balances of the lots that are not used up."""
        for lots in self.shelf.values():
            for lot in lots:
                self._balance(lot)

    def _lot(self, code: str, number: int, today: date) -> Lot:
        known = self.book.known
        # No later lot expires earlier, so that the first of the shelf is the first to expire.
        expires = today + timedelta(days=500)
        lot = Lot(self.book.next("lot"), known.products[code], f"L{number}-{code[6:]}", expires.isoformat())
        self.book.rows["lot"].append((lot.id, lot.product, lot.number, lot.expires, "available", False, COST))
        self.shelf[code].append(lot)
        return lot

    def _balance(self, lot: Lot) -> None:
        places = self.book.known.places
        for code, units in (("quarantine", lot.quarantined), ("shelf", lot.shelved)):
            self.book.rows["balance"].append((lot.id, places[code], lot.product, lot.expires, units))

    def _deliver(self, lot: Lot, on: datetime) -> None:
        book, code = self.book, self._code(lot)
        book.begin(on)
        number = book.next("receipt")
        written = f"R{number}"
        book.rows["receipt"].append((number, book.known.by.site_id, number, book.request))
        lines = []
        packs, places = book.known.packs, book.known.places
        for turn in range(LINES):
            serial = f"{number:08}{turn:02}"
            book.rows["receipt_line"].append((number, lot.id, places["quarantine"], packs[code], serial, 1, COST))
            book.move(lot, "supplier", "quarantine", 1)
            lines.append([code, lot.number, lot.expires, serial, 1])
        values = {"lines": lines, "place": "quarantine", "unit_cost_micros": COST, "reason": None}
        names = ("product", "lot", "expires", "serial", "units")
        receipt = [{**dict(zip(names, line, strict=True)), "place": "quarantine"} for line in lines]
        answer = {"key": book.key, "lines": receipt, "notes": [], "receipt": written}
        book.end(Event("receive", written, book.key, values), answer)
        lot.quarantined += LINES
        self._act("move", lot, "quarantine", "shelf", LINES, on + timedelta(seconds=30), {"misfits": []})
        lot.quarantined -= LINES
        lot.shelved += LINES

    def _code(self, lot: Lot) -> str:
        return f"US-CY-{lot.number.partition('-')[2]}"

    def _act(self, kind: str, lot: Lot, source: str, target: str, units: int, on: datetime, more: Any) -> None:
        book, by = self.book, self.book.known.by
        book.begin(on)
        number = book.next("stock_act")
        written, code = f"S{number}", self._code(lot)
        witness = book.known.witness if kind == "destroy" else None
        book.move(lot, source, target, units)
        book.rows["stock_act"].append(
            (number, by.site_id, number, book.request, kind, REASON, witness, book.moment, by.user_id)
        )
        ends = {"place": source, "witness": WITNESS} if kind == "destroy" else {"from": source, "to": target, **more}
        values = {**ends, "reason": REASON, "lines": [[code, lot.number, lot.expires, source, target, units]]}
        answer = {"key": book.key, kind: written, "product": code, "lot": lot.number, "units": units, **ends}
        book.end(Event(kind, written, book.key, values), answer)

    def _register(self, on: datetime) -> None:
        book, by = self.book, self.book.known.by
        book.begin(on)
        number = book.next("patient")
        key = hashlib.sha256(f"key of {number}".encode()).digest()
        born = str(self.born + timedelta(days=self.chance.randrange(20_000)))
        facts = {
            "identifier": f"MRN-{number}",
            "name": f"Kari Nordmann {number}",
            "born": born,
            "language": "en",
            "sensitivities": "",
            "conditions": "",
            "medicines": "",
        }
        patient = Patient(number, key, audit.commitment(key, number))
        self.patients.append(patient)
        book.rows["patient"].append((number, by.site_id, number, facts["identifier"], facts["name"], born, "en", key))
        values = {"new": {name: sealed(key, name, text) for name, text in facts.items()}}
        event = Event("patient add", f"P{number}", book.key, values, patient=patient.commitment)
        book.end(event, {"notes": [], "patient": f"P{number}"}, f" {sealed(key, 'request', book.key)}")

    def _prescribe(self, patient: Patient, on: datetime) -> None:
        book, by = self.book, self.book.known.by
        book.begin(on)
        patient.rx, patient.of_rx = book.next("prescription"), 0
        prescriber_id, prescriber_number = book.known.prescriber
        written, valid = on.date(), months_later(on.date(), pharmacy.PRACTICE.validity_months)
        row = {
            "form": "cyanocobalamin",
            "directions": DIRECTIONS,
            "directions_as_written": DIRECTIONS,
            "quantity_units": UNITS,
            "refills": FILLS_OF_RX - 1,
            "written": str(written),
            "valid_until": str(valid),
            "indication": "pernicious anaemia",
            "as_written": False,
        }
        ids = (patient.rx, by.site_id, patient.rx, book.request, patient.id, prescriber_id)
        book.rows["prescription"].append((*ids, *row.values()))
        told = {
            **row,
            "prescriber": f"PR{prescriber_number}",
            "directions_as_written": sealed(patient.key, "directions_as_written", DIRECTIONS),
            "indication": sealed(patient.key, "indication", row["indication"]),  # type: ignore[arg-type]
            "days": None,
            "product": None,
        }
        event = Event("rx add", f"RX{patient.rx}", book.key, told, patient=patient.commitment)
        content = f"P{patient.id} {sealed(patient.key, 'request', book.key)}"
        book.end(event, {"rx": event.subject, "patient": f"P{patient.id}", "directions": DIRECTIONS}, content)

    def _dispense(self, patient: Patient, code: str, on: datetime) -> None:
        book, by = self.book, self.book.known.by
        book.begin(on)
        number = book.next("dispense")
        patient.fills += 1
        patient.of_rx += 1
        lines = []
        for lot, units in self._taken(code, UNITS):
            book.move(lot, "shelf", "patients", units)
            lines.append([code, lot.number, lot.expires, units])
        today = on.date()
        injections = [str(today + timedelta(days=days)) for days in (0, PERIOD - 7, PERIOD)]
        ids = (number, by.site_id, number, book.request, patient.rx, book.known.products[code])
        book.rows["dispense"].append(
            (*ids, patient.of_rx, UNITS, PERIOD, *injections, book.moment, by.user_id, UNITS, UNITS)
        )
        said = dict(zip(("first_injection", "last_injection", "next_injection"), injections, strict=True))
        values = {
            "rx": f"RX{patient.rx}",
            "fill": patient.of_rx,
            "lines": lines,
            "prescribed_units": UNITS,
            "doses": UNITS,
            "days_supply": PERIOD,
            **said,
            "completes": None,
            "findings": [],
        }
        answer = {
            "dispense": f"D{number}",
            "rx": values["rx"],
            "key": book.key,
            "fill": patient.of_rx,
            "lines": [dict(zip(("product", "lot", "expires", "units"), line, strict=True)) for line in lines],
            "units": UNITS,
            "days_supply": PERIOD,
            "last_injection": injections[1],
            "next_fill_on": injections[2],
            "refills_left": FILLS_OF_RX - patient.of_rx,
            "findings": [],
            "skipped": [],
            "directions": DIRECTIONS,
        }
        book.end(Event("dispense", f"D{number}", book.key, values, patient=patient.commitment), answer)

    def _taken(self, code: str, units: int) -> Iterator[tuple[Lot, int]]:
        """First expired, first out."""
        shelf = self.shelf[code]
        while units:
            lot = shelf[0]
            take = min(units, lot.shelved)
            lot.shelved -= take
            units -= take
            if not lot.shelved:
                self._balance(shelf.popleft())
            yield lot, take

    def _destroy(self, code: str, on: datetime) -> None:
        more = sum(lot.shelved for lot in self.shelf[code]) - LEFT
        if more > 0:
            for turn, (lot, units) in enumerate(list(self._taken(code, more))):
                self._act("destroy", lot, "shelf", "waste", units, on + timedelta(seconds=turn), {})
