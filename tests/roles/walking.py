"""How a line is tried, what it must say, and what it may leave."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from dispensary import database
from dispensary.rules.access import ALLOWED, CONFIRMED, REQUESTS, Act
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event
from tests.build import NOW, Shop
from tests.cli.counter import Counter
from tests.refusing import everything
from tests.roles.lines import PEOPLE, STATUS, TYPED, Row

Event = tuple[str, str, str]
"""Who did it, what kind it is, and of what."""


def fresh(kept: Path, folder: Path) -> None:
    """The pharmacy as it was, and nothing else in the folder."""
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    shutil.copytree(kept, folder, dirs_exist_ok=True)


def opened(url: str) -> Iterator[Shop]:
    """The pharmacy there."""
    engine = database.open_engine(database.parse_url(url), pause=lambda: None)
    try:
        yield Shop(engine, NOW)
    finally:
        # Also of a test that fails: a connection that is left open would fail whichever test runs when it is let go.
        engine.dispose()


pharmacy = contextmanager(opened)


def lacked(user: str, acts: tuple[Act, ...]) -> Act | None:
    """The first of the acts that the user may not do, if any."""
    return next((act for act in acts if PEOPLE[user] not in ALLOWED[act]), None)


def lines_for(line: str, *pins: str) -> str:
    """What is typed: these PINs, and what else the line asks for."""
    return "".join(f"{each}\n" for each in (*pins, *TYPED.get(line, ())))


def sentence(user: str, act: Act) -> str:
    """What the matrix says to the user, told here in words of our own."""
    roles = [role for role in Role if role in ALLOWED[act]]
    words = {Role.AUDITOR: "an auditor", Role.EXPORTER: "an exporter"}
    named = [words.get(role, f"a {role}") for role in roles]
    needed = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{user} has the role of {PEOPLE[user]} and {quoted(act)} needs {needed}: act as somebody else with --as."


def quoted(act: Act) -> str:
    return f"`{act}`" if act in REQUESTS else str(act)


def events(shop: Shop, after: int = 0) -> list[Event]:
    """All but the first so many."""
    query = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject).order_by(audit_event.c.sequence)
    return [tuple(row) for row in shop.read(lambda db: db.execute(query.offset(after)).all())]


class Books:
    """What a pharmacy holds, looked at after whatever is tried there."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.held = everything(shop)
        self.events = len(events(shop))

    def wrong(self, expected: list[Event]) -> list[str]:
        """What is wrong where these events, and nothing else, should have been left since the last look."""
        before, self.held = self.held, everything(self.shop)
        noted = events(self.shop, self.events)
        self.events += len(noted)
        rows = {**before["rows"], "audit_event": before["rows"]["audit_event"] + len(expected)}
        if (noted, self.held["rows"], self.held["balances"]) == (expected, rows, before["balances"]):
            return []
        return [f"{noted} in place of {expected}, and {before} became {self.held}"]


def not_refused(desk: Counter, books: Books, user: str, row: Row, pin: str | None = None) -> list[str]:
    """What went wrong where the user should be refused as the matrix says, and leave an event alone.

    A PIN is given by everybody to themselves, and only then to others.
    """
    _, line, acts = row
    act = lacked(user, acts)
    assert act is not None
    pins = (pin,) if pin and acts[0] in CONFIRMED and acts[0] is not act else ()
    said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *pins))
    refused = (said.status, said.out, " ".join(said.err.split())) == (1, "", f"Refused: {sentence(user, act)}")
    left = books.wrong([*((user, "confirmed", f"`{acts[0]}`") for _ in pins), (user, "refused", quoted(act))])
    return (
        [] if refused and not left else [f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}", *left]
    )


def not_served(desk: Counter, user: str, command: str, line: str, *pins: str) -> list[str]:
    """What went wrong where the user should be served."""
    said = desk("--pin-stdin", "--as", user, *shlex.split(line), stdin=lines_for(line, *pins))
    done = said.status == STATUS.get(command, 0)
    return [] if done else [f"{line} as {PEOPLE[user]}: {said.status} {said.out[-300:]} {said.err}"]
