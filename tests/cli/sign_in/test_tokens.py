"""The token of a session, what a thief of one can do, and where no secret may stand, on each engine."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from dispensary.cli import context
from dispensary.cli.desk import Desk
from dispensary.reports.verify import verify
from tests.cli.sign_in.house import BADGE, DESTROY, WRONG, is_refused
from tests.pins import PINS


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
