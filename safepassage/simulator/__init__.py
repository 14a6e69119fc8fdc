"""Plays a plan vehicle by vehicle with Newell's kinematic-wave model."""

from safepassage.simulator.conditions import (
    Conditions,
    Hold,
    HoldPoint,
    Knowledge,
    LinkChange,
    Refuge,
    Signal,
    reversed_lanes,
)
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.workspace import Workspace

__all__ = [
    "Conditions",
    "Hold",
    "HoldPoint",
    "Knowledge",
    "LinkChange",
    "Refuge",
    "Signal",
    "TrafficDemand",
    "TrafficResult",
    "Workspace",
    "play",
    "reversed_lanes",
]
