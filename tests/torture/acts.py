"""What a counter does under torture: act after act, each under a key that tells which it is.

A round is everything that moves a unit or a microlitre; other counters dispense only.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any
from unittest import mock

from dispensary.cli import context
from dispensary.cli.desk import Desk as CommandDesk
from dispensary.cli.dispense import labelled
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.printing import target
from dispensary.errors import Refused
from dispensary.rules.people import Role
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.dispense import Order
from dispensary.services.prescribing.take_back import Return
from tests.build import Shop, a_lot, a_patient, a_prescriber, an_rx
from tests.faults.counter import STOCK_ACTS, UNITS_OF_A_PRESCRIPTION, Desk, answer, stock_order

STOCK = 10_000_000

_STOCK_KINDS = ("open", "draw", "discard", "move", "destroy", "start", "enter", "close")
assert len(_STOCK_KINDS) == STOCK_ACTS
ROUND = ("dispense", "print", "return", *_STOCK_KINDS)
"""The kinds of acts, in their order; `print` is a dispense with `--print`."""

ROWS: dict[str, dict[str, int]] = {
    "dispense": {"dispense": 1, "movement": 1},
    "print": {"dispense": 1, "movement": 1, "print_job": 1},
    "return": {"dispense_return": 1, "movement": 1},
    "open": {"vial": 1, "movement": 1},
    "draw": {"draw": 1, "vial_entry": 1},
    "discard": {"vial_entry": 1},
    "move": {"stock_act": 1, "movement": 1},
    "destroy": {"stock_act": 1, "movement": 1},
    "start": {"stock_count": 1},
    "enter": {"count_entry": 1},
    "close": {"count_closing": 1, "movement": 1},
}
"""The rows that each kind leaves under its request, by table; besides them one answer and one event."""

UNITS: dict[str, dict[str, int]] = {
    "dispense": {"shelf": -1, "patients": 1},
    "print": {"shelf": -1, "patients": 1},
    "return": {"patients": -1, "returned": 1},
    "open": {"shelf": -1, "opened": 1},
    "move": {"shelf": -2, "quarantine": 2},
    "destroy": {"quarantine": -1, "waste": 1},
    "close": {"quarantine": -1, "variance": 1},
}
"""The units of lot HOT that each kind moves, by place."""

PRINTER = "counter"
RETRY_SECONDS = 0.1
PATIENCE_SECONDS = 60
"""How long a counter asks again where the database does not answer."""


@dataclass(frozen=True)
class Counted:
    """A counter's work, which can be sent to another process.

    `lane` is the beginning of its keys. `port` is that of the printer of one who does everything; who has
    none only dispenses.
    """

    desk: Desk
    lane: str
    prescriptions: tuple[str, ...]
    port: int | None

    def kind(self, number: int) -> str:
        return "dispense" if self.port is None else ROUND[number % len(ROUND)]

    def key(self, number: int) -> str:
        return f"{self.lane}-{number}-{self.kind(number)}"

    def dispenses_before(self, number: int) -> int:
        """How many units this counter dispenses before the act."""
        if self.port is None:
            return number
        rounds, rest = divmod(number, len(ROUND))
        return 2 * rounds + min(rest, 2)


def kind_of(key: str) -> str | None:
    """The kind of the act with this key, or None where the key is none of a counter under torture."""
    parts = key.split("-")
    return parts[2] if len(parts) == 3 and parts[2] in ROWS else None


class Till:
    """A counter that has the database open."""

    def __init__(self, counted: Counted, engine: Any) -> None:
        self.counted = counted
        self.engine = engine
        self.numbers: dict[int, str] = {}
        """The dispenses by the number of their act."""

    def act(self, number: int) -> Any:
        """The receipt, or the refusal as its code and sentence."""
        counted = self.counted
        kind, key = counted.kind(number), counted.key(number)
        if kind in ("dispense", "print"):
            rx = counted.prescriptions[counted.dispenses_before(number) // UNITS_OF_A_PRESCRIPTION]
            order = Order(key, rx, units=1)
            said = self._printed(order) if kind == "print" else answer(self.engine, counted.desk, "dispense", order)
            if not isinstance(said, str):
                self.numbers[number] = said.dispense
            return said
        if kind == "return":
            # What the first act of the round dispensed; who was started since asks for its receipt again.
            if number - 2 not in self.numbers:
                said = self.act(number - 2)
                if isinstance(said, str):
                    return said
            return answer(self.engine, counted.desk, "return", Return(key, self.numbers[number - 2], "undelivered"))
        rounds, rest = divmod(number, len(ROUND))
        service, order = stock_order(rounds * STOCK_ACTS + rest - 3, key)
        return answer(self.engine, counted.desk, service, order)

    def _printed(self, order: Order) -> Any:
        """`dispense --print`, as the command does it."""
        desk = self.counted.desk
        at = CommandDesk(desk.url, desk.by.name)
        printer = {"to": f"pdf://127.0.0.1:{self.counted.port}", "designs": ["dispense-100x62"]}
        settings = context.settings_of({**PLACEHOLDERS, "printers": {PRINTER: printer}})
        at.__dict__.update(settings=settings, on=desk.on, bare_engine=self.engine, engine=self.engine)
        try:
            # Each state of a job has the moment at which it came about.
            with mock.patch.object(context, "now", return_value=desk.on):
                dispensed, _ = labelled(at, order, target(at, "dispense", to_printer=True), None, force=False)
        except Refused as refusal:
            return f"{refusal.code}: {refusal}"
        return dispensed


def opened_for(shop: Shop) -> None:
    """Lot HOT, the patient P1 of the vials, and the witness of what is destroyed."""
    a_lot(shop, lot="HOT", units=STOCK, expires="2036-06-30")
    a_patient(shop, identifier="MRN-vials")
    a_prescriber(shop)
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))


def prescriptions(shop: Shop, name: str, units: int) -> tuple[str, ...]:
    """As many as are needed for so many units, each of its own patient."""
    return tuple(
        an_rx(
            shop,
            a_patient(shop, identifier=f"MRN-{name}-{number}"),
            "PR1",
            directions="1 mg IM daily",
            units=UNITS_OF_A_PRESCRIPTION,
            refills=0,
        )
        for number in range(-(-units // UNITS_OF_A_PRESCRIPTION))
    )


def acting(pipe: Pipe, counted: Counted, first: int) -> None:
    """Acts from the number on and acknowledges each, until somebody kills it."""
    till = Till(counted, counted.desk.engine())
    number = first
    while counted.dispenses_before(number + 1) <= len(counted.prescriptions) * UNITS_OF_A_PRESCRIPTION:
        pipe.send((number, till.act(number)))
        number += 1


def acting_through(pipe: Pipe, counted: Counted) -> None:
    """Acts and acknowledges until it is told to stop; where the database does not answer, asks again by the key.

    At the end it sends for how many acts it asked again.
    """
    till = Till(counted, counted.desk.engine())
    number = again = 0
    with suppress(EOFError):
        while not pipe.poll():
            until = time.monotonic() + PATIENCE_SECONDS
            said = till.act(number)
            again += _nobody_knows(said)
            while _nobody_knows(said) and time.monotonic() < until:
                time.sleep(RETRY_SECONDS)
                said = till.act(number)
            pipe.send((number, said))
            number += 1
            if counted.dispenses_before(number + 1) > len(counted.prescriptions) * UNITS_OF_A_PRESCRIPTION:
                break
        pipe.send(("again", again))
    till.engine.dispose()


def _nobody_knows(said: Any) -> bool:
    """Whether the answer is that it is not known whether anything was saved."""
    return isinstance(said, str) and said.startswith("not_saved: ")
