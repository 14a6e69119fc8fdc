"""Lost crossings: who is cut off without a bridge, or two, and how much later the others are out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.plan import ReasonCode, Trip, Unserved, Wave
from safepassage.model.playbook import CutOff, LostCrossing, NewStart
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.certificate import bound_cars
from safepassage.planner.surge.fleet import FleetPlan, plan_fleet
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.routes import choose_routes, fit_destinations, load_by_destination
from safepassage.planner.surge.search import CarPlan, CarSearch
from safepassage.planner.surge.street_groups import split_towns
from safepassage.progress import NoProgress, Progress

Effort = tuple[int, int]
"""Plays after the starting drafts of the cars, and iterations of the fleet's search."""


def lost_crossings(
    scenario: Scenario,
    *,
    seed: int,
    effort: Effort = (0, 30),
    most_lost: int = 2,
    pairs: Sequence[tuple[str, str]] | None = None,
    progress: Progress | None = None,
) -> list[LostCrossing]:
    """
    Plan cars and fleet anew without each crossing, and without pairs of them.

    Parameters
    ----------
    scenario : Scenario
        With named crossings.
    seed : int
        Of the search.
    effort : Effort
        Work for each plan.
    most_lost : int
        Crossings lost at once: 1 or 2.
    pairs : sequence of (str, str), optional
        Which pairs; all by default.
    progress : Progress, optional
        Told of every plan.

    Returns
    -------
    list of LostCrossing
        The roads as they are first, then single crossings by name, then pairs.

    Raises
    ------
    InfeasibleError
        If a pair names a crossing that does not exist.
    """
    names = sorted({name for name in scenario.network.crossing if name})
    cases: list[tuple[str, ...]] = [(name,) for name in names]
    if most_lost > 1:
        cases += combinations(names, 2) if pairs is None else [_known(pair, names) for pair in pairs]
    progress = progress or NoProgress()
    progress.start(_("Losing each crossing"), len(cases) + 1)
    whole = QuickPlan(scenario, (), seed, effort)
    progress.advance()
    rows = [whole.row(None)]
    for lost in cases:
        rows.append(QuickPlan(without(scenario, lost), lost, seed, effort).row(whole))
        progress.advance()
    return rows


def _known(pair: tuple[str, str], names: Sequence[str]) -> tuple[str, ...]:
    for name in pair:
        if name not in names:
            raise InfeasibleError(
                _("{name} is no crossing; the crossings are: {known}").format(
                    name=name, known=", ".join(names) or "-"
                )
            )
    return tuple(sorted(pair))


def without(scenario: Scenario, crossings: Sequence[str]) -> Scenario:
    """
    Close crossings from the start.

    Parameters
    ----------
    scenario : Scenario
        Before the loss.
    crossings : sequence of str
        Names of what is lost.

    Returns
    -------
    Scenario
        With no capacity on their links.
    """
    lost = np.isin(np.array(scenario.network.crossing), list(crossings))
    capacity = np.where(lost, 0.0, scenario.network.capacity_pcu_per_h)
    return replace(scenario, network=replace(scenario.network, capacity_pcu_per_h=capacity))


class QuickPlan:
    """
    Cars and fleet, planned with little effort, to compare situations.

    Parameters
    ----------
    scenario : Scenario
        The situation.
    lost : tuple of str
        Crossings lost in it.
    seed : int
        Of the searches.
    effort : Effort
        Work allowed.

    Attributes
    ----------
    bound_s : float
        No plan has the cars out before (s); 0 without cars.
    cars : CarPlan
        Played.
    fleet : FleetPlan
        Planned.
    unserved : int
        Persons whom neither brings out.
    """

    def __init__(self, scenario: Scenario, lost: tuple[str, ...], seed: int, effort: Effort) -> None:
        plays, iterations = effort
        self.scenario, self.lost = scenario, lost
        stated = state_problem(scenario)
        problem, choice = fit_destinations(stated, choose_routes(stated))
        self.bound_s = bound_cars(problem).bound_s if problem.queues else 0.0
        driving = load_by_destination(choice, problem.queues)
        room = {
            site.id: max(0.0, site.capacity_persons - driving.get(k, 0))
            for k, site in enumerate(problem.destinations)
        }
        self.fleet: FleetPlan = plan_fleet(
            scenario, problem.carless, problem.paths, seed=seed, iterations=iterations, capacity_left=room
        )
        self.cars = CarPlan((), (), (), (), 0.0, 0.0, staged=False, plays=0)
        if problem.queues:
            problem, choice = split_towns(problem, choice, bound_s=self.bound_s)
            search = CarSearch(problem, choice, self.fleet.trips, bound_s=self.bound_s)
            self.cars = search.run(seed=seed, iterations=plays)
        self.problem: SurgeProblem = problem
        left = (*problem.unserved, *self.cars.left_behind, *self.fleet.unserved)
        self.unserved = sum(part.people.total for part in left)
        self.by_car = _without_road((*stated.unserved, *problem.unserved))
        self.by_fleet = _without_road(self.fleet.unserved)

    def row(self, whole: QuickPlan | None) -> LostCrossing:
        """What is lost, compared with all crossings standing."""
        base = whole or self
        cut_off = []
        for place in self.scenario.in_scope:
            with_car = self.by_car.get(place.id, 0) - base.by_car.get(place.id, 0)
            without_car = self.by_fleet.get(place.id, 0) - base.by_fleet.get(place.id, 0)
            if with_car > 0 or without_car > 0:
                cut_off.append(CutOff(place.id, max(with_car, 0), max(without_car, 0)))
        no_road = sum(self.by_car.values()) + sum(self.by_fleet.values())
        cars_s, fleet_s = _finite(self.cars.clearance_s), _finite(self.fleet.clearance_s)
        base_s = max(_finite(base.cars.clearance_s), _finite(base.fleet.clearance_s))
        return LostCrossing(
            crossings=self.lost,
            cut_off=tuple(cut_off),
            bound_s=self.bound_s,
            cars_clearance_s=cars_s,
            fleet_clearance_s=fleet_s,
            later_s=max(cars_s, fleet_s) - base_s,
            left_behind=self.unserved - no_road,
            starts=tuple(self._start(place.id, base) for place in self.scenario.in_scope),
        )

    def _start(self, settlement: str, base: QuickPlan) -> NewStart:
        return NewStart(
            settlement=settlement,
            cars_s=_first_wave_s(self.cars.waves, settlement),
            vehicles_s=_first_pickup_s(self.fleet.trips, settlement),
            other_road=self._roads(settlement) != base._roads(settlement),
        )

    def _roads(self, settlement: str) -> set[tuple[str, ...]]:
        return {route.links for route in self.cars.routes if route.settlement == settlement}


def _without_road(unserved: Sequence[Unserved]) -> dict[str, int]:
    """People for whom no road is left, by settlement."""
    found: dict[str, int] = {}
    for part in dict.fromkeys(unserved):
        if part.reason_code == ReasonCode.NO_ROAD:
            found[part.settlement] = found.get(part.settlement, 0) + part.people.total
    return found


def _first_wave_s(waves: Sequence[Wave], settlement: str) -> float:
    return min((float(wave.start_s) for wave in waves if wave.settlement == settlement), default=math.nan)


def _first_pickup_s(trips: Sequence[Trip], settlement: str) -> float:
    return min(
        (
            float(leg.depart_s)
            for trip in trips
            for leg in trip.legs
            for load in leg.board
            if load.settlement == settlement
        ),
        default=math.nan,
    )


def _finite(time_s: float) -> float:
    return time_s if math.isfinite(time_s) else 0.0
