"""A network that somebody else built: its largest part, and what that leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from safepassage.district.roads import DroppedRoads
from safepassage.model.network import RoadNetwork


def largest_part(
    network: RoadNetwork, link_names: tuple[str, ...], forbidden: npt.NDArray[np.bool_] | None = None
) -> tuple[RoadNetwork, tuple[str, ...], DroppedRoads]:
    """
    Keep the largest part in which every node reaches every other.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    link_names : tuple of str
        Names, one a link, or none.
    forbidden : bool[n_links], optional
        Links that are removed first.

    Returns
    -------
    RoadNetwork
        Nodes and links of that part, in the old order.
    tuple of str
        Names of its links.
    DroppedRoads
        The rest, without what is forbidden.
    """
    closed = np.zeros(network.n_links, np.bool_) if forbidden is None else forbidden
    opened = np.flatnonzero(~closed)
    tail, head = network.from_node[opened], network.to_node[opened]
    graph = coo_array(
        (np.ones(len(opened), np.int8), (tail, head)), shape=(network.n_nodes, network.n_nodes)
    ).tocsr()
    _count, part = connected_components(graph, directed=True, connection="strong")
    inside = part[tail] == part[head]
    length = np.bincount(part[tail[inside]], network.length_m[opened[inside]], minlength=1)
    links = opened[inside & (part[tail] == int(np.argmax(length)))]
    lost = np.setdiff1d(opened, links)
    dropped = DroppedRoads(
        tuple(network.link_course(int(k)) for k in lost),
        float(network.length_m[lost].sum()),
        int((length > 0).sum()),
    )
    names = link_names or ("",) * network.n_links
    return subnetwork(network, links), tuple(names[k] for k in links.tolist()), dropped


def subnetwork(network: RoadNetwork, links: npt.NDArray[np.int64]) -> RoadNetwork:
    """
    Some links of a network and the nodes they join.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    links : int64[n]
        Indices of links, ascending.

    Returns
    -------
    RoadNetwork
        With the movements between these links.
    """
    nodes = np.unique(np.concatenate([network.from_node[links], network.to_node[links]]))
    place = np.full(network.n_links, -1, np.int64)
    place[links] = np.arange(len(links))
    turns = np.flatnonzero((place[network.movement_in_link] >= 0) & (place[network.movement_out_link] >= 0))
    order = links.tolist()
    return replace(
        network,
        node_id=tuple(network.node_id[k] for k in nodes.tolist()),
        longitude_deg=network.longitude_deg[nodes],
        latitude_deg=network.latitude_deg[nodes],
        node_service_pcu_per_h=network.node_service_pcu_per_h[nodes],
        link_id=tuple(network.link_id[k] for k in order),
        from_node=np.searchsorted(nodes, network.from_node[links]).astype(np.int32),
        to_node=np.searchsorted(nodes, network.to_node[links]).astype(np.int32),
        length_m=network.length_m[links],
        lanes=network.lanes[links],
        free_speed_m_per_s=network.free_speed_m_per_s[links],
        capacity_pcu_per_h=network.capacity_pcu_per_h[links],
        jam_density_pcu_per_m=network.jam_density_pcu_per_m[links],
        merge_weight=network.merge_weight[links],
        facility_type=tuple(network.facility_type[k] for k in order),
        crossing=tuple(network.crossing[k] for k in order),
        schematic=network.schematic[links],
        source=tuple(network.source[k] for k in order),
        geometry=tuple(network.geometry[k] for k in order),
        movement_in_link=place[network.movement_in_link[turns]].astype(np.int32),
        movement_out_link=place[network.movement_out_link[turns]].astype(np.int32),
        movement_capacity_pcu_per_h=network.movement_capacity_pcu_per_h[turns],
    )
