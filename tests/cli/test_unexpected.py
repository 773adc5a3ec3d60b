"""What must not get out: values in the words of a fault, of a driver or of a password; what acts, on a terminal."""

import json
import os
import subprocess
import sys
import textwrap

import pytest
from typer.testing import CliRunner

from dispensary.cli.app import app
from dispensary.cli.output import fault
from dispensary.services.people import register
from tests.cli.counter import PROGRAM
from tests.refusing import require_golden

NAME, IDENTIFIER, BORN = "Kari Hemmelig", "MRN-7731", "1961-04-03"
ADD = ("patient", "add", "--id", IDENTIFIER, "--name", NAME, "--born", BORN, "--key", "again-1")
SECRETS = (NAME, "Hemmelig", IDENTIFIER, BORN)


def broken(*_: object, **__: object) -> None:
    """Fails with a patient in its message, its cause and its variables."""
    kept = f"{NAME} {IDENTIFIER} {BORN}"
    try:
        raise KeyError(kept)
    except KeyError as cause:
        raise RuntimeError(f"cannot enter {kept}") from cause


def require_no_patient(said: str) -> None:
    assert [secret for secret in SECRETS if secret in said] == []


def sentence(said: str) -> str:
    return " ".join(line for line in said.splitlines() if not line.startswith("  "))


def test_a_fault_of_the_program_names_places_and_no_patient(counter, monkeypatch):
    monkeypatch.setattr(register.audit, "record", broken)
    said = CliRunner().invoke(app, ADD)
    assert (said.exit_code, said.stdout) == (3, "")
    assert sentence(said.stderr).startswith("Not saved: The program has a fault (RuntimeError in dispensary.")
    assert sentence(said.stderr).endswith(
        "): it is not known whether anything was saved; run the same command again with --key again-1, "
        "and report the fault with its places."
    )
    places = [line for line in said.stderr.splitlines() if line.startswith("  ")]
    assert any(line.startswith("  dispensary.services.people.register:") for line in places)
    assert places[-1].endswith(" broken")
    require_no_patient(said.stderr)


def test_the_fault_has_its_sentence():
    told = fault(ValueError(NAME))
    require_golden(f"{told.code}: {told}")


def test_after_a_fault_the_same_key_does_the_work(counter, monkeypatch):
    with monkeypatch.context() as planted:
        planted.setattr(register.audit, "record", broken)
        assert CliRunner().invoke(app, ADD).exit_code == 3
    assert "P1" in counter.done(*ADD)


def test_a_fault_is_json_where_that_was_asked_for(counter, monkeypatch):
    monkeypatch.setattr(register.audit, "record", broken)
    said = CliRunner().invoke(app, [*ADD, "--format", "json"])
    error = json.loads(said.stderr)["error"]
    assert (said.exit_code, error["code"], error["problem"]) == (3, "program_fault", "RuntimeError")
    assert error["places"][-1].endswith(" broken")
    require_no_patient(said.stderr)


def test_a_broken_constraint_does_not_tell_the_row(counter, monkeypatch):
    """PostgreSQL tells in its detail what the key was."""
    counter.done(*ADD)
    monkeypatch.setattr(register, "_require_new", lambda *_: None)
    said = CliRunner().invoke(app, [*ADD[:-1], "again-2"])
    assert said.exit_code == 3
    assert "IntegrityError" in said.stderr
    require_no_patient(said.stderr)


def test_what_a_server_says_of_a_value_is_not_told(counter, monkeypatch):
    """Such as: invalid input syntax for type integer, with the text that was none."""

    def cast(db, *_, **__):
        db.exec_driver_sql(f"SELECT CAST('{NAME}' AS integer)" if db.dialect.name == "postgresql" else "SELECT x")

    monkeypatch.setattr(register.audit, "record", cast)
    said = CliRunner().invoke(app, ADD)
    assert said.exit_code == 3
    require_no_patient(said.stderr)


def program(folder, planted: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with something planted in it."""
    code = f"{textwrap.dedent(planted)}{PROGRAM}"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        check=False,
        text=True,
    )


def test_a_fault_shows_no_traceback(counter):
    planted = f"""
        from dispensary import audit
        def record(db, last, event, *, on, by):
            raise RuntimeError({NAME!r})
        audit.record = record
    """
    said = program(counter.folder, planted, *ADD)
    assert (said.returncode, said.stdout) == (3, "")
    assert sentence(said.stderr).startswith("Not saved: The program has a fault (RuntimeError in dispensary.services.")
    assert "Traceback" not in said.stderr
    require_no_patient(said.stderr)


def test_endless_recursion_tells_its_innermost_places(counter, monkeypatch):
    def deep(*given: object, **more: object) -> None:
        deep(*given, **more)

    monkeypatch.setattr(register.audit, "record", deep)
    said = CliRunner().invoke(app, ADD)
    assert said.exit_code == 3
    assert 3 < len(said.stderr.splitlines()) < 50


DIES = """
    import sqlite3
    from dispensary import audit
    take = audit.take
    def dies(db, *given):
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("SET LOCAL ROLE NONE")
            db.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        raise sqlite3.OperationalError("disk I/O error")
    audit.take = dies
"""


def test_a_server_that_dies_in_mid_work_is_one_sentence(counter):
    """Drivers and pools say on standard error, too, what they could not do with a dead connection."""
    said = program(counter.folder, DIES, *ADD)
    assert (said.returncode, said.stdout) == (3, "")
    dead = "terminating connection due to administrator command"
    problem = dead if "postgresql" in os.environ["DISPENSARY_DATABASE"] else "disk I/O error"
    assert " ".join(said.stderr.split()) == (
        f"Not saved: The database did not answer ({problem}): it is not known whether anything was saved; "
        "run the same command again with --key again-1."
    )


def test_a_server_that_dies_before_the_rollback_is_one_sentence(counter):
    planted = """
        from sqlalchemy import create_engine
        from dispensary import lookup
        def dies(db, *given):
            if db.dialect.name == "postgresql":
                own = db.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                other = create_engine(db.engine.url)
                with other.connect() as killer:
                    killer.exec_driver_sql(f"SELECT pg_terminate_backend({own}, 5000)")
                other.dispose()
            raise lookup.NotFound(what="user", given="alex", way_out="try another")
        lookup.person = dies
    """
    for words in (ADD, ("stock",)):
        said = program(counter.folder, planted, *words)
        assert said.stdout == ""
        one = " ".join(said.stderr.split())
        assert one.startswith(("Refused: ", "Not saved: The database did not answer (")), one
        assert one.count(". ") == 0


def test_what_libraries_log_and_warn_of_is_not_shown(sqlite_counter):
    planted = f"""
        import logging, warnings
        from dispensary import audit
        take = audit.take
        def noisy(db, *given):
            logging.getLogger("psycopg").warning("error ignored in rollback on %s", {NAME!r})
            logging.getLogger("sqlalchemy.pool").error("Exception terminating connection", exc_info=True)
            warnings.warn({NAME!r})
            return take(db, *given)
        audit.take = noisy
    """
    said = program(sqlite_counter.folder, planted, *ADD)
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@127.0.0.1:1/x",
        "postgresql://u:a/hunter2@127.0.0.1:1/x",
        "postgresql://u:a#hunter2@127.0.0.1:1/x",
        "postgresql://u:a@hunter2@127.0.0.1:1/x",
        "postgresql://u@hunter2@127.0.0.1:1/x",
        "postgresql://u:hunter2",
        "postgresql://u:hunter2@127.0.0.1:port/x",
        "postgresql://127.0.0.1:1/x?password=hunter2",
        "postgresql://127.0.0.1:1/x?PASSWORD=hunter2",
        "postgresql://127.0.0.1:1/x?sslpassword=hunter2",
        "postgresql://127.0.0.1:1/x?options=-c%20x=hunter2",
        "postgres:/u:hunter2@127.0.0.1/x",
        "postgresql:u:hunter2@127.0.0.1/x",
        " postgresql://u:hunter2@127.0.0.1/x",
        "host=127.0.0.1 password=hunter2",
        "mysql://u:hunter2@127.0.0.1/x",
        "x://hunter2",
        "u:hunter2@127.0.0.1://x",
    ],
)
@pytest.mark.parametrize("words", [("stock",), ("init", "--yes"), ("upgrade",), ("restore", "no.backup")])
def test_a_password_is_never_repeated(empty, monkeypatch, url, words):
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    said = empty(*words)
    assert said.status in (1, 3), said
    assert "hunter2" not in said.out + said.err
    assert "Traceback" not in said.err
