"""Where the histories stand: as SQLite files in a folder, or in databases of a PostgreSQL server."""

import shutil
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from benchmarks import pharmacy
from benchmarks.scale import history
from benchmarks.server import Server
from dispensary import database


class Books(ABC):
    """Histories by their number of movements; `folder` has room for what is made of them."""

    by_the_clock: bool
    """Whether the processor's time of a command says too little, since a server works for it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment: dict[str, str] = {}

    @abstractmethod
    def at(self, size: int) -> str:
        """The URL of the history of that size, which is written where it is not there yet."""

    @abstractmethod
    def twin(self, url: str, folder: Path) -> str:
        """The URL of a copy, which need not last longer than the folder."""


class Files(Books):
    """A file of SQLite each, with its settings beside it."""

    by_the_clock = False

    def at(self, size: int) -> str:
        file = self.folder / f"{size}.db"
        url = f"sqlite:///{file}"
        if not file.exists():
            written = history.write(url, movements=size, told=say)
            say(f"{written}, {file.stat().st_size / 2**20:,.0f} MiB")
        pharmacy.settings_beside(file)
        return url

    def twin(self, url: str, folder: Path) -> str:
        return f"sqlite:///{shutil.copy(url.removeprefix('sqlite:///'), folder / 'twin.db')}"


class Databases(Books):
    """A database of the server each, with its settings in a data folder of the run's own."""

    by_the_clock = True

    def __init__(self, folder: Path, server: Server) -> None:
        super().__init__(folder)
        self._server = server
        self._made: dict[int, str] = {}
        self._settings = folder / "dispensary"
        self._settings.mkdir()
        self.environment["XDG_DATA_HOME"] = str(folder)

    def at(self, size: int) -> str:
        if size not in self._made:
            name = f"history_{size}"
            self._made[size] = self._server.create(name)
            say(str(history.write(self._made[size], movements=size, told=say)))
            pharmacy.settings_beside(self._settings / name)
        return self._made[size]

    def twin(self, url: str, folder: Path) -> str:  # noqa: ARG002
        return self._server.create("twin", template=str(database.parse_url(url).database))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
