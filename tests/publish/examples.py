"""Two districts to report on: a valley of four settlements, and one as large as the bundled scenario."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from safepassage.model.fleet import VehicleGroup
from safepassage.model.network import RoadNetwork
from safepassage.model.outcome import Curve, LinkUse, Outcome, SettlementOutcome, TripOutcome
from safepassage.model.people import NeedCount, PeopleCount, Settlement
from safepassage.model.plan import (
    Assignment,
    Bounded,
    Certificate,
    ControlPoint,
    Leg,
    Load,
    Mode,
    NaiveComparison,
    Plan,
    ReasonCode,
    Route,
    Trip,
    Unserved,
    Wave,
)
from safepassage.model.policy import Audience, DailyWindow, Policy, ThreatKind
from safepassage.model.scenario import Assumption, Order, ReportedFigure, Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat

BIN_S = 60
CROSSING_HEADWAY_S = 20
CAR_PEOPLE = 2
BUS_SEATS = 40
DWELL_S = 700


@dataclass(frozen=True)
class Case:
    """What a report is made of."""

    scenario: Scenario
    plan: Plan
    outcome: Outcome
    naive: Outcome


Place = tuple[str, str, str, float, float, int]


def valley(*, names: tuple[str, str] = ("Верхнє", "Verkhnie"), stretcher: int = 2) -> Case:
    """Four settlements above one ford; two people on stretchers find no ambulance."""
    places: list[Place] = [
        ("upper", *names, 37.80, 49.80, 420),
        ("mill", "Млинки", "Mlynky", 37.84, 49.76, 160),
        ("lower", "Нижнє", "Nyzhnie", 37.76, 49.74, 240),
        ("far", "Дальнє", "Dalnie", 37.92, 49.82, 80),
    ]
    nodes = {
        "bank": (37.70, 49.75), "ford": (37.68, 49.745), "hub": (37.60, 49.73), "city": (36.30, 49.99),
    }  # fmt: skip
    roads = [
        ("far", "upper"), ("upper", "bank"), ("mill", "lower"), ("lower", "bank"), ("bank", "ford"),
        ("ford", "hub"), ("hub", "city"),
    ]  # fmt: skip
    return _case("valley", "Долина", "The valley", places, nodes, roads, buses=4, stretcher=stretcher)


def large_district(n_settlements: int = 50) -> Case:
    """Fifty settlements, about 300 links, 1,700 cars and 200 trips behind one crossing."""
    random = np.random.default_rng(2023)
    places: list[Place] = []
    for k in range(n_settlements):
        longitude, latitude = 37.65 + 0.45 * random.random(), 49.55 + 0.45 * random.random()
        people = int(40 + 700 * random.random() ** 4)
        places.append((f"s{k:02d}", f"Селище {k + 1}", f"Selyshche {k + 1}", longitude, latitude, people))
    places[0] = ("s00", "Ківшарівка", "Kivsharivka", 37.69, 49.62, 3400)
    nodes = {"bank": (37.63, 49.71), "ford": (37.61, 49.71), "hub": (37.35, 49.75), "city": (36.25, 49.99)}
    at = {name: (lon, lat) for name, _uk, _en, lon, lat, _people in places} | nodes
    # Every place is joined to its nearest neighbours that lie nearer to the crossing, as trees grow.
    roads = [("bank", "ford"), ("ford", "hub"), ("hub", "city")]
    by_distance = sorted((place[0] for place in places), key=lambda name: math.dist(at[name], at["bank"]))
    reached = ["bank"]
    for name in by_distance:
        near = sorted((math.dist(at[name], at[other]), other) for other in reached)[:3]
        roads += [(name, other) for _length, other in near]
        reached.append(name)
    return _case(
        "district", "Куп'янський район", "Kupiansk district", places, nodes, roads, buses=24, stretcher=5
    )


def _case(
    case_id: str, name_uk: str, name_en: str, places: list[Place], nodes: dict[str, tuple[float, float]],
    roads: list[tuple[str, str]], *, buses: int, stretcher: int,
) -> Case:  # fmt: skip
    network = _network({place[0]: (place[3], place[4]) for place in places} | nodes, roads)
    settlements = tuple(_settlement(place, stretcher if k == 0 else 0) for k, place in enumerate(places))
    scenario = Scenario(
        id=case_id, name_uk=name_uk, name_en=name_en, time_zone="Europe/Kyiv",
        start=datetime(2023, 8, 11, 2, 0, tzinfo=UTC), horizon_s=36 * 3600, seed=7, network=network,
        settlements=settlements, sites=_sites(settlements, nodes),
        fleet=(VehicleGroup("bus", "bus", "District", buses, BUS_SEATS, 0, 0, 2, "hub"),), services=(),
        threat=Threat(), policy=Policy(ThreatKind.HOSTILE, curfew=(DailyWindow.parse("23:00-05:00"),)),
        order=Order(number="1", issued="2023-08-09"),
        assumptions=(
            Assumption("crossing_capacity", 180, 40, 200, "veh/h", "One lane over the embankment.", "Press"),
            Assumption("carless_share", 0.65, 0.5, 0.8, "share", "Those who stayed are poorer.", "Estimate"),
        ),
        reported=(ReportedFigure("2023-08-28", 1433, 715, 718, 12000, "Kharkiv regional administration"),),
        attribution="© OpenStreetMap contributors, ODbL",
    )  # fmt: skip
    return _played(scenario, buses)


def _settlement(place: Place, stretcher: int) -> Settlement:
    name, uk, en, longitude, latitude, people = place
    children, older = people // 12, people // 3
    count = PeopleCount(people - children - older - stretcher, children, older, stretcher)
    return Settlement(
        name, uk, en, "Громада", latitude, longitude, name, count, stretcher=stretcher, car_share=0.35
    )


def _network(nodes: dict[str, tuple[float, float]], roads: list[tuple[str, str]]) -> RoadNetwork:
    pairs = [pair for road in roads for pair in (road, road[::-1])]
    ids = list(nodes)
    length = [max(80.0, 111_195 * math.dist(_flat(nodes[a]), _flat(nodes[b]))) for a, b in pairs]
    crossing = ["Ford" if {a, b} == {"bank", "ford"} else "" for a, b in pairs]
    n = len(pairs)
    return RoadNetwork(
        node_id=tuple(ids), longitude_deg=np.array([nodes[i][0] for i in ids]),
        latitude_deg=np.array([nodes[i][1] for i in ids]), node_service_pcu_per_h=np.full(len(ids), np.inf),
        link_id=tuple(f"{a}>{b}" for a, b in pairs),
        from_node=np.array([ids.index(a) for a, _ in pairs]),
        to_node=np.array([ids.index(b) for _, b in pairs]),
        length_m=np.array(length), lanes=np.ones(n), free_speed_m_per_s=np.full(n, 14.0),
        capacity_pcu_per_h=np.array([180.0 if name else 900.0 for name in crossing]),
        jam_density_pcu_per_m=np.full(n, 0.13), merge_weight=np.ones(n), facility_type=("tertiary",) * n,
        crossing=tuple(crossing), schematic=np.array(["city" not in pair for pair in pairs]),
        source=("made",) * n, geometry=((),) * n,
    )  # fmt: skip


def _flat(point: tuple[float, float]) -> tuple[float, float]:
    return point[0] * math.cos(math.radians(49.8)), point[1]


def _sites(settlements: tuple[Settlement, ...], nodes: dict[str, tuple[float, float]]) -> tuple[Site, ...]:
    def site(site_id: str, kind: SiteKind, uk: str, en: str, *, safe: bool) -> Site:
        longitude, latitude = nodes[site_id]
        return Site(site_id, kind, uk, en, site_id, latitude, longitude, safe=safe)

    fixed = (
        site("hub", SiteKind.HANDOVER_HUB, "Пункт пересадки", "Handover hub", safe=True),
        site("city", SiteKind.RECEPTION, "Харків", "Kharkiv", safe=True),
        site("ford", SiteKind.CHECKPOINT, "Блокпост", "Checkpoint", safe=False),
    )
    points = tuple(
        Site(f"ap-{s.id}", SiteKind.ASSEMBLY_POINT, s.name_uk, s.name_en, s.node, s.latitude_deg,
             s.longitude_deg, settlement=s.id)
        for s in settlements
    )  # fmt: skip
    return fixed + points


def _way(network: RoadNetwork, start: str, end: str) -> list[int]:
    """Links of the shortest way."""
    at = {name: k for k, name in enumerate(network.node_id)}
    queue: list[tuple[float, int, tuple[int, ...]]] = [(0.0, at[start], ())]
    seen = set()
    while queue:
        length, node, way = heapq.heappop(queue)
        if node == at[end]:
            return list(way)
        if node in seen:
            continue
        seen.add(node)
        for link in np.flatnonzero(network.from_node == node):
            further = length + float(network.length_m[link])
            heapq.heappush(queue, (further, int(network.to_node[link]), (*way, int(link))))
    raise AssertionError(start)


class _Play:
    """Cars queue at the crossing in turn; buses drive freely and stand at stops."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.network = scenario.network
        self.bins: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.entered: dict[int, int] = defaultdict(int)
        self.crossing_free_s = 0.0
        self.out: dict[str, list[tuple[int, int]]] = {"cars": [], "fleet": []}
        self.arrivals: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self.first: dict[str, float] = {}

    def car(self, settlement: str, way: list[int], start_s: float, people: int) -> None:
        time_s = start_s
        for link in way:
            leave_s = time_s + float(self.network.free_flow_time_s[link])
            following = self.network.crossing[way[min(len(way) - 1, way.index(link) + 1)]]
            if following and not self.network.crossing[link]:
                leave_s = max(leave_s, self.crossing_free_s)
                self.crossing_free_s = leave_s + CROSSING_HEADWAY_S
            self.use(link, time_s, leave_s)
            time_s = leave_s
        self.arrive("cars", settlement, start_s, time_s, people)

    def use(self, link: int, from_s: float, until_s: float) -> None:
        self.entered[link] += 1
        for k in range(int(from_s // BIN_S), int(until_s // BIN_S) + 1):
            self.bins[link][k] += 1

    def arrive(self, mode: str, settlement: str, start_s: float, time_s: float, people: int) -> None:
        self.out[mode].append((math.ceil(time_s), people))
        self.arrivals[settlement].append((time_s, people))
        self.first[settlement] = min(start_s, self.first.get(settlement, math.inf))

    def curve(self, name: str, parts: tuple[str, ...]) -> Curve:
        steps = sorted(step for part in parts for step in self.out[part])
        total, times, people = 0, [], []
        for time_s, count in steps:
            total += count
            times.append(time_s)
            people.append(total)
        return Curve(name, tuple(times), tuple(people))


def _played(scenario: Scenario, buses: int) -> Case:
    play = _Play(scenario)
    routes, waves, assignments, unserved = [], [], [], []
    trips: list[Trip] = []
    outcomes: list[TripOutcome] = []
    free_s = [0.0] * buses
    wave_start = 0
    network = scenario.network
    for place in sorted(scenario.settlements, key=lambda place: -place.people.total):
        way = _way(network, place.node, "hub")
        links = tuple(network.link_id[link] for link in way)
        length, free = float(network.length_m[way].sum()), float(network.free_flow_time_s[way].sum())
        routes.append(Route(f"r-{place.id}", place.id, "hub", links, length, free))
        total = place.people.total - place.stretcher
        cars = round(total * place.car_share / CAR_PEOPLE)
        by_car = PeopleCount(adults=cars * CAR_PEOPLE)
        end = wave_start + max(600, cars * CROSSING_HEADWAY_S)
        waves.append(Wave(f"w-{place.id}", place.id, f"r-{place.id}", wave_start, end, cars, cars, by_car))
        for depart_s in waves[-1].departures_s():
            play.car(place.id, way, depart_s, CAR_PEOPLE)
        wave_start = end - end % 600
        assignments.append(_assignment(place, Mode.CAR, by_car, ""))
        left = total - by_car.total
        by_bus = PeopleCount(adults=left)
        assignments.append(_assignment(place, Mode.FLEET, by_bus, f"ap-{place.id}"))
        back = _way(network, "hub", place.node)
        while left:
            on_board = min(BUS_SEATS, left)
            bus = free_s.index(min(free_s))
            trip, played = _bus_trip(play, place, len(trips), bus, free_s[bus], back, way, on_board)
            trips.append(trip)
            outcomes.append(played)
            free_s[bus] = played.depart_s[-1]
            left -= on_board
        if place.stretcher:
            lying = PeopleCount(low_mobility=place.stretcher)
            unserved.append(
                Unserved(place.id, lying, NeedCount(stretcher=place.stretcher), place.stretcher,
                         ReasonCode.NO_VEHICLE, "No ambulance in the fleet table.", nobody_could=True)
            )  # fmt: skip
    plan = _plan(
        scenario, play, tuple(routes), tuple(waves), tuple(trips), tuple(assignments), tuple(unserved)
    )
    outcome = _outcome(scenario, plan, play, tuple(outcomes))
    return Case(scenario, plan, outcome, _later(outcome))


def _assignment(place: Settlement, mode: Mode, people: PeopleCount, point: str) -> Assignment:
    return Assignment(place.id, mode, "hub", "", point, people, NeedCount(seat=people.total), people.total)


def _bus_trip(
    play: _Play, place: Settlement, number: int, bus: int, start_s: float, back: list[int], way: list[int],
    on_board: int,
) -> tuple[Trip, TripOutcome]:  # fmt: skip
    network = play.network
    reach_s = start_s + float(network.free_flow_time_s[back].sum())
    leave_s = reach_s + DWELL_S
    arrive_s = leave_s + float(network.free_flow_time_s[way].sum()) * 1.2
    time_s = leave_s
    for link in way:
        next_s = time_s + float(network.free_flow_time_s[link]) * 1.2
        play.use(link, time_s, next_s)
        time_s = next_s
    load = (Load(place.id, on_board, PeopleCount(adults=on_board), NeedCount(seat=on_board)),)
    links = network.link_id
    legs = (
        Leg("hub", (), round(start_s), round(start_s)),
        Leg(f"ap-{place.id}", tuple(links[k] for k in back), round(reach_s), round(leave_s), board=load),
        Leg(
            "hub", tuple(links[k] for k in way), round(arrive_s), round(arrive_s) + DWELL_S // 2, alight=load
        ),
    )
    trip = Trip(f"t-{number:03d}", f"bus-{bus + 1:02d}", "District", Mode.FLEET, 2, escorted=False, legs=legs)
    play.arrive("fleet", place.id, leave_s, arrive_s, on_board)
    played = TripOutcome(
        trip.id,
        trip.vehicle,
        tuple(float(leg.arrive_s) for leg in legs),
        tuple(float(leg.depart_s) for leg in legs),
    )
    return trip, played


def _plan(
    scenario: Scenario, play: _Play, routes: tuple[Route, ...], waves: tuple[Wave, ...],
    trips: tuple[Trip, ...], assignments: tuple[Assignment, ...], unserved: tuple[Unserved, ...],
) -> Plan:  # fmt: skip
    ends = {name: max(time for time, _ in play.out[name]) for name in ("cars", "fleet")}
    served = sum(part.people.total for part in assignments)
    missing = sum(part.people.total for part in unserved)
    last = max(ends.values())
    people = {name: sum(count for _, count in play.out[name]) for name in ends}
    certificate = Certificate(
        objective="clearance of all people", people_total=served + missing, people_served=served,
        people_unserved=missing,
        clearance=(
            Bounded("all", served, last * 0.94, last, "vehicles: seated"),
            Bounded("cars", people["cars"], ends["cars"] * 0.985, ends["cars"], "Ford"),
            Bounded("fleet", people["fleet"], ends["fleet"] * 0.94, ends["fleet"], "vehicles: seated"),
        ),
        bound_parts=(("cars_discrete", ends["cars"] * 0.97), ("cars_continuous", ends["cars"] * 0.985),
                     ("cars_farthest", 3000.0), ("fleet_seated_work", ends["fleet"] * 0.94)),
        mean_arrival_s=last / 2.1,
        naive=NaiveComparison("everyone at once by the nearest way, buses straight to Kharkiv", last * 1.6,
                              ends["cars"] * 1.1, last * 1.6, last * 0.8, served, nearest_way_is_best=False),
        assumptions=("crossing_capacity", "carless_share"), statements=(),
        versions=(("safepassage", "0.1.0"),),
        seed=7, input_hash="ab" * 32, work_budget=(("iterations", 400),),
    )  # fmt: skip
    points = (
        ControlPoint("ford", "crossing", len(routes), sum(w.vehicles for w in waves), 900, round(last)),
    )
    return Plan(
        id=f"{scenario.id}-abababab-7", revision=1, supersedes="", scenario_id=scenario.id,
        scenario_hash="ab" * 32,
        start=scenario.start.isoformat(), time_zone=scenario.time_zone, audience=Audience.COMMISSION,
        release_at_s=None, exercise=scenario.is_exercise, routes=routes, waves=waves, trips=trips,
        assignments=assignments, unserved=unserved, control_points=points, pins=(), certificate=certificate,
    )  # fmt: skip


def _outcome(scenario: Scenario, plan: Plan, play: _Play, trips: tuple[TripOutcome, ...]) -> Outcome:
    cars, fleet, everyone = play.curve("cars", ("cars",)), play.curve("fleet", ("fleet",)), play.curve(
        "all", ("cars", "fleet"))  # fmt: skip
    missing = {part.settlement: part.people.total for part in plan.unserved}
    last_bin = everyone.times_s[-1] // BIN_S
    settlements = tuple(
        SettlementOutcome(
            place.id, place.people.total, place.people.total - missing.get(place.id, 0), 0,
            missing.get(place.id, 0),
            play.first[place.id], max(time for time, _ in play.arrivals[place.id]), 0.0,
        )
        for place in scenario.settlements
    )  # fmt: skip
    links = tuple(
        LinkUse(
            play.network.link_id[link],
            tuple(bins.get(k, 0) for k in range(last_bin + 1)),
            0.0,
            play.entered[link],
        )
        for link, bins in sorted(play.bins.items())
    )
    safe = everyone.people[-1]
    assert plan.certificate is not None
    return Outcome(
        plan_id=plan.id, scenario_hash=plan.scenario_hash, seed=7,
        people=safe + sum(missing.values()), safe=safe,
        on_the_way=0, at_home=sum(missing.values()), clearance_s=everyone.times_s[-1],
        cars_clearance_s=cars.times_s[-1], fleet_clearance_s=fleet.times_s[-1],
        received_s=everyone.times_s[-1],
        mean_arrival_s=plan.certificate.mean_arrival_s, stuck_vehicles=0, stuck_links=(),
        curves=(everyone, cars, fleet), settlements=settlements, trips=trips, bin_s=BIN_S, links=links,
        waiting_peak=(), digest="cd" * 32,
    )  # fmt: skip


def _later(outcome: Outcome) -> Outcome:
    """A baseline that takes 1.6 times as long."""
    curve = outcome.curves[0]
    slow = Curve("all", tuple(round(time * 1.6) for time in curve.times_s), curve.people)
    return replace(outcome, plan_id="naive", curves=(slow,), clearance_s=outcome.clearance_s * 1.6)
