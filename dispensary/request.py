"""Request keys: every write carries one, and the same key is answered with the same receipt."""

import dataclasses
import hashlib
import json
import types
import typing
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, insert, select

from dispensary.errors import Refused
from dispensary.rules import access
from dispensary.rules.canonical import canonical_json
from dispensary.rules.moments import to_the_second
from dispensary.rules.people import Person
from dispensary.schema.base import insert_of
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


def claim(db: Connection, kind: str, key: str, order: object, *, on: datetime, by: Person) -> int | str:
    """The id of the new request, or the receipt of the earlier one with this key, as JSON.

    The kind is an act of the matrix, which is asked first: no request is made by whom it does not allow.
    Claiming makes a second process with the same key wait for the first one's end.
    Raises NotAllowed, and KeyReused where the key came with another order.
    """
    access.require(by, access.Act(kind))
    content = hashlib.sha256(canonical_json({"kind": kind, "order": order}).encode()).hexdigest()
    claimed = db.execute(
        _claiming(db.dialect.name),
        {"site_id": by.site_id, "key": key, "kind": kind, "content": content, "at": on, "by_id": by.user_id},
    ).scalar()
    if claimed is not None:
        return int(claimed)
    earlier = db.execute(_EARLIER, {"site": by.site_id, "key": key}).one()
    if earlier.content != content:
        raise KeyReused(key=key, kind=earlier.kind, at=to_the_second(earlier.at))
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
