"""Pins that cannot all be obeyed: the smallest sets that contradict each other, and what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from safepassage.i18n import _
from safepassage.model.plan import Pin, PinAction, PinKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.pin_rules import WayRules, rules_of, shortest_but

CAR_DESTINATIONS = (SiteKind.RECEPTION, SiteKind.TRANSIT_CENTRE, SiteKind.EXIT)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """
    Pins of which one has to go.

    Attributes
    ----------
    pins : tuple of str
        Ids; without any one of them the others can be obeyed.
    settlement : str
        Whose way out is at stake; empty for vehicles.
    problem : str
        What is wrong, in words.
    remedy : str
        What to do.
    """

    pins: tuple[str, ...]
    settlement: str
    problem: str
    remedy: str

    def words(self) -> str:
        """Both in one sentence."""
        return f"{self.problem}; {self.remedy}"


def car_destinations(scenario: Scenario) -> tuple[Site, ...]:
    """
    Safe places with room that cars may drive to.

    Parameters
    ----------
    scenario : Scenario
        Whose sites.

    Returns
    -------
    tuple of Site
        In file order.
    """
    return tuple(
        site
        for site in scenario.sites_of(*CAR_DESTINATIONS)
        if site.safe and site.node and site.capacity_persons > 0
    )


def contradictions(scenario: Scenario, open_paths: Paths | None = None) -> tuple[Contradiction, ...]:
    """
    Find all pins that contradict each other, the roads, or the clock.

    Parameters
    ----------
    scenario : Scenario
        With pins.
    open_paths : Paths, optional
        Ways over roads as they are without pins' bans or with them; made from the scenario by default.

    Returns
    -------
    tuple of Contradiction
        In scenario order; empty where all pins can be obeyed together.
    """
    if not scenario.pins:
        return ()
    look = _Look(scenario, open_paths)
    found = [item for place in scenario.in_scope for item in look.of_settlement(place.id)]
    return (*found, *look.of_vehicles())


class _Look:
    def __init__(self, scenario: Scenario, open_paths: Paths | None) -> None:
        self.scenario = scenario
        self.destinations = car_destinations(scenario)
        self.nodes = {node: k for k, node in enumerate(scenario.network.node_id)}
        self.links = {link: k for k, link in enumerate(scenario.network.link_id)}
        capacity = scenario.network.capacity_pcu_per_h
        if open_paths is not None:
            banned = {pin.subject for pin in scenario.pins if _is(pin, PinKind.ROAD, PinAction.FORBID)}
            own = np.isin(np.array(scenario.network.link_id), sorted(banned))
            capacity = np.where(own, capacity, open_paths.network.capacity_pcu_per_h)
        self.network = replace(scenario.network, capacity_pcu_per_h=capacity)
        self.kept: dict[frozenset[str], Paths] = {}

    def of_settlement(self, settlement: str) -> list[Contradiction]:
        """Minimal sets of pins that leave a settlement no way that obeys them."""
        pins = [
            pin
            for pin in self.scenario.pins
            if pin.subject == settlement or (pin.kind == PinKind.ROAD and pin.value in ("", settlement))
        ]
        if not pins or (
            not any(pin.subject == settlement for pin in pins)
            and not any(_is(pin, PinKind.ROAD, PinAction.FORBID) for pin in pins)
        ):
            return []
        place = next(place for place in self.scenario.settlements if place.id == settlement)
        if not place.node or not self._possible(settlement, ()):
            return []
        found = []
        while not self._possible(settlement, pins):
            least = _least(pins, lambda some: not self._possible(settlement, some))
            found.append(self._told(settlement, least))
            # What is found is lifted so that the next set can show itself.
            pins = [pin for pin in pins if pin not in least]
        return found

    def of_vehicles(self) -> list[Contradiction]:
        """Vehicles that must and must not serve the same place."""
        found = []
        forced = [pin for pin in self.scenario.pins if _is(pin, PinKind.VEHICLE, PinAction.FORCE)]
        for pin in forced:
            against = [
                other
                for other in self.scenario.pins
                if _is(other, PinKind.VEHICLE, PinAction.FORBID)
                and other.value in ("", pin.value)
                and self._same_vehicle(pin, other)
            ]
            for other in against:
                problem = _("vehicle {name} must and must not serve {place}").format(
                    name=pin.subject, place=pin.value
                )
                found.append(Contradiction((pin.id, other.id), "", problem, _remedy((pin, other))))
        return found

    def _same_vehicle(self, pin: Pin, other: Pin) -> bool:
        groups = {group.id: set(group.vehicle_ids()) | {group.id} for group in self.scenario.fleet}
        return pin.subject in groups.get(other.subject, {other.subject})

    def _possible(self, settlement: str, pins: Sequence[Pin]) -> bool:
        """Whether some way out obeys these pins."""
        forced = [pin for pin in pins if pin.action == PinAction.FORCE]
        for kind in (PinKind.ROUTE, PinKind.WAVE):
            if len({pin.value for pin in forced if pin.kind == kind}) > 1:
                return False
        rules = rules_of(replace(self.scenario, pins=tuple(pins)), settlement)
        if rules.first_s is not None and not self._may_leave(rules):
            return False
        paths = self._paths(pins)
        if rules.forced_links:
            return self._is_way(settlement, rules, paths)
        origin = self._origin(settlement)
        for site in self.destinations:
            end = self.nodes[site.node]
            if not rules.allows(site.id) or not math.isfinite(paths.time_s(origin, end)):
                continue
            if not self._banned(rules, paths.links(origin, end)) or shortest_but(
                paths.network, origin, end, lambda chain: self._banned(rules, chain)
            ):
                return True
        return False

    def _may_leave(self, rules: WayRules) -> bool:
        first_s = rules.first_s
        assert first_s is not None
        if rules.not_closed_s(first_s) != first_s:
            return False
        return any(start_s <= first_s < end_s for start_s, end_s in self.scenario.open_windows())

    def _banned(self, rules: WayRules, chain: Sequence[int]) -> bool:
        return tuple(self.network.link_id[link] for link in chain) in rules.forbidden_routes

    def _is_way(self, settlement: str, rules: WayRules, paths: Paths) -> bool:
        """Whether a forced route is a drivable way from the settlement to a place it may go to."""
        if rules.forced_links in rules.forbidden_routes:
            return False
        at, network = self._origin(settlement), paths.network
        before = -1
        for name in rules.forced_links:
            link = self.links.get(name, -1)
            if link < 0 or int(network.from_node[link]) != at or network.capacity_pcu_per_h[link] <= 0:
                return False
            if before >= 0 and _turn_is_forbidden(paths, before, link):
                return False
            at, before = int(network.to_node[link]), link
        return any(rules.allows(site.id) and self.nodes[site.node] == at for site in self.destinations)

    def _origin(self, settlement: str) -> int:
        place = next(place for place in self.scenario.settlements if place.id == settlement)
        return self.nodes[place.node]

    def _paths(self, pins: Sequence[Pin]) -> Paths:
        banned = frozenset(pin.subject for pin in pins if _is(pin, PinKind.ROAD, PinAction.FORBID))
        if banned not in self.kept:
            closed = np.isin(np.array(self.network.link_id), sorted(banned))
            capacity = np.where(closed, 0.0, self.network.capacity_pcu_per_h)
            self.kept[banned] = Paths(replace(self.network, capacity_pcu_per_h=capacity))
        return self.kept[banned]

    def _told(self, settlement: str, pins: Sequence[Pin]) -> Contradiction:
        place = next(place for place in self.scenario.settlements if place.id == settlement)
        ids = ", ".join(pin.id for pin in pins)
        if len(pins) == 1:
            problem = _("pin {ids} cannot be obeyed: {why}").format(ids=ids, why=_why(pins[0]))
        else:
            problem = _("pins {ids} leave {place} no way that obeys all of them").format(
                ids=ids, place=place.name_en
            )
        return Contradiction(tuple(pin.id for pin in pins), settlement, problem, _remedy(pins))


def _is(pin: Pin, kind: PinKind, action: PinAction) -> bool:
    return (pin.kind, pin.action) == (kind, action)


def _why(pin: Pin) -> str:
    return {
        PinKind.ROAD: _("without this road the settlement has no way out"),
        PinKind.ROUTE: _("the links are no open way from the settlement to a safe place"),
        PinKind.DESTINATION: _("no road leads from the settlement to a safe place that it allows"),
        PinKind.WAVE: _("nobody may be on the road at that time"),
        PinKind.VEHICLE: _("the vehicle cannot serve the place"),
    }[pin.kind]


def _remedy(pins: Sequence[Pin]) -> str:
    if len(pins) == 1:
        return _("change or lift it in pin.csv")
    return _("lift one of them in pin.csv")


def _turn_is_forbidden(paths: Paths, before: int, link: int) -> bool:
    network = paths.network
    turn = (network.movement_in_link == before) & (network.movement_out_link == link)
    return bool((turn & (network.movement_capacity_pcu_per_h <= 0)).any())


def _least(pins: Sequence[Pin], fails: Callable[[Sequence[Pin]], bool]) -> tuple[Pin, ...]:
    """A smallest failing set in the sense that it no longer fails without any one of its pins."""
    kept = list(pins)
    for pin in pins:
        without = [other for other in kept if other is not pin]
        if fails(without):
            kept = without
    return tuple(kept)
