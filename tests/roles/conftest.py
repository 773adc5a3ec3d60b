"""The pharmacy of the lines on each engine, made once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispensary.backups.taking import back_up
from dispensary.cli import context
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.pharmacy_files import written
from tests.build import NOW, admin, server_uri
from tests.cli.counter import Counter
from tests.pins import cheap
from tests.roles.lines import MOMENT
from tests.roles.prepared import prepared, write_files
from tests.roles.walking import pharmacy


@pytest.fixture(scope="session")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as a file, with its settings and a backup."""
    folder = tmp_path_factory.mktemp("kept")
    file = folder / "pharmacy.db"
    shutil.copy(sqlite_template, file)
    with pharmacy(str(file)) as shop:
        prepared(shop)
        back_up(shop.engine, folder / "kept.backup", settings=None, on=NOW)
    settings = context.settings_of({**PLACEHOLDERS, "fnc1": ""})
    file.with_suffix(".toml").write_text(written(settings), encoding="utf-8")
    write_files(folder)
    return folder


@pytest.fixture(scope="session")
def on_server(postgres_server: str) -> Iterator[str]:
    """Its name on the server."""
    admin(postgres_server, "CREATE DATABASE roles TEMPLATE template")
    with pharmacy(server_uri(postgres_server, "roles")) as shop:
        prepared(shop)
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
    monkeypatch.setattr(context, "now", lambda timezone: MOMENT)
    monkeypatch.setattr(context, "pause_for_printer", lambda: None)
    return tmp_path
