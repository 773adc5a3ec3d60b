"""A prescription's story on a page of the terminal."""

from typing import TYPE_CHECKING

from dispensary.exports.terminal import table, wrapped

if TYPE_CHECKING:
    from dispensary.reports.prescription import PrescriptionDetail


def story(rx: "PrescriptionDetail") -> str:
    """Who, what, until when, every fill with its lots, what was found and overridden, what is left."""
    supply = f"{rx.quantity_units} units" if rx.quantity_units is not None else f"{rx.days} days"
    facts = [
        ("patient", f"{rx.patient} {rx.patient_name}, born {rx.born}"),
        ("prescriber", f"{rx.prescriber} {rx.prescriber_name}"),
        ("medicine", rx.form),
        ("directions", rx.directions),
        ("for", rx.indication or "not stated"),
        ("each fill", supply),
        ("written", f"{rx.written}, valid until {rx.valid_until}"),
        ("refills", f"{rx.refills}, {rx.refills_left} left"),
        ("state", rx.state),
        ("next injection", rx.next_injection or "not started"),
    ]
    parts = [table(("rx", rx.rx), facts)]
    if rx.fills:
        shown = [
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
        parts.append(table(("fill", "on", "product", "lots", "units", "back", "next"), shown))
    parts += [
        wrapped(f"{fill.dispense}, {found.severity}: {found.message}" + (f" ({found.reason})" if found.reason else ""))
        for fill in rx.fills
        for found in fill.findings
    ]
    return "\n\n".join(parts)
