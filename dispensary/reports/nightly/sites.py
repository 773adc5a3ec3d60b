"""The sites of a pharmacy side by side, as far as the reader may read their reports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from dispensary import rights
from dispensary.reports.nightly.nightly import Nightly, SiteLine, nightly
from dispensary.reports.verify import Verified
from dispensary.rules.access import Act, may
from dispensary.rules.people import Person
from dispensary.rules.practice import Practice
from dispensary.rules.shelf import BANDS, State
from dispensary.schema.people import site, user

_SITES = select(site.c.id, site.c.name).order_by(site.c.id)


def with_sites(
    db: Connection,
    report: Nightly,
    by: Person,
    on: datetime,
    practice: Practice,
    told: Callable[[str], None] = lambda _: None,
) -> Nightly:
    """The report of the site at which the person acts, with every site that they may read beside it.

    As it is, where there is no second one. Only one other report is held at a time. `told` hears which site
    is at work.
    """
    home = db.execute(select(user.c.site_id, user.c.role).where(user.c.id == by.user_id)).one()
    readable = []
    for row in db.execute(_SITES).all():
        role = home.role if row.id == home.site_id else rights.right_at(db, by.user_id, row.id)
        if row.id == by.site_id or (role is not None and may(role, Act.READ_REPORTS)):
            readable.append(row)
    if len(readable) < 2:
        return report
    verified = Verified(report.checks.ok, report.checks.checks)

    def line(site_id: int, name: str) -> SiteLine:
        told(f"site {name}")
        if site_id == by.site_id:
            return _line(name, report)
        return _line(name, nightly(db, site_id, on, report.day, practice=practice, verified=verified))

    return replace(report, sites=tuple(line(row.id, row.name) for row in readable))


def _line(name: str, report: Nightly) -> SiteLine:
    values = [row.value_micros for row in report.value if row.value_micros is not None]
    return SiteLine(
        site=name,
        units=sum(group.units for group in report.stock),
        usable_units=sum(group.usable_units for group in report.stock),
        value_micros=sum(values) if values else None,
        to_order=len(report.reorder),
        expiring_lots=sum(line.lots for line in report.bands if line.band in (State.EXPIRED, str(BANDS[0]))),
        unused_units=sum(row.unused_units for row in report.unused),
        dispensed_units=sum(line.units for line in report.dispensed),
        needs_a_person=len(report.needs_a_person),
    )
