"""What rules the roads besides the plan: background traffic, signals, reversed lanes, what drivers know."""

from __future__ import annotations

import math
from dataclasses import dataclass

from safepassage.errors import ModelError


@dataclass(frozen=True, slots=True)
class BackgroundFlow:
    """
    Traffic that has nothing to do with the evacuation and takes its share of the roads.

    Attributes
    ----------
    id : str
        Unique id.
    from_node, to_node : str
        Ids of the nodes where it enters and leaves the roads.
    links : tuple of str
        Its way; empty stands for the fastest one on empty roads.
    start_s, end_s : float
        From when until when it enters (s since the scenario's start; the start may lie before it);
        ``inf`` lasts to the horizon.
    vehicles_per_h : float
        Vehicles an hour, one after the other.
    pcu : int
        Passenger-car units of one vehicle.
    """

    id: str
    from_node: str
    to_node: str
    links: tuple[str, ...]
    start_s: float
    end_s: float
    vehicles_per_h: float
    pcu: int = 1

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise ModelError(f"background {self.id}: ends at {self.end_s} s, not after its start")
        if not 0 < self.vehicles_per_h < math.inf or self.pcu < 1:
            raise ModelError(f"background {self.id}: give vehicles an hour and units above 0")
        if self.from_node == self.to_node and not self.links:
            raise ModelError(f"background {self.id}: enters and leaves at one node; give its way")


@dataclass(frozen=True, slots=True)
class TrafficSignal:
    """
    A traffic light at the end of a link.

    Attributes
    ----------
    id, link : str
        Own id, link id.
    cycle_s, green_start_s, green_s : float
        Green for ``green_s`` from ``green_start_s`` after the scenario's start on, again every
        ``cycle_s`` (s).
    """

    id: str
    link: str
    cycle_s: float
    green_start_s: float
    green_s: float

    def __post_init__(self) -> None:
        if not (0 < self.green_s <= self.cycle_s < math.inf and 0 <= self.green_start_s < math.inf):
            raise ModelError(f"signal {self.id}: give 0 < green <= cycle and a start of green >= 0")


@dataclass(frozen=True, slots=True)
class LaneReversal:
    """
    Lanes of one direction that are used by the other one for a time.

    Attributes
    ----------
    id : str
        Unique id.
    losing_link, gaining_link : str
        Link ids of the two directions.
    lanes : float
        How many lanes turn over.
    start_s, end_s : float
        When it begins and ends (s since the scenario's start); ``inf`` never ends.
    transition_s : float
        Least time, at either end, until the lanes are used the other way (s).
    """

    id: str
    losing_link: str
    gaining_link: str
    lanes: float
    start_s: float
    end_s: float = math.inf
    transition_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise ModelError(f"reversal {self.id}: ends at {self.end_s} s, not after its start")
        if not (self.lanes > 0 and self.transition_s >= 0):
            raise ModelError(f"reversal {self.id}: give lanes > 0 and a transition >= 0")
        if self.losing_link == self.gaining_link:
            raise ModelError(f"reversal {self.id}: a link cannot give lanes to itself")


@dataclass(frozen=True, slots=True)
class Drivers:
    """
    What drivers on the road can know of closures.

    Attributes
    ----------
    reroute : bool
        Whether who knows of a closure drives around it; otherwise everybody keeps to the plan.
    see_closures : bool
        Whoever stands before a closed road knows which roads are closed then.
    told_at : tuple of str
        Ids of sites (control points) where passing drivers are told the same.
    radio_delay_s : float
        After how long everybody on the road knows by radio (s); ``inf`` never.
    """

    reroute: bool = False
    see_closures: bool = True
    told_at: tuple[str, ...] = ()
    radio_delay_s: float = math.inf

    def __post_init__(self) -> None:
        if not self.radio_delay_s >= 0:
            raise ModelError(f"drivers: radio_delay_s is {self.radio_delay_s}; give a number >= 0")


@dataclass(frozen=True, slots=True)
class Walking:
    """
    How fast and how far people walk to an assembly point.

    Attributes
    ----------
    speed_m_per_s : float
        Of adults.
    slow_speed_m_per_s : float
        Of children and older people, and of those who walk with them.
    most_m : float
        No assembly point with a longer way on foot is used (m).
    """

    speed_m_per_s: float = 4.0 / 3.6
    slow_speed_m_per_s: float = 2.5 / 3.6
    most_m: float = math.inf

    def __post_init__(self) -> None:
        if not (0 < self.slow_speed_m_per_s < math.inf and 0 < self.speed_m_per_s < math.inf):
            raise ModelError("walking: give speeds above 0")
        if not self.most_m > 0:
            raise ModelError(f"walking: most_m is {self.most_m}; give a length above 0")
