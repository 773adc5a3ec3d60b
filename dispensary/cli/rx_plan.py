"""`dispensary rx plan`: what directions mean and need, with nothing saved."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from datetime import date

    from dispensary.cli.desk import Desk
    from dispensary.rules.people import Language
    from dispensary.rules.plan import Plan
    from dispensary.rules.product import Form

SHOWN = 12
"""So many injections are listed in a table; JSON and CSV have them all."""


def plan(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='Such as "1 mg IM daily for 7 days, then monthly".')],
    form: Annotated[str | None, typer.Option(metavar="FORM", help="Plan with what is on hand of this form.")] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Plan with this product.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First injection. [default: today]")
    ] = None,
    days: Annotated[str | None, typer.Option(metavar="N", help="How many days to plan. [default: 90]")] = None,
    language: Annotated[
        str | None, typer.Option(metavar="en|nb", help="Of the sentence. [default: the pharmacy's]")
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show what directions mean and need; nothing is saved."""
    from dispensary.rules.dates import parse_date
    from dispensary.rules.people import Language
    from dispensary.rules.plan import USUAL_DAYS
    from dispensary.rules.product import Form, one_of
    from dispensary.rules.quantity import parse_units

    at = desk(context)
    found = made(
        at,
        text,
        form=None if form is None else one_of(Form, "form", form),
        product=product,
        start=at.on.date() if start is None else parse_date(start),
        days=USUAL_DAYS if days is None else parse_units(days),
        language=at.pharmacy.language if language is None else one_of(Language, "language", language),
    )
    show(format, found, found.injections, page(found))


def made(
    at: "Desk",
    text: str,
    *,
    form: "Form | None",
    product: str | None,
    start: "date",
    days: int,
    language: "Language",
    units: int | None = None,
) -> "Plan":
    """The plan; the database is asked only where it is needed."""
    from dispensary.reports.prescribing.plan import PlanAsked, bare_plan, planned

    asked = PlanAsked(text, form, product, start, days, units, language)
    if form is None and product is None:
        return bare_plan(asked)
    with at.reading(Act.READ_STOCK) as (db, by):
        return planned(db, by.site_id, asked, at.on.date())


def page(plan: "Plan") -> str:
    """The sentence, the first injections, and what all of them need."""
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.quantity import Dose, counted, ml

    def volume(volume_ul: int | None) -> str:
        return "" if volume_ul is None else ml(volume_ul)

    rows = [
        (number, each.on, Dose(each.dose_mcg), volume(each.volume_ul))
        for number, each in enumerate(plan.injections[:SHOWN], 1)
    ]
    count = len(plan.injections)
    parts = [wrapped(plan.sentence), "", table(("injection", "on", "dose", "volume"), rows)]
    if count > SHOWN:
        parts.append(f"and {count - SHOWN} more, the last on {plan.injections[-1].on}")
    total = f"{counted(count, 'injection')}, {Dose(plan.total_mcg)}"
    parts.append("")
    if plan.product is None:
        return "\n".join([*parts, wrapped(f"In all {total}. {plan.why}".rstrip())])
    waste = f"{volume(plan.waste_ul)} at most" if plan.waste_ul else "nothing"
    needs = (
        f"In all {total}, {volume(plan.volume_ul)}. {plan.units} of {plan.product} last at least "
        f"{plan.days_supply} days, the last injection is on {plan.last_injection} at the latest, and {waste} is wasted."
    )
    return "\n".join([*parts, wrapped(needs), wrapped(plan.why)])
