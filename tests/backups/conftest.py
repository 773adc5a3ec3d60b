"""Where backups go in tests."""

import shutil
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from dispensary import database
from dispensary.backups import copying, seal
from dispensary.backups.manifest import Manifest
from tests.backups.backed_up import no_pause, taken
from tests.build import NOW, Shop, admin, server_uri

_names = count(1)


@pytest.fixture(scope="module")
def tables_made_once(tmp_path_factory) -> Iterator[None]:
    """The tables that wait for a server's rows are made by the migrations once for each schema, and then copied.

    Not for tests that look at what is left when a backup was taken or was not.
    """
    folder = tmp_path_factory.mktemp("tables")
    make = copying._make_tables

    def copied(file: Path, schema: str) -> None:
        made = folder / schema
        if made.exists():
            shutil.copy(made, file)
        else:
            make(file, schema)
            shutil.copy(file, made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "_make_tables", copied)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request, tmp_path: Path) -> Iterator[str]:
    """The URL of a place, on each engine, where nothing is."""
    if request.param == "sqlite":
        (tmp_path / "elsewhere").mkdir()
        yield f"sqlite:///{tmp_path}/elsewhere/pharmacy.db"
        return
    with pytest.MonkeyPatch.context() as patch:
        # The server stays for other tests, whose folder for what is temporary is another.
        patch.setattr("tempfile.tempdir", None)
        uri = request.getfixturevalue("postgres_server")
    name = f"elsewhere{next(_names)}"
    admin(uri, f"CREATE DATABASE {name}")
    yield server_uri(uri, name)
    admin(uri, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Names are relative, and what is temporary stands in a folder of its own."""
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return Path()


@pytest.fixture
def quick(monkeypatch) -> None:
    """A passphrase costs its half second once."""
    monkeypatch.setattr(seal, "_keys", cache(seal._keys))


@pytest.fixture(scope="module")
def kept(busy, tmp_path_factory) -> tuple[Manifest, Path]:
    """A backup of the pharmacy in which everything was done once, for tests that leave it as it is."""
    file = tmp_path_factory.mktemp("kept") / "b"
    return taken(busy, file), file


@pytest.fixture(scope="module")
def two(sqlite_template, tmp_path_factory) -> tuple[bytes, bytes]:
    """A backup of a small pharmacy, plain and sealed."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url(str(folder / "x.db")), no_pause)
    shop = Shop(engine, NOW)
    for sealed in (False, True):
        taken(shop, folder / str(sealed), sealed=sealed)
    engine.dispose()
    return (folder / "False").read_bytes(), (folder / "True").read_bytes()


@pytest.fixture
def saved(kept, here) -> Path:
    """A copy of the backup that is kept, as `b`."""
    shutil.copy(kept[1], here / "b")
    return here / "b"
