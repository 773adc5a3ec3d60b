"""What the stock should be: units by lot and place, microlitres by vial, and what each state allows.

It is written from the pharmacy's rules in words, and shares no line with the program's.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from dispensary.rules.practice import Practice
from tests.build import NOW

PRODUCT = "US-CY-DOD10"
"""10 mL vials with benzyl alcohol."""
HOUSE = "HOUSE-CY-5"
"""5 mL vials that the pharmacy fills from them, two from one."""
FILL_UL = {PRODUCT: 10_000, HOUSE: 5_000}
DOSE_UL = 3_000
"""3 mg: three doses in 10 mL and one in 5 mL, with something left over."""
DEAD_UL = 100
LARGE = 5
KEPT = timedelta(days=28)
SALEABLE = ("shelf", "cupboard")
SET_ASIDE = ("quarantine", "returned", "transit")
PLACES = (*SALEABLE, *SET_ASIDE)
DAY = timedelta(days=1)
MOVED_BY = [("alex", "looked at"), ("alex", "looked at"), ("pia", None), ("kim", "looked at")]
"""Who moves something, and why; alex and pia are pharmacists."""
MAY_RELEASE = [("alex", "looked at")]
"""Those of them who may take it out of quarantine."""


@dataclass
class Lot:
    """A lot as somebody would note it on a card."""

    product: str
    expires: date
    state: str = "available"
    recalls: list[str] = field(default_factory=list)


@dataclass
class Vial:
    """An opened vial as its label tells."""

    lot: str
    place: str
    discard: datetime
    left: int
    held: bool = False


@dataclass
class Count:
    """A count of a place that is under way: what was there at its beginning, and the entries of each lot."""

    place: str
    snapshot: set[str]
    entries: dict[str, list["Found"]] = field(default_factory=dict)


@dataclass
class Found:
    """What somebody found of a lot, and what the books had, at a time."""

    units: int
    book: int
    when: int
    who: str


class Model:
    """The books as somebody would keep them on cards."""

    def begin(self, practice: Practice) -> None:
        """Nothing is there, and nothing happened."""
        self.practice = practice
        self.now = NOW
        self.lots: dict[str, Lot] = {}
        self.received: list[str] = []
        self.units: Counter[tuple[str, str]] = Counter()
        self.gone: Counter[tuple[str, str]] = Counter()
        self.vials: dict[str, Vial] = {}
        self.wasted = self.drawn = 0
        self.fills: dict[str, list[tuple[str, str, int]]] = {}
        self.dispensed_on: dict[str, datetime] = {}
        self.returned: dict[str, int] = {}
        self.recalls: dict[str, str] = {}
        self.counts: dict[str, Count] = {}
        self.corrections: list[tuple[str, str, int, int]] = []
        self.sources: dict[str, str] = {}
        self.clock = 0

    def state(self, lot: str) -> str:
        found = self.lots[lot]
        if found.state != "recalled" and found.expires < self.now.date():
            return "expired"
        return found.state

    def usable(self, lot: str, on: date | None = None) -> bool:
        return self.state(lot) == "available" and self.lots[lot].expires >= (on or self.now.date())

    def in_time(self, vial: Vial) -> bool:
        return self.now.astimezone(UTC) < vial.discard

    def made_of(self, lot: str) -> list[str]:
        made = [each for each, source in self.sources.items() if source == lot]
        return [lot, *(deeper for each in made for deeper in self.made_of(each))]

    def taken(self, units: int) -> list[tuple[str, str]]:
        """What a dispense of so many units takes, one by one, of which place: fewer where they do not suffice.

        A unit is for 28 days, and its last dose is injected on the 21st day after its first.
        """
        taken: list[tuple[str, str]] = []
        left = dict(self.units)
        for number in range(units):
            last = self.now.date() + (28 * number + 21) * DAY
            usable = [
                (self.lots[lot].expires, self.received.index(lot), place)
                for (lot, place), there in left.items()
                if there and place in SALEABLE and lot in self.received and self.usable(lot, last)
            ]
            if not usable:
                break
            _, order_of_receipt, place = min(usable, key=lambda key: (key[0], key[1], SALEABLE.index(key[2])))
            lot = self.received[order_of_receipt]
            left[lot, place] -= 1
            taken.append((lot, place))
        return taken

    def variance(self, lot: str, place: str, found: Found) -> int:
        since = [units for of, at, units, when in self.corrections if (of, at) == (lot, place) and when > found.when]
        return found.units - found.book - sum(since)

    def twice(self, entries: list[Found], variances: list[int]) -> bool:
        """Whether the last two say the same and are by two persons."""
        return len(entries) > 1 and entries[-2].who != entries[-1].who and variances[-2] == variances[-1]

    def launders(self, lot: str, place: str, found: int) -> bool:
        """Whether units would be on the shelf that are missing among those that patients had."""
        ever = {each: sum(units for of, at, units, _ in self.corrections if (of, at) == (lot, each)) for each in PLACES}
        ever[place] += found
        if ever["returned"] >= 0:
            return False
        return found > 0 if place != "returned" else found < 0 < ever["shelf"]
