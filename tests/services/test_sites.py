"""Sites: places, numbers and a chain of their own, and nobody acts at another one without a right."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from dispensary import database, lookup
from dispensary.errors import Refused
from dispensary.lookup import NotFound
from dispensary.reports.people.sites import SiteRow, sites
from dispensary.reports.stock.stock import stock
from dispensary.reports.verify import verify
from dispensary.rights import NoRightThere, person_at
from dispensary.rules.access import NotAllowed
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.sites import (
    NewSite,
    NoSuchRight,
    OfThisSite,
    Right,
    SiteThere,
    add_site,
    give_right,
)
from tests.build import Shop, a_lot, a_patient, a_prescriber, a_recall, an_rx, dispensed
from tests.refusing import refused


class At(Shop):
    """The pharmacy, acted in at the site of this name."""

    site = ""

    def by(self):
        with database.reading(self.engine) as db:
            return person_at(db, lookup.person(db, self.user), self.site)


def at(shop: Shop, site: str, user: str = "alex") -> At:
    there = At(shop.engine, shop.on, user, shop.practice, shop._keys)
    there.site = site
    return there


@pytest.fixture
def north(shop) -> At:
    """The site North, where alex may act, with nora as its own pharmacist."""
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north-origin")
    there = at(shop, "North")
    there.do(add_user, NewUser(there.key(), "nora", Role.PHARMACIST))
    return at(shop, "North", "nora")


def told(shop, site_id: int) -> list[tuple[str, str, str]]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject)
    ordered = found.where(audit_event.c.site_id == site_id).order_by(audit_event.c.sequence)
    return [tuple(row) for row in shop.read(lambda db: db.execute(ordered).all())]


def filled(shop) -> str:
    a_lot(shop, "US-CY-ARG1", "A1", units=10)
    return dispensed(shop, an_rx(shop, a_patient(shop), a_prescriber(shop))).dispense


def test_a_site_has_places_numbers_and_a_chain_of_its_own(shop, north):
    assert (filled(shop), filled(north)) == ("D1", "D1")
    assert [(event[1], event[2]) for event in told(shop, 2)][:3] == [
        ("site open", "North"),
        ("user add", "nora"),
        ("receive", "R1"),
    ]
    assert told(shop, 1)[-1] == ("alex", "dispense", "D1")
    assert told(shop, 2)[-1] == ("nora", "dispense", "D1")
    assert shop.read(verify).ok


def test_stock_of_one_site_is_none_of_the_other(shop, north):
    a_lot(shop, "US-CY-ARG1", "A1", units=10)
    here, there = (shop.read(stock, site_id, shop.today) for site_id in (1, 2))
    assert ([row.units for row in here], list(there)) == ([10], [])
    rx = an_rx(north, a_patient(north), a_prescriber(north))
    with pytest.raises(Refused) as none:
        dispensed(north, rx)
    assert none.value.code == "no_stock"


def test_nobody_acts_at_another_site_without_a_right(shop, north):
    refused(NoRightThere, lambda: at(shop, "Corner Pharmacy", "nora").by())
    assert at(shop, "North", "nora").by().site_id == 2
    refused(NotFound, lambda: at(shop, "Sorth", "nora").by())


def test_a_right_is_a_role_at_that_site_alone(shop, north):
    shop.do(give_right, Right(shop.key(), "nora", Role.AUDITOR))
    there = at(shop, "Corner Pharmacy", "nora")
    assert (there.by().role, there.by().site_id, north.by().role) == (Role.AUDITOR, 1, Role.PHARMACIST)
    with pytest.raises(NotAllowed):
        a_lot(there)
    assert told(shop, 1)[-1] == ("alex", "user right", "nora")


def test_a_right_is_taken_away_again(shop, north):
    shop.do(give_right, Right(shop.key(), "nora", Role.TECHNICIAN))
    shop.do(give_right, Right(shop.key(), "nora", None))
    refused(NoRightThere, lambda: at(shop, "Corner Pharmacy", "nora").by())
    refused(NoSuchRight, lambda: shop.do(give_right, Right(shop.key(), "nora", None)))


def test_a_right_needs_a_user_of_another_site(shop, north):
    refused(OfThisSite, lambda: shop.do(give_right, Right(shop.key(), "alex", Role.MANAGER)))
    refused(NotFound, lambda: shop.do(give_right, Right(shop.key(), "nobody", Role.MANAGER)))


def test_a_technician_opens_no_site_and_gives_no_right(shop, north):
    shop.do(add_user, NewUser(shop.key(), "tess", Role.TECHNICIAN))
    tess = replace(shop, user="tess")
    with pytest.raises(NotAllowed):
        tess.do(add_site, NewSite(tess.key(), "South"), origin="south")
    with pytest.raises(NotAllowed):
        tess.do(give_right, Right(tess.key(), "nora", Role.MANAGER))


def test_a_site_is_opened_once(shop, north):
    refused(SiteThere, lambda: shop.do(add_site, NewSite(shop.key(), "North"), origin="other"))
    again = NewSite("again", "South")
    assert shop.do(add_site, again, origin="s1") == shop.do(add_site, again, origin="s2")
    assert [row.site for row in shop.read(sites)] == ["Corner Pharmacy", "North", "South"]


def test_the_list_names_who_of_another_site_may_act(shop, north):
    shop.do(give_right, Right(shop.key(), "nora", Role.TECHNICIAN))
    assert shop.read(sites) == (
        SiteRow("Corner Pharmacy", 1, 4, ("nora: technician",)),
        SiteRow("North", 1, 2, ("alex: pharmacist",)),
    )


def test_a_recalled_lot_is_dispensed_at_no_site(shop, north):
    """A lot is one thing wherever it stands: what is wrong with it is wrong everywhere."""
    a_lot(north, "US-CY-ARG1", "A1", units=10)
    a_lot(shop, "US-CY-ARG1", "A1", units=10)
    a_recall(shop)
    rx = an_rx(north, a_patient(north), a_prescriber(north))
    with pytest.raises(Refused, match="recalled"):
        dispensed(north, rx)
