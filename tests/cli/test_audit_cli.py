"""`dispensary audit checkpoint` and `audit verify --checkpoint`, the key on disk, and the note of the night."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from dispensary import auditor
from dispensary.checkpoint import SigningKey
from dispensary.cli import context, signing
from dispensary.cli.desk import Desk
from dispensary.exports.files import FileExists
from dispensary.rules.access import Act
from tests.build import NOW
from tests.cli.counter import Counter
from tests.refusing import refused


def the_key(counter: Counter) -> Path:
    (file,) = counter.folder.rglob("*.key")
    return file


def verifier(counter: Counter) -> str:
    return counter.done("audit", "checkpoint", "--show-key").strip()


def more(counter: Counter) -> None:
    """One event more."""
    counter.done("patient", "list")
    counter.done("prescriber", "add", "--name", "Ida Specimen", "--npi", "1234567893")


def test_signs_the_end_of_the_chain(counter):
    whole = counter.json("audit", "verify")
    note = counter.done("audit", "checkpoint")
    signed = counter.json("audit", "checkpoint")
    assert signed == {
        "origin": signed["origin"],
        "sequence": whole["events"],
        "hash": whole["head"],
        "verifier": verifier(counter),
        "note": note,
    }
    found = auditor.open_checkpoint(note.encode(), verifier(counter))
    assert (found.sequence, found.hash) == (whole["events"], whole["head"])
    assert counter.json("audit", "verify") == whole


def test_the_key_is_made_once_for_its_owner_alone_and_never_shown(counter):
    said = counter.done("audit", "checkpoint")
    file = the_key(counter)
    assert file.with_suffix(".toml").exists()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = file.read_text()
    for words in ((), ("--show-key",), ("--format", "json"), ("--format", "csv"), ("--out", "n.txt", "--qr", "n.pdf")):
        said += counter.done("audit", "checkpoint", *words)
    assert file.read_text() == made
    assert made.strip().split("+", 4)[-1] not in said
    assert made.strip().split("+", 4)[-1].encode() not in Path("n.txt").read_bytes() + Path("n.pdf").read_bytes()


def test_a_note_is_a_file_for_its_owner_that_is_not_written_over(counter):
    assert counter.done("audit", "checkpoint", "--out", "n.txt") == "Event 2 is signed.\nn.txt\n"
    assert stat.S_IMODE(Path("n.txt").stat().st_mode) == 0o600
    assert counter.refused("audit", "checkpoint", "--out", "n.txt").startswith("n.txt exists already")
    more(counter)
    before = Path("n.txt").read_bytes()
    counter.done("audit", "checkpoint", "--out", "n.txt", "--force")
    assert Path("n.txt").read_bytes() != before


def test_the_card_holds_the_note_to_the_byte(counter):
    assert counter.done("audit", "checkpoint", "--out", "n.txt", "--qr", "n.pdf").endswith("n.txt\nn.pdf\n")
    card = pypdfium2.PdfDocument("n.pdf")
    assert len(card) == 1
    assert card[0].get_size() == pytest.approx((297.6, 419.5), abs=0.1)
    (symbol,) = zxingcpp.read_barcodes(card[0].render(scale=2.5).to_pil())
    assert symbol.format == zxingcpp.BarcodeFormat.QRCode
    assert symbol.text.encode() == Path("n.txt").read_bytes()
    text = card[0].get_textpage().get_text_range()
    assert "Audit checkpoint: event 2" in text
    assert "Corner Pharmacy, 2026-11-21 09:30" in text
    card.close()


def test_what_was_signed_still_holds_after_more_events(counter):
    counter.done("audit", "checkpoint", "--out", "n.txt")
    more(counter)
    counter.done("audit", "checkpoint", "--out", "m.txt")
    said = counter.done("audit", "verify", "--checkpoint", "n.txt", "--checkpoint", "m.txt", "--key", verifier(counter))
    assert said.splitlines()[1:] == ["The chain is whole and goes through what was signed: event 2, event 3."]
    said = counter.done("audit", "verify", "--checkpoint", "n.txt")
    assert said.splitlines()[2] == (
        "The key was this machine's own, which can be replaced with the database: give yours with --key."
    )
    counter.done("audit", "export", "--out", "audit.jsonl")
    for file in ("audit.jsonl", "audit.csv"):
        counter.done("audit", "verify", file, "--checkpoint", "m.txt", "--key", verifier(counter))


def not_verified(counter: Counter, *words: str) -> str:
    said = counter("audit", "verify", *words)
    assert said.status == 4
    assert json.loads(counter("audit", "verify", *words, "--format", "json").out)["ok"] is False
    return said.out.splitlines()[-1]


def test_what_does_not_hold_ends_with_4(counter):
    counter.done("audit", "checkpoint", "--out", "n.txt")
    key = verifier(counter)
    stranger = SigningKey(key.split("+")[0], b"s" * 32)
    assert not_verified(counter, "--checkpoint", "n.txt", "--key", stranger.verifier) == (
        "NOTHING IS PROVED: The checkpoint is not signed with this key. The chain was not read."
    )
    assert not_verified(counter, "--checkpoint", "none", "--key", key) == (
        "NOTHING IS PROVED: The checkpoint cannot be read: No such file or directory. The chain was not read."
    )
    Path("n.txt").write_bytes(Path("n.txt").read_bytes().replace(b"\n2\n", b"\n3\n"))
    assert not_verified(counter, "--checkpoint", "n.txt", "--key", key) == (
        "NOTHING IS PROVED: The signature of the checkpoint is not that of its text. The chain was not read."
    )


def test_a_database_that_was_replaced_is_caught(counter, monkeypatch):
    counter.done("audit", "checkpoint", "--out", "n.txt")
    key = verifier(counter)
    monkeypatch.setenv("DISPENSARY_DATABASE", "other.db")
    counter.done("init", "--yes")
    assert not_verified(counter, "--checkpoint", "n.txt", "--key", key) == (
        "THE CHAIN IS BROKEN: The checkpoint belongs to another chain."
    )


@pytest.mark.parametrize("words", [("verify", "--key", "k"), ("checkpoint", "--show-key", "--out", "n.txt")])
def test_options_that_do_not_go_together_are_told(sqlite_counter, words):
    assert sqlite_counter("audit", *words).status == 2
    assert not list(sqlite_counter.folder.rglob("*.key"))


# The key on disk.


@pytest.fixture
def at(sqlite_counter) -> Desk:
    sqlite_counter.done("audit", "checkpoint")
    desk = Desk("pharmacy.db", "alex")
    yield desk
    desk.close()


def sign(desk: Desk):
    with desk.reading(Act.CHECKPOINT) as (db, by):
        return signing.checkpoint(desk, db, by)


def test_no_key_and_none_given_is_refused(at):
    signing.key_file(at).unlink()
    from dispensary.cli.audit import _verifier

    refused(signing.NoSigningKey, lambda: _verifier(at, None))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_read_is_not_used(at, mode):
    signing.key_file(at).chmod(mode)
    assert refused(signing.KeyOpenToOthers, lambda: sign(at)).mode == f"{mode:04o}"


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_link(file: Path) -> None:
    file.rename("elsewhere")
    file.symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda file: file.write_text(""), "it holds no key"),
        (lambda file: file.write_bytes(b"\xff\xfe"), "it holds no key"),
        (lambda file: file.write_text(file.read_text()[:-9]), "it holds no Ed25519 key"),
        (a_folder, "Is a directory"),
        (a_link, "Too many levels of symbolic links"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_and_stays(at, spoil, problem):
    spoil(signing.key_file(at))
    assert refused(signing.KeyUnusable, lambda: sign(at)).problem == problem
    assert os.path.lexists(signing.key_file(at))


def test_a_pipe_in_the_keys_place_is_not_waited_for(at):
    signing.key_file(at).unlink()
    os.mkfifo(signing.key_file(at), 0o600)
    assert refused(signing.KeyUnusable, lambda: sign(at)).problem == "it holds no key"


def test_the_key_of_another_site_is_not_used(at):
    signing.key_file(at).write_text(SigningKey("other-origin", b"k" * 32).text)
    refused(signing.KeyOfAnotherSite, lambda: sign(at))


def test_a_key_that_another_counter_has_just_made_is_not_written_over(at, monkeypatch):
    monkeypatch.setattr(signing, "key_there", lambda desk: None)
    refused_file = signing.key_file(at).read_bytes()
    with pytest.raises(FileExists):
        sign(at)
    assert signing.key_file(at).read_bytes() == refused_file


def test_what_contradicts_the_last_checkpoint_is_not_signed(at, sqlite_counter):
    # A restored copy of yesterday, with which the day went on otherwise.
    yesterday = Path("pharmacy.db").read_bytes()
    more(sqlite_counter)
    sign(at)
    Path("pharmacy.db").write_bytes(yesterday)
    refusal = refused(signing.ChainNotSigned, lambda: sign(at))
    assert refusal.problem == "The chain ends with event 2, and event 3 was noted."
    Path("pharmacy.checkpoint").unlink()
    assert sign(at).sequence == 2


def test_a_last_checkpoint_that_was_changed_is_told(at):
    Path("pharmacy.checkpoint").write_text("hello\n")
    refusal = refused(signing.ChainNotSigned, lambda: sign(at))
    assert refusal.problem == "The checkpoint has not the form of a signed note."


# The night.


def test_the_night_brings_a_checkpoint_where_there_is_a_key(counter):
    counter("report", "nightly", "--out", "first")
    assert not list(Path("first").glob("checkpoint*"))
    key = verifier(counter)
    said = counter("report", "nightly", "--out", "second")
    assert said.out.splitlines()[-1] == "second/checkpoint-2026-11-21.txt"
    counter.done("audit", "verify", "--checkpoint", "second/checkpoint-2026-11-21.txt", "--key", key)
    night = json.loads(Path("second/nightly-2026-11-21.json").read_text())
    signed = auditor.read_checkpoint("second/checkpoint-2026-11-21.txt", key)
    assert (signed.sequence, signed.hash) == (night["audit"]["sequence"], night["audit"]["hash"])
    assert counter("report", "nightly", "--out", "second").status == 1


def test_the_report_of_an_earlier_day_brings_none(sqlite_counter, monkeypatch):
    verifier(sqlite_counter)
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(days=2))
    sqlite_counter("report", "nightly", "--out", "n", "--day", "2026-11-21")
    assert sorted(file.suffix for file in Path("n").iterdir()) == [".csv", ".json", ".pdf"]


def test_a_night_without_its_checkpoint_is_still_reported_and_told(sqlite_counter):
    verifier(sqlite_counter)
    the_key(sqlite_counter).chmod(0o644)
    said = sqlite_counter("report", "nightly", "--out", "n")
    assert said.status == 4
    assert said.out.splitlines()[-1] == (
        "Without a checkpoint of the audit: The signing key at pharmacy.key is open to others (mode 0644), who may "
        "have copied it: nothing was signed; run `chmod 600` on it, or move it away to have a new one."
    )
    assert len(list(Path("n").iterdir())) == 3
