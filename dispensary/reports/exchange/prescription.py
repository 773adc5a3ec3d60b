"""A prescription with whom it names, for the pharmacy that it goes to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import lookup, prescriptions
from dispensary.prescriptions import Prescription
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.exchange.fills import ToldPatient, ToldPrescriber, gtins_of, prescriber_of
from dispensary.rules.numbers import Record
from dispensary.rules.product import Product


@dataclass(frozen=True, slots=True)
class ToldPrescription:
    """The prescription, who it is for and of, the product that was named with its GTINs, and the site's random name."""

    origin: str
    rx: Prescription
    patient: ToldPatient
    prescriber: ToldPrescriber
    product: Product | None
    gtins: tuple[str, ...]


def told_prescription(db: Connection, site_id: int, number: str, on: datetime) -> Disclosed[ToldPrescription]:
    """The prescription of that number, such as RX5; raises NotANumber, NotFound and PatientErased."""
    rx = prescriptions.by_number(db, site_id, number, today=on.date(), zone=on.tzinfo)
    rx.patient.require_not_erased()
    found = None if rx.product is None else lookup.product_by_code(db, rx.product)
    told = ToldPrescription(
        origin=lookup.origin(db, site_id),
        rx=rx,
        patient=ToldPatient(
            Record.PATIENT.number(rx.patient.number), rx.patient.identifier, rx.patient.name, rx.patient.born
        ),
        prescriber=prescriber_of(db, site_id, rx.prescriber_number),
        product=None if found is None else found[1],
        gtins=() if found is None else gtins_of(db).get(found[0], ()),
    )
    return Disclosed(told, frozenset({rx.patient.number}))
