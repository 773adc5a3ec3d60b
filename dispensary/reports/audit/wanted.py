"""Which events of the audit somebody asks for, and whose records they tell of."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select

from dispensary import audit, auditor, lookup
from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.reports.period import Period
from dispensary.rules.moments import utc_exactly
from dispensary.rules.numbers import Record, parse_number
from dispensary.schema.people import patient, site, user
from dispensary.schema.trust import audit_event

READ = "patient read"
"""The kind of an event that somebody read of patients."""

FREE_TEXT = frozenset({"reason", "note", "problem"})
"""Values that somebody typed: a lot is not named by a sentence that holds its number."""

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; what is empty asks for all. Days are the pharmacy's own, both included.

    A patient, product, lot or document is wanted where the event is about it or names it as a value: `D7` finds
    the dispense, its check, its labels and what came back of it.
    """

    since: date | None = None
    until: date | None = None
    user: str | None = None
    patient: str | None = None
    product: str | None = None
    lot: str | None = None
    document: str | None = None
    kind: str | None = None

    @property
    def period(self) -> Period:
        """The days."""
        return Period(self.since, self.until)

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as words."""
        return {name: str(value) for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class PatientOf:
    """Whom a commitment stands for: the number, and the name, which is None after an erasure."""

    number: int
    name: str | None

    @property
    def patient(self) -> str:
        """The number as written."""
        return Record.PATIENT.number(self.number)


@dataclass(frozen=True, slots=True)
class Selection:
    """The wanted events of a site's chain; none of them comes before or at the sequence `after`."""

    wanted: Wanted
    site: str
    """The site's name."""
    after: int
    takes: Callable[[Row], bool]
    """Whether an event of `chain.events` is wanted."""


_SITE = select(site.c.name).where(site.c.id == bindparam("site"))
_USER = select(user.c.id).where(user.c.name == bindparam("user"))
_KIND = select(audit_event.c.sequence).where(
    audit_event.c.site_id == bindparam("site"), audit_event.c.kind == bindparam("kind")
)
_FIRST = select(func.min(audit_event.c.sequence)).where(
    audit_event.c.site_id == bindparam("site"), audit_event.c.at >= bindparam("since", type_=audit_event.c.at.type)
)
_LAST = select(func.max(audit_event.c.sequence)).where(audit_event.c.site_id == bindparam("site"))
_PATIENTS = select(patient.c.number, patient.c.name, patient.c.audit_key).where(
    patient.c.site_id == bindparam("site"), patient.c.erased_at.is_(None)
)


def selection(db: Connection, site_id: int, wanted: Wanted, on: datetime) -> Selection:
    """How to find the wanted events; raises NotAPeriod, NotANumber and NotFound."""
    if wanted.user is not None:
        require_user(db, wanted.user)
    if wanted.kind is not None and db.execute(_KIND, {"site": site_id, "kind": wanted.kind}).first() is None:
        way_out = "`dispensary audit log` shows the kinds that there are"
        raise NotFound(what="event of the kind", given=quoted(wanted.kind), way_out=way_out)
    tests = list(_tests(db, site_id, wanted, on))
    name = db.execute(_SITE, {"site": site_id}).scalar_one()
    after = _after(db, site_id, wanted.period, on)
    return Selection(wanted, name, after, lambda event: all(test(event) for test in tests))


def require_user(db: Connection, name: str) -> None:
    """Nothing, where somebody has that name, also one who acts no more; else NotFound."""
    if db.execute(_USER, {"user": name}).first() is None:
        raise NotFound(what="user", given=quoted(name), way_out="`dispensary user list` shows who there is")


def _after(db: Connection, site_id: int, period: Period, on: datetime) -> int:
    begins = period.begins(on.tzinfo)
    if begins is None:
        return 0
    first = db.execute(_FIRST, {"site": site_id, "since": begins}).scalar()
    last = db.execute(_LAST, {"site": site_id}).scalar() or 0
    return last if first is None else first - 1


def _tests(db: Connection, site_id: int, wanted: Wanted, on: datetime) -> Iterator[Callable[[Row], bool]]:
    """One for each thing that was asked, the quick ones first."""
    period = wanted.period
    if (begins := period.begins(on.tzinfo)) is not None:
        since = utc_exactly(begins)
        yield lambda event: str(event["at"]) >= since
    if (ends := period.ends(on.tzinfo)) is not None:
        end = utc_exactly(ends)
        yield lambda event: str(event["at"]) < end
    for column, text in (("actor", wanted.user), ("kind", wanted.kind)):
        if text is not None:
            yield _is(column, text)
    if wanted.patient is not None:
        commitment, _ = patient_named(db, site_id, wanted.patient)
        yield lambda event: commitment in str(event["canonical"])
    product = None if wanted.product is None else lookup.product_by_code(db, wanted.product)[1].code
    document = None if wanted.document is None else wanted.document.strip().upper()
    for given in (product, wanted.lot, document):
        if given is not None:
            yield _about(given)


def _is(column: str, text: str) -> Callable[[Row], bool]:
    return lambda event: event[column] == text


def _about(text: str) -> Callable[[Row], bool]:
    written = json.dumps(text, ensure_ascii=False)
    return lambda event: (
        event["subject"] == text
        or (written in str(event["canonical"]) and _names(auditor.values_of(str(event["canonical"])), text))
    )


def _names(value: object, text: str) -> bool:
    """Whether the text is one of the values, or the name of one, however deep."""
    if isinstance(value, dict):
        return any(key not in FREE_TEXT and (key == text or _names(each, text)) for key, each in value.items())
    if isinstance(value, list):
        return any(_names(each, text) for each in value)
    return value == text


def patient_named(db: Connection, site_id: int, given: str) -> tuple[str, PatientOf]:
    """What stands in the chain for the patient of this number (P12), also after an erasure, and who that is.

    Raises NotANumber and NotFound.
    """
    number = parse_number(Record.PATIENT, given)
    found = db.execute(_PATIENTS.where(patient.c.number == number), {"site": site_id}).first()
    if found is not None:
        return audit.commitment(found.audit_key, number), PatientOf(number, found.name)
    erased = lookup.commitments_of_erased(db, site_id).get(number)
    if erased is None:
        way_out = "`dispensary patient list` shows who there is"
        raise NotFound(what="patient", given=Record.PATIENT.number(number), way_out=way_out)
    return erased, PatientOf(number, None)


def patients_by_commitment(db: Connection, site_id: int) -> dict[str, PatientOf]:
    """Every patient of the site by what stands in the chain; one in memory for each patient, whatever the history."""
    known = {
        audit.commitment(row.audit_key, row.number): PatientOf(row.number, row.name)
        for row in db.execute(_PATIENTS, {"site": site_id})
    }
    erased = lookup.commitments_of_erased(db, site_id)
    return known | {each: PatientOf(number, None) for number, each in erased.items()}


def commitments_in(kind: str, patient: str, canonical: str) -> list[str]:
    """The patients whom an event with these columns concerns, as they stand in the chain."""
    listed = auditor.values_of(canonical).get("patients") if kind == READ else None
    if isinstance(listed, list):
        return list(map(str, listed))
    # One alone, or of a list that was destroyed the first.
    return [patient] if patient else []
