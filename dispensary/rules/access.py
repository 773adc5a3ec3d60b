"""Who may do what: one matrix of roles and acts, which every request, every reading and every condition asks."""

from collections.abc import Mapping
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.people import Person, Role


class Denied(Refused):
    """Somebody asked for what they may not do, or not yet: refused, and the audit has an event of it."""

    @property
    def asked(self) -> str:
        """What the event is about."""
        return "login"

    @property
    def noted(self) -> Mapping[str, str]:
        """What the event says; it names no patient, and nothing that was typed."""
        return {"why": self.code}


class PinRefused(Denied):
    """A PIN that was not the right one, or was not looked at; its event is written as it is counted."""


class NotAllowed(Denied):
    """The person's role does not allow the act."""

    sentence = "{user} has the role of {role} and {act} needs {needed}: act as somebody else with --as."
    user: str
    role: str
    act: str
    needed: str

    @property
    def asked(self) -> str:
        """The act."""
        return self.act

    @property
    def noted(self) -> Mapping[str, str]:
        """The role, and those that the act needs."""
        return {"role": self.role, "needed": self.needed}


class NeedsPin(Refused):
    """The act needs somebody's PIN, typed for it; whoever can be asked for it is asked."""

    sentence = (
        "{what} needs the PIN of {user}, and nobody can be asked for it here: run it at a terminal, "
        "or give PINs on standard input, a line each, with --pin-stdin."
    )
    what: str
    user: str
    user_id: int


class Act(StrEnum):
    """What the matrix answers for: the kinds of requests, what some of them hold besides, and what is read."""

    RECEIVE = "receive"
    MOVE = "move"
    SEND_BACK = "send back"
    DESTROY = "destroy"
    COUNT_START = "count start"
    COUNT_ENTER = "count enter"
    COUNT_CLOSE = "count close"
    REPACK = "repack"
    LIGHT = "light"
    PLACE_ADD = "place add"
    PLACE_LOG = "place log"
    PRODUCT_IMPORT = "product import"
    PRODUCT_PACK = "product pack"
    PRODUCT_EDIT = "product edit"
    LOT_HOLD = "lot hold"
    LOT_RELEASE = "lot release"
    LOT_RECALL = "lot recall"
    RECALL_CONTACT = "recall contact"
    RECALL_WITHDRAW = "recall withdraw"
    PATIENT_ADD = "patient add"
    PATIENT_EDIT = "patient edit"
    PATIENT_LEVEL = "patient level"
    PRESCRIBER_ADD = "prescriber add"
    RX_ADD = "rx add"
    RX_HOLD = "rx hold"
    RX_RELEASE = "rx release"
    RX_CANCEL = "rx cancel"
    RX_TRANSFER = "rx transfer"
    RX_OWE = "rx owe"
    RX_CHECK = "rx check"
    DISPENSE = "dispense"
    RETURN = "return"
    VIAL_OPEN = "vial open"
    VIAL_DRAW = "vial draw"
    VIAL_DISCARD = "vial discard"
    VIAL_HOLD = "vial hold"
    VIAL_RELEASE = "vial release"
    VIAL_MOVE = "vial move"
    LABEL_PRINT = "label print"
    LABEL_CANCELLED = "label cancelled"
    LABEL_PRINTED = "label printed"
    USER_ADD = "user add"
    USER_DISABLE = "user disable"
    USER_ENABLE = "user enable"
    USER_PIN = "user pin"
    USER_BADGE = "user badge"
    USER_RIGHT = "user right"
    USER_KEY = "user key"
    SITE_ADD = "site add"
    PATIENT_ERASE = "patient erase"
    AUDIT_CLOCK = "audit clock"

    OVERRIDE = "overriding a finding"
    WITHOUT_PRESCRIPTION = "a dose without a prescription"
    LIMIT_OF_USE = "a limit of use"
    ERASE_FACT = "taking a fact off a patient's record or changing the birth date"
    LEAVE_QUARANTINE = "a move out of quarantine"
    LARGE_VARIANCE = "closing a count with a large variance"
    OTHERS_PIN = "giving somebody else a PIN"
    WITNESS = "witness the destruction"
    CHECK_BATCH = "check the batch"
    LABEL_SEND = "sending labels to a printer"

    READ_STOCK = "reading stock, products and places"
    READ_USERS = "reading the lists of users and sites"
    READ_ACCESS = "reading who looked at whom"
    READ_PATIENTS = "reading patients' records"
    READ_RECIPIENTS = "reading who got a lot"
    READ_REPORTS = "reading the night's report and batches"
    VERIFY = "verifying the books and the audit"
    AUDIT_EXPORT = "exporting the audit"
    CHECKPOINT = "signing a checkpoint of the audit"
    BACKUP = "a backup"
    UPGRADE = "an upgrade"


_COUNTER = frozenset({Role.TECHNICIAN, Role.PHARMACIST})
"""The work at the counter, which asks for no judgement of a treatment."""

_JUDGEMENT = frozenset({Role.PHARMACIST})
"""What lets go, overrides, erases or destroys: it needs the judgement of a pharmacist, who answers for it."""

_HOUSE = _COUNTER | {Role.MANAGER}
"""What the office does as well: nothing of it touches a patient or lets go of anything."""

_ANSWERING = frozenset({Role.PHARMACIST, Role.MANAGER})
"""Who answers for the people of the pharmacy."""

_CARE = _COUNTER | {Role.AUDITOR}
"""Reading of patients, which leaves an event each time. The manager needs no patient's record for anything above."""

_ALL = frozenset(role for role in Role if not role.is_script)

_REPORT = _ALL | {Role.REPORTER}
"""A script has the rights of its one purpose: it must not become a way in to anything else."""

REQUESTS: Mapping[Act, frozenset[Role]] = {
    # Whoever orders the goods and pays for them does not also book them in, move, count or write them off.
    Act.RECEIVE: _COUNTER,
    Act.MOVE: _COUNTER,
    Act.SEND_BACK: _COUNTER,
    Act.DESTROY: _JUDGEMENT,
    Act.COUNT_START: _COUNTER,
    Act.COUNT_ENTER: _COUNTER,
    Act.COUNT_CLOSE: _COUNTER,
    Act.REPACK: _JUDGEMENT,
    Act.LIGHT: _COUNTER,
    Act.PLACE_ADD: _HOUSE,
    Act.PLACE_LOG: _HOUSE,
    # What a product is decides which checks it is held against.
    Act.PRODUCT_IMPORT: _COUNTER,
    Act.PRODUCT_PACK: _COUNTER,
    # The minimum stock; the rest of it is LIMIT_OF_USE.
    Act.PRODUCT_EDIT: _HOUSE,
    # A doubt may be anybody's, and a hold harms nobody.
    Act.LOT_HOLD: _HOUSE,
    Act.LOT_RELEASE: _JUDGEMENT,
    Act.LOT_RECALL: _JUDGEMENT,
    Act.RECALL_CONTACT: _COUNTER,
    Act.RECALL_WITHDRAW: _JUDGEMENT,
    Act.PATIENT_ADD: _COUNTER,
    Act.PATIENT_EDIT: _COUNTER,
    Act.PATIENT_LEVEL: _COUNTER,
    Act.PRESCRIBER_ADD: _COUNTER,
    Act.RX_ADD: _COUNTER,
    Act.RX_HOLD: _COUNTER,
    Act.RX_RELEASE: _JUDGEMENT,
    Act.RX_CANCEL: _JUDGEMENT,
    Act.RX_TRANSFER: _JUDGEMENT,
    Act.RX_OWE: _COUNTER,
    Act.RX_CHECK: _COUNTER,
    Act.DISPENSE: _COUNTER,
    Act.RETURN: _COUNTER,
    Act.VIAL_OPEN: _COUNTER,
    Act.VIAL_DRAW: _COUNTER,
    Act.VIAL_DISCARD: _COUNTER,
    Act.VIAL_HOLD: _COUNTER,
    Act.VIAL_RELEASE: _JUDGEMENT,
    Act.VIAL_MOVE: _COUNTER,
    Act.LABEL_PRINT: _COUNTER,
    Act.LABEL_CANCELLED: _COUNTER,
    Act.LABEL_PRINTED: _COUNTER,
    Act.USER_ADD: _ANSWERING,
    Act.USER_DISABLE: _ANSWERING,
    Act.USER_ENABLE: _ANSWERING,
    # One's own is everybody's; another's is OTHERS_PIN.
    Act.USER_PIN: frozenset(Role),
    Act.USER_BADGE: _ANSWERING,
    Act.USER_RIGHT: _ANSWERING,
    Act.USER_KEY: _ANSWERING,
    Act.SITE_ADD: _ANSWERING,
    # It cannot be taken back, and whoever decides must know what the law keeps.
    Act.PATIENT_ERASE: _JUDGEMENT,
    # It lets entries be made by an earlier clock than the last one's, by which what has expired was good.
    Act.AUDIT_CLOCK: _ANSWERING,
}
"""Who may make a request of the kind; `request.claim` asks."""

CONDITIONS: Mapping[Act, frozenset[Role]] = {
    Act.OVERRIDE: _JUDGEMENT,
    Act.WITHOUT_PRESCRIPTION: _JUDGEMENT,
    Act.LIMIT_OF_USE: _JUDGEMENT,
    # What stops a dispense is not taken away at the counter.
    Act.ERASE_FACT: _JUDGEMENT,
    Act.LEAVE_QUARANTINE: _JUDGEMENT,
    Act.LARGE_VARIANCE: _JUDGEMENT,
    Act.OTHERS_PIN: _ANSWERING,
    # A witness sees, and judges nothing; a small pharmacy has few people to ask.
    Act.WITNESS: _HOUSE,
    Act.CHECK_BATCH: _COUNTER,
    Act.LABEL_SEND: _COUNTER,
}
"""What a request, or the other person named in it, needs besides."""

READINGS: Mapping[Act, frozenset[Role]] = {
    Act.READ_STOCK: _REPORT,
    Act.READ_USERS: _ALL,
    # Who watches the readers reads no patient, and is watched as well.
    Act.READ_ACCESS: frozenset({Role.PHARMACIST, Role.AUDITOR, Role.MANAGER}),
    Act.READ_PATIENTS: _CARE,
    Act.READ_RECIPIENTS: _CARE,
    Act.READ_REPORTS: _REPORT,
    Act.VERIFY: frozenset(Role),
    Act.AUDIT_EXPORT: _ALL | {Role.EXPORTER},
    Act.CHECKPOINT: frozenset(Role),
    # It changes no book, and takes every record out of the house unread: no part of looking on.
    Act.BACKUP: _HOUSE | {Role.KEEPER},
    Act.UPGRADE: _HOUSE,
}
"""What is read, or done to the pharmacy as a whole. An auditor reads all."""

ALLOWED: Mapping[Act, frozenset[Role]] = {**REQUESTS, **CONDITIONS, **READINGS}
"""The matrix: the roles that may, for every act."""


CONFIRMED = frozenset(
    {
        Act.DESTROY,
        Act.LOT_RELEASE,
        Act.LOT_RECALL,
        Act.RECALL_WITHDRAW,
        Act.RX_RELEASE,
        Act.VIAL_RELEASE,
        Act.OVERRIDE,
        Act.WITHOUT_PRESCRIPTION,
        Act.LIMIT_OF_USE,
        Act.ERASE_FACT,
        Act.LEAVE_QUARANTINE,
        Act.LARGE_VARIANCE,
        Act.WITNESS,
        Act.CHECK_BATCH,
        Act.USER_ADD,
        Act.USER_DISABLE,
        Act.USER_ENABLE,
        Act.USER_PIN,
        Act.USER_BADGE,
        Act.USER_RIGHT,
        Act.USER_KEY,
        Act.OTHERS_PIN,
        Act.SITE_ADD,
        Act.PATIENT_ERASE,
        Act.AUDIT_CLOCK,
    }
)
"""What a session alone does not open: the person's PIN is typed for it, as a signature is given for one thing."""


def may(role: Role, act: Act) -> bool:
    """Whether the role allows the act."""
    return role in ALLOWED[act]


def require(by: Person, act: Act) -> None:
    """Nothing, where the person's role allows the act; else NotAllowed, or NeedsPin where it is to be confirmed."""
    if not may(by.role, act):
        raise NotAllowed(user=by.name, role=by.role, act=named(act), needed=_needed(act))
    if act in CONFIRMED:
        require_pin(by, by.user_id, by.name, act)


def require_pin(by: Person, user_id: int, user: str, act: Act) -> None:
    """Nothing, where the user's PIN was typed for this command, or nobody has one; else NeedsPin."""
    if by.confirmed is not None and user_id not in by.confirmed:
        raise NeedsPin(what=named(act), user=user, user_id=user_id)


def named(act: Act) -> str:
    """The act as a sentence names it: a request as it is typed."""
    return f"`{act}`" if act in REQUESTS else act.value


def _needed(act: Act) -> str:
    """The roles that may, in words."""
    roles = [f"{'an' if role[0] in 'ae' else 'a'} {role}" for role in Role if may(role, act)]
    return " or ".join(part for part in (", ".join(roles[:-1]), roles[-1]) if part)
