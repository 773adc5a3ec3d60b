"""The users of a site: what each may do, and how they log in."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, func, select

from dispensary.rules.people import Role
from dispensary.schema.people import user
from dispensary.schema.sign_in import badge, pin


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user who acts, or who did before being disabled."""

    user: str
    role: Role
    disabled: bool
    pin: bool
    badge: bool


_LAST_BADGE = select(func.max(badge.c.id)).where(badge.c.user_id == user.c.id).correlate(user).scalar_subquery()
_USERS = (
    select(
        user.c.name,
        user.c.role,
        user.c.disabled_at,
        exists(select(pin.c.id).where(pin.c.user_id == user.c.id)).label("pin"),
        exists(select(badge.c.id).where(badge.c.id == _LAST_BADGE, badge.c.hash.is_not(None))).label("badge"),
    )
    .where(user.c.site_id == bindparam("site"))
    .order_by(user.c.id)
)


def users(db: Connection, site_id: int) -> tuple[UserRow, ...]:
    """Every user, by name."""
    rows = db.execute(_USERS, {"site": site_id})
    found = [UserRow(row.name, row.role, row.disabled_at is not None, bool(row.pin), bool(row.badge)) for row in rows]
    return tuple(sorted(found, key=lambda each: each.user))
