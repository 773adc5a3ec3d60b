"""A prescription's story on a page of the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dispensary.exports.terminal import table, wrapped
from dispensary.rules.quantity import counted

if TYPE_CHECKING:
    from dispensary.reports.prescribing.prescription import PrescriptionDetail
    from dispensary.rules.finding import Finding


def story(rx: "PrescriptionDetail") -> str:
    """Who, what, until when, every fill with its lots and findings, what people decided, and why not today."""
    return "\n\n".join(filter(None, (_facts(rx), _fills(rx), _draws(rx), "\n".join(_events(rx)), _today(rx))))


def _facts(rx: "PrescriptionDetail") -> str:
    supply = f"{rx.days} days" if rx.quantity_units is None else counted(rx.quantity_units, "unit")
    named = f"{rx.product}{', no other' if rx.as_written else ''}" if rx.product else ""
    facts = [
        ("patient", f"{rx.patient} {rx.patient_name}{f', born {rx.born}' if rx.born else ''}"),
        ("prescriber", f"{rx.prescriber} {rx.prescriber_name}"),
        ("medicine", f"{rx.form}{named and f' ({named})'}"),
        ("directions", rx.directions),
        *([("as written", rx.directions_as_written)] if rx.directions_as_written not in ("", rx.directions) else []),
        ("for", rx.indication or "not stated"),
        ("each fill", supply),
        ("written", f"{rx.written}, valid until {rx.valid_until}"),
        ("refills", f"{rx.refills}, {rx.refills_left} left"),
        ("owed", f"{rx.owed_units} of the last fill" if rx.owed_units else "nothing"),
        ("state", rx.state),
        ("next injections", ", ".join(map(str, rx.coming)) or "none left"),
    ]
    return table(("rx", rx.rx), facts)


def _fills(rx: "PrescriptionDetail") -> str:
    if not rx.fills:
        return ""
    rows = [
        (
            fill.dispense,
            fill.on,
            fill.product,
            ", ".join(f"{lot.units} x {lot.lot}" for lot in fill.lots),
            fill.units,
            fill.returned,
            fill.next_injection,
        )
        for fill in rx.fills
    ]
    return table(("fill", "on", "product", "lots", "units", "back", "next"), rows)


def _draws(rx: "PrescriptionDetail") -> str:
    from dispensary.rules.quantity import millilitres, plain

    if not rx.draws:
        return ""
    rows = [
        (
            dose.draw,
            dose.on,
            dose.product,
            f"{dose.vial} of lot {dose.lot}",
            plain(millilitres(dose.volume_ul)),
            dose.given_as,
            dose.next_injection,
        )
        for dose in rx.draws
    ]
    return table(("dose", "on", "product", "vial", "mL", "given", "next"), rows)


def _events(rx: "PrescriptionDetail") -> Iterator[str]:
    for fill in rx.fills:
        if fill.completes:
            yield wrapped(f"{fill.dispense} is what {fill.completes} owed.")
        if fill.checked_by:
            yield wrapped(f"{fill.dispense}: dispensed by {fill.by}, checked by {fill.checked_by}.")
        for found in fill.findings:
            yield wrapped(f"{fill.dispense}, {_said(found)}")
    for dose in rx.draws:
        for found in dose.findings:
            yield wrapped(f"{dose.draw}, {_said(found)}")
    for act in rx.acts:
        where = f" to {act.to_pharmacy}" if act.to_pharmacy else ""
        yield wrapped(f"{act.on}: {act.act}{where} by {act.by} ({act.reason}).")
    for demand in rx.unmet:
        yield wrapped(
            f"{demand.on}: {demand.units} of {demand.product} wanted, {demand.usable_units} usable, "
            f"noted by {demand.by}."
        )


def _today(rx: "PrescriptionDetail") -> str:
    today = rx.today
    if today.possible:
        notes = [wrapped(f"Today's {_said(found)}") for found in today.findings]
        return "\n".join([wrapped(f"Today: {today.units} of {today.product} can be dispensed. {today.why}"), *notes])
    return wrapped(f"Not today: {' '.join(today.why_not)}")


def _said(found: "Finding") -> str:
    return f"{found.severity}: {found.message}" + (f" ({found.reason})" if found.reason else "")
