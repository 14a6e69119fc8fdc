"""A small town by a river, written as an OpenStreetMap extract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

Tags = Mapping[str, str]
WEST, SOUTH = 37.6, 49.7
STEP_DEG = 0.01


@dataclass
class MadeMap:
    """
    Nodes on a grid of a hundredth of a degree, ways and relations.

    Attributes
    ----------
    nodes : dict of int to (float, float, tags)
        Grid column, grid row (both may have fractions), tags.
    ways : list of (int, refs, tags)
        Ways.
    turns : list of (kind, from, via, to)
        Turn restrictions; via is a node, or the ways along which they run.
    boundaries : list of (tags, ways)
        Areas, by the ways around them.
    """

    nodes: dict[int, tuple[float, float, Tags]] = field(default_factory=dict)
    ways: list[tuple[int, Sequence[int], Tags]] = field(default_factory=list)
    turns: list[tuple[str, int, int | tuple[int, ...], int]] = field(default_factory=list)
    boundaries: list[tuple[Tags, Sequence[int]]] = field(default_factory=list)

    def node(self, ref: int, x: float, y: float, **tags: str) -> None:
        self.nodes[ref] = (x, y, {key.replace("__", ":"): value for key, value in tags.items()})

    def way(self, number: int, refs: Sequence[int], **tags: str) -> None:
        self.ways.append((number, refs, {key.replace("__", ":"): value for key, value in tags.items()}))

    def place_of(self, ref: int) -> tuple[float, float]:
        x, y, _tags = self.nodes[ref]
        return round(WEST + x * STEP_DEG, 7), round(SOUTH + y * STEP_DEG, 7)

    def write(self, path: Path) -> Path:
        with osmium.SimpleWriter(str(path)) as writer:
            for ref in sorted(self.nodes):
                tags = dict(self.nodes[ref][2])
                writer.add_node(Node(id=ref, location=self.place_of(ref), tags=tags, version=1))
            for number, refs, words in sorted(self.ways, key=lambda way: way[0]):
                writer.add_way(Way(id=number, nodes=list(refs), tags=dict(words), version=1))
            for number, (kind, come, via, go) in enumerate(self.turns, start=1):
                middle = [("n", via, "via")] if isinstance(via, int) else [("w", way, "via") for way in via]
                members = [("w", come, "from"), *middle, ("w", go, "to")]
                tags = {"type": "restriction", "restriction": kind}
                writer.add_relation(Relation(id=number, members=members, tags=tags, version=1))
            for number, (words, ways) in enumerate(self.boundaries, start=len(self.turns) + 1):
                around = [("w", way, "outer") for way in ways]
                tags = {"type": "boundary", **words}
                writer.add_relation(Relation(id=number, members=around, tags=tags, version=1))
        return path


def river_town() -> MadeMap:
    """
    A main road from west to east over a river, a town on each side, and what maps are full of.

    Nodes 10 to 16 lie on the main road; 12 to 13 is the bridge; 20 to 23 are streets of the western town, 30
    and 31 of the eastern one; 40 and 41 hang on nothing; 50 and 51 end two carriageways that leave the map.
    """
    town = MadeMap()
    for number, x in enumerate((0, 1, 2, 3, 4, 6)):
        town.node(10 + number, x, 0)
    town.node(16, 0.5, 0.02)
    town.way(1, [10, 16, 11, 12], highway="primary", name="Main road", maxspeed="60", lanes="2")
    town.way(2, [12, 13], highway="primary", name="Main road", bridge="yes", maxspeed="60", lanes="2")
    town.way(3, [13, 14, 15], highway="primary", name="Main road", maxspeed="60", lanes="2")
    for ref, (x, y) in {20: (1, 1), 21: (2, 1), 22: (1, 2), 23: (2, 2)}.items():
        town.node(ref, x, y)
    town.way(4, [11, 20, 22], highway="residential", name="School street")
    town.way(5, [20, 21], highway="residential", name="Short street")
    town.way(6, [12, 21, 23], highway="residential", name="Mill street")
    town.way(7, [22, 23], highway="residential", name="Hill street", oneway="yes")
    town.node(30, 4, 1)
    town.node(31, 5, 1)
    town.way(8, [14, 30, 31], highway="residential", name="East street")
    town.node(40, 2, -3)
    town.node(41, 3, -3)
    town.way(9, [40, 41], highway="track", motor_vehicle="yes", name="Lost track")
    town.node(50, 4.4, 3)
    town.node(51, 4.401, 3)
    town.way(10, [14, 50], highway="secondary", oneway="yes", name="Road out")
    town.way(11, [51, 14], highway="secondary", oneway="yes", name="Road out")
    town.way(12, [22, 41], highway="footway")
    town.way(13, [23, 31], highway="residential", access="private")
    town.node(60, 2.5, -1)
    town.node(61, 2.5, 1.5)
    town.way(20, [60, 61], waterway="river", name="Oskil")
    town.node(70, 1.2, 1.4, place="town", name="Захід", name__en="West Town", population="2 400")
    town.node(71, 4.5, 1.1, place="village", name="Схід'не", name__en="Skhidne", population="300")
    town.node(72, 2.5, -2.9, place="hamlet", name="Хутір", population="12")
    town.node(73, 1.1, 1.9, amenity="school", name="School No 1")
    town.node(74, 4.2, 0.9, amenity="hospital", name="Hospital")
    return town
