"""
The bus evacuation problem solved to proven optimality (Bish 2011).

Buses start at yards. A bus drives to a stop, takes one load to a shelter, drives back to a stop, and so
on; shelters have room for a number of loads; the last arrival is to be as early as possible.

The triangle rule: distances are taken as they stand and are not closed. A bus drives from a stop only with
a load and to a stop only to fetch one, so that no way leads through other stops or shelters, even
where that would be shorter. A bus may stay in its yard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from safepassage.errors import InfeasibleError
from safepassage.formats.bep import BusEvacuation
from safepassage.i18n import _
from safepassage.planner.surge.bep_greedy import BepTimes, Drive, arrival_of, greedy_tours
from safepassage.planner.surge.bep_model import BepModel

_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class BepSolution:
    """
    Tours of all buses, and how good they are.

    Attributes
    ----------
    last_arrival : float
        Time at which the last bus reaches its last shelter, in the instance's unit.
    bound : float
        No tours do better.
    tours : tuple of tuple of (int, int)
        For each bus, yard by yard, its loads in order: stop and shelter.
    rounds : int
        Times that the model was solved: once, and again for each set of cuts.
    work : float
        Deterministic time used by the solver.
    """

    last_arrival: float
    bound: float
    tours: tuple[tuple[Drive, ...], ...]
    rounds: int
    work: float

    @property
    def proven(self) -> bool:
        """Whether no tours do better."""
        return self.bound >= self.last_arrival


def solve_bus_evacuation(instance: BusEvacuation, *, work_budget: float = 60.0, seed: int = 1) -> BepSolution:
    """
    Find tours with the earliest last arrival, and prove it.

    Parameters
    ----------
    instance : BusEvacuation
        Buses, loads, room and distances.
    work_budget : float
        Deterministic time of CP-SAT in all, about seconds on one core; the best tours so far and their
        bound are returned when it is spent.
    seed : int
        Of the solver.

    Returns
    -------
    BepSolution
        The same for the same arguments.

    Raises
    ------
    InfeasibleError
        If there are loads but no bus, or more loads than room.
    """
    _check_feasible(instance)
    times = scaled_times(instance)
    best = greedy_tours(instance, times)
    best_arrival = arrival_of(times, instance.buses, best)
    bound, rounds, work = least_arrival(instance, times), 0, 0.0
    model = BepModel(instance, times, best_arrival)
    model.hint(best)
    while bound < best_arrival and work < work_budget:
        rounds += 1
        model.limit(bound, best_arrival)
        answer = model.solve(work_budget - work, seed)
        work += answer.work
        bound = max(bound, min(answer.bound, best_arrival))
        if answer.flows is None:
            break
        apart = [part for flow in answer.flows for part in flow.parts_apart()]
        if apart:
            model.cut(apart)
        else:
            best = tuple(flow.tour() for flow in answer.flows)
            best_arrival = arrival_of(times, instance.buses, best)
    _assert_all_moved(instance, best)
    return BepSolution(best_arrival / times.scale, bound / times.scale, best, rounds, work)


def scaled_times(instance: BusEvacuation) -> BepTimes:
    """
    Turn an instance's times into whole numbers.

    Parameters
    ----------
    instance : BusEvacuation
        With times of at most six decimals; more are rounded off.

    Returns
    -------
    BepTimes
        Whole times and what to divide them by.
    """
    both = [*instance.yard_to_stop.ravel().tolist(), *instance.stop_to_shelter.ravel().tolist()]
    decimals = max((_decimals(value) for value in both), default=0)
    scale = 10 ** min(decimals, _MOST_DECIMALS)
    return BepTimes(
        scale=scale,
        yard_to_stop=[[round(value * scale) for value in row] for row in instance.yard_to_stop.tolist()],
        stop_to_shelter=[
            [round(value * scale) for value in row] for row in instance.stop_to_shelter.tolist()
        ],
    )


def least_arrival(instance: BusEvacuation, times: BepTimes) -> int:
    """
    Time before which the load that is farthest away cannot arrive.

    Parameters
    ----------
    instance : BusEvacuation
        Loads.
    times : BepTimes
        Its whole times.

    Returns
    -------
    int
        Whole units; 0 where there are no loads.
    """
    stops = [i for i, loads in enumerate(instance.loads) if loads]
    yards = [row for row, count in zip(times.yard_to_stop, instance.buses, strict=True) if count]
    reached = {i: min(row[i] for row in yards) for i in stops}
    # Times may break the triangle inequality: a stop may be reached sooner after another load.
    for _pass in stops:
        for i in stops:
            reached[i] = min([reached[i], *(reached[k] + times.between(k, i) for k in stops if k != i)])
    return max((reached[i] + min(times.stop_to_shelter[i]) for i in stops), default=0)


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _check_feasible(instance: BusEvacuation) -> None:
    loads, room = sum(instance.loads), sum(instance.room)
    if loads and not sum(instance.buses):
        raise InfeasibleError(_("{name}: there are loads but no bus; add one").format(name=instance.name))
    if loads > room:
        raise InfeasibleError(
            _("{name}: {loads} loads but room for {room}; add room at a shelter").format(
                name=instance.name, loads=loads, room=room
            )
        )


def _assert_all_moved(instance: BusEvacuation, tours: Sequence[Sequence[Drive]]) -> None:
    drives = [drive for tour in tours for drive in tour]
    for stop, loads in enumerate(instance.loads):
        assert sum(drive[0] == stop for drive in drives) == loads, (stop, loads)
    for shelter, room in enumerate(instance.room):
        assert sum(drive[1] == shelter for drive in drives) <= room, (shelter, room)
