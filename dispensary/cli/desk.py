"""The desk at which a command is run: the database, the settings, the moment, and who acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dispensary.cli import context
from dispensary.cli.context import NotSettings, Settings
from dispensary.cli.identity import Identity
from dispensary.cli.pins import Asking
from dispensary.cli.token_file import TokenFile
from dispensary.errors import Refused
from dispensary.rules.access import Act, Denied, NeedsPin, PinRefused, require
from dispensary.rules.people import Pharmacy
from dispensary.rules.practice import Practice
from dispensary.rules.printer import Printer

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dispensary.reports.disclosed import Disclosed
    from dispensary.rules.people import Person

Result = TypeVar("Result")


class Desk:
    """What a command is run with: the database, the settings, the moment, the acting person."""

    def __init__(
        self,
        database: str | None,
        user: str | None,
        site: str | None = None,
        *,
        pin_stdin: bool = False,
        standby: bool = False,
    ) -> None:
        # Files that the program makes are for their owner alone, from the first one on.
        context.keep_for_owner()
        self.given_database = database or context.default_database()
        self.given_user = user
        self.given_site = site
        self.user = user or context.operating_system_user()
        self.asking = Asking(from_stdin=pin_stdin)
        self.format = "table"
        self.key: str | None = None
        self.standby = standby

    @cached_property
    def settings_file(self) -> Path:
        """Beside a SQLite file, under its name; for a server in the user's data folder, under the database's name."""
        from dispensary.database import parse_url

        url = parse_url(self.given_database)
        if url.drivername == "sqlite":
            return Path(str(url.database)).with_suffix(".toml")
        from platformdirs import user_data_path

        return user_data_path("dispensary") / f"{url.database or 'postgres'}.toml"

    def token_file(self, script: str) -> TokenFile:
        """Where the token of the person at this counter is kept, or that of the script of this name."""
        from platformdirs import user_data_path

        from dispensary.database import parse_url, shown

        url = parse_url(self.given_database)
        if url.drivername == "sqlite":
            url = url.set(database=str(Path(str(url.database)).absolute()))
        return TokenFile(user_data_path("dispensary") / "sessions", shown(url), script)

    @cached_property
    def identity(self) -> Identity:
        """Who acts."""
        return Identity(self.given_user, self.user, self.given_site, context.this_counter(), self.token_file)

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises NoSettings and NotSettings."""
        return context.read_settings(self.settings_file)

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
        return context.now(self.pharmacy.timezone)

    @cached_property
    def _moment(self) -> datetime:
        """That of the command; in UTC without settings, as a pharmacy may be read that has lost them."""
        return self.on if self.settings_file.exists() else context.now("UTC")

    @cached_property
    def bare_engine(self) -> "Engine":
        """The database, whatever its schema."""
        from dispensary.database import open_engine, parse_url

        return open_engine(parse_url(self.given_database), context.pause)

    @cached_property
    def engine(self) -> "Engine":
        """The database with this program's schema; raises NoPharmacy, OtherSchema and NotADatabase."""
        from dispensary.database import check_schema

        check_schema(self.bare_engine)
        return self.bare_engine

    @cached_property
    def reading_engine(self) -> "Engine":
        """The database for who only reads: at a standby where that was asked for and one answers."""
        from dispensary.database import check_schema, open_engine, parse_url, reading_url

        if not self.standby:
            return self.engine
        engine = open_engine(reading_url(parse_url(self.given_database)), context.pause)
        check_schema(engine)
        return engine

    def close(self) -> None:
        """Let the database go, if it was asked for."""
        for name in ("bare_engine", "reading_engine"):
            if name in self.__dict__:
                self.__dict__[name].dispose()

    def write(self, service: Callable[..., Result], order: object, **more: object) -> Result:
        """The service's receipt, its work committed; the PINs that it needs are asked for.

        Raises NotAllowed and the other refusals of who may act, which the audit notes.
        """
        from dispensary.database import transaction

        def work(db: "Connection") -> Result:
            return service(db, order, on=self.on, by=self.identity.person(db, self.on), **more)

        with self.refusals_noted():
            while True:
                try:
                    done = transaction(self.engine, work)
                    break
                except NeedsPin as need:
                    self.identity.confirm(self.engine, need, self.on, self.asking)
            self.identity.used(self.engine, self.on)
            return done

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

        with self.refusals_noted():
            with reading(self.reading_engine) as db:
                by = self.identity.person(db, self._moment)
                require(by, act)
                yield db, by
            self.identity.used(self.engine, self._moment)

    def require(self, act: Act) -> "Person":
        """The acting person, who may do this to the whole pharmacy; raises NotAllowed.

        The PIN is asked for where the act needs it. The pharmacy may have an earlier schema, where name and PIN stand
        for a session, since nobody can log in before the upgrade; a newer one knows roles that this program does
        not, and raises OtherSchema.
        """
        from dispensary.database import SCHEMA, check_schema, reading, schema_of
        from dispensary.lookup import person
        from dispensary.rules.sign_in import NotSignedIn
        from dispensary.sessions import SINCE

        schema = schema_of(self.bare_engine)
        if schema is None or schema > SCHEMA:
            check_schema(self.bare_engine)
        with self.refusals_noted():
            while True:
                try:
                    with reading(self.bare_engine) as db:
                        # Nobody has a PIN where there is no table of them.
                        by = (
                            self.identity.person(db, self._moment) if (schema or "") >= SINCE else person(db, self.user)
                        )
                        require(by, act)
                    self.identity.used(self.bare_engine, self._moment)
                    return by
                except NeedsPin as need:
                    self.identity.confirm(self.engine, need, self._moment, self.asking)
                except NotSignedIn:
                    if schema == SCHEMA:
                        raise
                    self.identity.prove(self.bare_engine, self.asking, self._moment)

    @contextmanager
    def refusals_noted(self) -> Iterator[None]:
        """Notes in the audit that somebody was not allowed to do what was asked, and lets the refusal go on."""
        try:
            yield
        except Denied as refusal:
            # A refusal that cannot be noted is still a refusal: its sentence and status are those of the command.
            with suppress(Refused):
                self._note(refusal)
            raise

    def _note(self, refusal: Denied) -> None:
        # What is said of a PIN has its event already, in the transaction that counts it.
        if not isinstance(refusal, PinRefused):
            self.identity.note(self.engine, refusal, self._moment)
