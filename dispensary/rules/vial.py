"""An opened vial: what may be done with it, until when, and what is left of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.directions import Directions, Duration, Interval, Phase, Unit
from dispensary.rules.moments import to_the_minute
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Product, Route
from dispensary.rules.quantity import Dose, ml
from dispensary.rules.shelf import last_usable_day

SINGLE_DOSE_HOURS = 1
"""What is opened and never kept serves one draw within the hour (16 CCR 1751.9: outside ISO class 5)."""


class VialNotUsable(Refused):
    """The state of the vial does not allow the operation."""

    sentence = "Vial {vial} of lot {lot} of {product} {why} and cannot be {done}: nothing was changed; {way_out}."
    vial: str
    lot: str
    product: str
    state: str
    done: str
    why: str
    way_out: str


class VialTooOld(Refused):
    """The hour at which it must be discarded has come."""

    sentence = (
        "Vial {vial} of lot {lot} of {product} was to be used before {discard_at} and it is {now}: nothing was drawn; "
        "discard it with `dispensary vial discard {vial}` and open another."
    )
    vial: str
    lot: str
    product: str
    discard_at: str
    now: str


class VialTooLittle(Refused):
    """The dose is more than what is left."""

    sentence = (
        "Vial {vial} of {product} holds {remaining} and a dose of {dose} is {volume}: nothing was drawn; {way_out}."
    )
    vial: str
    product: str
    remaining: str
    dose: str
    volume: str
    way_out: str


class VialSetAside(Refused):
    """It stands where nothing is dispensed from."""

    sentence = (
        "Vial {vial} stands at {place}, from where nothing is given to patients: nothing was drawn; "
        "take another, or put it back first with `dispensary vial move {vial} --to PLACE`."
    )
    vial: str
    place: str


class DedicatedToAnother(Refused):
    """The vial serves one patient, who is another."""

    sentence = (
        "Vial {vial} serves only the patient of its first draw, who is not {patient}: nothing was drawn; "
        "open another with `dispensary vial open`."
    )
    vial: str
    patient: str


class WhichRoute(Refused):
    """The product may be injected by several routes."""

    sentence = "{product} may be injected {routes}: say by which with --route."
    product: str
    routes: str


class VialState(StrEnum):
    """What people and the books made of an opened vial; whether its hour has passed is decided by the clock."""

    OPEN = "open"
    HELD = "held"
    DISCARDED = "discarded"
    """Nothing is left: used up, or the rest was wasted."""


class VialEntryKind(StrEnum):
    """What an entry in a vial's books says. The first two take volume out, the others take none."""

    DRAW = "draw"
    WASTE = "waste"
    HOLD = "hold"
    RELEASE = "release"
    MOVE = "move"


class GivenAs(StrEnum):
    """What became of a dose that was drawn."""

    ADMINISTERED = "administered"
    SYRINGE = "syringe"


class Standing(StrEnum):
    """What a vial is at a moment."""

    OPEN = "open"
    HELD = "held"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    """Past its hour, with something left of it."""


class VialOperation(StrEnum):
    """What can be done with an opened vial."""

    DRAW = "draw"
    DISCARD = "discard"
    MOVE = "move"
    HOLD = "hold"
    RELEASE = "release"


_BY_STANDING = {
    Standing.OPEN: {VialOperation.DRAW, VialOperation.DISCARD, VialOperation.MOVE, VialOperation.HOLD},
    # Each hold has its own reason, and one release answers them all.
    Standing.HELD: {VialOperation.DISCARD, VialOperation.MOVE, VialOperation.HOLD, VialOperation.RELEASE},
    Standing.EXPIRED: {VialOperation.DISCARD, VialOperation.MOVE},
    Standing.DISCARDED: set[VialOperation](),
}
ALLOWED: dict[tuple[Standing, VialOperation], bool] = {
    (standing, operation): operation in allowed
    for standing, allowed in _BY_STANDING.items()
    for operation in VialOperation
}
"""The one table of an opened vial's standing x operation. What its lot allows is asked besides (shelf.ALLOWED)."""

_DONE = {
    VialOperation.DRAW: "drawn from",
    VialOperation.DISCARD: "discarded",
    VialOperation.MOVE: "moved",
    VialOperation.HOLD: "held",
    VialOperation.RELEASE: "released",
}
_WHY = {
    Standing.OPEN: "is open",
    Standing.HELD: "is held",
    Standing.DISCARDED: "is empty or was discarded",
    Standing.EXPIRED: "is past its hour",
}
_WAYS_OUT = {
    Standing.OPEN: "it is on no hold",
    Standing.HELD: "take another, or have a pharmacist release it with `dispensary vial release {vial}`",
    Standing.DISCARDED: "`dispensary vial list` shows what is open",
    Standing.EXPIRED: "discard it with `dispensary vial discard {vial}`",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A vial as messages name it."""

    vial: str
    lot: str
    product: str


def discard_at(opened_at: datetime, product: Product, lot_expires: date, zone: tzinfo | None) -> datetime:
    """The moment from which it is no longer used, in the pharmacy's zone; exactly at it is too late.

    The earlier of the product's in-use time since the opening (USP <797>: 28 days, unless the
    manufacturer says otherwise), in elapsed hours whatever the clocks do, and the end of the last
    usable day of its lot. `opened_at` is aware.
    """
    kept = timedelta(days=product.kept_days) if product.kept_days else timedelta(hours=SINGLE_DOSE_HOURS)
    # Aware arithmetic in one zone is that of the wall clock: elapsed time is reckoned in UTC.
    used_up = opened_at.astimezone(UTC) + kept
    end = datetime.combine(last_usable_day(lot_expires) + timedelta(days=1), time(), tzinfo=zone)
    return min(used_up, end.astimezone(UTC)).astimezone(zone)


def in_time(now: datetime, discard: datetime) -> bool:
    """Whether it may still be used: before its hour, and not at it."""
    # Two moments of one zone would be compared by the clock on the wall, which shows an hour of the autumn twice.
    return now.astimezone(UTC) < discard.astimezone(UTC)


def hours_left(now: datetime, discard: datetime) -> int:
    """Whole hours in which it may still be used, 0 in the last one and when its hour has come."""
    left = discard.astimezone(UTC) - now.astimezone(UTC)
    return max(0, left // timedelta(hours=1))


def standing_at(state: VialState, discard: datetime, now: datetime) -> Standing:
    """What the vial is at the moment: discarded before expired before held before open.

    Expiry goes before a hold, because a release would not make the vial usable.
    """
    if state is VialState.DISCARDED or in_time(now, discard):
        return Standing(state)
    return Standing.EXPIRED


def require(operation: VialOperation, standing: Standing, named: Named) -> None:
    """Raises VialNotUsable unless the table allows the operation on a vial of this standing (see standing_at)."""
    if ALLOWED[standing, operation]:
        return
    raise VialNotUsable(
        vial=named.vial,
        lot=named.lot,
        product=named.product,
        state=standing.value,
        done=_DONE[operation],
        why=_WHY[standing],
        way_out=_WAYS_OUT[standing].format(vial=named.vial),
    )


def require_drawable(state: VialState, discard: datetime, now: datetime, named: Named) -> None:
    """Raises VialTooOld from the vial's hour on, and VialNotUsable where it is held or discarded."""
    standing = standing_at(state, discard, now)
    if standing is Standing.EXPIRED:
        raise VialTooOld(
            vial=named.vial,
            lot=named.lot,
            product=named.product,
            discard_at=shown(discard, now),
            now=shown(now, discard),
        )
    require(VialOperation.DRAW, standing, named)


def require_at_hand(place: str, kind: PlaceKind, named: Named) -> None:
    """Raises VialSetAside where it stands at a place from which nothing reaches a patient."""
    if not kind.saleable:
        raise VialSetAside(vial=named.vial, place=place)


def one_dose(dose: Dose, product: Product, route: Route | None) -> Directions:
    """A single injection by the route, or by the product's only one; raises WhichRoute."""
    if route is None:
        if len(product.routes) > 1:
            raise WhichRoute(product=product.code, routes=" or ".join(sorted(product.routes)))
        (route,) = product.routes
    # The interval says nothing of one dose; the longest keeps it from being read as one of many.
    return Directions((Phase(dose, route, Interval(Unit.YEAR, 1, 1), Duration(Unit.DOSE, 1, 1)),))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a draw takes out of a vial, in microlitres: the dose, what stays in the needle, what is never kept."""

    dose_ul: int
    dead_ul: int
    rest_ul: int
    remaining_ul: int


def taken(remaining_ul: int, dose: Dose, product: Product, dead_volume_ul: int, named: Named) -> Taken:
    """What a draw of the dose takes out of what remains; raises VialTooLittle and NotAWholeMicrolitre.

    The dead volume is lost besides the dose, as far as there is any left. Of what is never kept the
    rest is waste at once.
    """
    dose_ul = product.strength.volume_ul(dose)
    if dose_ul > remaining_ul:
        raise VialTooLittle(
            vial=named.vial,
            product=named.product,
            remaining=ml(remaining_ul),
            dose=str(dose),
            volume=ml(dose_ul),
            way_out="draw from another vial, and discard the rest of this one"
            if dose_ul <= product.fill_ul
            else f"a unit holds {product.fill}: open a larger one, or dispense sealed units",
        )
    left = remaining_ul - dose_ul
    dead_ul = min(dead_volume_ul, left)
    rest_ul = 0 if product.kept_days else left - dead_ul
    return Taken(dose_ul, dead_ul, rest_ul, left - dead_ul - rest_ul)


def too_little_for_more(remaining_ul: int, dose: Dose, dose_ul: int) -> str | None:
    """What to say where something is left and not enough for another such dose."""
    if not 0 < remaining_ul < dose_ul:
        return None
    return f"{ml(remaining_ul)} is left, which is less than another dose of {dose} ({ml(dose_ul)})."


def shown(moment: datetime, beside: datetime) -> str:
    """A moment as messages show it, to the minute: the vial is never shown to last longer than it does.

    With its offset from UTC where the moment `beside` it has another, since an hour comes twice in autumn.
    """
    minute = to_the_minute(moment)
    return minute if moment.utcoffset() == beside.utcoffset() else f"{minute} {moment:%z}"
