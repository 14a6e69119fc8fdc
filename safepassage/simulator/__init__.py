"""Plays a plan vehicle by vehicle with Newell's kinematic-wave model."""

from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.run import TrafficResult, play
from safepassage.simulator.workspace import Workspace

__all__ = ["TrafficDemand", "TrafficResult", "Workspace", "play"]
