"""Further sites of a pharmacy, and what somebody of another site may do at one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from dispensary import audit, request
from dispensary.errors import Refused, quoted
from dispensary.lookup import NotFound
from dispensary.rights import right_at
from dispensary.rules.access import Act
from dispensary.rules.people import Person, Role
from dispensary.schema.people import site, site_right, user
from dispensary.services.catalogue.open_pharmacy import new_site


class SiteThere(Refused):
    """A site of this name exists."""

    sentence = "There is a site {site} already: nothing was written; `dispensary site list` shows the sites."
    site: str


class OfThisSite(Refused):
    """A right for somebody who needs none."""

    sentence = "{user} belongs to {site} as {role}: nothing was changed; rights are for the users of other sites."
    user: str
    site: str
    role: str


class NoSuchRight(Refused):
    """There is nothing to take away."""

    sentence = (
        "{user} has no right at {site}: nothing was changed; `dispensary user right {user} --role ROLE` gives one."
    )
    user: str
    site: str


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site to open."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class SiteAdded:
    """The site, and who may act there until it has users of its own."""

    site: str
    user: str
    role: Role


@dataclass(frozen=True, slots=True)
class Right:
    """What a user of another site is to be at the acting person's site; without a role, nothing any more."""

    key: str
    user: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class RightGiven:
    """The right as it stands now."""

    user: str
    site: str
    role: Role | None


def add_site(db: Connection, new: NewSite, *, origin: str, on: datetime, by: Person) -> SiteAdded:
    """Open a site; `origin` is a random name for its audit chain. Raises NotAllowed, NeedsPin and SiteThere.

    Whoever opens it may act there in the same role, so that its first user can be entered.
    """
    claimed = request.claim(db, Act.SITE_ADD, new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, SiteAdded)
    if db.execute(select(site.c.id).where(site.c.name == new.name)).first() is not None:
        raise SiteThere(site=new.name)
    site_id = new_site(db, new.name, origin)
    db.execute(insert(site_right).values(user_id=by.user_id, at=on, by_id=by.user_id, site_id=site_id, role=by.role))
    values = {"name": new.name, "user": by.name, "role": by.role}
    audit.record(db, audit.take(db, by.site_id), audit.Event(Act.SITE_ADD, new.name, new.key, values), on=on, by=by)
    there = Person(by.user_id, by.name, by.role, site_id)
    # The request belongs to the other chain.
    first = audit.Event("site open", new.name, "", values)
    audit.record(db, audit.take(db, site_id), first, on=on, by=there)
    added = SiteAdded(new.name, by.name, by.role)
    request.keep(db, claimed, added)
    return added


def give_right(db: Connection, right: Right, *, on: datetime, by: Person) -> RightGiven:
    """Let a user of another site act at the acting person's site, in this role, or no more.

    Raises NotAllowed, NeedsPin, NotFound, OfThisSite and NoSuchRight.
    """
    claimed = request.claim(db, Act.USER_RIGHT, right.key, right, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, RightGiven)
    whose = db.execute(
        select(user.c.id, user.c.name, user.c.role, user.c.site_id).where(user.c.name == right.user)
    ).first()
    here = db.execute(select(site.c.name).where(site.c.id == by.site_id)).scalar_one()
    if whose is None:
        raise NotFound(what="user", given=quoted(right.user), way_out="type the name as it is at the user's own site")
    if whose.site_id == by.site_id:
        raise OfThisSite(user=whose.name, site=here, role=whose.role)
    old = right_at(db, whose.id, by.site_id)
    if old is None and right.role is None:
        raise NoSuchRight(user=whose.name, site=here)
    db.execute(
        insert(site_right).values(user_id=whose.id, at=on, by_id=by.user_id, site_id=by.site_id, role=right.role)
    )
    event = audit.Event(Act.USER_RIGHT, whose.name, right.key, {"old": old, "new": right.role})
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    given = RightGiven(whose.name, here, right.role)
    request.keep(db, claimed, given)
    return given
