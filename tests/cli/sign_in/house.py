"""The pharmacy of these tests, and the counters that stand in it."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dispensary.cli import context
from dispensary.schema.trust import audit_event
from tests.build import Shop
from tests.cli.counter import Counter, Said
from tests.pins import PINS
from tests.refusing import require_golden

SECOND = timedelta(seconds=1)
BADGE = "0x8f41c7"
WRONG = "999990"
DESTROY = ("destroy", "A1", "--place", "shelf", "--reason", "broken", "--quantity", "1", "--witness")


@dataclass
class House:
    """A pharmacy with the counters that stand in it."""

    shop: Shop
    run: Counter
    monkeypatch: pytest.MonkeyPatch

    def at(self, moment: datetime) -> None:
        self.monkeypatch.setattr(context, "now", lambda timezone: moment)

    def go_to(self, counter: str) -> None:
        """From here on commands are typed at this counter, which has its own data folder."""
        self.monkeypatch.setattr(context, "this_counter", lambda: counter)
        folder = self.run.folder / counter / "dispensary"
        folder.mkdir(parents=True, exist_ok=True)
        for settings in (self.run.folder / "data" / "dispensary").glob("*.toml"):
            shutil.copy(settings, folder)
        self.monkeypatch.setenv("XDG_DATA_HOME", str(folder.parent))

    def typing(self, *lines: str) -> dict[str, str]:
        return {"stdin": "".join(f"{line}\n" for line in lines)}

    def __call__(self, *words: str, typed: tuple[str, ...] = ()) -> Said:
        return self.run("--pin-stdin", *words, **self.typing(*typed))

    def done(self, *words: str, typed: tuple[str, ...] = ()) -> str:
        return self.run.done("--pin-stdin", *words, **self.typing(*typed))

    def refused(self, *words: str, typed: tuple[str, ...] = ()) -> str:
        return self.run.refused("--pin-stdin", *words, **self.typing(*typed))

    def login(self, name: str) -> str:
        return self.done("login", name, typed=(PINS[name],))

    def events(self, *kinds: str) -> list[tuple[str, str, str]]:
        found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject)
        ordered = found.where(audit_event.c.kind.in_(kinds)).order_by(audit_event.c.sequence)
        return [tuple(row) for row in self.shop.read(lambda db: db.execute(ordered).all())]

    def tokens(self) -> list[Path]:
        return sorted(each for each in self.run.folder.glob("*/**/sessions/*") if each.is_file())


def is_refused(said: str, code_: str) -> str:
    require_golden(f"{code_}: {said}")
    return said
