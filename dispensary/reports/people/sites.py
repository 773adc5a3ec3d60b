"""The sites of the pharmacy, and who of another site may act at one."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dispensary.rules.people import Role
from dispensary.schema.people import site, site_right, user
from dispensary.schema.trust import head


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site; `rights` are those of the users of other sites, such as `alex: pharmacist`."""

    site: str
    users: int
    events: int
    rights: tuple[str, ...]


def sites(db: Connection) -> tuple[SiteRow, ...]:
    """Every site, in the order in which they were opened."""
    last = select(func.max(site_right.c.id)).group_by(site_right.c.user_id, site_right.c.site_id)
    given = (
        select(site_right.c.site_id, user.c.name, site_right.c.role)
        .join(user, user.c.id == site_right.c.user_id)
        .where(site_right.c.id.in_(last), site_right.c.role.is_not(None))
        .order_by(user.c.name)
    )
    rights: dict[int, list[str]] = {}
    for row in db.execute(given):
        rights.setdefault(row.site_id, []).append(f"{row.name}: {Role(row.role)}")
    members = select(func.count()).select_from(user).where(user.c.site_id == site.c.id, user.c.disabled_at.is_(None))
    rows = db.execute(
        select(site.c.id, site.c.name, members.scalar_subquery().label("users"), head.c.sequence)
        .join(head, head.c.site_id == site.c.id)
        .order_by(site.c.id)
    )
    return tuple(SiteRow(row.name, row.users, row.sequence, tuple(rights.get(row.id, ()))) for row in rows)
