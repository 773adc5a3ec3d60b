"""Every command as every role, compared with the matrix: what it does not allow is refused and leaves one event."""

import shlex
import shutil
from collections.abc import Iterator
from importlib import import_module
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
from dispensary.rules.access import ALLOWED, REQUESTS, Act
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event
from tests import role_lines
from tests.build import NOW, Shop, admin, server_uri
from tests.cli.counter import Counter, Said
from tests.refusing import everything
from tests.role_lines import LINES, PEOPLE

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


def sentence(user: str, act: Act) -> str:
    """What the matrix says to the user, told here in words of our own."""
    roles = [role for role in Role if role in ALLOWED[act]]
    words = {Role.AUDITOR: "an auditor"}
    named = [words.get(role, f"a {role}") for role in roles]
    needed = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    what = f"`{act}`" if act in REQUESTS else str(act)
    return f"{user} has the role of {PEOPLE[user]} and {what} needs {needed}: act as somebody else with --as."


def events(shop: Shop) -> list[tuple[str, str, str]]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject).order_by(audit_event.c.sequence)
    return [tuple(row) for row in shop.read(lambda db: db.execute(found).all())]


def as_the_matrix_says(desk: Counter, shop: Shop, user: str, command: str, line: str, acts: tuple[Act, ...]) -> str:
    """Empty where the user is refused or served as the matrix says, with what that leaves; else what went wrong."""
    missing = [act for act in acts if PEOPLE[user] not in ALLOWED[act]]
    before, told = everything(shop)["rows"], events(shop)
    said: Said = desk("--as", user, *shlex.split(line))
    what = f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}"
    if not missing:
        return "" if said.status == role_lines.STATUS.get(command, 0) else what
    after = everything(shop)["rows"]
    refused = (said.status, said.out, " ".join(said.err.split())) == (1, "", f"Refused: {sentence(user, missing[0])}")
    noted = events(shop)[len(told) :]
    act = f"`{missing[0]}`" if missing[0] in REQUESTS else str(missing[0])
    left = {**after, "audit_event": after["audit_event"] - 1} == before and noted == [(user, "refused", act)]
    return "" if refused and left else f"{what} {noted}"


@pytest.mark.parametrize(("command", "line", "acts"), ROWS, ids=[line for _, line, _ in ROWS])
def test_does_what_the_matrix_says(desk, kept, command, line, acts):
    wrong = []
    for user in PEOPLE:
        fresh(kept, desk.folder)
        engine = database.open_engine(database.parse_url("pharmacy.db"), pause=lambda: None)
        wrong.append(as_the_matrix_says(desk, Shop(engine, NOW), user, command, line, acts))
        engine.dispose()
    assert [each for each in wrong if each] == []


def test_a_flipped_cell_is_seen(desk, kept, monkeypatch):
    """A matrix that lets a manager dispense, or keeps a technician from it, is not the one that is walked."""
    said = {}
    for user in ("mia", "tess"):
        fresh(kept, desk.folder)
        flipped = {**ALLOWED, Act.DISPENSE: ALLOWED[Act.DISPENSE] ^ {PEOPLE[user]}}
        with monkeypatch.context() as planted:
            planted.setattr(access, "ALLOWED", flipped)
            engine = database.open_engine(database.parse_url("pharmacy.db"), pause=lambda: None)
            said[user] = as_the_matrix_says(desk, Shop(engine, NOW), user, "dispense", "dispense RX3", (Act.DISPENSE,))
            engine.dispose()
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
    refused = [
        (user, *row) for row in ROWS for user in PEOPLE if any(PEOPLE[user] not in ALLOWED[act] for act in row[2])
    ]
    assert len(refused) > 90
    wrong = [as_the_matrix_says(desk, shop, *each) for each in refused]
    assert shop.read(verify).ok
    engine.dispose()
    assert [each for each in wrong if each] == []
