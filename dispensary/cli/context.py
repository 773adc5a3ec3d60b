"""The outside world, in one place: the clock, randomness, the environment, the settings, the acting person."""

import os
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispensary.errors import Refused
from dispensary.rules.access import Act, NotAllowed, require
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.practice import NotASetting, Practice, read_practice
from dispensary.rules.printer import Printer, read_printers
from dispensary.rules.product import one_of
from dispensary.rules.text import clean_text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dispensary.reports.disclosed import Disclosed
    from dispensary.rules.people import Person

Result = TypeVar("Result")


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


class Desk:
    """What a command is run with: the database, the settings, the moment, the acting person."""

    def __init__(self, database: str | None, user: str | None) -> None:
        # Files that the program makes are for their owner alone, from the first one on.
        os.umask(0o077)
        self.given_database = database or default_database()
        self.user = user or operating_system_user()
        self.format = "table"
        self.key: str | None = None

    @cached_property
    def settings_file(self) -> Path:
        """Beside a SQLite file, under its name; for a server in the user's data folder, under the database's name."""
        from dispensary.database import parse_url

        url = parse_url(self.given_database)
        if url.drivername == "sqlite":
            return Path(str(url.database)).with_suffix(".toml")
        from platformdirs import user_data_path

        return user_data_path("dispensary") / f"{url.database or 'postgres'}.toml"

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises NoSettings and NotSettings."""
        return read_settings(self.settings_file)

    @property
    def pharmacy(self) -> Pharmacy:
        """The pharmacy as its settings describe it."""
        return self.settings.pharmacy

    @property
    def practice(self) -> Practice:
        """What the pharmacy has set for itself."""
        return self.settings.practice

    @cached_property
    def printers(self) -> tuple[Printer, ...]:
        """The printers of the settings; raises NotSettings where one of them cannot be."""
        try:
            return self.settings.printers
        except Refused as refusal:
            raise NotSettings(file=str(self.settings_file), problem=str(refusal).removesuffix(".")) from None

    @cached_property
    def on(self) -> datetime:
        """The moment of the command, the same throughout."""
        return now(self.pharmacy.timezone)

    @cached_property
    def bare_engine(self) -> "Engine":
        """The database, whatever its schema."""
        from dispensary.database import open_engine, parse_url

        return open_engine(parse_url(self.given_database), pause)

    @cached_property
    def engine(self) -> "Engine":
        """The database with this program's schema; raises NoPharmacy, OtherSchema and NotADatabase."""
        from dispensary.database import check_schema

        check_schema(self.bare_engine)
        return self.bare_engine

    def close(self) -> None:
        """Let the database go, if it was asked for."""
        if "bare_engine" in self.__dict__:
            self.bare_engine.dispose()

    def write(self, service: Callable[..., Result], order: object, **more: object) -> Result:
        """The service's receipt, its work committed."""
        from dispensary.database import transaction
        from dispensary.lookup import person

        def work(db: "Connection") -> Result:
            return service(db, order, on=self.on, by=person(db, self.user), **more)

        with self._refusals_noted():
            return transaction(self.engine, work)

    def read_records(
        self,
        what: str,
        report: "Callable[[Connection, Person], Disclosed[Result]]",
        act: Act,
    ) -> Result:
        """What the report shows, with one event that the acting person read the records of its patients.

        Raises NotAllowed.
        """
        from dispensary.database import transaction
        from dispensary.services.people.register import note_reading

        # Read without holding up the counters that write; noted before anything is shown.
        with self.reading(act) as (db, by):
            disclosed = report(db, by)
        transaction(self.engine, lambda db: note_reading(db, disclosed.patients, what, on=self.on, by=by))
        return disclosed.shown

    @contextmanager
    def reading(self, act: Act) -> Iterator[tuple["Connection", "Person"]]:
        """A connection to read with, and the acting person, who may do the act; raises NotAllowed."""
        from dispensary.database import reading
        from dispensary.lookup import person

        with self._refusals_noted(), reading(self.engine) as db:
            by = person(db, self.user)
            require(by, act)
            yield db, by

    def require(self, act: Act) -> None:
        """Nothing, where the acting person may do this to the whole pharmacy, or there is none; raises NotAllowed.

        The pharmacy may have an earlier schema; a newer one knows roles that this program does not, and raises
        OtherSchema.
        """
        from dispensary.database import SCHEMA, check_schema, reading, schema_of
        from dispensary.lookup import person

        schema = schema_of(self.bare_engine)
        if schema is None or schema > SCHEMA:
            check_schema(self.bare_engine)
        with self._refusals_noted(), reading(self.bare_engine) as db:
            require(person(db, self.user), act)

    @contextmanager
    def _refusals_noted(self) -> Iterator[None]:
        """Notes in the audit that somebody was not allowed to do what was asked, and lets the refusal go on."""
        try:
            yield
        except NotAllowed as refusal:
            # A refusal that cannot be noted is still a refusal: its sentence and status are those of the command.
            with suppress(Refused):
                self._note(refusal)
            raise

    def _note(self, refusal: NotAllowed) -> None:
        from dispensary.database import transaction
        from dispensary.lookup import person
        from dispensary.services.people.register import note_refusal

        transaction(self.engine, lambda db: note_refusal(db, refusal, on=self.on, by=person(db, self.user)))
