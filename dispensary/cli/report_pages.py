"""The trace of a lot, the record of a batch, and who looked at whom, each on a page of the terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dispensary.exports.terminal import table, wrapped
from dispensary.rules.moments import minute_of, to_the_minute
from dispensary.rules.quantity import counted, ml

if TYPE_CHECKING:
    from dispensary.reports.compounding.batch import BatchRecord
    from dispensary.reports.people.access import AccessRow
    from dispensary.reports.stock.trace import Drawn, HandedOver, MadeFrom, MadeInto, OtherMovement, Trace


def traced(lots: "Sequence[Trace]") -> str:
    """Where each lot came from and went: patients first, then what was made of it, then the rest."""
    return "\n\n".join(part for lot in lots for part in _trace(lot))


def _trace(lot: "Trace") -> "Iterator[str]":
    came = f"{counted(lot.received, 'unit')} received"
    if lot.made_from:
        came = f"made in {lot.made_from[0].batch}"
    if lot.product is None:
        yield wrapped(f"Lot {lot.lot} is a powder or a diluent, which is not stock: what was made with it follows.")
    else:
        yield wrapped(f"Lot {lot.lot} of {lot.product}: {came}, {lot.on_hand} on hand.")
    if lot.made_from:
        yield _ingredients(lot.made_from)
    yield from _patients(lot.dispensed, lot.drawn)
    for made in lot.made_into:
        yield wrapped(_made(made))
        yield from _patients(made.dispensed, made.drawn)
    if lot.other:
        yield table(("on", "what", "number", "takes back", "units", "from", "to"), list(map(_moved, lot.other)))


def _patients(dispensed: "Sequence[HandedOver]", drawn: "Sequence[Drawn]") -> "Iterator[str]":
    if dispensed:
        rows = [(each.on, each.dispense, each.patient, each.units) for each in dispensed]
        yield table(("on", "dispense", "patient", "units"), rows)
    if drawn:
        doses = [(each.on, each.draw, each.patient, each.vial, ml(each.volume_ul)) for each in drawn]
        yield table(("on", "draw", "patient", "vial", "volume"), doses)


def _made(made: "MadeInto") -> str:
    got = "" if made.dispensed or made.drawn else " No patient got any."
    used = f"used {made.units or made.amount} of lot {made.of_lot}, made {made.made}"
    return f"Made into lot {made.lot} of {made.product} on {made.on} ({made.batch}): {used}.{got}"


def _moved(move: "OtherMovement") -> tuple[object, ...]:
    return (move.on, move.kind, move.number, move.dispense, move.units, move.from_, move.to)


def _ingredients(made_from: "Iterable[MadeFrom]") -> str:
    rows = [(each.name, each.lot, each.expires, each.amount) for each in made_from]
    return table(("made of", "lot", "expires", "amount"), rows)


def batch_page(made: "BatchRecord") -> str:
    """The batch record: facts for the label, people, ingredients, calculation and beyond-use date."""
    light = ", protected from light" if made.protect_from_light else ""
    facts = [
        ("lot", made.lot),
        ("product", f"{made.product} {made.name}"),
        ("contents", f"{made.form} {made.strength_mcg_per_ml:,} mcg/mL, {made.fill_ml} mL {made.container}"),
        ("preservative", made.preservative),
        ("routes", ", ".join(made.routes)),
        ("storage", f"{made.temperature}{' °C' if made.temperature[0] in '<0123456789' else ''}{light}"),
        ("use through", str(made.expires)),
        ("limited by", made.limited_by),
        ("category", f"{made.category}, {made.start} start"),
        ("made", f"{to_the_minute(made.made_at)} by {made.made_by}"),
        ("checked by", made.checked_by),
        ("yield", f"{made.units} of {made.expected_units} units, {made.yield_}"),
    ]
    if made.stability_days is not None:
        facts.insert(8, ("stability", f"{made.stability_days} days ({made.stability_source})"))
    steps = [(step + 1, line) for step, line in enumerate(made.calculation)]
    return "\n\n".join(
        [table(("batch", made.batch), facts), _ingredients(made.ingredients), table(("step", "calculation"), steps)]
    )


def access_page(rows: "Iterable[AccessRow]") -> str:
    """Who looked at whom, a line for each event; of many patients the first ones and how many more."""
    shown = [(minute_of(row.local), minute_of(row.at), row.user, _acted(row), _first(row.patients)) for row in rows]
    return table(("at", "utc", "user", "what", "patients"), shown)


def _acted(row: "AccessRow") -> str:
    return row.what if row.act == "patient read" else f"{row.act} {row.what}"


def _first(patients: "Sequence[str]") -> str:
    more = f" and {len(patients) - 3:,} more" if len(patients) > 4 else ""
    return ", ".join(patients[:3] if more else patients) + more
