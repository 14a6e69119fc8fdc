"""
Flow model of the bus evacuation problem for CP-SAT, with connectivity cuts as they are needed.

For each bus b: ``out[b][i][j]`` loads from stop i to shelter j, ``back[b][i][j]`` empty drives from
shelter j to stop i, ``first[b][i]`` from its yard to stop i, ``last[b][j]`` where it ends. A flow that
hangs together is a tour (an Eulerian walk); parts that do not are cut off.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

from safepassage.formats.bep import BusEvacuation
from safepassage.planner.surge.bep_greedy import BepTimes, Drive, yard_of_each_bus


@dataclass(frozen=True, slots=True)
class Part:
    """
    Stops and shelters that hang together in one bus's flow.

    Attributes
    ----------
    stops, shelters : frozenset of int
        Indices.
    """

    stops: frozenset[int]
    shelters: frozenset[int]


@dataclass(frozen=True, slots=True)
class BusFlow:
    """
    How often one bus drives each way.

    Attributes
    ----------
    first : int
        Stop it drives to from its yard; -1 where it stays there.
    out, back : list of list of int
        By stop and shelter: drives with a load, and empty ones back to the stop.
    """

    first: int
    out: list[list[int]]
    back: list[list[int]]

    def parts_apart(self) -> list[Part]:
        """
        Parts of the flow that the bus cannot reach from its yard.

        Returns
        -------
        list of Part
            Empty where the flow is a tour.
        """
        remaining = {i for i, row in enumerate(self.out) if any(row)}
        parts = []
        while remaining:
            part = self._around(self.first if self.first in remaining else min(remaining))
            remaining -= part.stops
            if self.first not in part.stops:
                parts.append(part)
        return parts

    def _around(self, stop: int) -> Part:
        stops, shelters = {stop}, set[int]()
        waiting = [stop]
        while waiting:
            i = waiting.pop()
            reached = {j for j, _n in enumerate(self.out[i]) if self.out[i][j] or self.back[i][j]}
            for j in reached - shelters:
                shelters.add(j)
                near = {k for k in range(len(self.out)) if self.out[k][j] or self.back[k][j]}
                waiting += sorted(near - stops)
                stops |= near
        return Part(frozenset(stops), frozenset(shelters))

    def tour(self) -> tuple[Drive, ...]:
        """
        The flow as a walk from the yard (Hierholzer).

        Returns
        -------
        tuple of (int, int)
            Loads in order: stop and shelter.
        """
        if self.first < 0:
            return ()
        out, back = [row[:] for row in self.out], [row[:] for row in self.back]
        walk, reverse = [self.first], []
        n_stops = len(out)
        while walk:
            at = walk[-1]
            if at < n_stops:
                onward = next((j + n_stops for j, n in enumerate(out[at]) if n), -1)
                if onward >= 0:
                    out[at][onward - n_stops] -= 1
            else:
                onward = next((i for i in range(n_stops) if back[i][at - n_stops]), -1)
                if onward >= 0:
                    back[onward][at - n_stops] -= 1
            if onward < 0:
                reverse.append(walk.pop())
            else:
                walk.append(onward)
        order = reverse[::-1]
        return tuple((order[k], order[k + 1] - n_stops) for k in range(0, len(order) - 1, 2))


@dataclass(frozen=True, slots=True)
class BepAnswer:
    """
    What the solver found.

    Attributes
    ----------
    status : int
        Of CP-SAT.
    bound : int
        Proven least arrival of the relaxed problem (whole units).
    flows : list of BusFlow or None
        One a bus; None where nothing was found.
    work : float
        Deterministic time.
    """

    status: int
    bound: int
    flows: list[BusFlow] | None
    work: float


class BepModel:
    """
    The model of one instance; cuts and limits are added between solves.

    Parameters
    ----------
    instance : BusEvacuation
        With a bus and room for all loads.
    times : BepTimes
        Its whole times.
    most : int
        An arrival that is known to be possible.
    """

    def __init__(self, instance: BusEvacuation, times: BepTimes, most: int) -> None:
        self.instance, self.times = instance, times
        self.yards = yard_of_each_bus(instance.buses)
        self.model = cp_model.CpModel()
        self.stops, self.shelters = range(len(instance.loads)), range(len(instance.room))
        self.most = most
        self.arrival = self.model.new_int_var(0, most, "arrival")
        self._make_variables()
        self._add_walks()
        self._add_shared()
        self.model.minimize(self.arrival)

    def _make_variables(self) -> None:
        model, buses = self.model, range(len(self.yards))
        most = [[min(load, room) for room in self.instance.room] for load in self.instance.loads]
        pairs = [(b, i, j) for b in buses for i in self.stops for j in self.shelters]
        self.out = {(b, i, j): model.new_int_var(0, most[i][j], f"out{b},{i},{j}") for b, i, j in pairs}
        self.back = {
            (b, i, j): model.new_int_var(
                0, min(self.instance.loads[i], self.instance.room[j]), f"back{b},{i},{j}"
            )
            for b, i, j in pairs
        }
        self.first = {(b, i): model.new_bool_var(f"first{b},{i}") for b in buses for i in self.stops}
        self.last = {(b, j): model.new_bool_var(f"last{b},{j}") for b in buses for j in self.shelters}
        self.visits = {(b, i): model.new_bool_var(f"visits{b},{i}") for b in buses for i in self.stops}
        self.time = [model.new_int_var(0, self.most, f"time{b}") for b in buses]

    def _add_walks(self) -> None:
        for b, yard in enumerate(self.yards):
            starts = sum(self.first[b, i] for i in self.stops)
            self.model.add(starts <= 1)
            self.model.add(starts == sum(self.last[b, j] for j in self.shelters))
            for i in self.stops:
                leaving = sum(self.out[b, i, j] for j in self.shelters)
                self.model.add(leaving == self.first[b, i] + sum(self.back[b, i, j] for j in self.shelters))
                self.model.add(leaving <= self.instance.loads[i] * self.visits[b, i])
                self.model.add(leaving >= self.visits[b, i])
            for j in self.shelters:
                arriving = sum(self.out[b, i, j] for i in self.stops)
                self.model.add(arriving == self.last[b, j] + sum(self.back[b, i, j] for i in self.stops))
            driven = sum(self.times.yard_to_stop[yard][i] * self.first[b, i] for i in self.stops) + sum(
                self.times.stop_to_shelter[i][j] * (self.out[b, i, j] + self.back[b, i, j])
                for i in self.stops
                for j in self.shelters
            )
            self.model.add(self.time[b] == driven)
            self.model.add(self.time[b] <= self.arrival)

    def _add_shared(self) -> None:
        buses = range(len(self.yards))
        for i in self.stops:
            carried = sum(self.out[b, i, j] for b in buses for j in self.shelters)
            self.model.add(carried == self.instance.loads[i])
        for j in self.shelters:
            self.model.add(sum(self.out[b, i, j] for b in buses for i in self.stops) <= self.instance.room[j])
        self.model.add(sum(self.time) <= len(self.yards) * self.arrival)

    def limit(self, least: int, most: int) -> None:
        """
        Narrow the last arrival to what is still open.

        Parameters
        ----------
        least : int
            Proven.
        most : int
            Better than this is wanted.
        """
        self.model.add(self.arrival >= least)
        self.model.add(self.arrival < most)

    def hint(self, tours: Sequence[Sequence[Drive]]) -> None:
        """
        Start the search near known tours.

        Parameters
        ----------
        tours : sequence of sequence of (int, int)
            Of each bus.
        """
        order = sorted(
            range(len(tours)), key=lambda b: (self.yards[b], -self.times.tour(self.yards[b], tours[b]), b)
        )
        for b, tour in enumerate(tours[k] for k in order):
            for i in self.stops:
                self.model.add_hint(self.first[b, i], bool(tour) and tour[0][0] == i)
                for j in self.shelters:
                    self.model.add_hint(self.out[b, i, j], list(tour).count((i, j)))
                    empty = sum(before[1] == j and after[0] == i for before, after in pairwise(tour))
                    self.model.add_hint(self.back[b, i, j], empty)

    def cut(self, parts: Iterable[Part]) -> None:
        """
        Require of every bus that it drives into a part in order to be in it.

        Parameters
        ----------
        parts : iterable of Part
            Found apart in a flow.
        """
        for part in sorted(set(parts), key=lambda part: (sorted(part.stops), sorted(part.shelters))):
            for b in range(len(self.yards)):
                enters = (
                    sum(self.first[b, i] for i in part.stops)
                    + sum(
                        self.back[b, i, j]
                        for i in part.stops
                        for j in self.shelters
                        if j not in part.shelters
                    )
                    + sum(self.out[b, i, j] for i in self.stops if i not in part.stops for j in part.shelters)
                )
                for i in sorted(part.stops):
                    self.model.add(enters >= self.visits[b, i])

    def solve(self, work_budget: float, seed: int) -> BepAnswer:
        """
        Solve the model as it is now.

        Parameters
        ----------
        work_budget : float
            Deterministic time allowed.
        seed : int
            Of the solver.

        Returns
        -------
        BepAnswer
            The same for the same calls in the same order.
        """
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        # Without all linear relaxations the proofs take 5 to 60 times the work. Buses of a yard are not put
        # in order: the solver finds that symmetry, and an order of ours hides it.
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = work_budget
        status = solver.solve(self.model)
        found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
        return BepAnswer(
            status=int(status),
            bound=math.ceil(solver.best_objective_bound - 1e-6)
            if status != cp_model.INFEASIBLE
            else self.most,
            flows=[self._flow(solver, b) for b in range(len(self.yards))] if found else None,
            work=solver.response_proto.deterministic_time,
        )

    def _flow(self, solver: cp_model.CpSolver, b: int) -> BusFlow:
        first = next((i for i in self.stops if solver.value(self.first[b, i])), -1)
        out = [[solver.value(self.out[b, i, j]) for j in self.shelters] for i in self.stops]
        back = [[solver.value(self.back[b, i, j]) for j in self.shelters] for i in self.stops]
        return BusFlow(first, out, back)
