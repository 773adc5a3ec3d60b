"""A second person's check before hand-over: the packs that were scanned against the lots of the fill.

Packs and units. A fill counts units and a scan names a pack, which may hold many: the serial of a US
carton of 25 vials stands on the carton (21 USC 360eee: the package is the smallest saleable container),
and a fill of 4 takes 4 vials out of it. So a pack whose units exceed what is left of its lot in the fill
is an opened one and counts as what is left. At most one pack of a lot can be open in a fill: the largest,
of equal ones the one scanned last. This holds with a serial as without, because otherwise hardly any US
fill could be checked. But an opened pack stays in the pharmacy and serves the next fill: its serial is
not used up, as that of a pack which leaves whole is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused
from dispensary.rules.scan import Pack


class WrongPack(Refused):
    """A pack that does not belong to the fill, or is not what the books say."""

    sentence = (
        "The scanned pack of lot {lot} {problem}: nothing was recorded; do not hand it over, "
        "put it aside and scan the pack of the fill."
    )
    lot: str
    problem: str


class ScannedTwice(Refused):
    """One serial, which names one pack, twice in a check."""

    sentence = (
        "The pack {gtin} with serial {serial} was scanned twice: nothing was recorded; "
        "scan each pack of {dispense} once."
    )
    dispense: str
    gtin: str
    serial: str


class TooManyPacks(Refused):
    """More packs of a lot than the fill holds."""

    sentence = (
        "The scanned packs of lot {lot} hold {scanned} units, and {dispense} has {units} of it: nothing was recorded; "
        "put back what is not of the fill and scan again."
    )
    dispense: str
    lot: str
    scanned: int
    units: int


class PacksMissing(Refused):
    """Fewer packs than the fill holds."""

    sentence = (
        "Not all of {dispense} was scanned, {missing} of {units} units are missing ({lots}): nothing was recorded; "
        "scan every pack that is handed over."
    )
    dispense: str
    missing: int
    units: int
    lots: str


@dataclass(frozen=True, slots=True)
class FillLine:
    """Units of one lot that are to be handed over, what came back taken off."""

    lot_id: int
    lot: str
    expires: date
    units: int


@dataclass(frozen=True, slots=True)
class KnownPack:
    """A scan whose GTIN the formulary knows: the product's code and the units in a whole pack."""

    scan: Pack
    pack_id: int
    product: str
    units: int


@dataclass(frozen=True, slots=True)
class CountedPack:
    """A pack of the fill and the units that it counts."""

    pack: KnownPack
    lot_id: int
    units: int

    @property
    def opened(self) -> bool:
        """Whether units were taken out of it, so that the pack itself stays."""
        return self.units < self.pack.units


def match(
    dispense: str, product: str, lines: Sequence[FillLine], packs: Sequence[KnownPack]
) -> tuple[CountedPack, ...]:
    """Each pack with the units that it counts, in the order of the scans; together they are the fill, no more, no less.

    `lines` name each lot once. Raises WrongPack, ScannedTwice, TooManyPacks and PacksMissing.
    """
    by_lot = {line.lot: line for line in lines}
    for pack in packs:
        _require_of_fill(dispense, product, by_lot, pack)
    _require_once(dispense, packs)
    counts: dict[int, int] = {}
    for line in lines:
        of_lot = {place: pack.units for place, pack in enumerate(packs) if pack.scan.lot == line.lot}
        counts |= _counted(dispense, line, of_lot)
    missing = {
        line.lot: line.units - sum(counts[place] for place, pack in enumerate(packs) if pack.scan.lot == line.lot)
        for line in lines
    }
    if any(missing.values()):
        raise PacksMissing(
            dispense=dispense,
            missing=sum(missing.values()),
            units=sum(line.units for line in lines),
            lots=", ".join(f"{units} of lot {lot}" for lot, units in missing.items() if units),
        )
    return tuple(CountedPack(pack, by_lot[pack.scan.lot].lot_id, counts[place]) for place, pack in enumerate(packs))


def _require_of_fill(dispense: str, product: str, lines: dict[str, FillLine], pack: KnownPack) -> None:
    lot = pack.scan.lot
    if pack.product != product:
        raise WrongPack(lot=lot, problem=f"is {pack.product}, and {dispense} is {product}")
    if lot not in lines:
        known = ", ".join(lines)
        raise WrongPack(lot=lot, problem=f"is not of {dispense}, which is of lot{'s' * (len(lines) > 1)} {known}")
    if pack.scan.expires != lines[lot].expires:
        raise WrongPack(
            lot=lot, problem=f"says {pack.scan.expires} and the books say it expires on {lines[lot].expires}"
        )


def _require_once(dispense: str, packs: Iterable[KnownPack]) -> None:
    seen = set()
    for pack in packs:
        serial = pack.scan.serial
        if serial is None:
            continue
        if (pack.scan.gtin, serial) in seen:
            raise ScannedTwice(dispense=dispense, gtin=pack.scan.gtin, serial=serial)
        seen.add((pack.scan.gtin, serial))


def _counted(dispense: str, line: FillLine, of_lot: dict[int, int]) -> dict[int, int]:
    """The units that each pack of the lot counts, by its place among the scans."""
    scanned = sum(of_lot.values())
    if scanned <= line.units:
        return of_lot
    largest = max(of_lot, key=lambda place: (of_lot[place], place))
    left = line.units - (scanned - of_lot[largest])
    if left <= 0:
        raise TooManyPacks(dispense=dispense, lot=line.lot, scanned=scanned, units=line.units)
    return {**of_lot, largest: left}
