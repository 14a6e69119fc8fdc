"""Figures of the class table that were used, as assumptions with ranges."""

from __future__ import annotations

from collections import Counter

import numpy as np

from safepassage.district.class_table import ClassTable
from safepassage.formats.osm import OsmExtract
from safepassage.formats.scenario_folder.schema import JAM_DENSITY_PCE_PER_KM
from safepassage.model.network import RoadNetwork
from safepassage.model.scenario import Assumption

SOURCE = "docs/road-classes.md"
# Measured in evacuations: 10-15 % below ordinary capacity, down to 600 an hour and lane when sustained.
_CAPACITY_RANGE = (0.6, 1.15)
_SPEED_RANGE = (0.6, 1.2)


def road_assumptions(extract: OsmExtract, table: ClassTable, network: RoadNetwork) -> tuple[Assumption, ...]:
    """
    What the map did not say and the class table filled in.

    Parameters
    ----------
    extract : OsmExtract
        What the map says.
    table : ClassTable
        What it does not.
    network : RoadNetwork
        Which classes are used.

    Returns
    -------
    tuple of Assumption
        Capacity of every class of road in the network; free speed and lanes where a way lacks the tag.
    """
    uses = np.bincount(extract.ways.tag_set, minlength=len(extract.ways.tag_sets)).tolist()
    ways, no_speed, no_lanes = Counter[str](), Counter[str](), Counter[str]()
    for tags, count in zip(extract.ways.tag_sets, uses, strict=True):
        road = tags.get("highway", "ferry")
        ways[road] += count
        no_speed[road] += count * ("maxspeed" not in tags)
        no_lanes[road] += count * ("lanes" not in tags)
    found = list(network_assumptions(extract.source))
    for road in sorted(set(network.facility_type) & set(table.classes)):
        figures = table.classes[road]
        words = road.replace("_", "-")
        found.append(
            _assumption(f"capacity-{words}", figures.capacity, _CAPACITY_RANGE, "pce/h a lane",
                        f"maps do not tell capacities; used on all roads of class {road}")
        )  # fmt: skip
        if no_speed[road]:
            reason = f"{no_speed[road]} of {ways[road]} ways of class {road} have no speed limit on the map"
            found.append(_assumption(f"speed-{words}", figures.speed, _SPEED_RANGE, "km/h", reason))
        if no_lanes[road]:
            reason = (
                f"{no_lanes[road]} of {ways[road]} ways of class {road} have no number of lanes on the map"
            )
            most = max(1.0, figures.oneway_lanes / figures.lanes, 2 / figures.lanes)
            found.append(
                _assumption(f"lanes-{words}", figures.lanes, (1 / figures.lanes, most), "lanes", reason)
            )
    return tuple(found)


def _assumption(name: str, value: float, factors: tuple[float, float], unit: str, reason: str) -> Assumption:
    low, high = (round(value * factor, 3) for factor in factors)
    return Assumption(f"road-{name}", value, min(low, value), max(high, value), unit, reason, SOURCE)


def network_assumptions(file: str) -> tuple[Assumption, ...]:
    """
    What a network of another format leaves open.

    Parameters
    ----------
    file : str
        Name of the network's file.

    Returns
    -------
    tuple of Assumption
        Jam density; lengths, speeds, lanes and capacities are those of the file.
    """
    return (
        Assumption(
            "road-jam-density", JAM_DENSITY_PCE_PER_KM, 0.75 * JAM_DENSITY_PCE_PER_KM,
            1.2 * JAM_DENSITY_PCE_PER_KM, "pce/km a lane", f"{file} tells none; 7.5 m a vehicle", "",
            ("link.csv:*:jam_density",),
        ),
    )  # fmt: skip
