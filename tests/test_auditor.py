"""The auditor against chains built here, by the format alone, and against every way to spoil one."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary import audit, auditor
from dispensary.auditor import check, read, values_of
from tests.auditing import in_memory

FIELDS = {
    "format": "dispensary audit 1",
    "origin": "o",
    "sequence": "",
    "previous": "",
    "utc": "2026-11-21T14:30:00.000000+00:00",
    "local": "2026-11-21T09:30:00.000000-05:00",
    "actor": "=alex",
    "kind": "receive",
    "subject": "æ",
    "patient": "",
    "request_key": "k",
    "values": '{"a":"\\"1,2"}',
}


def netstrings(fields):
    return "".join(f"{len(field.encode())}:{field}," for field in fields)


def an_event(sequence=1, previous="0" * 64, canonical=None, **changes):
    """An event whose columns say what its canonical text says."""
    fields = {**FIELDS, "sequence": str(sequence), "previous": previous, **changes}
    canonical = netstrings(fields.values()) if canonical is None else canonical
    return {
        "sequence": sequence,
        "at": fields["utc"],
        "actor": fields["actor"],
        "kind": fields["kind"],
        "subject": fields["subject"],
        "patient": fields["patient"],
        "request_key": fields["request_key"],
        "canonical": canonical,
        "hash": hashlib.sha256(b"\x00" + canonical.encode("utf-8", "surrogatepass")).hexdigest(),
    }


def a_chain(length=3):
    events, previous = [], "0" * 64
    for sequence in range(1, length + 1):
        events.append(an_event(sequence, previous))
        previous = events[-1]["hash"]
    return events


def a_trailer(events, count=None, **changes):
    head = events[-1]["hash"] if events else "0" * 64
    count = len(events) if count is None else count
    return {"format": "dispensary audit 1", "origin": "o", "events": count, "head": head, **changes}


def as_json_lines(events, **trailer):
    rows = [*events, a_trailer(events, **trailer)]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(events, **changes):
    trailer = a_trailer(events, **changes)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(auditor.COLUMNS)
    for event in events:
        writer.writerow([f"'{cell}" if str(cell).startswith("=") else cell for cell in event.values()])
    writer.writerow(["end", "", "", trailer["format"], trailer["origin"], "", trailer["events"], "", trailer["head"]])
    return text.getvalue().encode()


def judged(tmp_path, data):
    file = tmp_path / "export"
    file.write_bytes(data)
    return read(file)


def test_a_whole_chain_is_ok():
    events = a_chain()
    assert check(events) == auditor.Verdict(True, 3, events[-1]["hash"], None)
    assert check(events, claimed_head=(3, events[-1]["hash"]), noted=[(2, events[1]["hash"])], origin="o").ok


def test_an_empty_chain_is_ok():
    assert check([], claimed_head=(0, "0" * 64)) == auditor.Verdict(True, 0, "0" * 64, None)


def problem_of(event):
    return check([event]).problem


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({**an_event(), "more": 1}, "Event 1: it has not the columns of an event."),
        ({}, "Event 1: it has not the columns of an event."),
        ({**an_event(), "sequence": 2}, "Event 1: its sequence does not follow the event before it."),
        ({**an_event(), "sequence": True}, "Event 1: its sequence does not follow the event before it."),
        ({**an_event(), "sequence": 1.0}, "Event 1: its sequence does not follow the event before it."),
        ({**an_event(), "sequence": "1"}, "Event 1: its sequence does not follow the event before it."),
        ({**an_event(), "actor": None}, "Event 1: a column is not text."),
        ({**an_event(), "canonical": b"x"}, "Event 1: a column is not text."),
        (an_event(canonical="1:\ud800,"), "Event 1: its canonical text holds half a character."),
        (an_event(format="dispensary audit 2"), "Event 1: its format is not dispensary audit 1."),
        (an_event(sequence=1, canonical=netstrings([*FIELDS.values()])),
         "Event 1: the sequence in its canonical text is another."),
        (an_event(previous="1" * 64), "Event 1: it does not name the hash of the event before it."),
        ({**an_event(), "hash": "0" * 64}, "Event 1: its hash is not that of its canonical text."),
        ({**an_event(), "hash": an_event()["hash"].upper()}, "Event 1: its hash is not that of its canonical text."),
        (an_event(values="[1]"), "Event 1: its values are not a JSON object."),
        (an_event(values="{"), "Event 1: its values cannot be read as JSON."),
        (an_event(values='{"a":NaN}'), "Event 1: its values cannot be read as JSON."),
        (an_event(values='{"a":1,"a":2}'), "Event 1: its values cannot be read as JSON."),
        (an_event(values='{"a":' + "[" * 100_000), "Event 1: its values cannot be read as JSON."),
        (an_event(values='{"a":' + "1" * 5_000 + "}"), "Event 1: its values cannot be read as JSON."),
        (an_event(local="2026-11-21T09:30:00.000000-06:00"), "Event 1: its two clocks name different moments."),
        (an_event(local="2026-11-21T09:30:00-05:00"),
         "Event 1: a moment in its canonical text is not ISO 8601 with microseconds."),
        (an_event(utc="2026-11-21T09:30:00.000000-05:00"),
         "Event 1: a moment in its canonical text is not ISO 8601 with microseconds."),
        (an_event(local="2026-11-31T09:30:00.000000-05:00"),
         "Event 1: a moment in its canonical text is not in the calendar."),
        (an_event(local="2026-11-21T09:30:00.000000-99:00"),
         "Event 1: a moment in its canonical text is not in the calendar."),
    ],
)  # fmt: skip
def test_what_an_event_may_not_be(event, problem):
    assert check([event]) == auditor.Verdict(False, 0, "0" * 64, problem)


@pytest.mark.parametrize("column", ["at", "actor", "kind", "subject", "patient", "request_key"])
def test_a_column_that_says_something_else_is_named(column):
    problem = problem_of({**an_event(), column: "'" + an_event()[column]})
    assert problem == f"Event 1: the column {column} is not what its canonical text says."


@pytest.mark.parametrize(
    ("canonical", "problem"),
    [
        ("", "its canonical text has 0 fields and not 12"),
        ("0:,", "its canonical text has 1 fields and not 12"),
        (netstrings("abcdefghijklm"), "its canonical text has 13 fields and not 12"),
        (netstrings(FIELDS.values()) + " ", "its canonical text has no length where one belongs"),
        ("01:a,", "its canonical text has no length where one belongs"),
        ("+1:a,", "its canonical text has no length where one belongs"),
        ("١:a,", "its canonical text has no length where one belongs"),
        ("1_0:a,", "its canonical text has no length where one belongs"),
        ("-1:a,", "its canonical text has no length where one belongs"),
        ("9999999999:a,", "its canonical text has no length where one belongs"),
        ("2:a,", "a length in its canonical text is wrong"),
        ("1:a", "a length in its canonical text is wrong"),
        ("1:a;", "a length in its canonical text is wrong"),
        ("999999999:a,", "a length in its canonical text is wrong"),
        ("1:æ,", "a length in its canonical text is wrong"),
        ("3:æ,,", "its canonical text has 1 fields and not 12"),
        ("2:,æ,", "a length in its canonical text is wrong"),
        ("3:,æ,", "its canonical text has 1 fields and not 12"),
    ],
)
def test_netstrings_are_read_strictly(canonical, problem):
    assert problem_of(an_event(canonical=canonical)) == f"Event 1: {problem}."


def test_a_length_that_cuts_a_character_is_found():
    # The byte after the cut is never a comma in UTF-8, whatever the length.
    with pytest.raises(auditor._Broken, match="cuts a character"):
        auditor._netstrings(b"1:\xc3,")


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=12, max_size=12))
def test_decodes_what_the_writer_encodes(fields):
    assert auditor._netstrings(audit._netstrings(*fields).encode()) == fields


@given(st.binary(max_size=60))
def test_no_bytes_bring_the_decoder_down(raw):
    with pytest.raises(auditor._Broken):
        auditor._netstrings(raw)


@given(st.text(max_size=200))
def test_values_of_any_text_are_a_mapping(text):
    assert values_of(text) == {}


def test_the_values_of_an_event():
    assert values_of(an_event()["canonical"]) == {"a": '"1,2'}
    assert values_of(an_event(values="[]")["canonical"]) == {}


def test_another_origin_on_the_way_is_found():
    first = an_event(1)
    second = an_event(2, first["hash"], origin="p")
    assert check([first, second]) == auditor.Verdict(False, 1, first["hash"], "Event 2: it belongs to another chain.")
    assert check([first], origin="p").problem == "Event 1: it belongs to another chain."


def test_the_head_must_be_the_last_event():
    events = a_chain()
    head = events[-1]["hash"]
    assert (
        check(events[:2], claimed_head=(3, head)).problem == "The chain ends with event 2, and its head says 3 events."
    )
    assert check(events, claimed_head=(3, "1" * 64)).problem == (
        "Event 3: it is the last one, and the head has another hash."
    )


def test_a_noted_head_must_be_in_the_chain():
    events = a_chain()
    assert check(events, noted=[(2, "1" * 64)]).problem == "Event 2: its hash is not the one that was noted."
    assert check(events, noted=[(2, events[1]["hash"]), (3, events[2]["hash"])]).ok
    forked = [(2, events[1]["hash"]), (2, "1" * 64)]
    assert check(events, noted=forked).problem == "Event 2: its hash is not the one that was noted."
    assert check(events[:2], noted=[(3, events[2]["hash"])]).problem == (
        "The chain ends with event 2, and event 3 was noted."
    )


def test_records_are_read_one_at_a_time():
    waiting = []

    def one_by_one():
        for event in a_chain():
            waiting.append(event["sequence"])
            yield event if event["sequence"] != 2 else {}

    assert not check(one_by_one()).ok
    assert waiting == [1, 2]


@pytest.mark.parametrize("write", [as_json_lines, as_csv])
def test_a_whole_file_is_ok(tmp_path, write):
    events = a_chain()
    assert judged(tmp_path, write(events)) == auditor.Verdict(True, 3, events[-1]["hash"], None)


def test_the_name_of_the_file_decides_nothing(tmp_path):
    file = tmp_path / "export.csv"
    file.write_bytes(as_json_lines(a_chain()))
    assert read(str(file)).ok


WRITERS = [as_json_lines, as_csv]
NEITHER = "The file begins neither as JSON Lines nor with the header of an audit export."


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda events, write: b"\n".join(write(events).split(b"\n")[:-2]) + b"\n",
         "The file ends after event 3 without its trailer."),
        (lambda events, write: write(events) + write(events).split(b"\n")[-2] + b"\n",
         "After event 3 and the trailer there is more."),
        (lambda events, write: write(events, count=2), "The chain ends with event 3, and its head says 2 events."),
        (lambda events, write: write(events, count="many"),
         "After event 3, the trailer does not say how many events there are."),
        (lambda events, write: write(events, head="1" * 64),
         "Event 3: it is the last one, and the head has another hash."),
        (lambda events, write: write(events, origin="p"), "After event 3, the trailer belongs to another chain."),
        (lambda events, write: write(events, format="other"), "After event 3, the trailer belongs to another chain."),
        (lambda events, write: write([]), "After event 0, the trailer belongs to another chain."),
        (lambda events, write: b"\xef\xbb\xbf" + write(events),
         "The file begins with a byte order mark, which no export has."),
        (lambda events, write: write(events).decode().encode("utf-16"), "Line 1 of the file is not UTF-8."),
        (lambda events, write: b"", NEITHER),
        (lambda events, write: b"\x00" * 100, "Line 1 of the file has no end."),
        (lambda events, write: b"some text\n", NEITHER),
    ],
)  # fmt: skip
def test_what_a_file_may_not_be(tmp_path, write, spoil, problem):
    assert judged(tmp_path, spoil(a_chain(), write)).problem == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"{}\n", "Event 1: it has not the columns of an event."),
        (b"{]\n", "Line 1 of the file cannot be read as JSON."),
        (as_json_lines(a_chain()) + b"\n", "Line 5 of the file cannot be read as JSON."),
        (as_json_lines(a_chain()) + b"7\n", "Line 5 of the file is not a JSON object."),
        (as_json_lines(a_chain())[:-1], "Line 4 of the file has no end."),
        (as_json_lines(a_chain())[:-2] + b"\n", "Line 4 of the file cannot be read as JSON."),
        (b'{"a":"\xff"}\n', "Line 1 of the file is not UTF-8."),
        (as_json_lines(a_chain()).replace(b'"kind": "receive"', b'"kind": "receive", "kind": "receive"', 1),
         "Line 1 of the file cannot be read as JSON."),
        (as_json_lines(a_chain()).replace(b'"actor": "=', b"\"actor\": \"'=", 1),
         "Event 1: the column actor is not what its canonical text says."),
    ],
)  # fmt: skip
def test_what_json_lines_may_not_be(tmp_path, data, problem):
    assert judged(tmp_path, data).problem == problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"hash\r\n", b"hash,x\r\n", NEITHER),
        (b"\r\n1,", b"\r\n\r\n1,", "Line 2 of the file has not 9 cells."),
        (b"\r\n1,", b"\r\n01,", "Event 1: its sequence does not follow the event before it."),
        (b"\r\n1,", b"\r\none,", "Event 1: its sequence does not follow the event before it."),
        (b"'=alex", b"''=alex", "Event 1: the column actor is not what its canonical text says."),
        (b"end,,", b"end,,more", "The trailer says more than it should."),
        (b"end,,", b'end,,"', "Line 5 of the file cannot be read as CSV."),
        (b"end,,", b"end,\r,", "Line 5 of the file cannot be read as CSV."),
        (b"end,,", b"end,", "Line 5 of the file has not 9 cells."),
    ],
)
def test_what_a_csv_may_not_be(tmp_path, old, new, problem):
    data = as_csv(a_chain())
    assert old in data
    assert judged(tmp_path, data.replace(old, new, 1)).problem == problem


def test_an_apostrophe_before_a_cell_says_nothing(tmp_path):
    data = as_csv(a_chain())
    assert judged(tmp_path, data.replace(b"'=alex", b"=alex")).ok


def test_a_long_cell_of_a_true_event_is_read(tmp_path):
    event = an_event(values=json.dumps({"products": ["US-CY"] * 50_000}))
    assert judged(tmp_path, as_csv([event])).ok
    assert judged(tmp_path, as_json_lines([event])).ok


def test_an_endless_line_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(auditor, "LONGEST_LINE", 1000)
    assert judged(tmp_path, b"{" + b" " * 5000 + b"}\n").problem == "Line 1 of the file has no end."
    rows = ",".join(auditor.COLUMNS).encode() + b'\r\n1,"' + b"a\r\n" * 5000
    assert judged(tmp_path, rows).problem.endswith("of the file cannot be read as CSV.")


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path):
    assert read(tmp_path / "none").problem == "The file cannot be read: No such file or directory."
    assert read(tmp_path).problem == "The file cannot be read: Is a directory."
    assert read("a\0b").problem == "The file cannot be read: its name cannot be used."


def content(data):
    """What a file holds, as any reader would see it."""
    text = data.decode()
    if text.startswith("{"):
        return [json.loads(line) for line in text.splitlines()]
    return [[cell.removeprefix("'") for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]


@pytest.mark.parametrize("write", WRITERS)
def test_every_flipped_byte_is_caught(monkeypatch, write):
    data, files = write(a_chain()), in_memory(monkeypatch)
    files["export"] = data
    assert read("export").ok
    files["export"] = flipped = bytearray(data)
    for at in range(len(data)):
        for mask in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF):
            flipped[at] ^= mask
            if read("export").ok:
                assert content(bytes(flipped)) == content(data), (at, mask)
            flipped[at] ^= mask


@pytest.mark.parametrize("write", WRITERS)
def test_every_lost_or_added_byte_is_caught(monkeypatch, write):
    data, files = write(a_chain()), in_memory(monkeypatch)
    for at in range(len(data)):
        for changed in (data[:at] + data[at + 1 :], data[:at] + b"0" + data[at:], data[:at]):
            files["export"] = changed
            if read("export").ok:
                assert content(changed) == content(data), at


@pytest.mark.parametrize("write", WRITERS)
def test_every_line_deleted_swapped_or_doubled_is_caught(tmp_path, write):
    lines = write(a_chain(4)).splitlines(keepends=True)
    for i in range(len(lines)):
        assert not judged(tmp_path, b"".join(lines[:i] + lines[i + 1 :])).ok
        assert not judged(tmp_path, b"".join([*lines[: i + 1], *lines[i:]])).ok
        for j in range(i):
            swapped = list(lines)
            swapped[i], swapped[j] = lines[j], lines[i]
            assert not judged(tmp_path, b"".join(swapped)).ok


def alone(*arguments):
    """The auditor as somebody runs it on another machine: the one file, without this program."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(Path(auditor.__file__)), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )


def test_runs_alone(tmp_path):
    events = a_chain()
    file = tmp_path / "export"
    file.write_bytes(as_json_lines(events))
    ran = alone(file)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"ok: 3 events, head {events[-1]['hash']}\n", "")
    assert alone(file, 2, events[1]["hash"]).returncode == 0
    ran = alone(file, 2, "0" * 64)
    said = "not ok: Event 2: its hash is not the one that was noted. 1 events hold before it.\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, said, "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a", "b"),
        ("a", "b", "c"),
        ("a", "1", "c", "d"),
        ("a", "--key", "k"),
        ("a", "--checkpoint", "n"),
        ("a", "--check", "n", "--key", "k"),
    ],
)
def test_a_wrong_command_line_is_told_how_it_goes(arguments):
    ran = alone(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(
        "usage: python auditor.py FILE [SEQUENCE HASH] [--key VERIFIER] [--checkpoint NOTE...]\n"
    )


def test_shares_nothing_with_the_program():
    imported = [
        line.split()[1] for line in Path(auditor.__file__).read_text().splitlines() if line[:5] in ("impor", "from ")
    ]
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
