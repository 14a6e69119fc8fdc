"""Bounds from ceilings of arrivals: the mean arrival, and how many cannot be safe before the danger comes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from safepassage.errors import InfeasibleError
from safepassage.model.arrays import FloatArray
from safepassage.planner.surge.bound import arrival_ceiling
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.problem import SurgeProblem, car_demand
from safepassage.units import per_hour_to_per_s

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
    total = float(sum(queue.cars for queue in problem.queues))
    there, gap_s = _ceiling(problem, until_s, samples)
    return float(np.sum(total - np.minimum(there, total))) * gap_s / total


def least_person_s(problem: SurgeProblem, until_s: float, *, samples: int = SAMPLES) -> float:
    """
    Bound the time that all people in cars spend before they are safe.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    until_s : float
        Later times are not counted (s).
    samples : int
        Times at which the ceiling is computed.

    Returns
    -------
    float
        Person-seconds, with the fullest cars there first.
    """
    people = np.concatenate([np.diff(queue.people_gone, prepend=0) for queue in problem.queues])
    cars = np.concatenate([np.diff(queue.cars_gone, prepend=0) for queue in problem.queues])
    order = np.argsort(-people / cars, kind="stable")
    cars_there = np.concatenate([[0], np.cumsum(cars[order])])
    people_there = np.concatenate([[0], np.cumsum(people[order])])
    there, gap_s = _ceiling(problem, until_s, samples)
    # People as a function of cars are concave, so those of the mean are at least the mean of those.
    safe = np.interp(there, cars_there, people_there)
    return float(np.sum(people.sum() - safe)) * gap_s


def _ceiling(problem: SurgeProblem, until_s: float, samples: int) -> tuple[FloatArray, float]:
    """Most cars there on average in each of equal gaps of time, and the length of a gap (s)."""
    demand, network = car_demand(problem), problem.open_roads
    times = np.linspace(0.0, until_s, samples + 1)
    there = np.zeros(samples + 1)
    there[1:] = arrival_ceiling(
        network,
        demand,
        times[1:],
        step_s=step_for(until_s),
        open_windows=problem.scenario.open_windows(),
    )
    last = np.isin(network.to_node, demand.destination_node) & (network.capacity_pcu_per_h > 0)
    rate_per_s = per_hour_to_per_s(float(network.capacity_pcu_per_h[last].sum()))
    gap_s = until_s / samples
    # From one sample it rises over the last links at most, a car on each at once, and never above the next.
    rise = np.maximum(np.diff(there) - float(last.sum()), 0.0)
    rising_s = np.minimum(rise / rate_per_s, gap_s) if rate_per_s else np.zeros(samples)
    mean: FloatArray = there[1:] - rising_s / gap_s * rise / 2
    return mean, gap_s


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
