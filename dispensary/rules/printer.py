"""The printers of a pharmacy: how each is reached and the designs that its paper is for, as the settings say."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from dispensary.errors import Refused, quoted

RAW_PORT = 9100
"""Where a printer takes what it prints as it comes, unless its settings say otherwise."""

DOTS_PER_INCH = (152, 203, 300, 600)
"""The resolutions of thermal label printers: 6, 8, 12 and 24 dots a millimetre."""

SENDING_TAKES = timedelta(minutes=2)
"""A job that was begun so long ago, and of which no end is told, is not being sent any more: who sent it died."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)
# A queue's name that begins with a dash would be read as an option of `lp`.
_CUPS = re.compile(r"cups:(?P<queue>[A-Za-z0-9_][A-Za-z0-9_.-]{0,126})", re.ASCII)
_RAW = re.compile(
    r"(?P<way>zpl|pdf)://(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[A-Za-z0-9.-]{1,253}))(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)


class Way(StrEnum):
    """How a printer is reached, and what it is sent."""

    CUPS = "cups"
    """PDF, through the print system of this machine."""
    ZPL = "zpl"
    """ZPL, over a network connection of its own."""
    PDF = "pdf"
    """PDF, over a network connection of its own."""


class JobState(StrEnum):
    """How a job stands that is for a printer."""

    WAITING = "waiting"
    """Nothing was sent yet."""
    FAILED = "failed"
    """The printer did not take it, and nothing was printed: it waits as well."""
    SUPERSEDED = "superseded"
    """Nothing was printed, and a newer copy of the label was: somebody cancels it."""
    BEING_SENT = "being sent"
    """A counter sends it at this moment."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was printed."""
    SENT = "sent"
    """The printer took it, or a person has seen it printed."""
    CANCELLED = "cancelled"
    """Nobody wants it any more."""

    @property
    def waits(self) -> bool:
        """Whether it is to be sent without asking anybody."""
        return self in (JobState.WAITING, JobState.FAILED)


class NotAPrinter(Refused):
    """A printer of the settings that cannot be."""

    sentence = "{given} cannot be {setting} of {printer}: {way_out}."
    printer: str
    setting: str
    given: str
    way_out: str


class NoPrinter(Refused):
    """No printer of that name, or none whose paper is for such labels."""

    sentence = "{lacking}: {known}."
    lacking: str
    known: str


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer by its name in the settings.

    `target` is the queue of CUPS, or the host of a network connection, which also has a `port`.
    `designs` are names of shipped designs or paths of one's own, in the order of preference.
    `dots_per_inch` only where it is sent ZPL, which is drawn in dots.
    """

    name: str
    way: Way
    target: str
    port: int | None
    designs: tuple[str, ...]
    dots_per_inch: int | None = None

    @property
    def to(self) -> str:
        """Its address, as the settings write it."""
        if self.way is Way.CUPS:
            return f"cups:{self.target}"
        host = f"[{self.target}]" if ":" in self.target else self.target
        return f"{self.way}://{host}:{self.port}"


def read_printers(given: object) -> tuple[Printer, ...]:
    """The printers of the table `[printers]`, in its order; raises NotAPrinter."""
    if not isinstance(given, Mapping):
        raise NotAPrinter(
            printer="a pharmacy", setting="the printers", given=quoted(str(given)), way_out="write [printers.NAME]"
        )
    printers = tuple(_printer(str(name), table) for name, table in given.items())
    names = [printer.name.lower() for printer in printers]
    for at, printer in enumerate(printers):
        if names.index(printer.name.lower()) < at:
            way_out = "another printer has it, but for capital letters; give it another name"
            raise NotAPrinter(printer="a printer", setting="the name", given=quoted(printer.name), way_out=way_out)
    return printers


def _printer(name: str, table: object) -> Printer:
    if not _NAME.fullmatch(name):
        way_out = "write 1 to 32 letters from a to z, digits, - or _"
        raise NotAPrinter(printer="a printer", setting="the name", given=quoted(name), way_out=way_out)

    def wrong(setting: str, value: object, way_out: str) -> NotAPrinter:
        return NotAPrinter(printer=f"the printer {name}", setting=setting, given=quoted(str(value)), way_out=way_out)

    if not isinstance(table, Mapping):
        raise wrong("the settings", table, "write it as a table, [printers.NAME]")
    for key in table:
        if key not in ("to", "designs", "dots_per_inch"):
            raise wrong("a setting", key, "known are to, designs, dots_per_inch")
    way, target, port = _address(table.get("to", ""), wrong)
    dots = table.get("dots_per_inch")
    if way is Way.ZPL and (not isinstance(dots, int) or dots not in DOTS_PER_INCH):
        raise wrong("dots_per_inch", "" if dots is None else dots, f"give one of {', '.join(map(str, DOTS_PER_INCH))}")
    if way is not Way.ZPL and dots is not None:
        raise wrong("dots_per_inch", dots, "only a printer with zpl:// has it; leave it out")
    return Printer(name, way, target, port, _designs(table.get("designs", []), wrong), dots)


Wrong = Callable[[str, object, str], NotAPrinter]


def _address(given: object, wrong: Wrong) -> tuple[Way, str, int | None]:
    text = given if isinstance(given, str) else ""
    if cups := _CUPS.fullmatch(text):
        return Way.CUPS, cups["queue"], None
    raw = _RAW.fullmatch(text)
    if raw is None:
        raise wrong("the address", given, "write cups:QUEUE, zpl://HOST:PORT or pdf://HOST:PORT")
    port = int(raw["port"] or RAW_PORT)
    if not 1 <= port <= 65535:
        raise wrong("the address", given, "a port is a number from 1 to 65535")
    host = raw["six"] or raw["host"]
    if not _is_host(host, six=raw["six"] is not None):
        raise wrong("the address", given, "its host is no name and no number of a network")
    return Way(raw["way"]), host, port


def _is_host(host: str, *, six: bool) -> bool:
    try:
        if six:
            return bool(IPv6Address(host))
        labels = host.split(".")
        # What looks like an address of four numbers is one; else the resolver would guess.
        if labels[-1].isdigit():
            return bool(IPv4Address(host).packed)
    except AddressValueError:
        return False
    return all(map(_HOST.fullmatch, labels))


def _designs(given: object, wrong: Wrong) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(each, str) for each in given):
        raise wrong("designs", given, 'give a list such as ["dispense-100x62"]')
    for at, design in enumerate(given):
        if not design.strip() or not design.isprintable() or len(design) > 200:
            raise wrong("designs", design, "name a shipped design or a file")
        if given.index(design) < at:
            raise wrong("designs", design, "it is named twice")
    return tuple(given)


def printer_for(
    printers: Sequence[Printer],
    kind: str,
    kind_of: Callable[[str], str],
    named: str | None = None,
    design: str | None = None,
) -> tuple[Printer, str]:
    """The first printer that has a design of this kind, or the named one, with the first such design of it.

    `kind_of` tells the kind of a design. With `design`, only that one will do. Raises NoPrinter, which names
    what there is.
    """
    among = printers if named is None else (printer_named(printers, named),)
    for printer in among:
        for each in printer.designs:
            if design in (None, each) and kind_of(each) == kind:
                return printer, each
    what = f"labels of the kind {kind}" + (f" in the design {quoted(design)}" if design is not None else "")
    if named is None:
        raise NoPrinter(lacking=f"No printer is for {what}", known=_known(printers))
    (printer,) = among
    known = f"its designs are {' and '.join(printer.designs)}"
    raise NoPrinter(lacking=f"The printer {printer.name} is not for {what}", known=known)


def printer_named(printers: Sequence[Printer], name: str) -> Printer:
    """The printer of that name; raises NoPrinter."""
    for printer in printers:
        if printer.name == name:
            return printer
    raise NoPrinter(lacking=f"There is no printer {quoted(name)}", known=_known(printers))


def _known(printers: Sequence[Printer]) -> str:
    if not printers:
        return "the settings have none; write one into them as [printers.NAME]"
    there = ", ".join(f"{printer.name} (for {' and '.join(printer.designs)})" for printer in printers)
    return f"the settings have {there}"


def written(printer: Printer) -> dict[str, object]:
    """The settings of the printer as a table of plain values."""
    table: dict[str, object] = {"to": printer.to, "designs": list(printer.designs)}
    return table if printer.dots_per_inch is None else table | {"dots_per_inch": printer.dots_per_inch}
