"""The matrix of roles and acts is whole, every request asks it, nothing reads past it, and no service has its own."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import dispensary
from dispensary.cli.desk import Desk
from dispensary.rules.access import (
    ALLOWED,
    CONDITIONS,
    CONFIRMED,
    READINGS,
    REQUESTS,
    Act,
    NeedsPin,
    NotAllowed,
    may,
    require,
    require_pin,
)
from dispensary.rules.people import Person, Role
from dispensary.rules.sign_in import NotSignedIn
from tests.orders import KINDS
from tests.refusing import refused

ROOT = Path(dispensary.__file__).parent


def a_person(role: Role) -> Person:
    return Person(1, "kim", role, 1)


def sources() -> Iterator[tuple[str, ast.Module]]:
    for file in ROOT.rglob("*.py"):
        yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls of methods and of functions of modules, with the name after the last dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_every_cell_has_an_answer(act, role):
    if may(role, act):
        require(a_person(role), act)
    else:
        with pytest.raises(NotAllowed):
            require(a_person(role), act)


def test_every_act_stands_in_one_part():
    parts = [*REQUESTS, *CONDITIONS, *READINGS]
    assert sorted(parts) == sorted(Act)
    assert set(ALLOWED) == set(Act)


def test_an_auditor_reads_everything_and_changes_nothing_but_their_own_pin():
    reads = {act for act in Act if may(Role.AUDITOR, act)}
    assert reads == set(READINGS) - {Act.BACKUP, Act.UPGRADE} | {Act.USER_PIN}


def test_a_manager_does_nothing_to_a_patient():
    assert {act for act in Act if may(Role.MANAGER, act)} == {
        *(Act.USER_ADD, Act.USER_DISABLE, Act.USER_ENABLE, Act.USER_PIN, Act.OTHERS_PIN, Act.USER_BADGE),
        *(Act.USER_RIGHT, Act.USER_KEY, Act.AUDIT_CLOCK, Act.SITE_ADD, Act.READ_ACCESS),
        *(Act.PLACE_ADD, Act.PLACE_LOG, Act.PRODUCT_EDIT, Act.LOT_HOLD, Act.WITNESS),
        *(Act.READ_STOCK, Act.READ_USERS, Act.READ_REPORTS, Act.VERIFY, Act.AUDIT_EXPORT, Act.CHECKPOINT),
        *(Act.BACKUP, Act.UPGRADE),
    }


def test_a_pharmacist_may_everything_and_a_technician_what_asks_for_no_judgement():
    assert [act for act in Act if not may(Role.PHARMACIST, act)] == []
    assert {act for act in Act if not may(Role.TECHNICIAN, act)} == {
        *(Act.DESTROY, Act.REPACK, Act.LOT_RELEASE, Act.LOT_RECALL, Act.RECALL_WITHDRAW, Act.VIAL_RELEASE),
        *(Act.RX_RELEASE, Act.RX_CANCEL, Act.RX_TRANSFER, Act.USER_ADD, Act.OVERRIDE, Act.WITHOUT_PRESCRIPTION),
        *(Act.LIMIT_OF_USE, Act.ERASE_FACT, Act.LEAVE_QUARANTINE, Act.LARGE_VARIANCE, Act.PATIENT_ERASE),
        *(Act.USER_DISABLE, Act.USER_ENABLE, Act.OTHERS_PIN, Act.USER_BADGE, Act.USER_RIGHT, Act.SITE_ADD),
        *(Act.USER_KEY, Act.AUDIT_CLOCK, Act.READ_ACCESS),
    }


def test_a_script_may_what_it_is_for_and_nothing_else():
    everybody = {Act.USER_PIN, Act.VERIFY, Act.CHECKPOINT}
    assert {role: {act for act in Act if may(role, act)} - everybody for role in Role if role.is_script} == {
        Role.REPORTER: {Act.READ_STOCK, Act.READ_REPORTS},
        Role.EXPORTER: {Act.AUDIT_EXPORT},
        Role.KEEPER: {Act.BACKUP},
    }


def test_what_lets_go_overrides_or_changes_who_may_act_is_confirmed_with_a_pin():
    """All that only a pharmacist, or who answers for people, may do, but for a doctor's word and a batch."""
    judged = {act for act in Act if may(Role.PHARMACIST, act) and not may(Role.TECHNICIAN, act)}
    unconfirmed = {Act.REPACK, Act.RX_CANCEL, Act.RX_TRANSFER, Act.READ_ACCESS}
    assert judged - unconfirmed | {Act.WITNESS, Act.CHECK_BATCH, Act.USER_PIN} == CONFIRMED


@pytest.mark.parametrize("act", Act)
def test_an_act_is_confirmed_by_the_pin_of_the_person_and_of_nobody_else(act):
    """Where nobody has a PIN, none is asked for."""
    for role in (each for each in Role if may(each, act)):
        require(a_person(role), act)
        require(replace(a_person(role), confirmed=frozenset({1})), act)
        for typed in (frozenset(), frozenset({2})):
            by = replace(a_person(role), confirmed=typed)
            if act in CONFIRMED:
                with pytest.raises(NeedsPin):
                    require(by, act)
            else:
                require(by, act)


def test_whoever_may_not_is_not_asked_for_a_pin():
    refused(NotAllowed, lambda: require(replace(a_person(Role.TECHNICIAN), confirmed=frozenset()), Act.DESTROY))


def test_the_other_persons_pin_is_typed_as_well():
    by = replace(a_person(Role.PHARMACIST), confirmed=frozenset({1}))
    require_pin(a_person(Role.PHARMACIST), 2, "sam", Act.WITNESS)
    need = refused(NeedsPin, lambda: require_pin(by, 2, "sam", Act.WITNESS))
    assert (need.user, need.user_id) == ("sam", 2)
    require_pin(replace(by, confirmed=frozenset({1, 2})), 2, "sam", Act.WITNESS)


def test_a_denial_says_what_was_asked_and_names_nobody_else():
    denied = refused(NotAllowed, lambda: require(a_person(Role.AUDITOR), Act.MOVE))
    assert (denied.asked, denied.noted) == ("`move`", {"role": "auditor", "needed": "a technician or a pharmacist"})
    signed = NotSignedIn(why="")
    assert (signed.asked, signed.noted) == ("login", {"why": "not_signed_in"})


def test_the_refusal_names_who_may():
    refused(NotAllowed, lambda: require(a_person(Role.AUDITOR), Act.MOVE))
    refused(NotAllowed, lambda: require(a_person(Role.AUDITOR), Act.PLACE_ADD))
    refused(NotAllowed, lambda: require(a_person(Role.MANAGER), Act.READ_PATIENTS))
    refused(NotAllowed, lambda: require(a_person(Role.TECHNICIAN), Act.LEAVE_QUARANTINE))


def test_every_kind_of_request_is_an_act_and_every_such_act_a_kind():
    assert set(KINDS.values()) <= set(REQUESTS)
    patterns = []
    for _, tree in sources():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for name, call in calls(function):
                if name == "claim" and ast.unparse(call.func) == "request.claim":
                    patterns += [_pattern(call.args[1], function)]
    unasked = {act for act in REQUESTS if not any(re.fullmatch(pattern, act) for pattern in patterns)}
    assert unasked == set()
    unknown = [pattern for pattern in patterns if not any(re.fullmatch(pattern, act) for act in REQUESTS)]
    assert unknown == []


def _pattern(kind: ast.expr, function: ast.FunctionDef) -> str:
    """What a kind may be: a text or an act, one of two, or one with a word in it that the order says."""
    if isinstance(kind, ast.Name):
        (kind,) = (
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == kind.id
        )
    if isinstance(kind, ast.Constant):
        return re.escape(str(kind.value))
    if isinstance(kind, ast.Attribute):
        return re.escape(Act[kind.attr])
    if isinstance(kind, ast.IfExp):
        return f"{_pattern(kind.body, function)}|{_pattern(kind.orelse, function)}"
    assert isinstance(kind, ast.JoinedStr)
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z]+" for part in kind.values)


def test_no_act_is_without_use():
    used = {
        node.attr
        for file, tree in sources()
        if file != "rules/access.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("Act", "access.Act")
    }
    assert {act.name for act in (*CONDITIONS, *READINGS)} - used == set()


ROLES_NAMED_IN = {
    "rules/access.py",
    # Which roles are those of scripts.
    "rules/people.py",
    # Whom nobody knows, in the event of a login.
    "services/people/sign_in.py",
    # The first user of a pharmacy.
    "services/catalogue/open_pharmacy.py",
    # Whose name stands as the pharmacist's on a label.
    "reports/labels/dispense.py",
}


def test_nobody_else_decides_by_a_role():
    named = {
        file
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in Role.__members__ and ast.unparse(node.value) == "Role"
    }
    assert named == ROLES_NAMED_IN


@pytest.mark.parametrize("method", [Desk.reading, Desk.read_records], ids=lambda method: method.__name__)
def test_nothing_is_read_without_an_act(method):
    given = inspect.signature(method).parameters["act"]
    assert given.default is inspect.Parameter.empty


ENGINES_IN = {
    "cli/desk.py",
    # They open a pharmacy, or ask the matrix by Desk.require before they take one up as it is.
    "cli/init.py",
    "cli/pharmacy_files.py",
    "cli/upgrade.py",
    "cli/backup.py",
    # They find out who acts, or let somebody in, before there is anybody whom the matrix could be asked about.
    "cli/identity.py",
    "cli/login.py",
    "cli/logout.py",
    "cli/user_key.py",
}


def test_no_command_reads_past_the_desk():
    """Only these take the engine itself or open a transaction."""
    reading = {
        file
        for file, tree in sources()
        if file.startswith("cli/")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("engine", "bare_engine"))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) in ("database.reading", "database.transaction"))
        or (isinstance(node, ast.ImportFrom) and {each.name for each in node.names} & {"reading", "transaction"})
    }
    assert reading == ENGINES_IN
    for file in ("cli/upgrade.py", "cli/backup.py"):
        assert "at.require(Act." in (ROOT / file).read_text(encoding="utf-8")
