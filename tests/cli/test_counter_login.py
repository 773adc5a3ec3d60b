"""`init` on a server, and the login that it makes for counters."""

import re
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from dispensary.cli.desk import Desk
from dispensary.cli.pharmacy_files import NotALogin, PasswordKept, _escaped, require_login
from tests.build import admin, server_uri
from tests.refusing import require_golden

_names = count(1)


@pytest.fixture
def server(empty, postgres_server, monkeypatch) -> Iterator[str]:
    """The URL of an empty database, which the commands use; its roles go with it."""
    name = f"till_pharmacy{next(_names)}"
    admin(postgres_server, f"CREATE DATABASE {name}")
    url = server_uri(postgres_server, name)
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    yield url
    admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")
    for role in ("till", f"{name}_owner", f"{name}_app"):
        admin(postgres_server, f"DROP ROLE IF EXISTS {role}")


def kept(empty) -> list[Path]:
    return sorted((empty.folder / "data" / "dispensary").glob("*.pgpass"))


def test_one_command_sets_up_a_server_and_a_login_for_counters(empty, server, monkeypatch):
    said = empty.done("init", "--yes", "--counter-login", "till")
    (file,) = kept(empty)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    url = make_url(server)
    host, port, database, login, password = file.read_text().removesuffix("\n").split(":")
    assert (host, port, database, login) == (url.query["host"], "5432", url.database, "till")
    assert len(password) == 64
    assert password not in said
    assert f"Counters log in as till: postgresql://till@/{database}" in said
    assert file.name in said
    # The counter gives the login's URL; libpq reads the file.
    monkeypatch.setenv("PGPASSFILE", str(file))
    monkeypatch.setenv("DISPENSARY_DATABASE", url.set(username="till", password=None).render_as_string())
    assert len(empty.json("product", "list")) == 14
    assert re.search("ok +append-only", empty("verify").out)


def test_a_login_that_is_there_is_refused_and_no_password_kept(empty, server):
    empty.done("init", "--yes")
    assert "has a role postgres already" in empty.refused("init", "--counter-login", "postgres")
    assert kept(empty) == []


def test_a_password_that_is_kept_there_is_not_replaced(empty, server):
    empty.done("init", "--yes", "--counter-login", "till")
    (file,) = kept(empty)
    before = file.read_text()
    admin(server, "DROP ROLE till")
    at = Desk(server, "alex")
    with pytest.raises(PasswordKept) as caught:
        require_login(at, "till")
    at.close()
    require_golden(f"{caught.value.code}: {caught.value}".replace(str(file), "FOLDER/pharmacy-till.pgpass"))
    empty.refused("init", "--counter-login", "till")
    assert file.read_text() == before
    file.unlink()
    empty.done("init", "--counter-login", "till")


@pytest.mark.parametrize("name", ["Till", "1till", "pg_till", "", 'a"b', "a" * 64, "till; DROP ROLE x"])
def test_a_name_that_is_none_is_refused_before_anything_is_made(empty, server, name):
    assert "cannot be a login of" in empty.refused("init", "--yes", "--counter-login", name)
    assert "There is no pharmacy" in empty.refused("stock")


def test_a_file_has_no_logins(empty):
    sentence = empty.refused("--database", "x.db", "init", "--yes", "--counter-login", "till")
    assert sentence == "'till' cannot be a login of x.db: a file has no logins, its owner opens it."
    require_golden(f"{NotALogin.__new__(NotALogin).code}: {sentence}")


def test_a_field_of_the_password_file_is_escaped():
    assert _escaped("a:b\\c") == "a\\:b\\\\c"


def test_an_upgrade_of_a_server_says_what_it_did(empty, server):
    empty.done("init", "--yes")
    assert "there is nothing to do" in empty.done("upgrade")
    name = make_url(server).database
    admin(server, f"GRANT UPDATE ON movement TO {name}_app")
    assert re.search("WRONG +append-only", empty("verify").out)
    assert "owns nothing" in empty.done("upgrade")
    assert re.search("ok +append-only", empty("verify").out)
