"""Who is due in the next days: patients whose supply ends, by day and product."""

from dataclasses import dataclass
from datetime import date, timedelta

from dispensary.reports.disclosed import Disclosed
from dispensary.reports.figures.basis import Basis
from dispensary.rules.figures.scheduled import Wanted
from dispensary.rules.figures.series import Expected, expected
from dispensary.rules.numbers import Record


@dataclass(frozen=True, slots=True)
class DueRow:
    """What is expected of a product on a day.

    `doses` is what the patients' fills and draws hold, `units` the sealed units of the fills;
    `drawn_ul` is drawn from vials that are kept. `late` patients were due before today and are counted
    today. `to_renew` need a new prescription first.
    """

    on: date
    product: str
    patients: int
    doses: int
    units: int
    drawn_ul: int
    late: int
    to_renew: int


@dataclass(frozen=True, slots=True)
class DuePatient:
    """A patient who is expected on a day. `late_days` is for how many days in stock already."""

    on: date
    product: str
    patient: str
    rx: str
    doses: int
    units: int
    drawn_ul: int
    late_days: int
    to_renew: bool


def due(basis: Basis, days: int) -> tuple[DueRow, ...]:
    """The days from today on, without who it is; by day and product."""
    found: dict[tuple[date, str], list[Expected]] = {}
    for each in _expected(basis, days):
        found.setdefault((each.wanted.on, basis.products[each.wanted.product_id].code), []).append(each)
    return tuple(
        DueRow(
            on=on,
            product=code,
            patients=len({each.patient for each in group}),
            doses=sum(each.wanted.doses for each in group),
            units=sum(each.wanted.units for each in group),
            drawn_ul=sum(each.wanted.volume_ul for each in group),
            late=len({each.patient for each in group if each.late_days}),
            to_renew=len({each.patient for each in group if each.wanted.renewals}),
        )
        for (on, code), group in sorted(found.items())
    )


def due_patients(basis: Basis, days: int) -> Disclosed[tuple[DuePatient, ...]]:
    """The same, patient by patient, for those who may read patients' records."""
    found = _expected(basis, days)
    shown = tuple(_patient(basis, each, each.wanted) for each in found)
    return Disclosed(shown, frozenset(each.patient for each in found))


def _expected(basis: Basis, days: int) -> list[Expected]:
    return expected(basis.past, basis.today + timedelta(days=days), basis.history)


def _patient(basis: Basis, each: Expected, wanted: Wanted) -> DuePatient:
    return DuePatient(
        on=wanted.on,
        product=basis.products[wanted.product_id].code,
        patient=Record.PATIENT.number(each.patient),
        rx=Record.PRESCRIPTION.number(each.rx),
        doses=wanted.doses,
        units=wanted.units,
        drawn_ul=wanted.volume_ul,
        late_days=each.late_days,
        to_renew=bool(wanted.renewals),
    )
