"""A scenario's people, sites and rules on the real roads of a map; drawn roads stay only where none is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from safepassage.district.anchors import street_nodes
from safepassage.district.assembly import RoadSide
from safepassage.district.projection import Projection
from safepassage.district.ready_network import largest_part
from safepassage.district.rebuild_crossings import carry_over
from safepassage.district.roads import JAM_SPACING_M
from safepassage.errors import Fault, InputError
from safepassage.i18n import _, ngettext
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.model.people import Settlement
from safepassage.model.scenario import Assumption, Scenario
from safepassage.model.sites import SiteKind

REACH_M = 2000.0
_ON_ANY_ROAD = (SiteKind.CHECKPOINT, SiteKind.EXIT)
_ROAD_UNITS = ("km/h", "pce/h")
_LINK_FILE = "link.csv"
_SHOWN = 8

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """
    A scenario on real roads.

    Attributes
    ----------
    scenario : Scenario
        With the people, sites, fleet, services, order and policy of the old one.
    link_names : tuple of str
        One a link.
    without_road : tuple of Settlement
        Settlements that had a road and have none now.
    warnings : tuple of Fault
        What is left of the drawn roads, which crossings were closed and what could not be carried over.
    """

    scenario: Scenario
    link_names: tuple[str, ...]
    without_road: tuple[Settlement, ...]
    warnings: tuple[Fault, ...]


def rebuild(
    base: Scenario,
    base_names: Sequence[str],
    side: RoadSide,
    rivers: tuple[Sequence[Sequence[LonLat]], Sequence[str]],
    projection: Projection,
    folder: str,
) -> Rebuilt:
    """
    Put a scenario on the roads of a map.

    Parameters
    ----------
    base : Scenario
        The scenario, on whatever roads.
    base_names : sequence of str
        Names of its roads, one a link, or none.
    side : RoadSide
        The real roads.
    rivers : (sequence of courses, sequence of str)
        Rivers of the map and their names.
    projection : Projection
        Degrees to metres.
    folder : str
        Name of the scenario's folder, for messages.

    Returns
    -------
    Rebuilt
        Where no real street lies within `REACH_M` of a settlement or site, the old links that lead there
        stay, schematic as they are; nothing else of the old roads does.

    Raises
    ------
    InputError
        If a site cannot be reached.
    """
    crossings = carry_over(base.network, side.network, rivers, projection)
    real = replace(side, network=crossings.network)
    stand_in = _StandIns(base, real, projection)
    for _pass in range(2):
        network, names = _joined(base.network, base_names, real, stand_in, crossings.missing)
        part, part_names, _dropped = largest_part(network, names)
        # Nodes of a part that nothing joins are served by old links once more.
        stand_in.give_up_outside(part)
    node_of = stand_in.ids(part)
    settlements = tuple(replace(place, node=node_of.get(place.node, "")) for place in base.settlements)
    lost = tuple(
        new for old, new in zip(base.settlements, settlements, strict=True) if old.node and not new.node
    )
    sites = tuple(replace(site, node=node_of.get(site.node, "")) for site in base.sites)
    faults = [
        Fault(folder, 0, "site.csv", site.id, _("no road of the map leads to the site"),
              _("give a map that reaches it, or move it"))
        for site in sites if not site.node
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    links = set(part.link_id)
    scenario = replace(
        base,
        network=part,
        settlements=settlements,
        sites=sites,
        pins=tuple(pin for pin in base.pins if _is_kept(pin.subject, pin.value, base, links)),
        threat=replace(
            base.threat,
            entries=tuple(item for item in base.threat.entries if _is_kept(item.subject, "", base, links)),
        ),
        assumptions=_assumptions(base.assumptions, side.assumptions, part),
        attribution="; ".join(dict.fromkeys(filter(None, (side.attribution, base.attribution)))),
    )
    return Rebuilt(scenario, part_names, lost, _warnings(base, scenario, crossings.said, folder))


class _StandIns:
    """For nodes of the old roads the real nodes in their place."""

    def __init__(self, base: Scenario, side: RoadSide, projection: Projection) -> None:
        old, new = base.network, side.network
        old_xy = projection.to_metres(old.longitude_deg, old.latitude_deg)
        new_xy = projection.to_metres(new.longitude_deg, new.latitude_deg)
        streets = street_nodes(new, new_xy, side.local)
        away, found = (np.asarray(part) for part in cKDTree(new_xy).query(old_xy))
        any_node = np.where(away <= REACH_M, found, -1)
        near, metres = streets.nearest(old_xy)
        # Settlements and most sites stand on streets; checkpoints and bends of roads anywhere.
        housed = {place.node for place in base.settlements} | {
            site.node for site in base.sites if site.kind not in _ON_ANY_ROAD
        }
        on_street = np.array([node in housed for node in old.node_id], np.bool_)
        street = np.where((near >= 0) & (metres <= REACH_M), streets.node[near], -1)
        self.node: Int64s = np.where(on_street, street, any_node)
        self._used = on_street | np.isin(old.node_id, [site.node for site in base.sites])
        self._old = old
        self._new = new

    def beyond(self, missing: Int64s) -> Int64s:
        """Old nodes without a real one that settlements, sites or missing crossings cannot do without."""
        old, bare = self._old, self.node < 0
        wanted = bare & self._used
        for ends in (old.from_node[missing], old.to_node[missing]):
            wanted[ends[bare[ends]]] = True
        between = bare[old.from_node] & bare[old.to_node]
        pairs = (old.from_node[between], old.to_node[between])
        graph = coo_array((np.ones(len(pairs[0]), np.int8), pairs), shape=(old.n_nodes,) * 2)
        _count, part = connected_components(graph, directed=False)
        return np.flatnonzero(bare & np.isin(part, part[wanted]))

    def give_up_outside(self, part: RoadNetwork) -> None:
        """Take no real node for a stand-in that is not in the network that was built."""
        there = np.isin(self._new.node_id, part.node_id)
        self.node = np.where((self.node >= 0) & there[self.node], self.node, -1)

    def ids(self, part: RoadNetwork) -> dict[str, str]:
        """For ids of old nodes the ids of the nodes in a built network."""
        there = set(part.node_id)
        found = {}
        for node, index in zip(self._old.node_id, self.node.tolist(), strict=True):
            name = self._new.node_id[index] if index >= 0 else node
            if name in there:
                found[node] = name
        return found


def _joined(
    old: RoadNetwork, old_names: Sequence[str], side: RoadSide, stand_in: _StandIns, missing: Int64s
) -> tuple[RoadNetwork, tuple[str, ...]]:
    """The real roads and those old links that end where there are none."""
    new = side.network
    bare = stand_in.beyond(missing)
    index = stand_in.node.copy()
    index[bare] = new.n_nodes + np.arange(len(bare))
    ends = index[old.from_node], index[old.to_node]
    kept = np.isin(np.arange(old.n_links), missing) | (np.maximum(*ends) >= new.n_nodes)
    links = np.flatnonzero(kept & (ends[0] != ends[1]) & (np.minimum(*ends) >= 0))
    if not len(links):
        return new, side.link_names
    nodes, order = bare.tolist(), links.tolist()
    known = set(new.link_id)

    def both(name: str) -> Floats:
        return np.concatenate([getattr(new, name), getattr(old, name)[links]])

    joined = replace(
        new,
        node_id=(*new.node_id, *(old.node_id[k] for k in nodes)),
        longitude_deg=np.concatenate([new.longitude_deg, old.longitude_deg[bare]]),
        latitude_deg=np.concatenate([new.latitude_deg, old.latitude_deg[bare]]),
        node_service_pcu_per_h=np.concatenate([
            new.node_service_pcu_per_h, old.node_service_pcu_per_h[bare]
        ]),
        link_id=(*new.link_id, *(_free(old.link_id[k], known) for k in order)),
        from_node=np.concatenate([new.from_node, ends[0][links]]).astype(np.int32),
        to_node=np.concatenate([new.to_node, ends[1][links]]).astype(np.int32),
        length_m=both("length_m"),
        lanes=both("lanes"),
        free_speed_m_per_s=both("free_speed_m_per_s"),
        capacity_pcu_per_h=both("capacity_pcu_per_h"),
        jam_density_pcu_per_m=np.concatenate([new.jam_density_pcu_per_m, _jam_density(old)[links]]),
        merge_weight=both("merge_weight"),
        facility_type=(*new.facility_type, *(old.facility_type[k] for k in order)),
        crossing=(*new.crossing, *(old.crossing[k] for k in order)),
        schematic=np.concatenate([new.schematic, old.schematic[links]]),
        source=(*new.source, *(old.source[k] for k in order)),
        geometry=(*new.geometry, *(old.link_course(k) for k in order)),
    )  # fmt: skip
    return joined, (*side.link_names, *(old_names[k] if old_names else "" for k in order))


def _jam_density(network: RoadNetwork) -> Floats:
    """As tables give it, but for the digits that they round away."""
    usual = network.lanes / JAM_SPACING_M
    same = np.isclose(network.jam_density_pcu_per_m, usual, rtol=1e-4)
    return np.where(same, usual, network.jam_density_pcu_per_m)


def _free(name: str, known: set[str]) -> str:
    while name in known:
        name += "-old"
    return name


def _is_kept(subject: str, value: str, base: Scenario, links: set[str]) -> bool:
    """Whether what somebody said of links can still be said."""
    old = set(base.network.link_id)
    return all(word in links for word in (subject, *value.split()) if word in old)


def _assumptions(
    old: Sequence[Assumption], new: Sequence[Assumption], network: RoadNetwork
) -> tuple[Assumption, ...]:
    """Of the old figures of roads only those that still hold a cell, or all while old roads are left."""
    links = set(network.link_id)
    if not np.allclose(network.jam_density_pcu_per_m * JAM_SPACING_M, network.lanes):
        new = [replace(item, targets=()) for item in new]
    kept = []
    for item in old:
        targets = tuple(
            target for target in item.targets
            if not target.startswith(f"{_LINK_FILE}:") or target.split(":")[1] in links
        )  # fmt: skip
        of_roads = not item.targets and item.unit.startswith(_ROAD_UNITS)
        if (targets or not item.targets) and (network.any_schematic or not of_roads):
            kept.append(replace(item, targets=targets))
    known = {item.id for item in kept}
    return (*kept, *(item for item in new if item.id not in known))


def _warnings(
    base: Scenario, scenario: Scenario, crossings: Sequence[tuple[str, str]], folder: str
) -> tuple[Fault, ...]:
    said = [Fault(folder, 0, _LINK_FILE, "", problem, remedy, "warning") for problem, remedy in crossings]
    network = scenario.network
    left = np.flatnonzero(network.schematic).tolist()
    if left:
        names = ", ".join(network.link_id[k] for k in left[:_SHOWN])
        problem = ngettext(
            "{count} schematic link is left where the map has no road ({names}); EXERCISE stays",
            "{count} schematic links are left where the map has no road ({names}); EXERCISE stays",
            len(left),
        ).format(count=len(left), names=names)
        remedy = _("give a map that covers the whole district, or survey them and set schematic to 0")
        said.append(Fault(folder, 0, _LINK_FILE, "", problem, remedy, "warning"))
    gone = len(base.pins) - len(scenario.pins) + len(base.threat.entries) - len(scenario.threat.entries)
    if gone:
        problem = ngettext(
            "{count} pin or threat speaks of an old link; it was left out",
            "{count} pins or threats speak of old links; they were left out",
            gone,
        ).format(count=gone)
        said.append(Fault(folder, 0, "pin.csv", "", problem, _("say it of the new links"), "warning"))
    return tuple(said)
