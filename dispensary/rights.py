"""At which site somebody acts, and as what: a site's own users need no right, those of other sites do."""

from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.rules.access import Denied
from dispensary.rules.people import Person, Role
from dispensary.schema.people import site, site_right


class NoRightThere(Denied):
    """A user of one site at another, without a right."""

    sentence = (
        "{user} has no right to act at {site}: nothing was done; a pharmacist or manager there gives one with "
        "`dispensary user right {user} --role ROLE`."
    )
    user: str
    site: str

    @property
    def asked(self) -> str:
        """The site."""
        return self.site


_RIGHT = (
    select(site_right.c.role)
    .where(site_right.c.user_id == bindparam("user_id"), site_right.c.site_id == bindparam("site_id"))
    .order_by(site_right.c.id.desc())
    .limit(1)
)


def right_at(db: Connection, user_id: int, site_id: int) -> Role | None:
    """What the user, who is of another site, may be at this one."""
    return db.execute(_RIGHT, {"user_id": user_id, "site_id": site_id}).scalar()


def person_at(db: Connection, person: Person, wanted: str) -> Person:
    """The person as they act at the site of this name; raises NotFound and NoRightThere."""
    there = db.execute(select(site.c.id, site.c.name).where(site.c.name == wanted)).first()
    if there is None:
        raise NotFound(what="site", given=quoted(wanted), way_out="`dispensary site list` shows the sites")
    if there.id == person.site_id:
        return person
    role = right_at(db, person.user_id, there.id)
    if role is None:
        raise NoRightThere(user=person.name, site=there.name)
    return replace(person, site_id=there.id, role=role)
