"""`dispensary patient`: add, edit, level, erase, list, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.rules.access import Act
from dispensary.rules.people import Condition
from dispensary.rules.product import Sensitivity

if TYPE_CHECKING:
    from dispensary.reports.people.records import PatientDetail
    from dispensary.rules.people import History

app = new_app()

PatientArgument = Annotated[str, typer.Argument(metavar="PATIENT", help="Patient number or identifier.")]
_AGENTS = ", ".join(f'"{each}"' if " " in each else each for each in Sensitivity)
_CONDITIONS = ", ".join(Condition)


@app.callback()
def patient() -> None:
    """Patients: add, edit, level, erase, list, show."""


@app.command()
def add(
    context: typer.Context,
    identifier: Annotated[str, typer.Option("--id", metavar="ID", help="The pharmacy's own or a national identifier.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Full name.")],
    born: Annotated[str, typer.Option(metavar="DATE", help="Date of birth, 1961-04-03.")],
    language: Annotated[str | None, typer.Option(metavar="en|nb", help="en or nb. [default: the pharmacy's]")] = None,
    sensitivity: Annotated[
        list[str] | None, typer.Option(metavar="AGENT", help=f"One of {_AGENTS}; may be repeated.")
    ] = None,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"One of {_CONDITIONS}; may be repeated.")
    ] = None,
    medicine: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another medicine that is known; may be repeated.")
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter a patient."""
    from dispensary.cli.context import random_bytes
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.dates import parse_born
    from dispensary.rules.identifiers import patient_identifier, require_born
    from dispensary.rules.people import Language
    from dispensary.rules.product import one_of
    from dispensary.rules.text import clean_name
    from dispensary.services.people.register import NewPatient, add_patient

    at = desk(context)
    history = _history(sensitivity, condition, medicine)
    new = NewPatient(
        key=request_key(context, key),
        identifier=patient_identifier(identifier, at.pharmacy.country),
        name=clean_name(name, "the patient's name"),
        born=parse_born(born, at.on.date()),
        language=at.pharmacy.language if language is None else one_of(Language, "language", language),
        sensitivities=history.sensitivities,
        conditions=history.conditions,
        medicines=history.medicines,
    )
    require_born(new.identifier, at.pharmacy.country, new.born)
    added = at.write(add_patient, new, audit_key=random_bytes())
    said = (f"Patient {added.patient} is entered.", *added.notes)
    show(format, added, [added], "\n".join(map(wrapped, said)))


@app.command()
def edit(
    context: typer.Context,
    number: PatientArgument,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Full name.")] = None,
    born: Annotated[str | None, typer.Option(metavar="DATE", help="Date of birth, 1961-04-03.")] = None,
    language: Annotated[str | None, typer.Option(metavar="en|nb", help="en or nb.")] = None,
    sensitivity: Annotated[list[str] | None, typer.Option(metavar="AGENT", help=f"Add one of {_AGENTS}.")] = None,
    no_sensitivity: Annotated[list[str] | None, typer.Option(metavar="AGENT", help="Remove a sensitivity.")] = None,
    condition: Annotated[list[str] | None, typer.Option(metavar="NAME", help=f"Add one of {_CONDITIONS}.")] = None,
    no_condition: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Remove a condition.")] = None,
    medicine: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Add another medicine.")] = None,
    no_medicine: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Remove another medicine.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Change what is named of a patient's record, and nothing else."""
    from dispensary.rules.dates import parse_born
    from dispensary.rules.people import Language
    from dispensary.rules.product import one_of
    from dispensary.rules.text import clean_name
    from dispensary.services.people.patients import PatientEdit, edit_patient

    at = desk(context)
    order = PatientEdit(
        key=request_key(context, key),
        patient=number,
        name=None if name is None else clean_name(name, "the patient's name"),
        born=None if born is None else parse_born(born, at.on.date()),
        language=None if language is None else one_of(Language, "language", language),
        add=_history(sensitivity, condition, medicine),
        remove=_history(no_sensitivity, no_condition, no_medicine),
    )
    edited = at.write(edit_patient, order, country=at.pharmacy.country)
    show(format, edited, [edited], f"Patient {edited.patient}: changed {', '.join(edited.changed)}.")


@app.command()
def level(
    context: typer.Context,
    number: PatientArgument,
    measured: Annotated[str, typer.Argument(metavar="LEVEL", help='Such as "148 pmol/L", "200 pg/mL" or ng/L.')],
    taken_on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day of the sample. [default: today]")
    ] = None,
    correct: Annotated[bool, typer.Option("--correct", help="Replace that day's level, which was mistyped.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Record a measured B12 level."""
    from dispensary.rules.dates import parse_date
    from dispensary.rules.level import Level
    from dispensary.services.people.patients import NewLevel, record_level

    at = desk(context)
    new = NewLevel(
        key=request_key(context, key),
        patient=number,
        level=Level.parse(measured),
        # A repetition after midnight is the same order still.
        taken_on=None if taken_on is None else parse_date(taken_on),
        correct=correct,
    )
    recorded = at.write(record_level, new)
    done = "corrected" if recorded.corrected else "recorded"
    show(format, recorded, [recorded], f"Patient {recorded.patient}: level of {recorded.taken_on} is {done}.")


@app.command()
def erase(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="PATIENT", help="Patient number, such as P12.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept for good, so write no name.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Erase what a patient's record says about a person; it cannot be taken back.

    Movements, fills and documents stay under the patient's number.
    """
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.text import clean_text
    from dispensary.services.people.erase import Erasure
    from dispensary.services.people.erase import erase as service

    at = desk(context)
    order = Erasure(request_key(context, key), number, clean_text(reason, "the reason"))
    erased = at.write(service, order, practice=at.practice)
    said = f"The record of {erased.patient} is erased. Earlier backups still have it: docs/erasure.md says what to do."
    show(format, erased, [erased], wrapped(said))


def _history(sensitivities: list[str] | None, conditions: list[str] | None, medicines: list[str] | None) -> "History":
    from dispensary.rules.history import medicines_of
    from dispensary.rules.people import History
    from dispensary.rules.product import one_of

    return History(
        frozenset(one_of(Sensitivity, "sensitivity", text) for text in sensitivities or ()),
        frozenset(one_of(Condition, "condition", text) for text in conditions or ()),
        medicines_of(medicines or ()),
    )


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the patients; each reading is an event of the audit."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.records import patients

    at = desk(context)
    rows = at.read_records(
        "patient list", lambda db, by: patients(db, by.site_id, zone=at.on.tzinfo), Act.READ_PATIENTS
    )
    shown = [(row.patient, row.identifier, row.name, row.born, row.language) for row in rows]
    show(format, rows, rows, table(("patient", "identifier", "name", "born", "language"), shown))


@app.command("show")
def show_(context: typer.Context, number: PatientArgument, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show a patient's record; each reading is an event of the audit."""
    from dispensary.exports.terminal import table, wrapped
    from dispensary.reports.people.records import show_patient

    at = desk(context)
    # Not what was typed: the chain is never erased, and it may be a national number.
    row = at.read_records(
        "patient show", lambda db, by: show_patient(db, by.site_id, number, zone=at.on.tzinfo), Act.READ_PATIENTS
    )
    changes = [
        wrapped(f"{each.on} {each.by}: {each.fact} {each.old or 'none'} -> {each.new or 'none'}")
        for each in row.changes
    ]
    show(format, row, [row], "\n".join([table(("patient", row.patient), _facts(row)), *changes]))


def _facts(row: "PatientDetail") -> list[tuple[str, object]]:
    if row.erased_on is not None:
        return [("erased on", row.erased_on), ("what is left", "prescriptions, fills and doses by number")]
    return [
        ("identifier", row.identifier),
        ("name", row.name),
        ("born", row.born),
        ("language", row.language),
        ("sensitivities", ", ".join(row.sensitivities) or "none recorded"),
        ("conditions", ", ".join(row.conditions) or "none recorded"),
        ("other medicines", "; ".join(row.medicines) or "none recorded"),
        ("B12 levels", "; ".join(f"{each.level} on {each.taken_on}" for each in row.levels) or "none recorded"),
    ]
