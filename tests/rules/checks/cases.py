"""A case in which every check is content, and how to change it."""

from datetime import date

from dispensary import shipped
from dispensary.rules.case import Case
from dispensary.rules.course import Course
from dispensary.rules.directions import Directions, Duration, Interval, Ongoing, Phase, Unit
from dispensary.rules.finding import Finding
from dispensary.rules.formulary import read_rows
from dispensary.rules.life import LifeState
from dispensary.rules.people import Condition, Country, History
from dispensary.rules.practice import Practice, practice_of
from dispensary.rules.product import Form, Product, Route, Sensitivity
from dispensary.rules.quantity import Dose
from dispensary.rules.safety import findings
from dispensary.rules.supply import Supply, supply_of

TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
TOMORROW = date(2026, 11, 22)
PRODUCTS = {row.product.code: row.product for row in read_rows(shipped.formulary().read_bytes(), "formulary.csv")}

DAILY = Interval(Unit.DAY, 1, 1)
ALTERNATE_DAYS = Interval(Unit.DAY, 2, 2)
EVERY_2_TO_3_DAYS = Interval(Unit.DAY, 2, 3)
EVERY_3_DAYS = Interval(Unit.DAY, 3, 3)
THRICE_WEEKLY = Interval(Unit.WEEK, 1, 1, times=3)
FOUR_TIMES_WEEKLY = Interval(Unit.WEEK, 1, 1, times=4)
WEEKLY = Interval(Unit.WEEK, 1, 1)
MONTHLY = Interval(Unit.MONTH, 1, 1)


def doses(number: int) -> Duration:
    return Duration(Unit.DOSE, number, number)


def days(number: int) -> Duration:
    return Duration(Unit.DAY, number, number)


def phase(
    dose: str, interval: Interval = WEEKLY, lasting: Duration | date | Ongoing | None = None, route: Route = Route.IM
) -> Phase:
    return Phase(Dose.parse(dose), route, interval, lasting)


def directed(*phases: Phase) -> Directions:
    return Directions(phases)


def a_supply(*phases: Phase, product: str = "US-CY-ARG1", units: int = 4, start: date = TODAY) -> Supply:
    """What so many units of the product serve."""
    return supply_of(units, Course(directed(*(phases or (phase("1 mg"),))), start), PRODUCTS[product])


def a_case(
    *phases: Phase,
    product: str | Product = "US-CY-ARG1",
    form: Form | None = None,
    sensitivities: tuple[str, ...] = (),
    conditions: tuple[str, ...] = (),
    medicines: tuple[str, ...] = (),
    **changes: object,
) -> Case:
    """1 mg weekly of the product's own form, a later fill, for a grown-up whose level was measured today."""
    of = PRODUCTS[product] if isinstance(product, str) else product
    settled: dict[str, object] = {
        "today": TODAY,
        "written": TODAY,
        "valid_until": TODAY,
        "fills_left": 1,
        "born": date(1961, 4, 3),
        "preservative_free": "none",
        "practice": practice_of(Country.US),
        "first_fill": False,
        "level_on": TODAY,
        "state": LifeState.ACTIVE,
        "state_reason": "",
        "course_complete": False,
        "earliest_fill": None,
        "others": (),
        "prescribed_product": None,
        "substitution_allowed": True,
        "first_injection": TODAY,
        "supply": None,
        "quantity_units": None,
    }
    return Case(
        form=form or of.form,
        directions=directed(*(phases or (phase("1 mg"),))),
        history=History(
            frozenset(map(Sensitivity, sensitivities)), frozenset(map(Condition, conditions)), frozenset(medicines)
        ),
        product=of,
        **(settled | changes),
    )


def codes(*phases: Phase, **changes: object) -> list[str]:
    return [finding.code for finding in findings(a_case(*phases, **changes))]


def only(*phases: Phase, **changes: object) -> Finding:
    (finding,) = findings(a_case(*phases, **changes))
    return finding


NORWAY = Practice()
