"""
Driving distances against OSMnx, an independent build from the same extract.

Two steps, because OSMnx lives in an environment of its own and is no dependency of the program:

1. ``python benchmarks/district_osmnx.py make EXTRACT FOLDER`` (the program's environment) writes the
   extract's drivable ways as OSM XML, converted by osmium, and the distances of 1,000 random pairs of nodes.
   Neither side has turn restrictions or barriers.
2. ``python benchmarks/district_osmnx.py compare FOLDER`` (an environment with ``osmnx``) builds the graph
   with OSMnx from that XML, without simplification, and compares.
"""

# Each step imports what its own environment has.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

PAIRS = 1000
SEED = 20230809
LIMIT = 0.005


def make(extract_path: Path, folder: Path) -> None:
    """Write the filtered map and our distances."""
    import numpy as np
    import osmium
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    from safepassage.district.class_table import read_class_table
    from safepassage.district.projection import projection_for
    from safepassage.district.road_rule import rule_of
    from safepassage.district.roads import build_roads
    from safepassage.formats.osm import PER_DEGREE, read_osm

    table = read_class_table()
    extract = replace(read_osm(extract_path, table.classes), barriers={}, turns=())
    ways = extract.ways
    middle = float(np.median(ways.x)) / PER_DEGREE, float(np.median(ways.y)) / PER_DEGREE
    network = build_roads(extract, table, projection_for(*middle)).network
    driven = [not isinstance(rule_of(tags, table), str) for tags in ways.tag_sets]
    kept = {int(way) for way, tags in zip(ways.way_id, ways.tag_set, strict=True) if driven[tags]}
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "drivable.osm"
    target.unlink(missing_ok=True)
    nodes = {int(ref) for ref in ways.node_ref}
    with osmium.SimpleWriter(str(target)) as writer:
        for item in osmium.FileProcessor(extract_path):
            if (isinstance(item, osmium.osm.Node) and item.id in nodes) or (
                isinstance(item, osmium.osm.Way) and item.id in kept
            ):
                writer.add(item)
    random = np.random.default_rng(SEED)
    pairs = random.integers(0, network.n_nodes, (PAIRS, 2))
    # Two ways between the same nodes stand in one cell; the shorter counts.
    order = np.argsort(-network.length_m, kind="stable")
    cells = {(int(network.from_node[k]), int(network.to_node[k])): float(network.length_m[k]) for k in order}
    tail, head = np.array(list(cells)).T
    graph = coo_array((list(cells.values()), (tail, head)), shape=(network.n_nodes,) * 2).tocsr()
    sources, place = np.unique(pairs[:, 0], return_inverse=True)
    distance = dijkstra(graph, indices=sources)
    rows = [
        (network.node_id[a], network.node_id[b], float(distance[place[k], b]))
        for k, (a, b) in enumerate(pairs.tolist())
    ]
    (folder / "distances.json").write_text(json.dumps(rows), "utf-8")
    print(f"{extract_path.name}: {network.n_nodes} nodes, {network.n_links} links, {len(kept)} ways")


def compare(folder: Path) -> int:
    """Compare with OSMnx; the number of pairs further apart than the limit."""
    import networkx as nx  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import osmnx  # type: ignore[import-not-found,import-untyped,unused-ignore]

    osmnx.settings.useful_tags_way = [*osmnx.settings.useful_tags_way, "oneway"]
    graph = osmnx.graph_from_xml(folder / "drivable.osm", simplify=False, retain_all=True)
    rows = json.loads((folder / "distances.json").read_text("utf-8"))
    different, largest = [], 0.0
    for tail, head, ours in rows:
        if tail == head:
            continue
        try:
            theirs = nx.shortest_path_length(graph, int(tail), int(head), weight="length")
        except (nx.NetworkXNoPath, nx.NodeNotFound) as error:
            different.append((tail, head, ours, str(error)))
            continue
        share = abs(ours - theirs) / theirs
        largest = max(largest, share)
        if share > LIMIT:
            different.append((tail, head, ours, theirs))
    print(f"OSMnx {osmnx.__version__}: {len(rows)} pairs, {len(different)} further apart than {LIMIT:.1%}")
    print(f"largest difference {largest:.3%}")
    for item in different:
        print("  ", *item)
    return len(different)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "make":
        make(Path(sys.argv[2]), Path(sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == "compare":
        sys.exit(compare(Path(sys.argv[2])) > PAIRS // 100)
    else:
        print(__doc__)
