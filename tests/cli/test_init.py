"""Opening a pharmacy, and databases that are not one."""

import sqlite3
import stat
import tomllib
from pathlib import Path

import pytest

from dispensary.rules.people import Country
from dispensary.rules.practice import practice_of, written

GIVEN = (
    "--name", "Torgets Apotek", "--address", "Torget 1, 0001 Oslo", "--phone", "22 00 00 00",
    "--country", "no", "--timezone", "Europe/Oslo", "--language", "nb",
)  # fmt: skip


def test_init_leaves_a_database_and_settings_for_their_owner_alone(empty):
    empty.done("init", *GIVEN)
    folder = empty.folder / "data" / "dispensary"
    assert sorted(path.name for path in folder.iterdir()) == ["dispensary.db", "dispensary.toml"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    settings = tomllib.loads((folder / "dispensary.toml").read_text())
    assert settings == {
        "name": "Torgets Apotek",
        "address": "Torget 1, 0001 Oslo",
        "phone": "22 00 00 00",
        "country": "no",
        "timezone": "Europe/Oslo",
        "language": "nb",
        "fnc1": "",
        "practice": written(practice_of(Country.NORWAY)),
    }
    assert len(empty.json("product", "list")) == 14


def test_a_second_init_opens_and_changes_nothing(empty):
    empty.done("init", *GIVEN)
    settings = empty.folder / "data" / "dispensary" / "dispensary.toml"
    before = settings.read_bytes()
    assert "is open" in empty.done("init", "--yes")
    assert settings.read_bytes() == before


def test_what_is_missing_without_a_terminal_is_refused(empty):
    assert "--name" in empty.refused("init")
    assert not (empty.folder / "data").exists()


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--country", "se", "choose us, no"),
        ("--language", "sv", "choose en, nb"),
        ("--timezone", "Mars/Base", "Europe/Oslo"),
        ("--timezone", "../../etc/passwd", "is not a time zone"),
        ("--name", "x\x1b[31m", "U+001B"),
    ],
)
def test_a_bad_setting_is_refused_and_nothing_is_made(empty, option, value, says):
    assert says in empty.refused("init", "--yes", option, value)
    assert not (empty.folder / "data").exists()


def test_no_pharmacy_names_the_command_that_makes_one(empty):
    assert "dispensary init" in empty.refused("stock")


@pytest.mark.parametrize("content", [b"hello, this is text", b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(empty, content):
    Path("x.db").write_bytes(content)
    for words in (("stock",), ("init", "--yes"), ("upgrade",)):
        empty.refused("--database", "x.db", *words)
    assert Path("x.db").read_bytes() == content


def test_somebody_elses_database_is_refused(empty):
    with sqlite3.connect("x.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    assert "other tables" in empty.refused("--database", "x.db", "init", "--yes")


@pytest.mark.parametrize(("version", "says"), [("0000", "dispensary upgrade"), ("9999", "newer program")])
def test_another_schema_is_refused_with_the_way_out(empty, version, says):
    empty.done("--database", "x.db", "init", "--yes")
    with sqlite3.connect("x.db") as changed:
        changed.execute("UPDATE alembic_version SET version_num = ?", (version,))
    changed.close()
    assert says in empty.refused("--database", "x.db", "stock")


def test_a_password_in_the_url_is_never_shown(empty):
    said = empty("--database", "postgresql://bob:hunter2@127.0.0.1:1/x", "stock")
    assert said.status == 3
    assert "hunter2" not in said.out + said.err


def test_a_folder_that_cannot_be_made_is_not_saved(empty):
    Path("plain").write_text("no folder")
    said = empty("--database", "plain/deeper/x.db", "init", "--yes")
    assert (said.status, said.out) == (3, "")
    assert "Not a directory" in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert Path("plain").read_text() == "no folder"


def test_the_demo_plays_a_day(empty):
    page = empty.done("demo", "--out", "left")
    assert len(page.splitlines()) < 60
    assert all(len(line) <= 110 for line in page.splitlines())
    names = {path.name for path in Path("left").iterdir()}
    assert {"label-english.pdf", "label-norwegian.pdf", "label-two-lots.pdf", "audit.jsonl", "audit.csv"} <= names
    assert any(name.startswith("nightly-") and name.endswith(".pdf") for name in names)
    assert "expired on" in page
    assert "NO-CY-TAK1" in page
    assert "The books agree" in page
    assert "is whole" in page
