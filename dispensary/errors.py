"""Refused and its kinds: a refusal carries its facts as fields, a stable code and one sentence.

Every kind is a subclass whose annotations are its facts and whose `sentence` names them and
the way out. The code that scripts match is the class name in snake case. A refusal means that
nothing was written.
"""

import dataclasses
import re
from typing import ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, eq_default=False)
class Refused(Exception):
    """The work ends here and nothing was written (exit status 1)."""

    sentence: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)

    @property
    def code(self) -> str:
        """The stable name of this kind, such as `short_stock`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__).lower()

    @property
    def facts(self) -> dict[str, object]:
        """The facts of the refusal, by name."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

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
    """What was typed, as a message shows it: quoted, unprintables escaped, 40 characters at the most."""
    return ascii(text[:40]) + ("..." if len(text) > 40 else "")
