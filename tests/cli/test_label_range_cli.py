"""`dispensary label range`: many labels as one file, a part at a time, and on from where it was stopped."""

import json
import shutil
from pathlib import Path

import pytest

from dispensary.cli import context, label_range, range_parts
from dispensary.cli.label_range import CannotBegin, DrawnAlready, NotInTheRange, RangeBackwards, StoppedAt
from dispensary.cli.range_parts import DesignChanged, NotOurParts, OtherRange
from dispensary.exports.files import FileExists
from dispensary.lookup import NotFound
from dispensary.rules.numbers import NotANumber
from tests.build import Shop, a_lot, dispensed, later
from tests.build import an_rx as shop_rx
from tests.cli.counter import Counter
from tests.cli.labels import needs_a_person, pages_in, text_of, told
from tests.refusing import code, require_golden


@pytest.fixture
def twelve(counter: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """D1 to D12, five to a part."""
    a_lot(shop, units=60)
    rx = shop_rx(shop, refills=20)
    for fill in range(12):
        dispensed(later(shop, 28 * fill), rx)
    monkeypatch.setattr(label_range, "PART", 5)
    monkeypatch.setattr(context, "now", lambda timezone: later(shop, 28 * 12).on)
    return counter


def parts() -> list[str]:
    return sorted(path.name for path in Path("all.pdf.parts").iterdir())


def test_many_labels_become_one_file(twelve):
    said = twelve("label", "range", "d1", "12", "--out", "all.pdf", "--format", "json")
    assert said.status == 0, said.err
    assert json.loads(said.out) == {"first": "D1", "last": "D12", "pages": 12, "left_out": [], "file": "all.pdf"}
    assert pages_in("all.pdf") == 12
    for number in range(12):
        assert f"Fill {number + 1} " in text_of("all.pdf", number)
    assert not Path("all.pdf.parts").exists()
    one = twelve.json("label", "dispense", "D7", "--out", "seventh.pdf")
    assert one["copy"] == 2
    assert twelve.json("audit", "verify")["ok"]


def test_a_range_says_how_many_pages_there_are(twelve):
    assert twelve.done("label", "range", "D3", "D3", "--out", "one.pdf") == "D3 to D3: 1 page in one.pdf\n"
    assert twelve.done("label", "range", "D11", "D999999999", "--out", "all.pdf").startswith(
        "D11 to D999999999: 2 pages"
    )
    sheets = twelve.json("label", "range", "D1", "D4", "--out", "s.pdf", "--design", "dispense-letter-2x5")
    assert (sheets["pages"], pages_in("s.pdf")) == (1, 1)


def test_a_range_that_was_stopped_goes_on_where_it_was(twelve, monkeypatch):
    write, many = range_parts._replace, []

    def killed(file, data):
        many.append(file.name)
        if file.name == "6-10.pdf":
            raise KeyboardInterrupt
        write(file, data)

    monkeypatch.setattr(range_parts, "_replace", killed)
    said = twelve("label", "range", "D1", "D12", "--out", "all.pdf", "--key", "k")
    assert (said.status != 0, Path("all.pdf").exists()) == (True, False)
    assert parts() == ["1-5.pdf", "range.json"]
    told(twelve, OtherRange, "label", "range", "D1", "D11", "--out", "all.pdf")
    told(twelve, OtherRange, "label", "range", "D1", "D12", "--out", "all.pdf", "--design", "dispense-4x2in")
    many.clear()
    monkeypatch.setattr(range_parts, "_replace", lambda file, data: (many.append(file.name), write(file, data)))
    twelve.done("label", "range", "D1", "D12", "--out", "all.pdf")
    # Five labels had been entered in the books without being drawn: they are the same prints.
    assert many == ["range.json", "6-10.pdf", "range.json", "11-12.pdf"]
    assert pages_in("all.pdf") == 12
    assert not any("Copy" in text_of("all.pdf", number) for number in range(12))
    assert [each["copy"] for each in [twelve.json("label", "dispense", "D8", "--out", "8.pdf")]] == [2]


def test_what_was_dispensed_meanwhile_is_in_the_range_too(twelve, shop, monkeypatch):
    write = range_parts._replace

    def killed(file, data):
        write(file, data)
        if file.name == "11-12.pdf":
            raise KeyboardInterrupt

    monkeypatch.setattr(range_parts, "_replace", killed)
    twelve("label", "range", "D1", "D99", "--out", "all.pdf")
    monkeypatch.setattr(range_parts, "_replace", write)
    dispensed(later(shop, 28 * 12), "RX1")
    assert twelve.json("label", "range", "D1", "D99", "--out", "all.pdf")["pages"] == 13
    assert "Copy" not in text_of("all.pdf", 11)


def test_a_range_again_with_its_key_has_the_same_bytes(twelve):
    twelve.done("label", "range", "D1", "D7", "--out", "a.pdf", "--key", "k")
    twelve.done("label", "range", "D1", "D7", "--out", "b.pdf", "--key", "k")
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()


def test_a_label_that_cannot_be_printed_names_its_dispense(twelve, shop):
    twelve.done("patient", "add", "--id", "MRN-2", "--name", "貧 Li", "--born", "1961-04-03")
    dispensed(later(shop, 28 * 12), shop_rx(later(shop, 28 * 12), "P2", "PR1", units=4))
    said = twelve("label", "range", "D1", "D13", "--out", "all.pdf")
    assert said.out == ""
    sentence = needs_a_person(said, twelve.folder)
    assert "D13" in sentence
    require_golden(f"{code(StoppedAt)}: {sentence}")
    assert parts() == ["1-5.pdf", "11-12.pdf", "6-10.pdf", "range.json"]
    twelve.done("patient", "edit", "P2", "--name", "Li Hua")
    assert twelve.json("label", "range", "D1", "D13", "--out", "all.pdf")["pages"] == 13
    assert "Li Hua" in text_of("all.pdf", 12)
    assert not any("Copy" in text_of("all.pdf", number) for number in range(13))


def test_a_range_that_is_none(twelve):
    told(twelve, RangeBackwards, "label", "range", "D5", "D2", "--out", "all.pdf")
    told(twelve, NotFound, "label", "range", "D20", "D29", "--out", "all.pdf")
    told(twelve, NotANumber, "label", "range", "RX1", "D2", "--out", "all.pdf")
    Path("all.pdf").write_text("mine")
    told(twelve, FileExists, "label", "range", "D1", "D2", "--out", "all.pdf")
    assert not Path("all.pdf.parts").exists()


@pytest.fixture
def stopped(twelve: Counter, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A range that was stopped after its first part of five."""
    write = range_parts._replace

    def killed(file: Path, data: bytes) -> None:
        if file.name == "6-10.pdf":
            raise KeyboardInterrupt
        write(file, data)

    with monkeypatch.context() as patched:
        patched.setattr(range_parts, "_replace", killed)
        twelve("label", "range", "D1", "D12", "--out", "all.pdf")
    assert parts() == ["1-5.pdf", "range.json"]
    return twelve


WHOLE = ("label", "range", "D1", "D12", "--out", "all.pdf")


def no_letters_for(counter: Counter, shop: Shop) -> None:
    """D13 and D14, of which the first cannot be printed."""
    counter.done("patient", "add", "--id", "MRN-2", "--name", "貧 Li", "--born", "1961-04-03")
    dispensed(later(shop, 28 * 12), shop_rx(later(shop, 28 * 12), "P2", "PR1", units=4))
    dispensed(later(shop, 28 * 12), "RX1")


def test_a_label_that_cannot_be_printed_is_left_out(twelve, shop):
    no_letters_for(twelve, shop)
    assert twelve("label", "range", "D11", "D14", "--out", "all.pdf").status == 4
    assert parts() == ["11-12.pdf", "range.json"]
    said = twelve.json("label", "range", "D11", "D14", "--out", "all.pdf", "--skip", "D13")
    assert said == {"first": "D11", "last": "D14", "pages": 3, "left_out": ["D13"], "file": "all.pdf"}
    assert "Fill 13 " in text_of("all.pdf", 2)
    assert not any("Copy" in text_of("all.pdf", number) for number in range(3))
    twelve.done("patient", "edit", "P2", "--name", "Li Hua")
    # What was left out was not counted as printed either.
    assert twelve.json("label", "dispense", "D13", "--out", "13.pdf")["copy"] == 1


def test_several_labels_are_left_out_and_named(twelve):
    said = twelve.done(*WHOLE, "--skip", "D2", "--skip", "5")
    assert said == "D1 to D12: 10 pages in all.pdf, without D2, D5\n"
    assert not any(f"Fill {number} " in text_of("all.pdf", page) for page in range(10) for number in (2, 5))


def test_what_was_left_out_before_a_stop_is_named_after_it(twelve, monkeypatch):
    write = range_parts._replace

    def killed(file, data):
        if file.name == "7-11.pdf":
            raise KeyboardInterrupt
        write(file, data)

    with monkeypatch.context() as patched:
        patched.setattr(range_parts, "_replace", killed)
        twelve(*WHOLE, "--skip", "D4")
    assert parts() == ["1-6.pdf", "range.json"]
    assert twelve.json(*WHOLE)["left_out"] == ["D4"]


def test_a_range_whose_first_label_cannot_be_printed_does_nothing(twelve, shop):
    no_letters_for(twelve, shop)
    said = twelve("label", "range", "D13", "D14", "--out", "all.pdf")
    assert (said.status, said.out) == (1, "")
    sentence = " ".join(said.err.split()).partition("Refused: ")[2]
    require_golden(f"{code(CannotBegin)}: {sentence}")
    assert not Path("all.pdf.parts").exists()
    assert twelve.json("label", "range", "D13", "D14", "--out", "all.pdf", "--skip", "D13")["pages"] == 1


def test_what_cannot_be_left_out_is_refused(stopped):
    told(stopped, NotInTheRange, *WHOLE, "--skip", "D13")
    told(stopped, DrawnAlready, *WHOLE, "--skip", "D3")
    told(stopped, NotANumber, *WHOLE, "--skip", "RX3")
    told(stopped, NotFound, "label", "range", "D6", "D6", "--out", "one.pdf", "--skip", "D6")
    assert stopped.json(*WHOLE, "--skip", "D8")["pages"] == 11


def test_a_design_that_was_changed_meanwhile_is_not_mixed(twelve, monkeypatch):
    twelve.done("label", "copy", "dispense-100x62", "own.toml")
    own = Path("own.toml")
    text = own.read_text("utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(label_range, "_pages", lambda file: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            twelve(*WHOLE, "--design", "own.toml")
    Path("all.pdf").unlink()
    own.write_text(text.replace("[14, 13, 12]", "[12]"), "utf-8")
    told(twelve, DesignChanged, *WHOLE, "--design", "own.toml")
    own.write_text(f"{text}# A comment changes nothing.\n", "utf-8")
    assert twelve.json(*WHOLE, "--design", "own.toml")["pages"] == 12


def test_a_link_is_not_followed(twelve):
    Path("precious").mkdir()
    Path("precious/range.json").write_text("{}")
    Path("all.pdf.parts").symlink_to("precious")
    told(twelve, NotOurParts, *WHOLE)
    assert Path("precious/range.json").read_text() == "{}"
    Path("all.pdf.parts").unlink()
    Path("all.pdf.parts").write_text("mine")
    told(twelve, NotOurParts, *WHOLE)


def test_what_is_not_of_the_range_is_neither_used_nor_removed(twelve):
    for foreign in ("thesis.txt", "range.json.bak", "1-5.pdf/", "6-10.pdf", "\x1b[31m"):
        Path("all.pdf.parts").mkdir()
        stranger = Path("all.pdf.parts", foreign)
        stranger.mkdir() if foreign.endswith("/") else stranger.write_text("mine")
        told(twelve, NotOurParts, *WHOLE)
        assert stranger.exists()
        assert not Path("all.pdf").exists()
        shutil.rmtree("all.pdf.parts")


def test_a_linked_part_is_refused(stopped):
    Path("all.pdf.parts/1-5.pdf").rename("away.pdf")
    Path("all.pdf.parts/1-5.pdf").symlink_to("../away.pdf")
    told(stopped, NotOurParts, *WHOLE)
    assert Path("away.pdf").exists()


DAMAGED = (
    "",
    "[]",
    "{}",
    "null",
    "[" * 100_000,
    '{"range": 1, "design": "d", "digest": "d", "key": "k", "drawn": []}',
    '{"range": "r", "design": "d", "digest": "d", "key": "", "drawn": []}',
    '{"range": "r", "design": "d", "digest": "d", "key": "k", "drawn": [1]}',
    '{"range": "r", "design": "d", "digest": "d", "key": "k", "drawn": [{"first": 1}]}',
    '{"range": "r", "design": "d", "digest": "d", "key": "k", "drawn": '
    '[{"first": 5, "last": "9", "left_out": [], "sha256": ""}]}',
    '{"range": "r", "design": "d", "digest": "d", "key": "k", "drawn": '
    '[{"first": 5, "last": 1, "left_out": [], "sha256": ""}]}',
)


def test_a_damaged_record_of_the_range_is_refused(stopped):
    for damaged in DAMAGED:
        Path("all.pdf.parts/range.json").write_text(damaged)
        told(stopped, NotOurParts, *WHOLE)
        assert parts() == ["1-5.pdf", "range.json"]


def test_a_record_that_is_no_text_is_refused(stopped):
    Path("all.pdf.parts/range.json").write_bytes(b"\xff\xfe")
    told(stopped, NotOurParts, *WHOLE)


def test_a_damaged_part_is_refused(stopped):
    part = Path("all.pdf.parts/1-5.pdf")
    for data in (part.read_bytes()[:-200], b"no PDF", b""):
        part.write_bytes(data)
        told(stopped, NotOurParts, *WHOLE)
        assert not Path("all.pdf").exists()


def test_a_part_that_is_gone_is_drawn_again_as_the_same_print(stopped):
    Path("all.pdf.parts/1-5.pdf").unlink()
    assert stopped.json(*WHOLE)["pages"] == 12
    assert not any("Copy" in text_of("all.pdf", number) for number in range(12))


def test_a_file_that_came_meanwhile_stays(twelve, monkeypatch):
    write = range_parts._replace

    def beside(file, data):
        write(file, data)
        Path("all.pdf.parts/mine.txt").write_text("mine")

    monkeypatch.setattr(range_parts, "_replace", beside)
    twelve.done(*WHOLE)
    assert parts() == ["mine.txt"]


def test_what_a_kill_left_half_written_is_removed(stopped):
    Path("all.pdf.parts/.dispensary-a1b2c3d4").write_text("half")
    stopped.done(*WHOLE)
    assert not Path("all.pdf.parts").exists()
