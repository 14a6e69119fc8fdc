"""Make a plan anew while it runs: what is under way stays, the rest is planned for what is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.model.outcome import Outcome
from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import Assignment, Mode, Pin, PinAction, PinKind, Plan, Route, Trip, Wave
from safepassage.model.policy import Audience
from safepassage.model.replanning import DemandChange, SettlementChange, UnderWay
from safepassage.model.scenario import Scenario
from safepassage.model.sites import SiteKind
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.planner.surge.bound import clearance_bound
from safepassage.planner.surge.control import control_points
from safepassage.planner.surge.fleet_left import FleetPart, bound_fleet_left, plan_fleet_left
from safepassage.planner.surge.fleet_problem import FleetProblem, build_problem
from safepassage.planner.surge.known_now import known_now, people_left
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.pin_rules import rules_of
from safepassage.planner.surge.problem import PeopleToMove, SurgeProblem, car_demand, state_problem
from safepassage.planner.surge.replan_certificate import replanned_certificate, seen_under_way
from safepassage.planner.surge.replan_changes import changes_between
from safepassage.planner.surge.routes import choose_routes, fit_destinations, load_by_destination
from safepassage.planner.surge.search import CarPlan, CarSearch
from safepassage.planner.surge.snapshot import Snapshot, take_snapshot
from safepassage.planner.surge.street_groups import split_towns
from safepassage.planner.surge.trip_diversion import Diversion
from safepassage.planner.surge.under_way_cars import CarsUnderWay, cars_under_way
from safepassage.planner.surge.under_way_fleet import FleetUnderWay, Keeper, with_kinds_of
from safepassage.progress import NoProgress, Progress
from safepassage.simulator.playback import simulate

CAR_PLAYS = 2
FLEET_ITERATIONS = 20
_CLEARLY = 0.99


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    A plan made anew.

    Attributes
    ----------
    scenario : Scenario
        What is known now; the new plan was made for it.
    plan : Plan
        The new plan, whole: what was under way and what follows.
    outcome : Outcome
        It, played from the start.
    unchanged : Outcome
        The earlier plan, played in what is known now.
    under_way : UnderWay
        What stayed.
    changes : tuple of SettlementChange
        What changed for whom, in scenario order.
    """

    scenario: Scenario
    plan: Plan
    outcome: Outcome
    unchanged: Outcome
    under_way: UnderWay
    changes: tuple[SettlementChange, ...]


def replan(  # noqa: PLR0913 - each is one thing that may become known
    scenario: Scenario,
    plan: Plan,
    *,
    at_s: float,
    scenario_hash: Callable[[Scenario], str],
    closures: Sequence[ThreatEntry] = (),
    pins: Sequence[Pin] = (),
    demand: Sequence[DemandChange] = (),
    seed: int = 0,
    car_plays: int = CAR_PLAYS,
    fleet_iterations: int = FLEET_ITERATIONS,
    progress: Progress | None = None,
) -> Replanned:
    """
    Plan anew from a moment on.

    Parameters
    ----------
    scenario : Scenario
        For which the running plan was made.
    plan : Plan
        The running plan.
    at_s : float
        The moment (s since the scenario's start).
    scenario_hash : callable
        Gives the hash of a scenario, for the new plan.
    closures : sequence of ThreatEntry
        What is known now of roads, certain; see `closures_of`.
    pins : sequence of Pin
        New decisions; one with the id of an old one replaces it.
    demand : sequence of DemandChange
        Settlements whose people are counted anew.
    seed : int
        Of every random choice.
    car_plays, fleet_iterations : int
        Work allowed.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    Replanned
        The same for the same arguments.

    Raises
    ------
    InfeasibleError
        If more people of a settlement are under way than it is now said to have, the moment lies past the
        horizon, or the plan does not say who travels together.

    Notes
    -----
    Waves and trips that are done, begun or announced (their people called) stay, as if pinned. Whoever is
    on a road that is closed ahead goes on by the best way left, or back where there is none; people who
    were called and cannot go wait at home for the new plan.
    """
    progress = progress or NoProgress()
    if not 0 <= at_s < scenario.horizon_s:
        raise InfeasibleError(
            _("the new plan would begin {at} s after the start; give a time within the horizon").format(
                at=at_s
            )
        )
    progress.start(_("Looking where everybody is"), None)
    now = known_now(scenario, closures, pins, demand)
    case = _Case(
        now,
        plan,
        take_snapshot(now, plan, at_s, seed=seed),
        scenario_hash(now),
        frozenset(change.settlement for change in demand),
        seed,
    )
    under_way = case.under_way
    progress.start(_("Planning anew"), fleet_iterations)
    was = simulate(scenario, plan, seed=seed)
    chosen = case.plan_rest((car_plays, fleet_iterations), was, progress)
    progress.start(_("Playing the plan and the baseline"), 2)
    unchanged = simulate(now, plan, seed=seed)
    certificate = replanned_certificate(
        now,
        chosen.draft,
        chosen.outcome,
        unchanged,
        cars_bound_s=case.cars_bound_s(),
        fleet=bound_fleet_left(under_way.task, under_way.fleet, chosen.draft.assignments, case.bound_paths),
        seed=seed,
        work=chosen.work,
    )
    renewed = replace(chosen.draft, certificate=certificate)
    changes = changes_between(now, plan, was, renewed, chosen.outcome, at_s)
    seen = seen_under_way(case.snapshot, was, under_way.cars, under_way.fleet)
    return Replanned(now, renewed, chosen.outcome, unchanged, seen, changes)


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What stays of a plan, and who is left to plan for."""

    cars: CarsUnderWay
    fleet: FleetUnderWay
    task: FleetProblem
    people: PeopleToMove


@dataclass(frozen=True, slots=True, eq=False)
class _Variant:
    """One way to plan the rest, played."""

    draft: Plan
    outcome: Outcome
    work: tuple[tuple[str, int], ...]

    def better_than(self, other: _Variant) -> bool:
        """More people in safety, or everyone clearly earlier."""
        if self.outcome.safe != other.outcome.safe:
            return self.outcome.safe > other.outcome.safe
        return self.outcome.clearance_s < _CLEARLY * other.outcome.clearance_s


class _Case:
    """A running plan and what is known now."""

    def __init__(
        self,
        now: Scenario,
        plan: Plan,
        snapshot: Snapshot,
        now_hash: str,
        counted_anew: frozenset[str],
        seed: int,
    ) -> None:
        self.now, self.plan, self.snapshot, self.hash, self.seed = now, plan, snapshot, now_hash, seed
        self.at_s = snapshot.at_s
        self.counted_anew = counted_anew
        self.problem = state_problem(now)
        self.bound_paths = Paths(_roads_from(now, self.at_s))
        self.under_way = self._keep(hold_all=False)

    def plan_rest(self, effort: tuple[int, int], was: Outcome, progress: Progress) -> _Variant:
        """
        Plan the rest, changing as little as the situation allows.

        People who keep what they were told is worth something; being out clearly earlier is worth more.
        """
        if self.counted_anew or not self._mostly_open():
            return self._variant(self.under_way, effort, progress)
        held = self._variant(self._keep(hold_all=True), effort, progress)
        if held.outcome.safe >= was.safe and held.outcome.clearance_s * _CLEARLY <= was.clearance_s:
            return held
        anew = self._variant(self.under_way, effort, progress)
        return anew if anew.better_than(held) else held

    def _mostly_open(self) -> bool:
        """Whether at most half of the waves to come have lost their road."""
        closed = self.problem.roads.capacity_pcu_per_h <= 0
        lost = {
            route.id
            for route in self.plan.routes
            if any(closed[self.problem.link_index[link]] for link in route.links)
        }
        later = [wave for wave in self.plan.waves if wave.end_s > self.at_s]
        return 2 * sum(wave.vehicles for wave in later if wave.route in lost) <= sum(
            wave.vehicles for wave in later
        )

    def _keep(self, *, hold_all: bool) -> _Kept:
        """What is under way, or everything that can still go as planned."""
        now, problem = self.now, self.problem
        cars = cars_under_way(problem, self.snapshot, hold_all=hold_all)
        task = build_problem(now, problem.carless, problem.paths)
        keeper = Keeper(task, self.snapshot, _diversion(problem), hold_all=hold_all)
        fleet = keeper.keep()
        people = people_left(now, cars, fleet, self.counted_anew)
        if self.counted_anew:
            task = build_problem(now, people[1], problem.paths)
            task = with_kinds_of(task, fleet.trips, self.counted_anew)
        keeper.number(task)
        return _Kept(cars, fleet, task, people)

    def _variant(self, kept: _Kept, effort: tuple[int, int], progress: Progress) -> _Variant:
        car_plays, fleet_iterations = effort
        part = _Cars(_cars_problem(self.now, kept.people, kept.cars, self.at_s), in_groups=self._has_groups())
        fleet_part = plan_fleet_left(
            kept.task,
            kept.fleet,
            at_s=self.at_s,
            room=part.room(),
            seed=self.seed,
            iterations=fleet_iterations,
            progress=progress,
        )
        traffic = [*kept.cars.ahead, *kept.fleet.ahead, *fleet_part.new_trips]
        driven = part.search(traffic, self.seed, car_plays)
        draft = _assemble(self, kept, driven, fleet_part, part)
        outcome = simulate(self.now, draft, seed=self.seed)
        return _Variant(draft, outcome, (("car_plays", driven.plays), *fleet_part.work))

    def _has_groups(self) -> bool:
        """Whether the running plan splits settlements over several routes."""
        return len({route.settlement for route in self.plan.routes}) < len(self.plan.routes)

    def cars_bound_s(self) -> float:
        """No plan has the cars out before that are not under way; 0 where nobody drives any more."""
        kept = self.under_way
        problem = state_problem(self.now, kept.people)
        if not problem.queues:
            return 0.0
        demand = car_demand(problem)
        try:
            return clearance_bound(
                self.bound_paths.network,
                replace(demand, ready_s=np.full(demand.n_origins, self.at_s)),
                open_windows=self.now.open_windows(),
            ).bound_s
        except InfeasibleError:
            return math.inf


def _diversion(problem: SurgeProblem) -> Diversion:
    safe = [
        site for site in problem.scenario.sites if site.safe and site.node and site.kind != SiteKind.HOSPITAL
    ]
    return Diversion(problem, [site.id for site in safe])


def _cars_problem(now: Scenario, people: PeopleToMove, cars: CarsUnderWay, at_s: float) -> SurgeProblem:
    """Who still drives: no earlier than they can be told, into the room that those under way leave."""
    taken: dict[str, int] = {}
    ends = {route.id: route.destination for route in cars.routes}
    for wave in cars.waves:
        taken[ends[wave.route]] = taken.get(ends[wave.route], 0) + wave.people.total
    earliest_s = math.ceil(at_s + now.policy.call_ahead_s)
    told = tuple(
        Pin(
            f"not before {place.id}", PinAction.FORCE, PinKind.WAVE, place.id,
            str(max(earliest_s, math.ceil(rules_of(now, place.id).earliest_s))),
        )
        for place in now.in_scope
    )  # fmt: skip
    sites = tuple(
        replace(site, capacity_persons=max(0.0, site.capacity_persons - taken.get(site.id, 0)))
        for site in now.sites
    )
    return state_problem(replace(now, sites=sites, pins=(*now.pins, *told)), people)


def _roads_from(now: Scenario, at_s: float) -> RoadNetwork:
    """Roads that any plan could use from now on: without what is closed from now to the horizon."""
    closed = {
        entry.subject
        for entry in now.threat.of_kind(ThreatEntryKind.CLOSURE)
        if entry.probability >= 1 and entry.start_s <= at_s and entry.end_s >= now.horizon_s
    }
    network = now.network
    lost = np.isin(np.array(network.link_id), sorted(closed))
    return replace(network, capacity_pcu_per_h=np.where(lost, 0.0, network.capacity_pcu_per_h))


class _Cars:
    """The cars that are not under way."""

    def __init__(self, problem: SurgeProblem, *, in_groups: bool) -> None:
        self.problem, choice = fit_destinations(problem, choose_routes(problem))
        self.driving = load_by_destination(choice, self.problem.queues)
        self.choice = choice
        if in_groups:
            self.problem, self.choice = split_towns(self.problem, choice)

    def room(self) -> Mapping[str, float]:
        """Persons that each destination takes beside all who drive, under way or not."""
        return {
            site.id: max(0.0, site.capacity_persons - self.driving.get(k, 0))
            for k, site in enumerate(self.problem.destinations)
        }

    def search(self, traffic: Sequence[Trip], seed: int, plays: int) -> CarPlan:
        """Plan them beside the traffic that is under way."""
        if not self.problem.queues:
            return CarPlan((), (), (), (), 0.0, 0.0, staged=False, plays=0)
        return CarSearch(self.problem, self.choice, traffic, bound_s=0.0).run(seed=seed, iterations=plays)


def _assemble(case: _Case, kept: _Kept, driven: CarPlan, fleet_part: FleetPart, part: _Cars) -> Plan:
    now, plan = case.now, case.plan
    revision = plan.revision + 1
    routes, waves = _joined(kept.cars, driven, revision)
    trips = (*kept.fleet.trips, *fleet_part.new_trips, *fleet_part.services)
    trips = tuple(sorted(trips, key=lambda trip: (trip.legs[0].depart_s, trip.id)))
    renewed = Plan(
        id=f"{now.id}-{case.hash[:12]}-s{case.seed}-r{revision}",
        revision=revision,
        supersedes=plan.id,
        scenario_id=now.id,
        scenario_hash=case.hash,
        start=plan.start,
        time_zone=plan.time_zone,
        audience=Audience.COMMISSION,
        release_at_s=None,
        exercise=now.is_exercise,
        routes=routes,
        waves=waves,
        trips=trips,
        assignments=(*_driving(routes, waves), *fleet_part.assignments),
        unserved=(*part.problem.unserved, *driven.left_behind, *fleet_part.unserved),
        control_points=control_points(now, routes, waves, trips),
        pins=now.pins,
    )
    served = sum(item.people.total for item in renewed.assignments)
    left = sum(item.people.total for item in renewed.unserved)
    assert served + left == now.people_in_scope.total, (served, left, now.people_in_scope.total)
    return renewed


def _joined(cars: CarsUnderWay, driven: CarPlan, revision: int) -> tuple[tuple[Route, ...], tuple[Wave, ...]]:
    """Waves under way and new ones; new names where an old route or wave has them already."""
    known = {route.id: route for route in cars.routes}
    names = {
        route.id: route.id if known.get(route.id, route) == route else f"{route.id}~{revision}"
        for route in driven.routes
    }
    routes = {**known, **{names[route.id]: replace(route, id=names[route.id]) for route in driven.routes}}
    new = tuple(replace(wave, id=f"{wave.id}~{revision}", route=names[wave.route]) for wave in driven.waves)
    return tuple(routes.values()), (*cars.waves, *new)


def _driving(routes: Sequence[Route], waves: Sequence[Wave]) -> tuple[Assignment, ...]:
    ends = {route.id: route.destination for route in routes}
    together: dict[tuple[str, str], list[Wave]] = {}
    for wave in waves:
        together.setdefault((wave.settlement, ends[wave.route]), []).append(wave)
    found = []
    for (settlement, end), own in together.items():
        people = sum((wave.people for wave in own), PeopleCount())
        households = sum(wave.households for wave in own)
        # Nobody who travels in a wheelchair or lying leaves by car.
        needs = NeedCount(seat=people.total)
        found.append(Assignment(settlement, Mode.CAR, end, "", "", people, needs, households))
    return tuple(found)
