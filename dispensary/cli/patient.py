"""`dispensary patient`: add, list, show."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show

app = new_app()


@app.callback()
def patient() -> None:
    """Patients: add, list, show."""


@app.command()
def add(
    context: typer.Context,
    identifier: Annotated[str, typer.Option("--id", metavar="ID", help="The pharmacy's own or a national identifier.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Full name.")],
    born: Annotated[str, typer.Option(metavar="DATE", help="Date of birth, 1961-04-03.")],
    language: Annotated[str | None, typer.Option(metavar="en|nb", help="en or nb. [default: the pharmacy's]")] = None,
    sensitivity: Annotated[
        list[str] | None,
        typer.Option(metavar="AGENT", help='cobalamin, "benzyl alcohol" or parabens; may be repeated.'),
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="leber, kidney-failure or pregnancy; may be repeated.")
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter a patient."""
    from dispensary.cli.context import random_bytes
    from dispensary.rules.dates import parse_born
    from dispensary.rules.identifiers import patient_identifier
    from dispensary.rules.people import Condition, Language
    from dispensary.rules.product import Sensitivity, one_of
    from dispensary.rules.text import clean_name
    from dispensary.services.register import NewPatient, add_patient

    at = desk(context)
    new = NewPatient(
        key=request_key(context, key),
        identifier=patient_identifier(identifier, at.pharmacy.country),
        name=clean_name(name, "the patient's name"),
        born=parse_born(born, at.on.date()),
        language=at.pharmacy.language if language is None else one_of(Language, "language", language),
        sensitivities=frozenset(one_of(Sensitivity, "sensitivity", text) for text in sensitivity or ()),
        conditions=frozenset(one_of(Condition, "condition", text) for text in condition or ()),
    )
    added = at.write(add_patient, new, audit_key=random_bytes())
    show(format, added, [added], f"Patient {added.patient} is entered.")


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the patients; each reading is an event of the audit."""
    from dispensary.exports.terminal import table
    from dispensary.reports.records import patients

    at = desk(context)
    rows = at.read_records("patient list", lambda db, by: patients(db, by.site_id))
    shown = [(row.patient, row.identifier, row.name, row.born, row.language) for row in rows]
    show(format, rows, rows, table(("patient", "identifier", "name", "born", "language"), shown))


@app.command("show")
def show_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="PATIENT", help="Patient number or identifier.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show a patient's record; each reading is an event of the audit."""
    from dispensary.exports.terminal import table
    from dispensary.reports.records import show_patient

    at = desk(context)
    row = at.read_records(f"patient show {number}", lambda db, by: show_patient(db, by.site_id, number))
    facts = [
        ("identifier", row.identifier),
        ("name", row.name),
        ("born", row.born),
        ("language", row.language),
        ("sensitivities", ", ".join(row.sensitivities) or "none recorded"),
        ("conditions", ", ".join(row.conditions) or "none recorded"),
    ]
    show(format, row, [row], table(("patient", row.patient), facts))
