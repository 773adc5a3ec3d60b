"""Drawing a dose out of an opened vial: for a prescription, by the checks of a dispense, or for a reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, bindparam, insert, select

from dispensary import audit, dispensable, lookup, prescriptions, request
from dispensary.lookup import Patient
from dispensary.prescriptions import Prescription
from dispensary.rules import vial as rules
from dispensary.rules.access import Act, require
from dispensary.rules.finding import Finding
from dispensary.rules.moments import to_the_second
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.practice import Practice
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.refills import Drawn, after_one, standing
from dispensary.rules.safety import overridden, read_reason
from dispensary.rules.sealed import sealed_finding
from dispensary.rules.shelf import Operation
from dispensary.rules.vial import GivenAs, Standing, Taken, VialEntryKind, VialState
from dispensary.schema.vials import draw as draws
from dispensary.schema.vials import draw_finding
from dispensary.services.vials import opened
from dispensary.services.vials.opened import OpenedVial

DEAD_VOLUME = "dead volume"
NOT_KEPT = "nothing of it is kept"


@dataclass(frozen=True, slots=True)
class Prescribed:
    """The next injection of a prescription."""

    rx: str


@dataclass(frozen=True, slots=True)
class Unprescribed:
    """A dose that nobody has prescribed, for a patient and a reason; `route` where the product has several."""

    patient: str
    dose: Dose
    reason: str
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw from which vial, and the pharmacist's reasons to go on, as typed, by the code of the finding."""

    key: str
    vial: str
    wanted: Prescribed | Unprescribed
    given_as: GivenAs = GivenAs.ADMINISTERED
    overrides: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DoseDrawn:
    """The receipt. `volume_ul` is what the vial held when it was opened, `before_ul` what it held before this draw.

    `drawn_ul` is the dose, `wasted_ul` what was lost with it. `usable_hours` are the whole hours until
    `discard_at`. `next_injection` is the first day that the dose does not cover.
    """

    draw: str
    vial: str
    key: str
    rx: str | None
    product: str
    lot: str
    opened_at: str
    discard_at: str
    usable_hours: int
    volume_ul: int
    before_ul: int
    dose_mcg: int
    drawn_ul: int
    wasted_ul: int
    remaining_ul: int
    state: Standing
    given_as: GivenAs
    next_injection: date | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    audit: audit.Entry


@dataclass(frozen=True, slots=True)
class _Dose:
    """The dose of a draw, what the checks found about it, and the first day that it does not cover."""

    dose: Dose
    found: tuple[Finding, ...]
    next_injection: date | None = None
    prescription_id: int | None = None
    rx: str | None = None
    reason: str | None = None
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What is drawn from what for whom; `dedicated` where the vial serves nobody else from now on."""

    order: Draw
    vial: OpenedVial
    patient: Patient
    dose: _Dose
    taken: Taken
    dedicated: bool

    @property
    def wasted(self) -> list[tuple[int, str]]:
        """The microlitres that are lost with the dose, and why."""
        return [
            (each, why) for each, why in ((self.taken.dead_ul, DEAD_VOLUME), (self.taken.rest_ul, NOT_KEPT)) if each
        ]

    @property
    def state(self) -> VialState:
        """The state of the vial from now on."""
        return VialState.OPEN if self.taken.remaining_ul else VialState.DISCARDED


_OTHER_PATIENTS = (
    select(draws.c.id).where(draws.c.vial_id == bindparam("vial"), draws.c.patient_id != bindparam("patient")).limit(1)
)


def draw(db: Connection, order: Draw, *, practice: Practice, on: datetime, by: Person) -> DoseDrawn:
    """Take one dose out of an opened vial, and waste what is lost with it.

    Raises NotAllowed, LotNotUsable, VialTooOld, VialNotUsable, VialSetAside, DedicatedToAnother,
    StoppedByChecks, NotAnOverride, NotAWholeMicrolitre, VialTooLittle, WhichRoute, NotFound, PatientErased and
    NamesThePatient.
    """
    wanted = order.wanted
    whose = partial(lookup.whose, db, by.site_id, wanted.patient) if isinstance(wanted, Unprescribed) else None
    claimed = request.claim(db, "vial draw", order.key, order, on=on, by=by, about=whose)
    if isinstance(claimed, str):
        return request.again(claimed, DoseDrawn)
    if isinstance(wanted, Unprescribed):
        require(by, Act.WITHOUT_PRESCRIPTION)
    if order.overrides:
        require(by, Act.OVERRIDE)
    # The patient is locked before the vial, as everywhere.
    who = _who(db, wanted, on, by)
    patient = who.patient if isinstance(who, Prescription) else who
    reasons = (wanted.reason,) if isinstance(wanted, Unprescribed) else ()
    patient.require_nameless("reason", *reasons, *(order.overrides or {}).values())
    vial = opened.locked(db, by.site_id, order.vial, on)
    dedicated = _require_usable(db, vial, patient, practice, on)
    if isinstance(wanted, Unprescribed):
        dose = _unprescribed(db, wanted, patient, vial, practice=practice, on=on, by=by)
    else:
        assert isinstance(who, Prescription), "a prescribed dose comes with its prescription"
        dose = _next_of(db, who, vial, claimed, practice=practice, on=on, by=by)
    judged = {code: read_reason(text) for code, text in (order.overrides or {}).items()}
    found = overridden(dose.found, judged, outcome="Nothing was drawn")
    taken = rules.taken(vial.remaining_ul, dose.dose, vial.product, practice.dead_volume_ul, vial.named)
    agreed = _Agreed(order, vial, patient, replace(dose, found=found), taken, dedicated)
    _empty(db, agreed, request_id=claimed, on=on, by=by)
    head = audit.take(db, by.site_id, "draws")
    _write(db, agreed, {"number": head.number, "request_id": claimed, "at": on}, by)
    event = _event(agreed, head.number)
    drawn = _receipt(agreed, event.subject, audit.record(db, head, event, on=on, by=by), on)
    request.keep(db, claimed, drawn)
    return drawn


def _who(db: Connection, wanted: Prescribed | Unprescribed, on: datetime, by: Person) -> Prescription | Patient:
    """The prescription, or the patient; other counters wait for the patient's prescriptions."""
    if isinstance(wanted, Prescribed):
        return prescriptions.by_number(db, by.site_id, wanted.rx, today=on.date(), zone=on.tzinfo, lock=True)
    return lookup.locked_patient(db, by.site_id, wanted.patient)


def _require_usable(db: Connection, vial: OpenedVial, patient: Patient, practice: Practice, on: datetime) -> bool:
    """Whether the draw dedicates the vial; raises what keeps this patient from it."""
    vial.require_of_lot(Operation.DRAW, on.date())
    rules.require_drawable(vial.state, vial.discard_at, on, vial.named)
    rules.require_at_hand(vial.place, vial.place_kind, vial.named)
    others = vial.patient_id not in (None, patient.id)
    if practice.dedicated_vials and not others:
        # It may have served others while the setting was off.
        others = db.execute(_OTHER_PATIENTS, {"vial": vial.id, "patient": patient.id}).first() is not None
    if others:
        raise rules.DedicatedToAnother(vial=vial.vial, patient=Record.PATIENT.number(patient.number))
    return practice.dedicated_vials


def _next_of(
    db: Connection,
    rx: Prescription,
    vial: OpenedVial,
    request_id: int,
    *,
    practice: Practice,
    on: datetime,
    by: Person,
) -> _Dose:
    """The next injection of the prescription, as its directions stand today."""
    course = rx.standing.course(rx.directions, on.date())
    if course.completed:
        # The checks say so; the dose of the last phase only stands for what nobody draws.
        dose, following, fits = rx.directions.phases[-1].dose, on.date(), True
    else:
        dose, following = next(course.injections()).dose, after_one(course)
        drawn = Drawn(on.date(), vial.product, vial.product.strength.volume_ul(dose), following, request_id)
        fits = standing(rx.terms, rx.fills, (*rx.draws, drawn)).within
    found = dispensable.check_draw(db, rx, vial.product, fits=fits, practice=practice, on=on, site_id=by.site_id)
    return _Dose(dose, found, following, rx.id, rx.rx)


def _unprescribed(
    db: Connection,
    wanted: Unprescribed,
    patient: Patient,
    vial: OpenedVial,
    *,
    practice: Practice,
    on: datetime,
    by: Person,
) -> _Dose:
    directions = rules.one_dose(wanted.dose, vial.product, wanted.route)
    found = dispensable.check_dose(db, patient, directions, vial.product, practice=practice, on=on, site_id=by.site_id)
    return _Dose(wanted.dose, found, reason=wanted.reason, route=directions.phases[0].route)


def _empty(db: Connection, agreed: _Agreed, *, request_id: int, on: datetime, by: Person) -> None:
    """Take dose and waste out of the vial's books."""
    entries = [
        opened.Entry(VialEntryKind.DRAW, agreed.taken.dose_ul),
        *(opened.Entry(VialEntryKind.WASTE, each, why) for each, why in agreed.wasted),
    ]
    changes: dict[str, object] = {"remaining_ul": agreed.taken.remaining_ul, "state": agreed.state}
    if agreed.dedicated:
        changes["patient_id"] = agreed.patient.id
    opened.write(db, agreed.vial, entries, changes, request_id=request_id, on=on, by=by)


def _write(db: Connection, agreed: _Agreed, row: Mapping[str, object], by: Person) -> None:
    dose = agreed.dose
    row = {
        **row,
        "site_id": by.site_id,
        "vial_id": agreed.vial.id,
        "patient_id": agreed.patient.id,
        "prescription_id": dose.prescription_id,
        "reason": dose.reason,
        "dose_mcg": dose.dose.mcg,
        "volume_ul": agreed.taken.dose_ul,
        "given_as": agreed.order.given_as,
        "next_injection": dose.next_injection,
        "by_id": by.user_id,
    }
    draw_id = db.execute(insert(draws).values(**row).returning(draws.c.id)).scalar_one()
    if dose.found:
        db.execute(insert(draw_finding), [{"draw_id": draw_id, **asdict(each)} for each in dose.found])


def _event(agreed: _Agreed, number: int) -> audit.Event:
    vial, patient, dose = agreed.vial, agreed.patient, agreed.dose
    values = {
        "vial": vial.vial,
        "product": vial.product.code,
        "lot": vial.lot,
        "rx": dose.rx,
        "reason": dose.reason,
        "route": dose.route,
        "dose_mcg": dose.dose.mcg,
        "volume_ul": agreed.taken.dose_ul,
        "given_as": agreed.order.given_as,
        "next_injection": dose.next_injection,
        "wasted": agreed.wasted,
        "remaining_ul": agreed.taken.remaining_ul,
        "state": agreed.state,
        "dedicated": agreed.dedicated,
        "findings": [sealed_finding(patient.audit_key, each) for each in dose.found],
    }
    commitment = audit.commitment(patient.audit_key, patient.number)
    return audit.Event("vial draw", Record.DRAW.number(number), agreed.order.key, values, patient=commitment)


def _receipt(agreed: _Agreed, number: str, entry: audit.Entry, on: datetime) -> DoseDrawn:
    vial, dose, taken = agreed.vial, agreed.dose, agreed.taken
    more = rules.too_little_for_more(taken.remaining_ul, dose.dose, taken.dose_ul)
    return DoseDrawn(
        draw=number,
        vial=vial.vial,
        key=agreed.order.key,
        rx=dose.rx,
        product=vial.product.code,
        lot=vial.lot,
        opened_at=to_the_second(vial.opened_at),
        discard_at=to_the_second(vial.discard_at),
        usable_hours=rules.hours_left(on, vial.discard_at),
        volume_ul=vial.volume_ul,
        before_ul=vial.remaining_ul,
        dose_mcg=dose.dose.mcg,
        drawn_ul=taken.dose_ul,
        wasted_ul=sum(each for each, _ in agreed.wasted),
        remaining_ul=taken.remaining_ul,
        state=Standing(agreed.state),
        given_as=agreed.order.given_as,
        next_injection=dose.next_injection,
        findings=dose.found,
        notes=() if more is None else (more,),
        audit=entry,
    )
