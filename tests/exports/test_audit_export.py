"""The exported chain: what stands in the files, that the auditor reads both, and that no half file is left."""

import csv
import json
import stat

import pytest
from sqlalchemy import event as events_of_engine
from sqlalchemy import text

from dispensary import auditor
from dispensary.audit import Entry
from dispensary.errors import NotSaved
from dispensary.exports.audit import Exported, NotAnExportName, export
from dispensary.exports.files import FileExists, FileNotSaved, NoFolder, NotAPlainFile
from dispensary.reports import chain
from dispensary.rules.people import Role
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot, an_rx, dispensed, returned


@pytest.fixture
def busy(shop):
    a_lot(shop, units=10)
    fill = dispensed(shop, an_rx(shop, units=4, indication="anæmi"))
    returned(shop, fill.dispense, reason='he said "no, thanks"')
    return shop


def exported(shop, file, **more) -> Exported:
    return shop.read(export, 1, file, **more)


def test_the_auditor_reads_both_files(busy, tmp_path):
    done = exported(busy, tmp_path / "chain.jsonl")
    assert done.files == (tmp_path / "chain.jsonl", tmp_path / "chain.csv")
    assert Entry(done.events, done.head) == busy.read(chain.head_of, 1)
    for file in done.files:
        assert auditor.read(file) == auditor.Verdict(True, done.events, done.head, None)


def test_the_database_has_the_same_verdict(busy, tmp_path):
    done = exported(busy, tmp_path / "chain.jsonl")
    assert busy.read(chain.check_database, 1) == auditor.read(done.files[0])


def test_json_lines_hold_an_event_a_line_and_a_trailer(busy, tmp_path):
    done = exported(busy, tmp_path / "chain.jsonl")
    *rows, trailer = map(json.loads, done.files[0].read_text(encoding="utf-8").splitlines())
    assert rows == busy.read(lambda db: list(chain.events(db, 1)))
    assert trailer == {
        "format": "dispensary audit 1",
        "origin": "test-origin",
        "events": done.events,
        "head": done.head,
    }
    assert (rows[0]["sequence"], rows[0]["at"], rows[0]["kind"]) == (1, "2026-11-21T14:30:00.000000+00:00", "init")
    assert list(rows[-1]) == list(auditor.COLUMNS)


def test_the_csv_holds_the_same_rows(busy, tmp_path):
    done = exported(busy, tmp_path / "chain.jsonl")
    with done.files[1].open(encoding="utf-8", newline="") as file:
        header, *rows, trailer = csv.reader(file)
    assert header == list(auditor.COLUMNS)
    assert rows == [[str(cell) for cell in row.values()] for row in busy.read(lambda db: list(chain.events(db, 1)))]
    assert trailer == ["end", "", "", "dispensary audit 1", "test-origin", "", str(done.events), "", done.head]


@pytest.mark.parametrize("name", ["=1+1", "+47", "-rf", "@sum", "'=x", "O'Brien", "Null", "  =x", "＝x"])
def test_what_a_spreadsheet_would_run_is_text_and_reads_back(shop, tmp_path, name):
    shop.do(add_user, NewUser(shop.key(), name, Role.TECHNICIAN))
    done = exported(shop, tmp_path / "chain.jsonl")
    with done.files[1].open(encoding="utf-8", newline="") as file:
        cell = list(csv.DictReader(file))[-2]["subject"]
    assert cell == (name if name in ("O'Brien", "Null") else f"'{name}")
    assert all(auditor.read(each).ok for each in done.files)


def test_files_are_for_their_owner_alone(busy, tmp_path):
    for file in exported(busy, tmp_path / "chain.jsonl").files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_batches_change_nothing(busy, tmp_path, monkeypatch):
    whole = exported(busy, tmp_path / "whole.jsonl")
    monkeypatch.setattr("dispensary.exports.audit.BATCH", 3)
    limited = [chain._FIRST.limit(3), chain._NEXT.limit(3)]
    monkeypatch.setattr(chain, "_FIRST", limited[0])
    monkeypatch.setattr(chain, "_NEXT", limited[1])
    asked = []
    events_of_engine.listen(busy.engine, "after_execute", lambda *given: asked.append(given[1]))
    pieces = exported(busy, tmp_path / "pieces.jsonl")
    assert sum(statement in limited for statement in asked) == whole.events // 3 + 1 + (whole.events % 3 > 0)
    for one, other in zip(whole.files, pieces.files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_only_the_own_chain_is_exported(busy, tmp_path):
    from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy

    opening = Opening("init-2", "Second Pharmacy", "other-origin", "robin", ())
    other = busy.write(lambda db: open_pharmacy(db, opening, on=busy.on))
    done = busy.read(export, other.site_id, tmp_path / "second.jsonl")
    assert done.events == 2
    assert auditor.read(done.files[0]).ok
    assert json.loads(done.files[0].read_text().splitlines()[-1])["origin"] == "other-origin"


def test_a_name_that_is_the_csvs_own_is_refused(shop, tmp_path):
    with pytest.raises(NotAnExportName) as refused:
        exported(shop, tmp_path / "chain.csv")
    assert str(refused.value) == (
        f"{tmp_path}/chain.csv is the name of a file that goes beside the export: nothing was written; "
        f"name the JSON Lines file, such as {tmp_path}/chain.jsonl."
    )
    assert list(tmp_path.iterdir()) == [file for file in tmp_path.iterdir() if file.name == "pharmacy.db"]


@pytest.mark.parametrize("there", ["chain.jsonl", "chain.csv"])
def test_a_file_that_is_there_stays_and_the_other_is_not_written(busy, tmp_path, there):
    (tmp_path / there).write_text("mine")
    with pytest.raises(FileExists) as refused:
        exported(busy, tmp_path / "chain.jsonl")
    assert str(refused.value) == (
        f"{tmp_path / there} exists already: nothing was written; choose another name, or replace it with --force."
    )
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("chain")] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_force_replaces_both(busy, tmp_path):
    first = exported(busy, tmp_path / "chain.jsonl")
    a_lot(busy, lot="B2")
    second = exported(busy, tmp_path / "chain.jsonl", force=True)
    assert second.events == first.events + 1
    assert all(auditor.read(file).ok for file in second.files)


def test_a_link_is_not_written_through(busy, tmp_path):
    (tmp_path / "chain.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotAPlainFile):
        exported(busy, tmp_path / "chain.jsonl", force=True)
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "chain.jsonl").exists()


def test_a_folder_that_is_not_there_is_refused(busy, tmp_path):
    with pytest.raises(NoFolder):
        exported(busy, tmp_path / "none" / "chain.jsonl")


@pytest.mark.parametrize("force", [False, True])
def test_a_fault_on_the_way_leaves_no_file(busy, tmp_path, monkeypatch, force):
    def failing(db, site_id):
        yield next(chain.events(db, site_id))
        db.execute(text("SELECT nothing"))

    monkeypatch.setattr("dispensary.exports.audit.BATCH", 1)
    monkeypatch.setattr("dispensary.exports.audit.events", failing)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NotSaved):
        exported(busy, tmp_path / "chain.jsonl", force=force)
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_leaves_no_file(busy, tmp_path, monkeypatch):
    def full(rows):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dispensary.exports.audit._cells", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileNotSaved) as refused:
        exported(busy, tmp_path / "chain.jsonl")
    assert "could not be written (No space left on device)" in str(refused.value)
    assert sorted(tmp_path.iterdir()) == before
