# SPDX-License-Identifier: MIT
"""plot.py - time over number of paths as SVG, both axes logarithmic"""
import math
import statistics
from xml.sax.saxutils import escape

PANELS = [("none", "nothing changed"), ("changed", "100 files changed"),
          ("first", "first run"), ("full", "every file read again")]
COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2",
           "#7f7f7f", "#bcbd22", "#17becf", "#5254a3", "#ad494a", "#637939"]
OWN = "#d62728"
WIDTH, HEIGHT = 560, 400        # of one panel
LEFT, RIGHT, TOP, BOTTOM = 60, 160, 40, 50
LABEL = 12                      # least distance of two labels


def series_of(document, scenario):
    """{name: [(paths, seconds)]} of the made up trees."""
    points = {}
    own = {}
    for r in document["results"]:
        about = document["trees"].get(r["tree"])
        if (r["scenario"] != scenario or not about or not r["peer"] or
                r["tree"] in ("real", "watched")):
            continue
        own.setdefault(about["paths"], []).append(
            r["etcsnap"]["wall"]["median"])
        points.setdefault(r["peer"], {})[about["paths"]] = (
            r["against"]["wall"]["median"])
    if own:
        points["etcsnap"] = {x: statistics.median(y) for x, y in own.items()}
    return {name: sorted(p.items()) for name, p in points.items()}


def decades(values):
    """Whole powers of ten around all values."""
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def tick(power):
    if 0 <= power < 6:
        return str(10 ** power)
    return "%g" % 10.0 ** power


def spread(wanted):
    """Heights of labels, in the same order, that do not overlap."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = list(wanted)
    last = -math.inf
    for i in order:
        placed[i] = last = max(placed[i], last + LABEL)
    above = placed[order[-1]] - (HEIGHT - BOTTOM) if order else 0
    return [y - max(above, 0) for y in placed]


class Panel:
    """One pair of axes."""

    def __init__(self, number, title, series):
        self.left = number % 2 * WIDTH
        self.top = number // 2 * HEIGHT
        self.title = title
        self.series = series
        every = [p for points in series.values() for p in points]
        self.x = decades([x for x, _ in every])
        self.y = decades([y for _, y in every])
        self.out = []

    def at(self, x, y):
        """Where a point is on the page."""
        across = (math.log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (math.log10(y) - self.y[0]) / (self.y[1] - self.y[0])
        return (self.left + LEFT + across * (WIDTH - LEFT - RIGHT),
                self.top + HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def text(self, x, y, words, more=""):
        self.out.append('<text x="%.1f" y="%.1f"%s>%s</text>'
                        % (x, y, more, escape(words)))

    def line(self, a, b, colour):
        self.out.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" '
                        'stroke="%s"/>' % (a + b + (colour,)))

    def axes(self):
        x0, x1 = 10.0 ** self.x[0], 10.0 ** self.x[1]
        y0, y1 = 10.0 ** self.y[0], 10.0 ** self.y[1]
        for power in range(self.x[0], self.x[1] + 1):
            where = self.at(10.0 ** power, y0)
            self.line(where, self.at(10.0 ** power, y1), "#ddd")
            self.text(where[0], where[1] + 16, tick(power),
                      ' text-anchor="middle"')
        for power in range(self.y[0], self.y[1] + 1):
            where = self.at(x0, 10.0 ** power)
            self.line(where, self.at(x1, 10.0 ** power), "#ddd")
            self.text(where[0] - 6, where[1] + 4, tick(power),
                      ' text-anchor="end"')
        self.text(self.left + LEFT, self.top + 24,
                  self.title + ": seconds over paths",
                  ' font-weight="bold"')

    def draw(self, colours):
        self.axes()
        names = sorted(self.series)
        ends = [self.at(*self.series[n][-1]) for n in names]
        heights = spread([y for _, y in ends])
        right = self.left + WIDTH - RIGHT + 12
        for name, end, height in zip(names, ends, heights):
            colour = colours[name]
            places = [self.at(*p) for p in self.series[name]]
            self.out.append(
                '<polyline points="%s" fill="none" stroke="%s" '
                'stroke-width="%s"/>'
                % (" ".join("%.1f,%.1f" % p for p in places), colour,
                   "2.5" if name == "etcsnap" else "1.2"))
            for x, y in places:
                self.out.append('<circle cx="%.1f" cy="%.1f" r="2.5" '
                                'fill="%s"/>' % (x, y, colour))
            self.line(end, (right - 2, height), colour + "60")
            self.text(right, height + 4, name, ' fill="%s"' % colour)
        return self.out


def draw(document):
    """The whole picture."""
    panels = [(title, series_of(document, scenario))
              for scenario, title in PANELS]
    panels = [(title, s) for title, s in panels if s]
    names = sorted({n for _, s in panels for n in s if n != "etcsnap"})
    colours = {n: COLOURS[i % len(COLOURS)] for i, n in enumerate(names)}
    colours["etcsnap"] = OWN
    width = WIDTH * max(min(len(panels), 2), 1)
    height = HEIGHT * max((len(panels) + 1) // 2, 1)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">'
           % (width, height, width, height),
           '<rect width="100%" height="100%" fill="white"/>']
    for number, (title, series) in enumerate(panels):
        out.extend(Panel(number, title, series).draw(colours))
    out.append("</svg>")
    return "\n".join(out) + "\n"
