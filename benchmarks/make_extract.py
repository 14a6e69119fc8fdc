"""
Make an OpenStreetMap extract of any size: a city on a bent grid, with the mix of ways that maps have.

Of every ten ways three are roads for cars, one is a footpath or a track and six are buildings. A road has
eight nodes and leads from one crossing to the next, as most do; a quarter are one-way streets.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

ROAD_SHARE, PATH_SHARE = 0.3, 0.1
BETWEEN = 6
BLOCK_DEG = 0.0015
SEED = 1
PLACES = 400


def write_extract(path: Path, ways: int) -> None:
    """
    Write an extract.

    Parameters
    ----------
    path : Path
        ``.osm.pbf``; replaced where it exists.
    ways : int
        How many ways, about.
    """
    side = max(2, math.ceil(math.sqrt(ways * ROAD_SHARE / 2)))
    random = np.random.default_rng(SEED)
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), bufsz=1 << 22) as writer:
        _Maker(writer, side, random).write(ways)


class _Maker:
    def __init__(self, writer: osmium.SimpleWriter, side: int, random: np.random.Generator) -> None:
        self._writer = writer
        self._side = side
        self._random = random
        self._ways: list[tuple[list[int], dict[str, str]]] = []
        self._node = 0

    def write(self, ways: int) -> None:
        crossings = self._crossings()
        self._places()
        self._roads(crossings)
        roads = len(self._ways)
        self._fill(int(ways * PATH_SHARE), {"highway": "footway"}, 4, closed=False)
        self._fill(max(0, ways - len(self._ways)), {"building": "yes"}, 4, closed=True)
        for number, (refs, tags) in enumerate(self._ways, start=1):
            self._writer.add_way(Way(id=number, nodes=refs, tags=tags, version=1))
        print(f"{roads} roads, {len(self._ways)} ways, {self._node} nodes")

    def _add(self, x: float, y: float, tags: dict[str, str] | None = None) -> int:
        self._node += 1
        self._writer.add_node(Node(id=self._node, location=(x, y), tags=tags or {}, version=1))
        return self._node

    def _crossings(self) -> np.ndarray:
        bend = self._random.normal(0, BLOCK_DEG / 8, (self._side, self._side, 2))
        self._at = np.array([20.0, 48.0]) + bend
        self._at[..., 0] += np.arange(self._side)[:, None] * BLOCK_DEG * 1.5
        self._at[..., 1] += np.arange(self._side)[None, :] * BLOCK_DEG
        return np.array([[self._add(x, y) for x, y in row] for row in self._at.tolist()])

    def _places(self) -> None:
        for number in range(PLACES):
            i, j = self._random.integers(0, self._side, 2)
            tags = {"place": "village", "name": f"Place {number}", "population": "1000"}
            x, y = self._at[i, j].tolist()
            self._add(x, y, tags)

    def _roads(self, crossings: np.ndarray) -> None:
        for i in range(self._side):
            for j in range(self._side):
                for di, dj in ((1, 0), (0, 1)):
                    if i + di < self._side and j + dj < self._side:
                        self._road(crossings, (i, j), (i + di, j + dj))

    def _road(self, crossings: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> None:
        share = np.linspace(0, 1, BETWEEN + 2)[1:-1, None]
        course = self._at[start] * (1 - share) + self._at[end] * share
        course += self._random.normal(0, BLOCK_DEG / 40, course.shape)
        refs = [int(crossings[start]), *(self._add(x, y) for x, y in course.tolist()), int(crossings[end])]
        line = start[1] if start[0] != end[0] else start[0]
        road = "primary" if line % 40 == 0 else "secondary" if line % 10 == 0 else "residential"
        tags = {"highway": road, "name": f"Street {line}"}
        if road == "residential" and line % 2 and self._random.random() < 0.5:
            tags["oneway"] = "yes"
        self._ways.append((refs, tags))

    def _fill(self, count: int, tags: dict[str, str], nodes: int, *, closed: bool) -> None:
        corners = ((0, 0), (1, 0), (1, 1), (0, 1))
        at = self._at[
            self._random.integers(0, self._side, count), self._random.integers(0, self._side, count)
        ].tolist()
        for x, y in at:
            refs = [self._add(x + a * 1e-4, y + b * 1e-4) for a, b in corners[:nodes]]
            self._ways.append(([*refs, refs[0]] if closed else refs, tags))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, nargs="?", help="file to write (.osm.pbf)")
    parser.add_argument("--ways", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.path is None:
        parser.print_help()
    else:
        write_extract(options.path, options.ways)
