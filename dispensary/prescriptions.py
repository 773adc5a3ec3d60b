"""A prescription with its patient, its acts, its fills and drawn doses, as the rules' own objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import cached_property
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, exists, func, or_, select

from dispensary import lookup
from dispensary.lookup import Patient
from dispensary.rules.directions import Directions
from dispensary.rules.grammar import from_canonical
from dispensary.rules.life import Act, LifeState, PrescriptionState, life_after, states_on
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.product import Form, Product
from dispensary.rules.refills import Drawn, Fill, Standing, Terms, standing
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, prescriber
from dispensary.schema.prescribing import dispense, dispense_return, prescription, prescription_act
from dispensary.schema.stock import lot, place
from dispensary.schema.vials import draw, vial


@dataclass(frozen=True)
class Prescription:
    """A prescription, what became of it, and the place that its fills go to."""

    id: int
    number: int
    patient: Patient
    prescriber: str
    profession: str
    prescriber_number: int
    form: Form
    directions: Directions
    directions_as_written: str
    quantity_units: int | None
    days: int | None
    refills: int
    written: date
    valid_until: date
    indication: str
    product_id: int | None
    """The product that the prescriber named."""
    product: str | None
    as_written: bool
    """Whether the prescriber refuses another maker's product."""
    last_act: Act | None
    reason: str
    """The reason of the last act."""
    others: tuple[str, ...]
    """The patient's other prescriptions that have not expired, or whose fills and draws still last."""
    fills: tuple[Fill, ...]
    draws: tuple[Drawn, ...]
    destination: Place

    @property
    def rx(self) -> str:
        """The number that people type."""
        return Record.PRESCRIPTION.number(self.number)

    @property
    def life(self) -> LifeState:
        """What people made of it."""
        return life_after(self.last_act)

    @property
    def terms(self) -> Terms:
        """What it allows."""
        return Terms(self.directions, self.quantity_units, self.days, self.refills)

    @cached_property
    def standing(self) -> Standing:
        """What is left of it, and what the patient is supplied for."""
        return standing(self.terms, self.fills, self.draws)

    def states_on(self, today: date) -> tuple[PrescriptionState, ...]:
        """Active, or why it has ended."""
        return states_on(
            self.valid_until,
            self.standing.left.fills,
            today,
            life=self.life,
            completed=self.standing.course(self.directions, today).completed,
        )


_other = prescription.alias("other")
_still_supplied = or_(
    exists().where(dispense.c.prescription_id == _other.c.id, dispense.c.next_injection > bindparam("today")),
    exists().where(draw.c.prescription_id == _other.c.id, draw.c.next_injection > bindparam("today")),
)
_acts = prescription_act.alias("acts")
_LAST_ACT = select(func.max(_acts.c.id)).where(_acts.c.prescription_id == prescription.c.id).scalar_subquery()
_OTHERS = (
    select(func.aggregate_strings(cast(_other.c.number, Text), " "))
    .where(
        _other.c.patient_id == prescription.c.patient_id,
        _other.c.id != prescription.c.id,
        or_(_other.c.valid_until >= bindparam("today"), _still_supplied),
    )
    .correlate(prescription)
    .scalar_subquery()
    .label("others")
)
_PRESCRIPTIONS = (
    select(
        *(column for column in prescription.c if column.name != "patient_id"),
        *lookup.PATIENT_COLUMNS,
        prescriber.c.name.label("prescriber"),
        prescriber.c.number.label("prescriber_number"),
        prescriber.c.profession,
        product.c.code.label("product"),
        prescription_act.c.act,
        prescription_act.c.reason,
        select(func.min(place.c.id))
        .where(place.c.site_id == prescription.c.site_id, place.c.kind == PlaceKind.PATIENTS)
        .scalar_subquery()
        .label("patients_id"),
    )
    .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .outerjoin(product, product.c.id == prescription.c.product_id)
    .outerjoin(prescription_act, prescription_act.c.id == _LAST_ACT)
    .where(prescription.c.site_id == bindparam("site"))
    .order_by(prescription.c.number)
)
_ONE = _PRESCRIPTIONS.add_columns(
    _OTHERS,
    # So that a dispense asks for draws only where there are any.
    exists().where(draw.c.prescription_id == prescription.c.id).correlate(prescription).label("drawn"),
).where(prescription.c.number == bindparam("number"))
_PATIENT_OF = (
    select(prescription.c.patient_id)
    .where(prescription.c.site_id == bindparam("site"), prescription.c.number == bindparam("number"))
    .scalar_subquery()
)
RETURNED = func.coalesce(
    select(func.sum(dispense_return.c.units)).where(dispense_return.c.dispense_id == dispense.c.id).scalar_subquery(), 0
)
"""The units that came back of a dispense, in a statement that reads it; 0 where none did."""

FILL_COLUMNS = (
    dispense.c.id,
    dispense.c.request_id,
    dispense.c.number,
    dispense.c.at,
    dispense.c.product_id,
    dispense.c.units,
    dispense.c.prescribed_units,
    dispense.c.completes_id,
    dispense.c.doses,
    dispense.c.first_injection,
    dispense.c.next_injection,
)
"""What `fill_of` needs of a dispense."""

DRAW_COLUMNS = (draw.c.request_id, draw.c.at, draw.c.volume_ul, draw.c.next_injection, lot.c.product_id)
"""What `drawn_of` needs of a draw and of its vial's lot."""

_FILLS = select(dispense.c.prescription_id, *FILL_COLUMNS, RETURNED.label("returned")).order_by(
    dispense.c.prescription_id, dispense.c.fill
)
_FILLS_OF_ONE = _FILLS.where(dispense.c.prescription_id == bindparam("prescription"))
_FILLS_OF_SITE = _FILLS.where(dispense.c.site_id == bindparam("site"))
_DRAWS = (
    select(draw.c.prescription_id, *DRAW_COLUMNS)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(draw.c.prescription_id.is_not(None))
    .order_by(draw.c.prescription_id, draw.c.id)
)
_DRAWS_OF_ONE = _DRAWS.where(draw.c.prescription_id == bindparam("prescription"))
_DRAWS_OF_SITE = _DRAWS.where(draw.c.site_id == bindparam("site"))


def by_number(
    db: Connection, site_id: int, given: str, *, today: date, zone: tzinfo | None, lock: bool = False
) -> Prescription:
    """The prescription of this number (RX12); with `lock`, other counters wait for its patient's prescriptions.

    `zone` is the pharmacy's own, in which a fill has its day. Raises NotANumber and NotFound, and with `lock`
    PatientErased: who locks means to write.
    """
    number = parse_number(Record.PRESCRIPTION, given)
    if lock:
        lookup.lock_patient(db, _PATIENT_OF, site=site_id, number=number)
    row = db.execute(_ONE, {"site": site_id, "number": number, "today": today}).first()
    if row is None:
        raise lookup.no_such(Record.PRESCRIPTION, number)
    fills = db.execute(_FILLS_OF_ONE, {"prescription": row.id}).all()
    draws = db.execute(_DRAWS_OF_ONE, {"prescription": row.id}).all() if row.drawn else ()
    found = _prescription(
        row, row.others, _fills(fills, _returned(db, fills), zone), _draws(draws, _drawn_from(db, draws), zone)
    )
    if lock:
        found.patient.require_not_erased()
    return found


def all_of_site(
    db: Connection, site_id: int, *, zone: tzinfo | None, patient_id: int | None = None
) -> Iterator[Prescription]:
    """Every prescription, or those of one patient, by number; without the patient's others."""
    wanted, filled, drawn = _PRESCRIPTIONS, _FILLS_OF_SITE, _DRAWS_OF_SITE
    if patient_id is not None:
        wanted = wanted.where(prescription.c.patient_id == patient_id)
        # By its prescriptions: driven from the site, it would read every fill of the pharmacy.
        filled = _FILLS.where(
            dispense.c.prescription_id.in_(select(prescription.c.id).where(prescription.c.patient_id == patient_id))
        )
        drawn = _DRAWS.where(draw.c.patient_id == patient_id)
    rows = db.execute(filled, {"site": site_id}).all()
    products = _returned(db, rows)
    fills = _by_prescription(rows)
    doses = db.execute(drawn, {"site": site_id}).all()
    drawn_from = _drawn_from(db, doses)
    draws = _by_prescription(doses)
    for row in db.execute(wanted, {"site": site_id}):
        yield _prescription(
            row,
            "",
            _fills(fills.get(row.id, ()), products, zone),
            _draws(draws.get(row.id, ()), drawn_from, zone),
        )


def _by_prescription(rows: Iterable[Any]) -> dict[int, list[Any]]:
    return {key: list(group) for key, group in groupby(rows, key=lambda row: int(row.prescription_id))}


def _returned(db: Connection, rows: Sequence[Any]) -> dict[int, Product]:
    """The products of the prescriptions of which anything came back."""
    moved = {row.prescription_id for row in rows if row.returned}
    wanted = {row.product_id for row in rows if row.prescription_id in moved}
    return lookup.products_by_id(db, wanted)


def _drawn_from(db: Connection, rows: Iterable[Any]) -> dict[int, Product]:
    """The products of the vials that were drawn from."""
    return lookup.products_by_id(db, {row.product_id for row in rows})


def _draws(rows: Iterable[Any], products: Mapping[int, Product], zone: tzinfo | None) -> tuple[Drawn, ...]:
    return tuple(drawn_of(row, products[row.product_id], zone) for row in rows)


def drawn_of(row: Any, product: Product, zone: tzinfo | None) -> Drawn:
    """The drawn dose of a row with DRAW_COLUMNS."""
    return Drawn(
        on=day_in(row.at, zone),
        product=product,
        volume_ul=row.volume_ul,
        next_injection=row.next_injection,
        order=row.request_id,
    )


def _fills(rows: Iterable[Any], products: Mapping[int, Product], zone: tzinfo | None) -> tuple[Fill, ...]:
    return tuple(fill_of(row, products.get(row.product_id), row.returned, zone) for row in rows)


def fill_of(row: Any, product: Product | None, returned: int, zone: tzinfo | None) -> Fill:
    """The fill of a row with FILL_COLUMNS, of which so many units came back."""
    return Fill(
        id=row.id,
        number=row.number,
        on=day_in(row.at, zone),
        product=product,
        units=row.units,
        returned=returned,
        prescribed_units=row.units if row.prescribed_units is None else row.prescribed_units,
        completes=row.completes_id,
        doses=row.doses or 0,
        first_injection=row.first_injection,
        next_injection=row.next_injection,
        order=row.request_id,
    )


def _prescription(row: Any, others: str | None, fills: tuple[Fill, ...], draws: tuple[Drawn, ...]) -> Prescription:
    return Prescription(
        id=row.id,
        number=row.number,
        patient=lookup.patient_of(row),
        prescriber=row.prescriber,
        profession=row.profession,
        prescriber_number=row.prescriber_number,
        form=row.form,
        directions=from_canonical(row.directions),
        directions_as_written=row.directions_as_written,
        quantity_units=row.quantity_units,
        days=row.days,
        refills=row.refills,
        written=row.written,
        valid_until=row.valid_until,
        indication=row.indication,
        product_id=row.product_id,
        product=row.product,
        as_written=row.as_written,
        last_act=row.act,
        reason=row.reason or "",
        others=tuple(map(Record.PRESCRIPTION.number, sorted(map(int, (others or "").split())))),
        fills=fills,
        draws=draws,
        destination=Place(row.patients_id, stocked=False),
    )
