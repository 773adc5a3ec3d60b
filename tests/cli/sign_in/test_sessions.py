"""Sessions of people and of scripts: who is logged in at which counter, and for how long, on each engine."""

from datetime import timedelta

from dispensary.rules.sign_in import ABSOLUTE, ABSOLUTE_OF_SCRIPT, IDLE
from tests.build import NOW
from tests.cli.sign_in.house import DESTROY, SECOND, is_refused
from tests.pins import PINS
from tests.refusing import everything


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
