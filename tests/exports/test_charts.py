"""Charts on paper: what stands in them can be read, however much it is."""

from decimal import Decimal
from itertools import pairwise

import pytest

from dispensary.exports.charts import Columns, Point
from dispensary.exports.paper import fonts

WIDTH, TEXT_PT = 240, 7.5


class Canvas:
    """Remembers the words, each with its left and its right end, by the line on which they stand."""

    def __init__(self):
        self.words = []

    def __getattr__(self, name):
        return lambda *_, **__: None

    def drawCentredString(self, middle, bottom, word):  # noqa: N802
        half = fonts()[0].width(word) * TEXT_PT / 2
        self.words.append((bottom, middle - half, middle + half, word))


@pytest.mark.parametrize("many", [1, 7, 9, 12, 27])
@pytest.mark.parametrize("amount", [1, 350, 10_000_000])
def test_words_of_a_chart_never_run_together_nor_out_of_it(many, amount):
    chart = Columns("title", [Point(f"{day} Nov", Decimal(amount)) for day in range(1, many + 1)], WIDTH, 118)
    chart.canv = Canvas()
    chart.draw()
    words = [word for word in chart.canv.words if word[3]]
    assert {f"{amount:,}", f"{many} Nov"} <= {word for *_, word in words}
    for line in {bottom for bottom, *_ in words}:
        ends = sorted((left, right) for bottom, left, right, _ in words if bottom == line)
        assert ends[0][0] >= 0
        assert ends[-1][1] <= WIDTH
        assert all(right < left for (_, right), (left, _) in pairwise(ends))


def test_every_column_has_its_words_where_there_is_room():
    chart = Columns("title", [Point(f"Mon {day}", Decimal(day)) for day in range(1, 8)], WIDTH, 118)
    chart.canv = Canvas()
    chart.draw()
    assert [word for *_, word in chart.canv.words if word.startswith("Mon")] == [f"Mon {day}" for day in range(1, 8)]
