"""Every command as every role, compared with the matrix: what it does not allow is refused and leaves one event."""

from collections.abc import Iterator
from importlib import import_module

import pytest
import typer

from dispensary.cli.app import COMMANDS
from dispensary.reports.verify import verify
from dispensary.rules import access
from dispensary.rules.access import ALLOWED, Act
from dispensary.rules.people import Role
from tests.build import admin, server_uri
from tests.cli.counter import Counter
from tests.roles.lines import ACTING, FREE, LINES, PEOPLE, ROWS
from tests.roles.walking import Books, fresh, lacked, not_refused, not_served, pharmacy


def leaves() -> Iterator[str]:
    """The words of every command."""
    for name, module in COMMANDS.items():
        command = typer.main.get_command(import_module(f"dispensary.cli.{module}").app)
        subs = getattr(command, "commands", None)
        yield from (f"{name} {sub}" for sub in subs) if subs else (name,)


def test_every_command_has_a_line():
    assert sorted(leaves()) == sorted(LINES)


def test_every_line_is_one_of_its_command():
    assert [line for command, line, _ in ROWS if not line.startswith(command)] == []


def test_every_act_is_walked():
    """But for a finding that is overridden, and the other person of a request, which services ask about."""
    walked = {act for _, _, acts in ROWS for act in acts}
    assert set(Act) - walked == {Act.OVERRIDE, Act.WITNESS, Act.CHECK_BATCH}


@pytest.mark.parametrize("row", ACTING, ids=[line for _, line, _ in ACTING])
def test_does_what_the_matrix_says(desk, kept, row):
    command, line, acts = row
    # Whoever is refused leaves an event alone, so that those after them have the same pharmacy.
    fresh(kept, desk.folder)
    with pharmacy("pharmacy.db") as shop:
        books = Books(shop)
        wrong = [each for user in PEOPLE if lacked(user, acts) for each in not_refused(desk, books, user, row)]
    for user in PEOPLE:
        if not lacked(user, acts):
            fresh(kept, desk.folder)
            wrong += not_served(desk, user, command, line)
    assert wrong == []


@pytest.mark.parametrize("user", PEOPLE)
@pytest.mark.parametrize(("command", "line"), FREE, ids=[line for _, line in FREE])
def test_what_needs_no_act_is_done_by_everybody(desk, kept, command, line, user):
    fresh(kept, desk.folder)
    assert not_served(desk, user, command, line) == []


@pytest.mark.parametrize(("command", "line"), FREE, ids=[line for _, line in FREE])
def test_what_needs_no_act_is_done_by_somebody_who_may_do_nothing(desk, kept, command, line, monkeypatch):
    monkeypatch.setattr(access, "ALLOWED", {act: roles - {Role.EXPORTER} for act, roles in ALLOWED.items()})
    fresh(kept, desk.folder)
    assert not_served(desk, "eve", command, line) == []


def test_a_flipped_cell_is_seen(desk, kept, monkeypatch):
    """A matrix that lets a manager dispense, or keeps a technician from it, is not the one that is walked."""

    def flip(role: Role) -> None:
        monkeypatch.setattr(access, "ALLOWED", {**ALLOWED, Act.DISPENSE: ALLOWED[Act.DISPENSE] ^ {role}})

    fresh(kept, desk.folder)
    flip(PEOPLE["tess"])
    (said,) = not_served(desk, "tess", "dispense", "dispense RX3")
    assert said.startswith("dispense RX3 as technician: 1")
    flip(PEOPLE["mia"])
    with pharmacy("pharmacy.db") as shop:
        said, left = not_refused(desk, Books(shop), "mia", ("dispense", "dispense RX3", (Act.DISPENSE,)))
    assert said.startswith("dispense RX3 as manager: 0")
    assert "('mia', 'dispense', 'D3')" in left


def test_postgresql_refuses_the_same(empty_folder, kept, on_server, postgres_server, monkeypatch):
    """Every line that somebody may not type; they leave nothing, so that one database serves them all."""
    admin(postgres_server, f"CREATE DATABASE refusing TEMPLATE {on_server}")
    url = server_uri(postgres_server, "refusing")
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    desk = Counter(empty_folder)
    fresh(kept, empty_folder)
    desk.done("init", "--yes")
    refused = [(user, row) for row in ROWS for user in PEOPLE if lacked(user, row[2])]
    assert len(refused) > 300
    with pharmacy(url) as shop:
        books = Books(shop)
        assert [each for user, row in refused for each in not_refused(desk, books, user, row)] == []
        assert shop.read(verify).ok
    admin(postgres_server, "DROP DATABASE refusing WITH (FORCE)")
