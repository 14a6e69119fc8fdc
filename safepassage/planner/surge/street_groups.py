"""
Towns in street groups: where one route a settlement is too slow, a few groups take a route each.

Several forms are tried. Each shares the cars over routes so that every road is done by some time with as
much slack as can be, keeps at most three routes a settlement, and is played with everybody released
together. A road before which cars queued in the play counts as narrower in the next form: whole cars that
merge and part lose time which no program of flows sees. The best form played is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.i18n import _
from safepassage.model.arrays import FloatArray
from safepassage.planner.surge.car_route import CarRoute, resource_capacity_per_s
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.many_origins import has_many_origins
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.routes import RouteChoice, RouteSearch
from safepassage.planner.surge.schedule import Draft, Release, Scheduler
from safepassage.planner.surge.town_queues import divide, main_routes, too_small
from safepassage.progress import NoProgress, Progress
from safepassage.simulator import TrafficDemand, TrafficResult, Workspace, play
from safepassage.simulator.plan_traffic import plan_traffic

_LATER = 1.02
_CLOSE = 1.03
_SLACKS = (0.0, 0.02, 0.08, 0.01, 0.03, 0.05)
_STRETCHES = (1.0, 1.02, 1.05)
_LESSONS = 4
_LEARNING = 0.7
_MOST_CARS_PLAYED = 6_000_000
_FREE_PRUNING = 6
_MOST_PRUNING = 30
_MOST_FORM_PLAYS = len(_SLACKS) * _LESSONS * len(_STRETCHES)
_NEW_ROUTE_ROUNDS = 3
_WEIGHT_OF_WAY = 0.001
# Delays below this are the ordinary wait at a merge.
_QUEUE_S = 60.0
_NARROWEST = 0.6
_NOTHING = 1e-9


def split_towns(
    problem: SurgeProblem, choice: RouteChoice, *, bound_s: float = 0.0, progress: Progress | None = None
) -> tuple[SurgeProblem, RouteChoice]:
    """
    Split settlements whose cars would need too long on one route.

    Parameters
    ----------
    problem : SurgeProblem
        One queue a settlement.
    choice : RouteChoice
        One route a queue.
    bound_s : float
        No plan clears the cars before (s); a form close to it ends the search.
    progress : Progress, optional
        Told of every form.

    Returns
    -------
    problem : SurgeProblem
        With a few queues a settlement; the same where one route each is good enough, or where groups
        would not fit into the destinations.
    choice : RouteChoice
        Of these queues.
    """
    if problem.scenario.policy.fork_free:
        # Groups of one place would part at its own node.
        return problem, choice
    if not problem.queues:
        return problem, choice
    goal_s = bound_s if 0 < bound_s < np.inf else done_s(problem, choice, choice.shares)
    return _FormSearch(problem, choice, goal_s, progress).run()


def done_s(problem: SurgeProblem, choice: RouteChoice, shares: Sequence[FloatArray]) -> float:
    """
    When the last road is done: its first car's way, its work, and the shortest way on from it.

    Parameters
    ----------
    problem : SurgeProblem
        Queues and roads.
    choice : RouteChoice
        Candidates of each queue.
    shares : sequence of float64
        Share of each queue's cars on each of its candidates.

    Returns
    -------
    float
        Seconds; no play is earlier by more than the roads' first and last ways differ.
    """
    capacity = resource_capacity_per_s(problem.roads)
    work_s = np.zeros(capacity.size)
    first_s, last_s = np.full(capacity.size, np.inf), np.full(capacity.size, np.inf)
    for queue, routes, parts in zip(problem.queues, choice.candidates, shares, strict=True):
        for route, part in zip(routes, parts.tolist(), strict=True):
            if part <= 0:
                continue
            np.minimum.at(first_s, route.resources, route.reached_s)
            np.minimum.at(last_s, route.resources, route.free_flow_s - route.reached_s)
            np.add.at(work_s, route.resources, part * queue.cars / capacity[route.resources])
    used = work_s > 0
    return float((first_s[used] + work_s[used] + last_s[used]).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class _Form:
    """A way of splitting the towns, played."""

    clearance_s: float
    problem: SurgeProblem
    choice: RouteChoice


class _FormSearch:
    """Forms from programs with different slack, each improved by what its play showed."""

    def __init__(
        self, problem: SurgeProblem, choice: RouteChoice, goal_s: float, progress: Progress | None
    ) -> None:
        self.problem = problem
        self.choice = choice
        self.goal_s = goal_s
        self.progress = progress or NoProgress()
        self.routes = RouteSearch(problem, [list(routes) for routes in choice.candidates])
        self.capacity_per_s = self.routes.capacity_per_s
        self.workspace = Workspace(problem.roads)
        cars = sum(queue.cars for queue in problem.queues)
        self.plays_left = max(len(_STRETCHES), _MOST_CARS_PLAYED // max(cars, 1))
        self.best: _Form | None = None

    def run(self) -> tuple[SurgeProblem, RouteChoice]:
        """The best form within the budget of plays; one route each unless groups are clearly better."""
        if has_many_origins(self.problem):
            return self.problem, self.choice
        unsplit_s = self._unsplit_s()
        if unsplit_s <= _CLOSE * self.goal_s:
            return self.problem, self.choice
        self.progress.start(_("Trying street groups"), min(self.plays_left, _MOST_FORM_PLAYS))
        for slack in _SLACKS:
            narrowed = np.ones(len(self.capacity_per_s))
            for _lesson in range(_LESSONS):
                if self._done():
                    break
                narrowed = self._try(self.goal_s * (1 + slack), narrowed)
        if self.best is None or self.best.clearance_s * _LATER > unsplit_s:
            return self.problem, self.choice
        return self.best.problem, self.best.choice

    def _unsplit_s(self) -> float:
        """Clearance with one route a settlement, the better of releasing one by one and together."""
        scheduler = Scheduler(self.problem)
        routes = [self.choice.route(i) for i in range(len(self.problem.queues))]
        order, chosen = scheduler.near_first(routes), tuple(self.choice.chosen)
        drafts = [Draft(order, chosen, Release.ONE_BY_ONE)]
        drafts += [Draft(order, chosen, Release.TOGETHER, factor) for factor in _STRETCHES]
        return min(self._play(scheduler, draft, routes)[0] for draft in drafts)

    def _done(self) -> bool:
        close = self.best is not None and self.best.clearance_s <= _CLOSE * self.goal_s
        return close or self.plays_left <= 0

    def _try(self, finish_s: float, narrowed: FloatArray) -> FloatArray:
        """Make and play one form; returns what it taught about the roads."""
        shares = self._few_shares(finish_s, narrowed)
        form = shares and self._form(shares)
        if not form:
            self.plays_left -= 1
            return narrowed
        problem, choice = form
        scheduler = Scheduler(problem)
        routes = [choice.route(i) for i in range(len(problem.queues))]
        queue_s = np.zeros(0)
        for factor in _STRETCHES:
            if self.plays_left <= 0:
                break
            draft = Draft((), tuple(choice.chosen), Release.TOGETHER, factor)
            clearance_s, waiting_s = self._play(scheduler, draft, routes)
            queue_s = waiting_s if not queue_s.size else queue_s
            if self.best is None or clearance_s < self.best.clearance_s:
                self.best = _Form(clearance_s, problem, choice)
        learned = narrowed.copy()
        queued = np.flatnonzero(queue_s > _QUEUE_S)
        learned[queued] *= finish_s / (finish_s + _LEARNING * queue_s[queued])
        return np.maximum(learned, _NARROWEST)

    def _few_shares(self, finish_s: float, narrowed: FloatArray) -> list[FloatArray] | None:
        """Shares with at most a few routes a settlement, none of them too small for a group."""
        self.routes.capacity_per_s = self.capacity_per_s * narrowed
        banned: set[tuple[int, int]] = set()
        shares = None
        for attempt in range(_MOST_PRUNING):
            solved = self.routes.share_evenly(finish_s, banned, _WEIGHT_OF_WAY)
            if solved is None:
                break
            shares = solved.shares
            if attempt < _NEW_ROUTE_ROUNDS and self.routes.add_routes(solved, _WEIGHT_OF_WAY):
                continue
            small = [
                (i, k)
                for i, (parts, queue) in enumerate(zip(shares, self.problem.queues, strict=True))
                for k in too_small(parts, queue.cars)[:1]
            ]
            if not small:
                break
            banned.update(small)
            if attempt >= _FREE_PRUNING:
                # A share that is taken from one settlement comes up at the next; so those settle first
                # that have one route.
                banned.update(_unused_of_single(shares))
        # What is still too small after the last round is dropped when the groups are made.
        return shares

    def _form(self, shares: list[FloatArray]) -> tuple[SurgeProblem, RouteChoice] | None:
        queues: list[CarQueue] = []
        split = RouteChoice([], [], self.choice.work, [])
        for queue, routes, parts in zip(self.problem.queues, self.routes.candidates, shares, strict=True):
            main = main_routes(parts, queue.cars)
            for k, group in zip(main, divide(queue, parts[main]), strict=True):
                queues.append(group)
                split.chosen.append(k)
                split.candidates.append(list(routes))
                split.shares.append(parts)
        people = sum(queue.people.total for queue in self.problem.queues)
        assert people == sum(queue.people.total for queue in queues)
        problem = replace(self.problem, queues=tuple(queues))
        return (problem, split) if _fits(problem, split) else None

    def _play(
        self, scheduler: Scheduler, draft: Draft, routes: Sequence[CarRoute]
    ) -> tuple[float, FloatArray]:
        """Clearance, and how long cars queued at the end of each link (by resource)."""
        self.plays_left -= 1
        self.progress.advance()
        waves, left = scheduler.waves(draft, routes)
        named = tuple(scheduler.named(i, route) for i, route in enumerate(routes))
        roads = self.problem.roads
        demand = plan_traffic(roads, named, waves, (), self.problem.scenario.policy.boarding).demand
        result = play(roads, demand, workspace=self.workspace, record_entries=True)
        waiting_s = np.zeros(len(self.capacity_per_s))
        longest_s, mean_s = _waiting(demand, result, roads.free_flow_time_s)
        # One car that waits long beside many that do not is no narrow road.
        waiting_s[: roads.n_links] = np.minimum(longest_s, 3 * mean_s)
        late = result.unfinished_vehicles > 0 or any(queue.households for queue in left)
        return (np.inf if late else result.clearance_s), waiting_s


def _unused_of_single(shares: Sequence[FloatArray]) -> set[tuple[int, int]]:
    """The other routes of every queue that uses one."""
    return {
        (i, k)
        for i, parts in enumerate(shares)
        if np.count_nonzero(parts > _NOTHING) == 1
        for k in np.flatnonzero(parts <= _NOTHING).tolist()
    }


def _waiting(
    demand: TrafficDemand, result: TrafficResult, free_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Longest and mean wait of cars on each link beyond free flow (s)."""
    length = np.diff(demand.route_offset)[demand.leg_route]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    link = demand.route_link[np.repeat(demand.route_offset[:-1][demand.leg_route], length) + within]
    leave_s = np.append(result.entry_s[1:], np.nan)
    last = np.cumsum(length)[length > 0] - 1
    leave_s[last] = result.leg_arrive_s[length > 0]
    wait_s = np.nan_to_num(np.maximum(leave_s - result.entry_s - free_s[link], 0.0))
    longest_s = np.zeros(len(free_s))
    np.maximum.at(longest_s, link, wait_s)
    number = np.bincount(link, minlength=len(free_s))
    mean_s = np.bincount(link, wait_s, len(free_s)) / np.maximum(number, 1)
    return longest_s, mean_s


def _fits(problem: SurgeProblem, choice: RouteChoice) -> bool:
    people = np.zeros(len(problem.destinations))
    for i, queue in enumerate(problem.queues):
        people[choice.route(i).destination] += queue.people.total
    return all(
        number <= site.capacity_persons for number, site in zip(people, problem.destinations, strict=True)
    )
