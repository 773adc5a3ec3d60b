"""Whether a prescription can be dispensed or drawn for today: loads what the rules ask for, and asks them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from dispensary import lookup, on_hand, prescriptions
from dispensary.errors import Refused
from dispensary.lookup import Patient
from dispensary.on_hand import SeveralProducts
from dispensary.prescriptions import Prescription
from dispensary.rules.allocation import ShortStock
from dispensary.rules.case import Case, OtherTherapy
from dispensary.rules.checks import OF_A_DRAW
from dispensary.rules.choosing import Stock, Wanted, preservative_free
from dispensary.rules.course import Course
from dispensary.rules.decision import Decision, decide
from dispensary.rules.directions import Directions
from dispensary.rules.finding import Finding
from dispensary.rules.life import LifeState, PrescriptionState
from dispensary.rules.practice import Practice
from dispensary.rules.product import Product
from dispensary.rules.safety import findings
from dispensary.rules.scan import Pack
from dispensary.rules.supply import Supply


class NoStock(Refused):
    """Nothing of the form or of the product asked for is on hand; `units` of `product` would serve the fill."""

    sentence = (
        "No {wanted} is on hand for {rx}, which needs {units} of {product} or as much of another product: "
        "receive stock, or note the demand with `dispensary rx owe {rx}`."
    )
    wanted: str
    rx: str
    product: str
    units: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for beyond the prescription: fewer units, a product, a lot, or the packs in hand."""

    units: int | None = None
    product: str | None = None
    lot: str | None = None
    packs: tuple[Pack, ...] = ()


def decide_today(
    db: Connection, rx: Prescription, asked: Asked, *, practice: Practice, on: datetime, site_id: int
) -> Decision:
    """What would be dispensed at this moment, or what stands in its way; NoStock where nothing is on hand.

    Raises NotFound, UnknownLot, SeveralProducts and PackMismatch.
    """
    today = on.date()
    of_form = on_hand.of_form(db, rx.form, site_id)
    stocks = _stocks(db, asked, of_form, rx, site_id)
    others = _others(db, rx, on, site_id)
    course = _course(rx, others, today)
    standing = rx.standing
    case = _case_of(
        rx,
        course,
        practice,
        today,
        others=others,
        preservative_free=preservative_free(of_form, today),
        fills_left=standing.left.fills,
        earliest=standing.earliest_fill(practice.early_refill_percent),
    )
    wanted = _wanted(rx, asked, course)
    # What the prescriber named comes first; another maker's is a substitution, which the checks judge.
    named = [stock for stock in stocks if stock.product_id == rx.product_id]
    decision = decide(case, named or stocks, wanted, today)
    if named and len(named) < len(stocks) and decision.refusal is not None:
        other = decide(case, stocks, wanted, today)
        return decision if other.choice is None else other
    if isinstance(decision.refusal, ShortStock) and not any(stock.lots for stock in stocks):
        short = decision.refusal
        sought = short.product if asked.product else str(rx.form)
        return replace(decision, refusal=NoStock(wanted=sought, rx=rx.rx, product=short.product, units=short.wanted))
    return decision


def check_draw(
    db: Connection, rx: Prescription, product: Product, *, fits: bool, practice: Practice, on: datetime, site_id: int
) -> tuple[Finding, ...]:
    """What the checks find at this moment about one injection of the prescription out of an opened vial.

    `fits` says whether it lies within what is prescribed: a vial that is begun serves a prescription of
    which nothing is left to dispense.
    """
    today = on.date()
    case = _case_of(
        rx,
        rx.standing.course(rx.directions, today),
        practice,
        today,
        others=_others(db, rx, on, site_id),
        preservative_free=preservative_free(on_hand.of_form(db, product.form, site_id), today),
        fills_left=1 if fits else 0,
        earliest=rx.standing.earliest_draw(practice.early_refill_percent),
    )
    return findings(case(product, None), OF_A_DRAW)


def check_dose(
    db: Connection,
    patient: Patient,
    directions: Directions,
    product: Product,
    *,
    practice: Practice,
    on: datetime,
    site_id: int,
) -> tuple[Finding, ...]:
    """What the checks find at this moment about a dose that nobody has prescribed."""
    today = on.date()
    others = list(prescriptions.all_of_site(db, site_id, zone=on.tzinfo, patient_id=patient.id))
    case = Case(
        today=today,
        form=product.form,
        directions=directions,
        written=today,
        valid_until=today,
        fills_left=1,
        born=patient.born,
        history=patient.history,
        product=product,
        preservative_free=preservative_free(on_hand.of_form(db, product.form, site_id), today),
        practice=practice,
        state=LifeState.ACTIVE,
        state_reason="",
        course_complete=False,
        earliest_fill=None,
        first_fill=True,
        level_on=patient.level_on,
        others=tuple(_therapies(others, practice, today)),
        prescribed_product=None,
        substitution_allowed=True,
        first_injection=today,
        supply=None,
        quantity_units=None,
    )
    return findings(case, OF_A_DRAW)


def _case_of(
    rx: Prescription,
    course: Course,
    practice: Practice,
    today: date,
    *,
    others: Iterable[Prescription],
    preservative_free: str,
    fills_left: int,
    earliest: date | None,
) -> Callable[[Product, Supply | None], Case]:
    """What the checks look at for a product, with its supply where that is known.

    What is the same for all products is asked once: the fills are replayed for each answer.
    """
    standing = rx.standing
    completed = course.completed
    therapies = tuple(_therapies(others, practice, today))

    def case(product: Product, supply: Supply | None) -> Case:
        return Case(
            today=today,
            form=rx.form,
            directions=rx.directions,
            written=rx.written,
            valid_until=rx.valid_until,
            fills_left=fills_left,
            born=rx.patient.born,
            history=rx.patient.history,
            product=product,
            preservative_free=preservative_free,
            practice=practice,
            state=rx.life,
            state_reason=rx.reason,
            course_complete=completed,
            earliest_fill=earliest,
            first_fill=standing.next_injection is None,
            level_on=rx.patient.level_on,
            others=therapies,
            prescribed_product=rx.product,
            substitution_allowed=not rx.as_written,
            first_injection=standing.supplied[0][0] if standing.supplied else course.start,
            supply=supply,
            quantity_units=rx.quantity_units,
        )

    return case


def _others(db: Connection, rx: Prescription, on: datetime, site_id: int) -> list[Prescription]:
    """The patient's other prescriptions."""
    return [prescriptions.by_number(db, site_id, other, today=on.date(), zone=on.tzinfo) for other in rx.others]


def _stocks(db: Connection, asked: Asked, of_form: list[Stock], rx: Prescription, site_id: int) -> list[Stock]:
    """What may be taken; the products without a unit where nothing is on hand."""
    if asked.product is not None:
        product_id, product = lookup.product_by_code(db, asked.product)
        if asked.lot is None and not asked.packs:
            return [Stock(product_id, product, on_hand.of_product(db, product_id, site_id))]
        named = on_hand.named(db, asked.lot, asked.packs, site_id)
        stocks = [stock for stock in named if stock.product_id == product_id]
        if not stocks:
            raise SeveralProducts(
                lots=" and ".join(sorted({lot.lot for stock in named for lot in stock.lots})),
                products=" and ".join([product.code, *(stock.product.code for stock in named)]),
                way_out="leave out either the product or what was named or scanned",
            )
        return stocks
    if asked.lot is not None or asked.packs:
        return on_hand.named(db, asked.lot, asked.packs, site_id)
    if of_form:
        return of_form
    products = lookup.products_of_form(db, rx.form)
    usual = {rx.product_id} if rx.product_id else on_hand.received_before(db, products, site_id)
    return [Stock(product_id, products[product_id], ()) for product_id in products if product_id in usual]


def _course(rx: Prescription, others: Iterable[Prescription], today: date) -> Course:
    """What is left of the directions, from where the patient's vials end; also those of what this one renews."""
    renewed = (
        other.standing.next_injection
        for other in others
        if other.form is rx.form and other.life in (LifeState.ACTIVE, LifeState.HELD) and not rx.fills
    )
    return rx.standing.course(rx.directions, max([today, *filter(None, renewed)]))


def _wanted(rx: Prescription, asked: Asked, course: Course) -> Wanted:
    """The rest of a fill of which something is owed, else the next fill."""
    standing, owed = rx.standing, rx.standing.owed
    most, days = None, None
    if rx.quantity_units is None:
        days = rx.days if owed is None else owed.days
    else:
        assert standing.left.units is not None, "a prescription in units has its units left"
        most = min(rx.quantity_units if owed is None else owed.units, standing.left.units)
    return Wanted(course=course, units=asked.units, most=most, days=days)


def _therapies(others: Iterable[Prescription], practice: Practice, today: date) -> Iterator[OtherTherapy]:
    """The patient's other prescriptions: those whose supply has long to run, and those that are active."""
    for other in others:
        earliest = other.standing.earliest_fill(practice.early_refill_percent)
        # A renewal may follow as early as a refill might.
        running = earliest is not None and today < earliest
        if running or PrescriptionState.ACTIVE in other.states_on(today):
            yield OtherTherapy(other.rx, other.form, other.standing.next_injection if running else None)
