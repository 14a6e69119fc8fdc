"""From the tags of a way to what a vehicle meets on it, or to the reason why it is no road."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from safepassage.district.class_table import ClassTable, RoadClass

Tags = Mapping[str, str]
_YES = frozenset({"yes", "designated", "permissive", "official", "true", "1", "destination", "customers"})
_NO = frozenset({"no", "private", "agricultural", "forestry", "emergency", "military", "bus", "psv"})
_MINOR_SERVICE = frozenset(
    {"parking_aisle", "driveway", "drive-through", "drive_through", "emergency_access", "private"}
)
_DEAD = ("abandoned", "destroyed", "disused", "demolished", "ruins")
_PASSABLE_BARRIERS = frozenset(
    {
        "entrance", "cattle_grid", "toll_booth", "border_control", "checkpoint", "height_restrictor",
        "kerb", "gate", "lift_gate", "swing_gate", "sliding_gate", "hampshire_gate", "bump_gate",
        "sally_port", "no", "yes",
    }
)  # fmt: skip
_STRUCTURES = ("bridge", "tunnel", "ford")
_MPH = 1.609344
_HIGHEST_SPEED_KM_PER_H = 150.0
_MOST_LANES = 8.0


@dataclass(frozen=True, slots=True)
class Direction:
    """
    What a vehicle meets in one direction of a road.

    Attributes
    ----------
    lanes : float
        Lanes.
    speed_km_per_h : float
        Free speed (km/h).
    lane_capacity_pcu_per_h : float
        Capacity of one lane (PCU/h).
    """

    lanes: float
    speed_km_per_h: float
    lane_capacity_pcu_per_h: float


@dataclass(frozen=True, slots=True)
class RoadRule:
    """
    What the tags of a way say.

    Attributes
    ----------
    road_class : str
        Key of the class table.
    forward, backward : Direction or None
        Along the way's nodes and against them; None where driving is not allowed.
    structure : str
        ``bridge``, ``tunnel``, ``ford``, ``ferry`` or empty.
    surface : str
        As tagged.
    weight : float
        Priority where roads merge.
    """

    road_class: str
    forward: Direction | None
    backward: Direction | None
    structure: str
    surface: str
    weight: float

    @property
    def reversed(self) -> RoadRule:
        """The rule of the same road, drawn from its other end."""
        return replace(self, forward=self.backward, backward=self.forward)


def rule_of(tags: Tags, table: ClassTable) -> RoadRule | str:
    """
    What a way's tags mean for a motor vehicle.

    Parameters
    ----------
    tags : mapping
        Tags of the way.
    table : ClassTable
        Figures for what is not tagged.

    Returns
    -------
    RoadRule or str
        The rule, or the reason why nobody drives there: ``construction``, ``abandoned``, ``no_access``,
        ``private``, ``minor_service``, ``unused_class`` or ``unknown_class``.
    """
    road = "ferry" if tags.get("route") == "ferry" and "highway" not in tags else tags.get("highway", "")
    reason = _reason_against(tags, road, table)
    if reason:
        return reason
    figures = table.classes[road]
    structure = "ferry" if road == "ferry" else _structure(tags)
    forward, backward = _directions(tags, road)
    rule = RoadRule(
        road_class=road,
        forward=_direction(tags, figures, table, ":forward", both=backward) if forward else None,
        backward=_direction(tags, figures, table, ":backward", both=forward) if backward else None,
        structure=structure,
        surface=tags.get("surface", ""),
        weight=figures.weight,
    )
    return forded(rule, table) if structure == "ford" else rule


def forded(rule: RoadRule, table: ClassTable) -> RoadRule:
    """
    The rule of a road where it goes through water.

    Parameters
    ----------
    rule : RoadRule
        Of the road itself.
    table : ClassTable
        Says what a ford carries.

    Returns
    -------
    RoadRule
        Slower and with less capacity.
    """

    def through_water(direction: Direction | None) -> Direction | None:
        if direction is None:
            return None
        return Direction(
            direction.lanes,
            min(direction.speed_km_per_h, table.rule.ford_speed),
            direction.lane_capacity_pcu_per_h * table.rule.ford_capacity_share,
        )

    return replace(
        rule,
        forward=through_water(rule.forward),
        backward=through_water(rule.backward),
        structure="ford",
    )


def blocks(tags: Tags) -> bool:
    """
    Whether a node's barrier stops a car.

    Parameters
    ----------
    tags : mapping
        Tags of the node.

    Returns
    -------
    bool
        False for a gate that can be opened; True for bollards, blocks, walls and locked or private gates.
    """
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    access = _access(tags)
    if access in _YES:
        return False
    locked = tags.get("locked") == "yes" or access in _NO
    return locked or barrier not in _PASSABLE_BARRIERS


def _reason_against(tags: Tags, road: str, table: ClassTable) -> str:
    access = _access(tags)
    if road == "construction" or tags.get("construction") in table.classes:
        return "construction"
    if (
        any(tags.get(key, "no") not in ("no", "") for key in _DEAD)
        or tags.get("bridge") in _DEAD
        or (tags.get("destroyed:bridge", "no") != "no")
    ):
        return "abandoned"
    if road not in table.classes:
        return "unknown_class"
    if road == "ferry":
        return "" if access in _YES else "no_access"
    if access in _NO:
        return "private" if access == "private" else "no_access"
    if tags.get("service") in _MINOR_SERVICE and road == "service":
        return "minor_service"
    if not table.classes[road].use and access not in _YES:
        return "unused_class"
    return ""


def _access(tags: Tags) -> str:
    """The most special of the tags that say who may pass."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key]
    return ""


def _structure(tags: Tags) -> str:
    return next((name for name in _STRUCTURES if tags.get(name, "no") not in ("no", "")), "")


def _directions(tags: Tags, road: str) -> tuple[bool, bool]:
    oneway = next(
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway") if key in tags), ""
    )
    if oneway in ("-1", "reverse"):
        return False, True
    if oneway in ("yes", "true", "1"):
        return True, False
    implied = road == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return True, not (implied and oneway not in ("no", "false", "0"))


def _direction(tags: Tags, figures: RoadClass, table: ClassTable, side: str, *, both: bool) -> Direction:
    speed = _limit(tags, table, side) or figures.speed
    for key, most in (
        ("surface", table.surface), ("smoothness", table.smoothness), ("tracktype", table.tracktype)
    ):  # fmt: skip
        speed = min(speed, most.get(tags.get(key, ""), speed))
    lanes = _count(tags.get(f"lanes{side}", "")) if both else 0.0
    total = _count(tags.get("lanes", ""))
    capacity = figures.capacity
    if not lanes:
        if not both:
            lanes = total or figures.oneway_lanes
        elif total:
            lanes = max(1.0, total // 2)
        else:
            lanes = figures.lanes
    width = _width_m(tags)
    if both and (total == 1 or (not total and 0 < width < table.rule.narrow_below_m)):
        capacity *= table.rule.narrow_share
    return Direction(min(lanes, _MOST_LANES), speed, capacity)


def _limit(tags: Tags, table: ClassTable, side: str) -> float:
    for key in (f"maxspeed{side}", "maxspeed"):
        speed = _speed_km_per_h(tags.get(key, ""), table)
        if speed:
            return min(speed, _HIGHEST_SPEED_KM_PER_H)
    return 0.0


def _speed_km_per_h(text: str, table: ClassTable) -> float:
    match = re.match(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*(?:;.*)?$", text)
    if match:
        return float(match[1]) * (_MPH if match[2] == "mph" else 1.0)
    word = text.rpartition(":")[2].strip().lower()
    return float(table.limit.get(word, 0.0))


def _count(text: str) -> float:
    match = re.match(r"\s*(\d+(?:\.\d+)?)", text)
    return float(match[1]) if match and float(match[1]) > 0 else 0.0


def _width_m(tags: Tags) -> float:
    match = re.match(r"\s*(\d+(?:[.,]\d+)?)\s*m?\s*$", tags.get("width") or tags.get("est_width") or "")
    return float(match[1].replace(",", ".")) if match else 0.0
