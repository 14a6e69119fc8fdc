"""What the fleet has to do, in numbers: parties at stops, havens to bring them to, vehicles, rules."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from safepassage.model.fleet import VehicleGroup
from safepassage.model.people import HouseholdGroup
from safepassage.model.plan import Pin, PinAction, PinKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.planner.surge.fleet_parties import Party, fits, parties_of
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S, Slowdown, TravelTimes
from safepassage.planner.surge.paths import Paths
from safepassage.units import SECONDS_PER_HOUR

RECEIVING_KINDS = (SiteKind.RECEPTION, SiteKind.TRANSIT_CENTRE, SiteKind.EXIT, SiteKind.HOSPITAL)
NO_RUN = -1


@dataclass(frozen=True, slots=True)
class Stop:
    """
    Where people get on: an assembly point, or a hub from which they go onward.

    Attributes
    ----------
    place : int
        Place number.
    site : str
        Site id; the settlement's id where the scenario has no assembly points at all.
    waiting_cap : float
        Most persons waiting at one time.
    accessible : bool
        Wheelchairs and stretchers can be brought aboard.
    opens_s, closes_s : float
        Opening (s).
    """

    place: int
    site: str
    waiting_cap: float
    accessible: bool
    opens_s: float
    closes_s: float


@dataclass(frozen=True, slots=True)
class Kind:
    """
    Alike parties that get on at one stop.

    Attributes
    ----------
    settlement : str
        Where they live.
    stop : int
        Number of the first stop where they may get on; -1 where there is none.
    party : Party
        Each of them.
    count : int
        How many parties.
    suits : tuple of bool
        For each vehicle group, whether one vehicle can take such a party.
    size : tuple of (seats, wheelchair places, stretcher places, persons)
        What one party takes up.
    """

    settlement: str
    stop: int
    party: Party
    count: int
    suits: tuple[bool, ...]
    size: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Haven:
    """
    Where vehicles bring people.

    Attributes
    ----------
    place : int
        Place number.
    site : str
        Site id.
    final : bool
        Takes people in; nobody has to go on.
    safe : bool
        People are out of danger on arrival; otherwise when their train arrives.
    hospital : bool
        Takes only people who need places, and their carers.
    waiting_cap : float
        Persons who may be there at one time while they wait to go on; ``inf`` where it takes people in.
    accessible : bool
        For wheelchairs and stretchers.
    opens_s, closes_s : float
        Opening (s).
    """

    place: int
    site: str
    final: bool
    safe: bool
    hospital: bool
    waiting_cap: float
    accessible: bool
    opens_s: float
    closes_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """
    One departure of a scheduled service that ends at a safe site.

    Attributes
    ----------
    service : str
        Service id.
    operator : str
        Who runs it.
    haven : int
        Haven number of the station where people get on.
    to_site : str
        Where it ends.
    depart_s, arrive_s : int
        Times (s).
    seats, wheelchair_places, stretcher_places : int
        Places.
    """

    service: str
    operator: str
    haven: int
    to_site: str
    depart_s: int
    arrive_s: int
    seats: int
    wheelchair_places: int
    stretcher_places: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    One vehicle.

    Attributes
    ----------
    id : str
        Vehicle id.
    group : int
        Number of its group.
    place : int
        Place number of its depot.
    available_s, duty_ends_s : int
        When its crew begins and must have ended (s).
    only_sites : frozenset of str
        Settlements or assembly points it must keep to; empty where it is free.
    never_sites : frozenset of str
        Settlements or sites, havens among them, it must not serve.
    only_havens : frozenset of str
        Havens it must bring people to; empty where it is free.
    driven_s : int
        How long its crew has driven since the last break when it becomes available (s).
    """

    id: str
    group: int
    place: int
    available_s: int
    duty_ends_s: int
    only_sites: frozenset[str]
    never_sites: frozenset[str]
    only_havens: frozenset[str]
    driven_s: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FleetProblem:
    """
    The task of the fleet; all references are numbers into these tuples.

    Attributes
    ----------
    scenario : Scenario
        What it was made from.
    sites : tuple of str
        Site id of each place.
    stops : tuple of Stop
        Assembly points, then the hubs.
    hub_stop : dict of int to int
        Stop number of each hub's haven number.
    kinds : tuple of Kind
        Everybody to be moved.
    kinds_at : tuple of tuple of int
        Numbers of the kinds that may get on at each stop, those hardest to place first. Which of several
        assembly points of a settlement people go to is for the planner to say.
    havens : tuple of Haven
        Where people may be brought.
    havens_of : tuple of frozenset of int
        For each kind, the havens that its pins, its needs and the roads allow.
    runs : tuple of Run
        Scheduled departures by time.
    room : dict of str to float
        Persons that each site can still take in, by site id.
    groups : tuple of VehicleGroup
        The fleet.
    vehicles : tuple of Vehicle
        Each vehicle.
    windows : tuple of (start_s, end_s)
        When vehicles may be on the road.
    travel : TravelTimes
        Between places.
    split_households : int
        Households that no vehicle can hold and that were split.
    """

    scenario: Scenario
    sites: tuple[str, ...]
    stops: tuple[Stop, ...]
    hub_stop: dict[int, int]
    kinds: tuple[Kind, ...]
    kinds_at: tuple[tuple[int, ...], ...]
    havens: tuple[Haven, ...]
    havens_of: tuple[frozenset[int], ...]
    runs: tuple[Run, ...]
    room: dict[str, float]
    groups: tuple[VehicleGroup, ...]
    vehicles: tuple[Vehicle, ...]
    windows: tuple[tuple[int, int], ...]
    travel: TravelTimes
    split_households: int

    @property
    def n_assembly_points(self) -> int:
        """Number of the stops that are assembly points; those from there on are hubs."""
        return len(self.stops) - len(self.hub_stop)


def build_problem(
    scenario: Scenario,
    households: Mapping[str, tuple[HouseholdGroup, ...]],
    paths: Paths,
    *,
    capacity_left: Mapping[str, float] | None = None,
    slowdown: Slowdown | None = None,
    direct_only: bool = False,
) -> FleetProblem:
    """
    Number everything the planner needs of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Sites, fleet, services, rules, pins.
    households : mapping of str to tuple of HouseholdGroup
        By settlement id, those who have no car.
    paths : Paths
        Ways without banned roads.
    capacity_left : mapping of str to float, optional
        Persons each site can still take in, by site id; the site's capacity where not given.
    slowdown : Slowdown, optional
        Travel times over free flow.
    direct_only : bool
        Leave hubs and scheduled services out.

    Returns
    -------
    FleetProblem
        With kinds also for people who cannot be served, so that nobody is lost.
    """
    left = {site.id: site.capacity_persons for site in scenario.sites} | dict(capacity_left or {})
    sites, stop_sites = _stop_sites(scenario, households)
    haven_sites = _haven_sites(scenario, direct_only=direct_only)
    depots = {site.id: site for site in scenario.sites}
    used = {group.depot: depots[group.depot] for group in scenario.fleet if depots[group.depot].node}
    places = {site.id: site for site in (*stop_sites, *haven_sites)} | used
    number = {site_id: k for k, site_id in enumerate(places)}
    node_index = {node: k for k, node in enumerate(scenario.network.node_id)}
    travel = TravelTimes(paths, [node_index[site.node] for site in places.values()], slowdown)
    havens = tuple(_haven(site, number[site.id]) for site in haven_sites)
    stops = tuple(
        Stop(number[site.id], site.id, site.waiting_cap_persons, site.accessible, site.opens_s, site.closes_s)
        for site in stop_sites
    )
    hubs = [k for k, haven in enumerate(havens) if haven.safe and not haven.final]
    hub_stop = {haven: len(stops) + k for k, haven in enumerate(hubs)}
    stops += tuple(_hub_as_stop(havens[haven]) for haven in hubs)
    stop_number = {stop.site: k for k, stop in enumerate(stops)}
    kinds, boarding, split = _kinds(scenario, households, sites, stop_number)
    at_stop: list[list[int]] = [[] for _ in stops]
    for k, ends in enumerate(boarding):
        for stop in ends:
            at_stop[stop].append(k)
    return FleetProblem(
        scenario=scenario,
        sites=tuple(places),
        stops=stops,
        hub_stop=hub_stop,
        kinds=kinds,
        kinds_at=tuple(tuple(sorted(at, key=lambda k: _placing_order(kinds[k]))) for at in at_stop),
        havens=havens,
        havens_of=tuple(_allowed_havens(scenario, kind, stops, havens, travel) for kind in kinds),
        runs=() if direct_only else _runs(scenario, {haven.site: k for k, haven in enumerate(havens)}),
        room=left,
        groups=scenario.fleet,
        vehicles=_vehicles(scenario, number, frozenset(haven.site for haven in havens)),
        windows=tuple((math.ceil(start), math.floor(end)) for start, end in scenario.open_windows()),
        travel=travel,
        split_households=split,
    )


def _stop_sites(
    scenario: Scenario, households: Mapping[str, tuple[HouseholdGroup, ...]]
) -> tuple[dict[str, list[Site]], list[Site]]:
    """Assembly points of each settlement with people, and all of them in order."""
    points = [site for site in scenario.sites_of(SiteKind.ASSEMBLY_POINT) if site.node]
    no_table = not scenario.sites_of(SiteKind.ASSEMBLY_POINT)
    found: dict[str, list[Site]] = {}
    for settlement in scenario.settlements:
        if not households.get(settlement.id):
            continue
        found[settlement.id] = [site for site in points if site.settlement == settlement.id]
        if no_table and settlement.node:
            # A scenario without any assembly point says that vehicles go to the door.
            door = Site(
                settlement.id, SiteKind.ASSEMBLY_POINT, settlement.name_uk, settlement.name_en,
                settlement.node, settlement.latitude_deg, settlement.longitude_deg, settlement=settlement.id,
            )  # fmt: skip
            found[settlement.id] = [door]
    return found, [site for sites in found.values() for site in sites]


def _haven_sites(scenario: Scenario, *, direct_only: bool) -> list[Site]:
    receiving = [site for site in scenario.sites_of(*RECEIVING_KINDS) if site.safe and site.node]
    if direct_only:
        return receiving
    by_id = {site.id: site for site in scenario.sites}
    hubs = [site for site in scenario.sites_of(SiteKind.HANDOVER_HUB) if site.safe and site.node]
    stations = {
        service.from_site: by_id[service.from_site]
        for service in scenario.services
        if by_id[service.to_site].safe and by_id[service.from_site].node
    }
    for site in (*receiving, *hubs):
        stations.pop(site.id, None)
    return [*receiving, *hubs, *stations.values()]


def _haven(site: Site, place: int) -> Haven:
    final = site.kind in RECEIVING_KINDS
    return Haven(
        place=place,
        site=site.id,
        final=final,
        safe=site.safe,
        hospital=site.kind == SiteKind.HOSPITAL,
        waiting_cap=math.inf if final else min(site.capacity_persons, site.waiting_cap_persons),
        accessible=site.accessible,
        opens_s=site.opens_s,
        closes_s=site.closes_s,
    )


def _hub_as_stop(haven: Haven) -> Stop:
    return Stop(haven.place, haven.site, math.inf, haven.accessible, haven.opens_s, haven.closes_s)


def _kinds(
    scenario: Scenario,
    households: Mapping[str, tuple[HouseholdGroup, ...]],
    points: Mapping[str, list[Site]],
    stop_number: Mapping[str, int],
) -> tuple[tuple[Kind, ...], list[tuple[int, ...]], int]:
    """Everybody to be moved, the stops at which each kind may get on, and how many households were split."""
    kinds: list[Kind] = []
    boarding: list[tuple[int, ...]] = []
    split = 0
    pinned = {pin.value for pin in scenario.pins if pin.kind == PinKind.VEHICLE}
    for settlement in scenario.settlements:
        taken: Counter[str] = Counter()
        apart = any(site.id in pinned for site in points.get(settlement.id, ()))
        for household in households.get(settlement.id, ()):
            parties = parties_of(household, scenario.fleet)
            split += household.count * (len(parties) > 1)
            usable = _usable(household, points[settlement.id], scenario.policy.walking.most_m)
            # Vehicles pinned to one of the points must know who gathers there.
            for stops, count in _gathering(household, usable, taken, apart=apart).items():
                numbers = tuple(stop_number[site] for site in stops)
                for party in parties:
                    suits = tuple(fits(party.needs, group) for group in scenario.fleet)
                    first = numbers[0] if numbers else -1
                    kinds.append(Kind(settlement.id, first, party, count, suits, _size(party)))
                    boarding.append(numbers)
    return tuple(kinds), boarding, split


def _usable(household: HouseholdGroup, points: list[Site], most_m: float) -> list[Site]:
    """Points near enough; of these, where there are any, those at which the household can get on."""
    near = [site for site in points if site.walk_m <= most_m]
    needs = household.needs
    return [site for site in near if site.accessible or not needs.wheelchair + needs.stretcher] or near


def _gathering(
    household: HouseholdGroup, usable: list[Site], taken: Counter[str], *, apart: bool
) -> Counter[tuple[str, ...]]:
    """Between which points vehicles may choose, and for how many households of the group."""
    if not apart or not usable:
        return Counter({tuple(site.id for site in usable): household.count})
    shared: Counter[tuple[str, ...]] = Counter()
    for _ in range(household.count):
        site = min(usable, key=lambda site: taken[site.id])
        taken[site.id] += household.people.total
        shared[(site.id,)] += 1
    return shared


def _size(party: Party) -> tuple[int, int, int, int]:
    needs = party.needs
    return (needs.seats, needs.wheelchair, needs.stretcher, needs.total)


def _share_out(household: HouseholdGroup, points: list[Site], taken: Counter[str]) -> Counter[str]:
    """Households of the group at each of the settlement's assembly points, evenly by persons."""
    needs = household.needs
    usable = [site for site in points if site.accessible or not needs.wheelchair + needs.stretcher] or points
    if not usable:
        return Counter({"": household.count})
    shared: Counter[str] = Counter()
    for _ in range(household.count):
        site = min(usable, key=lambda site: taken[site.id])
        taken[site.id] += household.people.total
        shared[site.id] += 1
    return shared


def _placing_order(kind: Kind) -> tuple[int, ...]:
    needs = kind.party.needs
    return (-needs.stretcher, -needs.wheelchair, -needs.total)


def _allowed_havens(
    scenario: Scenario, kind: Kind, stops: tuple[Stop, ...], havens: tuple[Haven, ...], travel: TravelTimes
) -> frozenset[int]:
    if kind.stop < 0:
        return frozenset()
    stop = stops[kind.stop]
    if kind.party.needs_places and not stop.accessible:
        return frozenset()
    pins = [
        pin for pin in scenario.pins if pin.kind == PinKind.DESTINATION and pin.subject == kind.settlement
    ]
    ends = {
        k: {haven.site} if haven.safe else {haven.site} | _reached_by_service(scenario, haven.site)
        for k, haven in enumerate(havens)
    }
    return frozenset(
        k
        for k, haven in enumerate(havens)
        if (haven.accessible or not kind.party.needs_places)
        and (not haven.hospital or kind.party.needs_places)
        and _pins_allow(pins, ends[k])
        and travel.free_time_s(stop.place, haven.place) < UNREACHABLE_S
    )


def _reached_by_service(scenario: Scenario, station: str) -> set[str]:
    return {service.to_site for service in scenario.services if service.from_site == station}


def _pins_allow(pins: list[Pin], ends: set[str]) -> bool:
    forced = {pin.value for pin in pins if pin.action == PinAction.FORCE}
    forbidden = {pin.value for pin in pins if pin.action == PinAction.FORBID}
    return bool(not forced or forced & ends) and not forbidden & ends


def _runs(scenario: Scenario, haven_number: Mapping[str, int]) -> tuple[Run, ...]:
    by_id = {site.id: site for site in scenario.sites}
    runs = [
        Run(
            service.id, service.operator, haven_number[service.from_site], service.to_site,
            math.ceil(depart_s), math.ceil(depart_s + service.travel_time_s),
            service.seats, service.wheelchair_places, service.stretcher_places,
        )
        for service in scenario.services
        if service.from_site in haven_number and by_id[service.to_site].safe
        for depart_s in service.departs_s
        if depart_s + service.travel_time_s <= scenario.horizon_s
    ]  # fmt: skip
    return tuple(sorted(runs, key=lambda run: (run.depart_s, run.service)))


def _vehicles(
    scenario: Scenario, number: Mapping[str, int], haven_ids: frozenset[str]
) -> tuple[Vehicle, ...]:
    pins = [pin for pin in scenario.pins if pin.kind == PinKind.VEHICLE]
    return tuple(
        Vehicle(
            id=vehicle_id,
            group=g,
            place=number[group.depot],
            available_s=math.ceil(group.available_from_s),
            duty_ends_s=math.floor(
                min(scenario.horizon_s, group.available_from_s + SECONDS_PER_HOUR * group.crew_hours)
            ),
            only_sites=_pinned(pins, PinAction.FORCE, (vehicle_id, group.id)) - haven_ids,
            never_sites=_pinned(pins, PinAction.FORBID, (vehicle_id, group.id)),
            only_havens=_pinned(pins, PinAction.FORCE, (vehicle_id, group.id)) & haven_ids,
        )
        for g, group in enumerate(scenario.fleet)
        if group.depot in number
        for vehicle_id in group.vehicle_ids()
        # A ban without a place takes the vehicle out.
        if "" not in _pinned(pins, PinAction.FORBID, (vehicle_id, group.id))
    )


def _pinned(pins: list[Pin], action: PinAction, subjects: tuple[str, ...]) -> frozenset[str]:
    return frozenset(pin.value for pin in pins if pin.action == action and pin.subject in subjects)
