"""A made district in the likeness of Kupiansk, for measuring and testing the fleet planner."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

import numpy as np

from safepassage.model.fleet import ScheduledService, VehicleGroup
from safepassage.model.households import form_households
from safepassage.model.network import RoadNetwork
from safepassage.model.people import HouseholdGroup, PeopleCount, Settlement
from safepassage.model.policy import DailyWindow, Policy, ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat

HOUR_S = 3600.0
TOWN_SHARES = (0.29, 0.13, 0.10)


def kupiansk_like(
    *,
    seed: int = 7,
    settlements: int = 45,
    carless: int = 7800,
    wheelchair: int = 90,
    stretcher: int = 24,
    hub_cap: float = 10_000.0,
    stop_cap: float = 150.0,
    with_train: bool = True,
) -> tuple[Scenario, dict[str, tuple[HouseholdGroup, ...]]]:
    """
    A city with reception, a hub 75 km east of it, a river 40 minutes on, villages on both banks.

    Parameters
    ----------
    seed : int
        Of positions and sizes.
    settlements, carless : int
        How many settlements, and people without a car in them.
    wheelchair, stretcher : int
        Of them, those who need places.
    hub_cap, stop_cap : float
        Most persons waiting at the hub and at an assembly point.
    with_train : bool
        Whether the train runs.

    Returns
    -------
    Scenario, dict of str to tuple of HouseholdGroup
        The case and the households of each settlement, all without a car.
    """
    random = Random(seed)
    spots = [(0.0, 0.0), (75.0, 0.0), (110.0, 0.0), (104.0, 5.0)]
    joins = [(0, 1, 70.0), (1, 2, 55.0), (2, 3, 40.0)]
    for k in range(settlements):
        east = 112 + 7 * k if k < len(TOWN_SHARES) else random.uniform(102, 138)
        spots.append((east, random.uniform(-26, 26) if k >= len(TOWN_SHARES) else 3.0 * k - 2))
        here = len(spots) - 1
        near = sorted(range(1, here), key=lambda other: math.dist(spots[here], spots[other]))
        joins += [(here, other, 50.0) for other in near[:2]]
    network = _network(spots, joins)
    people = _people(random, settlements, carless)
    frail = _apportion([p * random.uniform(0.7, 1.3) for p in people], wheelchair + stretcher)
    lying = _apportion([float(f) for f in frail], stretcher)
    places = tuple(
        _settlement(k, spots[4 + k], people[k], frail[k], min(lying[k], frail[k])) for k in range(settlements)
    )
    scenario = Scenario(
        id="kupiansk-like",
        name_uk="Вигаданий район",
        name_en="Made district",
        time_zone="Europe/Kyiv",
        start=datetime(2023, 8, 10, 2, 0, tzinfo=UTC),
        horizon_s=72 * HOUR_S,
        seed=seed,
        network=network,
        settlements=places,
        sites=_sites(places, hub_cap, stop_cap),
        fleet=_fleet(),
        services=_services() if with_train else (),
        threat=Threat(),
        policy=Policy(ThreatKind.HOSTILE, curfew=(DailyWindow.parse("23:00-05:00"),)),
    )
    return scenario, {place.id: form_households(place) for place in places}


def people_of(households: Mapping[str, tuple[HouseholdGroup, ...]]) -> int:
    """Persons in all households."""
    return sum(group.count * group.people.total for groups in households.values() for group in groups)


def _network(spots: list[tuple[float, float]], joins: list[tuple[int, int, float]]) -> RoadNetwork:
    both = [(a, b, v) for a, b, v in joins] + [(b, a, v) for a, b, v in joins]
    n = len(both)
    length_m = [max(500.0, 1200.0 * math.dist(spots[a], spots[b])) for a, b, _ in both]
    longitude = [36.2 + east / 71.6 for east, _ in spots]
    latitude = [49.9 + north / 111.2 for _, north in spots]
    return RoadNetwork(
        node_id=tuple(f"n{k}" for k in range(len(spots))),
        longitude_deg=np.array(longitude),
        latitude_deg=np.array(latitude),
        node_service_pcu_per_h=np.full(len(spots), np.inf),
        link_id=tuple(f"l{k}" for k in range(n)),
        from_node=np.array([a for a, _, _ in both], np.int32),
        to_node=np.array([b for _, b, _ in both], np.int32),
        length_m=np.array(length_m),
        lanes=np.ones(n),
        free_speed_m_per_s=np.array([v / 3.6 for _, _, v in both]),
        capacity_pcu_per_h=np.full(n, 1500.0),
        jam_density_pcu_per_m=np.full(n, 0.1333),
        merge_weight=np.ones(n),
        facility_type=("road",) * n,
        crossing=("",) * n,
        schematic=np.ones(n, np.bool_),
        source=("made",) * n,
        geometry=((),) * n,
    )


def _people(random: Random, settlements: int, carless: int) -> list[int]:
    towns = [carless * share for share in TOWN_SHARES[:settlements]]
    weights = [random.lognormvariate(0.0, 0.8) for _ in range(settlements - len(towns))]
    left = carless - sum(towns)
    return _apportion(towns + [left * weight / sum(weights) for weight in weights], carless)


def _apportion(shares: list[float], total: int) -> list[int]:
    """Whole numbers in proportion to shares, by largest remainder."""
    scale = total / sum(shares) if sum(shares) else 0.0
    whole = [int(share * scale) for share in shares]
    order = sorted(range(len(shares)), key=lambda k: (whole[k] - shares[k] * scale, k))
    for k in order[: total - sum(whole)]:
        whole[k] += 1
    return whole


def _settlement(number: int, spot: tuple[float, float], people: int, frail: int, lying: int) -> Settlement:
    children, older, slow = people // 20, people * 2 // 5, max(frail, people // 25)
    return Settlement(
        id=f"s{number:02d}",
        name_uk=f"Село {number}",
        name_en=f"Village {number}",
        community="",
        latitude_deg=49.9 + spot[1] / 111.2,
        longitude_deg=36.2 + spot[0] / 71.6,
        node=f"n{4 + number}",
        people=PeopleCount(people - children - older - slow, children, older, slow),
        wheelchair=frail - lying,
        stretcher=lying,
        household_size=2.3,
        car_share=0.0,
    )


def _site(site_id: str, kind: SiteKind, node: str, **more: float | str | bool) -> Site:
    return Site(site_id, kind, site_id, site_id, node, 49.9, 36.2, **more)  # type: ignore[arg-type]


def _sites(places: tuple[Settlement, ...], hub_cap: float, stop_cap: float) -> tuple[Site, ...]:
    return (
        _site("reception", SiteKind.RECEPTION, "n0", capacity_persons=16_000.0, safe=True),
        _site("hub", SiteKind.HANDOVER_HUB, "n1", waiting_cap_persons=hub_cap, safe=True),
        _site("station", SiteKind.STATION, "n3", waiting_cap_persons=600.0),
        _site("depot-city", SiteKind.DEPOT, "n0"),
        _site("depot-hub", SiteKind.DEPOT, "n1"),
        *(
            _site(
                f"ap-{place.id}", SiteKind.ASSEMBLY_POINT, place.node, waiting_cap_persons=stop_cap,
                settlement=place.id,
            )
            for place in places
        ),
    )  # fmt: skip


def _fleet() -> tuple[VehicleGroup, ...]:
    return (
        VehicleGroup("bus-city", "bus", "State", 16, 45, 0, 0, 2, "depot-city", escorted=True),
        VehicleGroup("bus-hub", "bus", "State", 8, 45, 0, 0, 2, "depot-hub", escorted=True),
        VehicleGroup("minibus", "minibus", "Volunteers", 16, 16, 0, 0, 1, "depot-hub", 1800.0),
        VehicleGroup("van", "wheelchair_van", "Red Cross", 8, 4, 2, 0, 1, "depot-hub"),
        VehicleGroup("ambulance", "ambulance", "Hospital", 6, 2, 0, 1, 1, "depot-hub"),
    )


def _services() -> tuple[ScheduledService, ...]:
    departs = tuple(day * 24 * HOUR_S + hour * HOUR_S for day in range(3) for hour in (4, 12))
    return (
        ScheduledService(
            "train", "rail", "Railways", "station", "reception", departs, 2.5 * HOUR_S, 500, 4, 0
        ),
    )
