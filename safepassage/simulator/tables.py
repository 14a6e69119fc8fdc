"""From a road network to the figures that Newell's model needs, in ticks and whole places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.model.arrays import FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.simulator.kernel.layout import TICKS_PER_S
from safepassage.units import SECONDS_PER_HOUR

Ticks = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]

ORIGIN_WEIGHT = 1.0
"""Merge weight of the vehicles that begin a leg on a link, against the links that lead into it."""

_MAX_STRIDE = 2**31 - 1
_UNIT_STRIDE = 2**20
MOST_PLACES = 2**17
"""Storage of one link at the most (PCU): a queue of a thousand kilometres on one lane."""

_ROUNDING = 1e-9
_CAPACITY_OF_CLOSED = 1800.0
"""One lane's, at which those who are on a link when it closes go on to its end (PCU/h)."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkFigures:
    """
    What Newell's model needs of links.

    Attributes
    ----------
    headway : int64[n]
        Ticks between two PCU; of a closed link it counts for those who leave it.
    free_time, hole_time : int64[n]
        Ticks from entry to the head, and of a vacated place back to the tail.
    places : int64[n]
        Storage (PCU).
    closed : bool[n]
        Links whose capacity is 0.
    """

    headway: Ticks
    free_time: Ticks
    hole_time: Ticks
    places: Ticks
    closed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkTables:
    """
    Constants of a network's links, served nodes and restricted turns.

    Attributes
    ----------
    figures : LinkFigures
        Of all links.
    stride, origin_stride : int64[n_links], int
        Credit spent a PCU by a link and by an origin queue.
    served_node, service_headway : int32, int64
        Nodes with a service rate and the ticks between two PCU there.
    turn_in, turn_out, turn_headway : int32, int32, int64
        Movements with a positive, finite capacity.
    """

    figures: LinkFigures
    stride: Ticks
    origin_stride: int
    served_node: Indices
    service_headway: Ticks
    turn_in: Indices
    turn_out: Indices
    turn_headway: Ticks


def headway_ticks(capacity_pcu_per_h: FloatArray) -> Ticks:
    """
    Ticks between two PCU at a capacity, rounded up so that the capacity is never exceeded.

    Parameters
    ----------
    capacity_pcu_per_h : float64
        Positive.

    Returns
    -------
    int64
        At least 1.
    """
    ticks = np.ceil(TICKS_PER_S * SECONDS_PER_HOUR / capacity_pcu_per_h - 1e-6)
    return np.maximum(ticks, 1).astype(np.int64)


def ticks_of(time_s: FloatArray) -> Ticks:
    """
    Seconds to the nearest tick.

    Parameters
    ----------
    time_s : float64
        Finite seconds.

    Returns
    -------
    int64
        Ticks.
    """
    return np.rint(time_s * TICKS_PER_S).astype(np.int64)


def link_figures(
    length_m: FloatArray,
    free_speed_m_per_s: FloatArray,
    capacity_pcu_per_h: FloatArray,
    jam_density_pcu_per_m: FloatArray,
) -> LinkFigures:
    """
    Headways, free-flow and hole times and storage of links.

    Storage is ``ceil(jam density x length)``, which is ``ceil(q (tf + L/w))`` of the triangular
    diagram; the hole time is then ``N h - tf``, so that a link of any length carries its capacity.

    Parameters
    ----------
    length_m, free_speed_m_per_s, capacity_pcu_per_h, jam_density_pcu_per_m : float64[n]
        Of whole links; positive, but a capacity of 0 closes the link.

    Returns
    -------
    LinkFigures
        In ticks of one microsecond and whole places.
    """
    closed = capacity_pcu_per_h == 0
    headway = headway_ticks(np.where(closed, _CAPACITY_OF_CLOSED, capacity_pcu_per_h))
    free_time = np.ceil(length_m / free_speed_m_per_s * TICKS_PER_S - 1e-6)
    free_time = np.maximum(1, free_time).astype(np.int64)
    places = np.ceil(length_m * jam_density_pcu_per_m - _ROUNDING).astype(np.int64)
    # A link that stands for a road without limits must not take the memory of a road without limits.
    places = np.minimum(places, MOST_PLACES)
    places = np.maximum(np.maximum(places, 1), -(-free_time // headway))
    return LinkFigures(headway, free_time, places * headway - free_time, places, closed)


def tabulate(network: RoadNetwork) -> NetworkTables:
    """
    Work out the figures of all links, and the strides, served nodes and turns of a network.

    Parameters
    ----------
    network : RoadNetwork
        The roads.

    Returns
    -------
    NetworkTables
        In ticks of one microsecond and whole places.
    """
    figures = link_figures(
        network.length_m,
        network.free_speed_m_per_s,
        network.capacity_pcu_per_h,
        network.jam_density_pcu_per_m,
    )
    largest = max(float(network.merge_weight.max(initial=ORIGIN_WEIGHT)), ORIGIN_WEIGHT)
    served = np.flatnonzero(np.isfinite(network.node_service_pcu_per_h))
    limited = np.isfinite(network.movement_capacity_pcu_per_h) & (network.movement_capacity_pcu_per_h > 0)
    return NetworkTables(
        figures=figures,
        stride=_stride(network.merge_weight / largest),
        origin_stride=int(_stride(np.array([ORIGIN_WEIGHT / largest]))[0]),
        served_node=served.astype(np.int32),
        service_headway=headway_ticks(network.node_service_pcu_per_h[served]),
        turn_in=network.movement_in_link[limited],
        turn_out=network.movement_out_link[limited],
        turn_headway=headway_ticks(network.movement_capacity_pcu_per_h[limited]),
    )


def _stride(relative_weight: FloatArray) -> Ticks:
    return np.clip(np.rint(_UNIT_STRIDE / relative_weight), 1, _MAX_STRIDE).astype(np.int64)
