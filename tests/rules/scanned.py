"""A pack's code, and its reading."""

from datetime import date

import pytest

from dispensary.errors import Refused
from dispensary.rules.scan import Pack, read_pack

TODAY = date(2026, 11, 1)
GTIN = "00305170031251"
BASE = f"01{GTIN}17271031"
A21 = Pack(gtin=GTIN, lot="A21", expires=date(2027, 10, 31))
SERIALISED = Pack(gtin=GTIN, lot="A21", expires=date(2027, 10, 31), serial="SER9")


def read(scan, fnc1=""):
    return read_pack(scan, today=TODAY, fnc1=fnc1)


def refused(scan, fnc1=""):
    with pytest.raises(Refused) as refusal:
        read(scan, fnc1)
    return refusal.value
