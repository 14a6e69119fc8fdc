"""What pins cost: the plan and the bound with each pin and without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from safepassage.i18n import _
from safepassage.model.plan import Pin
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.car_route import make_route, resource_capacity_per_s
from safepassage.planner.surge.crossings import Effort, QuickPlan
from safepassage.planner.surge.pin_rules import rules_of
from safepassage.planner.surge.problem import SurgeProblem
from safepassage.progress import NoProgress, Progress


@dataclass(frozen=True, slots=True)
class PinPrice:
    """
    What pins cost.

    Attributes
    ----------
    pins : tuple of str
        Ids of those that are lifted to see what they cost.
    bound_with_s, bound_without_s : float
        No plan with, and without them, has the cars out before (s).
    with_s, without_s : float
        When the last person is out in the plan with, and without them (s).
    unserved_with, unserved_without : int
        Persons whom each plan leaves behind.
    """

    pins: tuple[str, ...]
    bound_with_s: float
    bound_without_s: float
    with_s: float
    without_s: float
    unserved_with: int
    unserved_without: int

    @property
    def plan_price_s(self) -> float:
        """How much later the plan with them is out (s)."""
        return self.with_s - self.without_s

    @property
    def bound_price_s(self) -> float:
        """How much later any plan's cars must be out by the bounds (s); at least 0."""
        return max(0.0, self.bound_with_s - self.bound_without_s)


def price_pins(
    scenario: Scenario, *, seed: int, effort: Effort = (0, 30), progress: Progress | None = None
) -> list[PinPrice]:
    """
    Lift all pins, then one after another, and compare.

    Parameters
    ----------
    scenario : Scenario
        With pins.
    seed : int
        Of the searches.
    effort : Effort
        Work for each plan; the same for all, so that they can be compared.
    progress : Progress, optional
        Told of every plan.

    Returns
    -------
    list of PinPrice
        All pins together first, then each; empty without pins.
    """
    pins = scenario.pins
    if not pins:
        return []
    progress = progress or NoProgress()
    cases = [pins] if len(pins) == 1 else [pins, *((pin,) for pin in pins)]
    progress.start(_("Planning without pins"), len(cases) + 1)
    obeying = QuickPlan(scenario, (), seed, effort)
    progress.advance()
    rows = []
    for lifted in cases:
        rows.append(_price(obeying, QuickPlan(_without(scenario, lifted), (), seed, effort), lifted))
        progress.advance()
    return rows


def _without(scenario: Scenario, lifted: Sequence[Pin]) -> Scenario:
    gone = {pin.id for pin in lifted}
    return replace(scenario, pins=tuple(pin for pin in scenario.pins if pin.id not in gone))


def _price(obeying: QuickPlan, free: QuickPlan, lifted: Sequence[Pin]) -> PinPrice:
    return PinPrice(
        pins=tuple(pin.id for pin in lifted),
        bound_with_s=pinned_bound_s(obeying.problem, obeying.bound_s),
        bound_without_s=pinned_bound_s(free.problem, free.bound_s),
        with_s=_out_s(obeying),
        without_s=_out_s(free),
        unserved_with=obeying.unserved,
        unserved_without=free.unserved,
    )


def _out_s(plan: QuickPlan) -> float:
    times_s = (plan.cars.clearance_s, plan.fleet.clearance_s)
    return max((time_s for time_s in times_s if math.isfinite(time_s)), default=0.0)


def pinned_bound_s(problem: SurgeProblem, bound_s: float) -> float:
    """
    Raise the cars' bound by what pins say of routes and first departures.

    Parameters
    ----------
    problem : SurgeProblem
        With pins.
    bound_s : float
        The bound over all routes that the roads allow (s).

    Returns
    -------
    float
        No plan that obeys the pins has the cars out before (s).

    Notes
    -----
    Settlements whose route is forced share every road on it: the last of their n cars leaves it n - 1
    headways after the first can have reached it, and still has to drive the shortest way on.
    """
    capacity = resource_capacity_per_s(problem.open_roads)
    cars: dict[int, float] = {}
    first_s: dict[int, float] = {}
    onward_s: dict[int, float] = {}
    for queue in problem.queues:
        rules = rules_of(problem.scenario, queue.settlement)
        if not rules.forced_links:
            ends = [
                problem.paths.time_s(problem.origin(queue.settlement), problem.node_index[site.node])
                for site in problem.destinations
                if rules.allows(site.id)
            ]
            bound_s = max(bound_s, rules.earliest_s + min(ends, default=0.0))
            continue
        route = make_route(problem.open_roads, [problem.link_index[link] for link in rules.forced_links], 0)
        for resource, reached_s in zip(route.resources.tolist(), route.reached_s.tolist(), strict=True):
            cars[resource] = cars.get(resource, 0.0) + queue.cars
            first_s[resource] = min(first_s.get(resource, math.inf), rules.earliest_s + reached_s)
            onward_s[resource] = min(onward_s.get(resource, math.inf), route.free_flow_s - reached_s)
        bound_s = max(bound_s, rules.earliest_s + route.free_flow_s)
    for resource, number in cars.items():
        work_s = (number - 1) / float(capacity[resource])
        bound_s = max(bound_s, first_s[resource] + work_s + onward_s[resource])
    return bound_s
