"""How far a long command is: one line on standard error that is written over, where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AGAIN = "\r\x1b[K"
"""To the beginning of the line, which is cleared."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Something to tell lines to; each takes the place of the one before, and none stays. No terminal, no line."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from dispensary.exports.terminal import printable

    def tell(line: str) -> None:
        print(f"{_AGAIN}{printable(line)[:79]}", end="", file=sys.stderr, flush=True)  # noqa: T201

    try:
        yield tell
    finally:
        print(_AGAIN, end="", file=sys.stderr, flush=True)  # noqa: T201
