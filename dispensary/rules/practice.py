"""What a pharmacy may set for itself: limits that differ by country, state or house, with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

from dispensary.errors import Refused, quoted
from dispensary.rules.people import Country
from dispensary.rules.product import Form, one_of


class NotASetting(Refused):
    """A setting of the practice that cannot be."""

    sentence = "{given} is not a setting for {name} in [practice]: {way_out}."
    name: str
    given: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Practice:
    """The settings of the table `[practice]`; each default says where it comes from."""

    early_refill_percent: int = 75
    """How much of a supply must be used before the next fill. Usual in the US: 75 to 80, some plans 90."""

    validity_months: int = 12
    """How long a prescription is valid where it does not say. Norway: forskrift 2022-06-02-977 § 4-4; US: by state."""

    most_refills: int = 99
    """The most refills that a prescription may have. US: by state; Norway: Reit-III is 3, electronic ones by system."""

    high_dose_mcg: int = 1000
    """A dose above this is noted: the labels go up to 1 mg."""

    most_dose_mcg: int = 5000
    """A dose above this needs a pharmacist's reason: off-label practice goes up to 5 mg."""

    most_weekly_mcg: int = 15_000
    """More than this in a week needs a pharmacist's reason: off-label practice names 15 mg as its margin."""

    benzyl_alcohol_mg: int = 75
    """Benzyl alcohol in one injection, from which pregnancy, lactation, liver or kidney disease need a reason.

    From memory, for a pharmacist to set: 5 mL with 15 mg/mL hold 75 mg.
    """

    level_months: int = 12
    """How long a measured B12 level is taken as recent. From memory, for a pharmacist to set."""

    substitution: frozenset[Form] = frozenset()
    """Forms of which another maker's product may be given. US: cyanocobalamin (its ANDAs are rated AP, Drugs@FDA);
    Norway: none (B12 injections were not on the substitution list, relis.no 4-4987)."""

    second_check: bool = False
    """Whether a second person scans every pack before it is handed over."""

    dead_volume_ul: int = 0
    """Microlitres that stay in needle and syringe at every draw. From memory 70 to 80 with a common hub, near 0 with a
    low dead space one: for a pharmacist to set."""

    dedicated_vials: bool = False
    """Whether an opened vial serves the one patient of its first draw (CDC: wherever possible)."""

    restock_days: int = 14
    """For how many days after it was dispensed an undelivered fill may go back to where it came from, 0 for never.

    From memory (return-to-stock after 10 to 14 days is usual in the US), for a pharmacist to set.
    """

    large_variance_units: int = 5
    """A count that differs from the books by this many units or more is made twice. From memory, to be set."""

    keep_records_years: int = 10
    """For how many years after the last entry about a patient the record may not be erased.

    From memory, to be set by whoever answers for it: the law differs by country and state (DSCSA: 6 years).
    """

    history_months: int = 6
    """How many past months averages and forecasts are made of. From memory, for the pharmacy to set."""

    lead_time_days: int = 7
    """Days from an order until its goods can be used. From memory, for the pharmacy to set."""

    review_days: int = 7
    """Days from one look at what is to be ordered to the next. From memory, for the pharmacy to set."""

    order_days: int = 30
    """Days of use that an order brings beyond the reorder point. From memory, for the pharmacy to set."""

    service_percent: int = 95
    """In how many of a hundred times the stock is to last until the next delivery: how much safety stock is kept."""


LIMITS = {
    "early_refill_percent": (50, 100),
    "validity_months": (1, 60),
    "most_refills": (0, 99),
    "high_dose_mcg": (1, 29_999),
    "most_dose_mcg": (1, 29_999),
    "most_weekly_mcg": (1, 200_000),
    "benzyl_alcohol_mg": (1, 1000),
    "level_months": (1, 120),
    "dead_volume_ul": (0, 500),
    "restock_days": (0, 30),
    "large_variance_units": (1, 1000),
    "keep_records_years": (0, 100),
    "history_months": (1, 24),
    "lead_time_days": (0, 180),
    "review_days": (1, 90),
    "order_days": (1, 365),
    "service_percent": (50, 99),
}
"""The least and the most of each number."""


_SWITCHES = ("second_check", "dedicated_vials")


def practice_of(country: Country) -> Practice:
    """The defaults of the country."""
    if country is Country.US:
        return Practice(substitution=frozenset({Form.CYANOCOBALAMIN}))
    return Practice()


def read_practice(country: Country, given: Mapping[str, object]) -> Practice:
    """The country's defaults with what the pharmacy has set; raises NotASetting and NotAChoice."""
    practice = practice_of(country)
    known: dict[str, object] = {name: getattr(practice, name) for name in Practice.__slots__}
    for name, value in given.items():
        if name not in known:
            raise NotASetting(name=quoted(name), given=quoted(str(value)), way_out=f"known are {', '.join(known)}")
        known[name] = _setting(name, value)
    return Practice(**known)  # type: ignore[arg-type]


def _setting(name: str, value: object) -> object:
    if name in LIMITS:
        least, most = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            way_out = f"give a whole number from {least} to {most}"
            raise NotASetting(name=name, given=quoted(str(value)), way_out=way_out)
        return value
    if name in _SWITCHES:
        if not isinstance(value, bool):
            raise NotASetting(name=name, given=quoted(str(value)), way_out="give true or false")
        return value
    if not isinstance(value, list):
        raise NotASetting(name=name, given=quoted(str(value)), way_out='give a list such as ["cyanocobalamin"]')
    return frozenset(one_of(Form, "form", str(word)) for word in value)


def written(practice: Practice) -> dict[str, object]:
    """The settings as a table of plain values, in their order."""
    table: dict[str, object] = {name: getattr(practice, name) for name in Practice.__slots__}
    return table | {"substitution": sorted(practice.substitution)}
