"""Puts roads, settlements, sites and assumptions together into a scenario."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from safepassage.district.anchors import FARTHEST_M, StreetNodes, street_nodes
from safepassage.district.apportion import apportion
from safepassage.district.exits import Exit, find_exits
from safepassage.district.import_report import CutOff
from safepassage.district.names import folded_name
from safepassage.district.places import UNKNOWN_PEOPLE, Gathered, Place
from safepassage.district.projection import Projection
from safepassage.district.shares import GROUPS, Shares, divide_people, share_assumptions
from safepassage.district.street_groups import StreetGroup, divide_towns
from safepassage.errors import Fault, InputError
from safepassage.formats.fleet_table import FleetRow
from safepassage.formats.osm import OsmFeature
from safepassage.formats.sites_table import SiteRow
from safepassage.i18n import _
from safepassage.model.fleet import VehicleGroup
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.model.people import Basis, Settlement
from safepassage.model.policy import Policy, ThreatKind
from safepassage.model.scenario import Assumption, Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat

FINAL_KINDS = (SiteKind.RECEPTION, SiteKind.TRANSIT_CENTRE, SiteKind.EXIT)
_ASSEMBLY_REACH_M = 1000.0
_NOTICEABLE_M = 500.0
_OSM_KINDS = {
    ("amenity", "hospital"): SiteKind.HOSPITAL,
    ("amenity", "bus_station"): SiteKind.STATION,
    ("railway", "station"): SiteKind.STATION,
    ("railway", "halt"): SiteKind.STATION,
}
# A bus takes the room of two cars.
_PCU = {"bus": 2, "coach": 2, "truck": 2}
_ON_ANY_ROAD = (SiteKind.CHECKPOINT, SiteKind.EXIT)
_MEETING_PLACES = frozenset({"school", "townhall"})

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DistrictOptions:
    """
    What the user chose.

    Attributes
    ----------
    id, name : str
        Of the scenario.
    time_zone : str
        IANA name.
    start : datetime
        Time zero, with zone.
    horizon_h : float
        How far the plan may reach (h).
    threat_kind : ThreatKind
        Natural unless chosen.
    shares : Shares
        Who the people are.
    group_size : int
        Settlements with more people are divided into street groups.
    """

    id: str
    name: str
    time_zone: str
    start: datetime
    horizon_h: float = 72.0
    threat_kind: ThreatKind = ThreatKind.NATURAL
    shares: Shares = field(default_factory=Shares)
    group_size: int = 2000


@dataclass(frozen=True, slots=True)
class RoadSide:
    """
    The roads as this step needs them.

    Attributes
    ----------
    network : RoadNetwork
        Roads.
    link_names : tuple of str
        Names, one a link.
    open_nodes : tuple of int
        Where the map was cut.
    dropped : tuple of tuple of (lon, lat)
        Courses of roads that were dropped.
    local : frozenset of str
        Classes of road with doors.
    assumptions : tuple of Assumption
        Figures of the roads that were assumed.
    attribution : str
        Credit of the map.
    """

    network: RoadNetwork
    link_names: tuple[str, ...]
    open_nodes: tuple[int, ...]
    dropped: tuple[tuple[LonLat, ...], ...]
    local: frozenset[str]
    assumptions: tuple[Assumption, ...]
    attribution: str


@dataclass(frozen=True, slots=True)
class Assembled:
    """
    A scenario and what there is to say about it.

    Attributes
    ----------
    scenario : Scenario
        Ready to be planned.
    cut_off : tuple of CutOff
        Settlements that dropped roads have cost something.
    divided : int
        Settlements that were divided.
    exits : tuple of Exit
        Ways out that were marked.
    unknown : tuple of str
        Settlements whose people nobody knows.
    part_of : mapping of str to str
        For each settlement the place that it is or that it is a part of.
    """

    scenario: Scenario
    cut_off: tuple[CutOff, ...]
    divided: int
    exits: tuple[Exit, ...]
    unknown: tuple[str, ...]
    part_of: Mapping[str, str]


def assemble(
    roads: RoadSide,
    gathered: Gathered,
    map_sites: Sequence[OsmFeature],
    site_rows: Sequence[SiteRow],
    fleet_rows: Sequence[FleetRow],
    projection: Projection,
    options: DistrictOptions,
) -> Assembled:
    """
    Make a scenario.

    Parameters
    ----------
    roads : RoadSide
        The network.
    gathered : Gathered
        Settlements with people.
    map_sites : sequence of OsmFeature
        Hospitals, schools, stations and town halls in the area.
    site_rows : sequence of SiteRow
        Sites that the user gave; they go before those of the map.
    fleet_rows : sequence of FleetRow
        Vehicles; none where nobody lends any.
    projection : Projection
        Degrees to metres.
    options : DistrictOptions
        What the user chose.

    Returns
    -------
    Assembled
        All people of ``gathered.places`` are in it.

    Raises
    ------
    InputError
        If a site names a settlement that is not there, or if no road leads out of the map and no
        destination was given.
    """
    return _Assembly(roads, gathered, projection, options).made(map_sites, site_rows, fleet_rows)


class _Assembly:
    def __init__(
        self, roads: RoadSide, gathered: Gathered, projection: Projection, options: DistrictOptions
    ) -> None:
        self._roads = roads
        self._network = roads.network
        self._gathered = gathered
        self._places = gathered.places
        self._projection = projection
        self._options = options
        self._node_xy = projection.to_metres(self._network.longitude_deg, self._network.latitude_deg)
        self._streets: StreetNodes = street_nodes(self._network, self._node_xy, roads.local)
        self._xy = self._metres([(p.longitude_deg, p.latitude_deg) for p in self._places])

    def _metres(self, points: Sequence[tuple[float, float]]) -> Floats:
        if not points:
            return np.zeros((0, 2))
        return self._projection.to_metres([p[0] for p in points], [p[1] for p in points])

    def made(
        self,
        map_sites: Sequence[OsmFeature],
        site_rows: Sequence[SiteRow],
        fleet_rows: Sequence[FleetRow],
    ) -> Assembled:
        settlements, part_of, divided = self._settlements()
        placed = sum(place.people.total for place in settlements)
        assert placed == sum(max(0, place.people) for place in self._places)
        given = self._given_sites(site_rows, settlements)
        sites = [*given, *self._map_sites(map_sites)]
        assembly_for = {site.settlement for site in given if site.kind is SiteKind.ASSEMBLY_POINT}
        sites += self._assembly_points([p for p in settlements if p.id not in assembly_for], map_sites)
        exits: tuple[Exit, ...] = ()
        if not any(site.safe and site.kind in FINAL_KINDS for site in given):
            exits = find_exits(self._network, self._node_xy, self._roads.link_names, self._roads.open_nodes)
            if not exits:
                problem = _("no destination was given and no main road leads out of the map")
                remedy = _("give --sites with a reception or an exit, or a larger area")
                raise InputError([Fault("--sites", 0, "", "", problem, remedy)])
            sites += [self._exit_site(number, item) for number, item in enumerate(exits, start=1)]
        fleet, depots = self._fleet(fleet_rows, settlements, given)
        scenario = self._scenario(settlements, [*sites, *depots], fleet)
        unknown = tuple(p.name_uk for p in self._places if p.people == UNKNOWN_PEOPLE)
        return Assembled(scenario, self._cut_off(), divided, exits, unknown, part_of)

    def _settlements(self) -> tuple[tuple[Settlement, ...], dict[str, str], int]:
        divided = divide_towns(
            self._places, self._xy, self._streets, self._network, self._roads.link_names,
            most_people=self._options.group_size,
        )  # fmt: skip
        nearest, _away = self._streets.nearest(self._xy)
        settlements: list[Settlement] = []
        part_of: dict[str, str] = {}
        for number, place in enumerate(self._places):
            if place.id in divided:
                made = self._parts(place, divided[place.id])
            else:
                index = int(nearest[number])
                node = self._network.node_id[self._streets.node[index]] if index >= 0 else ""
                made = [self._settlement(place, max(0, place.people), place.groups, node)]
            settlements += made
            part_of.update((part.id, place.id) for part in made)
        return tuple(settlements), part_of, len(divided)

    def _parts(self, place: Place, groups: Sequence[StreetGroup]) -> list[Settlement]:
        """Street groups as settlements; known groups of people are divided like all of them."""
        people, _wheelchair, _stretcher = divide_people(place.people, place.groups, self._options.shares)
        left = {name: getattr(people, name) for name in GROUPS}
        needs = {name: place.groups[name] for name in ("wheelchair", "stretcher") if name in place.groups}
        remaining = place.people
        parts = []
        for group in groups:
            # What remains is divided by what remains, so that the last part takes exactly the rest.
            share = dict(zip(GROUPS, apportion(group.people, list(left.values())), strict=True))
            own_needs = {
                name: min(_rounded_share(count, group.people, remaining), share["low_mobility"])
                for name, count in needs.items()
            }
            left = {name: left[name] - share[name] for name in GROUPS}
            needs = {name: needs[name] - own_needs[name] for name in needs}
            remaining -= group.people
            parts.append(self._part(place, group, {**share, **own_needs}))
        return parts

    def _part(self, place: Place, group: StreetGroup, groups: Mapping[str, int]) -> Settlement:
        words = f", {group.street}" if group.street else ""
        part = replace(
            place,
            id=f"{place.id}-{group.number:02d}",
            name_uk=f"{place.name_uk} {group.number}{words}",
            name_en=f"{place.name_en} {group.number}{words}",
            community=place.community or place.name_uk,
            longitude_deg=float(self._network.longitude_deg[group.node]),
            latitude_deg=float(self._network.latitude_deg[group.node]),
        )
        return self._settlement(part, group.people, groups, self._network.node_id[group.node])

    def _settlement(self, place: Place, people: int, groups: Mapping[str, int], node: str) -> Settlement:
        count, wheelchair, stretcher = divide_people(people, groups, self._options.shares)
        figures = place.figures
        shares = self._options.shares
        return Settlement(
            id=place.id,
            name_uk=place.name_uk,
            name_en=place.name_en,
            community=place.community,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            node=node,
            people=count,
            wheelchair=wheelchair,
            stretcher=stretcher,
            household_size=max(1.0, figures.get("household_size", shares.household_size)),
            car_share=min(1.0, max(0.0, figures.get("car_share", shares.car))),
            hazard=max(0.0, figures.get("hazard", 1.0)),
            in_scope=place.in_scope,
            basis=(Basis.NAMED if place.named else Basis.INFERRED) if place.in_scope else Basis.OUTSIDE,
        )

    def _node_near(self, longitude: float, latitude: float) -> str:
        index, _away = self._streets.nearest(self._metres([(longitude, latitude)]))
        return self._network.node_id[self._streets.node[index[0]]] if index[0] >= 0 else ""

    def _road_node_near(self, longitude: float, latitude: float) -> str:
        away, index = cKDTree(self._node_xy).query(self._metres([(longitude, latitude)])[0])
        return self._network.node_id[int(index)] if float(away) <= FARTHEST_M else ""

    def _given_sites(self, rows: Sequence[SiteRow], settlements: Sequence[Settlement]) -> list[Site]:
        by_name: dict[str, Settlement] = {}
        for place in settlements:
            for word in (place.id, folded_name(place.name_uk), folded_name(place.name_en)):
                by_name.setdefault(word, place)
        faults, sites = [], []
        for row in rows:
            home = by_name.get(row.settlement) or by_name.get(folded_name(row.settlement))
            own = not math.isnan(row.longitude_deg + row.latitude_deg)
            if not own and home is None:
                faults.append(
                    Fault(row.file, row.row, "settlement", row.settlement,
                          _("the settlement is not in the scenario"), _("give latitude and longitude"))
                )  # fmt: skip
                continue
            at = (row.longitude_deg, row.latitude_deg) if own or home is None else (
                home.longitude_deg, home.latitude_deg
            )  # fmt: skip
            node = self._road_node_near(*at) if row.kind in _ON_ANY_ROAD else self._node_near(*at)
            if not node:
                problem = _("no street of the network lies within {km} km of the site").format(
                    km=round(FARTHEST_M / 1000)
                )
                faults.append(Fault(row.file, row.row, "latitude", "", problem, _("correct its position")))
                continue
            if home is None and row.kind is SiteKind.ASSEMBLY_POINT and row.settlement:
                # Its settlement was divided or is not in the scenario; each part has a point of its own.
                continue
            serves = home.id if home and row.kind is SiteKind.ASSEMBLY_POINT else ""
            sites.append(
                Site(
                    row.id or f"site-{row.row}", row.kind, row.name, row.name_en or row.name, node,
                    at[1], at[0], row.capacity, row.waiting_cap, row.service_rate or math.inf,
                    row.accessible, row.safe, serves,
                )
            )  # fmt: skip
        if faults:
            raise InputError(faults)
        return sites

    def _fleet(
        self, rows: Sequence[FleetRow], settlements: Sequence[Settlement], given: Sequence[Site]
    ) -> tuple[tuple[VehicleGroup, ...], list[Site]]:
        """Vehicles at sites that were given, and a depot in each settlement where others stand."""
        connected = [place for place in settlements if place.node]
        largest = max(connected, key=lambda place: place.people.total, default=None)
        by_name = {
            word: place
            for place in reversed(connected)
            for word in (place.id, folded_name(place.name_uk), folded_name(place.community))
        }
        known = {site.id: site for site in given}
        faults, groups, depots = [], [], {}
        for row in rows:
            if row.depot in known:
                groups.append(_vehicles(row, row.depot))
                continue
            home = by_name.get(row.depot) or by_name.get(folded_name(row.depot)) if row.depot else largest
            if home is None:
                faults.append(
                    Fault(row.file, row.row, "depot", row.depot,
                          _("the settlement is not in the scenario"), _("name one that has a road"))
                )  # fmt: skip
                continue
            depot = self._site(
                f"depot-{home.id}", SiteKind.DEPOT, home.name_uk, home.node,
                (home.longitude_deg, home.latitude_deg),
            )  # fmt: skip
            depots[depot.id] = depot
            groups.append(_vehicles(row, depot.id))
        if faults:
            raise InputError(faults)
        return tuple(groups), list(depots.values())

    def _map_sites(self, features: Sequence[OsmFeature]) -> list[Site]:
        sites = []
        for feature in features:
            kind = next((k for tag, k in _OSM_KINDS.items() if feature.tags.get(tag[0]) == tag[1]), None)
            node = self._node_near(feature.longitude_deg, feature.latitude_deg) if kind else ""
            if kind and node:
                name = feature.tags.get("name", "")
                sites.append(
                    self._site(f"osm-{feature.id}", kind, name or kind.value, node,
                               (feature.longitude_deg, feature.latitude_deg))
                )  # fmt: skip
        return sites

    def _site(
        self, site_id: str, kind: SiteKind, name: str, node: str, at: LonLat, settlement: str = ""
    ) -> Site:
        if self._options.threat_kind is ThreatKind.HOSTILE:
            # Exact places of people who wait must not be on every desk.
            at = (round(at[0], 2), round(at[1], 2))
        return Site(site_id, kind, name, name, node, at[1], at[0], settlement=settlement)

    def _assembly_points(
        self, settlements: Sequence[Settlement], features: Sequence[OsmFeature]
    ) -> list[Site]:
        """For each settlement the school or town hall nearest to its node, else the node itself."""
        halls = [f for f in features if f.tags.get("amenity") in _MEETING_PLACES]
        hall_xy = self._metres([(f.longitude_deg, f.latitude_deg) for f in halls])
        tree = cKDTree(hall_xy) if halls else None
        index = {node: k for k, node in enumerate(self._network.node_id)}
        sites = []
        for place in settlements:
            if not place.node:
                continue
            node, name, at = place.node, place.name_uk, (place.longitude_deg, place.latitude_deg)
            if tree is not None:
                away, found = tree.query(self._node_xy[index[place.node]])
                hall = halls[int(found)]
                near = self._node_near(hall.longitude_deg, hall.latitude_deg)
                if float(away) <= _ASSEMBLY_REACH_M and near:
                    node, at = near, (hall.longitude_deg, hall.latitude_deg)
                    name = hall.tags.get("name") or name
            sites.append(
                self._site(f"assembly-{place.id}", SiteKind.ASSEMBLY_POINT, name, node, at, place.id)
            )
        return sites

    def _exit_site(self, number: int, item: Exit) -> Site:
        name = item.road or self._network.node_id[item.node]
        at = float(self._network.latitude_deg[item.node]), float(self._network.longitude_deg[item.node])
        return Site(
            f"exit-{number}", SiteKind.EXIT, f"{number}: {name}", f"{number}: {name}",
            self._network.node_id[item.node], *at, safe=True,
        )  # fmt: skip

    def _cut_off(self) -> tuple[CutOff, ...]:
        """Settlements whose nearest street was dropped."""
        kept, kept_m = self._streets.nearest(self._xy)
        ends = [course[k] for course in self._roads.dropped for k in (0, -1) if course]
        dropped_m = np.full(len(self._places), np.inf)
        if ends and len(self._places):
            dropped_m = np.asarray(cKDTree(self._metres(ends)).query(self._xy)[0])
        return tuple(
            CutOff(
                place.id, place.name_uk, max(0, place.people), float(kept_m[k]), float(dropped_m[k]),
                bool(kept[k] >= 0),
            )
            for k, place in enumerate(self._places)
            if kept[k] < 0 or (kept_m[k] > _NOTICEABLE_M and dropped_m[k] < kept_m[k] - _NOTICEABLE_M / 2)
        )  # fmt: skip

    def _scenario(
        self, settlements: tuple[Settlement, ...], sites: Sequence[Site], fleet: tuple[VehicleGroup, ...]
    ) -> Scenario:
        options, shares = self._options, self._options.shares
        given = Counter(name for place in self._places for name in place.figures)
        uniform = {"car": not given["car_share"], "household_size": not given["household_size"]}
        return Scenario(
            id=options.id,
            name_uk=options.name,
            name_en=options.name,
            time_zone=options.time_zone,
            start=options.start,
            horizon_s=options.horizon_h * 3600.0,
            seed=1,
            network=self._network,
            settlements=settlements,
            sites=_unique(sites),
            fleet=fleet,
            services=(),
            threat=Threat(),
            policy=Policy(threat_kind=options.threat_kind, persons_per_car=shares.persons_per_car),
            assumptions=(*share_assumptions(shares, uniform=uniform), *self._roads.assumptions),
            attribution=self._roads.attribution,
        )


def _vehicles(row: FleetRow, depot: str) -> VehicleGroup:
    return VehicleGroup(
        f"vehicle-{row.row}", row.kind, row.agency, row.count, row.seats, row.wheelchair_places,
        row.stretcher_places, _PCU.get(row.kind, 1), depot, crew_hours=row.crew_hours,
    )  # fmt: skip


def _rounded_share(count: int, part: int, whole: int) -> int:
    return (count * part + whole // 2) // whole if whole else 0


def _unique(sites: Sequence[Site]) -> tuple[Site, ...]:
    """One site an id; those that the user gave come first."""
    known: dict[str, Site] = {}
    for site in sites:
        known.setdefault(site.id, site)
    return tuple(known.values())
