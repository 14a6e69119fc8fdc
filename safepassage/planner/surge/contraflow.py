"""
Contraflow: lanes of the way in are turned over to the way out, where that gains anything.

A lane that is driven the wrong way carries 70 % of what it does otherwise, as seen in the evacuations of
Louisiana (Ivan, Katrina, Gustav). One lane stays for buses on their way in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from safepassage.errors import InfeasibleError
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.model.scenario import Scenario
from safepassage.model.traffic import LaneReversal
from safepassage.planner.surge.car_route import resource_capacity_per_s
from safepassage.planner.surge.problem import SurgeProblem, state_problem
from safepassage.planner.surge.routes import RouteChoice, choose_routes, fit_destinations
from safepassage.planner.surge.search import CarSearch

REVERSED_LANE_SHARE = 0.7
TRANSITION_S = 1800.0
_LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class Contraflow:
    """
    What turning lanes over gains.

    Attributes
    ----------
    scenario : Scenario
        With the lanes turned over where that gains at least 1 % of the cars' clearance, else as it was.
    reversals : tuple of LaneReversal
        What was tried.
    before_s, after_s : float
        Played clearance of the cars without and with them (s).
    """

    scenario: Scenario
    reversals: tuple[LaneReversal, ...]
    before_s: float
    after_s: float

    @property
    def used(self) -> bool:
        """Whether the lanes are turned over."""
        return bool(self.reversals) and self.after_s < (1 - _LEAST_GAIN) * self.before_s


def with_contraflow(scenario: Scenario, links: Sequence[str] = (), *, seed: int) -> Contraflow:
    """
    Turn lanes over and see what it gains.

    Parameters
    ----------
    scenario : Scenario
        Before.
    links : sequence of str
        Links that get the lanes of their opposite direction; by default those that limit the cars, as
        far as they have an opposite direction with two lanes or more.
    seed : int
        Of the plays.

    Returns
    -------
    Contraflow
        Lanes are turned over for good from the start and used after half an hour at the earliest.

    Raises
    ------
    InfeasibleError
        If a link is unknown, closed, one-way, or its opposite direction is closed or has one lane only.
    """
    problem = state_problem(scenario)
    if not problem.queues:
        return Contraflow(scenario, (), 0.0, 0.0)
    problem, choice = fit_destinations(problem, choose_routes(problem))
    wanted = list(links) or _limiting(problem, choice)
    reversals = tuple(_reversal(problem, link) for link in wanted)
    before_s = _played_s(problem, choice, seed)
    if not reversals:
        return Contraflow(scenario, (), before_s, before_s)
    turned = replace(scenario, reversals=(*scenario.reversals, *reversals))
    after = state_problem(turned)
    after, new_choice = fit_destinations(after, choose_routes(after))
    tried = Contraflow(turned, reversals, before_s, _played_s(after, new_choice, seed))
    return tried if tried.used else replace(tried, scenario=scenario)


def _played_s(problem: SurgeProblem, choice: RouteChoice, seed: int) -> float:
    return CarSearch(problem, choice, (), bound_s=0.0).run(seed=seed, iterations=0).clearance_s


def opposite(network: RoadNetwork, link: int) -> int:
    """
    The other direction of a road.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    link : int
        Link index.

    Returns
    -------
    int
        The link the other way, of several the one most alike in length; -1 where the road is one-way.
    """
    back = [
        other
        for other in range(network.n_links)
        if network.from_node[other] == network.to_node[link]
        and network.to_node[other] == network.from_node[link]
    ]
    return min(
        back, key=lambda other: (abs(network.length_m[other] - network.length_m[link]), other), default=-1
    )


def _limiting(problem: SurgeProblem, choice: RouteChoice) -> list[str]:
    """Links used by cars that have nearly as much work as the busiest, and lanes to gain."""
    network = problem.roads
    capacity = resource_capacity_per_s(network)
    work_s: dict[int, float] = {}
    for queue, route in zip(problem.queues, map(choice.route, range(len(problem.queues))), strict=True):
        for link in route.links:
            work_s[link] = work_s.get(link, 0.0) + queue.cars / float(capacity[link])
    busiest = max(work_s.values(), default=0.0)
    found = []
    for link, work in sorted(work_s.items()):
        back = opposite(network, link)
        gains = back >= 0 and network.lanes[back] >= 2 and back not in work_s
        if work >= busiest / 2 and gains and network.capacity_pcu_per_h[back] > 0:
            found.append(network.link_id[link])
    return found


def _reversal(problem: SurgeProblem, name: str) -> LaneReversal:
    network = problem.roads
    link = problem.link_index.get(name, -1)
    if link < 0:
        raise InfeasibleError(_("contraflow: {link} is no link of the scenario").format(link=name))
    back = opposite(network, link)
    if back < 0:
        raise InfeasibleError(
            _("contraflow: {link} is one-way; name a road with two directions").format(link=name)
        )
    closed = [network.link_id[k] for k in (link, back) if network.capacity_pcu_per_h[k] <= 0]
    if closed:
        raise InfeasibleError(
            _("contraflow: {link} is closed; open it, or turn lanes over elsewhere").format(link=closed[0])
        )
    lanes = float(network.lanes[back])
    if lanes < 2:
        raise InfeasibleError(
            _("contraflow: {link} has one lane, which buses need on their way in; take a wider road").format(
                link=network.link_id[back]
            )
        )
    return LaneReversal(
        id=f"contraflow-{name}",
        losing_link=network.link_id[back],
        gaining_link=name,
        # Lanes in the direction that gains count by what they carry.
        lanes=REVERSED_LANE_SHARE * (lanes - 1),
        start_s=0.0,
        transition_s=TRANSITION_S,
    )
