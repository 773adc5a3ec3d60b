"""`dispensary fhir`: take prescriptions in, and tell other systems of fills, prescriptions and stock."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, new_app, say, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.services.exchange.take_in import Imported

app = new_app()

OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")]


@app.callback()
def fhir() -> None:
    """FHIR: prescriptions in; fills, stock and a prescription out."""


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A Bundle or a MedicationRequest of FHIR R4.")],
    patients_of: Annotated[
        list[str] | None,
        typer.Option(metavar="URI", help="A system whose patient numbers are this pharmacy's own; repeatable."),
    ] = None,
    add_people: Annotated[
        bool, typer.Option("--add-people", help="Enter patients and prescribers who are not there yet.")
    ] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter the prescriptions of a FHIR document, all or none.

    The same document again gives the same receipts: each prescription is known by its identifier.
    """
    from dispensary import lookup
    from dispensary.cli.context import random_bytes
    from dispensary.cli.product import UnreadableFile
    from dispensary.exports.files import shown
    from dispensary.rules.fhir.codes import system_of
    from dispensary.rules.fhir.document import MOST_BYTES, read_document
    from dispensary.rules.fhir.request import Reader
    from dispensary.services.exchange.take_in import Incoming, take_in

    at = desk(context)
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise UnreadableFile(file=shown(file), problem=str(getattr(problem, "strerror", problem))) from None
    root = read_document(data, shown(file))
    with at.reading(Act.RX_ADD) as (db, by):
        origin = lookup.origin(db, by.site_id)
    own = (*(patients_of or ()), system_of(origin, "patient"))
    reader = Reader(own, system_of(origin, "prescription"), at.pharmacy.country, at.on.date(), at.on.tzinfo)
    order = Incoming(reader.read(root), add_people, at.pharmacy.language)
    done = at.write(take_in, order, practice=at.practice, audit_key=random_bytes)
    show(format, done, done.imported, _told(done))


def _told(done: "Imported") -> str:
    from dispensary.exports.terminal import wrapped

    lines = [f"{name} is entered." for name in (*done.patients, *done.prescribers)]
    for each in done.imported:
        lines.append(
            f"{each.rx} for {each.patient}: {each.form} {each.directions}, valid until {each.valid_until} "
            f"({each.identifier})."
        )
        lines += [f"{each.rx}, to be read by a person: {word}" for word in each.words]
        lines += each.notes
    return "\n".join(map(wrapped, lines))


@app.command()
def export(
    context: typer.Context,
    out: OutOption,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Through this day.")] = None,
    dispense: Annotated[str | None, typer.Option(metavar="NO", help="Only this fill.")] = None,
    patients: Annotated[
        bool, typer.Option("--patients", help="With the patients; each reading is an event of the audit.")
    ] = False,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="collection, transaction or ndjson.")
    ] = "collection",
    force: ForceOption = False,
) -> None:
    """Write fills as MedicationDispense of FHIR R4, with lot and expiry."""
    from dispensary import lookup
    from dispensary.exports.fhir.bundle import As, fill_resources, write
    from dispensary.exports.fhir.resources import Writer
    from dispensary.exports.files import new_file, require_new
    from dispensary.reports.exchange.fills import Asked, concerned, fills
    from dispensary.reports.period import Period
    from dispensary.rules.dates import parse_date
    from dispensary.rules.product import one_of

    at = desk(context)
    how = one_of(As, "type of file", kind)
    period = Period(*(None if day is None else parse_date(day) for day in (since, until)))
    require_new(out, force=force)
    asked = Asked(period, dispense)
    if patients:
        last = at.read_records("fhir export", lambda db, by: concerned(db, by.site_id, asked, at.on), Act.READ_PATIENTS)
    with at.reading(Act.AUDIT_EXPORT) as (db, by):
        if not patients:
            last = concerned(db, by.site_id, asked, at.on).shown
        writer = Writer(lookup.origin(db, by.site_id), in_bundle=how is not As.NDJSON)
        told = fills(db, by.site_id, Asked(period, dispense, last), at.on)
        with new_file(out, force=force) as file:
            count = write(file, fill_resources(told, writer, patients=patients), how, writer, at.on)
    say(f"{count} resources in {out}")


@app.command()
def prescription(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="RX", help="Prescription number.")],
    out: OutOption,
    force: ForceOption = False,
) -> None:
    """Write a prescription as MedicationRequest of FHIR R4; each reading is an event of the audit.

    It has the refills that are left, for the pharmacy that it goes to.
    """
    from dispensary.exports.fhir.bundle import As, write
    from dispensary.exports.fhir.resources import prescription_resources
    from dispensary.exports.files import new_file, require_new
    from dispensary.reports.exchange.prescription import told_prescription

    at = desk(context)
    require_new(out, force=force)
    told = at.read_records(
        "fhir prescription", lambda db, by: told_prescription(db, by.site_id, number, at.on), Act.READ_PATIENTS
    )
    writer, resources = prescription_resources(told, at.on.date())
    with new_file(out, force=force) as file:
        write(file, resources, As.COLLECTION, writer, at.on)
    say(f"{told.rx.rx} in {out}")


@app.command()
def stock(context: typer.Context, out: OutOption, force: ForceOption = False) -> None:
    """Write the stock as InventoryReport of FHIR R5, since R4 has none."""
    from dispensary import lookup
    from dispensary.exports.fhir.bundle import As, write
    from dispensary.exports.fhir.inventory import inventory_resources
    from dispensary.exports.fhir.resources import Writer
    from dispensary.exports.files import new_file
    from dispensary.reports.exchange.fills import products_told
    from dispensary.reports.stock.stock import stock as report

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = report(db, by.site_id, at.on.date())
        writer = Writer(lookup.origin(db, by.site_id), in_bundle=True)
        resources = inventory_resources(rows, products_told(db), writer, at.on, at.pharmacy.name)
    with new_file(out, force=force) as file:
        count = write(file, resources, As.COLLECTION, writer, at.on)
    say(f"{count} resources in {out}")
