"""One traffic instance as plain arrays: what every simulator of the comparison is given."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Instance:
    """
    Roads, fixed routes and cars.

    Attributes
    ----------
    x_m, y_m : float64[n_nodes]
        Places of the nodes (m).
    from_node, to_node, lanes : int64[n_links]
        Ends and whole lanes of the links.
    length_m, speed_m_per_s, capacity_veh_per_h, jam_density_veh_per_m, merge_weight : float64[n_links]
        Of whole links.
    route_offset : int64[n_routes + 1]
        Where each route begins in ``route_link``.
    route_link : int64
        Link indices.
    car_route : int64[n_cars]
        Route of each car.
    depart_s : float64[n_cars]
        When each car is ready to leave (s).
    """

    x_m: Floats
    y_m: Floats
    from_node: Indices
    to_node: Indices
    lanes: Indices
    length_m: Floats
    speed_m_per_s: Floats
    capacity_veh_per_h: Floats
    jam_density_veh_per_m: Floats
    merge_weight: Floats
    route_offset: Indices
    route_link: Indices
    car_route: Indices
    depart_s: Floats

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.from_node)

    @property
    def n_cars(self) -> int:
        """Number of cars."""
        return len(self.car_route)

    def route(self, index: int) -> Indices:
        """
        Links of a route.

        Parameters
        ----------
        index : int
            Which route.

        Returns
        -------
        int64
            Link indices in the order of driving.
        """
        return self.route_link[self.route_offset[index] : self.route_offset[index + 1]]

    def reaction_time_s(self) -> Floats:
        """
        Headway at a standstill that gives each lane its capacity: 1/q - 1/(u k), triangular diagram.

        Returns
        -------
        float64[n_links]
            Seconds.
        """
        lane_headway_s = 3600.0 * self.lanes / self.capacity_veh_per_h
        return lane_headway_s - self.lanes / (self.speed_m_per_s * self.jam_density_veh_per_m)

    def save(self, path: Path) -> None:
        """
        Write the arrays.

        Parameters
        ----------
        path : Path
            Of the ``.npz`` file.
        """
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})


def load_instance(path: Path) -> Instance:
    """
    Read an instance.

    Parameters
    ----------
    path : Path
        As written by ``Instance.save``.

    Returns
    -------
    Instance
        Its arrays.
    """
    with np.load(path) as arrays:
        return Instance(**{field.name: arrays[field.name] for field in fields(Instance)})
