"""What changes while traffic runs: links, holds and signals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from safepassage.errors import ModelError
from safepassage.model.network import RoadNetwork


class HoldPoint(StrEnum):
    """Where a hold keeps vehicles: off the road before they start, or on a link at its end."""

    ORIGIN = "origin"
    END = "end"


@dataclass(frozen=True, slots=True)
class LinkChange:
    """
    New figures of a link from a time on.

    Nobody enters a link whose capacity is 0; whoever is on it drives on to its end. Storage that
    shrinks is taken from free places first, then from places as vehicles vacate them.

    Attributes
    ----------
    time_s : float
        When (s).
    link : int
        Link index.
    capacity_pcu_per_h : float
        Of the whole link; 0 closes it.
    jam_density_pcu_per_m, free_speed_m_per_s : float or None
        Of the whole link; None means as in the network.
    after_empty : int or None
        Link that must have no vehicle on it; the change waits for that beyond ``time_s``.
    """

    time_s: float
    link: int
    capacity_pcu_per_h: float
    jam_density_pcu_per_m: float | None = None
    free_speed_m_per_s: float | None = None
    after_empty: int | None = None

    def __post_init__(self) -> None:
        _require("time_s", self.time_s, least=0)
        _require("capacity_pcu_per_h", self.capacity_pcu_per_h, least=0)
        for name in ("jam_density_pcu_per_m", "free_speed_m_per_s"):
            if (value := getattr(self, name)) is not None:
                _require(name, value, above=0)


@dataclass(frozen=True, slots=True)
class Hold:
    """
    A time in which vehicles stay where they are: an alert, a breakdown, a bridge that is up.

    Attributes
    ----------
    links : tuple of int
        Link indices.
    point : HoldPoint
        ``origin`` keeps those who would begin a leg on the links, ``end`` those who would leave them.
    start_s, end_s : float
        From when until when (s); ``inf`` never ends.
    """

    links: tuple[int, ...]
    point: HoldPoint
    start_s: float
    end_s: float = math.inf

    def __post_init__(self) -> None:
        _require("start_s", self.start_s, least=0)
        if not self.end_s > self.start_s:
            raise ModelError(f"a hold ends at {self.end_s} s; give a time after its start, {self.start_s} s")


@dataclass(frozen=True, slots=True)
class Signal:
    """
    A traffic light at the end of a link.

    Attributes
    ----------
    link : int
        Link index.
    cycle_s, green_start_s, green_s : float
        The link is green for ``green_s`` from ``green_start_s`` on, again every ``cycle_s`` (s).
    """

    link: int
    cycle_s: float
    green_start_s: float
    green_s: float

    def __post_init__(self) -> None:
        _require("green_start_s", self.green_start_s, least=0)
        if not 0 < self.green_s <= self.cycle_s < math.inf:
            raise ModelError(f"a signal is green {self.green_s} of {self.cycle_s} s; give 0 < green <= cycle")


@dataclass(frozen=True, slots=True)
class Refuge:
    """
    A destination that fills up.

    Legs that end at the node and set people down there count, in the order in which they arrive; a
    vehicle whose people do not all find room drives on to the next refuge.

    Attributes
    ----------
    node : int
        Node index; one refuge a node.
    room_persons : int
        Persons that it takes.
    divert_to : int or None
        Index of the next refuge in ``Conditions.refuges``; None where people are turned away for good.
    divert_links : tuple of int
        Links from this node to that one.
    """

    node: int
    room_persons: int
    divert_to: int | None = None
    divert_links: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.room_persons < 0:
            raise ModelError(f"a refuge takes {self.room_persons} persons; give 0 or more")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """
    What drivers on the road can know of closures; who knows drives around them.

    Attributes
    ----------
    sees_closure : bool
        Whoever stands before a closed link is told there which links are closed.
    told_at_nodes : tuple of int
        Nodes (control points) at which passing drivers are told the same.
    radio_delay_s : float
        After how long everybody on the road knows of a closure or a reopening (s); ``inf`` never.
    """

    sees_closure: bool = True
    told_at_nodes: tuple[int, ...] = ()
    radio_delay_s: float = math.inf

    def __post_init__(self) -> None:
        if not self.radio_delay_s >= 0:
            raise ModelError(f"radio_delay_s is {self.radio_delay_s}; give a number >= 0")


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    Everything that changes while traffic runs.

    Attributes
    ----------
    changes : tuple of LinkChange
        Of equal times the later in the list counts.
    holds : tuple of Hold
        May overlap.
    signals : tuple of Signal
        At most one a link.
    refuges : tuple of Refuge
        Destinations that fill up; diversions must end somewhere.
    knowledge : Knowledge or None
        What drivers know of closures; None keeps everybody on the planned route.
    """

    changes: tuple[LinkChange, ...] = ()
    holds: tuple[Hold, ...] = ()
    signals: tuple[Signal, ...] = ()
    refuges: tuple[Refuge, ...] = ()
    knowledge: Knowledge | None = None

    def __post_init__(self) -> None:
        links = [signal.link for signal in self.signals]
        if len(set(links)) != len(links):
            raise ModelError("two signals stand at the end of one link; give one")
        nodes = [refuge.node for refuge in self.refuges]
        if len(set(nodes)) != len(nodes):
            raise ModelError("two refuges share a node; give one")
        for start in range(len(self.refuges)):
            self._check_diversions_end(start)

    def _check_diversions_end(self, start: int) -> None:
        at = start
        for _step in range(len(self.refuges)):
            onward = self.refuges[at].divert_to
            if onward is None:
                return
            if not 0 <= onward < len(self.refuges):
                raise ModelError(f"a refuge diverts to {onward}; there are {len(self.refuges)} refuges")
            at = onward
        raise ModelError(f"diversions from refuge {start} go in a circle; let the last one divert nowhere")

    def check_on(self, network: RoadNetwork) -> None:
        """
        Check that all links exist.

        Parameters
        ----------
        network : RoadNetwork
            Where the traffic runs.

        Raises
        ------
        ModelError
            When a link index lies outside the network.
        """
        links = {change.link for change in self.changes}
        links |= {change.after_empty for change in self.changes if change.after_empty is not None}
        links |= {link for held in {hold.links for hold in self.holds} for link in held}
        links |= {signal.link for signal in self.signals}
        links |= {link for refuge in self.refuges for link in refuge.divert_links}
        for link in sorted(links):
            if not 0 <= link < network.n_links:
                raise ModelError(
                    f"conditions name link {link}; the network has links 0 to {network.n_links - 1}"
                )
        for node in self.knowledge.told_at_nodes if self.knowledge else ():
            if not 0 <= node < network.n_nodes:
                raise ModelError(f"drivers are told at node {node}; the network has {network.n_nodes} nodes")
        for refuge in self.refuges:
            self._check_diversion(refuge, network)

    def _check_diversion(self, refuge: Refuge, network: RoadNetwork) -> None:
        at = refuge.node
        if not 0 <= at < network.n_nodes:
            raise ModelError(f"a refuge stands at node {at}; the network has {network.n_nodes} nodes")
        for link in refuge.divert_links:
            if network.from_node[link] != at:
                raise ModelError(f"the diversion from node {network.node_id[refuge.node]} has a gap")
            at = int(network.to_node[link])
        if refuge.divert_to is not None and at != self.refuges[refuge.divert_to].node:
            raise ModelError(f"the diversion from node {network.node_id[refuge.node]} ends elsewhere")


def reversed_lanes(
    network: RoadNetwork, *, losing: int, gaining: int, lanes: float, start_s: float, transition_s: float
) -> tuple[LinkChange, ...]:
    """
    Turn lanes of one direction over to the other one.

    The losing link gives up the lanes at once; when it gives up all of them it is closed, and the
    gaining link gets them after the transition, but not before the last vehicle has left.

    Parameters
    ----------
    network : RoadNetwork
        The roads.
    losing, gaining : int
        Links of the two directions.
    lanes : float
        How many lanes turn, at most those of the losing link.
    start_s, transition_s : float
        When it starts and the least time until the lanes are used the other way (s).

    Returns
    -------
    tuple of LinkChange
        For ``Conditions.changes``.
    """
    own, other = float(network.lanes[losing]), float(network.lanes[gaining])
    if not 0 < lanes <= own:
        raise ModelError(f"{lanes} lanes of {own} cannot be reversed; give more than 0 and at most {own}")
    left, more = (own - lanes) / own, (other + lanes) / other
    capacity, density = network.capacity_pcu_per_h, network.jam_density_pcu_per_m
    given_up = LinkChange(
        start_s,
        losing,
        float(capacity[losing]) * left,
        jam_density_pcu_per_m=float(density[losing]) * left if left > 0 else None,
    )
    taken_over = LinkChange(
        start_s + transition_s,
        gaining,
        float(capacity[gaining]) * more,
        jam_density_pcu_per_m=float(density[gaining]) * more,
        after_empty=losing if left == 0 else None,
    )
    return given_up, taken_over


def merged_windows(windows: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """
    Unite windows that overlap or touch.

    Parameters
    ----------
    windows : sequence of (start_s, end_s)
        In any order.

    Returns
    -------
    tuple of (start_s, end_s)
        Ascending and disjoint.
    """
    merged: list[tuple[float, float]] = []
    for start_s, end_s in sorted(windows):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_s))
        else:
            merged.append((start_s, end_s))
    return tuple(merged)


def _require(name: str, value: float, *, least: float = -math.inf, above: float = -math.inf) -> None:
    if not (math.isfinite(value) and value >= least and value > above):
        bound = f">= {least}" if above == -math.inf else f"> {above}"
        raise ModelError(f"{name} is {value}; give a finite number {bound}")
