"""What pins say of one settlement's way out by car."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from safepassage.model.network import RoadNetwork
from safepassage.model.plan import Pin, PinAction, PinKind, Wave
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.paths import Paths

# A ban on a wave keeps everybody at home for the longest time that a wave lasts.
_BANNED_WAVE_S = 1800.0
_MOST_DETOURS = 60


@dataclass(frozen=True, slots=True)
class WayRules:
    """
    Pins on the way of one settlement.

    Attributes
    ----------
    forced_links : tuple of str
        The route it must take; empty where it is free.
    forbidden_routes : frozenset of tuple of str
        Routes it must not take.
    forced_destinations, forbidden_destinations : frozenset of str
        Site ids.
    earliest_s : float
        No wave starts before (s).
    first_s : float or None
        When the first wave starts (s); None where that is free.
    closed_windows_s : tuple of (start_s, end_s)
        Nobody leaves within (s).
    """

    forced_links: tuple[str, ...]
    forced_destinations: frozenset[str]
    forbidden_destinations: frozenset[str]
    earliest_s: float
    forbidden_routes: frozenset[tuple[str, ...]] = frozenset()
    first_s: float | None = None
    closed_windows_s: tuple[tuple[float, float], ...] = ()

    def allows(self, site_id: str) -> bool:
        """Whether the settlement may be brought to a site."""
        if self.forced_destinations and site_id not in self.forced_destinations:
            return False
        return site_id not in self.forbidden_destinations

    def not_closed_s(self, time_s: float) -> float:
        """The first moment from a time on at which somebody may leave (s)."""
        for start_s, end_s in self.closed_windows_s:
            if start_s <= time_s < end_s:
                time_s = end_s
        return time_s


def rules_of(scenario: Scenario, settlement: str) -> WayRules:
    """
    Collect the pins on a settlement's cars.

    Parameters
    ----------
    scenario : Scenario
        Whose pins.
    settlement : str
        Settlement id.

    Returns
    -------
    WayRules
        Of several pins that force a route or a wave, the last in the file counts; `contradictions` names
        them.
    """
    pins = [pin for pin in scenario.pins if pin.subject == settlement]

    def values(kind: PinKind, action: PinAction) -> list[str]:
        return [pin.value for pin in pins if (pin.kind, pin.action) == (kind, action)]

    routes = values(PinKind.ROUTE, PinAction.FORCE)
    waves = values(PinKind.WAVE, PinAction.FORCE)
    banned = sorted(float(value) for value in values(PinKind.WAVE, PinAction.FORBID))
    return WayRules(
        forced_links=tuple(routes[-1].split()) if routes else (),
        forbidden_routes=frozenset(tuple(value.split()) for value in values(PinKind.ROUTE, PinAction.FORBID)),
        forced_destinations=frozenset(values(PinKind.DESTINATION, PinAction.FORCE)),
        forbidden_destinations=frozenset(values(PinKind.DESTINATION, PinAction.FORBID)),
        earliest_s=float(waves[-1]) if waves else 0.0,
        first_s=float(waves[-1]) if waves else None,
        closed_windows_s=tuple((start_s, start_s + _BANNED_WAVE_S) for start_s in banned),
    )


def begin_as_pinned(rules: WayRules, waves: Sequence[Wave]) -> tuple[Wave, ...]:
    """
    Let the first wave begin at the time that a pin forces.

    Parameters
    ----------
    rules : WayRules
        Of the settlement.
    waves : sequence of Wave
        In time order, none before the pinned time.

    Returns
    -------
    tuple of Wave
        The same cars; those of the first wave are spread from the pinned time on.
    """
    first = rules.first_s
    if first is None or not waves or waves[0].start_s <= first or rules.closed_windows_s:
        return tuple(waves)
    return (replace(waves[0], start_s=int(first)), *waves[1:])


def shortest_but(
    network: RoadNetwork, origin: int, destination: int, banned: Callable[[tuple[int, ...]], bool]
) -> tuple[int, ...] | None:
    """
    The shortest way found that is not one of those banned.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    origin, destination : int
        Node indices.
    banned : callable
        Whether a chain of links is ruled out as a whole.

    Returns
    -------
    tuple of int or None
        None where every way is ruled out. Each way tried leaves out one link of a banned one.
    """
    waiting: list[frozenset[int]] = [frozenset()]
    found: list[tuple[float, tuple[int, ...]]] = []
    seen = set(waiting)
    for _try in range(_MOST_DETOURS):
        if not waiting:
            break
        without = waiting.pop(0)
        paths = Paths(network, banned_links=sorted(without))
        chain = paths.links(origin, destination)
        if not chain:
            continue
        if not banned(chain):
            found.append((paths.time_s(origin, destination), chain))
            continue
        for link in chain:
            more = without | {link}
            if more not in seen:
                seen.add(more)
                waiting.append(more)
    return min(found)[1] if found else None


def with_forced_roads(scenario: Scenario, paths: Paths, destinations: Sequence[tuple[str, int]]) -> Scenario:
    """
    Turn forced roads into forced routes.

    Parameters
    ----------
    scenario : Scenario
        With pins.
    paths : Paths
        Ways over open roads.
    destinations : sequence of (str, int)
        Site id and node index of places that cars may drive to.

    Returns
    -------
    Scenario
        Every settlement, or the one that the pin's value names, takes the shortest way over the road where
        it has one and no forced route.
    """
    roads = [pin for pin in scenario.pins if (pin.kind, pin.action) == (PinKind.ROAD, PinAction.FORCE)]
    if not roads:
        return scenario
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    nodes = {node: k for k, node in enumerate(scenario.network.node_id)}
    more = []
    for pin in roads:
        for place in scenario.in_scope:
            rules = rules_of(scenario, place.id)
            if pin.value not in ("", place.id) or not place.node or rules.forced_links:
                continue
            ends = [node for site, node in destinations if rules.allows(site)]
            chain = _way_over(paths, nodes[place.node], index[pin.subject], ends)
            if chain:
                links = " ".join(scenario.network.link_id[link] for link in chain)
                more.append(Pin(f"{pin.id} {place.id}", PinAction.FORCE, PinKind.ROUTE, place.id, links))
    return replace(scenario, pins=(*scenario.pins, *more))


def _way_over(paths: Paths, origin: int, link: int, ends: Sequence[int]) -> tuple[int, ...]:
    """The shortest way from a place over a link to one of the ends; empty where there is none."""
    network = paths.network
    tail = int(network.from_node[link])
    if paths.time_s(origin, tail) == float("inf") or network.capacity_pcu_per_h[link] <= 0:
        return ()
    before = paths.links(origin, tail)
    if link in before:
        return ()
    onward = [(paths.onward(link, end), end) for end in ends]
    ways = [way for way, _ in onward if way is not None]
    if not ways:
        return ()
    after = min(ways, key=lambda way: (float(network.free_flow_time_s[list(way)].sum()), way))
    return (*before, link, *after)
