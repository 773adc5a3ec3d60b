"""Tables by month: read where they stand by DuckDB, whole or not at all, and without a patient's name."""

import csv
import hashlib
import json
import stat
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlalchemy import text

from dispensary.exports import partitions
from dispensary.exports.files import FileNotSaved, NoFolder
from dispensary.exports.partitions import CSV, JSON_LINES, Asked, FolderExists, new_tables
from dispensary.reports import columns
from dispensary.reports.tables import TABLES
from tests.build import NOW, a_lot, an_rx, dispensed


def written(shop, folder, names=tuple(TABLES), suffix=CSV, on=NOW, told=lambda line: None):
    asked = Asked(tuple(TABLES[name] for name in names), suffix, on, shop.by(), "Corner Pharmacy", told)
    with new_tables(folder) as new:
        return shop.read(new.write, asked)


def read(folder, name, suffix=CSV):
    """The table as DuckDB reads it, with no word about its columns."""
    reader = "read_csv" if suffix == CSV else "read_json"
    where = f"{folder}/{name}/*/*/*.{suffix}" if TABLES[name].happened else f"{folder}/{name}/*.{suffix}"
    return f"{reader}('{where}', hive_partitioning = true)"


SUMS = {
    "movements": ("sum(units), count(*), sum(movement)", "sum(units), count(*), sum(id) FROM movement"),
    "dispenses": ("sum(units), count(*), sum(fill)", "sum(units), count(*), sum(fill) FROM dispense WHERE site_id = 1"),
    "returns": ("sum(units), count(*), count(*)", "sum(units), count(*), count(*) FROM dispense_return"),
    "receipts": ("sum(units), count(*), count(serial)", "sum(units), count(*), count(serial) FROM receipt_line"),
    "draws": ("sum(dose_mcg), count(*), sum(volume_ul)", "sum(dose_mcg), count(*), sum(volume_ul) FROM draw"),
    "unmet": ("sum(units), count(*), sum(usable_units)", "sum(units), count(*), sum(usable_units) FROM unmet_demand"),
    "stock": ("sum(units), count(*), count(*)", "sum(units), count(*), count(*) FROM balance WHERE units > 0"),
    "stock_acts": ("count(*), count(witness), count(*)", "count(*), count(witness_id), count(*) FROM stock_act"),
    "products": (
        "sum(fill_ul), count(*), sum(strength_mcg_per_ml)",
        "sum(fill_ul), count(*), sum(strength_mcg_per_ml) FROM product",
    ),
}


@pytest.mark.parametrize("suffix", [CSV, JSON_LINES])
def test_duckdb_reads_every_table_where_it_stands_and_finds_the_sums_of_the_books(busy, tmp_path, suffix):
    written(busy, tmp_path / "out", suffix=suffix)
    assert set(SUMS) == set(TABLES)
    for name, (theirs, ours) in SUMS.items():
        found = duckdb.sql(f"SELECT {theirs} FROM {read(tmp_path / 'out', name, suffix)}").fetchall()[0]
        kept = busy.read(lambda db, ours=ours: db.execute(text(f"SELECT {ours}")).one())
        assert found == tuple(kept), name
        assert found[1] > 0, name


def test_csv_and_json_lines_are_the_same_rows(busy, tmp_path):
    written(busy, tmp_path / "csv")
    written(busy, tmp_path / "json", suffix=JSON_LINES)
    for name in TABLES:
        # A moment as a number: as text it is what stands in a CSV, and DuckDB's own words of JSON.
        columns = ", ".join(
            f'epoch_us("{column.name}")' if column.name == "at" else f'"{column.name}"::VARCHAR'
            for column in TABLES[name].columns
        )
        both = [
            duckdb.sql(f"SELECT {columns} FROM {read(tmp_path / folder, name, suffix)} ORDER BY ALL").fetchall()
            for folder, suffix in (("csv", CSV), ("json", JSON_LINES))
        ]
        assert both[0] == both[1], name


def test_a_month_is_read_without_the_others_and_is_that_of_the_pharmacys_clock(shop, tmp_path):
    zone = ZoneInfo("America/New_York")
    # The last hour of November in New York is December in UTC.
    a_lot(shop.at(datetime(2026, 11, 30, 23, 30, tzinfo=zone)), units=3)
    a_lot(shop.at(datetime(2026, 12, 1, 0, 2, tzinfo=zone)), units=4)
    # A counter whose clock is behind.
    a_lot(shop.at(datetime(2026, 11, 30, 23, 58, tzinfo=zone)), units=5)
    written(shop, tmp_path / "out", names=("movements",))
    rows = f"SELECT year, month, sum(units) FROM {read(tmp_path / 'out', 'movements')} GROUP BY ALL ORDER BY ALL"
    assert duckdb.sql(rows).fetchall() == [(2026, 11, 8), (2026, 12, 4)]
    november = tmp_path / "out/movements/year=2026/month=11/part-0.csv"
    assert [line.split(",")[0] for line in november.read_text().splitlines()] == [
        "at",
        "2026-12-01T04:30:00.000000+00:00",
        "2026-12-01T04:58:00.000000+00:00",
    ]


def test_moments_days_and_whole_numbers_are_read_as_such(busy, tmp_path):
    written(busy, tmp_path / "out", names=("dispenses", "returns"))
    described = duckdb.sql(f"DESCRIBE SELECT * FROM {read(tmp_path / 'out', 'dispenses')}").fetchall()
    kinds = {name: kind for name, kind, *_ in described}
    assert (kinds["at"], kinds["first_injection"]) == ("TIMESTAMP WITH TIME ZONE", "DATE")
    assert (kinds["units"], kinds["patient"]) == ("BIGINT", "VARCHAR")
    described = duckdb.sql(f"DESCRIBE SELECT * FROM {read(tmp_path / 'out', 'returns')}").fetchall()
    assert dict(row[:2] for row in described)["undelivered"] == "BOOLEAN"


def test_the_manifest_names_every_file_with_its_rows_and_hash(busy, tmp_path):
    manifest = written(busy, tmp_path / "out")
    said = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (said["format"], said["site"], said["by"]) == ("dispensary tables 1", "Corner Pharmacy", "alex")
    assert said["at"] == "2026-11-21T09:30:00-05:00"
    named = {each["path"]: each for table in said["tables"] for each in table["files"]}
    there = {file.relative_to(tmp_path / "out").as_posix(): file for file in (tmp_path / "out").rglob("part-*")}
    assert named.keys() == there.keys()
    for path, file in there.items():
        data = file.read_bytes()
        assert named[path]["bytes"] == len(data)
        assert named[path]["sha256"] == hashlib.sha256(data).hexdigest()
        with file.open(newline="") as lines:
            assert named[path]["rows"] == len(list(csv.reader(lines))) - 1
    for table in manifest.tables:
        assert table.rows == sum(each.rows for each in table.files)
        assert [name for name, _ in table.columns] == [column.name for column in TABLES[table.table].columns]
        assert table.parted_by == (("year", "month") if table.table not in ("stock", "products") else ())


def test_files_are_their_owners_alone(busy, tmp_path):
    written(busy, tmp_path / "out")
    for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_patients_are_numbers_and_nobodys_words_are_there(busy, tmp_path):
    written(busy, tmp_path / "out")
    whole = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("part-*")).decode()
    asked = "SELECT name FROM patient UNION SELECT identifier FROM patient WHERE erased_at IS NULL"
    words = "SELECT reason FROM dispense_return UNION SELECT reason FROM stock_act WHERE reason IS NOT NULL"
    names = busy.read(lambda db: db.execute(text(f"{asked} UNION SELECT indication FROM prescription")).scalars().all())
    reasons = busy.read(lambda db: db.execute(text(words)).scalars().all())
    assert len(names) > 2
    assert reasons
    assert not [word for word in (*names, *reasons) if word and word in whole]
    assert ",P1," in whole


def test_what_a_spreadsheet_would_run_has_an_apostrophe_in_csv_alone(shop, tmp_path):
    a_lot(shop, lot="-1A")
    written(shop, tmp_path / "csv", names=("stock",))
    written(shop, tmp_path / "json", names=("stock",), suffix=JSON_LINES)
    assert ",'-1A," in (tmp_path / "csv/stock/part-0.csv").read_text()
    assert json.loads((tmp_path / "json/stock/part-0.jsonl").read_text())["lot"] == "-1A"


def test_rows_come_in_batches_and_the_files_are_the_same(busy, tmp_path, monkeypatch):
    whole = written(busy, tmp_path / "whole")
    monkeypatch.setattr(columns, "BATCH", 2)
    lines = []
    assert written(busy, tmp_path / "batches", told=lines.append).tables == whole.tables
    assert lines[:2] == ["movements: 2 rows", "movements: 4 rows"]


def test_a_table_without_rows_has_no_months_and_what_is_as_it_is_has_a_heading(shop, tmp_path):
    written(shop, tmp_path / "out", names=("movements", "stock"))
    assert not list((tmp_path / "out").rglob("movements/*"))
    assert (tmp_path / "out/stock/part-0.csv").read_text() == (
        "product,lot,expires,state,place,kind,units,unit_cost_micros\n"
    )


def test_nothing_of_a_name_that_is_taken_is_touched(shop, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("taken", "link"):
        with pytest.raises(FolderExists, match=f"{name} exists already: nothing was written"):
            written(shop, tmp_path / name)
    with pytest.raises(NoFolder):
        written(shop, tmp_path / "no" / "out")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name in ("taken", "link", "no")) == ["link", "taken"]
    assert not list(taken.iterdir())
    assert not list(tmp_path.glob(".dispensary-*"))


def test_what_fails_half_way_leaves_nothing(busy, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(partitions, "_onto_the_disk", full)
    with pytest.raises(FileNotSaved, match="No space left on device"):
        written(busy, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_whose_name_does_not_reach_the_disk_is_not_called_done(busy, tmp_path, monkeypatch):
    settle = partitions.settle

    def failing(folder):
        if folder == tmp_path:
            raise OSError(5, "Input/output error")
        settle(folder)

    monkeypatch.setattr(partitions, "settle", failing)
    with pytest.raises(FileNotSaved, match="no part of it was left behind"):
        written(busy, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_is_interrupted_leaves_nothing(busy, tmp_path):
    def interrupted(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(busy, tmp_path / "out", told=interrupted)
    assert not list(tmp_path.iterdir())


def test_a_fill_is_joined_to_its_movements_by_its_request(shop, tmp_path):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4))
    written(shop, tmp_path / "out", names=("movements", "dispenses"))
    joined = (
        f"SELECT d.dispense, d.patient, m.lot, m.units FROM {read(tmp_path / 'out', 'dispenses')} d "
        f"JOIN {read(tmp_path / 'out', 'movements')} m USING (request)"
    )
    assert duckdb.sql(joined).fetchall() == [("D1", "P1", "A1", 4)]


def test_without_patients_nothing_else_is_missing(busy, tmp_path):
    with new_tables(tmp_path / "with") as whom, new_tables(tmp_path / "without") as nobody:
        for new, told in ((whom, TABLES.values()), (nobody, [each.without_patients for each in TABLES.values()])):
            asked = Asked(tuple(told), CSV, NOW, busy.by(), "Corner Pharmacy")
            busy.read(new.write, asked)
    assert (whom.patients, nobody.patients) == ({1, 2, 3}, set())
    for name, each in TABLES.items():
        kept = ", ".join(f'"{column.name}"::VARCHAR' for column in each.columns if column.name != "patient")
        rows = [
            duckdb.sql(f"SELECT {kept} FROM {read(tmp_path / folder, name)} ORDER BY ALL").fetchall()
            for folder in ("with", "without")
        ]
        assert rows[0] == rows[1] != [], name
    said = "".join(file.read_text() for file in (tmp_path / "without").rglob("*.*"))
    assert "patient," not in said
    assert ",P1," not in said


def test_a_lot_that_looks_like_a_number_is_itself_where_its_column_is_said_to_be_text(shop, tmp_path):
    for lot in ("1E5", "00123", "2026-11-21"):
        a_lot(shop, lot=lot)
        for suffix in (CSV, JSON_LINES):
            folder = tmp_path / f"{lot}-{suffix}"
            written(shop, folder, names=("movements",), suffix=suffix)
            given = "types" if suffix == CSV else "columns"
            text_of = f"{given} = {{'lot': 'VARCHAR'}}"
            rows = read(folder, "movements", suffix).removesuffix(")") + f", {text_of})"
            assert (lot,) in duckdb.sql(f"SELECT lot FROM {rows}").fetchall()
