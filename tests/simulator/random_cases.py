"""Random small networks and demands: every feature of the model, congested enough to interact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.simulator import (
    Conditions,
    Hold,
    HoldPoint,
    Knowledge,
    LinkChange,
    Refuge,
    Signal,
    TrafficDemand,
)
from tests.simulator.made_networks import Road, network, tours


def random_case(seed: int) -> tuple[RoadNetwork, TrafficDemand]:
    """Tours of cars and buses over short and long links, served nodes, limited turns, loops."""
    rng = np.random.default_rng(seed)
    roads = _random_network(rng)
    routes, ends = _random_routes(rng, roads, int(rng.integers(2, 9)))
    return roads, _random_tours(rng, routes, ends)


def _random_network(rng: np.random.Generator) -> RoadNetwork:
    n_nodes = int(rng.integers(2, 7))
    ring = [(k, (k + 1) % n_nodes) for k in range(n_nodes)]
    extra = [tuple(map(int, rng.integers(0, n_nodes, 2))) for _ in range(int(rng.integers(0, 8)))]
    roads = [
        Road(
            start,
            end,
            length_m=float(rng.choice([4.0, 9.0, 25.0, 80.0, 300.0])),
            speed_m_per_s=float(rng.choice([10.0, 12.5, 20.0])),
            capacity_per_h=float(rng.choice([600.0, 1700.0, 1800.0, 3600.0])),
            jam_per_m=float(rng.choice([0.13, 0.2])),
            weight=float(rng.choice([0.5, 1.0, 2.0, 7.0])),
        )
        for start, end in ring + extra
    ]
    service = {k: float(rng.choice([300.0, 1200.0])) for k in range(n_nodes) if rng.random() < 0.2}
    turns = [
        (i, j, float(rng.choice([200.0, 900.0])))
        for i, inbound in enumerate(roads)
        for j, outbound in enumerate(roads)
        if inbound.end == outbound.start and rng.random() < 0.15
    ]
    return network(roads, service_per_h=service, turns=turns)


def _random_routes(
    rng: np.random.Generator, roads: RoadNetwork, count: int
) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """Random walks; the first route is empty."""
    routes: list[list[int]] = [[]]
    ends = [(-1, -1)]
    for _ in range(count):
        node = start = int(rng.integers(0, roads.n_nodes))
        route = []
        for _ in range(int(rng.integers(1, 8))):
            link = int(rng.choice(np.flatnonzero(roads.from_node == node)))
            route.append(link)
            node = int(roads.to_node[link])
        routes.append(route)
        ends.append((start, node))
    return routes, ends


def _random_tours(
    rng: np.random.Generator, routes: list[list[int]], ends: list[tuple[int, int]]
) -> TrafficDemand:
    legs = []
    for _ in range(int(rng.integers(1, 60))):
        at, tour = -1, []
        for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
            fitting = [k for k, (start, _) in enumerate(ends) if start == -1 or at in (-1, start)]
            chosen = int(rng.choice(fitting))
            at = ends[chosen][1] if chosen else at
            tour.append((chosen, float(rng.integers(0, 40)), float(rng.choice([0.0, 5.0, 12.5]))))
        legs.append(tour)
    pcu = rng.choice([1, 1, 1, 2, 3], len(legs))
    escorted = rng.random(len(legs)) < 0.2
    demand = tours(routes, legs, pcu=pcu.tolist(), escorted=escorted.tolist())
    return replace(demand, leg_persons=rng.integers(0, 4, demand.n_legs, np.int32))


def random_conditions(seed: int, roads: RoadNetwork) -> Conditions:
    """Closures, new capacities, speeds and storage, lanes that turn, holds and signals."""
    rng = np.random.default_rng([seed, 1])
    n_links = roads.n_links
    changes = [_random_change(rng, n_links) for _ in range(int(rng.integers(0, 8)))]
    holds = [_random_hold(rng, n_links) for _ in range(int(rng.integers(0, 4)))]
    signals = [
        Signal(link, 30.0, float(rng.integers(0, 30)), float(rng.choice([5.0, 15.0, 29.5])))
        for link in range(n_links)
        if rng.random() < 0.2
    ]
    refuges = _random_refuges(rng, roads)
    knowledge = Knowledge(
        sees_closure=bool(rng.random() < 0.7),
        told_at_nodes=tuple(k for k in range(roads.n_nodes) if rng.random() < 0.2),
        radio_delay_s=float(rng.choice([0.0, 5.0, 30.0, np.inf])),
    )
    heard = knowledge if rng.random() < 0.6 else None
    return Conditions(tuple(changes), tuple(holds), tuple(signals), refuges, heard)


def _random_refuges(rng: np.random.Generator, roads: RoadNetwork) -> tuple[Refuge, ...]:
    """Up to three, each diverting to the next one by a walk on the ring of links that every network has."""
    nodes = rng.permutation(roads.n_nodes)[: int(rng.integers(0, 4))].tolist()
    refuges = []
    for k, node in enumerate(nodes):
        room = int(rng.integers(0, 40))
        if k + 1 == len(nodes):
            refuges.append(Refuge(node, room))
            break
        walk = [(node + step) % roads.n_nodes for step in range((nodes[k + 1] - node) % roads.n_nodes)]
        refuges.append(Refuge(node, room, divert_to=k + 1, divert_links=tuple(walk)))
    return tuple(refuges)


def _random_change(rng: np.random.Generator, n_links: int) -> LinkChange:
    return LinkChange(
        time_s=float(rng.integers(0, 200)) / 2,
        link=int(rng.integers(0, n_links)),
        capacity_pcu_per_h=float(rng.choice([0.0, 300.0, 1800.0, 3600.0])),
        jam_density_pcu_per_m=float(rng.choice([0.05, 0.4])) if rng.random() < 0.6 else None,
        free_speed_m_per_s=float(rng.choice([3.0, 25.0])) if rng.random() < 0.4 else None,
        after_empty=int(rng.integers(0, n_links)) if rng.random() < 0.3 else None,
    )


def _random_hold(rng: np.random.Generator, n_links: int) -> Hold:
    start_s = float(rng.integers(0, 100))
    return Hold(
        links=tuple(sorted({int(link) for link in rng.integers(0, n_links, 3)})),
        point=HoldPoint.ORIGIN if rng.random() < 0.5 else HoldPoint.END,
        start_s=start_s,
        end_s=start_s + float(rng.choice([4.0, 30.0, np.inf], p=[0.5, 0.4, 0.1])),
    )
