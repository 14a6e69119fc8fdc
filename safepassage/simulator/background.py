"""Traffic that has nothing to do with the evacuation: whole vehicles that take their share of the roads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.arrays import FloatArray
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
    if not flows:
        return demand
    ways = _ways(network, flows)
    departures = [background_departures_s(flow, horizon_s) for flow in flows]
    counts = [len(times) for times in departures]
    n_new = sum(counts)
    lengths = [len(way) for way in ways]
    persons = demand.leg_persons if demand.leg_persons.size else np.zeros(demand.n_legs, np.int32)
    return TrafficDemand(
        route_offset=np.concatenate([demand.route_offset, demand.route_offset[-1] + np.cumsum(lengths)]),
        route_link=np.concatenate([demand.route_link, *(np.array(way, np.int32) for way in ways)]),
        leg_offset=np.concatenate([demand.leg_offset, demand.leg_offset[-1] + np.arange(1, n_new + 1)]),
        leg_route=np.concatenate(
            [demand.leg_route, demand.n_routes + np.repeat(np.arange(len(ways)), counts)]
        ),
        leg_not_before_s=np.concatenate([demand.leg_not_before_s, *departures]),
        leg_dwell_s=np.concatenate([demand.leg_dwell_s, np.zeros(n_new)]),
        pcu=np.concatenate([demand.pcu, np.repeat([flow.pcu for flow in flows], counts)]),
        escorted=np.concatenate([demand.escorted, np.zeros(n_new, np.bool_)]),
        leg_persons=np.concatenate([persons, np.zeros(n_new, np.int32)]),
    )


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
