"""Places, loggers and light, from the command line."""

from datetime import timedelta
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.cli.place import UnreadableLog
from dispensary.cli.product import NotALimit
from dispensary.services.storage.place import KeepsNoStock
from tests.build import NOW
from tests.refusing import code, require_golden


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


def a_file(name="log.csv", begin=NOW, hours=6, hot=41):
    lines = ["Logger 12", "Date/Time;Temperature (°C)"]
    for n in range(hours * 12):
        at = begin + timedelta(minutes=5 * n)
        lines.append(f"{at:%d.%m.%Y %H:%M};{hot if 12 <= n < 24 else 21},0")
    Path(name).write_text("\n".join(lines), encoding="utf-8")
    return name


@pytest.fixture
def stocked(sqlite_counter, monkeypatch):
    """Lot A1 on the shelf, half a day ago."""
    typed = ("--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-05-31", "--quantity", "10")
    sqlite_counter.done("receive", *typed)
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(hours=12))
    return sqlite_counter


LOG = ("place", "log", "log.csv", "--place", "shelf", "--timezone", "America/New_York")


def test_a_loggers_file_holds_what_stood_in_the_heat(stocked):
    a_file()
    said = stocked.done(*LOG, "--key", "k")
    assert said == stocked.done(*LOG, "--key", "k")
    assert all(len(line) <= 80 for line in said.splitlines())
    assert said.splitlines()[:3] == [
        "shelf: 72 readings from 2026-11-21 09:30:00-05:00 to 2026-11-21 15:25:00-05:00.",
        "Lots held until a pharmacist releases them: 1.",
        "",
    ]
    assert "A1 held" in said
    assert stocked.json("lot", "list")[0]["why"] == "41 °C at shelf from 2026-11-21 10:30 to 2026-11-21 11:25"
    again = stocked.json(*LOG)
    assert (again["readings"], again["repeated"], again["excursions"]) == (0, 72, [])
    assert stocked.json("lot", "show", "A1")[0]["state"] == "held"
    shown = stocked.done("place", "show", "shelf")
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown.splitlines()[1].split() == ["place", "shelf"]
    assert "21 to 41 °C, mean kinetic " in shown
    assert "above 40 °C" in shown
    row = stocked.json("place", "show", "shelf")
    assert row["excursions"][0]["held"] == [{"product": "US-CY-ARG1", "lot": "A1"}]
    stocked.done("lot", "release", "A1", "--reason", "stable for an hour, says the maker")
    stocked.done("verify")


def test_what_left_since_the_heat_began_is_told(stocked, monkeypatch):
    stocked.done("patient", "add", "--id", "MRN-1", "--name", "Kari", "--born", "1961-04-03")
    stocked.done("prescriber", "add", "--name", "Ida Berg", "--npi", "1234567893")
    what = ("--form", "cyanocobalamin", "--directions", "1 mg IM weekly", "--quantity", "4")
    stocked.done("rx", "add", "--patient", "P1", "--prescriber", "PR1", *what)
    stocked.done("dispense", "RX1")
    a_file()
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(hours=13))
    said = stocked.done(*LOG)
    assert all(len(line) <= 80 for line in said.splitlines())
    assert (
        "Lot A1 of US-CY-ARG1: 4 units dispensed, 0 doses drawn since 2026-11-21 10:30; who got them: "
        "`dispensary report trace A1`."
    ) in " ".join(said.split())


def test_what_is_odd_in_a_file_is_said(stocked):
    Path("log.csv").write_text(
        "Timestamp,Temp\n2026-11-21 09:30,21\n2026-11-21 09:35,21\n2026-11-21 09:35,21\n"
        "2026-11-21 09:40,---\n2026-11-21 10:40,21\n2026-11-21 10:45,21\n",
        encoding="utf-8",
    )
    said = " ".join(stocked.done(*LOG).split())
    assert "lines that stood there twice: 1; lines without a temperature: 1." in said
    assert "Gaps without a reading: 1, the longest of 65 minutes from 2026-11-21 09:35:00-05:00." in said
    assert said.endswith("No excursion was found for what stood there.")
    assert "in the books already: 4" in stocked.done(*LOG)


def test_files_that_cannot_be_read_are_refused(stocked):
    told(stocked, UnreadableLog, *LOG)
    a_file()
    for words in (("--order", "ymd"), ("--timezone", "Mars")):
        assert stocked.refused(*LOG, *words)
    assert stocked.refused(*LOG[:5])
    Path("log.csv").write_bytes(b"\x89PNG\0")
    assert stocked.refused(*LOG)
    assert stocked.json("place", "show", "shelf")["files"] == []


def test_a_place_is_added_and_listed(stocked):
    told(stocked, KeepsNoStock, "place", "add", "x", "--kind", "fridge", "--temperature", "2-8", "--dark")
    add = ("place", "add", "cupboard-2", "--kind", "shelf", "--temperature", "<=25")
    assert stocked("place", "add", "x", "--kind", "shelf", "--temperature", "2-8").status == 2
    assert stocked.done(*add, "--light") == "Added cupboard-2: shelf, <=25 °C, in the light.\n"
    listed = {row["place"]: row for row in stocked.json("place", "list")}
    assert list(listed) == ["shelf", "refrigerator", "quarantine", "returned", "transit", "cupboard-2"]
    assert listed["cupboard-2"] == {
        "place": "cupboard-2",
        "kind": "shelf",
        "temperature": "<=25",
        "dark": False,
        "units": 0,
        "opened_vials": 0,
        "last_reading_at": None,
        "last_centidegrees": None,
    }
    a_file()
    stocked.done(*LOG)
    text = stocked.done("place", "list")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "21  2026-11-21 15:25" in text
    assert stocked.done("place", "list", "--format", "csv").startswith("place,kind,")


def test_light_adds_up_to_a_limit(stocked):
    said = stocked.done("product", "edit", "US-CY-ARG1", "--light-minutes", "60", "--in-use-days", "14")
    assert " ".join(said.split()) == (
        "US-CY-ARG1: limit of use once open is 14 days (before: not set); "
        "limit of light is 60 minutes (before: not set)."
    )
    assert "14 days, says the maker" in stocked.done("product", "show", "US-CY-ARG1")
    stocked.done("vial", "open", "--lot", "A1")
    said = stocked.done("product", "edit", "US-CY-ARG1", "--in-use-days", "7")
    assert " ".join(said.split()).endswith(
        "Opened under a longer limit, to be discarded when this one is over: V1 (`dispensary vial discard`)."
    )
    stocked.done("product", "edit", "US-CY-ARG1", "--in-use-days", "14")
    said = stocked.done("light", "A1", "--minutes", "20", "--note", "left on the counter")
    assert said == "Lot A1 of US-CY-ARG1: 20 minutes in the light (the limit is 60).\n"
    stocked.done("vial", "open", "--lot", "A1")
    said = stocked.done("light", "V2", "--minutes", "40")
    assert " ".join(said.split()) == (
        "V2 of US-CY-ARG1: 60 minutes in the light (the limit is 60). It is held until a pharmacist releases it."
    )
    stocked.done("product", "edit", "US-CY-ARG1", "--light-minutes", "none")
    assert stocked.json("light", "A1", "--minutes", "99")["limit_minutes"] is None
    for given in ("0", "x", "1000000", "٣"):
        told(stocked, NotALimit, "product", "edit", "US-CY-ARG1", "--light-minutes", given)
    told(stocked, NotALimit, "product", "edit", "US-CY-ARG1", "--in-use-days", "91")
    assert stocked.refused("product", "edit", "US-CY-ARG1")
    stocked.done("verify")


@pytest.mark.parametrize(
    "words", [("place",), ("place", "add"), ("place", "list"), ("place", "show"), ("place", "log"), ("light",)]
)
def test_every_command_explains_itself(empty, words):
    helped = empty.done(*words, "--help")
    assert all(len(line) <= 80 for line in helped.splitlines())
