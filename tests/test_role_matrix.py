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

ACTING = [row for row in ROWS if row[2]]
"""The lines that somebody acts with; the others open no pharmacy, or find out who acts."""

FREE = [(command, line) for command, line, acts in ROWS if not acts]

WAYS_IN = [
    (line, acts)
    for command, line, acts in ACTING
    if len(acts) > 1 or command in ("receive", "lot show", "patient show", "verify", "upgrade", "user add", "site add")
]
"""One line for each way in which the program comes to ask: before it reads, before it writes, before anything, and
in the midst of writing, which is where a second act is asked for."""


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


@pytest.fixture(scope="module")
def on_server(postgres_server: str) -> Iterator[str]:
    """The name of the same on the server, to be copied."""
    admin(postgres_server, "CREATE DATABASE roles TEMPLATE template")
    engine = database.open_engine(database.parse_url(server_uri(postgres_server, "roles")), pause=lambda: None)
    role_lines.prepared(Shop(engine, NOW))
    engine.dispose()
    yield "roles"
    admin(postgres_server, "DROP DATABASE roles")


@pytest.fixture
def desk(empty_folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("DISPENSARY_DATABASE", "pharmacy.db")
    return Counter(empty_folder)


@pytest.fixture
def empty_folder(quick_disk: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cheap(monkeypatch)
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


def opened(url: str) -> Iterator[Shop]:
    """The pharmacy there."""
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    try:
        yield Shop(engine, NOW)
    finally:
        # Also of a test that fails: a connection that is left open would fail whichever test runs when it is let go.
        engine.dispose()


pharmacy = contextmanager(opened)


def lacked(user: str, acts: tuple[Act, ...]) -> Act | None:
    """The first of the acts that the user may not do, if any."""
    return next((act for act in acts if PEOPLE[user] not in ALLOWED[act]), None)


def lines_for(line: str, *pins: str) -> str:
    """What is typed: these PINs, and what else the line asks for."""
    return "".join(f"{each}\n" for each in (*pins, *role_lines.TYPED.get(line, ())))


def sentence(user: str, act: Act) -> str:
    """What the matrix says to the user, told here in words of our own."""
    roles = [role for role in Role if role in ALLOWED[act]]
    words = {Role.AUDITOR: "an auditor", Role.EXPORTER: "an exporter"}
    named = [words.get(role, f"a {role}") for role in roles]
    needed = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{user} has the role of {PEOPLE[user]} and {quoted(act)} needs {needed}: act as somebody else with --as."


def quoted(act: Act) -> str:
    return f"`{act}`" if act in REQUESTS else str(act)


Event = tuple[str, str, str]
"""Who did it, what kind it is, and of what."""


def events(shop: Shop) -> list[Event]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject).order_by(audit_event.c.sequence)
    return [tuple(row) for row in shop.read(lambda db: db.execute(found).all())]


@contextmanager
def leaves_alone(shop: Shop, expected: list[Event], wrong: list[str]) -> Iterator[None]:
    """What is done within leaves these events, and nothing else; what it left is added to what is wrong."""
    before, told = everything(shop), len(events(shop))
    yield
    after, noted = everything(shop), events(shop)[told:]
    rows = {**after["rows"], "audit_event": after["rows"]["audit_event"] - len(expected)}
    if (noted, rows, after["balances"]) != (expected, before["rows"], before["balances"]):
        wrong.append(f"{noted} in place of {expected}, and {before} became {after}")


def not_as(expected: tuple[int, str], user: str, line: str, said: Said) -> list[str]:
    """What was said, where it is not a refusal of this status and sentence with nothing on standard output."""
    same = (said.status, said.out, " ".join(said.err.split())) == (expected[0], "", expected[1])
    return [] if same else [f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}"]


def not_refused(
    desk: Counter, shop: Shop, tried: list[tuple[str, str, tuple[Act, ...]]], pin: str | None = None
) -> list[str]:
    """What went wrong where each user should be refused their line as the matrix says, and leave its event alone.

    A PIN is given by everybody to themselves, and only then to others.
    """
    wrong: list[str] = []
    expected: list[Event] = []
    with leaves_alone(shop, expected, wrong):
        for user, line, acts in tried:
            act = lacked(user, acts)
            assert act is not None
            pins = (pin,) if pin and acts[0] in CONFIRMED and acts[0] is not act else ()
            said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *pins))
            wrong += not_as((1, f"Refused: {sentence(user, act)}"), user, line, said)
            expected += [*((user, "confirmed", f"`{acts[0]}`") for _ in pins), (user, "refused", quoted(act))]
    return wrong


def not_served(desk: Counter, user: str, command: str, line: str, *pins: str) -> list[str]:
    """What went wrong where the user should be served."""
    said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *pins))
    done = said.status == role_lines.STATUS.get(command, 0)
    return [] if done else [f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}"]


@pytest.mark.parametrize(("command", "line", "acts"), ACTING, ids=[line for _, line, _ in ACTING])
def test_does_what_the_matrix_says(desk, kept, command, line, acts):
    # Whoever is refused leaves an event alone, so that those after them have the same pharmacy.
    fresh(kept, desk.folder)
    with pharmacy("pharmacy.db") as shop:
        wrong = not_refused(desk, shop, [(user, line, acts) for user in PEOPLE if lacked(user, acts)])
    for user in PEOPLE:
        if not lacked(user, acts):
            fresh(kept, desk.folder)
            wrong += not_served(desk, user, command, line)
    assert wrong == []


@pytest.mark.parametrize(("command", "line"), FREE, ids=[line for _, line in FREE])
def test_what_needs_no_act_is_done_by_somebody_who_may_do_nothing(desk, kept, command, line, monkeypatch):
    monkeypatch.setattr(access, "ALLOWED", {act: roles - {Role.EXPORTER} for act, roles in ALLOWED.items()})
    fresh(kept, desk.folder)
    assert not_served(desk, "eve", command, line) == []


def test_a_flipped_cell_is_seen(desk, kept, monkeypatch):
    """A matrix that lets a manager dispense, or keeps a technician from it, is not the one that is walked."""
    fresh(kept, desk.folder)
    with monkeypatch.context() as planted:
        planted.setattr(access, "ALLOWED", {**ALLOWED, Act.DISPENSE: ALLOWED[Act.DISPENSE] ^ {*Role}})
        (said,) = not_served(desk, "tess", "dispense", "dispense RX3")
        assert said.startswith("dispense RX3 as technician: 1")
        with pharmacy("pharmacy.db") as shop:
            said, left = not_refused(desk, shop, [("mia", "dispense RX3", (Act.DISPENSE,))])
    assert said.startswith("dispense RX3 as manager: 0")
    assert "('mia', 'dispense', 'D3')" in left


def test_postgresql_refuses_the_same(empty_folder, kept, on_server, postgres_server, monkeypatch):
    """Whatever way the program comes to the refusal; the open pharmacy above has shown every line."""
    admin(postgres_server, f"CREATE DATABASE refusing TEMPLATE {on_server}")
    url = server_uri(postgres_server, "refusing")
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    desk = Counter(empty_folder)
    fresh(kept, empty_folder)
    desk.done("init", "--yes")
    with pharmacy(url) as shop:
        refused = [(user, line, acts) for line, acts in WAYS_IN for user in PEOPLE if lacked(user, acts)]
        assert not_refused(desk, shop, refused) == []
        assert shop.read(verify).ok
    admin(postgres_server, "DROP DATABASE refusing WITH (FORCE)")


# In a pharmacy whose people have PINs.

CONFIRMING = [row for row in ACTING if row[0] in WITNESSED or CONFIRMED & {*row[2]}]

PIN = PINS["pia"]
"""Everybody's, to keep this short."""


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


@pytest.fixture
def lines(shut_shop: Shop) -> list[tuple[str, tuple[Act, ...]]]:
    """What is tried there: on PostgreSQL one line for each way in."""
    return WAYS_IN if shut_shop.engine.dialect.name == "postgresql" else [(line, acts) for _, line, acts in ACTING]


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


def test_without_a_session_every_line_is_refused_recorded_and_writes_nothing(shut_shop, empty_folder, lines):
    """Whoever --as names, and whatever PIN is offered."""
    desk, wrong = Counter(empty_folder), []
    files = sorted(empty_folder.rglob("*"))
    with leaves_alone(shut_shop, [("(nobody)", "refused", "login")] * len(lines), wrong):
        for number, ((line, _), user) in enumerate(zip(lines, cycle(PEOPLE), strict=False)):
            given = ("--as", user) if number % 2 else ()
            said = desk("--pin-stdin", *given, *shlex.split(line), stdin=lines_for(line, PIN, PIN))
            nobody = "Refused: Nobody is logged in at this counter: run `dispensary login`."
            wrong += not_as((1, nobody), user, line, said)
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


def test_with_a_session_the_matrix_refuses_the_same(shut_shop, empty_folder, lines):
    """Before any PIN is asked for: of each line and each act that somebody lacks, one of those who lack it."""
    desk, wrong = Counter(empty_folder), []
    tried: dict[str, list[tuple[str, str, tuple[Act, ...]]]] = {user: [] for user in PEOPLE}
    for line, acts in lines:
        # Whoever was tried least.
        users = sorted(PEOPLE, key=lambda user: len(tried[user]))
        for user in {lacked(user, acts): user for user in reversed(users) if lacked(user, acts)}.values():
            tried[user].append((user, line, acts))
    for user, of_user in tried.items():
        desk.done("--pin-stdin", "login", user, stdin=f"{PIN}\n")
        wrong += not_refused(desk, shut_shop, of_user, PIN)
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
