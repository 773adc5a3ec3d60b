"""`dispensary audit export`: the whole chain, or a signed part of it with its manifest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.audit_wanted import (
    DocumentOption,
    KindOption,
    LotOption,
    PatientOption,
    ProductOption,
    SinceOption,
    UntilOption,
    UserOption,
    wanted,
)
from dispensary.cli.output import ForceOption, desk, say
from dispensary.rules.access import Act, require

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.exports.audit_part import Exported, NewPart
    from dispensary.reports.audit.wanted import Wanted
    from dispensary.reports.disclosed import Disclosed
    from dispensary.rules.people import Person


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The JSON Lines file; a CSV goes beside it.")],
    since: SinceOption = None,
    until: UntilOption = None,
    user: UserOption = None,
    patient: PatientOption = None,
    product: ProductOption = None,
    lot: LotOption = None,
    document: DocumentOption = None,
    kind: KindOption = None,
    signed: Annotated[bool, typer.Option("--signed", help="With a signed manifest; so is every part.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Also as a workbook; signed as well.")] = False,
    with_patients: Annotated[
        bool,
        typer.Option("--with-patients", help="Also whom it concerns, by number and name, as a file of its own."),
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write all events as JSON Lines and CSV, or the wanted ones with a signed manifest.

    Events that are left out stand there as hashes, so that the chain still holds.
    """
    at = desk(context)
    asked = wanted(since, until, user, patient, product, lot, document, kind)
    if not (asked.asked or signed or xlsx or with_patients):
        _whole(at, out, force=force)
        return
    from dispensary.exports.audit_part import new_part

    with new_part(out, xlsx=xlsx, patients=with_patients, force=force) as part:
        # The reading is noted before the files get their names.
        done = _part(at, part, asked, with_patients=with_patients)
    say(f"{done.events} events, {done.omitted} left out, head {done.head}")
    say("\n".join(map(str, done.files)))


def _whole(at: "Desk", out: Path, *, force: bool) -> None:
    from dispensary.cli.progress import progress
    from dispensary.exports.audit import export as write

    with at.reading(Act.AUDIT_EXPORT) as (db, by), progress() as told:
        exported = write(db, by.site_id, out, told, force=force)
    say(f"{exported.events} events, head {exported.head}")
    say("\n".join(map(str, exported.files)))


def _part(at: "Desk", part: "NewPart", asked: "Wanted", *, with_patients: bool) -> "Exported":
    """The part in its files; whoever is shown whom it concerns must be allowed to read patients."""

    def work(db: "Connection", by: "Person") -> "Disclosed[Exported]":
        from dispensary.cli import signing
        from dispensary.cli.progress import progress
        from dispensary.exports.audit_part import Asked
        from dispensary.reports.audit.log import readers_patients
        from dispensary.reports.audit.wanted import patients_by_commitment, selection
        from dispensary.reports.disclosed import Disclosed

        for act in (Act.AUDIT_EXPORT, Act.CHECKPOINT):
            require(by, act)
        chosen = selection(db, by.site_id, asked, at.on)
        patients = patients_by_commitment(db, by.site_id) if with_patients else None
        end, key = signing.checkpoint(at, db, by), signing.key_of(at, db, by)
        with progress() as told:
            done = part.write(db, Asked(chosen, at.on, by, end, key, patients, told))
        return Disclosed(done, done.patients | readers_patients(asked))

    if with_patients or asked.patient is not None:
        return at.read_records("audit export", work, Act.READ_PATIENTS)
    with at.reading(Act.AUDIT_EXPORT) as (db, by):
        return work(db, by).shown
