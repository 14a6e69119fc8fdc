"""From decisions to waves: in what order, at what rates and by which routes the settlements leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from safepassage.model.arrays import FloatArray
from safepassage.model.plan import Route, Trip, Wave
from safepassage.planner.surge.car_route import CarRoute, resource_capacity_per_s
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.pin_rules import begin_as_pinned, rules_of
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.release import departures_together, finish_times_s
from safepassage.planner.surge.waves import Timetable, cut_waves

AT_ONCE_S = 60


class Release(StrEnum):
    """How the settlements' departures are set against each other."""

    ONE_BY_ONE = "one_by_one"
    TOGETHER = "together"
    AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Draft:
    """
    Decisions that make a car plan.

    Attributes
    ----------
    order : tuple of int
        Queues in the order in which they reserve their way; it matters where they leave one by one.
    chosen : tuple of int
        Route of each queue, among its candidates.
    release : Release
        How departures are set.
    factor : float
        One by one: how much more than a road's capacity is sent towards it. Together: how much longer
        than the roads' work the release takes.
    margin_s : float
        Cars are to arrive this long before a curfew (s).
    pauses : bool
        Whether a settlement may stop leaving for a while.
    """

    order: tuple[int, ...]
    chosen: tuple[int, ...]
    release: Release
    factor: float = 1.0
    margin_s: float = 0.0
    pauses: bool = False


class Scheduler:
    """
    Makes waves from drafts.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    trips : sequence of Trip
        The fleet on the same roads.
    """

    def __init__(self, problem: SurgeProblem, trips: Sequence[Trip] = ()) -> None:
        self.problem = problem
        self.trips = tuple(trips)
        self.windows = np.array(problem.scenario.open_windows()).reshape(-1, 2)
        self.capacity_per_s = resource_capacity_per_s(problem.roads)
        self.cars = np.array([queue.cars for queue in problem.queues], np.float64)
        self.rules = [rules_of(problem.scenario, queue.settlement) for queue in problem.queues]
        self._finish: dict[tuple[int, ...], FloatArray] = {}

    def waves(
        self, draft: Draft, routes: Sequence[CarRoute]
    ) -> tuple[tuple[Wave, ...], tuple[CarQueue, ...]]:
        """
        Waves of every queue.

        Parameters
        ----------
        draft : Draft
            What was decided.
        routes : sequence of CarRoute
            Route of every queue.

        Returns
        -------
        waves : tuple of Wave
            By queue, then time.
        left : tuple of CarQueue
            Of each queue those who find no time.
        """
        if draft.release is Release.AT_ONCE:
            waves = tuple(self._all_at_once(i, route) for i, route in enumerate(routes))
            return waves, tuple(queue.part(queue.households) for queue in self.problem.queues)
        timetable = Timetable(
            self.problem,
            routes,
            self.trips,
            release_factor=draft.factor if draft.release is Release.ONE_BY_ONE else 1.0,
            margin_s=draft.margin_s,
        )
        if draft.release is Release.ONE_BY_ONE:
            departures = {
                i: timetable.reserve(
                    i, earliest_s=self.rules[i].earliest_s, never=self.rules[i].closed_windows_s
                )
                for i in draft.order
            }
        else:
            departures = dict(enumerate(self._together(draft, routes, timetable)))
        cut = [
            cut_waves(
                queue,
                departures[i],
                step_s=timetable.step_s,
                grid_s=self.problem.scenario.policy.wave_grid_s,
                route_id=self.route_id(i, routes[i]),
                pauses=draft.pauses,
            )
            for i, queue in enumerate(self.problem.queues)
        ]
        begun = (begin_as_pinned(rules, waves) for rules, (waves, _) in zip(self.rules, cut, strict=True))
        return tuple(wave for waves in begun for wave in waves), tuple(left for _, left in cut)

    def near_first(self, routes: Sequence[CarRoute]) -> tuple[int, ...]:
        """
        Queues by the time to the busiest place on their way: the first cars there are the nearest.

        Parameters
        ----------
        routes : sequence of CarRoute
            Route of every queue.

        Returns
        -------
        tuple of int
            Indices of queues; of equally near ones the more endangered first.
        """
        work = np.zeros(self.capacity_per_s.size)
        for queue, route in zip(self.problem.queues, routes, strict=True):
            work[route.resources] += queue.cars / self.capacity_per_s[route.resources]
        hazard = {place.id: place.hazard for place in self.problem.scenario.settlements}

        def key(i: int) -> tuple[float, float, int]:
            route = routes[i]
            busiest = int(np.argmax(work[route.resources])) if route.resources.size else -1
            reached_s = float(route.reached_s[busiest]) if busiest >= 0 else 0.0
            return (reached_s, -hazard[self.problem.queues[i].settlement], i)

        return tuple(sorted(range(len(routes)), key=key))

    def _together(self, draft: Draft, routes: Sequence[CarRoute], timetable: Timetable) -> FloatArray:
        if draft.chosen not in self._finish:
            self._finish[draft.chosen] = finish_times_s(routes, self.cars, self.capacity_per_s)
        may_leave = np.array(
            [
                timetable.may_leave(route, rules.earliest_s, rules.closed_windows_s)
                for route, rules in zip(routes, self.rules, strict=True)
            ],
            np.bool_,
        ).reshape(len(routes), timetable.n_steps)
        return departures_together(
            routes,
            self.cars,
            timetable.free,
            timetable.row_of,
            may_leave,
            self._finish[draft.chosen] * draft.factor,
            timetable.step_s,
        )

    def _all_at_once(self, i: int, route: CarRoute) -> Wave:
        queue = self.problem.queues[i]
        rules = self.rules[i]
        start_s = int(
            rules.not_closed_s(max(self.windows[0, 0] if len(self.windows) else 0.0, rules.earliest_s))
        )
        return Wave(
            id=f"{queue.id}/1",
            settlement=queue.settlement,
            route=self.route_id(i, route),
            start_s=start_s,
            end_s=start_s + AT_ONCE_S,
            vehicles=queue.cars,
            households=queue.households,
            people=queue.people,
        )

    def route_id(self, i: int, route: CarRoute) -> str:
        """
        Id of a queue's route.

        Parameters
        ----------
        i : int
            Queue.
        route : CarRoute
            Its route.

        Returns
        -------
        str
            Queue and destination.
        """
        return f"{self.problem.queues[i].id}>{self.problem.destinations[route.destination].id}"

    def named(self, i: int, route: CarRoute) -> Route:
        """
        A queue's route as the plan shows it.

        Parameters
        ----------
        i : int
            Queue.
        route : CarRoute
            Its route.

        Returns
        -------
        Route
            With the ids of its links.
        """
        network = self.problem.roads
        return Route(
            id=self.route_id(i, route),
            settlement=self.problem.queues[i].settlement,
            destination=self.problem.destinations[route.destination].id,
            links=tuple(network.link_id[link] for link in route.links),
            length_m=float(network.length_m[list(route.links)].sum()),
            free_flow_s=route.free_flow_s,
        )
