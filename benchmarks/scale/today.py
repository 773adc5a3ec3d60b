"""New patients with a prescription each, entered today by the program itself: there is something to dispense."""

from datetime import date

from sqlalchemy import Connection, func, select

from benchmarks import pharmacy
from benchmarks.scale.days import DIRECTIONS, UNITS
from dispensary import database, lookup
from dispensary.rules.people import Language
from dispensary.rules.product import Form
from dispensary.schema.people import patient
from dispensary.services.people.register import NewPatient, add_patient
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe


def prescriptions(url: str, many: int) -> list[str]:
    """So many new prescriptions, by number."""
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        begin = db.execute(select(func.count()).select_from(patient)).scalar_one()
    found = [
        database.transaction(engine, lambda db, number=number: _prescribed(db, number))
        for number in range(begin + 1, begin + 1 + many)
    ]
    engine.dispose()
    return found


def _prescribed(db: Connection, number: int) -> str:
    by, on = lookup.person(db, pharmacy.USER), pharmacy.NOW
    new = NewPatient(
        f"patient {number}",
        f"MRN-{number}",
        f"Ola Nordmann {number}",
        date(1960, 1, 1),
        Language("en"),
        frozenset(),
        frozenset(),
    )
    added = add_patient(db, new, audit_key=number.to_bytes(32, "big"), on=on, by=by)
    rx = NewPrescription(
        key=f"rx of patient {number}",
        patient=added.patient,
        prescriber="PR1",
        form=Form("cyanocobalamin"),
        directions=DIRECTIONS,
        quantity_units=UNITS,
        days=None,
        refills=1,
        written=on.date(),
        valid_until=None,
        indication="pernicious anaemia",
    )
    return prescribe(db, rx, practice=pharmacy.PRACTICE, on=on, by=by).rx
