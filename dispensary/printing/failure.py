"""What a printer did not do, in words that may be kept for ever."""

from dispensary.errors import Refused

MOST = 200


class PrinterFailed(Refused):
    """A printer that did not take a label; `perhaps` where some of it may have been printed all the same."""

    sentence = "The label is not printed: {problem}."
    problem: str
    perhaps: bool = False


def in_words(said: str) -> str:
    """The first line that a program or the system said: what can be seen of it, 200 characters at the most."""
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    return "".join(character if character.isprintable() else "?" for character in line[:MOST]).rstrip(". ")
