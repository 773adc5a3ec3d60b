"""Noting demand that could not be met, so that somebody orders for it and the patient is called."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from dispensary import audit, dispensable, lookup, prescriptions, request
from dispensary.dispensable import Asked, NoStock
from dispensary.errors import Refused
from dispensary.prescriptions import Prescription
from dispensary.rules.allocation import ShortStock
from dispensary.rules.moments import day_in
from dispensary.rules.people import Person
from dispensary.rules.practice import Practice
from dispensary.rules.safety import overridden
from dispensary.schema.prescribing import dispense, unmet_demand


class CanBeFilled(Refused):
    """The demand can be met."""

    sentence = "{units} of {product} are on hand for {rx}, so nothing was noted: dispense it."
    rx: str
    units: int
    product: str


class DemandThere(Refused):
    """The demand was noted before."""

    sentence = "The demand for {rx} was noted on {on} and nothing was handed over since: nothing was noted."
    rx: str
    on: date


@dataclass(frozen=True, slots=True)
class Owe:
    """The prescription that could not be filled; `product` where one was asked for."""

    key: str
    rx: str
    product: str | None = None


@dataclass(frozen=True, slots=True)
class DemandNoted:
    """The receipt: units of the product that were wanted, and how many were usable."""

    rx: str
    key: str
    product: str
    units: int
    usable_units: int


_NOTED = (
    select(unmet_demand.c.at)
    .where(
        unmet_demand.c.prescription_id == bindparam("prescription"),
        # Requests are numbered as they come; two may have the same moment.
        unmet_demand.c.request_id
        > func.coalesce(
            select(func.max(dispense.c.request_id))
            .where(dispense.c.prescription_id == bindparam("prescription"))
            .scalar_subquery(),
            0,
        ),
    )
    .limit(1)
)


def owe(db: Connection, order: Owe, *, practice: Practice, on: datetime, by: Person) -> DemandNoted:
    """Note that the fill could not be handed over for want of stock.

    Raises DemandThere, CanBeFilled, StoppedByChecks where it could not be filled anyhow, NotFound and PatientErased.
    """
    claimed = request.claim(db, "rx owe", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, DemandNoted)
    rx = prescriptions.by_number(db, by.site_id, order.rx, today=on.date(), zone=on.tzinfo, lock=True)
    _require_none_open(db, rx, on)
    noted = _demand(db, order, rx, practice, on, by)
    product_id, _ = lookup.product_by_code(db, noted.product)
    db.execute(
        insert(unmet_demand).values(
            prescription_id=rx.id,
            request_id=claimed,
            product_id=product_id,
            units=noted.units,
            usable_units=noted.usable_units,
            at=on,
            by_id=by.user_id,
        )
    )
    values = {"product": noted.product, "units": noted.units, "usable_units": noted.usable_units}
    commitment = audit.commitment(rx.patient.audit_key, rx.patient.number)
    event = audit.Event("rx owe", rx.rx, order.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, noted)
    return noted


def _demand(db: Connection, order: Owe, rx: Prescription, practice: Practice, on: datetime, by: Person) -> DemandNoted:
    """What the stock refuses; raises what else stands in the way of the fill."""
    decision = dispensable.decide_today(
        db, rx, Asked(product=order.product), practice=practice, on=on, site_id=by.site_id
    )
    refusal, choice = decision.refusal, decision.choice
    if choice is not None:
        raise CanBeFilled(rx=rx.rx, units=choice.supply.units, product=choice.stock.product.code)
    if isinstance(refusal, NoStock):
        return DemandNoted(rx.rx, order.key, refusal.product, refusal.units, 0)
    if isinstance(refusal, ShortStock):
        return DemandNoted(rx.rx, order.key, refusal.product, refusal.wanted, refusal.available)
    if refusal is not None:
        raise refusal
    overridden(decision.found, {})
    raise AssertionError("without a choice and a refusal there is a stop")


def _require_none_open(db: Connection, rx: Prescription, on: datetime) -> None:
    """No demand has been noted since the last fill."""
    noted = db.execute(_NOTED, {"prescription": rx.id}).scalar()
    if noted is not None:
        raise DemandThere(rx=rx.rx, on=day_in(noted, on.tzinfo))
