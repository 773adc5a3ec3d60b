"""What people decide about a prescription: hold, release, cancel, transfer to another pharmacy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from dispensary import audit, prescriptions, request
from dispensary.rules.life import Act, LifeState, life_after, require_allowed
from dispensary.rules.people import Person
from dispensary.schema.prescribing import prescription_act


@dataclass(frozen=True, slots=True)
class Decided:
    """What to do to which prescription, and why; `to_pharmacy` for a transfer."""

    key: str
    rx: str
    act: Act
    reason: str
    to_pharmacy: str | None = None


@dataclass(frozen=True, slots=True)
class ActDone:
    """The receipt. `units_left` and `refills_left` are what the other pharmacy may still dispense."""

    rx: str
    key: str
    act: Act
    state: LifeState
    reason: str
    to_pharmacy: str | None
    units_left: int | None
    refills_left: int


def act(db: Connection, order: Decided, *, on: datetime, by: Person) -> ActDone:
    """Append the act to the prescription; anybody may hold it, the rest is a pharmacist's.

    Raises NotAllowed, NotFound, PatientErased, NamesThePatient and NotFromThisState.
    """
    claimed = request.claim(db, f"rx {order.act}", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, ActDone)
    rx = prescriptions.by_number(db, by.site_id, order.rx, today=on.date(), zone=on.tzinfo, lock=True)
    rx.patient.require_nameless("reason", order.reason)
    require_allowed(order.act, rx.life, rx.rx)
    db.execute(
        insert(prescription_act).values(
            prescription_id=rx.id,
            request_id=claimed,
            act=order.act,
            reason=order.reason,
            to_pharmacy=order.to_pharmacy,
            at=on,
            by_id=by.user_id,
        )
    )
    left = rx.standing.left
    done = ActDone(
        rx=rx.rx,
        key=order.key,
        act=order.act,
        state=life_after(order.act),
        reason=order.reason,
        to_pharmacy=order.to_pharmacy,
        units_left=left.units,
        refills_left=left.refills,
    )
    values = {
        "from": rx.life,
        "to": done.state,
        "reason": order.reason,
        "to_pharmacy": order.to_pharmacy,
        "units_left": left.units,
        "refills_left": left.refills,
    }
    commitment = audit.commitment(rx.patient.audit_key, rx.patient.number)
    event = audit.Event(f"rx {order.act}", rx.rx, order.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, done)
    return done
