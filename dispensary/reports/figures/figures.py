"""All figures of a site at a moment, for whoever shows several of them: what they rest on is read once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary.reports.figures.basis import read_basis
from dispensary.reports.figures.due import DueRow, due
from dispensary.reports.figures.forecast import ForecastReport, forecasts
from dispensary.reports.figures.reorder import ReorderRow, reorders
from dispensary.reports.figures.usage import Usage, usage
from dispensary.reports.figures.value import ExpiryRow, ValueRow, expiries, values
from dispensary.reports.figures.waste import Waste, waste
from dispensary.rules.practice import Practice

DUE_DAYS = 7
"""How many days ahead patients are counted where nobody says."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Each figure as its own report has it; nothing of it names a patient."""

    usage: Usage
    forecast: ForecastReport
    reorder: tuple[ReorderRow, ...]
    value: tuple[ValueRow, ...]
    expiry: tuple[ExpiryRow, ...]
    waste: Waste
    due: tuple[DueRow, ...]


def figures(db: Connection, site_id: int, on: datetime, practice: Practice, *, due_days: int = DUE_DAYS) -> Figures:
    """The figures of `on`, an aware moment in the pharmacy's own time zone."""
    basis = read_basis(db, site_id, on, practice)
    return Figures(
        usage(basis),
        forecasts(basis),
        reorders(db, basis),
        values(basis),
        expiries(basis),
        waste(db, site_id, on, practice),
        due(basis, due_days),
    )
