#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Python's calendar says, for test_day.c: days.py FILE. Lines: "day NUMBER ISO" for all days of
1900 to 2100, "add ISO PERIOD ISO" for sums from around the ends of months."""
import calendar
import datetime
import sys

EPOCH = datetime.date(1970, 1, 1).toordinal()


def add(day, years, months, days):
    month = day.month - 1 + months + 12 * years
    year, month = day.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, min(day.day, last)) + datetime.timedelta(days)


with open(sys.argv[1], "w", encoding="utf-8") as out:
    day = datetime.date(1900, 1, 1)
    while day.year <= 2100:
        out.write("day %d %s\n" % (day.toordinal() - EPOCH, day.isoformat()))
        day += datetime.timedelta(1)
    for year in (1999, 2000, 2023, 2024, 2096, 2100):
        for month in range(1, 13):
            for number in (1, 27, 28, 29, 30, 31):
                if number > calendar.monthrange(year, month)[1]:
                    continue
                for text, years, months, days in (("P1M", 0, 1, 0), ("P6M", 0, 6, 0), ("P13M", 0, 13, 0),
                                                  ("P1Y", 1, 0, 0), ("P4Y", 4, 0, 0), ("P14D", 0, 0, 14),
                                                  ("P1Y2M3D", 1, 2, 3), ("P400D", 0, 0, 400)):
                    start = datetime.date(year, month, number)
                    out.write("add %s %s %s\n" % (start, text, add(start, years, months, days)))
