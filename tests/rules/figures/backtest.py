"""`python -m tests.rules.figures.backtest [FIRST [COUNT]]`: how far forecasts are off, on many generated pharmacies.

Of each kind as many pharmacies as COUNT, from the seed FIRST on, and six months of each. A pharmacy's error is its
wMAPE in percent; printed are the mean of the pharmacies and their standard deviation, of the forecast and of history
alone, and of how many pharmacies the forecast was the better one.
"""

import sys
from statistics import mean, stdev

from dispensary.rules.figures.forecast import errors
from tests.rules.figures.generated import KNOWN, UNKNOWN, compared

HISTORY = 6


def main(first: int = 0, count: int = 24) -> None:
    """Prints a line for each kind as soon as it is known."""
    print(f"{'PHARMACIES':<34}{'FORECAST %':>16}{'HISTORY ALONE %':>18}{'BETTER':>10}")  # noqa: T201
    for name, truth in (KNOWN | UNKNOWN).items():
        found = [errors(compared(truth, seed, HISTORY)) for seed in range(first, first + count)]
        ours = [float(each.forecast * 100 / each.used) for each in found]
        alone = [float(each.history * 100 / each.used) for each in found]
        better = sum(each.forecast < each.history for each in found)
        cells = (f"{mean(each):.1f} +- {stdev(each):.1f}" for each in (ours, alone))
        print(f"{name:<34}{next(cells):>16}{next(cells):>18}{better:>7}/{count}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
