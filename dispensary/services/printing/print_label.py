"""What was printed: every print is a job in the books, with its copy number, whether into a file or for a printer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from dispensary import audit, request
from dispensary.audit import Event
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.schema.printing import print_job
from dispensary.schema.trust import request as request_table


@dataclass(frozen=True, slots=True)
class Print:
    """What to print of which document: the kind of label, and D12, V3 or a product's code.

    `printer` by its name in the settings, or None for a file. `position` of the first label on its sheet, from 1.
    """

    key: str
    kind: str
    record: str
    design: str
    printer: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A print in the books. `copy` is 1 for the first of its kind and record; a later one says so on paper.

    `again` is the job that this one prints again, since nobody knew whether it was printed.
    """

    job: str
    kind: str
    record: str
    copy: int
    design: str
    printer: str | None
    position: int | None
    again: str | None = None


_earlier = print_job.alias("earlier")
_COPY = (
    select(func.coalesce(func.max(_earlier.c["copy"]), 0) + 1)
    .where(
        _earlier.c.site_id == bindparam("of_site"),
        _earlier.c.kind == bindparam("of_kind"),
        _earlier.c.record == bindparam("of_record"),
    )
    .scalar_subquery()
)
_OF_REQUEST = (
    select(
        request_table.c.id,
        print_job.c.number,
        print_job.c["copy"].label("copy_number"),
        print_job.c.design,
        print_job.c.printer,
        print_job.c.position,
    )
    .outerjoin(
        print_job,
        and_(
            print_job.c.request_id == request_table.c.id,
            print_job.c.kind == bindparam("kind"),
            print_job.c.record == bindparam("record"),
        ),
    )
    .where(request_table.c.site_id == bindparam("site"), request_table.c.key == bindparam("key"))
)
_INSERT = insert(print_job).values({"copy": _COPY}).returning(print_job.c["copy"])


def print_label(db: Connection, what: Print, *, patient: str = "", on: datetime, by: Person) -> PrintJob:
    """Enter a print that is a request of its own; `patient` is the commitment to whom it names, or empty.

    Raises KeyReused and NotAllowed.
    """
    claimed = request.claim(db, "label print", what.key, what, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PrintJob)
    job = write(db, what, request_id=claimed, key=what.key, patient=patient, on=on, by=by)
    request.keep(db, claimed, job)
    return job


def print_with(db: Connection, what: Print, *, patient: str = "", on: datetime, by: Person) -> PrintJob:
    """Enter a print as part of the request that `what` has the key of, such as a dispense, in its transaction.

    The same request again has the job that it had; it prints one kind of label of a record once.
    """
    given = {"site": by.site_id, "key": what.key, "kind": what.kind, "record": what.record}
    found = db.execute(_OF_REQUEST, given).one()
    if found.number is not None:
        number = Record.PRINT_JOB.number(found.number)
        return PrintJob(number, what.kind, what.record, found.copy_number, found.design, found.printer, found.position)
    # A request has one event under its key; this one names the request among its values.
    return write(db, what, request_id=found.id, key="", patient=patient, on=on, by=by)


def write(
    db: Connection,
    what: Print,
    *,
    request_id: int,
    key: str,
    patient: str,
    on: datetime,
    by: Person,
    again: tuple[int, str] | None = None,
) -> PrintJob:
    """The job's row and its event under the key; `again` is the id and number of the job that it prints again."""
    # The head is locked first: two counters that print the same label count its copies one after the other.
    head = audit.take(db, by.site_id, "prints")
    again_id, again_job = again or (None, None)
    row = {
        "site_id": by.site_id,
        "number": head.number,
        "request_id": request_id,
        "kind": what.kind,
        "record": what.record,
        "design": what.design,
        "printer": what.printer,
        "position": what.position,
        "again_id": again_id,
        "at": on,
        "by_id": by.user_id,
    }
    of = {"of_site": by.site_id, "of_kind": what.kind, "of_record": what.record}
    copy = db.execute(_INSERT, row | of).scalar_one()
    number = Record.PRINT_JOB.number(head.number)
    job = PrintJob(number, what.kind, what.record, copy, what.design, what.printer, what.position, again_job)
    values = {
        "kind": job.kind,
        "record": job.record,
        "copy": job.copy,
        "design": job.design,
        "printer": job.printer,
        "position": job.position,
        "again": job.again,
        "request": what.key,
    }
    audit.record(db, head, Event("label print", number, key, values, patient=patient), on=on, by=by)
    return job
