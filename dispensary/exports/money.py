"""Amounts of money for people to read; JSON and CSV have them in millionths, as they are kept."""


def money(micros: int | None) -> str:
    """Millionths of the currency as an amount with two decimals, halves up; the currency is the pharmacy's own.

    None is an amount that nobody knows.
    """
    if micros is None:
        return "not known"
    cents = (abs(micros) + 5_000) // 10_000
    return f"{'-' if micros < 0 and cents else ''}{cents // 100:,}.{cents % 100:02}"
