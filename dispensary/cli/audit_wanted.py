"""The options that say which events of the audit are wanted."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from dispensary.reports.audit.wanted import Wanted

SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Through this day.")]
UserOption = Annotated[str | None, typer.Option("--user", metavar="USER", help="Only what this user did.")]
PatientOption = Annotated[
    str | None, typer.Option("--patient", metavar="PATIENT", help="Only of this patient number; the audit notes it.")
]
ProductOption = Annotated[str | None, typer.Option("--product", metavar="CODE", help="Only what names this product.")]
LotOption = Annotated[str | None, typer.Option("--lot", metavar="LOT", help="Only what names this lot.")]
DocumentOption = Annotated[
    str | None,
    typer.Option("--document", metavar="NUMBER", help="Only what names this number: D7, RX3, R1, S2, C1, RC1."),
]
KindOption = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only this kind, such as dispense.")]


def day(given: str | None) -> "date | None":
    """The day of an option, if it was given."""
    from dispensary.rules.dates import parse_date

    return None if given is None else parse_date(given)


def wanted(
    since: str | None,
    until: str | None,
    user: str | None,
    patient: str | None,
    product: str | None,
    lot: str | None,
    document: str | None,
    kind: str | None,
) -> "Wanted":
    """What the options ask for."""
    from dispensary.reports.audit.wanted import Wanted

    return Wanted(day(since), day(until), user, patient, product, lot, document, kind)
