"""Resources as one file, written piece by piece: a Bundle, or a line of JSON each (FHIR R4, ndjson)."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO
from urllib.parse import quote

from dispensary.exports.fhir.resources import Json, Writer
from dispensary.exports.json_text import compact
from dispensary.reports.exchange.fills import ToldFill
from dispensary.rules.moments import to_the_second

_MEANS, _ESCAPED = re.compile(r"[\\$,|]"), r"\\\g<0>"
"""What means something in a value that is searched for, and how it does not (FHIR R4, Search, Escaping)."""


class As(StrEnum):
    """How the resources stand in the file."""

    COLLECTION = "collection"
    TRANSACTION = "transaction"
    NDJSON = "ndjson"


def write(file: BinaryIO, resources: Iterable[Json], how: As, writer: Writer, on: datetime) -> int:
    """Write them; returns how many there were. A transaction enters each only where its identifier is not there yet."""
    count = 0
    if how is As.NDJSON:
        for resource in resources:
            file.write(compact(resource).encode() + b"\n")
            count += 1
        return count
    head = {"resourceType": "Bundle", "type": how.value, "timestamp": to_the_second(on)}
    opened = compact(head).removesuffix("}")
    file.write(opened.encode())
    for count, resource in enumerate(resources, start=1):
        # FHIR has no empty array: a bundle of nothing has no entry.
        file.write(
            (', "entry": [\n' if count == 1 else ",\n").encode() + compact(_entry(resource, how, writer)).encode()
        )
    file.write(b"\n]}\n" if count else b"}\n")
    return count


def fill_resources(fills: Iterable[ToldFill], writer: Writer, *, patients: bool) -> Iterator[Json]:
    """Each fill behind the lots, and behind the patient where patients are told, that no fill before it had."""
    seen: set[str] = set()
    for told in fills:
        patient = writer.patient(told.patient) if patients else None
        for place, of in enumerate(told.lots):
            medication = writer.medication(told.product, told.gtins, of)
            for each in (medication, patient):
                if each is not None and each["id"] not in seen:
                    seen.add(each["id"])
                    yield each
            yield writer.dispense(told, place, medication, patient)


def _entry(resource: Json, how: As, writer: Writer) -> dict[str, Any]:
    kind = resource["resourceType"]
    entry: Json = {"fullUrl": writer.full_url(kind, resource["id"]), "resource": resource}
    if how is As.TRANSACTION:
        entry["request"] = {"method": "POST", "url": kind, "ifNoneExist": _once(**resource["identifier"][0])}
    return entry


def _once(system: str, value: str) -> str:
    """The search for an identifier, as the query of a URL: a lot's number may hold what would end it, or an `or`."""
    return f"identifier={system}|{quote(_MEANS.sub(_ESCAPED, value), safe='')}"
