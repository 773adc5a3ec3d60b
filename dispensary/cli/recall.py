"""`dispensary recall`: notices of recall, what they concern, and the patients who are called."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.cli.desk import Desk
    from dispensary.reports.recalls.recall import RecallDetail

app = new_app()

RecallArgument = Annotated[str, typer.Argument(metavar="RECALL", help="Recall number.")]


@app.callback()
def recall() -> None:
    """Recalls: list, show, contact, withdraw."""


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the recalls, the newest first."""
    from dispensary.exports.terminal import table
    from dispensary.reports.recalls.recall import recall_list

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = recall_list(db, by.site_id, at.on)
    heads = ("recall", "class", "reference", "dated", "covers", "lots", "withdrawn")
    cells = [(r.recall, r.class_, r.reference, r.dated, r.covers, r.lots, r.withdrawn_on) for r in rows]
    show(format, rows, rows, table(heads, cells))


@app.command("show")
def show_(context: typer.Context, number: RecallArgument, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show what a recall concerns, unit by unit and patient by patient; each reading is an event of the audit."""
    print_recall(format, read_recall(desk(context), number))


def read_recall(at: "Desk", number: str) -> "RecallDetail":
    """What the recall concerns now, with the event that its patients' records were read."""
    from dispensary.reports.recalls.recall import show_recall

    return at.read_records(
        f"recall show {number}", lambda db, by: show_recall(db, by.site_id, number, at.on), Act.READ_RECIPIENTS
    )


def print_recall(format: Format, detail: "RecallDetail") -> None:  # noqa: A002
    """The recall as a page, as JSON, or the list for calling as CSV."""
    from dispensary.cli.recall_page import page
    from dispensary.reports.recalls.recall import calling_list

    show(format, detail, list(calling_list(detail)), page(detail) if format is Format.TABLE else "")


@app.command()
def contact(
    context: typer.Context,
    number: RecallArgument,
    patient: Annotated[str, typer.Option(metavar="PATIENT", help="Patient number or identifier.")],
    outcome: Annotated[str, typer.Option(metavar="OUTCOME", help='reached, "not reached" or declined.')],
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What was said; it is recorded.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Note what came of calling a patient about a recall."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.product import one_of
    from dispensary.rules.recall import Contact
    from dispensary.rules.text import clean_text
    from dispensary.services.recalls.recall_contact import Called, note_contact

    order = Called(
        key=request_key(context, key),
        recall=number,
        patient=patient,
        contact=one_of(Contact, "outcome", outcome),
        note="" if note is None else clean_text(note, "a note"),
    )
    noted = desk(context).write(note_contact, order)
    show(format, noted, [noted], wrapped(f"{noted.recall}: {noted.patient} was called and {_came_of(noted.outcome)}."))


def _came_of(outcome: str) -> str:
    return outcome if outcome == "declined" else f"was {outcome}"


@app.command()
def withdraw(
    context: typer.Context,
    number: RecallArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Withdraw a recall: its lots are held until a pharmacist releases them."""
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.quantity import counted
    from dispensary.rules.text import clean_text
    from dispensary.services.recalls.recall import Withdrawal
    from dispensary.services.recalls.recall import withdraw as service

    order = Withdrawal(request_key(context, key), number, clean_text(reason, "a reason"))
    done = desk(context).write(service, order)
    text = wrapped(f"{done.recall} is withdrawn; it covered {counted(len(done.lots), 'lot')}.")
    if done.lots:
        rows = [(each.lot, each.product, each.expires, each.state) for each in done.lots]
        text += "\n\n" + table(("lot", "product", "expires", "now"), rows)
    show(format, done, done.lots, text)
