"""A short day in a copy of the program, then the checks: run in a process of its own by test_planted.

Prints a JSON object with what each of them found: `verify` and `audit` of the books of the day, and `machine`,
where any sequence of acts left the model; it is asked where the other two found nothing. `stopped` is the refusal
at which a changed program's day ended.
"""

import json
import shutil
import sys
from pathlib import Path

import dispensary
from dispensary import database
from dispensary.errors import Refused
from dispensary.reports.verify import verify
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import NOW, Shop, a_lot, an_rx, dispensed, later, returned, units_at

ACTS = ("receive", "prescribe", "collect", "dispense", "days_pass", "hold_release_or_recall", "retry")
"""Among these each fault that the machine catches shows soon."""


MOST = 16
"""The most patients of a sequence: one at its beginning and one for each act."""


def day(shop: Shop) -> None:
    """Received, dispensed (and asked again the day after), partly returned; a vial drawn from; a unit missing."""
    a_lot(shop, units=10)
    rx = an_rx(shop, units=4)
    fill = dispensed(shop, rx, key="one")
    dispensed(later(shop, 30), rx, key="one")
    returned(shop, fill.dispense, units=1, reason="not wanted")
    a_lot(shop, "US-CY-DOD10", "M1", units=2)
    shop.do(open_vial, Opening(shop.key(), "US-CY-DOD10"))
    wanted = Unprescribed("P1", Dose.parse("1 mg"), "in the clinic", Route.IM)
    judged = {"duplicate_supply": "prescriber_consulted"}
    shop.do(draw, Draw(shop.key(), "V1", wanted, overrides=judged), practice=shop.practice)
    shop.do(start_count, StartCount(shop.key(), "shelf", "US-CY-ARG1"))
    shop.do(enter_count, EnterCount(shop.key(), "C1", "A1", units_at(shop, "A1") - 1))
    shop.do(close_count, CloseCount(shop.key(), "C1", "one was broken"), practice=shop.practice)


def differences(shop: Shop) -> dict[str, str]:
    return {check.name: check.detail for check in shop.read(verify).checks if not check.ok}


def machine(template: Path, folder: Path) -> str:
    # Half of the time of a process that does not ask it is taken by these.
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.test_state_machine import Pharmacy, prepared

    rules = [name for name, member in vars(Pharmacy).items() if hasattr(member, "hypothesis_stateful_rule")]
    others = dict.fromkeys(set(rules) - set(ACTS))
    template = prepared(template, folder / "prepared.db", patients=MOST)
    planted = type("Planted", (Pharmacy,), {"template": template, "folder": folder, **others})
    try:
        run_state_machine_as_test(
            planted,
            settings=settings(
                max_examples=15,
                stateful_step_count=MOST - 1,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    # Where the model has a receipt and the program refused, its code has no lines.
    except (AssertionError, AttributeError, Refused) as problem:
        return f"{type(problem).__name__}: {problem}"[:500]
    return ""


def main(template: Path, folder: Path) -> None:
    here = Path(__file__).resolve().parents[2]
    assert Path(str(dispensary.__file__)).is_relative_to(here), "the program is not the copy beside this file"
    file = folder / "day.db"
    shutil.copy(template, file)
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    shop = Shop(engine, NOW)
    stopped = ""
    try:
        day(shop)
    except Refused as refusal:
        stopped = str(refusal)
    found = differences(shop)
    engine.dispose()
    said: dict[str, object] = {"machine": "" if found else machine(template, folder)}
    said |= {"stopped": stopped, "audit": found.pop("audit", ""), "verify": found}
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
