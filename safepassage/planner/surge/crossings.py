"""Lost crossings: who is cut off without a bridge, or two, and how much later the others' cars are out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from safepassage.model.plan import ReasonCode
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.certificate import bound_cars
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.routes import choose_routes, fit_destinations
from safepassage.planner.surge.search import CarSearch
from safepassage.planner.surge.street_groups import split_towns


@dataclass(frozen=True, slots=True)
class LostCrossing:
    """
    The cars' evacuation without some crossings, planned anew from the start.

    Attributes
    ----------
    crossings : tuple of str
        Names of what is lost; empty for the roads as they are.
    cut_off : tuple of (str, int)
        Settlements with no way left that have one otherwise, and their people with a car.
    bound_s : float
        No plan has the other cars out before (s).
    clearance_s : float
        Played clearance of the new plan (s); 0 where no car is left to plan for.
    later_s : float
        What the loss costs in clearance (s); can be below 0, as those cut off no longer count.
    left_behind : int
        People with a car who find no room or no time, beyond those cut off.
    """

    crossings: tuple[str, ...]
    cut_off: tuple[tuple[str, int], ...]
    bound_s: float
    clearance_s: float
    later_s: float
    left_behind: int


def lost_crossings(
    scenario: Scenario, *, seed: int, plays: int = 0, most_lost: int = 2
) -> list[LostCrossing]:
    """
    Plan the cars anew without each crossing, and without each pair.

    Parameters
    ----------
    scenario : Scenario
        With named crossings.
    seed : int
        Of the search.
    plays : int
        Plays after the starting drafts of each plan.
    most_lost : int
        Crossings lost at once: 1 or 2.

    Returns
    -------
    list of LostCrossing
        The roads as they are first, then single crossings by name, then pairs.
    """
    names = sorted({name for name in scenario.network.crossing if name})
    cases = [lost for n in range(1, most_lost + 1) for lost in combinations(names, n)]
    whole = state_problem(scenario)
    cut_off_anyway = {settlement for settlement, _ in _cut_off(whole)}
    base = _planned(whole, (), cut_off_anyway, seed, plays)
    rows = [base]
    for lost in cases:
        row = _planned(state_problem(without(scenario, lost)), lost, cut_off_anyway, seed, plays)
        rows.append(replace(row, later_s=row.clearance_s - base.clearance_s))
    return rows


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


def _cut_off(problem: SurgeProblem) -> list[tuple[str, int]]:
    return [
        (part.settlement, part.people.total)
        for part in problem.unserved
        if part.reason_code == ReasonCode.NO_ROAD
    ]


def _planned(
    problem: SurgeProblem, lost: tuple[str, ...], cut_off_anyway: set[str], seed: int, plays: int
) -> LostCrossing:
    cut_off = tuple(row for row in _cut_off(problem) if row[0] not in cut_off_anyway)
    if not problem.queues:
        return LostCrossing(lost, cut_off, 0.0, 0.0, 0.0, 0)
    problem, choice = fit_destinations(problem, choose_routes(problem))
    bound_s = bound_cars(problem).bound_s
    problem, choice = split_towns(problem, choice)
    plan = CarSearch(problem, choice, (), bound_s=bound_s).run(seed=seed, iterations=plays)
    no_road = sum(people for _, people in _cut_off(problem))
    unserved = sum(part.people.total for part in (*problem.unserved, *plan.left_behind))
    clearance_s = plan.clearance_s if math.isfinite(plan.clearance_s) else 0.0
    return LostCrossing(lost, cut_off, bound_s, clearance_s, 0.0, unserved - no_road)
