"""Any sequence of what happens to vials and lots, against a small model, on each engine."""

from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from dispensary.reports.verify import verify
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.schema import stock, vials
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.storage.place import NewPlace, add_place
from tests.build import NOW, Shop, a_patient, a_prescriber
from tests.stock.counts import CountSteps
from tests.stock.fills import FillSteps
from tests.stock.model import FILL_UL, HOUSE
from tests.stock.recalls import RecallSteps
from tests.stock.units import UnitSteps
from tests.stock.vials import VialSteps

HOUSE_ROW = (
    f"{HOUSE},Cyanocobalamin refilled,house,cyanocobalamin,1000,multi-dose vial,5,1,benzyl alcohol 1.5%,"
    "20-25,yes,IM;subcut,none,,,made here"
)
STEPS = 40
"""The most acts in a sequence, each of which may dispense to a patient of its own."""


def prepared(shop: Shop) -> None:
    """What there is before anything happens: two more users, the cupboard, the house's product, and patients."""
    shop.do(add_user, NewUser(shop.key(), "kim", Role.TECHNICIAN))
    shop.do(add_user, NewUser(shop.key(), "pia", Role.PHARMACIST))
    shop.do(add_place, NewPlace(shop.key(), "cupboard", PlaceKind.SHELF, Temperature.ROOM, dark=True))
    data = f"{','.join(COLUMNS)}\n{HOUSE_ROW}\n".encode()
    shop.do(import_products, Import(shop.key(), "house.csv", read_rows(data, "house.csv")))
    a_prescriber(shop)
    for number in range(STEPS + 1):
        a_patient(shop, f"MRN-{number}")


class Stock(UnitSteps, VialSteps, FillSteps, RecallSteps, CountSteps):
    """The program on one engine, and beside it what it should hold."""

    @initialize()
    def open(self) -> None:
        self.shop = type(self).new_shop()
        self.begin(self.shop.practice)
        self.answered = []
        self.patients = 0
        self.receive(lot="A", days=3, units=2, place="shelf")
        self.receive(lot="B", days=400, units=6, place="shelf")
        self.open_of("B", "shelf")

    @rule(hours=st.sampled_from([1, 23, 24, 24 * 3, 24 * 27]))
    def time_passes(self, hours: int) -> None:
        self.now = (self.now.astimezone(UTC) + timedelta(hours=hours)).astimezone(NOW.tzinfo)

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        service, order, more, who, receipt = data.draw(st.sampled_from(self.answered))
        self.shop.on = self.now
        assert replace(self.shop, user=who).do(service, order, **more) == receipt

    # What must always be so

    @invariant()
    def units_are_the_models(self) -> None:
        if not hasattr(self, "shop"):
            return
        query = (
            select(stock.lot.c.number, stock.place.c.code, stock.balance.c.units)
            .join(stock.lot, stock.lot.c.id == stock.balance.c.lot_id)
            .join(stock.place, stock.place.c.id == stock.balance.c.place_id)
            .where(stock.balance.c.units > 0)
        )
        kept = {(row.number, row.code): row.units for row in self.shop.read(lambda db: db.execute(query).all())}
        assert kept == {key: units for key, units in self.units.items() if units}
        # Nothing came from nowhere and nothing is lost.
        for lot in self.lots:
            there = sum(units for (of, _), units in self.units.items() if of == lot)
            assert there == -sum(units for (of, _), units in self.gone.items() if of == lot)

    @invariant()
    def microlitres_are_the_models(self) -> None:
        if not hasattr(self, "shop"):
            return
        rows = self.shop.read(lambda db: db.execute(select(vials.vial)).all())
        assert {f"V{row.number}": row.remaining_ul for row in rows} == {
            number: vial.left for number, vial in self.vials.items()
        }
        opened = sum(FILL_UL[self.lots[vial.lot].product] for vial in self.vials.values())
        assert opened == self.drawn + self.wasted + sum(vial.left for vial in self.vials.values())

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        verified = self.shop.read(verify)
        self.shop.engine.dispose()
        assert verified.ok, [check for check in verified.checks if not check.ok]
