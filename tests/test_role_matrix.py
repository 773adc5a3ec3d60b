"""Every command as every role, compared with the matrix: what it does not allow is refused and leaves one event."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import cycle
from pathlib import Path

import pytest
import typer
from sqlalchemy import select

from dispensary import database
from dispensary.backups.taking import back_up
from dispensary.cli import context
from dispensary.cli.app import COMMANDS
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.pharmacy_files import written
from dispensary.reports.verify import verify
from dispensary.rules import access
from dispensary.rules.access import ALLOWED, CONFIRMED, REQUESTS, Act
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event
from tests import role_lines
from tests.build import NOW, Shop, admin, server_uri
from tests.cli.counter import Counter, Said
from tests.pins import PINS, cheap, given_pin
from tests.refusing import everything
from tests.role_lines import LINES, PEOPLE, WITNESSED

ROWS = [(command, line, acts) for command, lines in LINES.items() for line, acts in lines]


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


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pharmacy of the lines as a file, with its settings and a backup."""
    folder = tmp_path_factory.mktemp("kept")
    file = folder / "pharmacy.db"
    shutil.copy(sqlite_template, file)
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    role_lines.prepared(Shop(engine, NOW))
    settings = context.settings_of({**PLACEHOLDERS, "fnc1": ""})
    file.with_suffix(".toml").write_text(written(settings), encoding="utf-8")
    role_lines.write_files(folder)
    back_up(engine, folder / "kept.backup", settings=None, on=NOW)
    engine.dispose()
    return folder


@pytest.fixture
def desk(empty_folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("DISPENSARY_DATABASE", "pharmacy.db")
    return Counter(empty_folder)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(context, "now", lambda timezone: role_lines.MOMENT)
    monkeypatch.setattr(context, "pause_for_printer", lambda: None)
    return tmp_path


def fresh(kept: Path, folder: Path) -> None:
    """The pharmacy as it was, and nothing else in the folder."""
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    shutil.copytree(kept, folder, dirs_exist_ok=True)


@contextmanager
def pharmacy() -> Iterator[Shop]:
    """The pharmacy in the folder."""
    engine = database.open_engine(database.parse_url("pharmacy.db"), pause=lambda: None)
    yield Shop(engine, NOW)
    engine.dispose()


def allowed(user: str, acts: tuple[Act, ...]) -> bool:
    return all(PEOPLE[user] in ALLOWED[act] for act in acts)


def lines_for(line: str, *pins: str) -> str:
    """What is typed: these PINs, and what else the line asks for."""
    return "".join(f"{each}\n" for each in (*pins, *role_lines.TYPED.get(line, ())))


def sentence(user: str, act: Act) -> str:
    """What the matrix says to the user, told here in words of our own."""
    roles = [role for role in Role if role in ALLOWED[act]]
    words = {Role.AUDITOR: "an auditor", Role.EXPORTER: "an exporter"}
    named = [words.get(role, f"a {role}") for role in roles]
    needed = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    what = f"`{act}`" if act in REQUESTS else str(act)
    return f"{user} has the role of {PEOPLE[user]} and {what} needs {needed}: act as somebody else with --as."


def events(shop: Shop) -> list[tuple[str, str, str]]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject).order_by(audit_event.c.sequence)
    return [tuple(row) for row in shop.read(lambda db: db.execute(found).all())]


def as_the_matrix_says(
    desk: Counter, shop: Shop, user: str, command: str, line: str, acts: tuple[Act, ...], *pins: str
) -> str:
    """Empty where the user is refused or served as the matrix says, with what that leaves; else what went wrong."""
    missing = [act for act in acts if PEOPLE[user] not in ALLOWED[act]]
    before, told = everything(shop)["rows"], events(shop)
    said: Said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *pins))
    what = f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}"
    if not missing:
        return "" if said.status == role_lines.STATUS.get(command, 0) else what
    after = everything(shop)["rows"]
    refused = (said.status, said.out, " ".join(said.err.split())) == (1, "", f"Refused: {sentence(user, missing[0])}")
    noted = events(shop)[len(told) :]
    act = f"`{missing[0]}`" if missing[0] in REQUESTS else str(missing[0])
    expected = [*((user, "confirmed", f"`{acts[0]}`") for _ in pins), (user, "refused", act)]
    left = {**after, "audit_event": after["audit_event"] - len(expected)} == before and noted == expected
    return "" if refused and left else f"{what} {noted}"


@pytest.mark.parametrize(("command", "line", "acts"), ROWS, ids=[line for _, line, _ in ROWS])
def test_does_what_the_matrix_says(desk, kept, command, line, acts):
    wrong = []
    # Whoever is refused leaves an event alone, so that those after them have the same pharmacy.
    fresh(kept, desk.folder)
    for user in sorted(PEOPLE, key=lambda user: allowed(user, acts)):
        if allowed(user, acts):
            fresh(kept, desk.folder)
        with pharmacy() as shop:
            wrong.append(as_the_matrix_says(desk, shop, user, command, line, acts))
    assert [each for each in wrong if each] == []


def test_a_flipped_cell_is_seen(desk, kept, monkeypatch):
    """A matrix that lets a manager dispense, or keeps a technician from it, is not the one that is walked."""
    said = {}
    for user in ("mia", "tess"):
        fresh(kept, desk.folder)
        flipped = {**ALLOWED, Act.DISPENSE: ALLOWED[Act.DISPENSE] ^ {PEOPLE[user]}}
        with monkeypatch.context() as planted:
            planted.setattr(access, "ALLOWED", flipped)
            with pharmacy() as shop:
                said[user] = as_the_matrix_says(desk, shop, user, "dispense", "dispense RX3", (Act.DISPENSE,))
    assert said["mia"].startswith("dispense RX3 as manager: 0")
    assert said["tess"].startswith("dispense RX3 as technician: 1")


def test_postgresql_refuses_the_same(empty_folder, kept, postgres_server, monkeypatch):
    """Every line that somebody may not type; they leave nothing, so that one database serves them all."""
    admin(postgres_server, "CREATE DATABASE roles TEMPLATE template")
    url = server_uri(postgres_server, "roles")
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    shop = Shop(engine, NOW)
    role_lines.prepared(shop)
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    desk = Counter(empty_folder)
    fresh(kept, empty_folder)
    desk.done("init", "--yes")
    refused = [(user, *row) for row in ROWS for user in PEOPLE if not allowed(user, row[2])]
    assert len(refused) > 300
    wrong = [as_the_matrix_says(desk, shop, *each) for each in refused]
    assert shop.read(verify).ok
    engine.dispose()
    assert [each for each in wrong if each] == []


# In a pharmacy whose people have PINs.

ACTING = [row for row in ROWS if row[2]]
"""The lines that somebody acts with; the others open no pharmacy, or find out who acts."""

CONFIRMING = [row for row in ACTING if row[0] in WITNESSED or CONFIRMED & {*row[2]}]

PIN = PINS["pia"]
"""Everybody's, to keep this short."""


@pytest.fixture(scope="module")
def shut(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pharmacy of the lines, after all but max were given a PIN."""
    folder = tmp_path_factory.mktemp("shut")
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    engine = database.open_engine(database.parse_url(str(folder / "pharmacy.db")), pause=lambda: None)
    with pytest.MonkeyPatch.context() as planted:
        cheap(planted)
        with_pins(Shop(engine, NOW))
    engine.dispose()
    return folder


def with_pins(shop: Shop) -> None:
    for name in ("pia", *(each for each in (*PEOPLE, "sam") if each != "pia")):
        given_pin(shop, name, pin=PIN, key=f"pin-of-{name}")


@pytest.fixture(params=["sqlite", "postgresql"])
def shut_shop(
    request: pytest.FixtureRequest, empty_folder: Path, shut: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """It, with its settings in the folder, on each engine."""
    cheap(monkeypatch)
    fresh(shut, empty_folder)
    url = "pharmacy.db"
    if request.param == "postgresql":
        uri = request.getfixturevalue("postgres_server")
        admin(uri, "CREATE DATABASE shut TEMPLATE template")
        url = server_uri(uri, "shut")
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    monkeypatch.setattr(context, "interactive", lambda: False)
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    shop = Shop(engine, NOW)
    if request.param == "postgresql":
        role_lines.prepared(shop)
        Counter(empty_folder).done("init", "--yes")
        with_pins(shop)
    yield shop
    engine.dispose()
    if request.param == "postgresql":
        admin(uri, "DROP DATABASE shut WITH (FORCE)")


def test_without_a_session_every_line_is_refused_recorded_and_writes_nothing(shut_shop, empty_folder):
    """Whoever --as names, and whatever PIN is offered."""
    desk, wrong = Counter(empty_folder), []
    people = cycle(PEOPLE)
    files = sorted(empty_folder.rglob("*"))
    for _, line, _ in ACTING:
        before, told = everything(shut_shop)["rows"], events(shut_shop)
        given = ("--as", next(people)) if len(told) % 2 else ()
        said = desk("--pin-stdin", *given, *shlex.split(line), stdin=lines_for(line, PIN, PIN))
        after = everything(shut_shop)["rows"]
        left = {**after, "audit_event": after["audit_event"] - 1} == before
        sentence = "Refused: Nobody is logged in at this counter: run `dispensary login`.\n"
        refused = (said.status, said.out, said.err) == (1, "", sentence)
        if not (refused and left and events(shut_shop)[len(told) :] == [("(nobody)", "refused", "login")]):
            wrong.append(f"{line}: {said}")
    assert wrong == []
    assert sorted(empty_folder.rglob("*")) == files
    assert [each for each in shut_shop.read(verify).checks if not each.ok] == []


def test_with_a_session_and_without_a_pin_what_is_confirmed_is_refused_and_writes_nothing(shut_shop, empty_folder):
    desk, wrong, tried = Counter(empty_folder), [], set()
    for user in PEOPLE:
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        for command, line, acts in CONFIRMING:
            if not allowed(user, acts):
                continue
            before = everything(shut_shop)
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
        for command, line, acts in ACTING:
            if not allowed(user, acts):
                # A PIN is given by everybody to themselves, and only then to others.
                first = (PIN,) if acts[0] in CONFIRMED and allowed(user, acts[:1]) else ()
                wrong.append(as_the_matrix_says(desk, shut_shop, user, command, line, acts, *first))
    assert "\n".join(each for each in wrong if each) == ""


@pytest.mark.parametrize(("command", "line", "acts"), ACTING, ids=[line for _, line, _ in ACTING])
def test_with_a_session_and_the_pins_on_standard_input_it_is_done(desk, shut, command, line, acts, monkeypatch):
    """By one of each role that may, and nobody is asked who need not be."""
    cheap(monkeypatch)
    monkeypatch.setattr(context, "interactive", lambda: False)
    wrong = []
    for user in (each for each in PEOPLE if allowed(each, acts)):
        if not CONFIRMED & {*acts} and command not in WITNESSED and user not in ("tess", "rob", "eve", "kit"):
            # What is confirmed is walked by all; of the others the open pharmacy has shown the rest.
            continue
        fresh(shut, desk.folder)
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        typed = [PIN] * bool(CONFIRMED & {*acts}) + [PIN] * (command in WITNESSED)
        said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *typed))
        if said.status != role_lines.STATUS.get(command, 0):
            wrong.append(f"{line} as {user}: {said.status} {said.out[-300:]} {said.err}")
        with pharmacy() as shop:
            confirmed = [subject for _, kind, subject in events(shop) if kind == "confirmed"]
        if len(confirmed) != len(typed):
            wrong.append(f"{line} as {user}: {confirmed}")
    assert wrong == []
