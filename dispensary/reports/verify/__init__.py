"""Do the books agree with themselves? Everything that is kept twice is recomputed and compared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exc

from dispensary.reports.verify import (
    erasures,
    foundations,
    movements_told,
    patients_told,
    prescriptions_told,
    printing_told,
    recalls_told,
    registers_told,
    stock_books,
    stock_documents,
    stock_told,
    storage_told,
    vial_books,
    vials_told,
)
from dispensary.reports.verify.differences import SHOWN


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: what is so, or the first differences."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verified:
    """All comparisons; `ok` where each of them is."""

    ok: bool
    checks: tuple[Check, ...]


_Book = tuple[str, str, Callable[[Connection], list[str]]]


def verify(db: Connection, told: Callable[[str], None] = lambda _: None) -> Verified:
    """Recompute balances, documents, vials, readings and audit chains, and compare all records with their events.

    `told` hears which check is at work.
    """
    storage = (*foundations.STORAGE, *foundations.SQLITE) if db.dialect.name == "sqlite" else foundations.STORAGE
    checks = tuple(_checks(db, (*storage, *_BOOKS), told))
    return Verified(all(check.ok for check in checks), checks)


def _checks(db: Connection, books: Sequence[_Book], told: Callable[[str], None]) -> Iterator[Check]:
    for number, each in enumerate(books, 1):
        told(f"{number} of {len(books)}: {each[0]}")
        yield _check(db, *each)


def _check(db: Connection, name: str, promise: str, find: Callable[[Connection], list[str]]) -> Check:
    try:
        found = find(db)
    except (TypeError, ValueError, LookupError, exc.DBAPIError) as problem:
        # SQLite keeps whatever somebody wrote into a column: what cannot be read is a finding, not an end.
        cause = problem.orig if isinstance(problem, exc.DBAPIError) else problem
        found = [f"what is kept cannot be read ({cause})"]
    more = ["and more"] if len(found) > SHOWN else []
    return Check(name, not found, "; ".join(found[:SHOWN] + more) if found else promise)


_BOOKS = (
    *stock_books.CHECKS,
    *stock_documents.CHECKS,
    *vial_books.CHECKS,
    *prescriptions_told.AGREEMENTS,
    *vials_told.AGREEMENTS,
    *stock_told.AGREEMENTS,
    *recalls_told.AGREEMENTS,
    *storage_told.AGREEMENTS,
    *printing_told.AGREEMENTS,
    *movements_told.AGREEMENTS,
    *registers_told.AGREEMENTS,
    *patients_told.AGREEMENTS,
    *erasures.CHECKS,
    *foundations.TRUST,
)
