#!/usr/bin/env python3
"""A plot of a sweep, on standard output: SVG, both axes logarithmic.

usage: tests/perf/plot.py SWEEP.csv X-AXIS Y-AXIS

The CSV's columns: x, round, target, y, and others that are not shown. A point is the median of its
rounds, the bar through it their range.
"""
import collections
import csv
import html
import math
import statistics
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 110, 16, 48
COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377")


def ticks(low, high):
    """Powers of ten, and between them the more the shorter the axis."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 300 else (1, 2, 5) if high / low > 10 else (1, 2, 3, 4, 5, 7)
    return [step * 10.0 ** power for power in powers for step in steps
            if low <= step * 10.0 ** power <= high]


def scale(values, start, end):
    low, high = min(values) / 1.15, max(values) * 1.15
    span = math.log(high / low)
    return lambda value: start + (end - start) * math.log(value / low) / span, ticks(low, high)


def short(value):
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def main():
    path, x_axis, y_axis = sys.argv[1:]
    series = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            series[row[2]][float(row[0])].append(float(row[3]))
    places = [x for points in series.values() for x in points]
    values = [y for points in series.values() for ys in points.values() for y in ys]
    across, x_ticks = scale(places, LEFT, WIDTH - RIGHT)
    up, y_ticks = scale(values, HEIGHT - BOTTOM, TOP)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
          'font-family="sans-serif" font-size="12">')
    print(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>')
    for x in x_ticks:
        print(f'<path d="M{across(x):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/><text '
              f'x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(x)}</text>')
    for y in y_ticks:
        print(f'<path d="M{LEFT} {up(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/><text x="{LEFT - 6}" '
              f'y="{up(y) + 4:.1f}" text-anchor="end">{short(y)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    print(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(x_axis)}</text>')
    print(f'<text transform="translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" '
          f'text-anchor="middle">{html.escape(y_axis)}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = [(across(x), up(statistics.median(ys))) for x, ys in sorted(points.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        print(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, ys in points.items():
            print(f'<path d="M{across(x):.1f} {up(min(ys)):.1f}V{up(max(ys)):.1f}" '
                  f'stroke="{colour}"/>')
        for x, y in line:
            print(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        print(f'<rect x="{WIDTH - RIGHT + 12}" y="{TOP + 20 * number}" width="12" height="12" '
              f'fill="{colour}"/><text x="{WIDTH - RIGHT + 30}" y="{TOP + 20 * number + 11}">'
              f'{html.escape(name)}</text>')
    print("</svg>")


main()
