"""
Simulation-based calibration of the uptake filter.

Evacuations are drawn from the prior, their figures are reported with error, and the filter is run on them. If
it is right, the rank of the true value among its draws is uniform: as many true values in the lowest tenth of
the draws as in any other, and 90 of 100 inside its 90 % band.

References
----------
Talts et al. (2018), Validating Bayesian inference algorithms with simulation-based calibration.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from safepassage.model.uptake import DatedEvent, EventKind, Figure, FigureKind, Measure, PeopleClass
from safepassage.uptake.particles import advance, draw
from safepassage.uptake.priors import Prior, shipped_prior
from safepassage.uptake.streams import Stream
from safepassage.uptake.tracker import DAY_ERROR_D, EXACT_ERROR, TAIL, Tracker

START = date(2030, 5, 1)
REPORT_DAYS = (1, 2, 4, 6, 9, 13)
HORIZON_D = 27
PEOPLE = 5000.0
BINS = 10
NAMES = ("trickle", "returns", "assisted share", "length of list", "strength", "delay")


def made_stream(prior: Prior, number: int) -> tuple[Stream, np.ndarray, float]:
    """A made evacuation: its figures, its parameters, and the share that is there at the horizon."""
    random = np.random.default_rng([77, number])
    events = (DatedEvent(START, EventKind.ORDER),)
    truth = draw(prior, events, PeopleClass.EVERYONE, PEOPLE, 1, random)
    figures, at_d = [], 0.0
    for day in REPORT_DAYS:
        advance(truth, prior, np.zeros(1), (at_d, day + 0.75), PEOPLE, random)
        at_d = day + 0.75
        for kind in (FigureKind.TOTAL, FigureKind.ASSISTED):
            value = float(PEOPLE * truth.counted(kind)[0])
            sd = float(np.sqrt((EXACT_ERROR * value) ** 2 + 1 + (DAY_ERROR_D * PEOPLE * truth.flow[0]) ** 2))
            reported = max(0.0, round(value + sd * random.standard_t(TAIL)))
            figures.append(
                Figure(START + timedelta(days=day), kind, Measure.CUMULATIVE, PeopleClass.EVERYONE, reported)
            )
    advance(truth, prior, np.zeros(1), (at_d, HORIZON_D + 0.75), PEOPLE, random)
    days = tuple(START + timedelta(days=day) for day in REPORT_DAYS)
    stream = Stream("", "", PeopleClass.EVERYONE, START, PEOPLE, True, events, tuple(figures), days)  # noqa: FBT003
    return stream, truth.fixed[0], float(truth.counted(FigureKind.REMAINING)[0])


def main() -> None:
    """Run and print the ranks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    prior = shipped_prior()
    ranks: dict[str, list[float]] = {name: [] for name in (*NAMES, "share remaining, 2 weeks on")}
    for number in range(runs):
        stream, fixed, remaining = made_stream(prior, number)
        tracker = Tracker(stream, prior, seed=number)
        tracker.observe_until(stream.origins[-1])
        weight, drawn = tracker.weights(), tracker.parameters()
        for k, name in enumerate(NAMES):
            ranks[name].append(float(weight[drawn[:, k] < fixed[k]].sum()))
        ahead = tracker.forecast([START + timedelta(days=HORIZON_D)]).remaining[0]
        ranks["share remaining, 2 weeks on"].append(float(np.mean(ahead < remaining)))
    print(f"{runs} made evacuations, {len(REPORT_DAYS)} days of reports each; ranks in tenths")
    for name, found in ranks.items():
        counts = np.histogram(found, BINS, (0, 1))[0]
        expected = runs / BINS
        chance = chi2.sf(((counts - expected) ** 2 / expected).sum(), BINS - 1)
        inside = np.mean((np.array(found) > 0.05) & (np.array(found) < 0.95))
        print(f"{name:28s} {counts}  p={chance:.3f}  inside 90 %: {inside:.0%}")


if __name__ == "__main__":
    main()
