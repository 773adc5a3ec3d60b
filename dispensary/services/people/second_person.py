"""The other person whom some work needs: the witness of a destruction, the checker of a batch."""

from sqlalchemy import Connection, bindparam, select

from dispensary.errors import Refused, quoted
from dispensary.rules.access import Act, may
from dispensary.rules.people import Person
from dispensary.schema.people import user


class NotAnotherPerson(Refused):
    """Somebody who is not another user of this pharmacy who may act."""

    sentence = "{user} cannot {act}, {why}: nothing was written; name another person of this pharmacy with {option}."
    user: str
    act: str
    why: str
    option: str


_USER = select(user.c.id, user.c.name, user.c.role, user.c.disabled_at).where(
    user.c.name == bindparam("name"), user.c.site_id == bindparam("site")
)


def another_person(db: Connection, name: str, by: Person, act: Act, *, option: str) -> tuple[int, str]:
    """The id and the name of the person named with the option, who is not the acting one and may do the act.

    Raises NotAnotherPerson.
    """
    found = db.execute(_USER, {"name": name, "site": by.site_id}).first()
    if found is None:
        raise NotAnotherPerson(user=quoted(name), act=act, why="being no user of this pharmacy", option=option)
    if found.id == by.user_id:
        raise NotAnotherPerson(user=found.name, act=act, why="being the person who acts", option=option)
    if found.disabled_at is not None:
        raise NotAnotherPerson(user=found.name, act=act, why="being disabled", option=option)
    if not may(found.role, act):
        raise NotAnotherPerson(user=found.name, act=act, why=f"having the role of {found.role}", option=option)
    return found.id, found.name
