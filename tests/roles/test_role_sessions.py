"""Every command as every role in a pharmacy whose people have PINs: without a session, with one, and with the PINs."""

import shlex
import shutil
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.reports.verify import verify
from dispensary.rules.access import CONFIRMED, Act
from tests.build import Shop, admin, server_uri
from tests.cli.counter import Counter, Said
from tests.pins import PINS, cheap, given_pin
from tests.refusing import everything
from tests.roles.lines import ACTING, PEOPLE, WITNESSED
from tests.roles.walking import Books, events, fresh, lacked, lines_for, not_refused, not_served, opened, pharmacy

CONFIRMING = [row for row in ACTING if row[0] in WITNESSED or CONFIRMED & {*row[2]}]

PIN = PINS["pia"]
"""Everybody's, to keep this short."""

NOBODY = Said(1, "", "Refused: Nobody is logged in at this counter: run `dispensary login`.\n")


@pytest.fixture(scope="module")
def shut(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pharmacy of the lines, after all but max were given a PIN."""
    folder = tmp_path_factory.mktemp("shut")
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    given_pins(str(folder / "pharmacy.db"))
    return folder


@pytest.fixture(scope="module")
def shut_on_server(on_server: str, postgres_server: str) -> Iterator[str]:
    """The name of the same on the server, to be copied."""
    admin(postgres_server, f"CREATE DATABASE shut TEMPLATE {on_server}")
    given_pins(server_uri(postgres_server, "shut"))
    yield "shut"
    admin(postgres_server, "DROP DATABASE shut")


def given_pins(url: str) -> None:
    with pytest.MonkeyPatch.context() as planted, pharmacy(url) as shop:
        cheap(planted)
        for name in ("pia", *(each for each in (*PEOPLE, "sam") if each != "pia")):
            given_pin(shop, name, pin=PIN, key=f"pin-of-{name}")


@pytest.fixture(params=["sqlite", "postgresql"])
def shut_shop(
    request: pytest.FixtureRequest, empty_folder: Path, shut: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """It, with its settings in the folder, on each engine."""
    monkeypatch.setattr(context, "interactive", lambda: False)
    fresh(shut, empty_folder)
    if request.param == "sqlite":
        monkeypatch.setenv("DISPENSARY_DATABASE", "pharmacy.db")
        yield from opened("pharmacy.db")
        return
    uri = request.getfixturevalue("postgres_server")
    admin(uri, f"CREATE DATABASE shut_copy TEMPLATE {request.getfixturevalue('shut_on_server')}")
    url = server_uri(uri, "shut_copy")
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    Counter(empty_folder).done("init", "--yes")
    yield from opened(url)
    admin(uri, "DROP DATABASE shut_copy WITH (FORCE)")


def test_without_a_session_every_line_is_refused_recorded_and_writes_nothing(shut_shop, empty_folder):
    """Whoever --as names, and whatever PIN is offered."""
    desk, books, wrong = Counter(empty_folder), Books(shut_shop), []
    files = sorted(empty_folder.rglob("*"))
    for number, ((_, line, _), user) in enumerate(zip(ACTING, cycle(PEOPLE), strict=False)):
        given = ("--as", user) if number % 2 else ()
        said = desk("--pin-stdin", *given, *shlex.split(line), stdin=lines_for(line, PIN, PIN))
        left = books.wrong([("(nobody)", "refused", "login")])
        if said != NOBODY or left:
            wrong += [f"{line}: {said}", *left]
    assert wrong == []
    assert sorted(empty_folder.rglob("*")) == files
    assert [each for each in shut_shop.read(verify).checks if not each.ok] == []


def test_with_a_session_and_without_a_pin_what_is_confirmed_is_refused_and_writes_nothing(shut_shop, empty_folder):
    desk, wrong, tried = Counter(empty_folder), [], set()
    for user in PEOPLE:
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        before = everything(shut_shop)
        for command, line, acts in CONFIRMING:
            if lacked(user, acts):
                continue
            said = desk("--as", user, *shlex.split(line), "--format", "json")
            asked = WITNESSED[command] if command == "repack" else user
            refused = said.status == 1 and said.out == "" and '"code": "needs_pin"' in said.err
            if not (refused and f'"user": "{asked}"' in said.err and everything(shut_shop) == before):
                wrong.append(f"{line} as {user}: {said}")
            tried |= CONFIRMED & {*acts}
    assert wrong == []
    assert tried == CONFIRMED - {Act.OVERRIDE, Act.WITNESS, Act.CHECK_BATCH}


def test_with_a_session_the_matrix_refuses_the_same(shut_shop, empty_folder):
    """Before any PIN is asked for."""
    desk, wrong = Counter(empty_folder), []
    for user in PEOPLE:
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        books = Books(shut_shop)
        for row in ACTING:
            if lacked(user, row[2]):
                wrong += not_refused(desk, books, user, row, PIN)
    assert wrong == []


@pytest.mark.parametrize(("command", "line", "acts"), ACTING, ids=[line for _, line, _ in ACTING])
def test_with_a_session_and_the_pins_on_standard_input_it_is_done(desk, shut, command, line, acts, monkeypatch):
    """By one of each role that may, and nobody is asked who need not be."""
    monkeypatch.setattr(context, "interactive", lambda: False)
    wrong = []
    for user in (each for each in PEOPLE if not lacked(each, acts)):
        if not CONFIRMED & {*acts} and command not in WITNESSED and user not in ("tess", "rob", "eve", "kit"):
            # What is confirmed is walked by all; of the others the open pharmacy has shown the rest.
            continue
        fresh(shut, desk.folder)
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        typed = [PIN] * bool(CONFIRMED & {*acts}) + [PIN] * (command in WITNESSED)
        wrong += not_served(desk, user, command, line, *typed)
        with pharmacy("pharmacy.db") as shop:
            confirmed = [subject for _, kind, subject in events(shop) if kind == "confirmed"]
        if len(confirmed) != len(typed):
            wrong.append(f"{line} as {user}: {confirmed}")
    assert wrong == []
