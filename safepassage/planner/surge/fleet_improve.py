"""Improvement: take the last jobs of some vehicles back, give them out anew, keep what is better."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from safepassage.planner.surge.fleet_dispatch import BestWork, Taste, dispatch
from safepassage.planner.surge.fleet_loads import Worth
from safepassage.planner.surge.fleet_schedule import Schedule, Timetable
from safepassage.progress import NoProgress, Progress

_UNSERVED_S = 1e6
# Acceptance begins at this share of the cost above the present one and falls to nothing.
_FIRST_THRESHOLD = 0.01
_SHARPNESS = 16


def cost_s(schedule: Schedule) -> float:
    """
    How bad a schedule is: people left, then the last arrival, then how late vehicles end in general.

    Parameters
    ----------
    schedule : Schedule
        What to judge.

    Returns
    -------
    float
        In the order of the clearance (s).
    """
    ends = [max(job.safe_s for job in jobs) for jobs in schedule.jobs if jobs]
    if not ends:
        return math.inf
    last = max(ends)
    # A smooth maximum rewards shortening any late vehicle, not only the very last.
    power = sum((end / last) ** _SHARPNESS for end in ends) / len(ends)
    smooth = last * math.pow(power, 1 / _SHARPNESS)
    return _UNSERVED_S * people_left(schedule) + last + 0.5 * smooth


def people_left(schedule: Schedule) -> int:
    """Persons that nobody fetches in a schedule."""
    kinds = schedule.problem.kinds
    return sum(
        left * kind.party.needs.total for left, kind in zip(schedule.remaining, kinds, strict=True) if left
    )


def improve(
    schedule: Schedule,
    worth: Worth,
    taste: Taste,
    *,
    random: Random,
    iterations: int,
    progress: Progress | None = None,
) -> None:
    """
    Search for a better schedule by taking jobs back and giving them out anew.

    Parameters
    ----------
    schedule : Schedule
        Complete; becomes the best schedule found.
    worth : Worth
        How loads are valued.
    taste : Taste
        What the dispatcher prefers; its noise is drawn anew every time.
    random : Random
        Source of every choice.
    iterations : int
        Work budget.
    progress : Progress, optional
        Told of every iteration.
    """
    progress = progress or NoProgress()
    choose = BestWork(schedule, worth, taste, random)
    current = best = cost_s(schedule)
    best_jobs = [list(jobs) for jobs in schedule.jobs]
    for iteration in range(iterations):
        choose.taste = _varied(taste, random)
        cut = _cut(schedule, random)
        old = {vehicle: _tail(schedule, vehicle, keep) for vehicle, keep in cut.items()}
        resting = {vehicle for vehicle in cut if random.random() < 0.1}
        dispatch(schedule, [vehicle for vehicle in sorted(cut) if vehicle not in resting], choose)
        cost = cost_s(schedule)
        threshold = _FIRST_THRESHOLD * (1 - iteration / iterations) ** 2
        if cost <= current * (1 + threshold * random.random()):
            current = cost
            if cost < best:
                best, best_jobs = cost, [list(jobs) for jobs in schedule.jobs]
        else:
            for vehicle, keep in cut.items():
                _tail(schedule, vehicle, keep)
            for vehicle in cut:
                for job in old[vehicle]:
                    schedule.commit(job)
        progress.advance()
    _restore(schedule, best_jobs)


def _varied(taste: Taste, random: Random) -> Taste:
    return replace(
        taste,
        urgency=taste.urgency * random.choice((-1.0, 0.0, 1.0, 2.0)),
        patience=random.uniform(0.8, 3.0),
        noise=random.choice((0.0, 0.1, 0.3)),
    )


def _cut(schedule: Schedule, random: Random) -> dict[int, int]:
    """How many jobs each of some vehicles keeps; those that end late lose some with high chance."""
    busy = [vehicle for vehicle, jobs in enumerate(schedule.jobs) if jobs]
    by_end = sorted(busy, key=lambda vehicle: -schedule.jobs[vehicle][-1].safe_s)
    chosen = by_end[: random.choice((0, 1, 1, 2))]
    chosen += random.sample(busy, min(len(busy), random.randint(1, 6)))
    idle = [vehicle for vehicle, jobs in enumerate(schedule.jobs) if not jobs]
    chosen += idle
    depth = random.choice((1, 1, 2, 3))
    return {vehicle: max(0, len(schedule.jobs[vehicle]) - depth) for vehicle in chosen}


def _tail(schedule: Schedule, vehicle: int, keep: int) -> list[Timetable]:
    """Take back all jobs of a vehicle beyond the first ones; returns them in time order."""
    taken = []
    while len(schedule.jobs[vehicle]) > keep:
        taken.append(schedule.undo_last(vehicle))
    return taken[::-1]


def _restore(schedule: Schedule, jobs_of: list[list[Timetable]]) -> None:
    for vehicle in range(len(jobs_of)):
        _tail(schedule, vehicle, 0)
    for jobs in jobs_of:
        for job in jobs:
            schedule.commit(job)
