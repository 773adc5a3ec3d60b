"""Everybody who may give PINs forgot theirs, and the key is in the safe, on each engine."""

import errno
import os

from dispensary.cli.signing import NotAKeyFile
from dispensary.services.people.rescue import NotTheKey
from tests.cli.sign_in.house import is_refused
from tests.pins import PINS
from tests.refusing import code, everything

NEW = "662607"


def with_key(house, out="rescue.key"):
    house.login("pia")
    said = house.done("user", "key", "--out", out, typed=(PINS["pia"],))
    house.done("logout")
    return " ".join(said.split())


def test_the_key_is_made_carried_away_and_opens_the_pharmacy(house, tmp_path):
    said = with_key(house)
    assert said == "The key is in rescue.key: take it away from this machine. An earlier one opens nothing any more."
    (file,) = house.run.folder.rglob("rescue.key")
    assert file.stat().st_mode & 0o777 == 0o600
    # A stick keeps no owners.
    stick = tmp_path / "stick.key"
    stick.write_bytes(file.read_bytes())
    stick.chmod(0o777)
    file.unlink()
    house.go_to("office")
    told = house.done("user", "rescue", "mia", str(stick), typed=(NEW,))
    assert told == "mia has a new PIN: run `dispensary login mia`.\n"
    assert house.events("user rescue") == [("(whoever holds the key)", "user rescue", "mia")]
    house.done("login", "mia", typed=(NEW,))
    house.done("user", "pin", "pia", typed=(NEW, "104729"))
    house.run.done("verify")


def test_another_key_is_refused_with_an_event_before_a_pin_is_asked_for(house):
    with_key(house)
    with_key(house, "second.key")
    before = everything(house.shop)["rows"]
    is_refused(house.refused("user", "rescue", "mia", "rescue.key"), code(NotTheKey))
    assert everything(house.shop)["rows"] == {**before, "audit_event": before["audit_event"] + 1}
    assert house.events("refused")[-1] == ("(nobody)", "refused", "user rescue")
    assert "6 characters" in house.refused("user", "rescue", "mia", "second.key", typed=("1",))


def test_a_file_that_holds_no_key_is_none(house):
    (house.run.folder / "words.key").write_text("PRIVATE+KEY+test-origin+00+AAAA\n")
    (house.run.folder / "link.key").symlink_to("words.key")
    for name in ("words.key", "link.key", "missing.key", "."):
        is_refused(house.refused("user", "rescue", "mia", name), code(NotAKeyFile))


def test_a_key_that_the_disk_does_not_take_leaves_the_earlier_one_as_it_is(house, monkeypatch):
    with_key(house)
    house.login("pia")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        said = house("user", "key", "--out", "second.key", typed=(PINS["pia"],))
    assert (said.status, said.out) == (3, "")
    assert not (house.run.folder / "second.key").exists()
    house.done("user", "rescue", "mia", "rescue.key", typed=(NEW,))


def test_no_file_is_written_over_and_a_refused_key_leaves_none(house):
    with_key(house)
    house.login("pia")
    before = everything(house.shop)["rows"]["request"]
    said = house.refused("user", "key", "--out", "rescue.key", typed=(PINS["pia"],))
    assert said.startswith("rescue.key exists already")
    house.refused("user", "key", "--out", "third.key", typed=("999990",))
    assert not (house.run.folder / "third.key").exists()
    assert everything(house.shop)["rows"]["request"] == before
