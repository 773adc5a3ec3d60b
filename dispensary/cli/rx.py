"""`dispensary rx`: add, list, show, plan, and what people decide about a prescription."""

from typing import Annotated

import typer

from dispensary.cli import rx_act, rx_check, rx_owe, rx_plan
from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, say, show
from dispensary.errors import Refused
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def rx() -> None:
    """Prescriptions: enter, plan, show, check, hold and more."""


class NotConfirmed(Refused):
    """Somebody looked at the plan and said no."""

    sentence = "The prescription was not entered: mend the directions and enter it again."


@app.command()
def add(
    context: typer.Context,
    patient: Annotated[str, typer.Option(metavar="ID", help="Patient number or identifier.")],
    prescriber: Annotated[str, typer.Option(metavar="ID", help="Prescriber number, NPI or HPR number.")],
    form: Annotated[str, typer.Option(metavar="FORM", help="cyanocobalamin, hydroxocobalamin or methylcobalamin.")],
    directions: Annotated[str, typer.Option(metavar="TEXT", help='Such as "1 mg IM weekly".')],
    quantity: Annotated[str | None, typer.Option(metavar="UNITS", help="Units for one fill.")] = None,
    days: Annotated[str | None, typer.Option(metavar="N", help="Or the days that one fill lasts.")] = None,
    refills: Annotated[str, typer.Option(metavar="N", help="Fills after the first, or Reit, Reit-II, Reit-III.")] = "0",
    written: Annotated[str | None, typer.Option(metavar="DATE", help="When it was written. [default: today]")] = None,
    valid_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="[default: a year after it was written]")
    ] = None,
    indication: Annotated[str, typer.Option(metavar="TEXT", help="What it is for, as printed on the label.")] = "",
    product: Annotated[str | None, typer.Option(metavar="CODE", help="The product that the prescriber names.")] = None,
    as_written: Annotated[bool, typer.Option("--as-written", help="No other maker's product for it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after showing what the directions mean.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter a prescription, after showing what its directions mean."""
    from dispensary.cli.context import interactive
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.dates import parse_date
    from dispensary.rules.grammar import MOST_CHARACTERS
    from dispensary.rules.plan import USUAL_DAYS
    from dispensary.rules.product import Form, one_of
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.refills import parse_refills
    from dispensary.rules.text import clean_text
    from dispensary.services.prescribing.prescribe import NewPrescription, prescribe

    at = desk(context)
    new = NewPrescription(
        key=request_key(context, key),
        patient=patient,
        prescriber=prescriber,
        form=one_of(Form, "form", form),
        directions=clean_text(directions, "directions", MOST_CHARACTERS),
        quantity_units=None if quantity is None else parse_units(quantity),
        days=None if days is None else parse_units(days),
        refills=parse_refills(refills),
        written=at.on.date() if written is None else parse_date(written),
        valid_until=None if valid_until is None else parse_date(valid_until),
        indication=indication and clean_text(indication, "an indication", 80),
        product=product and product.strip().upper(),
        as_written=as_written,
    )
    meaning = ""
    if format is Format.TABLE:
        plan = rx_plan.made(
            at,
            new.directions,
            form=new.form,
            product=new.product,
            start=at.on.date(),
            days=new.days or USUAL_DAYS,
            units=new.quantity_units,
            language=at.pharmacy.language,
        )
        meaning = rx_plan.page(plan) + "\n\n"
    if meaning and interactive() and not yes:
        say(meaning)
        if not typer.confirm("Enter it?", err=True):
            raise NotConfirmed
        meaning = ""
    added = at.write(prescribe, new, practice=at.practice)
    text = f"Prescription {added.rx} is entered: {added.form} {added.directions}, valid until {added.valid_until}."
    show(format, added, [added], meaning + "\n".join(map(wrapped, (text, *added.notes))))


@app.command("list")
def list_(
    context: typer.Context,
    patient: Annotated[str | None, typer.Option(metavar="ID", help="Only this patient's.")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """List the prescriptions; each reading is an event of the audit."""
    from dispensary.exports.terminal import table
    from dispensary.reports.prescribing.prescription import prescriptions

    at = desk(context)
    rows = at.read_records(
        "rx list", lambda db, by: prescriptions(db, by.site_id, at.on, patient=patient), Act.READ_PATIENTS
    )
    heads = ("rx", "patient", "form", "directions", "valid until", "refills left", "state")
    shown = [
        (row.rx, row.patient, row.form, row.directions, row.valid_until, row.refills_left, row.state) for row in rows
    ]
    show(format, rows, rows, table(heads, shown))


@app.command("show")
def show_(
    context: typer.Context,
    number: rx_act.RxArgument,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the whole story of a prescription; each reading is an event of the audit."""
    from dispensary.cli.rx_story import story
    from dispensary.reports.prescribing.prescription import show_prescription

    at = desk(context)
    row = at.read_records(
        f"rx show {number}",
        lambda db, by: show_prescription(db, by.site_id, number, practice=at.practice, on=at.on),
        Act.READ_PATIENTS,
    )
    show(format, row, row.fills, story(row))


app.command("plan")(rx_plan.plan)
app.command("hold")(rx_act.hold)
app.command("release")(rx_act.release)
app.command("cancel")(rx_act.cancel)
app.command("transfer")(rx_act.transfer)
app.command("owe")(rx_owe.owe)
app.command("check")(rx_check.check)
