"""The road network as arrays: nodes, directed links and movements (turns)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FlagArray, FloatArray, IndexArray, equal_by_value, frozen_array

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """
    Directed links between nodes, with the parameters of a triangular fundamental diagram.

    Vehicles are counted in passenger-car units (PCU). Links and nodes are referred to by index
    inside the program and by id outside it.

    Attributes
    ----------
    node_id : tuple of str
        Unique ids, one a node.
    longitude_deg, latitude_deg : float64[n_nodes]
        WGS84 position (degrees).
    node_service_pcu_per_h : float64[n_nodes]
        Most PCU that may pass the node in an hour (checkpoint, gate); ``inf`` where unlimited.
    link_id : tuple of str
        Unique ids, one a directed link.
    from_node, to_node : int32[n_links]
        Node indices.
    length_m : float64[n_links]
        Length (m), positive.
    lanes : float64[n_links]
        Lanes in the link's direction, positive.
    free_speed_m_per_s : float64[n_links]
        Free-flow speed (m/s), positive.
    capacity_pcu_per_h : float64[n_links]
        Capacity of the whole link (PCU/h), all lanes; 0 means closed.
    jam_density_pcu_per_m : float64[n_links]
        Jam density of the whole link (PCU/m), all lanes, positive.
    merge_weight : float64[n_links]
        Priority of the link where it merges into another (relative), positive.
    facility_type : tuple of str
        Class of road, one a link.
    crossing : tuple of str
        Name of the river crossing that the link is; empty for ordinary road.
    schematic : bool[n_links]
        True where the link does not follow a surveyed road.
    source : tuple of str
        Where the link's geometry and figures come from.
    geometry : tuple of tuple of (lon, lat)
        Course of each link (degrees), at least two points, or empty for a straight line.
    movement_in_link, movement_out_link : int32[n_movements]
        Turns that differ from the rule "every turn is allowed".
    movement_capacity_pcu_per_h : float64[n_movements]
        Capacity of the turn (PCU/h); 0 means forbidden.
    """

    node_id: tuple[str, ...]
    longitude_deg: FloatArray
    latitude_deg: FloatArray
    node_service_pcu_per_h: FloatArray
    link_id: tuple[str, ...]
    from_node: IndexArray
    to_node: IndexArray
    length_m: FloatArray
    lanes: FloatArray
    free_speed_m_per_s: FloatArray
    capacity_pcu_per_h: FloatArray
    jam_density_pcu_per_m: FloatArray
    merge_weight: FloatArray
    facility_type: tuple[str, ...]
    crossing: tuple[str, ...]
    schematic: FlagArray
    source: tuple[str, ...]
    geometry: tuple[tuple[LonLat, ...], ...]
    movement_in_link: IndexArray = field(default_factory=lambda: np.zeros(0, np.int32))
    movement_out_link: IndexArray = field(default_factory=lambda: np.zeros(0, np.int32))
    movement_capacity_pcu_per_h: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        for name, dtype in _ARRAY_DTYPES.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        _check_network(self)

    def __eq__(self, other: object) -> bool:
        return equal_by_value(self, other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def n_links(self) -> int:
        """Number of directed links."""
        return len(self.link_id)

    @property
    def free_flow_time_s(self) -> FloatArray:
        """Free-flow travel time of each link (s), float64[n_links]."""
        time_s: FloatArray = self.length_m / self.free_speed_m_per_s
        return time_s

    @property
    def any_schematic(self) -> bool:
        """True while any link is schematic: every output then carries the EXERCISE banner."""
        return bool(self.schematic.any())

    def link_course(self, link: int) -> tuple[LonLat, ...]:
        """
        Course of a link as (lon, lat) points.

        Parameters
        ----------
        link : int
            Link index.

        Returns
        -------
        tuple of (lon, lat)
            The stored geometry, or the straight line between the end nodes.
        """
        if self.geometry[link]:
            return self.geometry[link]
        ends = (int(self.from_node[link]), int(self.to_node[link]))
        return tuple((float(self.longitude_deg[n]), float(self.latitude_deg[n])) for n in ends)


_ARRAY_DTYPES = {
    "longitude_deg": np.float64,
    "latitude_deg": np.float64,
    "node_service_pcu_per_h": np.float64,
    "from_node": np.int32,
    "to_node": np.int32,
    "length_m": np.float64,
    "lanes": np.float64,
    "free_speed_m_per_s": np.float64,
    "capacity_pcu_per_h": np.float64,
    "jam_density_pcu_per_m": np.float64,
    "merge_weight": np.float64,
    "schematic": np.bool_,
    "movement_in_link": np.int32,
    "movement_out_link": np.int32,
    "movement_capacity_pcu_per_h": np.float64,
}
_PER_NODE = ("longitude_deg", "latitude_deg", "node_service_pcu_per_h")
_PER_LINK = (
    "from_node", "to_node", "length_m", "lanes", "free_speed_m_per_s", "capacity_pcu_per_h",
    "jam_density_pcu_per_m", "merge_weight", "facility_type", "crossing", "schematic", "source",
    "geometry",
)  # fmt: skip
_POSITIVE = (
    "length_m",
    "lanes",
    "free_speed_m_per_s",
    "jam_density_pcu_per_m",
    "merge_weight",
    "node_service_pcu_per_h",
)


def _check_network(network: RoadNetwork) -> None:
    for names, count in ((_PER_NODE, network.n_nodes), (_PER_LINK, network.n_links)):
        for name in names:
            if len(getattr(network, name)) != count:
                raise ModelError(f"{name} has {len(getattr(network, name))} entries; give {count}")
    if len(set(network.node_id)) != network.n_nodes or len(set(network.link_id)) != network.n_links:
        raise ModelError("node and link ids repeat; make each unique")
    for name in ("from_node", "to_node"):
        ends = getattr(network, name)
        if ends.size and (ends.min() < 0 or ends.max() >= network.n_nodes):
            raise ModelError(f"{name} points outside the {network.n_nodes} nodes")
    for name in _POSITIVE:
        values = getattr(network, name)
        bad = np.flatnonzero(~(values > 0))
        if bad.size:
            raise ModelError(f"{name}[{bad[0]}] is {values[bad[0]]}; give a positive number")
    for name in ("length_m", "free_speed_m_per_s", "jam_density_pcu_per_m", "capacity_pcu_per_h"):
        values = getattr(network, name)
        bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
        if bad.size:
            raise ModelError(f"{name}[{bad[0]}] is {values[bad[0]]}; give a finite number >= 0")
    _check_movements(network)


def _check_movements(network: RoadNetwork) -> None:
    n_movements = len(network.movement_in_link)
    if not n_movements == len(network.movement_out_link) == len(network.movement_capacity_pcu_per_h):
        raise ModelError("movement arrays differ in length; give one entry a movement in each")
    for name in ("movement_in_link", "movement_out_link"):
        ends = getattr(network, name)
        if ends.size and (ends.min() < 0 or ends.max() >= network.n_links):
            raise ModelError(f"{name} points outside the {network.n_links} links")
    bad = np.flatnonzero(
        network.to_node[network.movement_in_link] != network.from_node[network.movement_out_link]
    )
    if bad.size:
        raise ModelError(f"movement {bad[0]} joins links that do not meet at a node")
