"""PINs and badges as they are typed, right and wrong, in time and too late, on each engine."""

from collections.abc import Callable

from dispensary.cli import context, pins
from tests.build import NOW
from tests.cli.sign_in.house import BADGE, WRONG, House, is_refused
from tests.pins import PINS, given_pin


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
