"""Dense towns in parts of a size that a wave can carry."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from safepassage.district.anchors import StreetNodes
from safepassage.district.apportion import apportion
from safepassage.district.places import Place
from safepassage.model.network import RoadNetwork

# A town takes up as much ground as at this density (persons a square kilometre), and no less than a walk.
_THIN_PER_KM2 = 800.0
_SMALLEST_RADIUS_M = 400.0

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StreetGroup:
    """
    A part of a settlement.

    Attributes
    ----------
    node : int
        Index of the network node in its middle.
    people : int
        Persons.
    street : str
        Name of the street with most metres; empty where none has a name.
    number : int
        Counted from 1.
    """

    node: int
    people: int
    street: str
    number: int


def divide_towns(
    places: Sequence[Place],
    place_xy_m: Floats,
    streets: StreetNodes,
    network: RoadNetwork,
    link_names: Sequence[str],
    *,
    most_people: int,
) -> dict[str, tuple[StreetGroup, ...]]:
    """
    Divide settlements that are too large for one.

    Parameters
    ----------
    places : sequence of Place
        Settlements.
    place_xy_m : float64[n, 2]
        Their centres (m).
    streets : StreetNodes
        Where people live.
    network : RoadNetwork
        Roads.
    link_names : sequence of str
        Names of streets, one a link.
    most_people : int
        Settlements with more people are divided.

    Returns
    -------
    dict of str to tuple of StreetGroup
        By settlement id; settlements that stay whole are absent. People of the parts sum to those of the
        settlement.

    Notes
    -----
    Street nodes belong to the nearest settlement. A town's nodes are halved again and again across
    their longer side, at equal metres of street; people are divided by metres of street.
    """
    if not len(streets.node) or not len(places):
        return {}
    owner = np.asarray(cKDTree(place_xy_m).query(streets.xy_m)[1])
    divided = {}
    names = _StreetNames(network, link_names)
    for number, place in enumerate(places):
        if place.people <= most_people:
            continue
        radius = max(_SMALLEST_RADIUS_M, 1000 * math.sqrt(place.people / _THIN_PER_KM2 / math.pi))
        away = np.hypot(*(streets.xy_m - place_xy_m[number]).T)
        own = np.flatnonzero((owner == number) & (away <= radius))
        parts = _halved(own, streets, math.ceil(place.people / most_people))
        if len(parts) < 2:
            continue
        people = apportion(place.people, [float(streets.street_m[part].sum()) for part in parts])
        divided[place.id] = tuple(
            StreetGroup(
                int(streets.node[_middle(part, streets)]), persons, names.of(streets.node[part]), k + 1
            )
            for k, (part, persons) in enumerate(zip(parts, people, strict=True))
        )
        assert sum(group.people for group in divided[place.id]) == place.people
    return divided


def _halved(nodes: Int64s, streets: StreetNodes, wanted: int) -> list[Int64s]:
    if wanted <= 1 or len(nodes) < 2:
        return [nodes] if len(nodes) else []
    xy = streets.xy_m[nodes]
    axis = int(np.argmax(xy.max(axis=0) - xy.min(axis=0)))
    # Ties are broken by the node, for the same district must give the same parts.
    order = nodes[np.lexsort((nodes, xy[:, axis]))]
    grown = np.cumsum(streets.street_m[order])
    few = wanted // 2
    at = int(np.clip(np.searchsorted(grown, grown[-1] * few / wanted), 1, len(order) - 1))
    return [*_halved(order[:at], streets, few), *_halved(order[at:], streets, wanted - few)]


def _middle(part: Int64s, streets: StreetNodes) -> int:
    centre = np.average(streets.xy_m[part], axis=0, weights=streets.street_m[part])
    return int(part[np.argmin(np.hypot(*(streets.xy_m[part] - centre).T))])


class _StreetNames:
    """Name of the street with most metres around some nodes."""

    def __init__(self, network: RoadNetwork, link_names: Sequence[str]) -> None:
        self._network = network
        self._names = link_names
        self._order = np.argsort(network.from_node, kind="stable")
        self._first = np.searchsorted(network.from_node[self._order], np.arange(network.n_nodes + 1))

    def of(self, nodes: Int64s) -> str:
        metres: Counter[str] = Counter()
        for node in nodes.tolist():
            for link in self._order[self._first[node] : self._first[node + 1]].tolist():
                if self._names[link]:
                    metres[self._names[link]] += round(float(self._network.length_m[link]))
        return min(metres, key=lambda name: (-metres[name], name), default="")
