"""A recall on a page of the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dispensary.exports.terminal import table, wrapped
from dispensary.rules.moments import to_the_minute
from dispensary.rules.quantity import counted, ml

if TYPE_CHECKING:
    from dispensary.reports.recalls.recall import RecallDetail
    from dispensary.reports.recalls.recall_stock import RecalledLot, RecalledVial


def page(detail: "RecallDetail") -> str:
    """The notice, an account of every lot, what stands where, whom to call, and how far it has come."""
    return "\n\n".join(filter(None, (*_notice(detail), *_units(detail), *_patients(detail), _progress(detail))))


def _notice(detail: "RecallDetail") -> Iterator[str]:
    notice = detail.notice
    yield wrapped(
        f"Recall {notice.recall}, class {notice.class_}: {notice.reference} of {notice.dated}, "
        f"covering {notice.covers}; entered on {notice.on} by {notice.by} ({notice.reason})."
    )
    if notice.withdrawn_on is not None:
        yield wrapped(f"Withdrawn on {notice.withdrawn_on} by {notice.withdrawn_by} ({notice.withdrawn_reason}).")
    if not detail.lots:
        yield wrapped("Nothing in the books is covered. Nothing that the notice covers will be received.")
        return
    rows = [(each.lot, each.product, each.expires, each.state, ", ".join(each.made_into)) for each in detail.lots]
    yield table(("lot", "product", "expires", "state", "made into"), rows)
    for each in detail.lots:
        yield wrapped(_account(each))


def _account(lot: "RecalledLot") -> str:
    came = {"received": lot.received, "made": lot.made, "found in counts": lot.found}
    went = {
        "on hand": lot.on_hand,
        "with patients": lot.with_patients,
        "opened": lot.opened,
        "destroyed": lot.destroyed,
        "sent back": lot.sent_back,
        "used in batches": lot.used_in_batches,
        "lost in counts": lot.lost,
    }

    def told(units: dict[str, int]) -> str:
        return " + ".join(f"{number} {what}" for what, number in units.items() if number) or "0"

    made_with = "" if lot.made_with is None else f", made with {lot.made_with}"
    return f"Lot {lot.lot} of {lot.product}{made_with}: {told(came)} = {told(went)}; {lot.unaccounted} unaccounted for."


def _units(detail: "RecallDetail") -> Iterator[str]:
    if detail.stock:
        standing = [(each.lot, each.product, each.place, each.units) for each in detail.stock]
        yield table(("lot", "product", "stands in", "units"), standing)
    if detail.vials:
        opened = [(each.vial, each.lot, each.place, _state(each), ml(each.remaining_ul)) for each in detail.vials]
        yield table(("vial", "lot", "stands in", "state", "remaining"), opened)
    if detail.other:
        other = [(each.on, each.kind, each.lot, each.units, each.from_, each.to) for each in detail.other]
        yield table(("on", "what", "lot", "units", "from", "to"), other)


def _state(vial: "RecalledVial") -> str:
    return "past its hour" if vial.state == "expired" else vial.state


def _patients(detail: "RecallDetail") -> Iterator[str]:
    fills = [
        (each.patient, each.name, each.identifier, fill.dispense, fill.on, fill.lot, fill.kept, fill.doses_at_home)
        for each in detail.patients
        for fill in each.fills
    ]
    if fills:
        yield table(("patient", "name", "id", "fill", "on", "lot", "kept", "doses left"), fills)
    doses = [
        (each.patient, each.name, each.identifier, dose.draw, dose.on, dose.lot, dose.vial, ml(dose.volume_ul))
        for each in detail.patients
        for dose in each.draws
    ]
    if doses:
        yield table(("patient", "name", "id", "draw", "on", "lot", "vial", "volume"), doses)
    calls = [
        (to_the_minute(call.on), each.patient, call.outcome, call.by, call.note)
        for each in detail.patients
        for call in each.calls
    ]
    if calls:
        yield table(("called", "patient", "outcome", "by", "note"), calls)


def _progress(detail: "RecallDetail") -> str:
    found = detail.effectiveness
    people = counted(found.patients, "patient")
    erased = f", {found.erased} erased" if found.erased else ""
    doses = counted(found.doses_at_home, "dose")
    return wrapped(
        f"{people}: {found.reached} reached, {found.declined} declined, {found.not_reached} not reached, "
        f"{found.not_called} not called yet{erased}. Units kept: {found.units_at_home}, with {doses} due "
        f"today or later; units that came back since the recall: {found.units_returned}."
    )
