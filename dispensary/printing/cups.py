"""A queue of CUPS, through its program `lp`.

The options, as a CUPS 2.4 with cups-filters 1.28 and its PDF printer took a label of 100 x 62 mm:

- Without any, the label lands turned on A4.
- `media=Custom.100x62mm` alone loses the fractions of points: the page comes out as 283 x 175 points,
  99.84 x 61.74 mm, and the label's left and lower edges are cut by that.
- `PageSize=Custom.100x62mm` gives exactly 100.00 x 62.00 mm, and so do both together; so do 101.6 x 50.8,
  50 x 25, 62 x 29, A5 and A4.
- A page that is wider than long is not turned, as long as its width is given first and neither `landscape`
  nor `orientation-requested` is; 62 x 100 mm with the same label comes out turned by 90 degrees.
- `print-scaling=none` keeps the size where a driver would fit the page to its margins.

So both are given: `media` for a queue without a PPD, which knows no PageSize, and `PageSize` for the rest.
"""

import re
import subprocess

from dispensary.printing.failure import PrinterFailed, in_words


def print_through_cups(lp: str | None, queue: str, data: bytes, size: str, *, title: str, seconds: float) -> str:
    """Hand PDF to the queue, on paper of a size such as 100x62mm; the number of the job there, such as Roll-12.

    Raises PrinterFailed. That `lp` took it does not say that the paper has come out.
    """
    if lp is None:
        raise PrinterFailed(problem="this machine has no program `lp`; install the client of CUPS")
    arguments = [lp, "-d", queue, "-t", title]
    for option in (f"media=Custom.{size}", f"PageSize=Custom.{size}", "print-scaling=none"):
        arguments += ["-o", option]
    try:
        # No shell; the queue's name is checked where the settings are read, and cannot be an option.
        done = subprocess.run(arguments, input=data, capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        problem = f"`lp` did not end in {seconds:g} s; CUPS may have the label or not"
        raise PrinterFailed(problem=problem, perhaps=True) from None
    except OSError as refusal:
        raise PrinterFailed(problem=f"`lp` cannot be run ({in_words(refusal.strerror or str(refusal))})") from None
    if done.returncode < 0:
        raise PrinterFailed(problem="`lp` was ended from outside; CUPS may have the label or not", perhaps=True)
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        words = in_words(done.stderr.decode(errors="replace")) or in_words(said)
        reason = re.sub(r"^\S*lp: (Error - )?", "", words) or "it did not say why"
        raise PrinterFailed(problem=f"CUPS did not take it for {queue} ({reason})")
    # "request id is Roll-12 (1 file(s))", in the language of whoever is logged in.
    found = re.search(rf"(?<![^\s\"'«]){re.escape(queue)}-[0-9]{{1,10}}(?![0-9])", said)
    return found.group() if found else ""
