"""What the flag of an opened vial says, as long as doses may be drawn from it."""

from datetime import datetime
from shlex import quote

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.errors import Refused
from dispensary.labelling.kinds.vial import VialFacts
from dispensary.places import stock_place
from dispensary.reports.vials.vials import VialRow, one_vial
from dispensary.rules.moments import to_the_minute
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person, Pharmacy
from dispensary.rules.shelf import ALLOWED, Operation, State
from dispensary.rules.vial import Standing
from dispensary.schema.people import patient
from dispensary.schema.vials import vial


class VialNotLabelled(Refused):
    """A flag would say that the vial may be used, and it may not."""

    sentence = "The label of vial {vial} of lot {lot} of {product} is not printed, since {why}: {way_out}."
    vial: str
    lot: str
    product: str
    why: str
    way_out: str


_BY_STANDING = {
    Standing.DISCARDED: ("it is empty or was discarded", "`dispensary vial list` shows what is open"),
    Standing.EXPIRED: (
        "it was to be discarded at {discard_at}",
        "discard it with `dispensary vial discard {vial}` and open another",
    ),
    Standing.HELD: ("it is held", "have a pharmacist release it first with `dispensary vial release {vial}`"),
}
# The vials of an expired lot are past their hour (rules/vial.discard_at).
_BY_LOT = {
    State.HELD: ("its lot is held", "have a pharmacist release it first with `dispensary lot release {lot}`"),
    State.RECALLED: ("its lot is recalled", "set it aside with `dispensary vial move {vial} --to PLACE`"),
}
_SET_ASIDE = (
    "it stands at {place}, from where nothing is given to patients",
    "put it back first with `dispensary vial move {vial} --to PLACE`",
)
_DEDICATED_TO = (
    select(patient.c.name)
    .join(vial, vial.c.patient_id == patient.c.id)
    .where(vial.c.site_id == bindparam("site"), vial.c.number == bindparam("number"))
)


def vial_facts(db: Connection, number: str, *, pharmacy: Pharmacy, on: datetime, by: Person) -> VialFacts:
    """The facts of the flag, in the pharmacy's language: who draws from the vial reads it.

    Raises NotANumber and NotFound, and VialNotLabelled where no dose may be drawn from it now.
    """
    row = one_vial(db, by.site_id, number, on)
    _require_usable(db, row, by.site_id)
    _, product = lookup.product_by_code(db, row.product)
    given = {"site": by.site_id, "number": parse_number(Record.VIAL, row.vial)}
    return VialFacts(
        language=pharmacy.language,
        vial=row.vial,
        product=product,
        lot=row.lot,
        volume_ul=row.volume_ul,
        opened_at=datetime.fromisoformat(row.opened_at),
        opened_by=row.opened_by,
        discard_at=datetime.fromisoformat(row.discard_at),
        patient=db.execute(_DEDICATED_TO, given).scalar() or "",
    )


def _require_usable(db: Connection, row: VialRow, site_id: int) -> None:
    if row.state is not Standing.OPEN:
        why, way_out = _BY_STANDING[row.state]
    elif not ALLOWED[row.lot_state, Operation.DRAW]:
        why, way_out = _BY_LOT[row.lot_state]
    elif not stock_place(db, site_id, row.place).kind.saleable:
        why, way_out = _SET_ASIDE
    else:
        return
    shown = {
        "vial": row.vial,
        "lot": quote(row.lot),
        "place": row.place,
        "discard_at": to_the_minute(datetime.fromisoformat(row.discard_at)),
    }
    raise VialNotLabelled(
        vial=row.vial, lot=row.lot, product=row.product, why=why.format(**shown), way_out=way_out.format(**shown)
    )
