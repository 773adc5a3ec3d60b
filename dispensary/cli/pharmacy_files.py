"""Making what a pharmacy needs on disk: the database with its schema, the settings file."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dispensary import shipped
from dispensary.cli import context
from dispensary.cli.context import Settings, random_bytes, random_key
from dispensary.cli.desk import Desk
from dispensary.errors import Refused, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping


def create(desk: Desk, settings: Settings) -> bool:
    """Make what is missing of database and settings; what is there stays. Whether the pharmacy was opened now."""
    from dispensary import database, ownership
    from dispensary.exports.files import make_folder, write_new
    from dispensary.rules.formulary import read_rows
    from dispensary.services.catalogue.open_pharmacy import Opening, is_open, open_pharmacy

    folders = {desk.settings_file.parent}
    if desk.bare_engine.dialect.name == "sqlite":
        folders.add(Path(str(desk.bare_engine.url.database)).parent)
    for folder in folders:
        make_folder(folder)
    if database.schema_of(desk.bare_engine) is None:
        ownership.upgrade(desk.bare_engine)
    formulary = shipped.formulary()
    opening = Opening(
        key=random_key(),
        name=settings.pharmacy.name,
        origin=random_bytes().hex(),
        user=desk.user,
        formulary=read_rows(formulary.read_bytes(), formulary.name),
    )
    on = context.now(settings.pharmacy.timezone)
    opened = database.transaction(desk.engine, lambda db: None if is_open(db) else open_pharmacy(db, opening, on=on))
    if not desk.settings_file.exists():
        write_new(desk.settings_file, written(settings).encode())
    return opened is not None


class NotALogin(Refused):
    """A name that the server would not take as it is, or a database without logins."""

    sentence = "{given} cannot be a login of {database}: {way_out}."
    given: str
    database: str
    way_out: str


class PasswordKept(Refused):
    """A password of such a login is kept there."""

    sentence = "{file} holds the password of a login already: choose another name, or move the file away first."
    file: str


@dataclass(frozen=True, slots=True)
class CounterLogin:
    """The URL that counters give, without a password, and the file with the password, as libpq reads it."""

    url: str
    file: Path


def require_login(desk: Desk, name: str) -> None:
    """Nothing, where a login of that name could be made; raises NotALogin, LoginThere and PasswordKept."""
    from dispensary.database import shown
    from dispensary.exports.files import shown as shown_path
    from dispensary.ownership import require_no_role

    url = desk.bare_engine.url
    if desk.bare_engine.dialect.name == "sqlite":
        raise NotALogin(given=quoted(name), database=shown(url), way_out="a file has no logins, its owner opens it")
    if not re.fullmatch("[a-z][a-z0-9_]{0,62}", name) or name.startswith("pg_"):
        way_out = "give up to 63 small letters, digits and _, of which a letter comes first, and not pg_"
        raise NotALogin(given=quoted(name), database=shown(url), way_out=way_out)
    file = _password_file(desk, name)
    if os.path.lexists(file):
        raise PasswordKept(file=shown_path(file))
    require_no_role(desk.bare_engine, name)


def _password_file(desk: Desk, name: str) -> Path:
    return desk.settings_file.with_name(f"{desk.settings_file.stem}-{name}.pgpass")


def add_login(desk: Desk, name: str) -> CounterLogin:
    """A login that may act as the application; its password is in a file for its owner alone, and nowhere else.

    Raises LoginThere, NeedsAdministrator, FileExists and FileNotSaved; no login is made then.
    """
    from dispensary import database, ownership, server_address
    from dispensary.exports.files import write_new

    admins = desk.bare_engine.url
    url = admins.create(
        admins.drivername, name, host=admins.host, port=admins.port, database=admins.database, query=admins.query
    )
    # Letters and digits alone need no escape in the file.
    password = random_bytes().hex()
    machines = ((host or "localhost", port) for host, port in server_address.machines(url))
    lines = [
        ":".join((*map(_escaped, (host, str(port), str(url.database), name)), password)) for host, port in machines
    ]
    file = _password_file(desk, name)
    ownership.add_login(
        desk.bare_engine, name, password, lambda: write_new(file, "".join(f"{line}\n" for line in lines).encode())
    )
    return CounterLogin(database.shown(url), file)


def _escaped(field: str) -> str:
    """As the password file of libpq has it (postgresql.org/docs/current/libpq-pgpass.html)."""
    return field.replace("\\", "\\\\").replace(":", "\\:")


def written(settings: Settings) -> str:
    """The settings as TOML; JSON writes strings, numbers, truths and lists as TOML does."""
    from dispensary.rules import practice, printer

    pharmacy = settings.pharmacy
    table: Mapping[str, str] = {
        "name": pharmacy.name,
        "address": pharmacy.address,
        "phone": pharmacy.phone,
        "country": pharmacy.country,
        "timezone": pharmacy.timezone,
        "language": pharmacy.language,
        "fnc1": settings.fnc1,
    }
    lines = [f"{key} = {json.dumps(str(value), ensure_ascii=False)}" for key, value in table.items()]
    lines += ["", "# What differs by country, state or house: README.md says what each means.", "[practice]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in practice.written(settings.practice).items()]
    for each in settings.printers:
        lines += ["", f"[printers.{each.name}]"]
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in printer.written(each).items()]
    return "# The pharmacy, as its labels and rules need it.\n" + "\n".join(lines) + "\n"
