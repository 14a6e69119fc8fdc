"""The road network as a graph of plain arcs for flow problems: turns, node service, origins, destinations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safepassage.model.arrays import FlagArray, FloatArray, IndexArray
from safepassage.model.network import RoadNetwork
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.units import per_hour_to_per_s

NO_LINK = -1
NO_PORT = -1


@dataclass(frozen=True, slots=True, eq=False)
class FlowGraph:
    """
    Arcs with a travel time and a flow rate.

    Attributes
    ----------
    n_nodes : int
        Nodes: those of the network first, then the ports of split nodes, then one node an origin,
        then one a destination.
    tail, head : int32[n_arcs]
        Ends of each arc.
    time_s : float64[n_arcs]
        Travel time (s), at least 0.
    rate_pcu_per_s : float64[n_arcs]
        Most flow (PCU/s); ``inf`` where unlimited.
    link : int32[n_arcs]
        The network's link that the arc stands for; `NO_LINK` for the arcs inside a node.
    origin_node : int32[k]
        Where the traffic of each origin waits before it enters the network.
    destination_node : int32[m]
        Where the traffic of each destination is gathered.
    """

    n_nodes: int
    tail: IndexArray
    head: IndexArray
    time_s: FloatArray
    rate_pcu_per_s: FloatArray
    link: IndexArray
    origin_node: IndexArray
    destination_node: IndexArray


class _Arcs:
    """Arcs collected block by block."""

    def __init__(self) -> None:
        self.blocks: list[tuple[IndexArray, IndexArray, FloatArray, FloatArray, IndexArray]] = []

    def add(
        self,
        tail: IndexArray,
        head: IndexArray,
        time_s: FloatArray | None = None,
        rate_pcu_per_s: FloatArray | None = None,
        link: IndexArray | None = None,
    ) -> None:
        n = len(tail)
        self.blocks.append((
            np.asarray(tail, np.int32),
            np.asarray(head, np.int32),
            np.zeros(n) if time_s is None else time_s,
            np.full(n, np.inf) if rate_pcu_per_s is None else rate_pcu_per_s,
            np.full(n, NO_LINK, np.int32) if link is None else np.asarray(link, np.int32),
        ))  # fmt: skip

    def joined(self) -> tuple[IndexArray, IndexArray, FloatArray, FloatArray, IndexArray]:
        columns = list(zip(*self.blocks, strict=True))
        return (
            np.concatenate(columns[0]),
            np.concatenate(columns[1]),
            np.concatenate(columns[2]),
            np.concatenate(columns[3]),
            np.concatenate(columns[4]),
        )


def flow_graph(
    network: RoadNetwork, demand: SurgeDemand, capacity_pcu_per_h: FloatArray, *, turns_first: bool = False
) -> FlowGraph:
    """
    Build the graph on which bounds are computed.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    demand : SurgeDemand
        Origins and destinations.
    capacity_pcu_per_h : float64[n_links]
        Capacity to use for each link (PCU/h); links with 0 are left out.
    turns_first : bool
        What counts at a node with both a service rate and restricted turns.

    Returns
    -------
    FlowGraph
        Without the arcs that lie on no way from an origin to a destination.

    Notes
    -----
    A node with a service rate is split into an entry and an exit joined by an arc of that rate; what
    starts or ends at the node is served there too, as in the simulator. A node with restricted turns is
    split into one port a link, joined by the turns that are allowed. Where a node has both, its turns are
    left free: the graph then admits more than the road does, and a bound from it stays valid. With
    ``turns_first`` the turns are kept instead, and each of them has the service rate for itself: forbidden
    turns stay forbidden, as routes need it.
    """
    open_link = np.flatnonzero(capacity_pcu_per_h > 0)
    n_nodes = network.n_nodes
    arcs = _Arcs()
    link_tail = network.from_node.copy()
    link_head = network.to_node.copy()

    turning = np.zeros(n_nodes, np.bool_)
    turning[network.to_node[network.movement_in_link]] = True
    with_rate = np.isfinite(network.node_service_pcu_per_h)
    turning &= ~with_rate | turns_first
    served = np.flatnonzero(with_rate & ~turning)
    exit_port = np.arange(n_nodes, dtype=np.int32)
    exit_port[served] = n_nodes + np.arange(len(served))
    n_nodes += len(served)
    link_tail = exit_port[link_tail]
    arcs.add(
        served.astype(np.int32),
        exit_port[served],
        rate_pcu_per_s=per_hour_to_per_s(1.0) * network.node_service_pcu_per_h[served],
    )

    in_links = open_link[turning[network.to_node[open_link]]].astype(np.int32)
    out_links = open_link[turning[network.from_node[open_link]]].astype(np.int32)
    link_head[in_links] = n_nodes + np.arange(len(in_links))
    link_tail[out_links] = n_nodes + len(in_links) + np.arange(len(out_links))
    n_nodes += len(in_links) + len(out_links)
    _add_turns(arcs, network, in_links, out_links, link_tail, link_head)

    arcs.add(
        link_tail[open_link],
        link_head[open_link],
        network.free_flow_time_s[open_link],
        per_hour_to_per_s(1.0) * capacity_pcu_per_h[open_link],
        open_link.astype(np.int32),
    )
    origin_node = n_nodes + np.arange(demand.n_origins, dtype=np.int32)
    n_nodes += demand.n_origins
    destination_node = n_nodes + np.arange(demand.n_destinations, dtype=np.int32)
    n_nodes += demand.n_destinations
    # An origin that is a destination is safe already.
    at_home = np.full(network.n_nodes, -1, np.int32)
    at_home[demand.destination_node] = destination_node
    safe = np.flatnonzero(at_home[demand.origin_node] >= 0)
    arcs.add(origin_node[safe], at_home[demand.origin_node[safe]])
    entry_port = np.arange(network.n_nodes, dtype=np.int32)
    entry_port[turning] = exit_port[turning] = NO_PORT
    place, port = _ports(demand.origin_node, entry_port, network.from_node, out_links, link_tail)
    arcs.add(origin_node[place], port)
    place, port = _ports(demand.destination_node, exit_port, network.to_node, in_links, link_head)
    arcs.add(port, destination_node[place])
    tail, head, time_s, rate, link = arcs.joined()
    keep = _useful(n_nodes, tail, head, origin_node, destination_node)
    return FlowGraph(
        n_nodes, tail[keep], head[keep], time_s[keep], rate[keep], link[keep], origin_node, destination_node
    )


def _add_turns(
    arcs: _Arcs,
    network: RoadNetwork,
    in_links: IndexArray,
    out_links: IndexArray,
    link_tail: IndexArray,
    link_head: IndexArray,
) -> None:
    limit = {
        (int(a), int(b)): float(capacity)
        for a, b, capacity in zip(
            network.movement_in_link,
            network.movement_out_link,
            network.movement_capacity_pcu_per_h,
            strict=True,
        )
    }
    leaving: dict[int, list[int]] = {}
    for link in out_links:
        leaving.setdefault(int(network.from_node[link]), []).append(int(link))
    tails, heads, rates = [], [], []
    for into in in_links:
        for out in leaving.get(int(network.to_node[into]), ()):
            node = network.to_node[into]
            capacity = min(limit.get((int(into), out), np.inf), float(network.node_service_pcu_per_h[node]))
            if capacity > 0:
                tails.append(link_head[into])
                heads.append(link_tail[out])
                rates.append(per_hour_to_per_s(capacity))
    arcs.add(np.array(tails, np.int32), np.array(heads, np.int32), rate_pcu_per_s=np.array(rates, np.float64))


def _ports(
    node: IndexArray, plain_port: IndexArray, link_node: IndexArray, links: IndexArray, link_port: IndexArray
) -> tuple[IndexArray, IndexArray]:
    """Pairs of a place in `node` and a port there: the plain one, or every link's where turns count."""
    plain = plain_port[node] != NO_PORT
    places = [np.flatnonzero(plain).astype(np.int32)]
    ports = [plain_port[node[plain]]]
    for place in np.flatnonzero(~plain):
        found = link_port[links[link_node[links] == node[place]]]
        places.append(np.full(len(found), place, np.int32))
        ports.append(found)
    return np.concatenate(places), np.concatenate(ports)


def _useful(
    n_nodes: int, tail: IndexArray, head: IndexArray, sources: IndexArray, sinks: IndexArray
) -> FlagArray:
    """Arcs on some way from a source to a sink."""
    ahead = _reached(n_nodes, tail, head, sources)
    behind = _reached(n_nodes, head, tail, sinks)
    useful: FlagArray = ahead[tail] & behind[head]
    return useful


def _reached(n_nodes: int, tail: IndexArray, head: IndexArray, start: IndexArray) -> FlagArray:
    order = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[order], np.arange(n_nodes + 1))
    reached = np.zeros(n_nodes, np.bool_)
    reached[start] = True
    frontier = np.asarray(start)
    while frontier.size:
        found = [head[order[first[node] : first[node + 1]]] for node in frontier]
        ahead = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)
        frontier = ahead[~reached[ahead]]
        reached[frontier] = True
    return reached


def reachable_origins(graph: FlowGraph) -> FlagArray:
    """
    Origins that have a way to some destination.

    Parameters
    ----------
    graph : FlowGraph
        From `flow_graph`, which keeps only arcs on such a way.

    Returns
    -------
    bool[k]
        True where a way exists.
    """
    leaves = np.zeros(graph.n_nodes, np.bool_)
    leaves[graph.tail] = True
    reachable: FlagArray = leaves[graph.origin_node]
    return reachable
