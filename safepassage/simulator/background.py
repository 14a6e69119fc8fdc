"""Traffic that has nothing to do with the evacuation: whole vehicles that take their share of the roads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.arrays import FloatArray, IndexArray
from safepassage.model.network import RoadNetwork
from safepassage.model.traffic import BackgroundFlow
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.fastest import FastestWays
from safepassage.units import SECONDS_PER_HOUR


def background_departures_s(flow: BackgroundFlow, horizon_s: float) -> FloatArray:
    """
    When each vehicle of a flow enters.

    Parameters
    ----------
    flow : BackgroundFlow
        The flow.
    horizon_s : float
        Nobody enters at it or later (s).

    Returns
    -------
    float64
        One headway apart from the start of the flow on, those before the scenario's start left out (s).
    """
    headway_s = SECONDS_PER_HOUR / flow.vehicles_per_h
    end_s = min(flow.end_s, horizon_s)
    first = max(math.ceil(-flow.start_s / headway_s - 1e-9), 0)
    number = max(math.ceil((end_s - flow.start_s) / headway_s - 1e-9), first)
    times: FloatArray = np.maximum(flow.start_s + headway_s * np.arange(first, number), 0.0)
    return times


def background_vehicles(flows: Sequence[BackgroundFlow], horizon_s: float) -> int:
    """
    How many vehicles flows bring.

    Parameters
    ----------
    flows : sequence of BackgroundFlow
        The flows.
    horizon_s : float
        Until when (s).

    Returns
    -------
    int
        Whole vehicles.
    """
    return sum(len(background_departures_s(flow, horizon_s)) for flow in flows)


def with_background(
    demand: TrafficDemand, network: RoadNetwork, flows: Sequence[BackgroundFlow], horizon_s: float
) -> TrafficDemand:
    """
    Add background traffic behind the vehicles of a demand.

    Parameters
    ----------
    demand : TrafficDemand
        What is driven anyway; its vehicles and legs keep their numbers.
    network : RoadNetwork
        Roads.
    flows : sequence of BackgroundFlow
        What is added.
    horizon_s : float
        Until when (s).

    Returns
    -------
    TrafficDemand
        The same where there are no flows.

    Raises
    ------
    InputError
        When a flow has no way.
    """
    return joined(demand, background_demand(network, flows, horizon_s)) if flows else demand


def background_demand(
    network: RoadNetwork, flows: Sequence[BackgroundFlow], horizon_s: float
) -> TrafficDemand:
    """
    Background traffic alone.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    flows : sequence of BackgroundFlow
        What is driven.
    horizon_s : float
        Until when (s).

    Returns
    -------
    TrafficDemand
        One route a flow, vehicles flow by flow.

    Raises
    ------
    InputError
        When a flow has no way.
    """
    ways = _ways(network, flows)
    departures = [background_departures_s(flow, horizon_s) for flow in flows]
    counts = [len(times) for times in departures]
    n_vehicles = sum(counts)
    return TrafficDemand(
        route_offset=np.cumsum([0, *(len(way) for way in ways)]),
        route_link=np.concatenate([np.array(way, np.int32) for way in ways]),
        leg_offset=np.arange(n_vehicles + 1),
        leg_route=np.repeat(np.arange(len(ways)), counts).astype(np.int32),
        leg_not_before_s=np.concatenate(departures),
        leg_dwell_s=np.zeros(n_vehicles),
        pcu=np.repeat([flow.pcu for flow in flows], counts).astype(np.int32),
        escorted=np.zeros(n_vehicles, np.bool_),
    )


def joined(first: TrafficDemand, second: TrafficDemand) -> TrafficDemand:
    """
    Two demands as one.

    Parameters
    ----------
    first, second : TrafficDemand
        On the same network.

    Returns
    -------
    TrafficDemand
        The vehicles and legs of the first keep their numbers; those of the second follow.
    """
    return TrafficDemand(
        route_offset=np.concatenate([first.route_offset, first.route_offset[-1] + second.route_offset[1:]]),
        route_link=np.concatenate([first.route_link, second.route_link]),
        leg_offset=np.concatenate([first.leg_offset, first.leg_offset[-1] + second.leg_offset[1:]]),
        leg_route=np.concatenate([first.leg_route, first.n_routes + second.leg_route]),
        leg_not_before_s=np.concatenate([first.leg_not_before_s, second.leg_not_before_s]),
        leg_dwell_s=np.concatenate([first.leg_dwell_s, second.leg_dwell_s]),
        pcu=np.concatenate([first.pcu, second.pcu]),
        escorted=np.concatenate([first.escorted, second.escorted]),
        leg_persons=np.concatenate([_persons(first), _persons(second)]),
    )


def _persons(demand: TrafficDemand) -> IndexArray:
    return demand.leg_persons if demand.leg_persons.size else np.zeros(demand.n_legs, np.int32)


def _ways(network: RoadNetwork, flows: Sequence[BackgroundFlow]) -> list[tuple[int, ...]]:
    link = {name: k for k, name in enumerate(network.link_id)}
    node = {name: k for k, name in enumerate(network.node_id)}
    fastest = FastestWays(network) if any(not flow.links for flow in flows) else None
    ways, faults = [], []
    for flow in flows:
        way: tuple[int, ...] | None = tuple(link[name] for name in flow.links)
        if fastest is not None and not way:
            way = fastest.links(node[flow.from_node], node[flow.to_node])
        if way is None:
            problem = _("no open road leads from {start} to {goal}").format(
                start=flow.from_node, goal=flow.to_node
            )
            faults.append(Fault("background.csv", 0, "route", flow.id, problem, _("change its nodes")))
        else:
            ways.append(way)
    if faults:
        raise InputError(faults)
    return ways
