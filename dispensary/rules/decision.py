"""What would be dispensed, and what stands in its way: the checks and the choice of product together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused
from dispensary.rules.case import Case
from dispensary.rules.checks import OF_ANY_PRODUCT, OF_THE_PRODUCT
from dispensary.rules.choosing import Choice, Stock, Wanted, choose
from dispensary.rules.finding import Finding
from dispensary.rules.product import Product
from dispensary.rules.safety import findings, stops
from dispensary.rules.supply import Supply


@dataclass(frozen=True, slots=True)
class Decision:
    """The choice, or the refusal of the stock, and what the checks found.

    With neither, every product was stopped and `found` says why, each reason once.
    """

    choice: Choice | None
    refusal: Refused | None
    found: tuple[Finding, ...]


def decide(
    case: Callable[[Product, Supply | None], Case], stocks: Sequence[Stock], wanted: Wanted, today: date
) -> Decision:
    """The best of the products that no check stops. `stocks` must not be empty.

    `case` is what the checks look at for a product, with its supply where that is known.
    """
    of_any = findings(case(stocks[0].product, None), OF_ANY_PRODUCT)
    checked = {stock.product_id: (*of_any, *findings(case(stock.product, None), OF_THE_PRODUCT)) for stock in stocks}
    fitting = [stock for stock in stocks if not stops(checked[stock.product_id])]
    if not fitting:
        once = {finding.message: finding for found in checked.values() for finding in stops(found)}
        return Decision(None, None, tuple(once.values()))
    try:
        choice = choose(fitting, wanted, today)
    except Refused as refusal:
        return Decision(None, refusal, checked[fitting[0].product_id])
    taken = case(choice.stock.product, choice.supply)
    return Decision(choice, None, (*of_any, *findings(taken, OF_THE_PRODUCT)))
