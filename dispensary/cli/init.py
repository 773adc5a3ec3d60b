"""`dispensary init`: create or open the pharmacy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import desk, new_app, say
from dispensary.errors import Refused

if TYPE_CHECKING:
    from dispensary.cli.desk import Desk

app = new_app()

PLACEHOLDERS = {
    "name": "Corner Pharmacy",
    "address": "1 Main Street, Anytown",
    "phone": "555-0100",
    "country": "us",
    "timezone": "America/New_York",
    "language": "en",
}


class SettingsThere(Refused):
    """Settings that were given although there are some."""

    sentence = "The settings are at {file} and stay as they are: change them in that file, then run `dispensary init`."
    file: str


class MissingSetting(Refused):
    """A setting that nobody gave."""

    sentence = "The pharmacy's {setting} is missing: give --{setting}, or --yes to start with placeholders."
    setting: str


@app.command()
def init(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The pharmacy's name.")] = None,
    address: Annotated[str | None, typer.Option(metavar="TEXT", help="Its address, as labels print it.")] = None,
    phone: Annotated[str | None, typer.Option(metavar="TEXT", help="Its telephone number.")] = None,
    country: Annotated[str | None, typer.Option(metavar="us|no", help="us or no: whose label rules hold.")] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Such as America/New_York or Europe/Oslo.")
    ] = None,
    language: Annotated[str | None, typer.Option(metavar="en|nb", help="en or nb.")] = None,
    fnc1: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the scanner types for FNC1, if not the character GS.")
    ] = None,
    counter_login: Annotated[
        str | None, typer.Option(metavar="NAME", help="On PostgreSQL: also make a login for counters.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Placeholders for what is missing.")] = False,
) -> None:
    """Create or open the pharmacy."""
    from dispensary.cli import pharmacy_files
    from dispensary.cli.context import settings_of
    from dispensary.database import shown
    from dispensary.exports.files import shown as shown_path

    at = desk(context)
    given = {
        "name": name,
        "address": address,
        "phone": phone,
        "country": country,
        "timezone": timezone,
        "language": language,
    }
    there = at.settings_file.exists()
    if there and any(value is not None for value in (*given.values(), fnc1)):
        raise SettingsThere(file=str(at.settings_file))
    settings = at.settings if there else settings_of(_asked(given, yes) | {"fnc1": fnc1 or ""})
    if counter_login is not None:
        pharmacy_files.require_login(at, counter_login)
    newly = pharmacy_files.create(at, settings)
    say(f"{settings.pharmacy.name} is open: database {shown(at.bare_engine.url)}, settings {at.settings_file}.")
    if counter_login is not None:
        login = pharmacy_files.add_login(at, counter_login)
        say(f"Counters log in as {counter_login}: {login.url}, with the password that is in {shown_path(login.file)}.")
    if newly:
        say(f"You act as {at.user}, pharmacist. `dispensary product list` shows the starter formulary.")
        _first_pin(at, ask=not yes)


def _first_pin(at: "Desk", *, ask: bool) -> None:
    """A PIN of the first user's, where somebody is there to choose it; else what is missing without it."""
    from dispensary.cli.context import interactive, random_key
    from dispensary.cli.login import opened, with_new_pin
    from dispensary.rules.access import Act

    if (
        ask
        and interactive()
        and typer.confirm(f"Is {at.user} to log in with a PIN from now on?", default=True, err=True)
    ):
        by = at.require(Act.USER_PIN)
        with_new_pin(at, by.name, random_key())
        opened(at, by)
        return
    say("Nobody has a PIN yet, so whoever sits at this counter can act as anybody: `dispensary user pin` gives the")
    say("first, and from then on everybody logs in.")


def _asked(given: Mapping[str, str | None], yes: bool) -> dict[str, str]:
    """What was given, with what was missing asked for, or taken from the placeholders."""
    from dispensary.cli.context import interactive

    chosen = {}
    for setting, value in given.items():
        if value is None and not yes:
            if not interactive():
                raise MissingSetting(setting=setting)
            value = typer.prompt(f"The pharmacy's {setting}", default=PLACEHOLDERS[setting], err=True)
        chosen[setting] = PLACEHOLDERS[setting] if value is None else value
    return chosen
