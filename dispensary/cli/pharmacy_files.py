"""Making what a pharmacy needs on disk: the database with its schema, the settings file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from dispensary import shipped
from dispensary.cli.context import Desk, Settings, now, random_bytes, random_key

if TYPE_CHECKING:
    from collections.abc import Mapping


def create(desk: Desk, settings: Settings) -> bool:
    """Make what is missing of database and settings; what is there stays. Whether the pharmacy was opened now."""
    from dispensary import database
    from dispensary.exports.files import make_folder, write_new
    from dispensary.rules.formulary import read_rows
    from dispensary.services.catalogue.open_pharmacy import Opening, is_open, open_pharmacy

    folders = {desk.settings_file.parent}
    if desk.bare_engine.dialect.name == "sqlite":
        folders.add(Path(str(desk.bare_engine.url.database)).parent)
    for folder in folders:
        make_folder(folder)
    if database.schema_of(desk.bare_engine) is None:
        database.upgrade(desk.bare_engine)
    formulary = shipped.formulary()
    opening = Opening(
        key=random_key(),
        name=settings.pharmacy.name,
        origin=random_bytes().hex(),
        user=desk.user,
        formulary=read_rows(formulary.read_bytes(), formulary.name),
    )
    on = now(settings.pharmacy.timezone)
    opened = database.transaction(desk.engine, lambda db: None if is_open(db) else open_pharmacy(db, opening, on=on))
    if not desk.settings_file.exists():
        write_new(desk.settings_file, written(settings).encode())
    return opened is not None


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
