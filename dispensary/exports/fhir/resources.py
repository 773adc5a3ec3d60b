"""Our records as FHIR R4 resources: plain dicts in the order of the specification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dispensary.exports.fhir.dosage import dosage
from dispensary.prescriptions import Prescription
from dispensary.reports.exchange.fills import ToldFill, ToldLot, ToldPatient, ToldPrescriber
from dispensary.reports.exchange.prescription import ToldPrescription
from dispensary.rules.fhir.codes import ATC, ATC_OF, GTIN, HPR, NDC, NPI, UCUM, system_of, uuid_of
from dispensary.rules.life import PrescriptionState
from dispensary.rules.moments import to_the_second
from dispensary.rules.product import Container, Form, Product

Json = dict[str, Any]

_UNIT = {Container.AMPOULE: ("ampoule", "{ampoule}")}
_VIAL = ("vial", "{vial}")
_STATUS = {
    PrescriptionState.ACTIVE: "active",
    PrescriptionState.HELD: "on-hold",
    PrescriptionState.CANCELLED: "cancelled",
    PrescriptionState.TRANSFERRED: "stopped",
}
"""http://hl7.org/fhir/CodeSystem/medicationrequest-status; whatever else has ended is completed."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How resources name one another: by `urn:uuid` within a bundle, by type and id in a file of lines.

    `origin` is the random name of the site, which makes its numbers unlike those of others.
    """

    origin: str
    in_bundle: bool

    def full_url(self, kind: str, id_: str) -> str:
        """What a bundle calls the resource."""
        return uuid_of(self.origin, kind, id_)

    def id_of(self, kind: str, name: str) -> str:
        """The id of a resource that no number of ours names: the same for the same name."""
        return self.full_url(kind, name).rpartition(":")[2]

    def to(self, resource: Json) -> Json:
        """A reference to the resource."""
        kind, id_ = resource["resourceType"], resource["id"]
        return {"reference": self.full_url(kind, id_) if self.in_bundle else f"{kind}/{id_}"}

    def own(self, kind: str, number: str) -> Json:
        """One of our own numbers as an identifier."""
        return {"system": system_of(self.origin, kind), "value": number}

    def coded(self, name: str, codes: Sequence[Json], text: str) -> Json:
        """A medicine by our name of it, its codes, and words."""
        return {
            "resourceType": "Medication",
            "id": self.id_of("Medication", name),
            "identifier": [self.own("medication", name)],
            "code": {"coding": codes, "text": text},
        }

    def medication(self, product: Product, gtins: Sequence[str], of: ToldLot | None = None) -> Json:
        """The product, or one lot of it."""
        codes = [_atc(product.form)]
        if product.identifier_kind == "NDC":
            codes.append({"system": NDC, "code": product.identifier})
        codes += [{"system": GTIN, "code": gtin} for gtin in gtins]
        text = f"{product.name} {product.strength}, {product.fill} {product.container}, {product.labeler}"
        resource = self.coded(product.code if of is None else f"{product.code} {of.lot}", codes, text)
        if of is not None:
            resource["batch"] = {"lotNumber": of.lot, "expirationDate": of.expires}
        return resource

    def patient(self, told: ToldPatient) -> Json:
        """The patient, by our number alone where the record was erased."""
        resource: Json = {"resourceType": "Patient", "id": told.number}
        if told.identifier is None:
            return {**resource, "identifier": [self.own("patient", told.number)]}
        return {
            **resource,
            "identifier": [self.own("patient", told.identifier)],
            "name": [{"text": told.name}],
            "birthDate": told.born,
        }

    def practitioner(self, told: ToldPrescriber) -> Json:
        """The prescriber."""
        system, number = (NPI, told.npi) if told.npi is not None else (HPR, told.hpr)
        return {
            "resourceType": "Practitioner",
            "id": told.number,
            "identifier": [{"system": system, "value": number}],
            "name": [{"text": told.name}],
        }

    def dispense(self, told: ToldFill, place: int, medication: Json, patient: Json | None) -> Json:
        """The part of the fill that one lot is; the days' supply of the whole fill stands at the first."""
        of = told.lots[place]
        number = told.number if len(told.lots) == 1 else f"{told.number}-{place + 1}"
        never_left = sum(each.units for each in told.returns if each.undelivered) == told.units
        resource: Json = {
            "resourceType": "MedicationDispense",
            "id": number,
            "identifier": [self.own("dispense", number)],
            "status": "cancelled" if never_left else "completed",
            "medicationReference": self.to(medication),
        }
        if patient is not None:
            resource["subject"] = self.to(patient)
        resource["performer"] = [{"actor": {"identifier": self.own("user", told.by)}}]
        resource["authorizingPrescription"] = [{"identifier": self.own("prescription", told.rx)}]
        resource["quantity"] = _units(told.product, of.units)
        if place == 0:
            resource["daysSupply"] = {"value": told.days_supply, "unit": "day", "system": UCUM, "code": "d"}
        resource["whenHandedOver"] = to_the_second(told.at)
        notes = [
            f"{each.units} of the {told.units} units of {told.number} "
            f"{'never left the pharmacy' if each.undelivered else 'came back'} ({each.number})."
            for each in told.returns
        ]
        if notes:
            resource["note"] = [{"text": note} for note in notes]
        resource["dosageInstruction"] = dosage(told.directions)
        if told.substituted is not None:
            resource["substitution"] = {"wasSubstituted": told.substituted}
        return resource

    def request(self, rx: Prescription, medication: Json, patient: Json, practitioner: Json, on: date) -> Json:
        """The prescription as it stands on that day, with the refills that are left."""
        state = rx.states_on(on)[0]
        supply: Json = {
            "validityPeriod": {"start": rx.written, "end": rx.valid_until},
            "numberOfRepeatsAllowed": rx.standing.left.refills,
        }
        if rx.quantity_units is not None:
            supply["quantity"] = {"value": rx.quantity_units, "unit": "unit", "system": UCUM, "code": "1"}
        else:
            supply["expectedSupplyDuration"] = {"value": rx.days, "unit": "day", "system": UCUM, "code": "d"}
        resource: Json = {
            "resourceType": "MedicationRequest",
            "id": rx.rx,
            "identifier": [self.own("prescription", rx.rx)],
            "status": _STATUS.get(state, "completed"),
            "intent": "order",
            "medicationReference": self.to(medication),
            "subject": self.to(patient),
            "authoredOn": rx.written,
            "requester": self.to(practitioner),
        }
        if rx.indication:
            resource["reasonCode"] = [{"text": rx.indication}]
        resource["dosageInstruction"] = dosage(rx.directions)
        resource["dispenseRequest"] = supply
        resource["substitution"] = {"allowedBoolean": not rx.as_written}
        return resource


def prescription_resources(told: ToldPrescription, on: date) -> tuple[Writer, tuple[Json, ...]]:
    """The prescription behind those that it names, and the writer that named them."""
    writer = Writer(told.origin, in_bundle=True)
    product = told.product
    form = told.rx.form
    if product is not None:
        medication = writer.medication(product, told.gtins)
    else:
        # The form alone, where the prescriber named no product.
        medication = writer.coded(form.value, [_atc(form)], form.value)
    patient, practitioner = writer.patient(told.patient), writer.practitioner(told.prescriber)
    request = writer.request(told.rx, medication, patient, practitioner, on)
    return writer, (medication, patient, practitioner, request)


def _atc(form: Form) -> Json:
    return {"system": ATC, "code": ATC_OF[form], "display": form.value}


def _units(product: Product, number: int) -> Json:
    unit, code = _UNIT.get(product.container, _VIAL)
    return {"value": Decimal(number), "unit": unit, "system": UCUM, "code": code}
