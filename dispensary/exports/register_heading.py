"""What stands over a register that is taken away."""

from dataclasses import dataclass
from datetime import datetime

from dispensary.audit import Entry
from dispensary.reports.period import Period
from dispensary.rules.people import Person, Pharmacy


@dataclass(frozen=True, slots=True)
class Heading:
    """Whose register it is, of which days, made by whom and when; `head` is the end of the site's audit chain then."""

    name: str
    pharmacy: Pharmacy
    site: str
    period: Period
    by: Person
    on: datetime
    head: Entry
