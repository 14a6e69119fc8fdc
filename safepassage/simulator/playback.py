"""Play a plan in its scenario and count people: who is at home, on the way, and out of danger, and when."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray
from safepassage.model.outcome import Curve, LinkUse, Outcome, SettlementOutcome, TripOutcome
from safepassage.model.plan import Leg, Load, Mode, Plan, Trip
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import ThreatEntry
from safepassage.simulator.background import background_vehicles
from safepassage.simulator.moves import MoveSink
from safepassage.simulator.plan_demand import scenario_traffic, spread
from safepassage.simulator.plan_traffic import PlanTraffic, stop_time_s, trip_times_s
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.scenario_conditions import scenario_conditions
from safepassage.simulator.troubles import troubles, walk_outcomes
from safepassage.simulator.walking import Walk, gathering_sites, walkers, walking_time_s

_RECEIVING = (SiteKind.RECEPTION, SiteKind.TRANSIT_CENTRE, SiteKind.EXIT, SiteKind.HOSPITAL)
_MOST_BINS = 300
_BINS_S = (60, 120, 300, 600, 900, 1800, 3600)


def simulate(
    scenario: Scenario,
    plan: Plan,
    *,
    seed: int = 0,
    entries: Sequence[ThreatEntry] | None = None,
    on_moves: MoveSink | None = None,
) -> Outcome:
    """
    Play a plan.

    Parameters
    ----------
    scenario : Scenario
        Roads, people, sites and rules.
    plan : Plan
        Waves of cars and trips of vehicles.
    seed : int
        Of the order of equal claims at merges.
    entries : sequence of ThreatEntry, optional
        What comes true of the threat; by default its certain entries.
    on_moves : callable, optional
        Told of every move of a vehicle; vehicles are numbered as `plan_demand.vehicle_blocks` says.

    Returns
    -------
    Outcome
        Every person in scope is at home, on the way or safe at the end.

    Notes
    -----
    Whoever gets off at a safe site is out of danger then. People at a station or hub go on with the
    vehicle that the plan gives them; of those who come too late for a timetable the rest stays there.
    """
    return play_plan(scenario, plan, seed=seed, entries=entries, on_moves=on_moves).outcome


@dataclass(frozen=True, slots=True, eq=False)
class PlayedPlan:
    """
    A played plan with its traffic.

    Attributes
    ----------
    outcome : Outcome
        What happened to people.
    traffic : PlanTraffic
        What was driven.
    result : TrafficResult
        What happened to vehicles, entries into links among it.
    """

    outcome: Outcome
    traffic: PlanTraffic
    result: TrafficResult


def play_plan(
    scenario: Scenario,
    plan: Plan,
    *,
    seed: int = 0,
    entries: Sequence[ThreatEntry] | None = None,
    on_moves: MoveSink | None = None,
) -> PlayedPlan:
    """
    Play a plan and keep its traffic; see `simulate`.

    Parameters
    ----------
    scenario : Scenario
        Roads, people, sites and rules.
    plan : Plan
        Waves of cars and trips of vehicles.
    seed : int
        Of the order of equal claims at merges.
    entries : sequence of ThreatEntry, optional
        What comes true of the threat; by default its certain entries.
    on_moves : callable, optional
        Told of every move of a vehicle.

    Returns
    -------
    PlayedPlan
        The outcome, and what it was counted from.
    """
    network = scenario.network
    traffic = scenario_traffic(scenario, plan)
    conditions = scenario_conditions(scenario, entries)
    result = play(
        network, traffic.demand, seed=seed, record_entries=True, conditions=conditions, on_moves=on_moves
    )
    count = _Count(scenario)
    _count_cars(count, plan, traffic, result)
    trips = _count_trips(count, plan, traffic, result)
    bin_s, links = _link_use(scenario, traffic, result)
    outcome = count.outcome(plan, seed=seed, trips=trips, bin_s=bin_s, links=links, result=result)
    others = background_vehicles(scenario.background, scenario.horizon_s)
    n_own = traffic.demand.n_vehicles - others
    outcome = replace(outcome, **troubles(scenario, traffic.demand, conditions, result, n_own))
    return PlayedPlan(outcome, traffic, result)


@dataclass(slots=True)
class _Count:
    """People of every settlement as they leave home and get out of danger."""

    scenario: Scenario
    left: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    safe: dict[str, list[tuple[float, int, Mode]]] = field(default_factory=lambda: defaultdict(list))
    received: list[tuple[float, int]] = field(default_factory=list)
    waiting: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    walks: list[Walk] = field(default_factory=list)
    gathering: dict[str, Site] = field(default_factory=dict)
    safe_sites: frozenset[str] = frozenset()
    receiving_sites: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        sites = self.scenario.sites
        self.safe_sites = frozenset(site.id for site in sites if site.safe)
        self.gathering = gathering_sites(self.scenario)
        self.receiving_sites = frozenset(site.id for site in sites if site.safe and site.kind in _RECEIVING)

    def outcome(
        self,
        plan: Plan,
        *,
        seed: int,
        trips: tuple[TripOutcome, ...],
        bin_s: int,
        links: tuple[LinkUse, ...],
        result: TrafficResult,
    ) -> Outcome:
        """Sum everything up."""
        settlements = tuple(
            self._settlement(place.id, place.people.total) for place in self.scenario.in_scope
        )
        people = sum(row.people for row in settlements)
        safe = sum(row.safe for row in settlements)
        at_home = sum(row.at_home for row in settlements)
        everyone = [event for events in self.safe.values() for event in events]
        cars = [(time_s, number) for time_s, number, mode in everyone if mode == Mode.CAR]
        fleet = [(time_s, number) for time_s, number, mode in everyone if mode != Mode.CAR]
        person_s = sum(time_s * number for time_s, number, _ in everyone)
        return Outcome(
            plan_id=plan.id,
            scenario_hash=plan.scenario_hash,
            seed=seed,
            people=people,
            safe=safe,
            on_the_way=people - safe - at_home,
            at_home=at_home,
            clearance_s=_last([(time_s, number) for time_s, number, _ in everyone]),
            cars_clearance_s=_last(cars),
            fleet_clearance_s=_last(fleet),
            received_s=_last(self.received),
            mean_arrival_s=person_s / safe if safe else math.nan,
            stuck_vehicles=result.stuck_vehicles,
            stuck_links=(),
            curves=tuple(
                _curve(name, events)
                for name, events in (
                    ("all", cars + fleet), ("cars", cars), ("fleet", fleet), ("received", self.received),
                )
            ),
            settlements=settlements,
            trips=trips,
            bin_s=bin_s,
            links=links,
            waiting_peak=tuple((site, _peak(events)) for site, events in sorted(self.waiting.items())),
            digest=result.digest,
            walks=walk_outcomes(self.walks),
        )  # fmt: skip

    def _settlement(self, settlement: str, people: int) -> SettlementOutcome:
        safe = sum(number for _, number, _ in self.safe[settlement])
        gone = sum(number for _, number in self.left[settlement])
        times = [time_s for time_s, _, _ in self.safe[settlement]]
        return SettlementOutcome(
            settlement=settlement,
            people=people,
            safe=safe,
            on_the_way=gone - safe,
            at_home=people - gone,
            first_departure_s=min((time_s for time_s, _ in self.left[settlement]), default=math.nan),
            last_arrival_s=max(times, default=math.nan),
            mean_arrival_s=(
                sum(time_s * number for time_s, number, _ in self.safe[settlement]) / safe
                if safe
                else math.nan
            ),
        )


def _count_cars(count: _Count, plan: Plan, traffic: PlanTraffic, result: TrafficResult) -> None:
    destination = {route.id: route.destination for route in plan.routes}
    n_cars = traffic.car_wave.size
    depart_s, arrive_s = result.leg_entered_s[:n_cars], result.leg_arrive_s[:n_cars]
    first = 0
    for wave in plan.waves:
        cars = slice(first, first + wave.vehicles)
        first += wave.vehicles
        safe_there = destination[wave.route] in count.safe_sites
        aboard = spread(wave.people.total, wave.vehicles)
        for number, left_s, safe_s in zip(aboard, depart_s[cars], arrive_s[cars], strict=True):
            if number == 0 or math.isnan(left_s):
                continue
            count.left[wave.settlement].append((float(left_s), number))
            if safe_there and not math.isnan(safe_s):
                count.safe[wave.settlement].append((float(safe_s), number, Mode.CAR))
                if destination[wave.route] in count.receiving_sites:
                    count.received.append((float(safe_s), number))


def _count_trips(
    count: _Count, plan: Plan, traffic: PlanTraffic, result: TrafficResult
) -> tuple[TripOutcome, ...]:
    depart_s, arrive_s = result.leg_entered_s, result.leg_arrive_s
    times = [trip_times_s(traffic, trip, k, depart_s, arrive_s) for k, trip in enumerate(plan.trips)]
    there = _WaitingPeople()
    # Whoever comes to a hub or station must have come before the vehicle that takes them on leaves.
    order = sorted(range(len(plan.trips)), key=lambda k: _boarding_time_s(plan.trips[k], times[k][1]))
    for k in order:
        _count_trip(count, plan.trips[k], times[k], there)
    return tuple(
        TripOutcome(trip.id, trip.vehicle, arrive, depart)
        for trip, (arrive, depart) in zip(plan.trips, times, strict=True)
    )


def _boarding_time_s(trip: Trip, depart_s: Sequence[float]) -> float:
    boarding = [time_s for leg, time_s in zip(trip.legs, depart_s, strict=True) if leg.board]
    return max((time_s for time_s in boarding if not math.isnan(time_s)), default=math.inf)


class _WaitingPeople:
    """People of each settlement who were set down at a hub or station, with the times they came."""

    def __init__(self) -> None:
        self.came: dict[tuple[str, str], list[list[float]]] = defaultdict(list)

    def set_down(self, site: str, settlement: str, number: int, time_s: float) -> None:
        """People get off."""
        self.came[site, settlement].append([time_s, float(number)])

    def take(self, site: str, settlement: str, most: int, time_s: float) -> int:
        """People who are there by a time get on, first come first served; returns how many."""
        taken = 0
        for entry in sorted(self.came[site, settlement]):
            if entry[0] <= time_s:
                number = min(int(entry[1]), most - taken)
                entry[1] -= number
                taken += number
        self.came[site, settlement] = [entry for entry in self.came[site, settlement] if entry[1] > 0]
        return taken


def _count_trip(
    count: _Count, trip: Trip, times: tuple[tuple[float, ...], tuple[float, ...]], there: _WaitingPeople
) -> None:
    policy = count.scenario.policy
    aboard: dict[str, int] = defaultdict(int)
    already_safe = False
    for leg, arrive_s, depart_s in zip(trip.legs, *times, strict=True):
        if leg.alight and not math.isnan(arrive_s):
            _set_down(count, trip, leg, arrive_s, aboard, there, already_safe=already_safe)
        if not leg.board or math.isnan(depart_s):
            continue
        already_safe = leg.site in count.safe_sites
        from_home = trip.mode == Mode.FLEET and not already_safe and not _is_station(count, leg)
        for load in leg.board:
            number = load.people.total
            if from_home:
                standing_s = min(depart_s - policy.call_ahead_s, depart_s - stop_time_s(leg, policy.boarding))
                standing_s = _leave_home(count, trip, leg, load, standing_s, depart_s)
                count.waiting[leg.site] += [(standing_s, number), (depart_s, -number)]
            else:
                number = there.take(leg.site, load.settlement, number, depart_s)
                count.waiting[leg.site].append((depart_s, -number))
            aboard[load.settlement] += number


def _leave_home(
    count: _Count, trip: Trip, stop: Leg, load: Load, standing_s: float, depart_s: float
) -> float:
    """Note who left home, on foot where the way counts; when they stand at the stop."""
    site = count.gathering.get(stop.site)
    walk_s = walking_time_s(count.scenario, site, load) if site else 0.0
    if site is None or walk_s == 0:
        count.left[load.settlement].append((depart_s, load.people.total))
        return standing_s
    set_out_s = max(standing_s - walk_s, 0.0)
    people = walkers(load)
    count.walks.append(
        Walk(site.id, load.settlement, trip.id, people, site.walk_m, set_out_s, set_out_s + walk_s)
    )
    count.left[load.settlement].append((set_out_s, people.total))
    if load.people.low_mobility:
        count.left[load.settlement].append((depart_s, load.people.low_mobility))
    return set_out_s + walk_s


def _is_station(count: _Count, leg: Leg) -> bool:
    return any(service.from_site == leg.site for service in count.scenario.services) and not any(
        site.id == leg.site and site.kind == SiteKind.ASSEMBLY_POINT for site in count.scenario.sites
    )


def _set_down(
    count: _Count,
    trip: Trip,
    leg: Leg,
    arrive_s: float,
    aboard: dict[str, int],
    there: _WaitingPeople,
    *,
    already_safe: bool,
) -> None:
    for load in leg.alight:
        number = min(load.people.total, aboard[load.settlement])
        if number == 0:
            continue
        aboard[load.settlement] -= number
        if leg.site in count.safe_sites and not already_safe:
            count.safe[load.settlement].append((arrive_s, number, trip.mode))
        if leg.site in count.receiving_sites:
            count.received.append((arrive_s, number))
        else:
            there.set_down(leg.site, load.settlement, number, arrive_s)
            count.waiting[leg.site].append((arrive_s, number))


def _last(events: Sequence[tuple[float, int]]) -> float:
    return max((time_s for time_s, _ in events), default=math.nan)


def _curve(name: str, events: Iterable[tuple[float, int]]) -> Curve:
    """Cumulative people a whole second; an arrival counts from the second after it on."""
    by_second: dict[int, int] = defaultdict(int)
    for time_s, number in events:
        by_second[math.ceil(time_s)] += number
    times = sorted(by_second)
    return Curve(
        name, tuple(times), tuple(int(n) for n in np.cumsum([by_second[time_s] for time_s in times]))
    )


def _peak(events: Sequence[tuple[float, int]]) -> int:
    """Most people at once; who leaves makes room before who comes at the same moment."""
    here = most = 0
    for _, change in sorted(events):
        here += change
        most = max(most, here)
    return most


def _link_use(
    scenario: Scenario, traffic: PlanTraffic, result: TrafficResult
) -> tuple[int, tuple[LinkUse, ...]]:
    """Vehicles on each used link at the start of every time bin, and their delay."""
    demand, network = traffic.demand, scenario.network
    length = np.diff(demand.route_offset)[demand.leg_route]
    if length.sum() == 0 or not len(result.entry_s):
        return _BINS_S[0], ()
    leg = np.repeat(np.arange(demand.n_legs), length)
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    link = demand.route_link[demand.route_offset[demand.leg_route[leg]] + within]
    last = within == length[leg] - 1
    enter_s = result.entry_s
    leave_s = np.where(last, result.leg_arrive_s[leg], np.append(enter_s[1:], np.nan))
    entered = ~np.isnan(enter_s)
    until_s = float(np.nanmax(np.concatenate([enter_s, leave_s]), initial=0.0))
    bin_s = next((width for width in _BINS_S if until_s / width <= _MOST_BINS), _BINS_S[-1])
    n_bins = int(until_s // bin_s) + 2
    used, row = np.unique(link[entered], return_inverse=True)
    change = np.zeros((used.size, n_bins + 1), np.int64)
    gone_s = np.where(np.isnan(leave_s), n_bins * bin_s, leave_s)[entered]
    np.add.at(change, (row, np.ceil(enter_s[entered] / bin_s).astype(np.int64)), 1)
    np.add.at(change, (row, np.minimum(np.ceil(gone_s / bin_s), n_bins).astype(np.int64)), -1)
    standing = np.cumsum(change, axis=1)[:, :n_bins]
    delay_s = _delay_by_link(network.free_flow_time_s[link], enter_s, leave_s, entered, row, used.size)
    times = np.bincount(row, minlength=used.size)
    return bin_s, tuple(
        LinkUse(
            network.link_id[used[k]], tuple(standing[k].tolist()), float(round(delay_s[k], 3)), int(times[k])
        )
        for k in range(used.size)
    )


def _delay_by_link(
    free_s: FloatArray,
    enter_s: FloatArray,
    leave_s: FloatArray,
    entered: FlagArray,
    row: OffsetArray,
    n_rows: int,
) -> FloatArray:
    delay_s = np.maximum(leave_s - enter_s - free_s, 0.0)[entered]
    total = np.bincount(row, weights=np.nan_to_num(delay_s), minlength=n_rows)
    return total.astype(np.float64)
