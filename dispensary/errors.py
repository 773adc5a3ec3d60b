"""Refused and its kinds: a refusal carries its facts as fields, a stable code and one sentence.

Every kind is a subclass whose annotations are its facts and whose `sentence` names them and
the way out. The code that scripts match is the class name in snake case. A refusal means that
nothing was written.
"""

import re
from typing import ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, eq_default=False)
class Refused(Exception):
    """The work ends here and nothing was written (exit status 1)."""

    sentence: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1
    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        # As a dataclass would do it, without its half millisecond a kind at every cold start.
        super().__init_subclass__()
        if hidden := cls.__annotations__.keys() & vars(Refused):
            raise TypeError(f"{cls.__name__} names a fact as every refusal's {', '.join(hidden)}, which would hide it")
        cls._names = (*cls._names, *(name for name in cls.__annotations__ if name not in cls._names))

    def __init__(self, **facts: object) -> None:
        missing = [name for name in self._names if name not in facts and not hasattr(type(self), name)]
        if missing or not facts.keys() <= set(self._names):
            raise TypeError(f"{type(self).__name__} takes {self._names}, not {tuple(facts)}")
        super().__init__()
        self.__dict__.update(facts)

    @property
    def code(self) -> str:
        """The stable name of this kind, such as `short_stock`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__).lower()

    @property
    def facts(self) -> dict[str, object]:
        """The facts of the refusal, by name."""
        return {name: getattr(self, name) for name in self._names}

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)


class Contended(Exception):
    """Another counter was first: the transaction is to be decided anew. Never shown to anybody."""


class NotSaved(Refused):
    """Storage or the server failed; the same key may be tried again (exit status 3)."""

    exit_status = 3
    sentence = "The database did not answer ({problem}): it is not known whether anything was saved; {retry}."
    problem: str
    retry: str = "run the same command again"


def quoted(text: str) -> str:
    """What was typed, as a message shows it: quoted, 40 characters at the most.

    What is not printable is escaped, and all that is not Latin, since a digit or a letter of another
    script may look like the one that was meant.
    """
    shown = re.sub(r"[^\x00-\u024f]", lambda other: ascii(other[0])[1:-1], repr(text[:40]))
    return shown + ("..." if len(text) > 40 else "")
