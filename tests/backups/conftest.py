"""Where backups go in tests."""

from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from dispensary import database
from dispensary.backups import seal
from tests.backups.backed_up import no_pause, taken
from tests.build import NOW, Shop, admin, server_uri

_names = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request, tmp_path: Path) -> Iterator[str]:
    """The URL of a place, on each engine, where nothing is."""
    if request.param == "sqlite":
        (tmp_path / "elsewhere").mkdir()
        yield f"sqlite:///{tmp_path}/elsewhere/pharmacy.db"
        return
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
