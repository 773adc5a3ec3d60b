"""Request keys: every write carries one, and the same key is answered with the same receipt.

A request keeps a digest of its order, by which the same key with another order is told. Where the order holds what
only the patient's record may hold, such as a name, a plain SHA-256 could be found again by trying names and birth
dates: there it is an HMAC under the patient's audit key, so that it says nothing once the key is erased.
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, insert, select

from dispensary.errors import Refused
from dispensary.rules import access
from dispensary.rules.canonical import canonical_json
from dispensary.rules.moments import to_the_second
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person
from dispensary.rules.sealed import sealed
from dispensary.schema.base import insert_of
from dispensary.schema.people import patient
from dispensary.schema.trust import answer, request

Answer = typing.TypeVar("Answer")


class KeyReused(Refused):
    """The key belongs to another request."""

    sentence = (
        "The key {key} was used on {at} for another {kind}: nothing was written; "
        "use a new key, or repeat the first command to see its receipt."
    )
    key: str
    kind: str
    at: str


class KeyOfErased(Refused):
    """The key belongs to a request about a patient who was erased, and with the patient what was asked."""

    sentence = (
        "The key {key} was used on {at} for `{kind}` of {patient}, whose record was erased since, so that nobody can "
        "tell what was asked: nothing was written; use a new key."
    )
    key: str
    kind: str
    at: str
    patient: str


Whose = tuple[str, bytes]
"""The number of the patient that an order is about (P12), empty where the answer gives the number; the audit key."""


@cache
def _claiming(dialect: str) -> Executable:
    statement: Executable = (
        insert_of(dialect)(request).on_conflict_do_nothing(index_elements=["site_id", "key"]).returning(request.c.id)
    )
    return statement


_EARLIER = (
    select(request.c.kind, request.c.content, request.c.at, answer.c.receipt)
    .join(answer, answer.c.request_id == request.c.id)
    .where(request.c.site_id == bindparam("site"), request.c.key == bindparam("key"))
)
_ANSWER = insert(answer).inline()


_AUDIT_KEY = select(patient.c.audit_key).where(
    patient.c.site_id == bindparam("site"), patient.c.number == bindparam("number")
)


def claim(
    db: Connection,
    kind: str,
    key: str,
    order: object,
    *,
    on: datetime,
    by: Person,
    about: Callable[[], Whose] | None = None,
) -> int | str:
    """The id of the new request, or the receipt of the earlier one with this key, as JSON.

    The kind is an act of the matrix, which is asked first: no request is made by whom it does not allow.
    Claiming makes a second process with the same key wait for the first one's end. `about` tells whose data the
    order holds; it is asked only where the key is new.
    Raises NotAllowed, KeyReused where the key came with another order, KeyOfErased, and what `about` raises.
    """
    access.require(by, access.Act(kind))
    text = canonical_json({"kind": kind, "order": order})
    if about is None:
        content = _plain(text)
    else:
        earlier = db.execute(_EARLIER, {"site": by.site_id, "key": key}).first()
        if earlier is not None:
            return _answered(db, earlier, kind, key, text, by)
        number, audit_key = about()
        content = f"{number} {_sealed(audit_key, text)}"
    claimed = db.execute(
        _claiming(db.dialect.name),
        {"site_id": by.site_id, "key": key, "kind": kind, "content": content, "at": on, "by_id": by.user_id},
    ).scalar()
    if claimed is not None:
        return int(claimed)
    return _answered(db, db.execute(_EARLIER, {"site": by.site_id, "key": key}).one(), kind, key, text, by)


def _plain(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed(audit_key: bytes, text: str) -> str:
    return sealed(audit_key, "request", text)


def _answered(db: Connection, earlier: Any, kind: str, key: str, text: str, by: Person) -> str:
    """The receipt of the earlier request, where it was the same."""
    at = to_the_second(earlier.at)
    number, is_sealed, digest = earlier.content.rpartition(" ")
    same = earlier.kind == kind
    if same and is_sealed:
        number = number or json.loads(earlier.receipt)["patient"]
        given = {"site": by.site_id, "number": parse_number(Record.PATIENT, number)}
        audit_key = db.execute(_AUDIT_KEY, given).scalar_one()
        if not audit_key:
            raise KeyOfErased(key=key, kind=kind, at=at, patient=number)
        same = digest == _sealed(audit_key, text)
    elif same:
        # The order holds nothing of a person, or an earlier release wrote it.
        same = digest == _plain(text)
    if not same:
        raise KeyReused(key=key, kind=earlier.kind, at=at)
    return str(earlier.receipt)


def keep(db: Connection, request_id: int, receipt: object) -> None:
    """Keep the receipt as the answer to the request."""
    db.execute(_ANSWER, {"request_id": request_id, "receipt": canonical_json(receipt)})


def again(receipt: str, kind: type[Answer]) -> Answer:
    """The kept receipt as the frozen result it was."""
    return typing.cast(Answer, _revive(json.loads(receipt), kind))


def _revive(data: object, kind: object) -> object:
    if isinstance(kind, types.UnionType):
        return None if data is None else _revive(data, typing.get_args(kind)[0])
    if typing.get_origin(kind) is tuple:
        return tuple(_revive(item, typing.get_args(kind)[0]) for item in typing.cast(list[object], data))
    if kind is date:
        return date.fromisoformat(str(data))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(str(data))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = typing.cast(dict[str, object], data)
        # A receipt of an earlier release lacks what was added since, which has a default.
        return kind(**{name: _revive(fields[name], hint) for name, hint in hints.items() if name in fields})
    return data
