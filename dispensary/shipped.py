"""Finds what is shipped beside the code: `migrations` and `labels`, in a wheel or in a checkout."""

from pathlib import Path

from dispensary.errors import Refused

_PACKAGE = Path(__file__).resolve().parent


class IncompleteInstallation(Refused):
    """A folder that belongs to the program is not there."""

    sentence = "The folder {folder} of dispensary {looked_in} is missing; install the program again."
    folder: str
    looked_in: str


def folder(name: str) -> Path:
    """The shipped folder of that name; raises IncompleteInstallation.

    A wheel carries it inside the package, a checkout beside the package.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise IncompleteInstallation(folder=name, looked_in=f"in {_PACKAGE}")


def formulary() -> Path:
    """The starter formulary, a CSV file inside the package."""
    return _PACKAGE / "formulary.csv"
