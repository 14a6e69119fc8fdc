"""Small networks and scenarios for the planner's tests, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Pin
from safepassage.model.policy import DailyWindow, Policy, ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat

START = "2023-08-10T05:00:00+03:00"


def roads(
    links: Sequence[tuple[str, str, float, float]],
    *,
    service: Mapping[str, float] | None = None,
    forbidden: Sequence[tuple[int, int]] = (),
) -> RoadNetwork:
    """Links of (from, to, free-flow minutes, PCU/h) at 10 m/s; nodes are named by their use."""
    nodes = tuple(dict.fromkeys(name for link in links for name in link[:2]))
    n = len(links)
    return RoadNetwork(
        node_id=nodes,
        longitude_deg=np.linspace(30, 30.1, len(nodes)),
        latitude_deg=np.full(len(nodes), 50.0),
        node_service_pcu_per_h=np.array([(service or {}).get(node, np.inf) for node in nodes]),
        link_id=tuple(f"{a}-{b}" for a, b, _, _ in links),
        from_node=np.array([nodes.index(a) for a, _, _, _ in links]),
        to_node=np.array([nodes.index(b) for _, b, _, _ in links]),
        length_m=np.array([minutes * 600 for _, _, minutes, _ in links]),
        lanes=np.ones(n),
        free_speed_m_per_s=np.full(n, 10.0),
        capacity_pcu_per_h=np.array([capacity for _, _, _, capacity in links]),
        jam_density_pcu_per_m=np.full(n, 1 / 7.5),
        merge_weight=np.ones(n),
        facility_type=("",) * n,
        crossing=("",) * n,
        schematic=np.zeros(n, np.bool_),
        source=("made",) * n,
        geometry=((),) * n,
        movement_in_link=np.array([a for a, _ in forbidden], np.int32),
        movement_out_link=np.array([b for _, b in forbidden], np.int32),
        movement_capacity_pcu_per_h=np.zeros(len(forbidden)),
    )


def drivers(
    network: RoadNetwork,
    cars: Mapping[str, int],
    exits: Mapping[str, float],
    *,
    pins: Sequence[Pin] = (),
    curfew: Sequence[str] = (),
    threat: Threat | None = None,
    horizon_h: float = 48,
) -> Scenario:
    """One-person households that all drive, from nodes to exits with a capacity in persons."""
    settlements = tuple(
        Settlement(
            node, node, node, "", 50, 30, node if node in network.node_id else "", PeopleCount(adults=number),
            household_size=1, car_share=1.0,
        )
        for node, number in cars.items()
    )  # fmt: skip
    sites = tuple(
        Site(f"exit-{node}", SiteKind.EXIT, node, node, node, 50, 30, capacity_persons=room, safe=True)
        for node, room in exits.items()
    )
    policy = Policy(ThreatKind.NATURAL, curfew=tuple(DailyWindow.parse(text) for text in curfew))
    return Scenario(
        id="small", name_uk="small", name_en="small", time_zone="Europe/Kyiv",
        start=datetime.fromisoformat(START), horizon_s=horizon_h * 3600, seed=1, network=network,
        settlements=settlements, sites=sites, fleet=(), services=(), threat=threat or Threat(),
        policy=policy, pins=tuple(pins),
    )  # fmt: skip
