"""The nightly report for programs and spreadsheets; the one for people is in nightly_pdf."""

from collections.abc import Iterator
from pathlib import Path

from dispensary.exports.csv_text import table
from dispensary.exports.files import make_folder, require_new, write_new
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
)
"""The columns of the CSV; a row fills those of its section."""


def write(
    report: Nightly, pharmacy: Pharmacy, folder: Path, *, checkpoint: str | None = None, force: bool = False
) -> tuple[Path, ...]:
    """The report as PDF, CSV and JSON in the folder, which is made if it is missing; returns the files.

    The note of a checkpoint of the audit goes beside them as `checkpoint-DATE.txt`. Raises FileExists,
    NotAPlainFile and FileNotSaved; a name that is taken is found before anything is written.
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
    for file, data in files.items():
        write_new(file, data, force=force)
    return tuple(files)


def nightly_json(report: Nightly) -> bytes:
    """The report as one JSON document."""
    return document(report).encode()


def nightly_csv(report: Nightly) -> bytes:
    """The report as one table, which a spreadsheet filters by its `section`; a dispense has a row for each lot."""
    return table(_rows(report), COLUMNS).encode()


def _rows(report: Nightly) -> Iterator[dict[str, object]]:
    for sentence in report.needs_a_person:
        yield {"section": "needs_a_person", "sentence": sentence}
    for section in ("stock", "expiring", "below_minimum"):
        for row in getattr(report, section):
            yield {"section": section, **dict(fields(row))}
    for line in report.dispensed:
        yield from _by_lot(line)
    for section in ("drawn", "returned", "received", "stock_acts", "counted", "lot_acts", "overrides", "unmet"):
        for row in getattr(report, section):
            yield {"section": section, **dict(fields(row))}
    yield {"section": "audit", "day": report.day, **dict(fields(report.audit))}


def _by_lot(line: DispensedLine) -> Iterator[dict[str, object]]:
    for taken in line.lots:
        yield {"section": "dispensed", **dict(fields(line)), **dict(fields(taken))}
