"""The playbook: what is lost with each river crossing, and by when people have to start."""

from __future__ import annotations

from dataclasses import dataclass

from safepassage.model.policy import Audience

PLAYBOOK_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CutOff:
    """
    People of a settlement for whom no way is left.

    Attributes
    ----------
    settlement : str
        Settlement id.
    with_car, without_car : int
        Persons.
    """

    settlement: str
    with_car: int
    without_car: int


@dataclass(frozen=True, slots=True)
class NewStart:
    """
    When a settlement starts if crossings are lost.

    Attributes
    ----------
    settlement : str
        Settlement id.
    cars_s, vehicles_s : float
        First departure of cars, and of a vehicle with people of the settlement (s); NaN where none.
    other_road : bool
        Whether its cars take another road than with all crossings.
    """

    settlement: str
    cars_s: float
    vehicles_s: float
    other_road: bool


@dataclass(frozen=True, slots=True)
class LostCrossing:
    """
    The evacuation without some crossings, planned anew from the start.

    Attributes
    ----------
    crossings : tuple of str
        Names of what is lost; empty for the roads as they are.
    cut_off : tuple of CutOff
        Settlements with no way left that have one otherwise.
    bound_s : float
        No plan has the other cars out before (s).
    cars_clearance_s, fleet_clearance_s : float
        When the last car and the last vehicle's people are safe in the new plan (s); 0 where there are
        none.
    later_s : float
        What the loss costs in clearance of all (s); can be below 0, as those cut off no longer count.
    left_behind : int
        People who find no room or no time, beyond those cut off.
    starts : tuple of NewStart
        In scenario order.
    """

    crossings: tuple[str, ...]
    cut_off: tuple[CutOff, ...]
    bound_s: float
    cars_clearance_s: float
    fleet_clearance_s: float
    later_s: float
    left_behind: int
    starts: tuple[NewStart, ...]

    @property
    def clearance_s(self) -> float:
        """When the last of all is safe in the new plan (s)."""
        return max(self.cars_clearance_s, self.fleet_clearance_s)


@dataclass(frozen=True, slots=True)
class LastStart:
    """
    How long before a crossing is lost a settlement has to start, so that its cars still pass.

    Attributes
    ----------
    crossing, settlement : str
        Name of the crossing and settlement id.
    cars : int
        Cars that the plan sends over it.
    alone_s : float
        With the roads to itself (s before the loss): nobody who starts later can make it.
    together_s : float
        If all who use the crossing start as late as they can, in the plan's order (s before the loss).
    confident_s : float
        The same if the crossing carries only as much as it does with the stated confidence at least (s
        before the loss).
    passed_s : float
        When the last of its cars is over it in the plan as played (s since the start); NaN without cars.
    fleet_passed_s : float
        When the last vehicle with its people is over it in the plan as played (s); NaN without.
    other_way : bool
        Whether a way without this crossing exists.
    """

    crossing: str
    settlement: str
    cars: int
    alone_s: float
    together_s: float
    confident_s: float
    passed_s: float
    fleet_passed_s: float
    other_way: bool


@dataclass(frozen=True, slots=True)
class Playbook:
    """
    What to do when crossings are lost; for the commission only.

    Attributes
    ----------
    plan_id, scenario_id, scenario_hash, start, time_zone : str
        The plan it goes with; ``start`` is time zero.
    audience : Audience
        Who may read it.
    exercise : bool
        True while any link is schematic.
    confidence : float
        Of `LastStart.confident_s`, 0 to 1.
    losses : tuple of LostCrossing
        The roads as they are first, then single crossings, then pairs.
    starts : tuple of LastStart
        By crossing, then by how early people have to start.
    schema_version : int
        Of this document.
    """

    plan_id: str
    scenario_id: str
    scenario_hash: str
    start: str
    time_zone: str
    audience: Audience
    exercise: bool
    confidence: float
    losses: tuple[LostCrossing, ...]
    starts: tuple[LastStart, ...]
    schema_version: int = PLAYBOOK_SCHEMA_VERSION
