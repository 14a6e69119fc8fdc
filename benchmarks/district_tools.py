"""
Do the tools that people know open what is written? SUMO, MATSim's rules, and GDAL (by which QGIS reads).

``python benchmarks/district_tools.py FOLDER``: a scenario folder. Run it in an environment with the program
and, for the first two, ``pip install eclipse-sumo lxml``; tools that are missing are named and passed over.
Ends with 1 where a tool that is there does not take a file.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyogrio
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from safepassage.formats.sumo import read_sumo_network
from safepassage.model.network import RoadNetwork
from safepassage.workflows.convert import convert_network, read_network

TRIPS = 200
SEED = 20230809
# The rules of MATSim's network_v2.dtd, as far as networks without its old attributes go.
MATSIM_RULES = """
<!ELEMENT network (attributes?,nodes,links)>
<!ELEMENT attributes (attribute*)>
<!ELEMENT attribute (#PCDATA)>
<!ATTLIST attribute name CDATA #REQUIRED class CDATA #REQUIRED>
<!ELEMENT nodes (node)*>
<!ELEMENT node (attributes?)>
<!ATTLIST node id CDATA #REQUIRED x CDATA #REQUIRED y CDATA #REQUIRED>
<!ELEMENT links (link)*>
<!ATTLIST links capperiod CDATA "01:00:00" effectivecellsize CDATA "7.5" effectivelanewidth CDATA "3.75">
<!ELEMENT link (attributes?)>
<!ATTLIST link id CDATA #REQUIRED from CDATA #REQUIRED to CDATA #REQUIRED length CDATA #REQUIRED
  freespeed CDATA #REQUIRED capacity CDATA #REQUIRED permlanes CDATA #REQUIRED oneway CDATA #FIXED "1"
  modes CDATA "car">
"""


def tool(name: str) -> str:
    """Path of a tool of SUMO, beside this Python or anywhere."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else shutil.which(name) or ""


def run(*words: str | Path) -> bool:
    """Run a tool; print the end of what it says where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        print("   ", done.stderr.strip()[-600:])
    return done.returncode == 0


def fastest_routes(network: RoadNetwork, edges: list[str]) -> Iterator[tuple[str, ...]]:
    """Routes between random nodes, as edges of SUMO."""
    random = np.random.default_rng(SEED)
    cells = {
        (int(a), int(b)): k for k, (a, b) in enumerate(zip(network.from_node, network.to_node, strict=True))
    }
    tail, head = np.array(list(cells)).T
    times = network.free_flow_time_s[list(cells.values())]
    graph = coo_array((times, (tail, head)), shape=(network.n_nodes,) * 2).tocsr()
    starts = random.integers(0, network.n_nodes, TRIPS)
    before = dijkstra(graph, indices=starts, return_predecessors=True)[1]
    for row, goal in enumerate(random.integers(0, network.n_nodes, TRIPS).tolist()):
        nodes = [goal]
        while before[row, nodes[-1]] >= 0:
            nodes.append(int(before[row, nodes[-1]]))
        nodes.reverse()
        if len(nodes) > 1:
            yield tuple(edges[cells[pair]] for pair in pairwise(nodes))


def sumo(network: RoadNetwork, source: Path, folder: Path) -> bool | None:
    """Netconvert reads the plain files, SUMO drives on the result, and it lies where it was."""
    netconvert, player = tool("netconvert"), tool("sumo")
    if not (netconvert and player):
        return None
    os.environ.setdefault("SUMO_HOME", str(folder))
    plain = convert_network(source, folder / "roads.nod.xml").written
    net = folder / "roads.net.xml"
    words: list[str | Path] = [netconvert, "--no-warnings", "--no-turnarounds", "false", "-o", net]
    for option, file in zip(("-n", "-e", "-x"), plain, strict=True):
        words += [option, file]
    if not run(*words):
        return False
    back = read_sumo_network(net).network
    place = {node: k for k, node in enumerate(network.node_id)}
    both = [(k, place[node]) for k, node in enumerate(back.node_id) if node in place]
    ours, theirs = np.array([b for _a, b in both]), np.array([a for a, _b in both])
    apart = (
        np.hypot(
            (back.longitude_deg[theirs] - network.longitude_deg[ours])
            * np.cos(np.radians(network.latitude_deg[ours])),
            back.latitude_deg[theirs] - network.latitude_deg[ours],
        )
        * 111_200
    )
    routes = "".join(
        f'<vehicle id="{k}" depart="{k}"><route edges="{" ".join(edges)}"/></vehicle>'
        for k, edges in enumerate(fastest_routes(network, list(network.link_id)))
    )
    (folder / "trips.rou.xml").write_text(f"<routes>{routes}</routes>", "utf-8")
    summary = folder / "trips.xml"
    driven = run(
        player, "-n", net, "-r", folder / "trips.rou.xml", "--no-step-log", "--tripinfo-output", summary,
        "--ignore-route-errors", "--end", "86400",
    )  # fmt: skip
    arrived = summary.read_text("utf-8").count("<tripinfo ") if driven else 0
    print(f"    {len(both)} of {network.n_nodes} nodes, at most {apart.max():.2f} m apart;"
          f" {back.n_links} edges; {arrived} of {routes.count('<vehicle ')} vehicles arrived")  # fmt: skip
    return driven and back.n_links == network.n_links and bool(apart.max() < 1) and arrived > 0.95 * TRIPS


def matsim(network: RoadNetwork, source: Path, folder: Path) -> bool | None:
    """The file keeps the rules of its document type."""
    try:
        from lxml import etree  # noqa: PLC0415 - only this step needs it
    except ImportError:
        return None
    (written,) = convert_network(source, folder / "network.xml").written
    rules = etree.DTD(io.StringIO(MATSIM_RULES))
    document = etree.parse(written)
    fine = bool(rules.validate(document))
    print(
        f"    {len(document.findall('.//link'))} of {network.n_links} links", "" if fine else rules.error_log
    )
    return fine


def gdal(network: RoadNetwork, source: Path, folder: Path) -> bool | None:
    """Layers, features and coordinates of the GeoPackage and the GeoJSON file."""
    fine = True
    for name, layers in (("roads.gpkg", ("link", "node")), ("roads.geojson", ("roads",))):
        (written,) = convert_network(source, folder / name).written
        found = pyogrio.list_layers(written)[:, 0].tolist()
        facts = [pyogrio.read_info(written, layer=layer) for layer in found]
        count = sum(item["features"] for item in facts)
        print(f"    {name}: layers {found}, {count} features, {facts[0]['crs']}")
        fine &= found == list(layers) and count == network.n_links + network.n_nodes
        fine &= all(item["crs"] == "EPSG:4326" for item in facts)
    return fine


def main() -> int:
    """Try every tool."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 0
    source = Path(sys.argv[1])
    network = read_network(source).network
    bad = 0
    for name, step in (("SUMO", sumo), ("MATSim", matsim), ("GDAL, QGIS", gdal)):
        print(name)
        with TemporaryDirectory() as place:
            result = step(network, source, Path(place))
        print("   ", {None: "is not installed", True: "opens it", False: "DOES NOT OPEN IT"}[result])
        bad += result is False
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
