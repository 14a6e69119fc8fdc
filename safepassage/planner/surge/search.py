"""Improve the cars' plan by playing it: order of the settlements, routes, and how hard roads are pressed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.i18n import _
from safepassage.model.arrays import FloatArray
from safepassage.model.plan import ReasonCode, Route, Trip, Unserved, Wave
from safepassage.model.policy import Objective
from safepassage.planner.surge.cars import CarQueue
from safepassage.planner.surge.many_origins import has_many_origins
from safepassage.planner.surge.objective import NOTHING_MEASURED, CarMeasures, Yardstick
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.planner.surge.routes import RouteChoice
from safepassage.planner.surge.schedule import Draft, Release, Scheduler
from safepassage.progress import NoProgress, Progress
from safepassage.simulator import Workspace, play
from safepassage.simulator.plan_traffic import plan_traffic

_RELEASE_FACTORS = (0.97, 1.0, 1.03, 1.1)
_MARGINS_S = (0.0, 600.0, 1800.0, 3600.0)
_STRETCHES = (1.0, 1.02, 1.05)
_GOOD_ENOUGH = 1.0005
# Waves keep people at home rather than in a queue; leaving all at once must gain this much to be chosen.
_AT_ONCE_PENALTY = 1.01


@dataclass(frozen=True, slots=True)
class CarPlan:
    """
    The cars' part of a plan, played.

    Attributes
    ----------
    routes : tuple of Route
        One a settlement with waves, or one a street group.
    waves : tuple of Wave
        By settlement, then time.
    queues : tuple of CarQueue
        Who leaves, by settlement and street group.
    left_behind : tuple of Unserved
        Who found no time before the horizon.
    clearance_s : float
        Played arrival of the last car (s); 0 where there are no cars.
    mean_arrival_s : float
        Played mean arrival over cars (s).
    staged : bool
        False where leaving all at once was best.
    plays : int
        Simulations used.
    measures : CarMeasures
        By each objective, played.
    compared : tuple of (str, float, float)
        Best clearance and mean arrival (s) of ``staged`` and ``at_once``, each ``guided`` by the plan's
        routes or by the ``nearest`` way; those that were played.
    stopped : bool
        True where somebody stopped the search.
    """

    routes: tuple[Route, ...]
    waves: tuple[Wave, ...]
    queues: tuple[CarQueue, ...]
    left_behind: tuple[Unserved, ...]
    clearance_s: float
    mean_arrival_s: float
    staged: bool
    plays: int
    measures: CarMeasures = NOTHING_MEASURED
    compared: tuple[tuple[str, float, float], ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class _Played:
    score: tuple[float, ...]
    draft: Draft
    plan: CarPlan
    last_queue: int


class CarSearch:
    """
    Search over car plans with the simulator as the judge.

    Parameters
    ----------
    problem : SurgeProblem
        Who leaves and over which roads.
    choice : RouteChoice
        Routes to choose from.
    trips : sequence of Trip
        The fleet on the same roads.
    bound_s : float
        No plan clears the cars before (s); reaching it ends the search.
    objectives : sequence of Objective
        What plans are compared by, the most important first.
    """

    def __init__(
        self,
        problem: SurgeProblem,
        choice: RouteChoice,
        trips: Sequence[Trip],
        *,
        bound_s: float,
        objectives: Sequence[Objective] = (Objective.CLEARANCE,),
    ) -> None:
        self.problem = problem
        self.choice = choice
        self.trips = tuple(trips)
        self.bound_s = bound_s
        self.workspace = Workspace(problem.roads)
        self.plays = 0
        self.scheduler = Scheduler(problem, self.trips)
        self.yardstick = Yardstick(problem, objectives)
        self.compared: dict[str, tuple[float, float]] = {}
        alone = plan_traffic(problem.roads, (), (), self.trips, problem.scenario.policy.boarding)
        played = play(problem.roads, alone.demand, workspace=self.workspace)
        self.fleet_alone_s = sum(_last_and_mean(played.leg_arrive_s))

    def run(self, *, seed: int, iterations: int, progress: Progress | None = None) -> CarPlan:
        """
        Search within a work budget.

        Parameters
        ----------
        seed : int
            Of the moves tried.
        iterations : int
            Plays allowed after the starting drafts.
        progress : Progress, optional
            Told of every play.

        Returns
        -------
        CarPlan
            The best played: most people, nobody on the road in the curfew, then clearance, then mean
            arrival.
        """
        progress = progress or NoProgress()
        best: _Played | None = None
        stopped = False
        progress.start(_("Playing the cars"), iterations)
        try:
            for draft in self._starts():
                best = self._better(best, draft)
            if best is not None and best.score[1] > 0:
                for margin in _MARGINS_S[1:]:
                    best = self._better(best, replace(best.draft, margin_s=margin))
            self._tell(progress, best)
            rng = np.random.default_rng([seed, len(self.problem.queues)])
            for _k in range(iterations):
                progress.advance()
                if best is None or self._good_enough(best):
                    break
                best = self._better(best, self._neighbour(best, rng))
        except KeyboardInterrupt:
            # Somebody needs a plan now: the best so far is one.
            if best is None:
                raise
            stopped = True
        assert best is not None
        self._tell(progress, best)
        compared = tuple((name, *times) for name, times in sorted(self.compared.items()))
        return replace(best.plan, plays=self.plays, compared=compared, stopped=stopped)

    def _better(self, best: _Played | None, draft: Draft) -> _Played:
        tried = self._play(draft)
        return tried if best is None or tried.score < best.score else best

    def _tell(self, progress: Progress, best: _Played | None) -> None:
        if best is not None and 0 < self.bound_s < math.inf:
            progress.note(
                _("Cars: out in {minutes:.0f} min, bound {bound:.0f} min, gap {gap:.1f} %").format(
                    minutes=best.plan.clearance_s / 60,
                    bound=self.bound_s / 60,
                    gap=100 * (best.plan.clearance_s / self.bound_s - 1),
                )
            )

    def _good_enough(self, best: _Played) -> bool:
        """Cars at their bound, nobody left, and the fleet hardly held up by them."""
        return (
            self.yardstick.objectives[0] is Objective.CLEARANCE
            and best.score[:2] == (0.0, 0.0)
            and best.plan.clearance_s <= self.bound_s * _GOOD_ENOUGH
            and best.score[2] - best.plan.clearance_s <= self.fleet_alone_s * _GOOD_ENOUGH
        )

    def _starts(self) -> list[Draft]:
        chosen = tuple(self.choice.chosen)
        near_first = self._near_first(chosen)
        together = [Draft(near_first, chosen, Release.TOGETHER, factor) for factor in _STRETCHES]
        at_once = Draft(near_first, chosen, Release.AT_ONCE)
        if has_many_origins(self.problem):
            # One by one takes long and does worst where thousands share the roads.
            return [*together, at_once]
        drafts = [Draft(near_first, chosen, Release.ONE_BY_ONE, factor) for factor in _RELEASE_FACTORS]
        drafts.append(Draft(near_first[::-1], chosen, Release.ONE_BY_ONE))
        drafts += [*together, at_once]
        if self.yardstick.objectives[0] is not Objective.CLEARANCE:
            endangered_first = self._endangered_first(near_first)
            drafts.append(Draft(endangered_first, chosen, Release.ONE_BY_ONE))
            drafts.append(Draft(endangered_first, chosen, Release.ONE_BY_ONE, pauses=True))
        nearest = (0,) * len(chosen)
        if self._fits(nearest):
            drafts.append(Draft(self._near_first(nearest), nearest, Release.ONE_BY_ONE))
            drafts.append(Draft(near_first, nearest, Release.AT_ONCE))
        return drafts

    def _endangered_first(self, near_first: tuple[int, ...]) -> tuple[int, ...]:
        """Those first whom the danger reaches first, then those in the greatest."""
        hazard = {place.id: place.hazard for place in self.problem.scenario.settlements}
        due_s = self.yardstick.deadline_s
        names = [queue.settlement for queue in self.problem.queues]
        return tuple(sorted(near_first, key=lambda i: (due_s.get(names[i], math.inf), -hazard[names[i]])))

    def _fits(self, chosen: tuple[int, ...]) -> bool:
        """Whether every destination can take the people whom the routes bring."""
        people = [0] * len(self.problem.destinations)
        for queue, routes, k in zip(self.problem.queues, self.choice.candidates, chosen, strict=True):
            people[routes[k].destination] += queue.people.total
        return all(
            number <= site.capacity_persons
            for number, site in zip(people, self.problem.destinations, strict=True)
        )

    def _near_first(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        return self.scheduler.near_first(
            [routes[k] for routes, k in zip(self.choice.candidates, chosen, strict=True)]
        )

    def _neighbour(self, best: _Played, rng: np.random.Generator) -> Draft:
        """Move one settlement in the order, or onto another of its routes; often the one that ends last."""
        draft = best.draft
        n = len(draft.order)
        queue = best.last_queue if rng.random() < 0.5 else int(rng.integers(n))
        routes = self.choice.candidates[queue]
        if len(routes) > 1 and rng.random() < 0.4:
            other = int(rng.integers(len(routes) - 1))
            chosen = list(draft.chosen)
            chosen[queue] = other + (other >= chosen[queue])
            if self._fits(tuple(chosen)):
                return replace(draft, chosen=tuple(chosen))
        if draft.release is Release.TOGETHER or rng.random() < 0.2:
            # The order says nothing where all leave together.
            factor = float(np.clip(draft.factor + rng.normal(0.0, 0.03), 0.9, 1.5))
            return replace(draft, factor=factor)
        order = [i for i in draft.order if i != queue]
        order.insert(int(rng.integers(n)), queue)
        return replace(draft, order=tuple(order))

    def _play(self, draft: Draft) -> _Played:
        self.plays += 1
        routes = [routes[k] for routes, k in zip(self.choice.candidates, draft.chosen, strict=True)]
        waves, left = self.scheduler.waves(draft, routes)
        named = tuple(self.scheduler.named(i, route) for i, route in enumerate(routes))
        traffic = plan_traffic(
            self.problem.roads, named, waves, self.trips, self.problem.scenario.policy.boarding
        )
        result = play(
            self.problem.roads,
            traffic.demand,
            workspace=self.workspace,
            record_entries=self.yardstick.needs_entries,
        )
        n_cars = traffic.car_wave.size
        depart_s, arrive_s = result.leg_depart_s[:n_cars], result.leg_arrive_s[:n_cars]
        stuck = int(np.isnan(arrive_s).sum())
        at_night = self._at_night(depart_s, arrive_s)
        measured = self.yardstick.measure(
            [wave.settlement for wave in waves],
            traffic.car_wave,
            np.array([wave.people.total / wave.vehicles for wave in waves])[traffic.car_wave],
            traffic.demand,
            result,
        )
        clearance_s, mean_s = measured.clearance_s, measured.mean_arrival_s
        fleet_s = _last_and_mean(result.leg_arrive_s[n_cars:])
        late = sum(queue.people.total for queue in left)
        last = int(np.nanargmax(arrive_s)) if n_cars > stuck else -1
        last_route = waves[traffic.car_wave[last]].route if last >= 0 else ""
        ids = [route.id for route in named]
        used = {wave.route for wave in waves}
        plan = CarPlan(
            routes=tuple(route for route in named if route.id in used),
            waves=waves,
            queues=tuple(
                _without(queue, rest) for queue, rest in zip(self.problem.queues, left, strict=True)
            ),
            left_behind=tuple(_out_of_time(queue) for queue in left if queue.households),
            clearance_s=clearance_s,
            mean_arrival_s=mean_s,
            staged=draft.release is not Release.AT_ONCE,
            plays=self.plays,
            measures=measured,
        )
        if not late and not stuck:
            self._compare(draft, clearance_s, mean_s)
        penalty = _AT_ONCE_PENALTY if draft.release is Release.AT_ONCE else 1.0
        # Cars that fill the roads hold the buses up: both have to be out, and neither counts alone.
        score = (
            float(late + stuck),
            float(at_night),
            *self.yardstick.values(measured, clearance_s * penalty + sum(fleet_s), mean_s + fleet_s[1]),
        )
        return _Played(score, draft, plan, ids.index(last_route) if last_route else 0)

    def _compare(self, draft: Draft, clearance_s: float, mean_s: float) -> None:
        """Keep the best of each kind of plan, for the comparison in the certificate."""
        when = "at_once" if draft.release is Release.AT_ONCE else "staged"
        where = "nearest" if not any(draft.chosen) else "guided"
        kinds = [f"{when}_{where}"]
        if draft.chosen == tuple(self.choice.chosen):
            kinds.append(f"{when}_guided")
        for kind in kinds:
            self.compared[kind] = min(self.compared.get(kind, (math.inf, math.inf)), (clearance_s, mean_s))

    def _at_night(self, depart_s: FloatArray, arrive_s: FloatArray) -> int:
        """Cars on the road outside the open windows."""
        if not len(self.scheduler.windows):
            return int(depart_s.size)
        window = np.searchsorted(self.scheduler.windows[:, 0], depart_s, side="right") - 1
        outside = (window < 0) | (arrive_s > self.scheduler.windows[np.maximum(window, 0), 1])
        return int((outside & ~np.isnan(arrive_s)).sum())


def _last_and_mean(arrive_s: FloatArray) -> tuple[float, float]:
    """Last and mean arrival of the fleet's drives (s); 0 where it has none."""
    known = arrive_s[~np.isnan(arrive_s)]
    return (float(known.max()), float(known.mean())) if known.size else (0.0, 0.0)


def _without(queue: CarQueue, rest: CarQueue) -> CarQueue:
    return queue.part(0, queue.households - rest.households)


def _out_of_time(queue: CarQueue) -> Unserved:
    detail = _("the roads cannot carry everyone before the horizon; raise horizon_h or open another road")
    return Unserved(
        queue.settlement, queue.people, queue.needs, queue.households, ReasonCode.OUT_OF_TIME, detail,
        nobody_could=False,
    )  # fmt: skip
