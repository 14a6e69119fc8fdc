"""Control points: the places where an officer keeps the plan's streams apart and moving."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from safepassage.model.network import RoadNetwork
from safepassage.model.plan import ControlPoint, Route, Trip, Turn, Wave
from safepassage.model.scenario import Scenario
from safepassage.model.sites import SiteKind

_MOST_JUNCTIONS = 12


@dataclass(slots=True)
class _Passing:
    """Who passes a node."""

    routes: set[str] = field(default_factory=set)
    turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    crossings: set[str] = field(default_factory=set)
    vehicles: int = 0
    from_s: float = float("inf")
    until_s: float = 0.0

    def see(self, vehicles: int, from_s: float, until_s: float) -> None:
        """Count vehicles that pass between two times."""
        self.vehicles += vehicles
        self.from_s = min(self.from_s, from_s)
        self.until_s = max(self.until_s, until_s)

    def streams_meet(self) -> bool:
        """Whether streams merge or part here; two that only pass each other need nobody."""
        before, after = Counter(a for a, _ in self.turns), Counter(b for _, b in self.turns)
        return max((*before.values(), *after.values()), default=0) > 1


def control_points(
    scenario: Scenario, routes: Sequence[Route], waves: Sequence[Wave], trips: Sequence[Trip]
) -> tuple[ControlPoint, ...]:
    """
    List checkpoints, ends of river crossings, and the busiest junctions where streams merge or part.

    Parameters
    ----------
    scenario : Scenario
        Roads and sites.
    routes : sequence of Route
        Routes of the waves.
    waves : sequence of Wave
        Cars.
    trips : sequence of Trip
        The fleet.

    Returns
    -------
    tuple of ControlPoint
        Checkpoints, then crossings, then junctions, busiest first; times are free-flow times.
    """
    passing = _passing(scenario, routes, waves, trips)
    checkpoints = {site.node for site in scenario.sites_of(SiteKind.CHECKPOINT)}
    chosen: list[tuple[str, str]] = []
    by_vehicles = sorted(passing, key=lambda node: (-passing[node].vehicles, node))
    chosen += [(node, "checkpoint") for node in by_vehicles if node in checkpoints]
    taken = {node for node, _ in chosen}
    chosen += [(node, "crossing") for node in by_vehicles if passing[node].crossings and node not in taken]
    taken = {node for node, _ in chosen}
    junctions = [node for node in by_vehicles if node not in taken and passing[node].streams_meet()]
    chosen += [(node, "junction") for node in junctions[:_MOST_JUNCTIONS]]
    leaving = _leaving(scenario.network)
    return tuple(_point(node, reason, passing[node], leaving[node]) for node, reason in chosen)


def _point(node: str, reason: str, passing: _Passing, leaving: Sequence[str]) -> ControlPoint:
    used = {after for _, after in passing.turns}
    by_vehicles = sorted(passing.turns.items(), key=lambda item: (-item[1], item[0]))
    return ControlPoint(
        node=node,
        reason=reason,
        route_count=len(passing.routes),
        vehicles=passing.vehicles,
        from_s=int(passing.from_s),
        until_s=int(passing.until_s),
        turns=tuple(Turn(before, after, vehicles) for (before, after), vehicles in by_vehicles),
        closed_links=tuple(link for link in leaving if link not in used) if passing.turns else (),
    )


def _leaving(network: RoadNetwork) -> dict[str, list[str]]:
    """Open links that start at each node."""
    found: dict[str, list[str]] = defaultdict(list)
    for k, link in enumerate(network.link_id):
        if network.capacity_pcu_per_h[k] > 0:
            found[network.node_id[network.from_node[k]]].append(link)
    return found


def _passing(
    scenario: Scenario, routes: Sequence[Route], waves: Sequence[Wave], trips: Sequence[Trip]
) -> dict[str, _Passing]:
    network = scenario.network
    index = {link: k for k, link in enumerate(network.link_id)}
    passing: dict[str, _Passing] = defaultdict(_Passing)

    def drive(chain: Sequence[str], name: str, vehicles: int, from_s: float, until_s: float) -> None:
        after_s = 0.0
        for link_id, following in pairwise((*chain, "")):
            link = index[link_id]
            after_s += float(network.free_flow_time_s[link])
            node = passing[network.node_id[network.to_node[link]]]
            node.see(vehicles, from_s + after_s, until_s + after_s)
            node.routes.add(name)
            # A crossing has an officer at both ends, whichever way it is driven.
            node.crossings.update(name for name in (network.crossing[link],) if name)
            if following:
                node.turns[link_id, following] += vehicles
                node.crossings.update(name for name in (network.crossing[index[following]],) if name)

    links = {route.id: route.links for route in routes}
    for wave in waves:
        drive(links[wave.route], wave.route, wave.vehicles, wave.start_s, wave.end_s)
    for trip in trips:
        for before, leg in pairwise(trip.legs):
            drive(leg.links, f"{before.site}>{leg.site}", 1, before.depart_s, before.depart_s)
    return passing
