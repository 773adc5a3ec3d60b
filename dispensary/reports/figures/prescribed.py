"""The prescriptions of a site with all that happened to them, as the figures see them: read some patients at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from dispensary.prescriptions import DRAW_COLUMNS, FILL_COLUMNS, drawn_of, fill_of
from dispensary.rules.figures.scheduled import Prescribed, Returned
from dispensary.rules.grammar import from_canonical
from dispensary.rules.moments import day_in
from dispensary.rules.product import Product
from dispensary.rules.refills import Terms
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, dispense_return, prescription, prescription_act
from dispensary.schema.stock import lot
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial

AT_ONCE = 500
"""So many patients are read at once."""

# Of erased patients nobody expects anything.
_LIVE = (
    patient.c.id > bindparam("after"),
    patient.c.id <= bindparam("upto"),
    prescription.c.site_id == bindparam("site"),
    prescription.c.valid_until >= bindparam("since"),
    patient.c.erased_at.is_(None),
)
_PRESCRIPTIONS = (
    select(
        prescription.c.id,
        prescription.c.number,
        patient.c.number.label("patient"),
        prescription.c.form,
        prescription.c.directions,
        prescription.c.quantity_units,
        prescription.c.days,
        prescription.c.refills,
        prescription.c.valid_until,
        prescription.c.product_id,
        request.c.at,
    )
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(request, request.c.id == prescription.c.request_id)
    .where(*_LIVE)
    .order_by(prescription.c.patient_id, prescription.c.number)
)


def _of(columns: tuple[Any, ...], table: Any, owner: Any) -> Select[Any]:
    """The rows of a table that belong to those prescriptions."""
    return (
        select(prescription.c.id.label("rx_id"), *columns)
        .select_from(prescription)
        .join(patient, patient.c.id == prescription.c.patient_id)
        .join(table, owner == prescription.c.id)
        .where(*_LIVE)
    )


_FILLS = _of(FILL_COLUMNS, dispense, dispense.c.prescription_id).order_by(dispense.c.prescription_id, dispense.c.fill)
_RETURNS = (
    _of((dispense_return.c.dispense_id, dispense_return.c.units, request.c.at), dispense, dispense.c.prescription_id)
    .join(dispense_return, dispense_return.c.dispense_id == dispense.c.id)
    .join(request, request.c.id == dispense_return.c.request_id)
    .order_by(dispense_return.c.id)
)
_ACTS = _of(
    (prescription_act.c.at, prescription_act.c.act), prescription_act, prescription_act.c.prescription_id
).order_by(prescription_act.c.id)
_DRAWS = (
    _of(DRAW_COLUMNS, draw, draw.c.prescription_id)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .order_by(draw.c.id)
)


@dataclass(frozen=True)
class Prescriptions:
    """The prescriptions of a site that were valid on the day `since` or later: by patient, those of each by number.

    They are read whenever they are gone through and never held together, so the connection must be open.
    """

    db: Connection
    site_id: int
    since: date
    zone: tzinfo | None
    products: Mapping[int, Product]

    def __iter__(self) -> Iterator[Prescribed]:
        last = self.db.execute(select(func.max(patient.c.id))).scalar() or 0
        for after in range(0, last, AT_ONCE):
            yield from self._of(after)

    def _of(self, after: int) -> Iterator[Prescribed]:
        """Those of the patients whose ids follow."""
        given = {"site": self.site_id, "since": self.since, "after": after, "upto": after + AT_ONCE}

        def rows(statement: Select[Any]) -> Mapping[int, list[Any]]:
            found: dict[int, list[Any]] = defaultdict(list)
            for row in self.db.execute(statement, given):
                found[row.rx_id].append(row)
            return found

        fills, returns, acts, draws = map(rows, (_FILLS, _RETURNS, _ACTS, _DRAWS))
        zone = self.zone
        for row in self.db.execute(_PRESCRIPTIONS, given).all():
            yield Prescribed(
                number=row.number,
                patient=row.patient,
                form=row.form,
                terms=Terms(from_canonical(row.directions), row.quantity_units, row.days, row.refills),
                valid_until=row.valid_until,
                entered=day_in(row.at, zone),
                product_id=row.product_id,
                acts=tuple((day_in(act.at, zone), act.act) for act in acts[row.id]),
                # What came back is told by its day, so nothing has come back of the fill itself.
                fills=tuple(fill_of(fill, self.products[fill.product_id], 0, zone) for fill in fills[row.id]),
                fill_products=tuple(fill.product_id for fill in fills[row.id]),
                returns=tuple(
                    Returned(day_in(back.at, zone), back.dispense_id, back.units) for back in returns[row.id]
                ),
                draws=tuple(drawn_of(each, self.products[each.product_id], zone) for each in draws[row.id]),
                draw_products=tuple(each.product_id for each in draws[row.id]),
            )
