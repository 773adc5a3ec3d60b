"""`dispensary label queue` and `label send`: a dead printer, one that comes back, and a counter that dies meanwhile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.cli.desk import Desk
from dispensary.cli.pharmacy_files import written
from dispensary.exports.terminal import WIDTH
from dispensary.reports.verify import verify
from dispensary.rules.people import Role
from dispensary.rules.printer import SENDING_TAKES
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.printing.print_label import Print, print_label
from dispensary.services.printing.send import claim
from tests.build import NOW, Shop
from tests.cli.counter import PROGRAM, Counter
from tests.refusing import require_golden


@pytest.fixture
def at(counter: Counter, shop: Shop, pauses) -> Counter:
    """PJ1 and PJ2, labels of a shelf, wait for the printer at the counter."""
    for key in ("one", "two"):
        shop.do(print_label, Print(key, "shelf", "US-CY-ARG1", "shelf-62x29", "counter"))
    return counter


def settings_file() -> Path:
    return Desk(os.environ["DISPENSARY_DATABASE"], None).settings_file


def printer(to: str, name: str = "counter") -> None:
    """The printer of that name in the settings, and no other."""
    file = settings_file()
    kept = file.read_text("utf-8").partition("\n[printers.")[0]
    file.write_text(f'{kept}\n[printers.{name}]\nto = "{to}"\ndesigns = ["shelf-62x29"]\n', "utf-8")


def dead() -> None:
    printer("pdf://127.0.0.1:9")


def told(said) -> str:
    """The sentence of what still waits, with exit status 4."""
    assert said.status == 4, said
    return " ".join(said.err.split()).partition(": ")[2]


def test_what_waits_is_sent(at, sink):
    printer(f"pdf://127.0.0.1:{sink.port}")
    assert at.done("label", "send") == "PJ1: counter took it.\nPJ2: counter took it.\n"
    assert [part[:5] for part in sink.got] == [b"%PDF-", b"%PDF-"]
    assert at.done("label", "queue") == "Every label is printed.\n"
    assert at.done("label", "send") == "No label was waiting.\n"
    assert at.done("label", "send", "PJ1") == "PJ1: counter took it.\n"
    assert len(sink.got) == 2


def test_a_dead_printer_keeps_its_labels_waiting(at, sink, pauses, shop):
    dead()
    problem = "127.0.0.1 port 9 cannot be reached (Connection refused)"
    sentence = told(at("label", "send", "PJ1"))
    assert sentence == (
        f"PJ1 is not printed: {problem}. It waits in the books; send it again with `dispensary label send`, "
        "or give it up with `dispensary label cancel PJ1 --reason TEXT`."
    )
    require_golden(f"still_waiting: {sentence}")
    assert len(pauses) == 2
    (first, second) = at.json("label", "queue")
    assert (first["state"], first["tries"], first["problem"]) == ("failed", 3, problem)
    assert (second["state"], second["tries"], second["problem"]) == ("waiting", 0, "")
    assert told(at("label", "send")) == (
        f"2 labels are not printed: PJ1: {problem}. They wait in the books; send them again with "
        "`dispensary label send`, or give one up with `dispensary label cancel PJ1 --reason TEXT`."
    )
    printer(f"pdf://127.0.0.1:{sink.port}")
    at.done("label", "send")
    assert len(sink.got) == 2
    assert shop.read(verify).ok


def test_the_queue_fits_a_terminal_and_is_csv_too(at):
    dead()
    at("label", "send")
    page = at.done("label", "queue")
    assert max(map(len, page.splitlines())) <= WIDTH
    assert "PJ2  shelf US-CY-ARG1     2  counter  failed" in page
    assert at.done("label", "queue", "--format", "csv").startswith("job,kind,record,copy,printer,design,state,tries,")


def test_a_printer_that_the_settings_do_not_have(at, pauses):
    sentence = told(at("label", "send", "PJ1"))
    assert sentence.startswith("PJ1 is not printed: There is no printer 'counter': the settings have none")
    # Neither the name of a patient nor anything else of the sentence is kept.
    assert at.json("label", "queue")[0]["problem"] == "it cannot be printed (no_printer)"
    assert pauses == []


def died(shop) -> None:
    """A counter took PJ1 two minutes ago, and was not heard of since."""
    shop.at(shop.on - SENDING_TAKES).do(claim, "PJ1")


def test_what_another_counter_sends_is_left_to_it(at, sink, shop):
    shop.do(claim, "PJ1")
    printer(f"pdf://127.0.0.1:{sink.port}")
    sentence = told(at("label", "send", "PJ1"))
    assert sentence == (
        "PJ1 is not printed: it is being sent since 09:30. Wait two minutes, and look at `dispensary label queue`."
    )
    require_golden(f"still_waiting: {sentence}")
    (first, _) = at.json("label", "queue")
    assert (first["state"], first["problem"]) == ("being sent", "it is being sent since 09:30")
    assert "being sent since 09:30" in at.refused("label", "send", "--again", "PJ1")
    assert sink.got == []


def test_what_nobody_wants_any_more_is_cancelled(at, sink, shop):
    printer(f"pdf://127.0.0.1:{sink.port}")
    said = at.done("label", "cancel", "PJ1", "--reason", "a torn roll", "--key", "k")
    assert said == "PJ1 is cancelled: shelf US-CY-ARG1.\n"
    assert at.done("label", "cancel", "PJ1", "--reason", "a torn roll", "--key", "k") == said
    assert at.json("label", "cancel", "PJ2", "--reason", "a torn roll")["state"] == "cancelled"
    assert at.done("label", "queue") == "Every label is printed.\n"
    assert at.done("label", "send") == "No label was waiting.\n"
    assert at.refused("label", "send", "PJ1") == (
        "PJ1 is not sent: it was cancelled (a torn roll); print the label once more, which counts as a copy."
    )
    assert at("label", "cancel", "PJ1", "--reason", "\x1b[31m").status == 1
    assert sink.got == []
    assert shop.read(verify).ok


def test_what_came_out_is_said_to_be_printed(at, shop):
    died(shop)
    assert at.done("label", "printed", "PJ1") == "PJ1 was printed by counter: shelf US-CY-ARG1.\n"
    assert [each["job"] for each in at.json("label", "queue")] == ["PJ2"]
    assert at.refused("label", "printed", "PJ2").startswith("PJ2 is not printed now: it waits still")


def test_an_older_copy_is_given_up(at, sink):
    printer(f"pdf://127.0.0.1:{sink.port}")
    at.done("label", "send", "PJ2")
    said = at("label", "send")
    assert said.out == "No label was sent.\n"
    sentence = told(said)
    assert sentence == (
        "PJ1 is not printed: PJ2, a newer copy of the label, is printed. "
        "Give PJ1 up with `dispensary label cancel PJ1 --reason TEXT`."
    )
    require_golden(f"still_waiting: {sentence}")
    assert at.refused("label", "send", "PJ1").startswith("PJ1 is not sent: PJ2, a newer copy of the label, is printed")
    at.done("label", "cancel", "PJ1", "--reason", "old")
    assert len(sink.got) == 1


def test_what_may_have_been_printed_is_printed_again_when_somebody_says_so(at, sink, shop):
    died(shop)
    printer(f"pdf://127.0.0.1:{sink.port}")
    sentence = told(at("label", "send"))
    assert sentence == (
        "PJ1 is not printed: nobody told how its sending ended. PJ1 may have been printed; if it was not, "
        "run `dispensary label send --again PJ1`, and if it was, `dispensary label printed PJ1`."
    )
    require_golden(f"still_waiting: {sentence}")
    assert told(at("label", "send", "PJ1")) == sentence
    assert len(sink.got) == 1
    assert at.done("label", "send", "--again", "PJ1", "--key", "again") == "PJ3: counter took it.\n"
    assert at.done("label", "send", "--again", "PJ1", "--key", "again") == "PJ3: counter took it.\n"
    assert len(sink.got) == 2
    assert at.refused("label", "send", "PJ1") == "PJ1 is not sent: it is printed again as PJ3."
    assert at.done("label", "queue") == "Every label is printed.\n"
    assert shop.read(verify).ok


def test_one_job_or_another_again(at):
    sentence = at.refused("label", "send", "PJ1", "--again", "PJ2")
    require_golden(f"one_or_the_other: {sentence}")


def test_an_auditor_sends_nothing(at, shop, monkeypatch):
    shop.do(add_user, NewUser("a", "audrey", Role.AUDITOR))
    monkeypatch.setenv("DISPENSARY_USER", "audrey")
    assert "audrey has the role of auditor" in at.refused("label", "send")
    assert "PJ1" in at.done("label", "queue")


def test_a_counter_that_dies_while_it_sends_leaves_what_nobody_knows(at, shop, tmp_path, monkeypatch):
    """The program that takes the label for CUPS kills the counter before it ends."""
    lp = tmp_path / "bin" / "lp"
    lp.parent.mkdir()
    lp.write_text('#!/bin/sh\ncat > "$0.got"\nkill -9 $PPID\n')
    lp.chmod(0o755)
    printer("cups:Roll")
    monkeypatch.setenv("PATH", f"{lp.parent}:/usr/bin:/bin")
    run = [sys.executable, "-c", PROGRAM, "label", "send"]
    died = subprocess.run(run, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    monkeypatch.setattr(context, "now", lambda timezone: NOW + SENDING_TAKES)
    assert [(each["job"], each["state"]) for each in at.json("label", "queue")] == [
        ("PJ1", "unknown"),
        ("PJ2", "waiting"),
    ]
    lp.write_text('#!/bin/sh\ncat > "$0.got"\necho "request id is Roll-2 (1 file(s))"\n')
    said = at("label", "send")
    assert said.out == "PJ2: counter took it as Roll-2.\n"
    assert told(said).endswith("and if it was, `dispensary label printed PJ1`.")
    assert at.done("label", "send", "--again", "PJ1") == "PJ3: counter took it as Roll-2.\n"
    assert shop.read(verify).ok


def test_printers_are_settings_that_are_written_back(counter):
    printer("pdf://printer.example")
    read = context.read_settings(settings_file())
    assert [each.to for each in read.printers] == ["pdf://printer.example:9100"]
    settings_file().write_text(written(read), "utf-8")
    assert context.read_settings(settings_file()).printers == read.printers


def test_a_wrong_printer_stops_only_what_is_printed(at, shop):
    printer("Roll")
    assert [each["job"] for each in at.json("label", "queue")] == ["PJ1", "PJ2"]
    at.done("stock")
    at.done("label", "shelf", "US-CY-VIT30", "--out", "a.pdf")
    for words in (("send",), ("send", "PJ1"), ("shelf", "US-CY-ARG1", "--print")):
        assert "'Roll' cannot be the address of the printer counter" in at.refused("label", *words)
    # Nothing was tried.
    assert [each["tries"] for each in at.json("label", "queue")] == [0, 0]
