"""What a refusal must be: one sentence, kept word by word in a golden file, and nothing written.

`UPDATE_GOLDEN=1 python -m pytest` adds the sentences that the file lacks; read them before you commit them.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, literal_column, select, union_all

from dispensary.errors import Refused
from dispensary.schema.stock import balance
from dispensary.schema.trust import head
from dispensary.schema.whole import metadata
from tests.build import Shop

GOLDEN = Path(__file__).parent / "golden" / "refusals.txt"

Kind = TypeVar("Kind", bound=Refused)

_COUNTS = union_all(
    *(
        select(literal_column(f"'{table.name}'").label("name"), func.count().label("rows")).select_from(table)
        for table in metadata.sorted_tables
    )
)


def golden_lines() -> list[str]:
    return GOLDEN.read_text(encoding="utf-8").splitlines() if GOLDEN.exists() else []


def code(kind: type[Refused]) -> str:
    """The code of a kind of which there is no refusal at hand."""
    return str(Refused.code.fget(kind.__new__(kind)))  # type: ignore[attr-defined]


def require_golden(line: str) -> None:
    """The line, a code and a sentence, stands in the golden file."""
    lines = golden_lines()
    if line not in lines and os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text("".join(f"{each}\n" for each in sorted([*lines, line])), encoding="utf-8")
        return
    assert line in lines


def refused(kind: type[Kind], work: Callable[[], Any], *, folder: Path | None = None) -> Kind:
    """The refusal of exactly this kind that the work ends with; its sentence stands in the golden file.

    A temporary folder stands there as FOLDER.
    """
    with pytest.raises(Refused) as caught:
        work()
    refusal = caught.value
    assert type(refusal) is kind, f"{refusal.code}: {refusal}"
    sentence = str(refusal) if folder is None else str(refusal).replace(str(folder), "FOLDER")
    require_golden(f"{refusal.code}: {sentence}")
    return refusal


def nothing_written(shop: Shop, kind: type[Kind], work: Callable[[], Any]) -> Kind:
    """The refusal, after which every table has the rows that it had, every balance and head its figures."""
    before = everything(shop)
    refusal = refused(kind, work)
    assert everything(shop) == before
    return refusal


def everything(shop: Shop) -> dict[str, Any]:
    def read(db: Any) -> dict[str, Any]:
        counts = {row.name: row.rows for row in db.execute(_COUNTS)}
        balances = db.execute(select(balance).order_by(balance.c.lot_id, balance.c.place_id)).all()
        return {"rows": counts, "balances": balances, "heads": db.execute(select(head)).all()}

    return shop.read(read)
