"""A signed part of the chain: what stands in it, what the auditor makes of it, and every way to spoil it."""

import base64
import csv
import functools
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dispensary import audit, auditor, database
from dispensary.auditor import Verdict, read_manifest
from dispensary.checkpoint import SigningKey
from dispensary.exports.audit import NotAnExportName
from dispensary.exports.audit_part import HASHES_A_LINE, Asked, new_part
from dispensary.exports.files import FileExists, FileNotSaved
from dispensary.lookup import NotFound
from dispensary.reports import chain
from dispensary.reports.audit.wanted import Wanted, patients_by_commitment, selection
from dispensary.reports.period import NotAPeriod
from dispensary.rules.people import Role
from dispensary.schema.people import patient
from dispensary.services.people.register import NewUser, add_user
from tests.auditing import by_the_library, in_memory
from tests.build import NOW, Shop
from tests.refusing import refused

KEY = SigningKey("test-origin", b"k" * 32)
VERIFIER = KEY.verifier


def write(shop, folder, name="a.jsonl", *, xlsx=False, patients=False, force=False, **wanted):
    """The part, of a pharmacy whose site is the first one."""
    by = shop.by()

    def work(db):
        whom = patients_by_commitment(db, 1) if patients else None
        chosen = selection(db, 1, Wanted(**wanted), shop.on)
        return files.write(db, Asked(chosen, shop.on, by, KEY.sign(chain.head_of(db, 1)), KEY, whom))

    with new_part(folder / name, xlsx=xlsx, patients=patients, force=force) as files:
        return shop.read(work)


def lines_of(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def shown(shop, folder, **wanted):
    """The kind and subject of each event that is there, after the auditor has looked at all of it."""
    done = write(shop, folder, force=True, **wanted)
    verdict = read_manifest(folder / "a.manifest.txt", VERIFIER)
    assert (verdict.ok, verdict.events, verdict.omitted, verdict.head) == (True, done.events, done.omitted, done.head)
    return [(row["kind"], row["subject"]) for row in lines_of(folder / "a.jsonl") if "kind" in row]


def test_an_event_is_whole_or_a_hash_and_the_chain_holds(busy, tmp_path):
    events = busy.read(lambda db: list(chain.events(db, 1)))
    done = write(busy, tmp_path, kind="dispense")
    begin, *middle, trailer = lines_of(tmp_path / "a.jsonl")
    assert begin == {"format": "dispensary audit part 1", "origin": "test-origin", "after": 0, "hash": "0" * 64}
    assert trailer == {
        "format": "dispensary audit part 1",
        "origin": "test-origin",
        "events": len(events),
        "head": events[-1]["hash"],
    }
    hashes = [each for row in middle for each in row.get("omitted", [row.get("hash")])]
    assert hashes == [each["hash"] for each in events]
    assert [row for row in middle if "kind" in row] == [each for each in events if each["kind"] == "dispense"]
    assert (done.events, done.omitted) == (3, len(events) - 3)
    assert read_manifest(tmp_path / "a.manifest.txt", VERIFIER) == Verdict(
        True, 3, events[-1]["hash"], None, after=0, omitted=len(events) - 3
    )
    assert auditor.read(tmp_path / "a.jsonl").ok


def test_the_manifest_says_what_was_asked_by_whom_and_when(busy, tmp_path):
    write(busy, tmp_path, lot="K1", since=date(2026, 11, 1))
    name, kind, rest = (tmp_path / "a.manifest.txt").read_text("utf-8").split("\n", 2)
    said = json.loads(rest.rpartition("\n\n")[0])
    assert (name, kind) == ("test-origin", "dispensary audit manifest 1")
    assert said["asked"] == {"since": "2026-11-01", "lot": "K1", "patients": False}
    assert (said["by"], said["role"], said["at"], said["site"]) == (
        "alex",
        "pharmacist",
        "2026-11-21T09:30:00-05:00",
        "Corner Pharmacy",
    )
    for file in said["files"]:
        content = (tmp_path / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert [file["name"] for file in said["files"]] == ["a.jsonl", "a.csv"]
    assert auditor.open_checkpoint(said["checkpoint"].encode(), VERIFIER).sequence == said["last"]


def test_a_part_begins_with_the_first_event_of_its_days(busy, tmp_path):
    later = date(2026, 11, 26)
    done = write(busy, tmp_path, since=later, until=later)
    begin = lines_of(tmp_path / "a.jsonl")[0]
    events = busy.read(lambda db: list(chain.events(db, 1)))
    assert begin["hash"] == events[begin["after"] - 1]["hash"]
    assert done.omitted == 0
    assert done.events == len(events) - begin["after"] == sum(str(each["at"]) >= "2026-11-26" for each in events)
    write(busy, tmp_path, "none.jsonl", since=later + timedelta(days=300))
    verdict = read_manifest(tmp_path / "none.manifest.txt", VERIFIER)
    assert verdict == Verdict(True, 0, events[-1]["hash"], None, after=len(events))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"document": "d1"}, [("dispense", "D1"), ("dispense", "D2"), ("rx check", "D1"), ("return", "RT1"),
                              *(("label print", f"PJ{number}") for number in (1, 2, 6, 7))]),
        ({"lot": "K1"}, [("receive", "R6"), ("lot recall", "RC2")]),
        ({"lot": "C1", "kind": "lot hold"}, [("lot hold", "C1")]),
        ({"product": "house-cy-1"}, [("product import", "house.csv"), ("repack", "B1"), ("lot recall", "RC1"),
                                     ("recall withdraw", "RC1")]),
        ({"user": "kim"}, [("rx check", "D1")]),
        ({"patient": "P4"}, [("patient add", "P4"), ("patient erase", "P4")]),
        ({"patient": "P2", "kind": "dispense"}, [("dispense", "D3")]),
        ({"until": date(2026, 11, 20)}, []),
        # A reason says nothing about a lot.
        ({"lot": "broken"}, []),
    ],
)  # fmt: skip
def test_what_is_wanted_is_found(busy, tmp_path, wanted, found):
    assert shown(busy, tmp_path, **wanted) == found


def test_what_cannot_be_wanted_is_refused(busy, tmp_path):
    for kind, wanted in (
        (NotFound, {"user": "nobody"}),
        (NotFound, {"kind": "party"}),
        (NotFound, {"patient": "P99"}),
        (NotFound, {"product": "US-NONE"}),
        (NotAPeriod, {"since": date(2026, 11, 22), "until": date(2026, 11, 21)}),
    ):
        refused(kind, functools.partial(write, busy, tmp_path, **wanted))
    assert list(tmp_path.iterdir()) == []


NAMES = (b"Patient 1", b"Patient 2", b"Patient 3", b"MRN-")


def test_personal_data_stand_in_a_file_of_their_own_and_only_when_asked_for(busy, tmp_path):
    write(busy, tmp_path)
    assert not [name for file in tmp_path.iterdir() for name in NAMES if name in file.read_bytes()]
    done = write(busy, tmp_path, "b.jsonl", patients=True, lot="A1")
    with (tmp_path / "b.patients.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["patient"]: row for row in csv.DictReader(file)}
    assert {number: row["name"] for number, row in rows.items()} == {"P1": "Patient 1", "P2": "Patient 2"}
    assert rows["P1"]["commitment"] == audit.commitment(bytes([1]) * 32, 1)
    assert done.patients == {1, 2}
    for file in tmp_path.glob("b.*"):
        assert file.name == "b.patients.csv" or not [name for name in NAMES if name in file.read_bytes()]


def test_no_hash_that_could_be_guessed_stands_in_it(busy, tmp_path):
    write(busy, tmp_path, xlsx=True)
    whole = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    people = busy.read(lambda db: db.execute(select(patient.c.identifier, patient.c.name, patient.c.born)).all())
    facts = [str(fact) for row in people for fact in row] + [f"P{number}" for number in range(1, 5)]
    both = [f"{one}{between}{other}" for one in facts for other in facts for between in ("", "|", "\n")]
    for text in (*facts, *both, *map(json.dumps, facts)):
        for how in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(how, text.encode())
            assert digest.hexdigest().encode() not in whole
            assert base64.b64encode(digest.digest()) not in whole
    # The commitment is there, under the patient's own key: it would have been found.
    assert audit.commitment(bytes([1]) * 32, 1).encode() in whole


def test_an_erased_patient_has_a_number_and_no_name(busy, tmp_path):
    write(busy, tmp_path, patients=True, patient="P4")
    with (tmp_path / "a.patients.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["patient"], row["name"]) for row in csv.DictReader(file)] == [("P4", "")]


def test_the_csv_has_the_same_events_for_reading(busy, tmp_path):
    write(busy, tmp_path, document="D1")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in lines_of(tmp_path / "a.jsonl") if "kind" in row]
    assert [row["hash"] for row in rows] == [row["hash"] for row in whole]
    assert json.loads(rows[0]["values"]) == auditor.values_of(whole[0]["canonical"])


def test_same_data_same_bytes_for_their_owner_alone(busy, tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        write(busy, tmp_path, name, xlsx=True, patients=True, lot="A1")
    for suffix in (".jsonl", ".csv", ".xlsx", ".patients.csv"):
        one, other = ((tmp_path / name).with_suffix(suffix) for name in ("a", "b"))
        assert one.read_bytes() == other.read_bytes()
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 10


def test_all_files_or_none(busy, tmp_path, monkeypatch):
    (tmp_path / "a.manifest.txt").write_text("mine")
    with pytest.raises(FileExists):
        write(busy, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.manifest.txt"]
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(NotAnExportName):
            write(busy, tmp_path, name)

    def failing(event):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dispensary.exports.audit_part.compact", failing)
    with pytest.raises(Exception, match="No space left"):
        write(busy, tmp_path, "b.jsonl", xlsx=True)
    assert [file.name for file in tmp_path.iterdir()] == ["a.manifest.txt"]


@pytest.mark.parametrize("full_at", range(4))
def test_no_manifest_of_files_that_did_not_reach_the_disk(busy, tmp_path, monkeypatch, full_at):
    sync, asked = os.fsync, []

    def full(descriptor):
        asked.append(descriptor)
        if len(asked) == full_at + 1:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileNotSaved, match="No space left"):
        write(busy, tmp_path, xlsx=True)
    assert not list(tmp_path.iterdir())


# The auditor, alone on another machine.


def alone(*arguments):
    return subprocess.run(
        [sys.executable, "-I", "-S", auditor.__file__, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        env={},
        check=False,
    )


def test_a_bare_python_verifies_it(busy, tmp_path):
    done = write(busy, tmp_path, xlsx=True, document="D1")
    manifest = tmp_path / "a.manifest.txt"
    ran = alone(manifest, "--key", VERIFIER)
    said = f"ok: {done.events} events, {done.omitted} left out, head {done.head}\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, said, "")
    stranger = SigningKey("test-origin", b"s" * 32).verifier
    ran = alone(manifest, "--key", stranger)
    assert (ran.returncode, ran.stdout) == (
        4,
        "not ok: The manifest is not signed with this key. 0 events hold before it.\n",
    )
    assert alone(manifest).returncode == 2
    (tmp_path / "a.xlsx").unlink()
    assert alone(manifest, "--key", VERIFIER).stdout.startswith(
        "not ok: A file of the manifest cannot be read: 'a.xlsx': No such file or directory."
    )


def test_what_was_kept_elsewhere_must_be_in_it_also_where_it_is_left_out(busy, tmp_path):
    write(busy, tmp_path, kind="dispense")
    events = busy.read(lambda db: list(chain.events(db, 1)))
    manifest = tmp_path / "a.manifest.txt"
    assert read_manifest(manifest, VERIFIER, noted=[(5, str(events[4]["hash"])), (27, str(events[26]["hash"]))]).ok
    other = read_manifest(manifest, VERIFIER, noted=[(5, "1" * 64)])
    assert other.problem == "Event 5: its hash is not the one that was noted."
    write(busy, tmp_path, "b.jsonl", since=date(2026, 11, 26))
    after = lines_of(tmp_path / "b.jsonl")[0]["after"]
    manifest = tmp_path / "b.manifest.txt"
    assert read_manifest(manifest, VERIFIER, noted=[(after, str(events[after - 1]["hash"]))]).ok
    problem = read_manifest(manifest, VERIFIER, noted=[(after, "1" * 64)]).problem
    assert problem == f"Event {after}: its hash is not the one that was noted."
    problem = read_manifest(manifest, VERIFIER, noted=[(5, str(events[4]["hash"]))]).problem
    assert problem == f"The part begins after event {after}, and event 5 was noted."


@pytest.fixture(scope="module")
def a_small_part(sqlite_template, tmp_path_factory):
    """The files of a part of two events of a few, and of another."""
    folder = tmp_path_factory.mktemp("part")
    engine = database.open_engine(database.parse_url(str(shutil.copy(sqlite_template, folder))), lambda: None)
    shop = Shop(engine, NOW)
    for name in ("kim", "=1+1", "sam"):
        shop.do(add_user, NewUser(shop.key(), name, Role.TECHNICIAN))
    shop.do(add_user, NewUser(shop.key(), "pia", Role.PHARMACIST))
    write(shop, folder, xlsx=True, document="=1+1")
    write(shop, folder, "b.jsonl", kind="user add")
    engine.dispose()
    return {file.name: file.read_bytes() for file in folder.glob("[ab].*")}


@pytest.fixture
def small(a_small_part, tmp_path, monkeypatch):
    """The small part, in a folder of its own."""
    # The same signature is asked about again and again.
    monkeypatch.setattr(auditor, "signed", functools.cache(auditor.signed))
    for name, content in a_small_part.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def spoilt(a_small_part, monkeypatch):
    """The files of the small part as the auditor finds them, for many that differ in a byte."""
    monkeypatch.setattr(auditor, "signed", functools.cache(by_the_library))
    files = in_memory(monkeypatch)
    files |= a_small_part
    return files


def judged(folder, name="a"):
    return read_manifest(folder / f"{name}.manifest.txt", VERIFIER)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx", "manifest.txt"])
def test_every_flipped_byte_is_caught(spoilt, suffix):
    assert judged(Path()).ok
    spoilt[f"a.{suffix}"] = data = bytearray(spoilt[f"a.{suffix}"])
    # Of the workbook nothing but its SHA-256 is read.
    for at in range(0, len(data), 5 if suffix == "xlsx" else 1):
        for mask in (0x01, 0x20, 0x80) if suffix == "jsonl" else (1 << at % 8,):
            data[at] ^= mask
            assert not judged(Path()).ok, (at, mask)
            data[at] ^= mask
    assert judged(Path()).ok


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "manifest.txt"])
def test_every_lost_or_added_byte_is_caught(spoilt, suffix):
    data = spoilt[f"a.{suffix}"]
    for at in range(0, len(data), 1 if suffix != "manifest.txt" else 7):
        for changed in (data[:at], data[:at] + data[at + 1 :], data[:at] + b"0" + data[at:]):
            spoilt[f"a.{suffix}"] = changed
            assert not judged(Path()).ok, at


def rows_spoiled(rows):
    """Each way to leave out, double, swap or hide lines of the part between its first and its last."""
    begin, *middle, trailer = rows
    for i, row in enumerate(middle):
        yield [begin, *middle[:i], *middle[i + 1 :], trailer]
        yield [begin, *middle[:i], row, *middle[i:], trailer]
        if "kind" in row:
            yield [begin, *middle[:i], {"omitted": [row["hash"]]}, *middle[i + 1 :], trailer]
    yield [*middle, trailer]
    yield [begin, *middle]
    yield [begin, begin, *middle, trailer]
    yield [begin, *reversed(middle), trailer]


def test_whoever_spoils_the_lines_cannot_sign_them(small):
    file = small / "a.jsonl"
    for rows in rows_spoiled(lines_of(file)):
        file.write_text("".join(json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n" for row in rows))
        assert not judged(small).ok


def resigned(folder, change=lambda said: None, key=KEY, head="test-origin\ndispensary audit manifest 1\n"):
    """The part with what its files hold now and that change in the manifest, signed anew."""
    file = folder / "a.manifest.txt"
    said = json.loads(file.read_text("utf-8").split("\n", 2)[2].rpartition("\n\n")[0])
    for each in said["files"]:
        content = (folder / each["name"]).read_bytes()
        each.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    change(said)
    file.write_text(key.note(head + json.dumps(said, indent=2) + "\n"), encoding="utf-8")
    return read_manifest(file, VERIFIER).problem


def set_to(**values):
    return lambda said: said.update(values)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (set_to(events=2), "The manifest's events is not that of the file."),
        (set_to(omitted=0), "The manifest's omitted is not that of the file."),
        (set_to(after=1), "The manifest's after is not that of the file."),
        (set_to(last=5), "The manifest and its checkpoint name different ends of the chain."),
        (set_to(head="0" * 64), "The manifest and its checkpoint name different ends of the chain."),
        (set_to(more=1), "The manifest is signed, and does not say what a manifest does."),
        (set_to(checkpoint=None), "The manifest is signed, and does not say what a manifest does."),
        (set_to(checkpoint="x"), "The checkpoint has not the form of a signed note."),
        (set_to(files=[]), "The manifest names no file."),
        (set_to(files=["a.jsonl"]), "The manifest names a file that cannot stand beside it."),
        (set_to(files=[{"name": "../part/a.jsonl"}]), "The manifest names a file that cannot stand beside it."),
        (set_to(files=[{"name": "/etc/passwd"}]), "The manifest names a file that cannot stand beside it."),
        (set_to(files=[{"name": ".."}]), "A file of the manifest cannot be read: '..': Is a directory."),
        (lambda said: said["files"].reverse(), "The file begins neither as JSON Lines nor with the header of an audit "
         "export."),
    ],
)  # fmt: skip
def test_a_signed_manifest_must_still_be_true(small, change, problem):
    if problem.startswith("The file begins neither"):
        (small / "a.xlsx").write_bytes(b"text\n")
    assert resigned(small, change) == problem


def test_only_a_manifest_is_one(small):
    assert resigned(small, head="test-origin\ndispensary audit manifest 2\n") == (
        "The note is signed, and it is no manifest of an export."
    )
    assert resigned(small, key=replace(KEY, name="other")) == "The manifest is not signed with this key."
    # A checkpoint is signed with the same key and is nobody's manifest; nor is a manifest a checkpoint.
    (small / "a.manifest.txt").write_text(KEY.sign(audit.Entry(1, "0" * 64)).note, encoding="utf-8")
    assert judged(small).problem == "The note is signed, and it is no manifest of an export."
    assert not auditor.is_manifest(small / "a.manifest.txt")
    with pytest.raises(auditor.NotACheckpoint, match="it is no checkpoint"):
        auditor.read_checkpoint(small / "b.manifest.txt", VERIFIER)
    assert read_manifest(small / "none", VERIFIER).problem == (
        "The manifest cannot be read: No such file or directory."
    )


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"format": "x", "origin": "o", "after": 0, "hash": "0" * 64}],
         "The file does not say where its part of the chain begins."),
        ([{"format": auditor.PART, "origin": "o", "after": True, "hash": "0" * 64}],
         "The file does not say where its part of the chain begins."),
        ([{"format": auditor.PART, "origin": "o", "after": -1, "hash": "0" * 64}],
         "The file does not say where its part of the chain begins."),
        ([{"format": auditor.PART, "origin": "o", "after": 1, "hash": "0" * 63 + "A"}],
         "The file does not say where its part of the chain begins."),
        ([{"format": auditor.PART, "origin": 1, "after": 1, "hash": "0" * 64}],
         "The part belongs to another chain."),
        ([{"format": auditor.PART, "origin": "o", "after": 0, "hash": "1" * 64}],
         "The part begins with the first event, and names one before it."),
        ([{"omitted": ["0" * 64]}], "After event 0, what was left out is no list of hashes."),
        ([{"format": auditor.PART, "origin": "o", "after": 0, "hash": "0" * 64}, {"omitted": []}],
         "After event 0, what was left out is no list of hashes."),
        ([{"format": auditor.PART, "origin": "o", "after": 3, "hash": "0" * 64}, {"omitted": ["1" * 64, 2]}],
         "Event 5: it was left out, and what stands in its place is no hash."),
        ([{"format": auditor.PART, "origin": "o", "after": 3, "hash": "0" * 64}, {"omitted": ["1" * 64]},
          {"format": auditor.FORMAT, "origin": "o", "events": 4, "head": "1" * 64}],
         "After event 4, the trailer belongs to another chain."),
    ],
)  # fmt: skip
def test_what_a_part_may_not_be(tmp_path, rows, problem):
    file = tmp_path / "part"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert auditor.read(file).problem == problem


def test_a_long_chain_is_not_held_in_memory(busy, tmp_path, monkeypatch):
    """40 MB of events, of which the last tenth is wanted."""
    count, size = 20_000, 2_000
    head = busy.read(lambda db: chain.head_of(db, 1)).hash

    def many(db, site_id, *, after):
        for number in range(after + 1, count + 1):
            kind = "dispense" if number > count * 9 // 10 else "login"
            row = dict.fromkeys(auditor.COLUMNS, "") | {"sequence": number, "kind": kind, "hash": head}
            yield row | {"at": "2026-11-21T14:30:00.000000+00:00", "canonical": f"{number}" + "x" * size}

    monkeypatch.setattr("dispensary.exports.audit_part.events", many)
    tracemalloc.start()
    try:
        done = write(busy, tmp_path, xlsx=True, kind="dispense")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (done.events, done.omitted) == (count // 10, count - count // 10)
    assert peak < 3_000_000
    assert max(len(row.get("omitted", ())) for row in lines_of(Path(tmp_path / "a.jsonl"))) <= HASHES_A_LINE
