"""Exposure of people on the road and waiting for it: the integral of a hazard rate, by group and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safepassage.errors import ModelError
from safepassage.model.arrays import FloatArray, IndexArray, frozen_array
from safepassage.model.network import RoadNetwork
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.kernel.exposure import expose_driving, expose_waiting, integrate
from safepassage.simulator.run import TrafficResult


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """
    Hazard rates that are constant within bins of time; the last bin lasts for ever.

    Attributes
    ----------
    bin_s : float
        Width of the bins, from time 0 on (s).
    link_rate_per_s : float64[n_bins, n_links]
        Expected casualties a person-second in a vehicle on each link.
    node_rate_per_s : float64[n_bins, n_nodes]
        The same for those who wait at each node until they get onto the road.
    """

    bin_s: float
    link_rate_per_s: FloatArray
    node_rate_per_s: FloatArray

    def __post_init__(self) -> None:
        for name in ("link_rate_per_s", "node_rate_per_s"):
            rate = frozen_array(getattr(self, name), np.float64)
            if rate.ndim != 2 or not len(rate) or not np.isfinite(rate).all() or (rate < 0).any():
                raise ModelError(f"{name} needs one row a bin, at least one, of finite numbers >= 0")
            object.__setattr__(self, name, rate)
        if not self.bin_s > 0:
            raise ModelError(f"bin_s is {self.bin_s}; give a positive number")


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """
    Expected casualties, summed over the people of each group.

    Attributes
    ----------
    on_link : float64[n_groups, n_links]
        In vehicles, by link.
    waiting : float64[n_groups, n_nodes]
        Ready to leave but not yet on the road, by node.
    per_person : float64[n_legs]
        Of one person who travels on the leg, waiting included.
    """

    on_link: FloatArray
    waiting: FloatArray
    per_person: FloatArray

    @property
    def total(self) -> float:
        """Expected casualties of all groups at all places."""
        return float(self.on_link.sum() + self.waiting.sum())


def exposure(
    network: RoadNetwork,
    demand: TrafficDemand,
    result: TrafficResult,
    hazard: Hazard,
    *,
    leg_people: npt.NDArray[np.integer],
    until_s: float,
) -> Exposure:
    """
    Integrate a hazard along where everybody was.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    demand : TrafficDemand
        What was played.
    result : TrafficResult
        With recorded entries.
    hazard : Hazard
        Rates by place and time.
    leg_people : int[n_legs, n_groups]
        Persons in the vehicle during each leg, by group.
    until_s : float
        People who have not arrived are exposed where they are until then (s).

    Returns
    -------
    Exposure
        By group and place.

    Raises
    ------
    ModelError
        When entries were not recorded, or an array does not fit.

    Notes
    -----
    The time on a detour or diversion, whose links are not recorded, counts on the last recorded link.
    """
    _check(network, demand, result, hazard, leg_people)
    people = np.ascontiguousarray(leg_people, np.int64)
    leg_first = demand.route_offset[demand.leg_route]
    on_link = np.zeros((network.n_links, people.shape[1]))
    waiting = np.zeros((network.n_nodes, people.shape[1]))
    per_person = np.zeros(demand.n_legs)
    expose_driving(
        np.ascontiguousarray(hazard.link_rate_per_s),
        float(hazard.bin_s),
        float(until_s),
        leg_first,
        demand.route_link,
        result.entry_offset,
        result.entry_s,
        result.leg_arrive_s,
        people,
        on_link,
        per_person,
    )
    expose_waiting(
        np.ascontiguousarray(hazard.node_rate_per_s),
        float(hazard.bin_s),
        float(until_s),
        _start_node(network, demand),
        result.leg_depart_s,
        result.leg_entered_s,
        people,
        waiting,
        per_person,
    )
    return Exposure(
        on_link=np.ascontiguousarray(on_link.T),
        waiting=np.ascontiguousarray(waiting.T),
        per_person=per_person,
    )


def _start_node(network: RoadNetwork, demand: TrafficDemand) -> IndexArray:
    """The node at which each leg starts; -1 where it does not drive."""
    node = np.full(demand.n_legs, -1, np.int32)
    drives = demand.route_length[demand.leg_route] > 0
    node[drives] = network.from_node[demand.route_link[demand.route_offset[demand.leg_route[drives]]]]
    return node


def passages(
    demand: TrafficDemand, result: TrafficResult
) -> tuple[npt.NDArray[np.int64], IndexArray, FloatArray, FloatArray]:
    """
    Every recorded entry of a leg into a link.

    Parameters
    ----------
    demand : TrafficDemand
        What was played.
    result : TrafficResult
        With recorded entries.

    Returns
    -------
    leg, link, enter_s, leave_s : arrays
        In the order of the legs; nan where it never left. The time on a detour or diversion, whose links are
        not recorded, counts on the last recorded link.
    """
    length = demand.route_length[demand.leg_route]
    leg = np.repeat(np.arange(demand.n_legs), length)
    within = np.arange(len(leg)) - result.entry_offset[leg]
    link = demand.route_link[demand.route_offset[demand.leg_route[leg]] + within]
    entered = ~np.isnan(result.entry_s)
    leg, link, enter_s = leg[entered], link[entered], result.entry_s[entered]
    last = np.append(leg[1:] != leg[:-1], np.ones(min(len(leg), 1), np.bool_))
    leave_s = np.where(last, result.leg_arrive_s[leg], np.append(enter_s[1:], np.nan)[: len(leg)])
    return leg, link, enter_s, leave_s


def _check(
    network: RoadNetwork,
    demand: TrafficDemand,
    result: TrafficResult,
    hazard: Hazard,
    leg_people: npt.NDArray[np.integer],
) -> None:
    if len(result.entry_s) != int(demand.route_length[demand.leg_route].sum()):
        raise ModelError("the entries of this run were not recorded; play with record_entries=True")
    if leg_people.ndim != 2 or len(leg_people) != demand.n_legs or (leg_people < 0).any():
        raise ModelError(f"leg_people needs one row a leg, {demand.n_legs}, of whole numbers >= 0")
    columns = hazard.link_rate_per_s.shape[1], hazard.node_rate_per_s.shape[1]
    if columns != (network.n_links, network.n_nodes):
        raise ModelError(f"the hazard has rates for {columns[0]} links and {columns[1]} nodes")


def integral(
    rate_per_s: FloatArray,
    bin_s: float,
    place: npt.NDArray[np.integer],
    start_s: FloatArray,
    end_s: FloatArray,
) -> FloatArray:
    """
    Integral of the rate at each place from each start to each end.

    Parameters
    ----------
    rate_per_s : float64[n_bins, n_places]
        Rates; the last bin lasts for ever.
    bin_s : float
        Width of the bins (s).
    place : int[n]
        Where.
    start_s, end_s : float64[n]
        From when until when (s); nothing is counted where the end comes first.

    Returns
    -------
    float64[n]
        The integrals.
    """
    result: FloatArray = np.zeros(len(place))
    rate = np.ascontiguousarray(rate_per_s)
    integrate(rate, float(bin_s), place.astype(np.int32), start_s, end_s, result)
    return result
