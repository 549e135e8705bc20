"""How time and memory grow, with the number of files and with the size of one: two small plots."""

import math
import os
import shutil

import data
import measure

MIB = 1 << 20
WIDTH, HEIGHT, LEFT, TOP = 560, 260, 64, 24
INK = "#777"
OURS, MEMORY = "#2563eb", "#d97706"
PAGE = """## How it grows

![Time and memory by the number of files](growth-files.svg)

![Time and memory by the size of a file](growth-size.svg)
"""


def run(bench, docs):
    files = []
    for n in [10, 100, 1000, 10_000, 100_000]:
        name = f"grow{n}"
        data.folder_of(bench.at(name), n, 4096)
        files.append((n, *median(bench, name)))
        shutil.rmtree(bench.at(name))
    shutil.rmtree(bench.at("small100k"), ignore_errors=True)
    sizes = []
    data.large(bench.at("grow"), 8192 * MIB)
    for size in [8192 * MIB, 1024 * MIB, 128 * MIB, 16 * MIB, 2 * MIB, 256 << 10, 32 << 10, 1 << 10]:
        os.truncate(bench.at("grow"), size)
        sizes.insert(0, (size, *median(bench, "grow")))
    plot(os.path.join(docs, "growth-files.svg"), "vouchsafe digest: files of 4 KiB", files, str)
    plot(os.path.join(docs, "growth-size.svg"), "vouchsafe digest: one file", sizes, size_of)
    return PAGE


def median(bench, name):
    timed, _ = measure.in_turn({"": [bench.vouchsafe, "digest", name]}, bench.folder, 3)
    return timed[""].median(), timed[""].peak / 1024


def size_of(n):
    for unit, name in [(1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")]:
        if n >= unit:
            return f"{n // unit} {name}"
    return f"{n} B"


def plot(path, title, points, label):
    """Both axes in powers of ten; milliseconds and MiB share one, for both run from about one to some thousands."""
    top = math.ceil(max(math.log10(max(s * 1000, m)) for _, s, m in points))
    right, bottom = WIDTH - 16, HEIGHT - 40
    x = lambda i: LEFT + 24 + i * (right - LEFT - 48) / (len(points) - 1)
    y = lambda v: bottom - max(math.log10(v), 0) * (bottom - TOP - 16) / top
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11" fill="{INK}">',
        f"<title>{title}</title>",
        f'<text x="{LEFT}" y="14" font-size="12">{title}: <tspan fill="{OURS}">milliseconds</tspan>, <tspan fill="{MEMORY}">MiB at most</tspan></text>',
    ]
    for power in range(top + 1):
        at = y(10**power)
        out.append(f'<path d="M{LEFT} {at:.0f}H{right}" stroke="{INK}" stroke-opacity=".3"/>')
        out.append(f'<text x="{LEFT - 8}" y="{at + 4:.0f}" text-anchor="end">{10**power:,}</text>')
    for i, (n, *_) in enumerate(points):
        told = f"{n:,}" if label is str else label(n)
        out.append(f'<text x="{x(i):.0f}" y="{bottom + 18}" text-anchor="middle">{told}</text>')
    times, memory = [s * 1000 for _, s, _ in points], [m for *_, m in points]
    for colour, values, others in [(OURS, times, memory), (MEMORY, memory, times)]:
        line = " ".join(f"{x(i):.0f},{y(v):.0f}" for i, v in enumerate(values))
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for i, v in enumerate(values):
            out.append(f'<circle cx="{x(i):.0f}" cy="{y(v):.0f}" r="3" fill="{colour}"/>')
            told = f"{v:.1f}" if v < 10 else f"{v:.0f}"
            # Away from the other line, for figures that are near each other to stay legible.
            away = 15 if y(others[i]) < y(v) < y(others[i]) + 24 else -7
            out.append(f'<text x="{x(i):.0f}" y="{y(v) + away:.0f}" text-anchor="middle" fill="{colour}">{told}</text>')
    with open(path, "w") as svg:
        svg.write("\n".join(out) + "\n</svg>\n")
