"""What is done to sealed stock by hand, beside receiving and dispensing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import Operation


class PatientsHadThem(Refused):
    """Nobody knows how units were kept that patients have had: they are never sold again."""

    sentence = (
        "{had} of the {there} units of lot {lot} of {product} at {place} came back from patients and are never sold "
        "again: nothing was moved; {way_out}."
    )
    lot: str
    product: str
    place: str
    had: int
    there: int
    way_out: str


class NotFromPatients(Refused):
    """The pharmacy's own stock does not go where the units stand that patients have had."""

    sentence = (
        "{target} is for what patients brought back, and of lot {lot} of {product} at {place} that is {had} of the "
        "{wanted} units: nothing was moved; {way_out}."
    )
    lot: str
    product: str
    place: str
    target: str
    had: int
    wanted: int
    way_out: str


class ReleaseNeedsReason(Refused):
    """What was set aside goes back, and nobody said why."""

    sentence = (
        "{what} stands in {place}, where it was set aside: nothing was moved; say why it may go to {target}, "
        "with --reason."
    )
    what: str
    place: str
    target: str


class NotUndelivered(Refused):
    """A fill that may not go back to where it came from."""

    sentence = (
        "{dispense} cannot go back into stock: {why}. Nothing was taken back; take it back without --undelivered, "
        "not to be sold again."
    )
    dispense: str
    why: str


class StockActKind(StrEnum):
    """The kinds of stock acts, which share one series of document numbers."""

    MOVE = "move"
    DESTROY = "destroy"
    SEND_BACK = "send back"


def moving(source: PlaceKind, target: PlaceKind) -> Operation:
    """The operation that a move between such places is: to shelve, where the target alone is saleable."""
    return Operation.SHELVE if target.saleable and not source.saleable else Operation.MOVE


def releases(source: PlaceKind, target: PlaceKind) -> bool:
    """Whether such a move lets go of what was set aside: a pharmacist decides that, and says why.

    Also on the way between two places, from where anybody may put it on a shelf.
    """
    return source is PlaceKind.QUARANTINE and target not in (PlaceKind.QUARANTINE, PlaceKind.RETURNED)


@dataclass(frozen=True, slots=True)
class Passage:
    """Units of a lot that came to a place, or left it (below 0).

    `patients` where they came from patients, or went to where such units stand apart.
    """

    units: int
    patients: bool


def had_by_patients(passages: Iterable[Passage]) -> int:
    """How many of the units at a place patients have had, of one lot, passages in their order.

    Units of a lot cannot be told apart. What leaves by any other way is therefore taken to be the
    pharmacy's own, until no more units are left than patients brought.
    """
    there = had = 0
    for passage in passages:
        there += passage.units
        had = max(0, min(had + passage.units, there)) if passage.patients else min(had, there)
    return had


def require_not_had(wanted: int, had: int, there: int, *, lot: str, product: str, place: str, returned: str) -> None:
    """Raises PatientsHadThem where `wanted` units cannot all be the pharmacy's own; `returned` keeps the others."""
    most = there - had
    if wanted <= most:
        return
    apart = f"move those {had} to {returned} first" + (f", or move at most {most}" if most else "")
    way_out = "destroy them or send them back to the supplier" if place == returned else apart
    raise PatientsHadThem(lot=lot, product=product, place=place, had=had, there=there, way_out=way_out)


def require_had(wanted: int, had: int, *, lot: str, product: str, place: str, target: str) -> None:
    """Raises NotFromPatients where `wanted` units cannot all be such as patients have had, going to `target`."""
    if wanted <= had:
        return
    own = "set the pharmacy's own aside in quarantine, destroy it or send it back to the supplier"
    way_out = f"move at most {had}, or {own}" if had else own
    raise NotFromPatients(lot=lot, product=product, place=place, target=target, had=had, wanted=wanted, way_out=way_out)


def require_restockable(
    dispense: str, dispensed: date, today: date, restock_days: int, *, units: int, returned: int, whole: bool
) -> None:
    """Raises NotUndelivered unless the whole fill, of which nothing came back, may still go into stock today.

    `restock_days` is the last day after the dispense on which it may, 0 for never.
    """
    days = (today - dispensed).days
    if not whole:
        why = "only a whole fill does, without --quantity and --lot"
    elif returned:
        why = f"{returned} of its {units} units came back before, so a patient had them"
    elif restock_days == 0:
        why = "this pharmacy puts no fill back (restock_days is 0)"
    elif days > restock_days:
        why = f"it was dispensed on {dispensed}, {days} days ago, and a fill goes back for {restock_days} days"
    else:
        return
    raise NotUndelivered(dispense=dispense, why=why)
