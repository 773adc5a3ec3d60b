"""The hash that names an EPCIS event whatever its notation (CBV 2.0, section 8.9): same event, same name."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

_VOCABULARY = {"bizStep": "https://ref.gs1.org/cbv/BizStep-", "disposition": "https://ref.gs1.org/cbv/Disp-"}
_TRANSACTION = "https://ref.gs1.org/cbv/BTT-"
_ATTRIBUTES = ("cbvmda:", "{urn:epcglobal:cbv:mda:}")


def event_id(event: Mapping[str, Any]) -> str:
    """The name of an ObjectEvent of the elements that are written here."""
    told = "".join(_told(event))
    return f"ni:///sha-256;{hashlib.sha256(told.encode()).hexdigest()}?ver=CBV2.0"


def _told(event: Mapping[str, Any]) -> Iterator[str]:
    """The parts of the event in the order that the CBV gives them."""
    yield "eventType=ObjectEvent"
    yield f"eventTime={event['eventTime']}"
    yield f"eventTimeZoneOffset={event['eventTimeZoneOffset']}"
    if "epcList" in event:
        yield "epcList"
        yield from sorted(f"epc={each}" for each in event["epcList"])
    if "quantityList" in event:
        yield "quantityList"
        yield from sorted(map(_quantity, event["quantityList"]))
    yield f"action={event['action']}"
    for name, prefix in _VOCABULARY.items():
        yield f"{name}={prefix}{event[name]}"
    for name in ("readPoint", "bizLocation"):
        if name in event:
            yield f"{name}id={event[name]['id']}"
    yield "bizTransactionList"
    for each in event["bizTransactionList"]:
        kind = each["type"] if ":" in each["type"] else f"{_TRANSACTION}{each['type']}"
        yield f"type={kind}bizTransaction={each['bizTransaction']}"
    facts = event.get("ilmd", event)
    if "ilmd" in event:
        yield "ilmd"
    yield from sorted(
        f"{name.replace(*_ATTRIBUTES)}={value}" for name, value in facts.items() if name.startswith("cbvmda:")
    )


def _quantity(element: Mapping[str, Any]) -> str:
    measure = f"uom={element['uom']}" if "uom" in element else ""
    return f"quantityElementepcClass={element['epcClass']}quantity={element['quantity']}{measure}"
