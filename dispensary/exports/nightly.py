"""The nightly report for programs and spreadsheets; the one for people is in nightly_pdf."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from dispensary.exports.csv_text import table
from dispensary.exports.files import FileExists, FileNotSaved, make_folder, require_new, write_new
from dispensary.exports.json_text import document, fields
from dispensary.reports.nightly.day import DispensedLine
from dispensary.reports.nightly.nightly import Nightly
from dispensary.rules.people import Pharmacy

COLUMNS = (
    "section",
    "sentence",
    "product",
    "name",
    "form",
    "strength_mcg_per_ml",
    "container",
    "fill_ml",
    "preservative",
    "temperature",
    "protect_from_light",
    "lot",
    "expires",
    "days_left",
    "band",
    "place",
    "state",
    "units",
    "usable_units",
    "minimum_units",
    "dispense",
    "rx",
    "patient",
    "return",
    "receipt",
    "draw",
    "vial",
    "dose_mcg",
    "volume_ul",
    "act",
    "kind",
    "from",
    "to",
    "witness",
    "count",
    "variance",
    "lot_act",
    "reason",
    "code",
    "reason_code",
    "times",
    "by",
    "day",
    "sequence",
    "hash",
    "site",
    "lots",
    "value_micros",
    "unknown_units",
    "usable_unknown_units",
    "usable_value_micros",
    "unused_units",
    "unused_value_micros",
    "owed_units",
    "since",
    "lot_state",
    "opened_at",
    "opened_by",
    "discard_at",
    "usable_hours",
    "remaining_ul",
    "dedicated",
    "expiring_units",
    "other_units",
    "forecast_a_month",
    "months_of_stock",
    "days",
    "demand_units",
    "safety_units",
    "reorder_point",
    "below",
    "order_units",
    "order_packs",
    "pack_units",
    "order_value_micros",
    "began",
    "ended",
    "lowest_centidegrees",
    "highest_centidegrees",
    "mean_kinetic_centidegrees",
    "why",
    "held",
    "recall",
    "class",
    "reference",
    "dated",
    "patients",
    "not_reached",
    "first",
    "last",
    "days_in_stock",
    "stock_out_days",
    "a_month",
    "by_month",
    "scheduled",
    "from_history",
    "on",
    "doses",
    "drawn_ul",
    "late",
    "to_renew",
    "ok",
    "detail",
    "at",
    "previous_at",
    "to_order",
    "expiring_lots",
    "dispensed_units",
    "needs_a_person",
)
"""The columns of the CSV; a row fills those of its section."""


def write(
    report: Nightly, pharmacy: Pharmacy, folder: Path, *, checkpoint: str | None = None, force: bool = False
) -> tuple[Path, ...]:
    """The report as PDF, CSV and JSON in the folder, which is made if it is missing; returns the files.

    The note of a checkpoint of the audit goes beside them as `checkpoint-DATE.txt`. Raises FileExists,
    NotAPlainFile and FileNotSaved; a name that is taken is found before anything is written, and where
    the storage takes one file and not the next, none is left.
    """
    from dispensary.exports.nightly_pdf import nightly_pdf

    make_folder(folder)
    contents = {
        ".pdf": nightly_pdf(report, pharmacy),
        ".csv": nightly_csv(report),
        ".json": nightly_json(report),
    }
    files = {folder / f"nightly-{report.day}{suffix}": data for suffix, data in contents.items()}
    if checkpoint is not None:
        files[folder / f"checkpoint-{report.day}.txt"] = checkpoint.encode()
    for file in files:
        require_new(file, force=force)
    written: list[Path] = []
    try:
        for file, data in files.items():
            write_new(file, data, force=force)
            written.append(file)
    except (FileExists, FileNotSaved):
        # Half a night would keep its names from the next attempt; what --force replaced is gone in any case.
        for file in written if not force else ():
            file.unlink(missing_ok=True)
        raise
    return tuple(files)


def nightly_json(report: Nightly) -> bytes:
    """The report as one JSON document."""
    return document(report).encode()


def nightly_csv(report: Nightly) -> bytes:
    """The report as one table, which a spreadsheet filters by its `section`; a dispense has a row for each lot."""
    return table(_rows(report), COLUMNS).encode()


def _rows(report: Nightly) -> Iterator[dict[str, object]]:
    for section, rows in _sections(report):
        for row in rows:
            yield {"section": section, **dict(fields(row))}


def _sections(report: Nightly) -> Iterator[tuple[str, Iterable[object]]]:
    """The rows of each section, in the order of the table."""
    yield "needs_a_person", _sentences(report.needs_a_person)
    for section in ("stock", "expiring", "below_minimum"):
        yield section, getattr(report, section)
    yield "dispensed", chain.from_iterable(map(_by_lot, report.dispensed))
    for section in ("drawn", "returned", "received", "stock_acts", "counted", "lot_acts", "overrides", "unmet"):
        yield section, getattr(report, section)
    yield "audit", [{"day": report.day, "at": report.at, **dict(fields(report.audit))}]
    for section in _AS_THEY_ARE:
        yield section, getattr(report, section)
    yield "usage", report.usage.products
    yield "usage_groups", report.usage.groups
    yield "checks", report.checks.checks
    yield "clock_steps", report.checks.clock_steps
    yield "notes", _sentences(report.checks.notes)


_AS_THEY_ARE = (
    "bands",
    "unused",
    "value",
    "vials",
    "owed",
    "reorder",
    "excursions",
    "holds",
    "recalls",
    "forecast",
    "due",
    "sites",
)


def _sentences(said: Iterable[str]) -> Iterator[dict[str, object]]:
    return ({"sentence": sentence} for sentence in said)


def _by_lot(line: DispensedLine) -> Iterator[dict[str, object]]:
    of_all = {name: value for name, value in fields(line) if name != "lots"}
    for taken in line.lots:
        yield {**of_all, **dict(fields(taken))}
