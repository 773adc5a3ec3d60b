"""Directions worked by hand: the days of the injections, the units, the days that they last, and the waste.

The arithmetic stands under each case and was done without the program. Days are counted from the
start (day 0); where months matter they are written as dates; `end` says that the course ends there.
Where a range leaves a choice, the days are those of its quick and short end, and units, days and
waste the cautious ones of all its ends. `asked | units, days they last, waste`.

Sources: `label` is the US cyanocobalamin label; `emc` the UK hydroxocobalamin text (emc 31182);
`Depot` the Norwegian Vitamin B12 Depot text (felleskatalogen.no); `article A` is "B12 injections for
neuropathy", `article B` is Charles Lapp on B12 in CFS; `in use` is the limit of 28 days from the
first puncture of a multi-dose vial (USP <797>): day 27 is in use, day 28 is not.

The products, all of 1 mg/mL: US-CY-ARG1 is a multi-dose vial of 1 mL, US-CY-SOM1 a vial of 1 mL of
which nobody says whether it is one, US-CY-DOD10, US-CY-VIT30, US-HY-ACT30 and US-ME-CMP10 are
multi-dose vials of 10 and 30 mL, and the Norwegian ones are ampoules of 1 mL.

2 March 2026 is a Monday; 2 April is day 31, then 61, 92 (June), 122, 153, 184 (September), 214, 245,
275 (December), 306, 337, 365. From 14 September 2026, 14 October is day 30, then 61, 91 (December),
122, 153, 181 (March), 212, 242, 273, 303, 334, 365.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

import pytest

from dispensary.rules.course import Course
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.schedule import injections
from dispensary.rules.supply import supply_of, units_for_days
from tests.build import FORMULARY

PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}

TABLE = """\
# One phase

1 mg IM weekly
  2026-03-02 | 0 7 14 21 | 4 units of US-CY-ARG1 | 4, 28 d, 0 mL
  = article B: 1 mg once a week; 4 x 7 = 28
1 mg IM weekly
  2026-03-02 | 0 7 14 21 | 1 unit of US-CY-DOD10 | 1, 28 d, 6 mL
  = 70 d by volume, in use: days 0 7 14 21; 10 - 4
1 mg IM weekly
  2026-03-02 | 0 7 | 70 days of US-CY-DOD10 | 3, 84 d, 18 mL
  = 10 doses on days 0-63, 4 a vial: 3 vials, 12 doses
1 mg IM weekly
  2026-03-02 | 0 7 | 1 unit of US-CY-VIT30 | 1, 28 d, 26 mL
  = in use: 4 doses; 30 - 4
1 mg IM weekly
  2026-03-02 | 0 7 | 90 days of US-CY-SOM1 | 13, 91 d, 0 mL
  = days 0-84 are 13 doses of a vial each; 13 x 7
1 mg IM once a week
  2026-09-14 | 0 7 14 | 12 units of NO-CY-TAK1 | 12, 84 d, 0 mL
  = 12 x 7
1 mg IM every week
  2026-09-14 | 0 7 14 | 8 days of NO-CY-TAK1 | 2, 14 d, 0 mL
  = days 0 and 7 lie in 8 days
3 mg IM every 2 days
  2026-03-02 | 0 2 4 | 1 unit of US-CY-VIT30 | 1, 20 d, 0 mL
  = 30 / 3 = 10 doses x 2 d, day 18 in use
3 mg IM daily
  2026-03-02 | 0 1 2 | 1 unit of US-CY-DOD10 | 1, 3 d, 1 mL
  = 10 = 3 x 3 + 1
3 mg IM daily
  2026-03-02 | 0 1 2 | 2 units of US-CY-DOD10 | 2, 6 d, 2 mL
  = no dose out of two vials: 3 + 3, 1 + 1 over
3 mg subcut every 2 to 3 days
  2026-03-02 | 0 2 4 | 1 unit of US-CY-VIT30 | 1, 20 d, 0 mL
  = article B; 10 doses, quick 20 d, slow 30
3 mg subcut every 2 to 3 days
  2026-03-02 | 0 2 4 | 90 days of US-CY-VIT30 | 5, 100 d, 0 mL
  = quick: 45 doses, 10 a vial: 5; 50 x 2
3 mg IM every 2-3 days
  2026-03-02 | 0 2 4 | 1 unit of US-CY-DOD10 | 1, 6 d, 1 mL
  = 3 doses, quick 3 x 2; 10 - 9
5 mg IM 3 times a week
  2026-03-02 | 0 2 4 7 9 11 14 | 1 unit of US-CY-VIT30 | 1, 14 d, 0 mL
  = article B; 6 doses of 5 mL, next day 14
5 mg IM 3 times a week
  2026-03-02 | 0 2 4 7 | 28 days of US-CY-DOD10 | 6, 28 d, 0 mL
  = 12 doses, 2 a vial
5 mg IM three times a week
  2026-03-02 | 0 2 4 7 | 7 days of US-CY-DOD10 | 2, 9 d, 0 mL
  = 3 doses: 2 vials, which hold the 4th of day 7; 20 - 20
5 mg subcut 3 times a week
  2026-03-02 | 0 2 4 7 | 6 units of US-ME-CMP10 | 6, 28 d, 0 mL
  = 2 doses a vial: 12 doses, 4 weeks
2 mg IM weekly
  2026-03-02 | 0 7 | 1 unit of US-CY-DOD10 | 1, 28 d, 2 mL
  = article B: 2-2.5 mg; in use 4 doses = 8 mL
2.5 mg IM weekly
  2026-03-02 | 0 7 | 28 days of US-CY-DOD10 | 1, 28 d, 0 mL
  = article B; 4 x 2.5 = 10, day 21 in use
2.5 mg IM weekly
  2026-03-02 | 0 7 | 6 units of US-CY-ARG1 | 6, 14 d, 1 mL
  = 3 vials a dose, 0.5 mL over each time
2.5 mg IM weekly
  2026-03-02 | 0 7 | 30 days of NO-CY-TAK1 | 15, 35 d, 2.5 mL
  = days 0-28: 5 doses x 3 ampoules; 15 - 12.5
15 mg IM weekly
  2026-03-02 | 0 7 | 1 unit of US-CY-VIT30 | 1, 14 d, 0 mL
  = article B: 15 mg a week; 2 x 15 = 30
15 mg IM weekly
  2026-03-02 | 0 7 | 2 units of US-CY-DOD10 | 2, 7 d, 5 mL
  = 15 mL take 2 vials, 5 mL over
1 mg IM daily
  2026-03-02 | 0 1 2 | 1 unit of US-CY-DOD10 | 1, 10 d, 0 mL
  = article B: 1 mg a day; 10 doses
1 mg IM daily
  2026-03-02 | 0 1 2 | 1 unit of US-CY-VIT30 | 1, 28 d, 2 mL
  = in use: days 0-27; 30 - 28
1 mg IM daily
  2026-03-02 | 0 1 2 | 90 days of US-CY-VIT30 | 4, 112 d, 8 mL
  = vials on days 0 28 56 84; 4 x 2 over
1 mg IM once daily
  2026-03-02 | 0 1 2 | 90 days of US-CY-ARG1 | 90, 90 d, 0 mL
  = one vial a day
1 mg subcut every other day
  2026-03-02 | 0 2 4 | 1 unit of US-CY-VIT30 | 1, 28 d, 16 mL
  = in use: days 0-26, 14 doses
1 mg IM on alternate days
  2026-03-02 | 0 2 4 | 1 unit of US-CY-DOD10 | 1, 20 d, 0 mL
  = 10 x 2; day 18 in use
1 mg IM twice a week
  2026-03-02 | 0 3 7 10 14 | 1 unit of US-CY-DOD10 | 1, 28 d, 2 mL
  = 7 / 2 = 3.5: days 0 3; 8 doses in 28 d
1 mg IM 2 times a week
  2026-03-02 | 0 3 7 10 | 56 days of US-CY-DOD10 | 2, 56 d, 4 mL
  = 16 doses, 8 a vial
500 mcg IM twice a week
  2026-03-02 | 0 3 7 10 | 4 units of US-CY-ARG1 | 4, 28 d, 0 mL
  = 2 doses a vial, 3 or 4 days apart
500 mcg IM weekly
  2026-03-02 | 0 7 | 2 units of US-CY-ARG1 | 2, 28 d, 0 mL
  = 2 doses a vial, 7 days apart
500 mcg IM weekly
  2026-03-02 | 0 7 | 2 units of US-CY-SOM1 | 2, 14 d, 1 mL
  = not known as multi-dose: one dose a vial
500 mcg IM monthly
  2026-03-02 | 2026-03-02 2026-04-02 | 2 units of US-CY-ARG1 | 2, 61 d, 1 mL
  = day 31 is past use: 1 dose a vial
0.5 mg subcut weekly
  2026-09-14 | 0 7 | 4 units of NO-CY-TAK1 | 4, 28 d, 2 mL
  = an ampoule is never kept: 0.5 mL over each
1.5 mg IM weekly
  2026-03-02 | 0 7 | 1 unit of US-CY-DOD10 | 1, 28 d, 4 mL
  = in use: 4 x 1.5 = 6
1.5 mg IM daily
  2026-03-02 | 0 1 | 1 unit of US-CY-DOD10 | 1, 6 d, 1 mL
  = 6 x 1.5 = 9
4 mg IM every 3 days
  2026-03-02 | 0 3 6 | 1 unit of US-CY-VIT30 | 1, 21 d, 2 mL
  = 7 x 4 = 28, 7 x 3 = 21
1 mg IM every 27 days
  2026-03-02 | 0 27 54 | 1 unit of US-CY-DOD10 | 1, 54 d, 8 mL
  = day 27 is in use, day 54 not
1 mg IM every 28 days
  2026-03-02 | 0 28 56 | 2 units of US-CY-DOD10 | 2, 56 d, 18 mL
  = day 28 is too late: 1 dose a vial
1 mg IM every 14 days
  2026-03-02 | 0 14 28 | 1 unit of US-CY-DOD10 | 1, 28 d, 8 mL
  = days 0 14
1 mg IM every 2 weeks
  2026-03-02 | 0 14 28 | 6 units of US-CY-ARG1 | 6, 84 d, 0 mL
  = 6 x 14
1 mg IM every other week
  2026-03-02 | 0 14 28 | 90 days of US-CY-ARG1 | 7, 98 d, 0 mL
  = days 0-84: 7 doses; 7 x 14
1 mg IM every 4 weeks
  2026-03-02 | 0 28 56 | 1 unit of US-HY-ACT30 | 1, 28 d, 29 mL
  = day 28 is too late
1 mg IM every 5 to 14 days
  2026-03-02 | 0 5 10 | 1 unit of US-CY-DOD10 | 1, 28 d, 8 mL
  = quick 6 doses to day 30, slow 2 to day 28
1 mg IM every 1 to 2 weeks
  2026-03-02 | 0 7 14 | 30 days of US-CY-ARG1 | 5, 35 d, 0 mL
  = quick: days 0-28; 5 x 7
1 mg IM as needed, at most weekly
  2026-03-02 | 0 7 14 | 4 units of US-CY-ARG1 | 4, 28 d, 0 mL
  = as if always needed
1 mg subcut daily in the morning
  2026-03-02 | 0 1 2 | 3 units of US-ME-CMP10 | 3, 30 d, 0 mL
  = article B: morning; 3 x 10
1 mg IM weekly, into the thigh, self-injected
  2026-03-02 | 0 7 | 52 units of US-CY-ARG1 | 52, 364 d, 0 mL
  = 52 x 7

# Months, their ends and leap days

1 mg IM monthly
  2026-03-02 | 2026-03-02 2026-04-02 2026-05-02 | 3 units of NO-CY-TAK1 | 3, 92 d, 0 mL
  = 2 June is day 92
1 mg IM monthly for life
  2026-03-02 | 0 31 61 92 | 12 units of NO-HY-TAK1 | 12, 365 d, 0 mL
  = article A: monthly, for life; a year
1 mg IM monthly
  2026-03-02 | 0 31 61 | 1 unit of US-CY-DOD10 | 1, 31 d, 9 mL
  = day 31 is past use
1 mg IM monthly
  2026-03-02 | 0 31 61 | 90 days of US-CY-ARG1 | 3, 92 d, 0 mL
  = days 0 31 61
1 mg IM every month
  2027-01-31 | 2027-01-31 2027-02-28 2027-03-31 2027-04-30 | 3 units of NO-CY-TAK1 | 3, 89 d, 0 mL
  = 28 + 31 + 30
1 mg IM monthly
  2028-01-31 | 2028-01-31 2028-02-29 2028-03-31 | 2 units of NO-CY-TAK1 | 2, 60 d, 0 mL
  = leap year: 29 + 31
1 mg IM monthly
  2027-01-30 | 2027-01-30 2027-02-28 2027-03-30 | 2 units of NO-CY-TAK1 | 2, 59 d, 0 mL
  = 29 to 28 February, 30 on
1 mg IM monthly
  2028-02-29 | 2028-02-29 2028-03-29 2028-04-29 | 12 units of NO-CY-TAK1 | 12, 365 d, 0 mL
  = to 2029-02-28: 366 - 1
1 mg IM monthly
  2026-10-31 | 2026-10-31 2026-11-30 2026-12-31 2027-01-31 2027-02-28 | 4 units of NO-HY-TAK1 | 4, 120 d, 0 mL
  = 30 + 31 + 31 + 28
1 mg IM monthly
  2026-12-31 | 2026-12-31 2027-01-31 2027-02-28 | 2 units of US-CY-DOD10 | 2, 59 d, 18 mL
  = 31 + 28; 31 d are past use
1 mg IM monthly
  2027-02-28 | 2027-02-28 2027-03-28 | 1 unit of US-CY-DOD10 | 1, 28 d, 9 mL
  = 28 days to 28 March: too late by the hour
1 mg IM every 2 months
  2026-12-31 | 2026-12-31 2027-02-28 2027-04-30 2027-06-30 | 3 units of NO-CY-TAK1 | 3, 181 d, 0 mL
  = 59 + 61 + 61
1 mg IM every 2 months
  2026-03-02 | 0 61 122 184 | 6 units of NO-HY-TAK1 | 6, 365 d, 0 mL
  = 6 x 2 months is a year
1 mg IM every 3 months
  2026-11-30 | 2026-11-30 2027-02-28 2027-05-30 2027-08-30 | 4 units of NO-HY-TAK1 | 4, 365 d, 0 mL
  = a year
1 mg IM every 3 months
  2026-03-02 | 0 92 184 275 365 | 1 unit of US-HY-ACT30 | 1, 92 d, 29 mL
  = 1 dose in use
1 mg IM every 2 to 3 months
  2026-03-02 | 0 61 122 | 4 units of NO-HY-TAK1 | 4, 245 d, 0 mL
  = Depot, emc; quick: 2 November is day 245
1 mg IM every 2 to 3 months
  2026-03-02 | 0 61 122 | 365 days of NO-HY-TAK1 | 6, 365 d, 0 mL
  = quick: days 0 61 122 184 245 306
1 mg IM quarterly
  2026-03-02 | 0 92 184 | 2 units of NO-HY-TAK1 | 2, 184 d, 0 mL
  = 2 September
1 mg IM every 6 months
  2026-08-31 | 2026-08-31 2027-02-28 2027-08-31 2028-02-29 | 2 units of NO-HY-TAK1 | 2, 365 d, 0 mL
  = a year
1 mg IM yearly
  2028-02-29 | 2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29 | 4 units of NO-HY-TAK1 | 4, 1461 d, 0 mL
  = 4 x 365 + 1
1 mg IM 4 times a year
  2026-03-02 | 0 91 182 273 365 | 4 units of NO-HY-TAK1 | 4, 365 d, 0 mL
  = 365 / 4 = 91.25, 182.5, 273.75
1 mg IM 6 times a year
  2026-03-02 | 0 60 121 182 243 304 365 | 3 units of NO-HY-TAK1 | 3, 182 d, 0 mL
  = 365 / 6 = 60.8, 121.7, 182.5
1 mg IM 4 times a year
  2027-06-01 | 0 91 183 274 366 | 4 units of NO-HY-TAK1 | 4, 366 d, 0 mL
  = 366 d to June 2028: 91.5, 183, 274.5
1 mg IM 2 times a month
  2026-03-02 | 0 15 31 46 61 | 4 units of NO-CY-TAK1 | 4, 61 d, 0 mL
  = 31 / 2 = 15; April 30 / 2 = 15
1 mg IM 2 times a month
  2026-03-02 | 0 15 31 | 1 unit of US-CY-DOD10 | 1, 31 d, 8 mL
  = days 0 15; day 31 is past use
1 mg IM 3 times a month
  2026-03-02 | 0 10 20 31 41 51 61 | 90 days of NO-CY-TAK1 | 9, 92 d, 0 mL
  = 3 months of 3; 2 June is day 92
1 mg IM 2 times a month
  2027-02-01 | 0 14 28 43 59 | 2 units of NO-CY-TAK1 | 2, 28 d, 0 mL
  = 28 / 2 = 14; March 31 / 2 = 15

# Courses that end

1 mg IM weekly for 4 doses
  2026-03-02 | 0 7 14 21 end | 4 units of US-CY-ARG1 | 4, 28 d, 0 mL
  = ends an interval after its last
1 mg IM weekly for 4 weeks
  2026-03-02 | 0 7 14 21 end | 90 days of US-CY-ARG1 | 4, 28 d, 0 mL
  = days never exceed the course
1 mg IM weekly for 4 weeks
  2026-03-02 | 0 7 14 21 end | 10 units of US-CY-ARG1 | 10, 28 d, 6 mL
  = units stay as prescribed: 10 - 4
1 mg IM daily for 7 days
  2026-03-02 | 0 1 2 3 4 5 6 end | 30 days of US-CY-DOD10 | 1, 7 d, 3 mL
  = 7 doses out of 10 mL
1 mg IM every 3 days for 10 days
  2026-03-02 | 0 3 6 9 end | 30 days of US-CY-ARG1 | 4, 10 d, 0 mL
  = day 9 is before day 10
1 mg IM every 3 days for 9 days
  2026-03-02 | 0 3 6 end | 30 days of US-CY-ARG1 | 3, 9 d, 0 mL
  = day 9 is no more of it
1 mg IM daily for 6 to 7 days
  2026-03-02 | 0 1 2 3 4 5 end | 30 days of US-CY-ARG1 | 7, 7 d, 0 mL
  = label; the long end takes 7
1 mg IM daily for 6 to 7 days
  2026-03-02 | 0 1 2 3 4 5 end | 6 units of US-CY-ARG1 | 6, 6 d, 0 mL
  = at the long end day 6 is not covered
1 mg IM every other day for 7 doses
  2026-03-02 | 0 2 4 6 8 10 12 end | 14 days of US-CY-DOD10 | 1, 14 d, 3 mL
  = label: alternate days x 7
1 mg IM every 3 to 4 days for 2 to 3 weeks
  2026-03-02 | 0 3 6 9 12 end | 30 days of US-CY-ARG1 | 7, 21 d, 0 mL
  = label; quick and long: 0 3 ... 18
1 mg IM every 3 to 4 days for 2 to 3 weeks
  2026-03-02 | 0 3 6 9 12 end | 5 units of US-CY-ARG1 | 5, 15 d, 0 mL
  = quick and long: 5 doses to day 15
1 mg IM daily for up to 5 doses
  2026-03-02 | 0 end | 30 days of NO-HY-TAK1 | 5, 5 d, 0 mL
  = Depot; the long end takes 5
1 mg IM daily for up to 5 doses
  2026-03-02 | 0 end | 3 units of NO-HY-TAK1 | 3, 3 d, 0 mL
  = at the long end day 3 is not covered
1 mg IM weekly until 2026-03-31
  2026-03-02 | 0 7 14 21 28 end | 90 days of US-CY-ARG1 | 5, 30 d, 0 mL
  = 30 March; 1 April is day 30
1 mg IM weekly until 2026-03-30
  2026-03-02 | 0 7 14 21 28 end | 10 units of US-CY-ARG1 | 10, 29 d, 5 mL
  = the last day is one of them; 10 - 5
1 mg IM weekly until 2026-03-29
  2026-03-02 | 0 7 14 21 end | 90 days of US-CY-DOD10 | 1, 28 d, 6 mL
  = 30 March is too late; 29 is day 27
1 mg IM monthly for 6 months
  2026-08-31 | 0 30 61 91 122 153 end | 365 days of NO-HY-TAK1 | 6, 181 d, 0 mL
  = to 28 February: 30 + 31 + 30 + 31 + 31 + 28
1 mg IM monthly for 1 year
  2028-02-29 | 2028-02-29 2028-03-29 | 999 days of NO-HY-TAK1 | 12, 365 d, 0 mL
  = the 13th would fall on 2029-02-28
2.5 mg IM twice a week for 3 weeks
  2026-03-02 | 0 3 7 10 14 17 end | 21 days of US-CY-DOD10 | 2, 21 d, 5 mL
  = 6 x 2.5 = 15 of 20

# Several phases

100 mcg IM daily for 6 to 7 days, then every other day for 7 doses, then every 3 to 4 days for 2 to 3 weeks,
    then monthly for life
  2026-03-02 | 0 1 2 3 4 5 6 8 10 12 14 16 18 20 23 26 29 32 34 64 | 28 days of US-CY-ARG1 | 2, 39 d, 0.2 mL
  = label; 16 to 17 doses of 0.1 mL in 28 d, 10 a vial. Vial 2, 6 d daily: from day 14 on, 34 the last, next 64;
    slow 10 + 8 = 18 doses. 7 d: from day 13, quick 10 doses to 36, next 39; slow 9 to 37, next 41. 2 - 1.8
100 mcg IM daily for 7 days, then 100 mcg IM every other day for 7 doses, then 100 mcg IM every 3 days for 3
    weeks, then 100 mcg IM monthly for life
  2026-03-02 | 0 1 2 3 4 5 6 7 9 11 13 15 17 19 21 24 27 30 33 36 39 42 72 | 1 unit of US-CY-DOD10 | 1, 30 d, 8.3 mL
  = label; in use days 0-27: 7 + 7 + 3 = 17 doses; 10 - 1.7; 42 is 13 April
1000 mcg IM daily for 7 days, then every other day for 7 doses, then every 4 days for 2 weeks, then monthly
  2026-03-02 | 0 1 2 3 4 5 6 7 9 11 13 15 17 19 21 25 29 33 35 65 | 90 days of US-CY-VIT30 | 3, 96 d, 70 mL
  = label, usual practice 1000 mcg; vial 1 days 0-25: 16; vial 2 days 29 33 35: 3; vial 3 day 65; 6 June is day 96;
    day 29 is past use of vial 1; 90 - 20
1 mg IM daily for 7 days, then 1 mg weekly for 4 weeks, then monthly
  2026-03-02 | 0 1 2 3 4 5 6 7 14 21 28 35 65 96 | 11 units of US-CY-ARG1 | 11, 35 d, 0 mL
  = article A; 7 + 4; 35 is 6 April
1 mg IM daily for 7 days, then 1 mg weekly for 4 weeks, then monthly
  2026-03-02 | 0 1 2 3 4 5 6 7 14 21 28 35 65 96 | 90 days of US-CY-ARG1 | 13, 96 d, 0 mL
  = 7 + 4 + days 35 and 65
1 mg IM daily for 7 days, then 1 mg weekly for 4 weeks, then monthly
  2026-03-02 | 0 1 2 3 4 5 6 7 14 21 28 35 65 96 | 90 days of US-CY-VIT30 | 3, 96 d, 77 mL
  = vial 1 days 0-21: 10; vial 2 days 28 35; vial 3 day 65; 90 - 13
1 mg IM daily for 5 days, then 1 mg IM monthly for life
  2026-09-14 | 0 1 2 3 4 5 35 66 | 10 units of NO-HY-TAK1 | 10, 158 d, 0 mL
  = article A: daily for several days, then monthly; 5 + 5, from 19 September (day 5) to 19 January; 19 February is
    day 153 + 5
250 mcg IM on alternate days for 1 to 2 weeks, then 250 mcg weekly for 4 weeks, then 1 mg every 2 to 3 months
  2026-03-02 | 0 2 4 6 7 14 21 28 35 96 | 28 days of NO-HY-TAK1 | 9, 28 d, 6.75 mL
  = emc; 2 weeks: 0 2 ... 12 14 21 are 9 ampoules, 28 the next; 9 - 9 x 0.25
250 mcg IM every other day for 2 weeks, then 250 mcg IM weekly
  2026-03-02 | 0 2 4 6 8 10 12 14 21 28 | 1 unit of US-HY-ACT30 | 1, 28 d, 27.75 mL
  = emc; in use: 7 + 2 doses of 0.25 mL
1 mg IM every other day for 2 weeks, then 1 mg IM every 2 months
  2026-03-02 | 0 2 4 6 8 10 12 14 75 | 8 units of NO-HY-TAK1 | 8, 75 d, 0 mL
  = emc at 1 mg; 16 March is day 14, 16 May day 75
1 mg IM daily or every other day for up to 5 doses, then 1 mg IM every 2 to 3 months
  2026-03-02 | 0 1 62 123 | 6 units of NO-HY-TAK1 | 6, 66 d, 0 mL
  = Depot; 1 dose: 3 March, 3 May is day 62. Daily x 5: day 5 is 7 March, then 7 May, day 66
1 mg IM daily or every other day for up to 5 doses, then 1 mg IM every 2 to 3 months
  2026-03-02 | 0 1 62 123 | 10 days of NO-HY-TAK1 | 6, 66 d, 0 mL
  = daily x 5 and day 5: 6 ampoules
1 mg IM daily until 2026-03-08, then 1 mg IM weekly
  2026-03-02 | 0 1 2 3 4 5 6 7 14 21 | 1 unit of US-CY-DOD10 | 1, 28 d, 0 mL
  = 8 March is day 6: 7 + days 7 14 21 = 10
1 mg IM daily for 10 days, then 2 mg IM daily until 2026-03-11, then 1 mg IM monthly
  2026-03-02 | 0 1 2 3 4 5 6 7 8 9 10 41 | 11 units of US-CY-ARG1 | 11, 41 d, 0 mL
  = 12 March is day 10, 11 March is over: the second phase has no day; 12 April is day 41
1 mg IM daily for 4 days, then 3 mg IM daily for 2 days, then 1 mg IM weekly
  2026-03-02 | 0 1 2 3 4 5 6 13 | 1 unit of US-CY-DOD10 | 1, 6 d, 0 mL
  = 4 x 1 + 2 x 3 = 10
1 mg IM daily for 5 days, then 3 mg IM every other day
  2026-03-02 | 0 1 2 3 4 5 7 9 | 1 unit of US-CY-DOD10 | 1, 7 d, 2 mL
  = 5 + 3 = 8; 2 mL hold no further 3
2 mg IM daily for 3 days, then 5 mg IM weekly
  2026-03-02 | 0 1 2 3 10 17 | 2 units of US-CY-DOD10 | 2, 17 d, 4 mL
  = vial 1: 6, and 4 hold no 5; vial 2: days 3 and 10
2.5 mg IM weekly for 2 doses, then 500 mcg IM weekly
  2026-03-02 | 0 7 14 21 28 35 | 8 units of US-CY-ARG1 | 8, 42 d, 1 mL
  = 3 + 3 vials; vial 7 days 14 21, vial 8 days 28 35; 8 - 5 - 2
5 mg IM 3 times a week for 2 weeks, then 5 mg IM weekly
  2026-03-02 | 0 2 4 7 9 11 14 21 28 | 28 days of US-CY-VIT30 | 2, 42 d, 10 mL
  = vial 1: 6 doses; vial 2 from day 14: 14 21 28 35, in use to 41; 30 - 20; next 42
1 mg IM daily for 1 week followed by 1 mg IM weekly for 1 month, maintenance 1 mg IM every 3 months
  2026-03-02 | 0 1 2 3 4 5 6 7 14 21 28 35 38 129 | 90 days of US-CY-ARG1 | 13, 129 d, 0 mL
  = 9 March is day 7, a month to 9 April, day 38: 7 + 5 + 1; 9 July is day 122 + 7
1 mg IM weekly for 4 doses, then 1 mg IM every 2 weeks for 4 doses, then 1 mg IM monthly for 4 doses
  2026-03-02 | 0 7 14 21 28 42 56 70 84 115 145 176 end | 999 days of US-CY-ARG1 | 12, 207 d, 0 mL
  = 4 x 7 + 4 x 14 = 84 is 25 May; 25 June is day 92 + 23, 25 July 122 + 23, 25 August 153 + 23, 25 September 184 +
    23

# Norwegian

1 mg i.m. ukentlig
  2026-09-14 | 0 7 14 21 | 12 units of NO-CY-TAK1 | 12, 84 d, 0 mL
  = article B: 1 mg i uken; 12 x 7
1 mg im. 1 gang i uken
  2026-09-14 | 0 7 14 | 30 days of NO-CY-TAK1 | 5, 35 d, 0 mL
  = days 0-28
1 mg intramuskulært hver uke
  2026-09-14 | 0 7 14 | 1 unit of US-CY-DOD10 | 1, 28 d, 6 mL
  = in use: 4 doses
1 mg i.m. én gang i uken
  2026-09-14 | 0 7 14 | 4 units of NO-HY-ORI1 | 4, 28 d, 0 mL
  = 4 x 7
1 mg i.m. daglig
  2026-09-14 | 0 1 2 | 30 days of NO-CY-TAK1 | 30, 30 d, 0 mL
  = article B: 1 mg daglig, 7 mg i uken
1 mg i.m. hver dag
  2026-09-14 | 0 1 2 | 1 unit of US-CY-VIT30 | 1, 28 d, 2 mL
  = in use: days 0-27
1 mg i.m. annenhver dag
  2026-09-14 | 0 2 4 | 5 units of NO-HY-TAK1 | 5, 10 d, 0 mL
  = Depot: 5 doses
1 mg i.m. hver 2. dag
  2026-09-14 | 0 2 4 | 1 unit of US-CY-DOD10 | 1, 20 d, 0 mL
  = 10 x 2; day 18 in use
3 mg subkutant hver 2. til 3. dag
  2026-09-14 | 0 2 4 | 1 unit of US-CY-VIT30 | 1, 20 d, 0 mL
  = article B: 3 mg hver 2.-3. dag
3 mg subkutant hver 2.-3. dag
  2026-09-14 | 0 2 4 | 4 units of US-CY-DOD10 | 4, 24 d, 4 mL
  = 3 doses a vial, quick 12 x 2; 40 - 36
5 mg i.m. 3 ganger i uken
  2026-09-14 | 0 2 4 7 | 28 days of US-CY-DOD10 | 6, 28 d, 0 mL
  = article B: 5 mg 3 ganger i uken; 12 / 2
5 mg subkutant tre ganger i uken
  2026-09-14 | 0 2 4 7 | 1 unit of US-ME-CMP10 | 1, 4 d, 0 mL
  = days 0 and 2, next day 4
2 mg i.m. 1 gang i uken
  2026-09-14 | 0 7 | 1 unit of US-CY-DOD10 | 1, 28 d, 2 mL
  = article B: 2-2,5 mg; 4 x 2 in use
2,5 mg i.m. ukentlig
  2026-09-14 | 0 7 | 28 days of US-CY-DOD10 | 1, 28 d, 0 mL
  = 4 x 2.5 = 10
2,5 mg i.m. ukentlig
  2026-09-14 | 0 7 | 6 units of NO-CY-TAK1 | 6, 14 d, 1 mL
  = 3 ampoules a dose, 0.5 mL over each time
0,5 mg i.m. 2 ganger i uken
  2026-09-14 | 0 3 7 10 | 4 units of NO-CY-TAK1 | 4, 14 d, 2 mL
  = an ampoule is never kept
0,5 mg i.m. 2 ganger i uken
  2026-09-14 | 0 3 7 10 | 4 units of US-CY-ARG1 | 4, 28 d, 0 mL
  = 2 doses a vial
1 mg i.m. hver 14. dag
  2026-09-14 | 0 14 28 | 6 units of NO-HY-TAK1 | 6, 84 d, 0 mL
  = 6 x 14
1 mg i.m. annenhver uke
  2026-09-14 | 0 14 28 | 90 days of NO-HY-TAK1 | 7, 98 d, 0 mL
  = days 0-84
1 mg i.m. hver 4. uke
  2026-09-14 | 0 28 56 | 2 units of US-CY-DOD10 | 2, 56 d, 18 mL
  = day 28 is too late
1 mg i.m. månedlig
  2026-09-14 | 0 30 61 91 | 3 units of NO-HY-TAK1 | 3, 91 d, 0 mL
  = 30 + 31 + 30
1 mg i.m. hver måned, livet ut
  2026-09-14 | 0 30 61 | 12 units of NO-HY-TAK1 | 12, 365 d, 0 mL
  = article A: livet ut
1 mg i.m. hver 3. måned
  2026-09-14 | 0 91 181 273 365 | 4 units of NO-HY-TAK1 | 4, 365 d, 0 mL
  = 14 December, March, June
1 mg i.m. hver 2. måned
  2026-09-14 | 0 61 122 | 3 units of NO-HY-TAK1 | 3, 181 d, 0 mL
  = 14 March
1 mg i.m. hver 2. til 3. måned
  2026-09-14 | 0 61 122 | 3 units of NO-HY-TAK1 | 3, 181 d, 0 mL
  = Depot; quick: 14 March
1 mg i.m. hver 6. måned
  2026-08-31 | 2026-08-31 2027-02-28 2027-08-31 | 1 unit of NO-HY-TAK1 | 1, 181 d, 0 mL
  = to 28 February: 184 - 3
1 mg i.m. 4 ganger i året
  2026-09-14 | 0 91 182 273 365 | 2 units of NO-HY-TAK1 | 2, 182 d, 0 mL
  = 365 / 4 = 91.25, 182.5
1 mg i.m. 2 ganger i måneden
  2026-09-14 | 0 15 30 45 61 | 2 units of NO-HY-TAK1 | 2, 30 d, 0 mL
  = 30 / 2 = 15; October 31 / 2 = 15
1 mg i.m. årlig
  2028-02-29 | 2028-02-29 2029-02-28 2030-02-28 | 1 unit of NO-HY-TAK1 | 1, 365 d, 0 mL
  = to 28 February
1 mg i.m. månedlig
  2026-01-31 | 2026-01-31 2026-02-28 2026-03-31 2026-04-30 | 4 units of NO-HY-TAK1 | 4, 120 d, 0 mL
  = 28 + 31 + 30 + 31
1 mg i.m. månedlig
  2027-12-31 | 2027-12-31 2028-01-31 2028-02-29 2028-03-31 | 3 units of NO-HY-TAK1 | 3, 91 d, 0 mL
  = 31 + 29 + 31
1 mg i.m. ved behov, høyst 1 gang i uken
  2026-09-14 | 0 7 | 4 units of NO-CY-TAK1 | 4, 28 d, 0 mL
  = as if always needed
1 mg i.m. daglig i 7 dager
  2026-09-14 | 0 1 2 3 4 5 6 end | 30 days of NO-CY-TAK1 | 7, 7 d, 0 mL
  = 7 doses
1 mg i.m. daglig i 6 til 7 dager
  2026-09-14 | 0 1 2 3 4 5 end | 30 days of NO-CY-TAK1 | 7, 7 d, 0 mL
  = the long end takes 7
1 mg i.m. ukentlig i 4 uker
  2026-09-14 | 0 7 14 21 end | 6 units of NO-CY-TAK1 | 6, 28 d, 2 mL
  = units stay as prescribed; 6 - 4
1 mg i.m. annenhver dag, opptil 5 doser
  2026-09-14 | 0 end | 30 days of NO-HY-TAK1 | 5, 10 d, 0 mL
  = Depot; the long end: days 0-8
1 mg i.m. ukentlig til 2026-10-12
  2026-09-14 | 0 7 14 21 28 end | 90 days of NO-CY-TAK1 | 5, 29 d, 0 mL
  = 12 October is day 28
1 mg i.m. ukentlig til 11.10.2026
  2026-09-14 | 0 7 14 21 end | 90 days of NO-CY-TAK1 | 4, 28 d, 0 mL
  = 11 October is day 27
1 mg i.m. om morgenen hver dag, settes selv
  2026-09-14 | 0 1 2 | 3 units of US-CY-DOD10 | 3, 30 d, 0 mL
  = article B; 3 x 10
1 mg i.m. ukentlig i låret
  2026-09-14 | 0 7 14 | 52 units of NO-CY-TAK1 | 52, 364 d, 0 mL
  = 52 x 7
1 mg i.m. daglig i 7 dager, deretter 1 mg ukentlig i 4 uker, deretter månedlig
  2026-09-14 | 0 1 2 3 4 5 6 7 14 21 28 35 66 | 12 units of NO-CY-TAK1 | 12, 66 d, 0 mL
  = 7 + 4 + 19 October; 19 November is day 66
1 mg i.m. daglig i 5 dager, deretter 1 mg månedlig livet ut
  2026-09-14 | 0 1 2 3 4 5 35 66 | 30 days of NO-HY-TAK1 | 6, 35 d, 0 mL
  = article A; 5 + 19 September; 19 October is day 35
1 mg i.m. daglig eller annenhver dag, opptil 5 doser, deretter 1 mg hver 2. til 3. måned
  2026-09-14 | 0 1 62 123 | 7 units of NO-HY-TAK1 | 7, 127 d, 0 mL
  = Depot; daily x 5: 19 September, 19 November, 19 January is day 127. 1 dose: 15 September, November, January
100 mikrogram i.m. daglig i 7 dager, deretter annenhver dag i alt 7 doser, deretter hver 3. dag i 3 uker,
    deretter månedlig livet ut
  2026-03-02 | 0 1 2 3 4 5 6 7 9 11 13 15 17 19 21 24 27 30 33 36 39 42 72 | 1 unit of US-CY-DOD10 | 1, 30 d, 8.3 mL
  = label; 17 doses of 0.1 mL in use
250 mcg i.m. annenhver dag i 2 uker, deretter 250 mcg ukentlig i 4 uker, deretter 1 mg hver 3. måned
  2026-03-02 | 0 2 4 6 8 10 12 14 21 28 35 42 133 | 90 days of NO-HY-TAK1 | 12, 133 d, 8.25 mL
  = emc; 7 + 4 + 1 ampoules, 11 x 0.25 + 1 = 3.75; 13 April is day 42, 13 July day 122 + 11
"""

ROW = re.compile(
    r"^(?P<text>\S.*(?:\n    .*)*)\n"
    r"  (?P<start>\S+) \| (?P<days>.*) \| (?P<asked>\d+) (?P<what>unit|day)s? of (?P<code>\S+)"
    r" \| (?P<units>\d+), (?P<lasts>\d+) d, (?P<waste_ml>[\d.]+) mL\n"
    r"  = (?P<source>.+)",
    re.MULTILINE,
)


class Case(NamedTuple):
    """A row of the table."""

    text: str
    start: date
    days: str
    asked: int
    what: str
    code: str
    units: int
    lasts: int
    waste_ul: int
    source: str


def a_case(row: re.Match[str]) -> Case:
    return Case(
        " ".join(row["text"].split()),
        date.fromisoformat(row["start"]),
        row["days"],
        int(row["asked"]),
        row["what"],
        row["code"],
        int(row["units"]),
        int(row["lasts"]),
        int(Decimal(row["waste_ml"]) * 1000),
        row["source"],
    )


CASES = [a_case(row) for row in ROW.finditer(TABLE)]


def day_number(word: str, start: date) -> int:
    return int(word) if word.isdigit() else (date.fromisoformat(word) - start) // timedelta(days=1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.text}, {case.asked} {case.what}s of {case.code}")
def test_equals_what_was_worked_out_by_hand(case: Case) -> None:
    product, course = PRODUCTS[case.code], Course(parse(case.text), case.start)
    words = case.days.split()
    ends = words[-1] == "end"
    expected = [day_number(word, case.start) for word in (words[:-1] if ends else words)]
    # The table writes the dates of the quickest and shortest way.
    quickest = injections(course.directions, course.start, *course.left[0])
    walk = [(each.on - case.start).days for each in islice(quickest, len(words))]
    assert walk == expected
    units = case.asked if case.what == "unit" else units_for_days(case.asked, course, product)
    supply = supply_of(units, course, product)
    assert (supply.units, supply.days_supply, supply.waste_ul) == (case.units, case.lasts, case.waste_ul)


def test_every_row_is_read_and_there_are_enough_in_both_languages() -> None:
    assert len(CASES) == TABLE.count("\n  = ") >= 160
    directions = {case.text for case in CASES}
    norwegian = {text for text in directions if re.search(r"i\.m\.|im\.|intramuskulært|subkutant", text)}
    assert len(directions) >= 120
    assert len(norwegian) >= 40
