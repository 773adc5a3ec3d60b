import pytest

COMMANDS = ("usage", "reorder", "forecast", "value", "expiry", "waste", "due")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_figure_in_every_format(filled, command):
    assert filled.done("report", command)
    filled.json("report", command)
    filled.done("report", command, "--format", "csv")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_figure_of_a_new_pharmacy(counter, command):
    assert counter.done("report", command)
    counter.json("report", command)
    assert counter.done("report", command, "--format", "csv").strip() == ""


def test_usage_prints_its_window_and_formula(filled):
    text = " ".join(filled.done("report", "usage").split())
    assert "Average monthly consumption from 2026-05-21 to 2026-11-20: units dispensed less what came back" in text
    assert "x 30.4375 / days in stock." in text
    assert filled.json("report", "usage")["formula"].endswith("days in stock")
    assert "cyanocobalamin 1 mL, benzyl" in filled.done("report", "usage", "--groups")


def test_a_forecast_of_weeks_and_months(filled):
    assert len(filled.json("report", "forecast", "--months", "1")["rows"]) == 1
    assert len(filled.json("report", "forecast", "--months", "1", "--weekly")["rows"]) == 5
    assert filled("report", "forecast", "--months", "13").status == 2
    assert "wMAPE" in filled.done("report", "forecast")


def test_an_order_says_what_is_not_known(filled):
    product = filled.json("report", "reorder")[0]["product"]
    filled.done("product", "edit", product, "--minimum", "1000")
    (row,) = filled.json("report", "reorder", "--below")
    assert row["below"] is True
    assert row["order_units"] == row["order_packs"] * row["pack_units"]
    text = " ".join(filled.done("report", "reorder", "--below").split())
    assert "What is on order already is not known." in text
    assert "not known" in text


def test_the_value_says_what_has_no_known_cost(filled):
    assert "of unknown cost not counted." in filled.done("report", "value")
    assert filled.json("report", "value")[0]["value_micros"] is None


def test_what_will_expire_unused(filled):
    filled.done("receive", "--product", "US-HY-ACT30", "--lot", "H1", "--expires", "2026-12-31", "--quantity", "2")
    rows = filled.json("report", "expiry")
    assert {"H1"} == {row["lot"] for row in rows if row["product"] == "US-HY-ACT30"}
    assert len(filled.json("report", "expiry", "--all")) >= len(rows)


def test_waste_by_reason_and_other_sizes(whole):
    whole.done("vial", "discard", "V1", "--reason", "cloudy")
    text = whole.done("report", "waste")
    assert "Waste from 2026-05-21 to 2026-11-20" in text
    assert whole.done("report", "waste", "--sizes", "--format", "csv").strip() == ""


def test_who_is_due_is_read_by_those_who_may_and_leaves_an_event(filled):
    """A number alone is no patient's record; who it is, is."""
    filled.json("report", "due", "--days", "90")
    assert "P1" not in filled.done("report", "due", "--days", "90")
    rows = filled.json("report", "due", "--patients", "--days", "90")
    assert {row["patient"] for row in rows} == {"P1"}
    assert "report due" in filled.done("audit", "log")
    filled.done("user", "add", "mia", "--role", "manager")
    assert filled("--as", "mia", "report", "due").status == 0
    assert filled("--as", "mia", "report", "due", "--patients").status == 1
