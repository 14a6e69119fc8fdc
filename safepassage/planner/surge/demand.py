"""Who has to leave by road, from where, and which destinations take them in: the surge planner's input."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, IndexArray, equal_by_value, frozen_array
from safepassage.model.network import RoadNetwork


@dataclass(frozen=True, slots=True, eq=False)
class SurgeDemand:
    """
    Traffic that has to leave, on a `RoadNetwork` by node index.

    Attributes
    ----------
    origin_node : int32[k]
        Node where each amount starts; one node may appear more than once (departures ready at
        different times).
    amount_pcu : float64[k]
        Traffic of the origin: vehicles times passenger-car units, finite, at least 0.
    destination_node : int32[m]
        Nodes where people are safe, at least one, each once.
    destination_capacity_pcu : float64[m]
        Most traffic that each destination takes in; ``inf`` (the default) where unlimited.
    ready_s : float64[k]
        Earliest departure (seconds since the start), at least 0; 0 by default.
    """

    origin_node: IndexArray
    amount_pcu: FloatArray
    destination_node: IndexArray
    destination_capacity_pcu: FloatArray = field(default_factory=lambda: np.zeros(0))
    ready_s: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        for name in ("origin_node", "destination_node"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int32))
        defaults = (
            ("amount_pcu", len(self.origin_node), None),
            ("ready_s", len(self.origin_node), 0.0),
            ("destination_capacity_pcu", len(self.destination_node), np.inf),
        )
        for name, count, default in defaults:
            values = frozen_array(getattr(self, name), np.float64)
            if default is not None and values.size == 0:
                values = frozen_array(np.full(count, default), np.float64)
            object.__setattr__(self, name, values)
        _check_demand(self)

    def __eq__(self, other: object) -> bool:
        return equal_by_value(self, other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_origins(self) -> int:
        """Number of origins."""
        return len(self.origin_node)

    @property
    def n_destinations(self) -> int:
        """Number of destinations."""
        return len(self.destination_node)

    def check_against(self, network: RoadNetwork) -> None:
        """
        Check that every node of the demand exists.

        Parameters
        ----------
        network : RoadNetwork
            The roads on which the traffic moves.

        Raises
        ------
        ModelError
            If an origin or a destination is no node of the network.
        """
        for name in ("origin_node", "destination_node"):
            nodes = getattr(self, name)
            bad = np.flatnonzero((nodes < 0) | (nodes >= network.n_nodes))
            if bad.size:
                raise ModelError(f"{name}[{bad[0]}] is {nodes[bad[0]]}; give one of {network.n_nodes} nodes")


def _check_demand(demand: SurgeDemand) -> None:
    if not demand.n_destinations:
        raise ModelError("the demand has no destination; give at least one")
    counts = {"amount_pcu": demand.n_origins, "ready_s": demand.n_origins}
    counts["destination_capacity_pcu"] = demand.n_destinations
    for name, count in counts.items():
        if len(getattr(demand, name)) != count:
            raise ModelError(f"{name} has {len(getattr(demand, name))} entries; give {count}")
    for name in ("amount_pcu", "ready_s"):
        values = getattr(demand, name)
        bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
        if bad.size:
            raise ModelError(f"{name}[{bad[0]}] is {values[bad[0]]}; give a finite number >= 0")
    bad = np.flatnonzero(~(demand.destination_capacity_pcu >= 0))
    if bad.size:
        value = demand.destination_capacity_pcu[bad[0]]
        raise ModelError(f"destination_capacity_pcu[{bad[0]}] is {value}; give a number >= 0")
    if len(np.unique(demand.destination_node)) != demand.n_destinations:
        raise ModelError("a destination appears twice; give each node once")
