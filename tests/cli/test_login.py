"""Who acts at a counter: sessions, PINs, badges, tokens and what a thief of each can do, on each engine."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from dispensary.cli import context, pins
from dispensary.cli.desk import Desk
from dispensary.reports.verify import verify
from dispensary.rules.people import Role
from dispensary.rules.sign_in import ABSOLUTE, ABSOLUTE_OF_SCRIPT, IDLE
from dispensary.schema.sign_in import session
from dispensary.schema.trust import audit_event
from tests.build import NOW, Shop, a_lot, units_at
from tests.cli.counter import Counter, Said
from tests.pins import PINS, cheap, entered, given_pin
from tests.refusing import everything, require_golden

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


@pytest.fixture
def open_house(counter: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> House:
    """alex and pia are pharmacists, mia a manager, sam a technician, nightly a reporter; nobody has a PIN yet."""
    cheap(monkeypatch)
    monkeypatch.setattr(context, "interactive", lambda: False)
    monkeypatch.delenv("DISPENSARY_USER")
    for name, role in (
        ("pia", Role.PHARMACIST),
        ("mia", Role.MANAGER),
        ("sam", Role.TECHNICIAN),
        ("nightly", Role.REPORTER),
    ):
        entered(shop, name, role)
    a_lot(shop, "US-CY-ARG1", "A1", units=10)
    house = House(shop, counter, monkeypatch)
    house.go_to("front")
    return house


@pytest.fixture
def house(open_house: House) -> House:
    """All of them have a PIN of their own choice, and nobody is logged in."""
    for name in PINS:
        given_pin(open_house.shop, name)
    return open_house


def is_refused(said: str, code_: str) -> str:
    require_golden(f"{code_}: {said}")
    return said


# Open until the first PIN.


def test_without_a_pin_in_the_house_a_name_is_enough(open_house):
    open_house.done("--as", "sam", "stock")
    open_house.done("--as", "alex", *DESTROY, "sam")
    said = open_house.done("login", "pia")
    assert said == "Nobody has a PIN yet, so nobody logs in: `dispensary --as pia user pin` gives the first.\n"
    assert "There is no user 'nobody'" in open_house.refused("login", "nobody")
    assert open_house.tokens() == []


def test_the_first_pin_shuts_the_pharmacy_and_leaves_its_giver_logged_in(open_house):
    open_house.done("--as", "alex", "user", "pin", typed=(PINS["alex"],))
    open_house.done("stock")
    open_house.done("--as", "alex", "stock")
    assert open_house.refused("--as", "sam", "stock").startswith("alex is logged in at this counter, not sam")
    open_house.done("logout")
    assert open_house.refused("--as", "alex", "stock").startswith("Nobody is logged in at this counter: ")


def test_the_first_pin_may_be_given_to_another_who_changes_it(open_house):
    open_house.done("--as", "alex", "user", "pin", "mia", typed=("104729",))
    assert open_house.refused("--as", "alex", "stock").startswith("Nobody is logged in")
    open_house.done("login", "mia", typed=("104729", PINS["mia"]))
    assert open_house.refused("login", "mia", typed=("104729",)).endswith("4 more wrong ones lock it.")


def test_a_technician_cannot_shut_the_pharmacy(open_house):
    assert "only a pharmacist or manager" in open_house.refused("--as", "alex", "user", "pin", "sam", typed=("104729",))
    open_house.done("--as", "sam", "stock")


# Sessions.


def test_nobody_reads_or_writes_without_a_session(house):
    before = everything(house.shop)["rows"]
    for words in (("stock",), ("--as", "alex", "stock"), ("--as", "alex", *DESTROY, "sam"), ("user", "list")):
        is_refused(house.refused(*words), "not_signed_in")
    assert everything(house.shop)["rows"] == {**before, "audit_event": before["audit_event"] + 4}
    assert house.events("refused") == [("(nobody)", "refused", "login")] * 4


def test_whoever_logs_in_acts_and_leaves_it_to_the_next(house):
    house.login("pia")
    house.done("stock")
    house.login("sam")
    assert house.refused("lot", "release", "A1", "--reason", "well").startswith("sam has the role of technician")
    assert house.done("logout") == "sam is logged out at this counter.\n"
    house.refused("stock")
    assert house.done("logout") == "Nobody was logged in at this counter.\n"
    assert house.events("login", "logout") == [
        ("pia", "login", "pia"),
        ("pia", "logout", "pia"),
        ("sam", "login", "sam"),
        ("sam", "logout", "sam"),
    ]


def test_as_names_nobody_else_than_who_is_logged_in(house):
    house.login("pia")
    house.done("--as", "pia", "stock")
    for other in ("alex", "sam", "nobody", ""):
        assert house.refused("--as", other, "stock").startswith("pia is logged in at this counter, not ")
    is_refused(house.refused("--as", "alex", "stock"), "another_is_signed_in")
    assert house.events("refused") == [("pia", "refused", "login")] * 5


def test_a_session_ends_at_fifteen_minutes_without_a_command_and_stays_ended(house):
    house.login("pia")
    house.at(NOW + IDLE - SECOND)
    house.done("stock")
    house.at(NOW + 2 * IDLE - SECOND)
    assert "the session of pia is over: it was not used for 15 minutes" in house.refused("stock")
    house.at(NOW + 2 * IDLE - 2 * SECOND)
    assert "the session of pia is over: it was ended" in house.refused("stock")


def test_a_session_ends_after_twelve_hours_of_work(house):
    house.login("pia")
    moment = NOW
    while moment + 10 * 60 * SECOND < NOW + ABSOLUTE:
        moment += 10 * 60 * SECOND
        house.at(moment)
        house.done("user", "list")
    house.at(NOW + ABSOLUTE - SECOND)
    house.done("stock")
    house.at(NOW + ABSOLUTE)
    assert "it was opened too long ago" in house.refused("stock")


def test_a_clock_that_is_set_back_ends_the_session(house):
    house.login("pia")
    house.at(NOW - timedelta(hours=6))
    assert "the clock was set back" in house.refused("stock")


def test_a_refused_command_keeps_no_session_alive(house):
    house.login("sam")
    house.at(NOW + IDLE - SECOND)
    house.refused(*DESTROY, "pia")
    house.at(NOW + IDLE)
    assert "not used for 15 minutes" in house.refused("stock")


def test_disabling_ends_it_at_once_at_another_counter(house):
    house.login("sam")
    house.done("stock")
    house.go_to("back")
    house.login("pia")
    said = house.done("user", "disable", "sam", "--reason", "left the house", typed=(PINS["pia"],))
    assert said == "User sam is disabled. 1 session ended.\n"
    house.go_to("front")
    assert "the session of sam is over: its user is disabled" in house.refused("stock")
    assert house.refused("login", "sam", typed=(PINS["sam"],)).startswith("That name or badge and that PIN do not")
    house.go_to("back")
    house.done("user", "enable", "sam", "--reason", "came back", typed=(PINS["pia"],))
    house.go_to("front")
    house.refused("stock")
    house.login("sam")


def test_logging_out_everywhere_takes_a_live_session(house):
    """So that whoever finds an old token cannot keep its user from working."""
    house.login("sam")
    (old,) = house.tokens()
    stolen = old.read_bytes()
    house.login("sam")
    house.go_to("back")
    house.login("sam")
    house.go_to("front")
    (live,) = [each for each in house.tokens() if "front" in each.parts]
    kept = live.read_bytes()
    live.write_bytes(stolen)
    assert house.done("logout", "--everywhere") == "Nobody was logged in at this counter.\n"
    house.go_to("back")
    house.done("stock")
    house.go_to("front")
    live.parent.mkdir(exist_ok=True)
    live.write_bytes(kept)
    assert house.done("logout", "--everywhere").endswith("and of 1 session elsewhere.\n")
    house.go_to("back")
    assert "it was ended" in house.refused("stock")


# Tokens.


def test_a_token_is_of_use_at_its_own_counter_alone_and_is_ended_where_it_is_stolen(house):
    house.login("pia")
    (token,) = house.tokens()
    house.go_to("thief")
    copy = Path(str(token).replace(f"{os.sep}front{os.sep}", f"{os.sep}thief{os.sep}"))
    copy.parent.mkdir()
    shutil.copy(token, copy)
    assert "the session of pia is over: it belongs to another counter" in house.refused("stock")
    assert house.events("refused")[-1] == ("pia", "refused", "login")
    house.go_to("front")
    assert "it was ended" in house.refused("stock")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_text("0" * 32),
        lambda file: file.write_text(file.read_text().upper()),
        lambda file: file.write_text(file.read_text() * 2),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\xff\xfe\0"),
        lambda file: file.write_text("' OR 1=1 --"),
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), file.symlink_to("/nowhere")),
    ],
    ids=["another", "capitals", "doubled", "empty", "bytes", "words", "gone", "a folder", "a link"],
)
def test_a_token_that_was_tampered_with_opens_nothing(house, spoil: Callable[[Path], object]):
    house.login("pia")
    (file,) = house.tokens()
    if file.read_text().strip().upper() == file.read_text().strip():
        file.write_text("f" * 32)
    spoil(file)
    is_refused(house.refused("stock"), "not_signed_in")


def test_a_token_is_for_the_eyes_of_its_owner_and_logging_in_again_makes_it_so(house):
    house.login("pia")
    (file,) = house.tokens()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(file.name) == 32
    assert "pia" not in file.name
    file.chmod(0o644)
    house.login("pia")
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_the_token_cannot_be_kept_nobody_is_logged_in(house):
    folder = house.run.folder / "front" / "dispensary"
    (folder / "sessions").write_text("in the way")
    said = house("login", "pia", typed=(PINS["pia"],))
    assert said.status == 3
    (folder / "sessions").unlink()
    house.refused("stock")


def test_a_kill_before_the_token_is_kept_leaves_a_session_that_nobody_has(house, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as planted:
        planted.setattr("dispensary.cli.token_file.TokenFile.write", killed)
        with pytest.raises((KeyboardInterrupt, SystemExit, AssertionError)):
            house.login("pia")
    house.refused("stock")
    house.login("pia")
    house.done("stock")


def test_another_database_has_another_token(house):
    house.login("pia")
    desk = Desk("elsewhere.db", None)
    assert desk.token_file("").read() is None
    assert desk.token_file("").path not in house.tokens()


def test_the_counter_is_told_by_the_process_and_not_by_what_anybody_can_set(monkeypatch):
    before = context.this_counter()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "pia")
    assert context.this_counter() == before


def test_a_user_of_the_system_without_a_name_has_a_number(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert context.this_counter().startswith("uid-54321 at ")


# PINs.


def test_the_sixth_wrong_pin_is_not_looked_at_and_neither_is_the_right_one(house):
    said = [house.refused("login", "sam", typed=(WRONG,)) for _ in range(6)]
    assert said[4].endswith("it is locked for 15 minutes now.")
    is_refused(said[5], "pin_locked")
    assert house.refused("login", "sam", typed=(PINS["sam"],)) == said[5]
    assert house.events("refused") == [("sam", "refused", "login")] * 7
    house.login("pia")
    house.done("user", "pin", "sam", typed=(PINS["pia"], "104729"))
    house.done("login", "sam", typed=("104729", PINS["sam"]))


def test_a_thief_at_an_open_counter_guesses_five_times(house):
    house.login("pia")
    release = ("lot", "release", "A1", "--reason", "well")
    house.done("lot", "hold", "A1", "--reason", "doubtful")
    said = [house.refused(*release, typed=(WRONG,)) for _ in range(6)]
    assert said[5].startswith("The PIN of pia was wrong 5 times in a row")
    assert house.refused(*release, typed=(PINS["pia"],)) == said[5]


def test_a_pin_that_another_person_gave_is_changed_at_the_first_login(house):
    house.login("pia")
    house.done("user", "pin", "sam", typed=(PINS["pia"], "104729"))
    house.done("logout")
    same = house.refused("login", "sam", typed=("104729", "104729"))
    is_refused(same, "weak_pin")
    is_refused(house.refused("login", "sam", typed=("104729",)), "nobody_to_ask")
    house.refused("stock")
    house.done("login", "sam", typed=("104729", PINS["sam"]))
    house.done("logout")
    house.login("sam")


def test_ones_own_pin_is_changed_with_the_old_one_and_every_other_session_ends(house):
    house.login("sam")
    house.go_to("back")
    house.login("sam")
    assert "do not belong together" in house.refused("user", "pin", typed=(WRONG, "104729"))
    house.done("user", "pin", typed=(PINS["sam"], "104729"))
    house.done("stock")
    house.go_to("front")
    assert "it was ended" in house.refused("stock")
    assert "do not belong together" in house.refused("login", "sam", typed=(PINS["sam"],))


def test_the_same_key_gives_one_pin(house):
    house.login("pia")
    for _ in range(2):
        house.done("user", "pin", "sam", "--key", "again-1", typed=(PINS["pia"], "104729"))
    assert house.events("user pin").count(("pia", "user pin", "sam")) == 1


def test_bytes_that_are_no_text_are_a_wrong_pin(house):
    said = house.run("--pin-stdin", "login", "pia", stdin=b"\xff\xfe\x00\xe9\n")
    assert said.status == 1
    assert "do not belong together" in " ".join(said.err.split())
    assert house.run("--pin-stdin", "login", stdin=b"caf\xe9\n271828\n").status == 1


def test_lines_may_end_as_on_any_system(house):
    house.run.done("--pin-stdin", "login", "pia", stdin=f"{PINS['pia']}\r\n")
    house.run.done("--pin-stdin", "login", "pia", stdin=PINS["pia"])


def test_without_a_terminal_or_lines_nobody_is_asked(house):
    is_refused(house.run.refused("login", "pia", stdin=PINS["pia"]), "nobody_to_ask")
    house.refused("login", "pia")
    is_refused(house.refused("login"), "nobody_to_ask")
    assert house.events("refused") == []


def test_at_a_terminal_a_pin_is_not_seen_and_a_new_one_typed_twice(house, monkeypatch):
    asked: list[tuple[str, bool, bool]] = []
    answers = iter([PINS["pia"], PINS["pia"], "104729"])

    def prompt(what: str, *, hide_input: bool, confirmation_prompt: bool, err: bool) -> str:
        assert err
        asked.append((what, hide_input, confirmation_prompt))
        return next(answers)

    monkeypatch.setattr(context, "interactive", lambda: True)
    monkeypatch.setattr(pins.typer, "prompt", prompt)
    house.run.done("login", "pia")
    house.run.done("user", "pin")
    assert asked == [("PIN", True, False), ("PIN of pia (`user pin`)", True, False), ("New PIN of pia", True, True)]


# Badges.


def test_a_badge_stands_for_the_name_and_never_for_the_pin(house):
    house.login("mia")
    house.done("user", "badge", "sam", typed=(PINS["mia"], BADGE))
    house.done("login", typed=(BADGE, PINS["sam"]))
    assert "do not belong together" in house.refused("login", typed=(BADGE, PINS["mia"]))
    assert "do not belong together" in house.refused("login", typed=("0x000000", PINS["sam"]))
    house.login("mia")
    again = house.refused("user", "badge", "pia", typed=(PINS["mia"], BADGE))
    is_refused(again, "badge_taken")
    house.done("user", "badge", "sam", "--take", typed=(PINS["mia"],))
    assert "do not belong together" in house.refused("login", BADGE, typed=(PINS["sam"],))
    house.refused("user", "badge", "sam", typed=(PINS["mia"], "12"))


# Acts that are confirmed, and the other person.


def test_a_destruction_takes_the_pins_of_both_in_the_same_command(house):
    house.login("pia")
    before = everything(house.shop)
    is_refused(house.run.refused(*DESTROY, "sam"), "needs_pin")
    assert everything(house.shop) == before
    house.done(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    assert units_at(house.shop, "A1") == 9
    assert house.events("confirmed") == [
        ("pia", "confirmed", "`destroy`"),
        ("sam", "confirmed", "witness the destruction"),
    ]
    assert house.shop.read(verify).ok


@pytest.mark.parametrize("typed", [("pia",), ("pia", "pia"), ("sam", "sam"), ("sam", "pia"), ("pia", "")])
def test_without_both_pins_in_their_order_nothing_is_destroyed(house, typed):
    house.login("pia")
    house.refused(*DESTROY, "sam", typed=tuple(PINS.get(each, "") for each in typed))
    assert units_at(house.shop, "A1") == 10


def test_nobody_is_their_own_witness(house):
    house.login("pia")
    said = house.refused(*DESTROY, "pia", typed=(PINS["pia"], PINS["pia"]))
    assert said.startswith("pia cannot witness the destruction, being the person who acts")
    assert house.events("refused") == [("pia", "refused", "witness the destruction")]
    assert units_at(house.shop, "A1") == 10


def test_a_witness_who_is_disabled_locked_or_a_script_witnesses_nothing(house):
    house.login("pia")
    assert "having the role of reporter" in house.refused(*DESTROY, "nightly", typed=(PINS["pia"], PINS["nightly"]))
    for _ in range(5):
        house.refused("login", "sam", typed=(WRONG,))
    assert "is locked until" in house.refused(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    house.done("user", "disable", "sam", "--reason", "left the house", typed=(PINS["pia"],))
    assert "being disabled" in house.refused(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    assert units_at(house.shop, "A1") == 10


def test_each_confirmed_act_asks_again(house):
    house.login("pia")
    house.done(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    house.run.refused(*DESTROY, "sam")


# Scripts.


def test_a_script_acts_by_its_name_beside_whoever_is_logged_in_and_for_a_year(house):
    house.login("nightly")
    house.login("pia")
    house.done("stock")
    house.done("--as", "nightly", "stock")
    assert house.refused("--as", "nightly", "patient", "list").startswith("nightly has the role of reporter")
    house.done("logout")
    house.refused("stock")
    house.at(NOW + ABSOLUTE_OF_SCRIPT - SECOND)
    house.done("--as", "nightly", "stock")
    house.at(NOW + ABSOLUTE_OF_SCRIPT)
    assert "it was opened too long ago" in house.refused("--as", "nightly", "stock")


def test_a_script_is_logged_out_by_its_name_and_disabled_like_anybody(house):
    house.login("nightly")
    house.login("pia")
    house.done("user", "disable", "nightly", "--reason", "replaced", typed=(PINS["pia"],))
    assert "its user is disabled" in house.refused("--as", "nightly", "stock")
    house.done("user", "enable", "nightly", "--reason", "needed", typed=(PINS["pia"],))
    house.login("nightly")
    assert house.done("--as", "nightly", "logout") == "nightly is logged out at this counter.\n"
    house.done("stock")


# While somebody thinks of a PIN.


def meanwhile(house: House, work: Callable[[], object], at: str) -> None:
    """Do the work at the moment at which the counter asks for what is named so."""
    secret = pins.Asking.secret

    def asked(asking: pins.Asking, what: str, *, twice: bool = False) -> str:
        if what == at:
            house.monkeypatch.setattr(pins.Asking, "secret", secret)
            work()
        return secret(asking, what, twice=twice)

    house.monkeypatch.setattr(pins.Asking, "secret", asked)


def test_a_question_that_is_left_open_gives_no_pin_once_the_pharmacy_is_shut(open_house):
    meanwhile(open_house, lambda: given_pin(open_house.shop, "alex"), "New PIN of alex")
    said = open_house.refused("--as", "alex", "user", "pin", typed=("104729",))
    assert said.startswith("Nobody is logged in at this counter")
    open_house.login("alex")


def test_a_question_that_is_left_open_gives_no_pin_once_its_asker_is_disabled(house):
    house.login("pia")

    def disabled() -> None:
        from dispensary.services.people.user_access import Access, change_access
        from tests.pins import the_person

        by = the_person(house.shop, "alex")
        order = Access("out-1", "pia", "left the house", enabled=False)
        house.shop.write(lambda db: change_access(db, order, on=NOW, by=by))

    meanwhile(house, disabled, "New PIN of sam")
    said = house.refused("user", "pin", "sam", typed=(PINS["pia"], "104729"))
    assert "its user is disabled" in said
    house.login("sam")


def test_a_login_with_a_given_pin_that_was_replaced_meanwhile_changes_nothing(house):
    given_pin(house.shop, "sam", by="pia")
    meanwhile(house, lambda: given_pin(house.shop, "sam", by="alex"), "New PIN of sam")
    is_refused(house.refused("login", "sam", typed=(PINS["sam"], "104729")), "pin_replaced")
    house.refused("stock")


# What stays where.


def test_a_pin_a_token_and_a_badge_stand_nowhere(house):
    typed = ("173205", "223606")
    house.login("mia")
    house.done("user", "badge", "sam", typed=(PINS["mia"], BADGE))
    said = [house.refused("login", "sam", typed=(WRONG,))]
    said += [house.done("login", "mia", typed=(PINS["mia"],))]
    said += [house.done("user", "pin", "sam", "--key", "k-1", "--format", "json", typed=(PINS["mia"], typed[0]))]
    said += [house.done("login", typed=(BADGE, *typed))]
    said += [house.done("user", "list", "--format", "json")]
    tokens = [each.read_text().strip() for each in house.tokens()]
    secrets = [*PINS.values(), *typed, WRONG, BADGE, *tokens]
    names = inspect(house.shop.engine).get_table_names()
    kept = [
        str(value)
        for name in names
        for row in house.shop.read(lambda db, name=name: db.exec_driver_sql(f'SELECT * FROM "{name}"').all())
        for value in row
    ]
    assert len(names) > 40
    assert [each for each in (*kept, *said) if any(secret in each for secret in secrets)] == []
    for file in (each for each in house.run.folder.rglob("*") if each.is_file() and each not in house.tokens()):
        content = file.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], file
    assert len([each for each in kept if each.startswith("$argon2id$")]) == len(PINS) + 2


def test_every_login_refusal_and_confirmation_leaves_the_books_whole(house):
    house.refused("stock")
    house.login("pia")
    house.refused("--as", "sam", "stock")
    house.done(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    house.done("logout")
    assert [each for each in house.shop.read(verify).checks if not each.ok] == []


# The pharmacy as a whole.


def test_init_again_opens_no_door(house):
    before = everything(house.shop)
    house.run.done("init", "--yes")
    assert everything(house.shop) == before
    house.refused("stock")


def test_upgrade_and_backup_ask_who_it_is(house):
    for words in (("upgrade",), ("backup", "b"), ("audit", "checkpoint"), ("verify",)):
        house.refused(*words)
    house.login("nightly")
    assert house.refused("--as", "nightly", "backup", "b").startswith("nightly has the role of reporter")
    house.login("mia")
    house.done("upgrade")
    house.done("backup", "b")


def test_a_demo_asks_nobody(house):
    house.run.done("demo", "--out", "shown")


def test_the_last_use_that_cannot_be_noted_spoils_no_answer(house, monkeypatch):
    """As on a standby, which takes no row."""
    from dispensary import sessions
    from dispensary.errors import NotSaved

    def full(*_: object) -> None:
        raise NotSaved(problem="cannot execute UPDATE in a read-only transaction")

    house.login("pia")
    house.at(NOW + timedelta(minutes=5))
    monkeypatch.setattr(sessions, "touch", full)
    house.done("stock")
    used = house.shop.read(lambda db: db.execute(select(session.c.used_at)).scalar_one())
    assert used == NOW


OLD = sorted((Path(__file__).parents[1] / "golden" / "schemas").glob("*.sql"))


@pytest.mark.parametrize("schema", OLD, ids=lambda file: file.stem)
def test_an_old_pharmacy_is_upgraded_by_name_and_shut_by_its_first_pin(sqlite_counter, monkeypatch, schema):
    cheap(monkeypatch)
    monkeypatch.setattr(context, "interactive", lambda: False)
    monkeypatch.delenv("DISPENSARY_USER")
    Path("pharmacy.db").unlink()
    with closing(sqlite3.connect("pharmacy.db")) as db:
        db.executescript(schema.read_text("utf-8"))
    assert "There is no user" in sqlite_counter.refused("--as", "nobody", "upgrade")
    sqlite_counter.done("--as", "alex", "upgrade")
    sqlite_counter.done("--as", "alex", "stock")
    sqlite_counter.done("--as", "alex", "--pin-stdin", "user", "pin", stdin=PINS["alex"])
    sqlite_counter.done("upgrade")
    sqlite_counter.done("logout")
    for words in (("stock",), ("upgrade",)):
        assert sqlite_counter.refused("--as", "alex", *words).startswith("Nobody is logged in at this counter")
    sqlite_counter.done("--pin-stdin", "login", "alex", stdin=PINS["alex"])
    sqlite_counter.done("verify")
