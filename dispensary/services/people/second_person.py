"""The other person whom some work needs: the witness of a destruction, the checker of a batch."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from dispensary.errors import quoted
from dispensary.rules.access import Act, Denied, may, require_pin
from dispensary.rules.people import Person
from dispensary.schema.people import user
from dispensary.schema.sign_in import pin


class NotAnotherPerson(Denied):
    """Somebody who is not another user of this pharmacy who may act."""

    sentence = "{user} cannot {act}, {why}: nothing was written; name another person of this pharmacy with {option}."
    user: str
    act: str
    why: str
    option: str

    @property
    def asked(self) -> str:
        """The act."""
        return self.act

    @property
    def noted(self) -> Mapping[str, str]:
        """Why not; whom the option named may be anything that was typed."""
        return {"why": self.why}


_USER = select(user.c.id, user.c.name, user.c.role, user.c.disabled_at).where(
    user.c.name == bindparam("name"), user.c.site_id == bindparam("site")
)

_PIN = select(pin.c.id).where(pin.c.user_id == bindparam("user_id")).limit(1)


def another_person(db: Connection, name: str, by: Person, act: Act, *, option: str) -> tuple[int, str]:
    """The id and the name of the person named with the option, who is not the acting one and may do the act.

    Where people have PINs, the other person types theirs. Raises NotAnotherPerson and NeedsPin.
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
    if by.confirmed is not None and db.execute(_PIN, {"user_id": found.id}).first() is None:
        raise NotAnotherPerson(user=found.name, act=act, why="having no PIN", option=option)
    require_pin(by, found.id, found.name, act)
    return found.id, found.name
