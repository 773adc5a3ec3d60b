"""Moments as text and as days. A moment is a datetime with a zone, or a logger's whole second since 1970 in UTC."""

from datetime import UTC, date, datetime, tzinfo


def day_in(at: datetime, zone: tzinfo | None) -> date:
    """The day of the moment by the clock of the zone: the pharmacy's day of what is kept in UTC."""
    return at.astimezone(zone).date()


def from_second(second: int, zone: tzinfo | None) -> datetime:
    """The moment of a logger's reading by the clock of the zone."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone)


def with_offset(second: int, zone: tzinfo | None) -> str:
    """A logger's second as its receipts and refusals tell it: `2026-03-01 14:05:00+01:00`."""
    return from_second(second, zone).isoformat(" ")


def to_the_minute(at: datetime) -> str:
    """A moment as people read it, by the clock of its own zone: `2026-03-01 14:05`."""
    return f"{at:%Y-%m-%d %H:%M}"


def minute_of(told: str) -> str:
    """What `to_the_minute` says of a moment in ISO 8601, as receipts and reports tell it."""
    return to_the_minute(datetime.fromisoformat(told))


def to_the_second(at: datetime) -> str:
    """A moment as receipts tell it, with the offset of its own zone: `2026-03-01T14:05:00+01:00`."""
    return at.isoformat(timespec="seconds")


def on_both_clocks(at: datetime, zone: tzinfo | None) -> tuple[str, str]:
    """A moment as registers tell it, `to_the_second` in UTC and by the clock of the zone."""
    return to_the_second(at.astimezone(UTC)), to_the_second(at.astimezone(zone))


def utc_exactly(at: datetime) -> str:
    """A moment as events tell it, in UTC to the microsecond: `2026-03-01T13:05:00.000000+00:00`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def utc_measured(at: datetime) -> str:
    """A moment of a logger as events tell it: in UTC, a fraction of a second only where there is one.

    Readings have whole seconds, `2026-03-01T13:05:00+00:00`; a fraction in the books is not what an event tells.
    """
    return at.astimezone(UTC).isoformat()
