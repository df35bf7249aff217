#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/performance/*.svg from docs/performance/curves.json (what bench/curves.py wrote): bench/plots.py

Plain SVG with text as text; colours follow the reader's light or dark setting. With --check nothing is
written and the exit status is 1 when a picture is not what the figures give.
"""
import html
import json
import math
import pathlib
import sys

PLACE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "performance"
WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 76, 150, 52, 56
STYLE = """
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } .ink { fill: #1a1a1a; } .soft { fill: #555555; }
  .grid { stroke: #d8d8d8; stroke-width: 1; } .axis { stroke: #555555; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; } .best { fill: none; stroke-width: 1.2; stroke-dasharray: 4 3; }
  .c0 { stroke: #0b5fb0; } .c1 { stroke: #b3400a; } .c2 { stroke: #1c7a3a; }
  .d0 { fill: #0b5fb0; } .d1 { fill: #b3400a; } .d2 { fill: #1c7a3a; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #14171a; } .ink { fill: #eeeeee; } .soft { fill: #b5b5b5; }
    .grid { stroke: #34393e; } .axis { stroke: #b5b5b5; }
    .c0 { stroke: #6db3f2; } .c1 { stroke: #f2a36d; } .c2 { stroke: #7fd99a; }
    .d0 { fill: #6db3f2; } .d1 { fill: #f2a36d; } .d2 { fill: #7fd99a; }
  }
"""
NAMES = {"w1": "access log (W1)", "w2": "mixed (W2)", "w3": "process (W3)",
         "read": "command line", "unread": "unread field"}
CHARTS = {
    "rules": ("Cost of a record against the number of rules", "public rules, same shares of logsources",
              "µs of processor time", "us", True),
    "indicators": ("Cost of a record against the number of indicators", "indicators beside all public rules",
                   "µs of processor time", "us", True),
    "threads": ("Speed against threads, two cores", "threads", "records a second, by the clock", "rate", False),
    "size": ("Cost of an event against its size", "bytes, more of them in the named field", "µs of processor time", "us", True),
}


def short(number):
    if number >= 1000 and number % 1000:
        return "{:,}".format(round(number))
    if number >= 1_000_000:
        return "%g M" % (number / 1_000_000)
    return "%g k" % (number / 1000) if number >= 1000 else "%g" % number


def round_top(value):
    """The next number of 1, 2, 3, 4, 5, 6, 8 × ten to some power that is not below @value."""
    base = 10 ** math.floor(math.log10(value))
    return next(step * base for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * base >= value * 0.999)


class Chart:
    def __init__(self, name, points):
        self.title, self.x_title, self.y_title, self.kind, is_log = CHARTS[name]
        self.series = {}
        for point in points:
            self.series.setdefault(point["file"], []).append(point)
        self.ticks = sorted({p["x"] for p in points})
        self.top = round_top(max(p[self.kind + "_" + which] for p in points for which in ("best", "median")))
        self.is_both_log = name == "size"
        self.low = min(p[self.kind + "_best"] for p in points)
        self.is_log = is_log

    def x(self, value):
        # Zero stands one step left of the first number on a logarithmic axis.
        def at(v):
            return math.log10(v) if v else math.log10(self.ticks[1]) - 1
        if not self.is_log:
            at = float
        first, last = at(self.ticks[0]), at(self.ticks[-1])
        return LEFT + (at(value) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        height = HEIGHT - TOP - BOTTOM
        if self.is_both_log:
            low = math.log10(self.floor())
            return HEIGHT - BOTTOM - (math.log10(value) - low) / (math.log10(self.top) - low) * height
        return HEIGHT - BOTTOM - value / self.top * height

    def floor(self):
        return 10 ** math.floor(math.log10(self.low))

    def y_ticks(self):
        if self.is_both_log:
            value, found = self.floor(), []
            while value <= self.top:
                found += [value * step for step in (1, 2, 5) if value * step <= self.top]
                value *= 10
            return found
        first = int(("%e" % self.top)[0])
        steps = {1: 5, 2: 4, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4}[first]
        return [self.top * i / steps for i in range(steps + 1)]

    def path(self, points, which):
        return " ".join("%s%.1f %.1f" % ("L" if i else "M", self.x(p["x"]), self.y(p[self.kind + "_" + which]))
                        for i, p in enumerate(points))

    def labels(self):
        """Where each series is named at its right end, kept apart from each other."""
        ends = sorted((self.y(points[-1][self.kind + "_median"]), name) for name, points in self.series.items())
        placed = []
        for at, name in ends:
            placed.append((max(at, placed[-1][0] + 17) if placed else at, name))
        return {name: at for at, name in placed}

    def svg(self):
        out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="t">' % (WIDTH, HEIGHT),
               '<title id="t">%s</title>' % html.escape(self.title), "<style>%s</style>" % STYLE,
               '<rect class="ground" width="%d" height="%d"/>' % (WIDTH, HEIGHT),
               '<text class="ink" x="%d" y="24" font-size="16">%s</text>' % (LEFT, html.escape(self.title)),
               '<text class="soft" x="%d" y="42">%s; line: median, dashed: best</text>' % (LEFT, html.escape(self.y_title))]
        for tick in self.y_ticks():
            at = self.y(tick)
            out.append('<path class="grid" d="M%d %.1f H%d"/>' % (LEFT, at, WIDTH - RIGHT))
            out.append('<text class="soft" x="%d" y="%.1f" text-anchor="end">%s</text>' % (LEFT - 8, at + 4, short(round(tick, 3))))
        for tick in self.ticks:
            out.append('<text class="soft" x="%.1f" y="%d" text-anchor="middle">%s</text>'
                       % (self.x(tick), HEIGHT - BOTTOM + 20, short(tick)))
        out.append('<path class="axis" d="M%d %d H%d"/>' % (LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT))
        out.append('<text class="soft" x="%.1f" y="%d" text-anchor="middle">%s</text>'
                   % ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, html.escape(self.x_title)))
        places = self.labels()
        for number, (name, points) in enumerate(self.series.items()):
            out.append('<path class="best c%d" d="%s"/>' % (number, self.path(points, "best")))
            out.append('<path class="line c%d" d="%s"/>' % (number, self.path(points, "median")))
            out += ['<circle class="d%d" cx="%.1f" cy="%.1f" r="3.5"/>' % (number, self.x(p["x"]), self.y(p[self.kind + "_median"]))
                    for p in points]
            out.append('<text class="d%d" x="%d" y="%.1f">%s</text>'
                       % (number, WIDTH - RIGHT + 10, places[name] + 4, html.escape(NAMES[name])))
        return "\n".join(out + ["</svg>"]) + "\n"


def main():
    curves = json.loads((PLACE / "curves.json").read_text())
    stale = 0
    for name in CHARTS:
        if name in curves:
            target = PLACE / (name + ".svg")
            drawn = Chart(name, curves[name]["points"]).svg()
            if "--check" in sys.argv:
                stale += not target.exists() or target.read_text() != drawn
            else:
                target.write_text(drawn)
    if stale:
        print("docs/performance: %d pictures are not what curves.json gives; run bench/plots.py" % stale)
    return 1 if stale else 0


sys.exit(main())
