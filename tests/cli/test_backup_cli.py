"""`dispensary backup` and `dispensary restore` at a counter: what they say, ask, refuse and leave behind."""

import os
import pty
import select
import sqlite3
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import dispensary
from dispensary.backups import seal
from dispensary.backups.restoring import DatabaseThere, NotABackup
from dispensary.backups.seal import WrongPassphrase
from dispensary.cli.passphrase import NoPassphrase, NotAPassphraseFile, ShortPassphrase
from dispensary.cli.restore import CheckpointUnusable, DrillElsewhere
from dispensary.exports.files import FileExists
from tests.refusing import code, require_golden

PASSPHRASE = "five words that nobody knows"


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


def passphrase_in(name: str, text: str = PASSPHRASE + "\n", mode: int = 0o600) -> str:
    Path(name).write_text(text, encoding="utf-8")
    Path(name).chmod(mode)
    return name


def test_a_backup_and_a_drill_say_what_they_hold(counter):
    page = counter.done("backup", "b")
    assert "It is not encrypted: whoever has the file can read every patient's record." in page
    head = counter.json("audit", "verify")["head"]
    assert f"events, head {head}" in page
    page = counter.done("restore", "b", "--drill")
    assert page.startswith("drill of b: schema ")
    assert f"events, head {head}" in page
    assert page.endswith("The drill left nothing behind.\nIt is what was backed up, and its books agree.\n")
    as_json = counter.json("restore", "b", "--drill")
    assert (as_json["ok"], as_json["verified"], as_json["problems"]) == (True, True, [])
    assert as_json["chains"][0]["head"] == head
    assert counter.json("backup", "c")["chains"] == as_json["chains"]


def test_a_pharmacy_comes_back_elsewhere_with_its_settings(counter):
    counter.done("backup", "b")
    page = counter.done("restore", "b", "--to", "new/place/pharmacy.db")
    assert "The settings are at new/place/pharmacy.toml." in page
    for path in Path("new/place").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert counter.json("--database", "new/place/pharmacy.db", "verify")["ok"]
    told(counter, DatabaseThere, "restore", "b", "--to", "new/place/pharmacy.db")


def test_settings_that_are_there_stay(sqlite_counter):
    sqlite_counter.done("backup", "b")
    Path("new.toml").write_text("precious")
    assert "The settings at new.toml stay as they are." in sqlite_counter.done("restore", "b", "--to", "new.db")
    assert Path("new.toml").read_text() == "precious"


def test_a_backup_without_settings_says_how_to_have_some(sqlite_counter):
    Path("pharmacy.toml").unlink()
    sqlite_counter.done("backup", "b")
    assert "`dispensary init`" in sqlite_counter.done("restore", "b", "--to", "new.db")


def test_what_is_lost_comes_back_in_its_place(sqlite_counter):
    sqlite_counter.done("backup", "b")
    for name in ("pharmacy.db", "pharmacy.toml"):
        Path(name).unlink()
    sqlite_counter.done("restore", "b")
    assert sqlite_counter.json("verify")["ok"]


def test_a_passphrase_comes_from_a_file(sqlite_counter):
    passphrase_in("secret")
    page = sqlite_counter.done("backup", "b", "--passphrase-file", "secret")
    assert "without the passphrase nobody opens it" in page
    assert seal.is_sealed(Path("b").read_bytes())
    sqlite_counter.done("restore", "b", "--drill", "--passphrase-file", "secret")
    told(sqlite_counter, NoPassphrase, "restore", "b", "--drill")
    told(sqlite_counter, NoPassphrase, "backup", "c", "--encrypt")
    told(sqlite_counter, WrongPassphrase, "restore", "b", "--drill", "--passphrase-file", passphrase_in("x", "another"))
    told(sqlite_counter, ShortPassphrase, "backup", "c", "--passphrase-file", "x")
    assert not Path("c").exists()


@pytest.mark.parametrize(
    ("text", "mode"), [(PASSPHRASE, 0o640), (PASSPHRASE, 0o602), ("", 0o600), ("\nnext", 0o600), ("x" * 5000, 0o600)]
)
def test_a_file_that_holds_no_secret_is_no_passphrase(sqlite_counter, text, mode):
    told(sqlite_counter, NotAPassphraseFile, "backup", "c", "--passphrase-file", passphrase_in("x", text, mode))


def test_a_passphrase_file_that_cannot_be_read_says_why(sqlite_counter):
    Path("bytes").write_bytes(b"\xff\xfe")
    Path("bytes").chmod(0o600)
    for name in ("none", "bytes"):
        told(sqlite_counter, NotAPassphraseFile, "backup", "c", "--passphrase-file", name)


def typing(words: list[str], *lines: str) -> tuple[int, str]:
    """The command at a terminal of its own, at which these lines are typed; its status and what stood there."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PYTHONPATH"] = str(Path(dispensary.__file__).parent.parent)
        main = "from dispensary.cli.app import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", main, *words])
    shown = b""
    typed = 0
    with suppress(OSError):
        # Reading fails when the process at the terminal has ended.
        while select.select([terminal], [], [], 20)[0] and (more := os.read(terminal, 1000)):
            shown += more
            if shown.count(b": ") > typed < len(lines):
                os.write(terminal, f"{lines[typed]}\n".encode())
                typed += 1
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_passphrase_is_typed_twice_and_not_shown(sqlite_counter):
    status, shown = typing(["backup", "b", "--encrypt"], PASSPHRASE, PASSPHRASE)
    assert status == 0, shown
    assert PASSPHRASE not in shown
    status, shown = typing(["restore", "b", "--drill"], PASSPHRASE)
    assert status == 0, shown
    assert PASSPHRASE not in shown
    assert typing(["restore", "b", "--drill"], PASSPHRASE + "!")[0] == 1


def test_what_is_there_is_refused_before_anybody_types(sqlite_counter):
    Path("b").write_text("precious")
    told(sqlite_counter, FileExists, "backup", "b", "--encrypt")
    sqlite_counter.done("backup", "b", "--force")
    sqlite_counter.done("restore", "b", "--drill")


def test_words_that_do_not_go_together(sqlite_counter):
    sqlite_counter.done("backup", "b")
    told(sqlite_counter, DrillElsewhere, "restore", "b", "--drill", "--to", "x.db")
    Path("notes").write_text("a shopping list")
    told(sqlite_counter, NotABackup, "restore", "notes", "--to", "x.db")


def test_books_that_do_not_agree_are_restored_and_told(sqlite_counter):
    with sqlite3.connect("pharmacy.db") as db:
        db.execute("UPDATE head SET hash = '0'")
    db.close()
    sqlite_counter.done("backup", "b")
    for words in (("--drill",), ("--to", "x.db")):
        said = sqlite_counter("restore", "b", *words)
        assert (said.status, said.err) == (4, "")
        assert "THE RESTORED PHARMACY DIFFERS: use another backup." in said.out
    assert Path("x.db").exists()


def test_an_old_backup_names_the_upgrade(sqlite_counter):
    schema = sorted((Path(__file__).parent.parent / "golden" / "schemas").glob("*.sql"))[0]
    db = sqlite3.connect("old.db")
    db.executescript(schema.read_text("utf-8"))
    db.close()
    sqlite_counter.done("--database", "old.db", "backup", "b")
    page = sqlite_counter.done("restore", "b", "--to", "x.db")
    assert f"with schema {schema.stem}: run `dispensary upgrade`, then `dispensary verify`." in page
    sqlite_counter.done("--database", "x.db", "upgrade")
    assert sqlite_counter.json("--database", "x.db", "verify")["ok"]


def test_a_drill_is_held_against_a_checkpoint(sqlite_counter):
    sqlite_counter.done("audit", "checkpoint", "--out", "note")
    sqlite_counter.done("backup", "b")
    sqlite_counter.done("restore", "b", "--drill", "--checkpoint", "note")
    sqlite_counter.done("patient", "add", "--id", "MRN-1", "--name", "Kari", "--born", "1980-01-01")
    sqlite_counter.done("audit", "checkpoint", "--out", "later")
    said = sqlite_counter("restore", "b", "--drill", "--checkpoint", "later")
    assert said.status == 4
    assert "checkpoint: The chain ends with event" in said.out
    Path("notes").write_text("a shopping list")
    told(sqlite_counter, CheckpointUnusable, "restore", "b", "--drill", "--checkpoint", "notes")
    Path("pharmacy.key").unlink()
    assert "verifier key" in sqlite_counter.refused("restore", "b", "--drill", "--checkpoint", "note")
