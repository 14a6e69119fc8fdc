"""Positions, lengths and ways out that are hard to believe."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.i18n import _
from safepassage.model.sites import SiteKind
from safepassage.units import EARTH_RADIUS_M

FINAL_KINDS = (SiteKind.TRANSIT_CENTRE, SiteKind.RECEPTION, SiteKind.HOSPITAL, SiteKind.EXIT)
_FAR_M = 200_000.0
_FAR_FROM_NODE_M = 30_000.0
# Rounded positions and lengths of short roads differ by this much without a mistake.
_SLACK_M = 100.0

Floats = npt.NDArray[np.float64]
Records = npt.NDArray[np.int64]


def check_places(look: Inspection) -> None:
    """
    Report positions, lengths and connections that are hard to believe.

    Parameters
    ----------
    look : Inspection
        The folder.
    """
    if look.usable("node.csv"):
        _check_nodes(look)
        for file in ("settlement.csv", "site.csv"):
            _check_distance_to_node(look, file)
        if look.usable("link.csv"):
            _check_lengths(look)
    if look.usable("settlement.csv"):
        _check_roads(look)
        if look.usable("site.csv"):
            _check_destinations(look)


def _distance_m(
    longitude: Floats, latitude: Floats, other_longitude: Floats, other_latitude: Floats
) -> Floats:
    """Great-circle distance (m), haversine; positions in degrees."""
    phi, other = np.radians(latitude), np.radians(other_latitude)
    half = (
        np.sin((other - phi) / 2) ** 2
        + np.cos(phi) * np.cos(other) * np.sin(np.radians(other_longitude - longitude) / 2) ** 2
    )
    distance: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return distance


def _check_nodes(look: Inspection) -> None:
    nodes = look.table("node.csv")
    longitude, latitude = nodes.numbers("x_coord"), nodes.numbers("y_coord")
    known = np.isfinite(longitude) & np.isfinite(latitude)
    if not known.any():
        return
    middle = np.median(longitude[known], keepdims=True), np.median(latitude[known], keepdims=True)
    away = _distance_m(longitude, latitude, *middle)
    # A large district is no mistake: most of its nodes are far from the middle.
    limit = max(_FAR_M, 10 * float(np.median(away[known])))
    swapped = _distance_m(latitude, np.clip(longitude, -90, 90), *middle)
    for k in np.flatnonzero(away > limit).tolist():
        problem = _("the node lies {km} km from the middle of the others").format(km=round(away[k] / 1000))
        remedy = _("check its position")
        if swapped[k] < limit:
            remedy = _("exchange x_coord (longitude) and y_coord (latitude)")
        look.warning("node.csv", k, "x_coord", problem, remedy)


def _check_distance_to_node(look: Inspection, file: str) -> None:
    table, nodes, index = look.table(file), look.table("node.csv"), look.ids("node.csv")
    records = [k for k, node in enumerate(table.texts("node_id")) if node in index]
    at = [index[table.texts("node_id")[k]] for k in records]
    longitude, latitude = table.numbers("longitude")[records], table.numbers("latitude")[records]
    node_position = nodes.numbers("x_coord")[at], nodes.numbers("y_coord")[at]
    away = _distance_m(longitude, latitude, *node_position)
    swapped = _distance_m(latitude, np.clip(longitude, -90, 90), *node_position)
    for place in np.flatnonzero(away > _FAR_FROM_NODE_M).tolist():
        problem = _("the place lies {km} km from its node").format(km=round(away[place] / 1000))
        remedy = _("check its position and its node")
        if swapped[place] <= _FAR_FROM_NODE_M:
            remedy = _("exchange latitude and longitude")
        look.warning(file, records[place], "latitude", problem, remedy)


def _link_ends(
    look: Inspection,
) -> tuple[Records, Records, Records]:
    """Records of the links whose two ends exist, and the ends' node numbers."""
    links, index = look.table("link.csv"), look.ids("node.csv")
    tail = np.array([index.get(node, -1) for node in links.texts("from_node_id")], dtype=np.int64)
    head = np.array([index.get(node, -1) for node in links.texts("to_node_id")], dtype=np.int64)
    records = np.flatnonzero((tail >= 0) & (head >= 0))
    return records, tail[records], head[records]


def _check_lengths(look: Inspection) -> None:
    nodes, links = look.table("node.csv"), look.table("link.csv")
    records, tail, head = _link_ends(look)
    longitude, latitude = nodes.numbers("x_coord"), nodes.numbers("y_coord")
    straight = _distance_m(longitude[tail], latitude[tail], longitude[head], latitude[head])
    length = links.numbers("length")[records]
    for place in np.flatnonzero(length + _SLACK_M < 0.98 * straight).tolist():
        problem = _("the road is shorter than the straight line between its nodes ({straight} m)").format(
            straight=round(straight[place])
        )
        remedy = _("give metres, or check the nodes")
        look.warning("link.csv", int(records[place]), "length", problem, remedy)


def _check_roads(look: Inspection) -> None:
    table = look.table("settlement.csv")
    for k, node in enumerate(table.texts("node_id")):
        if not node and table.numbers("in_scope")[k] == 1:
            problem = _("the settlement has no road; its people will be listed as unserved")
            look.warning("settlement.csv", k, "node_id", problem, _("name the node where its streets begin"))


def _check_destinations(look: Inspection) -> None:
    sites, settlements = look.table("site.csv"), look.table("settlement.csv")
    final = np.array([kind in FINAL_KINDS for kind in sites.texts("kind")], dtype=np.bool_)
    final &= sites.numbers("safe") == 1
    if not final.any():
        problem = _("no site is a safe destination: nobody can be served")
        remedy = _("add a reception or exit with safe = 1")
        look.faults.warning("site.csv", 0, "safe", "", problem, remedy)
        return
    groups = ("adults", "children", "older", "low_mobility")
    people = sum(np.nan_to_num(settlements.numbers(name)) for name in groups)
    in_scope = settlements.numbers("in_scope") == 1
    total = float(np.sum(people * in_scope))
    beds = float(np.nansum(sites.numbers("capacity")[final]))
    if total == 0:
        problem, remedy = _("nobody is in scope"), _("set in_scope and give people")
        look.faults.warning("settlement.csv", 0, "in_scope", "", problem, remedy)
    if beds < total:
        problem = _("there are more people ({people}) than beds in safe places ({beds})").format(
            people=shortest(total), beds=shortest(beds)
        )
        remedy = _("add places; those without a bed will be listed as unserved")
        look.faults.warning("site.csv", 0, "capacity", "", problem, remedy)
    if look.usable("node.csv", "link.csv"):
        _check_ways_out(look, final)


def _check_ways_out(look: Inspection, final: npt.NDArray[np.bool_]) -> None:
    sites, index = look.table("site.csv"), look.ids("node.csv")
    goals = {index[node] for node, is_goal in zip(sites.texts("node_id"), final, strict=True)
             if is_goal and node in index}  # fmt: skip
    safe = _nodes_that_reach(look, sorted(goals | _station_nodes(look)))
    table = look.table("settlement.csv")
    for k, node in enumerate(table.texts("node_id")):
        if node in index and not safe[index[node]] and table.numbers("in_scope")[k] == 1:
            problem = _("no open road leads from here to a safe place or a station")
            look.warning(
                "settlement.csv", k, "node_id", problem, _("check the roads' directions and capacities")
            )


def _station_nodes(look: Inspection) -> set[int]:
    """Nodes where a train, ferry or bus takes people on."""
    sites, index = look.table("site.csv"), look.ids("node.csv")
    departures = set(look.table("service.csv").texts("from_site"))
    nodes = (node for site, node in zip(sites.ids, sites.texts("node_id"), strict=True) if site in departures)
    return {index[node] for node in nodes if node in index}


def _nodes_that_reach(look: Inspection, goals: list[int]) -> npt.NDArray[np.bool_]:
    links, n_nodes = look.table("link.csv"), look.table("node.csv").n_rows
    records, tail, head = _link_ends(look)
    opened = links.numbers("capacity")[records] != 0
    both = opened & (links.numbers("directed")[records] == 0)
    # Backwards from one imagined node that every goal leads to.
    start = np.concatenate([head[opened], tail[both], np.full(len(goals), n_nodes)])
    end = np.concatenate([tail[opened], head[both], np.array(goals, dtype=np.int64)])
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(n_nodes + 1, n_nodes + 1)).tocsr()
    reached = np.zeros(n_nodes + 1, np.bool_)
    reached[breadth_first_order(graph, n_nodes, return_predecessors=False)] = True
    return reached[:n_nodes]
