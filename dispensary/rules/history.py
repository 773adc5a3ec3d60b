"""What is recorded of a patient that bears on a dispense, and how an edit changes it: nothing happens in silence.

Other medicines are compared whatever their case and kept as they were first typed.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from dispensary.errors import Refused
from dispensary.rules.people import History
from dispensary.rules.text import clean_text

Word = TypeVar("Word", bound=str)

MOST_MEDICINE = 80
NOTHING = History(frozenset(), frozenset())


class AlreadyRecorded(Refused):
    """An edit to what is so already."""

    sentence = "{patient} already has {fact}: nothing was written; leave it out and give only what changes."
    patient: str
    fact: str


class NotRecorded(Refused):
    """The removal of what is not there."""

    sentence = (
        "{patient} has no {fact} on record: nothing was written; "
        "`dispensary patient show {patient}` says what there is."
    )
    patient: str
    fact: str


class AddedAndRemoved(Refused):
    """One edit that adds and removes the same."""

    sentence = "The {fact} is both added to {patient} and removed: nothing was written; give the one that is meant."
    patient: str
    fact: str


def medicines_of(texts: Iterable[str]) -> frozenset[str]:
    """Names of medicines, each once whatever its case, as first typed; raises NotCleanText above MOST_MEDICINE."""
    names: dict[str, str] = {}
    for text in texts:
        name = clean_text(text, "a medicine", MOST_MEDICINE)
        names.setdefault(name.casefold(), name)
    return frozenset(names.values())


def amended(patient: str, before: History, add: History, remove: History) -> History:
    """The history with what is added and without what is removed; `patient` is the number that a refusal names.

    Raises AlreadyRecorded, NotRecorded and AddedAndRemoved.
    """
    return History(
        _amended(patient, "sensitivity", before.sensitivities, add.sensitivities, remove.sensitivities),
        _amended(patient, "condition", before.conditions, add.conditions, remove.conditions),
        _amended(patient, "medicine", before.medicines, add.medicines, remove.medicines, same=str.casefold),
    )


def _amended(
    patient: str,
    what: str,
    before: frozenset[Word],
    add: frozenset[Word],
    remove: frozenset[Word],
    same: Callable[[str], str] = str,
) -> frozenset[Word]:
    there = {same(word): word for word in before}
    removed = {same(word) for word in remove}
    for word in sorted(add):
        if same(word) in removed:
            raise AddedAndRemoved(patient=patient, fact=f"{what} {word}")
        if same(word) in there:
            raise AlreadyRecorded(patient=patient, fact=f"the {what} {there[same(word)]}")
    for word in sorted(remove):
        if same(word) not in there:
            raise NotRecorded(patient=patient, fact=f"{what} {word}")
    return frozenset(word for key, word in there.items() if key not in removed) | add
