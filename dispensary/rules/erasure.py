"""What is left of a patient who was erased, what keeps one from being erased, and what must not name one."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from dispensary.errors import Refused
from dispensary.rules.dates import months_later

NAME = "(erased)"
"""What stands in the record, and on every list, in place of the name."""

BORN = date(1900, 1, 1)
"""What stands in the record in place of the birth date; lists show none."""


class PatientErased(Refused):
    """Work for somebody whose record was erased."""

    sentence = (
        "The record of {patient} was erased, so nothing is entered, dispensed or printed for {patient} any more: "
        "if the person comes again, enter them anew with `dispensary patient add`."
    )
    patient: str


class AlreadyErased(Refused):
    """A second erasure."""

    sentence = (
        "{patient} was erased on {on} already, so nothing was written; "
        "`dispensary patient show {patient}` says what is left."
    )
    patient: str
    on: date


class NotErasable(Refused):
    """A patient who is still being cared for, or whose records must still be kept."""

    sentence = "{patient} cannot be erased, since {why}: nothing was written; {way_out}."
    patient: str
    why: str
    way_out: str


class NamesThePatient(Refused):
    """A reason or a note that says who the patient is: it would stay where nothing is ever erased."""

    sentence = (
        "The {what} names {patient}, and it is kept for good, even after the record is erased: nothing was written; "
        "write {patient} in place of the name or identifier."
    )
    what: str
    patient: str


def require_kept(last: date | None, years: int, today: date, patient: str) -> None:
    """Nothing, where no record of the patient must be kept any more; else NotErasable.

    `last` is the day of the last entry about the patient, None where there was none: who was entered by mistake
    may go at once. `years` is `Practice.keep_records_years`.
    """
    until = None if last is None else months_later(last, 12 * years)
    if until is not None and today < until:
        raise NotErasable(
            patient=patient,
            why=f"the last entry about the patient is of {last} and records are kept for {years} years",
            way_out=f"erase the record from {until} on, or set keep_records_years where the law asks for less",
        )


def require_nameless(texts: Iterable[str], what: str, patient: str, *, name: str, identifier: str) -> None:
    """Raises NamesThePatient where a text holds the identifier, or every word of the name in whatever order.

    `what` the texts are, such as `reason`. One word of a name alone is let pass: it may be the prescriber's.
    """
    own, number = _words(name), _words(identifier)
    for text in texts:
        said = _words(text)
        runs = (said[begin : begin + len(number)] for begin in range(len(said)))
        if (own and set(own) <= set(said)) or (number and number in runs):
            raise NamesThePatient(what=what, patient=patient)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
