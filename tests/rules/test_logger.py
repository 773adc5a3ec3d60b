from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dispensary.rules import logger
from dispensary.rules.logger import read_log
from dispensary.rules.logger_times import NotALog, NotAZone, Order, zone_of
from tests.refusing import refused

OSLO = ZoneInfo("Europe/Oslo")
NEW_YORK = ZoneInfo("America/New_York")


def a_log(*lines, header="Timestamp,Temperature (°C)", encoding="utf-8"):
    return "\n".join((header, *lines)).encode(encoding)


def read(data, zone=UTC, order=None):
    return read_log(data, "log.csv", zone=zone, order=order)


def moments(measured, zone=UTC):
    return [datetime.fromtimestamp(second, zone).isoformat(" ") for second, _ in measured.readings]


def degrees(measured):
    return [centidegrees for _, centidegrees in measured.readings]


def not_a_log(*lines, **given):
    header = given.pop("header", "Timestamp,Temperature (°C)")
    return refused(NotALog, lambda: read(a_log(*lines, header=header), **given))


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Timestamp,Temperature (°C)", "2026-03-28 02:30:00,4.5"),
        ("Date/Time;Temp", "2026-03-28 02:30;4,5"),
        ("Dato/Tid;Temperatur [°C];Fukt (%)", "28.03.2026 02:30;4,5;40"),
        ("Time\tCelsius(°C)", "2026/03/28 02:30\t4.50"),
        ("No.,Time,Ch1,Ch2", "1,2026-03-28T02:30:00Z,4.5,60"),
        ("No.,Time,Ch1", "1,2026-03-28T03:30:00+01:00,+4.5"),
        ("Date,Time,°C", "28/03/2026,02:30:00,4.5"),
        ("Dato;Klokkeslett;Temp (C)", "28.03.2026;02:30;4,5 °C"),
        ("Date Time,Temp (°F)", "03/28/2026 2:30 AM,40.1"),
        ('"Date Time, GMT+00:00","Temp, °F"', '"03/28/2026 02:30:00.000 a.m.","40,1"'),
        ("Timestamp,Fahrenheit", "2026-03-28 02:30,40.1"),
        ("Timestamp,Temperature", "2026-03-28 02:30,40.1F"),
        ("Timestamp,Temperature (°C),", "2026-03-28 02:30,4.5,"),
    ],
)
def test_common_layouts_are_read(header, line):
    measured = read(a_log(line, header=header))
    assert moments(measured) == ["2026-03-28 02:30:00+00:00"]
    assert degrees(measured) == [450]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_common_encodings_are_read(encoding):
    assert degrees(read(a_log("2026-03-28 02:30,4.5", encoding=encoding))) == [450]


def test_what_a_logger_writes_of_itself_is_passed_over():
    data = a_log(
        "2026-03-28 02:30,4.5", header='"Sens" or;12"\r\nSerial;12;3\r\n\r\nAlarm: none, see manual\r\nTimestamp,Temp\r'
    )
    assert degrees(read(data)) == [450]


def test_readings_stand_in_time_order_however_the_file_does():
    newest_first = a_log("2026-03-28 03:00,5", "2026-03-28 02:30,4", "2026-03-28 02:00,3")
    assert degrees(read(newest_first)) == [300, 400, 500]


@pytest.mark.parametrize(
    ("fahrenheit", "centidegrees"),
    [("32", 0), ("39.9", 439), ("-4", -2000), ("77", 2500), ("35.6", 200), ("46.41", 801)],
)
def test_fahrenheit_becomes_hundredths_of_a_degree_celsius(fahrenheit, centidegrees):
    measured = read(a_log(f"2026-03-28 02:30,{fahrenheit}", header="Time,Temp (°F)"))
    assert degrees(measured) == [centidegrees]


def test_a_line_that_stands_twice_is_counted_and_kept_once():
    measured = read(a_log("2026-03-28 02:30,4.5", "2026-03-28 02:30:00,4.50", "2026-03-28 02:35,4.6"))
    assert (degrees(measured), measured.duplicates) == ([450, 460], 1)
    not_a_log("2026-03-28 02:30,4.5", "2026-03-28 02:30,4.6")


def test_a_sensor_that_failed_gives_no_reading():
    lines = [f"2026-03-28 02:{n}0,{word}" for n, word in enumerate(("---", "ERR", "", "n/a", "4"))]
    measured = read(a_log(*lines, "", ",", "2026-03-28 03:00,5"))
    assert (degrees(measured), measured.missing) == ([400, 500], 4)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-28 02:30,NaN",
        "2026-03-28 02:30,4.5.6",
        "2026-03-28 02:30,1e3",
        "2026-03-28 02:30,٤",
        "2026-03-28 02:30,90.01",
        "2026-03-28 02:30,-90.01",
        "2026-03-28 02:30,4,5",
        "2026-03-28 02:30",
        "2026-02-30 02:30,4.5",
        "2026-03-28 24:00,4.5",
        "2026-03-28 13:00 PM,4.5",
        "28.03.26 02:30,4.5",
        "2026-W13-6 02:30,4.5",
        "yesterday,4.5",
        ",4.5",
        '"2026-03-28 02:30,4.5',
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_its_number(line):
    refusal = not_a_log("2026-03-28 02:00,4.5", line)
    assert refusal.line == 3


@pytest.mark.parametrize("limit", ["90", "-90"])
def test_90_degrees_may_be(limit):
    assert degrees(read(a_log(f"2026-03-28 02:30,{limit}"))) == [int(limit) * 100]


def test_a_file_without_readings_is_refused(monkeypatch):
    not_a_log()
    not_a_log("2026-03-28 02:30,---")
    not_a_log("2026-03-28 02:30,4.5", header="When,What")
    not_a_log("2026-03-28 02:30,4.5,4.6", header="Time,Ch1,Temperature")
    for data in (b"", b"\xff\xfe\xff", b"PK\x03\x04\0\0"):
        refused(NotALog, lambda data=data: read(data))
    monkeypatch.setattr(logger, "MOST_BYTES", 1_000_000)
    refused(NotALog, lambda: read(b"x" * 1_000_001))


def test_day_and_month_are_not_guessed_at():
    either = ("03/04/2026 02:30,4.5", "04/04/2026 02:30,4.6")
    not_a_log(*either)
    days_first = read(a_log(*either), order=Order.DAY_FIRST)
    assert moments(days_first) == ["2026-04-03 02:30:00+00:00", "2026-04-04 02:30:00+00:00"]
    months_first = read(a_log(*either), order=Order.MONTH_FIRST)
    assert moments(months_first) == ["2026-03-04 02:30:00+00:00", "2026-04-04 02:30:00+00:00"]
    not_a_log(*either, "13/04/2026 02:30,4", order=Order.MONTH_FIRST)


def test_one_date_shows_the_order_of_all():
    assert moments(read(a_log("03/04/2026 02:30,4", "13/04/2026 02:30,4")))[0] == "2026-04-03 02:30:00+00:00"
    assert moments(read(a_log("3/4/2026 2:30 AM,4", "3/13/2026 2:30 AM,4")))[0] == "2026-03-04 02:30:00+00:00"
    assert moments(read(a_log("3-4-2026 02:30,4", "13-4-2026 02:30,4")))[0] == "2026-04-03 02:30:00+00:00"
    not_a_log("13/04/2026 02:30,4", "03/14/2026 02:30,4")
    # With points, the day stands first.
    assert moments(read(a_log("03.04.2026 02:30,4"))) == ["2026-04-03 02:30:00+00:00"]


def test_a_time_without_an_offset_needs_a_zone():
    not_a_log("2026-03-28 02:30,4.5", zone=None)
    assert moments(read(a_log("2026-03-28 02:30-0400,4.5"), zone=None)) == ["2026-03-28 06:30:00+00:00"]
    assert moments(read(a_log("2026-07-01 02:30,4.5"), zone=OSLO)) == ["2026-07-01 00:30:00+00:00"]


def test_noon_and_midnight_are_told_apart():
    measured = read(a_log("2026-03-28 12:10 AM,4", "2026-03-28 12:10 PM,5"))
    assert moments(measured) == ["2026-03-28 00:10:00+00:00", "2026-03-28 12:10:00+00:00"]


@pytest.mark.parametrize(
    ("zone", "there", "skipped"),
    [(OSLO, "2026-03-29 01:59,4", "2026-03-29 02:00,4"), (NEW_YORK, "2026-03-08 01:59,4", "2026-03-08 02:30,4")],
)
def test_a_time_that_the_clocks_skipped_is_refused(zone, there, skipped):
    assert len(read(a_log(there), zone=zone).readings) == 1
    not_a_log(there, skipped, zone=zone)
    assert len(read(a_log(there, skipped), zone=UTC).readings) == 2


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("step", "zone", "day"),
    [(5, OSLO, "2026-10-25"), (30, OSLO, "2026-10-25"), (60, OSLO, "2026-10-25"), (15, NEW_YORK, "2026-11-01")],
)
def test_the_hour_that_comes_twice_is_told_apart_by_the_sequence(step, zone, day, newest_first):
    begin = int(datetime.fromisoformat(f"{day} 00:00").replace(tzinfo=zone).timestamp())
    seconds = [begin + n * step * 60 for n in range(6 * 60 // step)]
    lines = [f"{datetime.fromtimestamp(s, zone):%Y-%m-%d %H:%M},{n % 50}" for n, s in enumerate(seconds)]
    measured = read(a_log(*(lines[::-1] if newest_first else lines)), zone=zone)
    assert [second for second, _ in measured.readings] == seconds


def test_a_line_that_stands_twice_in_the_hour_that_comes_twice_is_not_an_hour_later():
    lines = ("2026-10-25 01:55,4", "2026-10-25 02:00,4", "2026-10-25 02:00,4", "2026-10-25 02:05,4")
    measured = read(a_log(*lines), zone=OSLO)
    assert (len(measured.readings), measured.duplicates) == (3, 1)
    assert moments(measured)[-1] == "2026-10-25 00:05:00+00:00"


def test_a_zone_is_utc_or_has_a_name():
    assert zone_of("utc") is UTC
    assert zone_of("Europe/Oslo") == OSLO
    for name in ("Mars/Base", "", "/etc/passwd", "../UTC"):
        refused(NotAZone, lambda name=name: zone_of(name))
