"""Steps of lots as EPCIS 2.0 ObjectEvents in JSON-LD (GS1 EPCIS 2.0 and CBV 2.0).

A pack is named by its GS1 Digital Link where its GTIN is known and the units are whole packs. What is
counted in single vials without a GTIN of their own has a class that only this pharmacy gives out.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import quote

from dispensary.exports.epcis.event_id import event_id
from dispensary.exports.json_text import compact
from dispensary.reports.exchange.visible import Step, ToldStep, ToldUnits
from dispensary.rules.fhir.codes import uuid_of
from dispensary.rules.quantity import millilitres

Json = dict[str, Any]

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    # Said again for readers that do not fetch the context.
    {"cbvmda": "urn:epcglobal:cbv:mda:"},
]
LINK = "https://id.gs1.org"

_SAID = {
    Step.RECEIVED: ("OBSERVE", "receiving", "in_progress"),
    Step.MADE: ("ADD", "commissioning", "active"),
    Step.DISPENSED: ("OBSERVE", "dispensing", "dispensed"),
    Step.DRAWN: ("OBSERVE", "dispensing", "dispensed"),
    Step.RETURNED: ("OBSERVE", "receiving", "returned"),
    Step.RESTOCKED: ("OBSERVE", "stocking", "in_progress"),
    Step.SENT_BACK: ("OBSERVE", "shipping", "returned"),
    Step.DESTROYED: ("DELETE", "destroying", "destroyed"),
    Step.WASTED: ("DELETE", "destroying", "destroyed"),
}
"""Action, business step and disposition."""

_TRANSACTIONS = {
    Step.RECEIVED: "recadv",
    Step.MADE: "prodorder",
    Step.DISPENSED: uuid_of("business transaction", "dispense"),
    Step.DRAWN: uuid_of("business transaction", "draw"),
    Step.RETURNED: uuid_of("business transaction", "return"),
    Step.RESTOCKED: uuid_of("business transaction", "return"),
    Step.SENT_BACK: uuid_of("business transaction", "return to the supplier"),
    Step.DESTROYED: uuid_of("business transaction", "destruction"),
    Step.WASTED: uuid_of("business transaction", "vial"),
}
"""Kinds of business transaction; where CBV 2.0 has none, one of ours."""

_STILL_HERE = (Step.RECEIVED, Step.MADE, Step.RETURNED, Step.RESTOCKED)

MILLILITRE = "MLT"
"""UN/CEFACT Recommendation 20."""


class Teller:
    """Makes the events of one site. `gln` is its Global Location Number; without one, nobody is told where it is."""

    def __init__(self, origin: str, gln: str | None) -> None:
        self.origin = origin
        self.place = uuid_of(origin, "site") if gln is None else f"{LINK}/414/{gln}"

    def event(self, told: ToldStep) -> Json:
        """The event, with an eventID that is the same for the same event."""
        action, step, disposition = _SAID[told.step]
        epcs, quantities = self._what(told)
        offset = told.at.strftime("%z")
        event: Json = {
            "type": "ObjectEvent",
            "eventTime": _utc(told.at),
            "eventTimeZoneOffset": f"{offset[:3]}:{offset[3:5]}",
        }
        if epcs:
            event["epcList"] = epcs
        if quantities:
            event["quantityList"] = quantities
        event |= {"action": action, "bizStep": step, "disposition": disposition, "readPoint": {"id": self.place}}
        if told.step in _STILL_HERE:
            event["bizLocation"] = {"id": self.place}
        document = uuid_of(self.origin, "document", told.number)
        event["bizTransactionList"] = [{"type": _TRANSACTIONS[told.step], "bizTransaction": document}]
        facts = {
            "cbvmda:lotNumber": told.lot,
            "cbvmda:itemExpirationDate": told.expires.isoformat(),
            "cbvmda:descriptionShort": f"{told.name} ({told.product})",
        }
        # EPCIS has ilmd with ADD alone; elsewhere the same attributes stand as extensions.
        event |= {"ilmd": facts} if action == "ADD" else facts
        return {"type": event.pop("type"), "eventID": event_id(event), **event}

    def _what(self, told: ToldStep) -> tuple[list[str], list[Json]]:
        if told.volume_ul:
            # A class of its own: what is counted in packs or vials elsewhere is measured here.
            contents = uuid_of(self.origin, "contents", told.product, told.lot)
            measured = {"epcClass": contents, "quantity": millilitres(told.volume_ul), "uom": MILLILITRE}
            return [], [measured]
        epcs: list[str] = []
        counted: dict[str, int] = {}
        for part in told.parts:
            if part.serial is not None and part.gtin is not None:
                epcs.append(f"{LINK}/01/{part.gtin}/21/{_escaped(part.serial)}")
                continue
            name, number = self._class(told, part)
            counted[name] = counted.get(name, 0) + number
        return sorted(epcs), [{"epcClass": name, "quantity": number} for name, number in sorted(counted.items())]

    def _class(self, told: ToldStep, part: ToldUnits) -> tuple[str, int]:
        packs = [(part.gtin, part.of_pack)] if part.gtin is not None and part.of_pack is not None else told.packs
        for gtin, units in packs:
            if units and part.units % units == 0:
                return f"{LINK}/01/{gtin}/10/{_escaped(told.lot)}", part.units // units
        return uuid_of(self.origin, "class", told.product, told.lot), part.units


def write(file: BinaryIO, steps: Iterable[ToldStep], teller: Teller, on: datetime) -> int:
    """Write an EPCISDocument event by event; returns how many there were."""
    head = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": _utc(on)}
    file.write((compact(head).removesuffix("}") + ', "epcisBody": {"eventList": [').encode())
    count = 0
    for count, event in enumerate(map(teller.event, steps), start=1):
        file.write(("\n" if count == 1 else ",\n").encode() + compact(event).encode())
    file.write(b"\n]}}\n")
    return count


def _utc(at: datetime) -> str:
    """To the millisecond, as the event's hash wants it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _escaped(text: str) -> str:
    """As a path of GS1 Digital Link has it."""
    return quote(text, safe="")
