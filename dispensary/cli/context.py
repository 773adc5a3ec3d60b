"""The outside world, in one place: the clock, randomness, the environment, the settings."""

import os
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispensary.errors import Refused
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.practice import NotASetting, Practice, read_practice
from dispensary.rules.printer import Printer, read_printers
from dispensary.rules.product import one_of
from dispensary.rules.text import clean_text


class NoSettings(Refused):
    """The pharmacy has a database and no settings."""

    sentence = "There are no settings at {file}: write them with `dispensary init`."
    file: str


class NotSettings(Refused):
    """A settings file that cannot be read."""

    sentence = "The settings at {file} cannot be used ({problem}): mend the file."
    file: str
    problem: str


class NotATimezone(Refused):
    """A time zone that nobody knows."""

    sentence = "{given} is not a time zone: give one such as America/New_York or Europe/Oslo."
    given: str


def keep_for_owner() -> None:
    """Files that the program makes from here on are for their owner alone."""
    os.umask(0o077)


def now(timezone: str) -> datetime:
    """This moment, by the clock of this counter, in the pharmacy's time zone."""
    return datetime.now(ZoneInfo(timezone))


def random_key() -> str:
    """A request key that no other command has."""
    import secrets

    return secrets.token_hex(12)


def random_bytes() -> bytes:
    """32 bytes that nobody can guess."""
    import secrets

    return secrets.token_bytes(32)


def pause() -> None:
    """Wait up to 20 ms, at random, so that counters which wait for one another take turns."""
    import secrets

    time.sleep(secrets.randbelow(20_000) / 1_000_000)


def pause_for_printer() -> None:
    """Wait two seconds, in which another counter's label may have come out."""
    time.sleep(2)


def line_printer() -> str | None:
    """Where the program `lp` of CUPS is on this machine, if it is."""
    import shutil

    return shutil.which("lp")


def operating_system_user() -> str:
    """Who is logged in at this counter, as far as the operating system knows."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        return f"uid-{os.getuid()}"


def this_counter() -> str:
    """What a session is bound to: the operating system's user and the machine, as far as they can be told."""
    import platform

    return f"{_real_user()} at {platform.node() or 'this machine'}"


def _real_user() -> str:
    """The user of this process. LOGNAME and the like, which anybody can set, are asked where there is nothing else."""
    try:
        import pwd
    except ImportError:
        return operating_system_user()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def random_token() -> str:
    """128 bits that nobody can guess, in hexadecimal."""
    import secrets

    return secrets.token_hex(16)


def interactive() -> bool:
    """Whether somebody sits at a terminal and can be asked."""
    return os.isatty(0) and os.isatty(2)


def default_database() -> str:
    """The database in the user's data folder."""
    from platformdirs import user_data_path

    return str(user_data_path("dispensary") / "dispensary.db")


@dataclass(frozen=True, slots=True)
class Settings:
    """The pharmacy, what its scanner types for FNC1 (empty: the character GS itself), its practice and its printers.

    Printers are read where one is wanted: a mistake in one of them stops no counter that prints nothing.
    """

    pharmacy: Pharmacy
    fnc1: str
    practice: Practice
    given_printers: object

    @property
    def printers(self) -> tuple[Printer, ...]:
        """The printers in their order; raises NotAPrinter."""
        return read_printers(self.given_printers)


def read_settings(file: Path) -> Settings:
    """The settings in the file; raises NoSettings and NotSettings."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoSettings(file=str(file)) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise NotSettings(file=str(file), problem=str(problem)) from None
    try:
        return settings_of(table)
    except KeyError as missing:
        raise NotSettings(file=str(file), problem=f"{missing} is missing") from None
    except Refused as refusal:
        raise NotSettings(file=str(file), problem=str(refusal).removesuffix(".")) from None


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings from their texts, each checked."""
    timezone = str(given["timezone"])
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotATimezone(given=ascii(timezone[:40])) from None
    fnc1 = str(given.get("fnc1", ""))
    if fnc1:
        from dispensary.rules.gs1 import require_separator

        require_separator(fnc1)
    country = one_of(Country, "country", str(given["country"]))
    practice = given.get("practice", {})
    if not isinstance(practice, Mapping):
        raise NotASetting(name="[practice]", given=ascii(str(practice)[:40]), way_out="write it as a table")
    return Settings(
        Pharmacy(
            name=clean_text(str(given["name"]), "the pharmacy's name"),
            address=clean_text(str(given["address"]), "the pharmacy's address"),
            phone=clean_text(str(given["phone"]), "the pharmacy's telephone"),
            country=country,
            timezone=timezone,
            language=one_of(Language, "language", str(given["language"])),
        ),
        fnc1=fnc1,
        practice=read_practice(country, practice),
        given_printers=given.get("printers", {}),
    )
