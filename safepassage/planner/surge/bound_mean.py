"""Bounds from ceilings of arrivals: the mean arrival, and how many cannot be safe before the danger comes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from safepassage.errors import InfeasibleError
from safepassage.planner.surge.bound import arrival_ceiling
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.problem import SurgeProblem, car_demand

SAMPLES = 60
_MOST_STEPS = 240
_STEPS_S = (60.0, 120.0, 300.0, 600.0, 900.0)


def step_for(until_s: float) -> float:
    """
    Length of a step that keeps the number of steps moderate.

    Parameters
    ----------
    until_s : float
        How far the steps reach (s).

    Returns
    -------
    float
        Seconds.
    """
    return next((step_s for step_s in _STEPS_S if until_s / step_s <= _MOST_STEPS), _STEPS_S[-1])


def mean_arrival_bound_s(problem: SurgeProblem, until_s: float, *, samples: int = SAMPLES) -> float:
    """
    Bound the mean arrival of the cars from below.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    until_s : float
        Where sampling ends (s); cars that are not there by then count as arriving then.
    samples : int
        Times at which the ceiling is computed.

    Returns
    -------
    float
        No plan's cars arrive earlier on average (s).

    Notes
    -----
    The mean is the integral of the share still under way. Between two samples no more can have arrived
    than by the later one, and no more than by the earlier one and over the last links since.
    """
    demand = car_demand(problem)
    total = float(demand.amount_pcu.sum())
    step_s = step_for(until_s)
    times = np.linspace(0.0, until_s, samples + 1)
    there = np.zeros(samples + 1)
    there[1:] = arrival_ceiling(
        problem.open_roads,
        demand,
        times[1:],
        step_s=step_s,
        open_windows=problem.scenario.open_windows(),
    )
    network = problem.open_roads
    last = np.isin(network.to_node, demand.destination_node) & (network.capacity_pcu_per_h > 0)
    rate_per_s, at_once = float(network.capacity_pcu_per_h[last].sum()) / 3600, float(last.sum())
    gap_s = until_s / samples
    waiting = 0.0
    for before, after in zip(there[:-1].tolist(), there[1:].tolist(), strict=True):
        rising_s = min(max(after - before - at_once, 0.0) / rate_per_s, gap_s) if rate_per_s else 0.0
        # From `before + at_once` it rises over the last links, and is never above `after`.
        mean = after - rising_s / gap_s * max(after - before - at_once, 0.0) / 2
        waiting += (total - min(mean, total)) * gap_s
    return waiting / total


def least_too_late(problem: SurgeProblem, deadline_s: Mapping[str, float]) -> dict[str, int]:
    """
    People of each settlement who cannot be safe before the danger comes, whatever the plan.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves, one queue a settlement.
    deadline_s : mapping of str to float
        When the danger reaches each settlement (s).

    Returns
    -------
    dict of str to int
        Fewest by settlement, each for itself; and under the empty name the fewest of all together,
        which can be more than their sum.

    Notes
    -----
    All who are in time of the settlements with a deadline up to some time have arrived by that time. Where
    cars carry different numbers of people, the fullest are taken to be in time.
    """
    due = [(deadline_s[queue.settlement], i) for i, queue in enumerate(problem.queues)
           if queue.settlement in deadline_s]  # fmt: skip
    alone = {problem.queues[i].settlement: _too_late(problem, (i,), time_s) for time_s, i in sorted(due)}
    together = [
        _too_late(problem, tuple(i for other_s, i in due if other_s <= time_s), time_s)
        for time_s in sorted({time_s for time_s, _ in due})
    ]
    alone[""] = max([sum(alone.values()), *together], default=0)
    return alone


def _too_late(problem: SurgeProblem, queues: tuple[int, ...], time_s: float) -> int:
    demand = car_demand(problem)
    some = SurgeDemand(
        origin_node=demand.origin_node[list(queues)],
        amount_pcu=demand.amount_pcu[list(queues)],
        destination_node=demand.destination_node,
        destination_capacity_pcu=demand.destination_capacity_pcu,
    )
    try:
        in_time = float(
            arrival_ceiling(
                problem.open_roads,
                some,
                [max(time_s, 0.0)],
                step_s=step_for(time_s),
                open_windows=problem.scenario.open_windows(),
            )[0]
        )
    except InfeasibleError:
        in_time = 0.0
    cars = math.floor(in_time + 1e-6) if time_s > 0 else 0
    sizes = np.concatenate([np.diff(problem.queues[i].people_gone, prepend=0) for i in queues])
    needed = np.concatenate([np.diff(problem.queues[i].cars_gone, prepend=0) for i in queues])
    fullest = np.argsort(-sizes / needed, kind="stable")
    fitting = int(np.searchsorted(np.cumsum(needed[fullest]), cars, side="right"))
    # One household more may be there in part of its cars.
    saved = int(sizes[fullest][: fitting + 1].sum()) if cars else 0
    return max(0, int(sizes.sum()) - saved)
