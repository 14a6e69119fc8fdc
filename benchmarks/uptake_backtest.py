"""
Backtest of the uptake forecast on published figures, as table and pictures.

    python benchmarks/uptake_backtest.py DIR [--pictures FOLDER]

DIR holds ``series.csv``, ``operations.csv`` and ``keys.csv``. Prints scores, also by operation, and the
time taken; with --pictures draws a fan for each of some operations.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from safepassage.formats.uptake_tables import read_uptake_tables
from safepassage.model.uptake import FigureKind, PeopleClass
from safepassage.uptake.backtest import MODEL, MODEL_EVENTS, Backtest, backtest
from safepassage.uptake.baselines import BASELINES
from safepassage.uptake.cases import WINDOWS_D, share_remaining
from safepassage.uptake.fit import fit_prior
from safepassage.uptake.streams import Stream, all_streams, published
from safepassage.uptake.tracker import Tracker

# Successes and failures: operation, class, count, number of the origin among its published days.
PICTURES = (
    ("kupiansk_2023", PeopleClass.EVERYONE, FigureKind.ASSISTED, 3),
    ("kupiansk_2023_children", PeopleClass.CHILDREN, FigureKind.REMAINING, 3),
    ("kherson_korabel_2025", PeopleClass.EVERYONE, FigureKind.TOTAL, 1),
    ("vovchansk_city_2024", PeopleClass.EVERYONE, FigureKind.REMAINING, 0),
)
WIDTH, HEIGHT, LEFT, BOTTOM = 480, 240, 44, 26


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    tables = read_uptake_tables(arguments.data / "series.csv", arguments.data / "operations.csv")
    streams = all_streams(tables.operations)
    started = time.perf_counter()
    result = backtest(streams)
    print(f"{time.perf_counter() - started:.1f} s, {len(result.operations)} operations")
    print_scores(result)
    print_operations(result)
    if arguments.pictures:
        for name, people_class, kind, origin in PICTURES:
            stream = next(s for s in streams if (s.operation, s.people_class) == (name, people_class))
            learnt_from = [other for other in streams if other.place != stream.place]
            tracker = Tracker(stream, fit_prior(learnt_from), seed=1)
            picture = drawing(stream, tracker, kind, stream.origins[origin])
            (arguments.pictures / f"forecast-{name}.svg").write_text(picture, "utf-8")


def print_scores(result: Backtest) -> None:
    """The table of the documentation."""
    windows = " | ".join(f"{window} d" for window in WINDOWS_D)
    print(f"| method | CRPS | {windows} | in 50 % | in 90 % | width 50 | width 90 | gain | with events |")
    for score in result.scores:
        means = dict(score.by_window)
        row = [f"{means.get(window, float('nan')):.4f}" for window in WINDOWS_D]
        gain = f"{score.gain_low:+.4f} to {score.gain_high:+.4f}"
        gain_events = f"{score.gain_events_low:+.4f} to {score.gain_events_high:+.4f}"
        print(
            f"| {score.method} | {score.crps:.4f} | {' | '.join(row)} | {score.coverage_50:.0%} |"
            f" {score.coverage_90:.0%} | {score.width_50:.3f} | {score.width_90:.3f} | {gain} |"
            f" {gain_events} |"
        )


def print_operations(result: Backtest) -> None:
    """Mean scores by operation."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in result.judged:
        found[item.case.stream.operation][item.method].append(item.crps)
    methods = (MODEL, MODEL_EVENTS, *BASELINES)
    print("| operation | cases | " + " | ".join(methods) + " |")
    for operation, by_method in found.items():
        means = " | ".join(f"{np.mean(by_method[method]):.3f}" for method in methods)
        print(f"| {operation} | {len(by_method[MODEL])} | {means} |")


def drawing(stream: Stream, tracker: Tracker, kind: FigureKind, origin: date) -> str:
    """Share remaining: the fan from one origin, what was published before it, and after."""
    tracker.observe_until(origin)
    course = [(day, share_remaining(stream, kind, value)) for day, value in published(stream, kind)]
    last = min(max(day for day, _ in course), origin + timedelta(days=36))
    days = [origin + timedelta(days=k) for k in range((last - origin).days + 1)]
    draws = tracker.forecast(days, known=origin).counted(kind)
    shares = draws if kind is FigureKind.REMAINING else np.maximum(1 - draws, 0)
    bands = np.quantile(shares, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).T
    span = max((last - stream.start).days, 1)

    def at(day: date, share: float) -> str:
        x = LEFT + (WIDTH - LEFT - 10) * (day - stream.start).days / span
        return f"{x:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 10) * min(share, 1.0):.1f}"

    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
    )
    parts = [opening]
    for share in (0.0, 0.5, 1.0):
        y = at(stream.start, share).split(",")[1]
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - 10}" stroke="#d5dae0"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y}" text-anchor="end" fill="#55606c">{share:.0%}</text>')
    for low, high, opacity in ((0, 4, 0.16), (1, 3, 0.3)):
        upper = " ".join(at(day, row[high]) for day, row in zip(days, bands, strict=True))
        lower = " ".join(at(day, row[low]) for day, row in reversed(list(zip(days, bands, strict=True))))
        parts.append(f'<polygon points="{upper} {lower}" fill="#0b5a9d" fill-opacity="{opacity}"/>')
    middle = " ".join(at(day, row[2]) for day, row in zip(days, bands, strict=True))
    parts.append(f'<polyline points="{middle}" fill="none" stroke="#0b5a9d" stroke-width="2"/>')
    for day, share in course:
        if day <= last:
            x, y = at(day, share).split(",")
            fill = "#14191f" if day <= origin else "#a53a00"
            parts.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{fill}"/>')
    for day, anchor in ((stream.start, "start"), (last, "end")):
        x = at(day, 0).split(",")[0]
        parts.append(
            f'<text x="{x}" y="{HEIGHT - 8}" text-anchor="{anchor}" fill="#55606c">{day:%d.%m.%Y}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
