"""Prepare a scenario folder from a map, tables and a raster."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from safepassage.district.assembly import Assembled, DistrictOptions, RoadSide, assemble
from safepassage.district.class_table import ClassTable, read_class_table
from safepassage.district.import_report import ImportReport
from safepassage.district.names import folded_name
from safepassage.district.places import (
    Boundary,
    Gathered,
    Place,
    add_raster_people,
    places_of_map,
    places_of_table,
)
from safepassage.district.projection import Projection, projection_for
from safepassage.district.road_assumptions import road_assumptions
from safepassage.district.roads import BuiltRoads, LinkFacts, build_roads
from safepassage.district.shares import Shares
from safepassage.errors import Fault, InputError
from safepassage.formats.area_file import parse_box, read_area
from safepassage.formats.fault_list import FaultList
from safepassage.formats.files import write_folder
from safepassage.formats.osm import PER_DEGREE, OsmExtract, OsmFeature, read_osm
from safepassage.formats.osm_boundary import read_boundary
from safepassage.formats.raster import read_population
from safepassage.formats.scenario_folder import ScenarioFolder, scenario_files
from safepassage.formats.settlement_table import SettlementRow, read_settlement_table
from safepassage.formats.sites_table import read_sites_table
from safepassage.i18n import _
from safepassage.model.network import LonLat
from safepassage.model.policy import ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress

REPORT_FILE = "import/report.json"
DROPPED_FILE = "import/dropped.geojson"
OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
DEFAULT_START = datetime(2025, 6, 1, 6, tzinfo=UTC)
_UKRAINE = shapely.box(22.1, 44.3, 40.3, 52.4)
_MOST_DROPPED_SHOWN = 5000


@dataclass(frozen=True, slots=True)
class PrepareInputs:
    """
    What a scenario is prepared from.

    Attributes
    ----------
    osm : Path
        Extract of OpenStreetMap.
    area : Path or None
        GeoJSON with the area.
    box : str
        ``W,S,E,N``; used without an area.
    place : str
        Name of a district of the extract; used without area and box.
    settlements, population, sites, occupied, road_classes : Path or None
        Table, raster, table, GeoJSON and TOML file.
    """

    osm: Path
    area: Path | None = None
    box: str = ""
    place: str = ""
    settlements: Path | None = None
    population: Path | None = None
    sites: Path | None = None
    occupied: Path | None = None
    road_classes: Path | None = None


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """
    What the user chose beside the files.

    Attributes
    ----------
    name : str
        Name of the district; by default that of the folder.
    threat_kind : ThreatKind
        Natural unless chosen.
    shares : Shares
        Who the people are.
    group_size : int
        Settlements with more people are divided into street groups.
    time_zone : str
        IANA name; by default that of Ukraine there and UTC elsewhere.
    start : datetime or None
        Time zero, with zone.
    replace : bool
        Replace a scenario folder that exists.
    """

    name: str = ""
    threat_kind: ThreatKind = ThreatKind.NATURAL
    shares: Shares = field(default_factory=Shares)
    group_size: int = 2000
    time_zone: str = ""
    start: datetime | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """
    A scenario folder that was written.

    Attributes
    ----------
    folder : Path
        Where.
    scenario : Scenario
        What.
    report : ImportReport
        How it came about.
    """

    folder: Path
    scenario: Scenario
    report: ImportReport

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {"folder": str(self.folder), "scenario": self.scenario.id, **self.report.facts()}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        return [
            *self.report.sentences(),
            _("Scenario: {folder}. Look at it with: safepassage map {folder}").format(folder=self.folder),
        ]


def prepare_scenario(
    inputs: PrepareInputs, output: Path, options: PrepareOptions, *, progress: Progress | None = None
) -> PrepareResult:
    """
    Prepare a scenario folder.

    Parameters
    ----------
    inputs : PrepareInputs
        Files.
    output : Path
        The folder to write.
    options : PrepareOptions
        Choices.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    PrepareResult
        What was written; the same inputs give the same bytes.

    Raises
    ------
    InputError
        If an input cannot be used; all faults of a file are reported together.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    faults = FaultList()
    table = read_class_table(inputs.road_classes)
    area = _area(inputs)
    occupied = read_area(inputs.occupied) if inputs.occupied else None
    rows = read_settlement_table(inputs.settlements, faults) if inputs.settlements else None
    site_rows = read_sites_table(inputs.sites, faults) if inputs.sites else ()
    extract = read_osm(inputs.osm, table.classes, progress=progress)
    if area is None and inputs.place:
        area = read_boundary(inputs.osm, inputs.place, folded_name)
    bounds = _bounds(extract, area, inputs)
    projection = projection_for((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    boundary = Boundary(area, occupied)
    gathered = _gathered(inputs, extract, rows, boundary, projection, bounds, faults)
    sites = [item for item in extract.sites if not boundary.reason_against(*_at(item))]
    positions = [*map(_at, gathered.places), *map(_at, sites)]
    roads = build_roads(
        extract, table, projection, area=area, forbidden=occupied,
        anchors=projection.to_metres(*np.array(positions).reshape(-1, 2).T), progress=progress,
    )  # fmt: skip
    progress.start(_("Connecting settlements"))
    side = _road_side(roads, extract, table)
    district = _district_options(options, output, bounds)
    assembled = assemble(side, gathered, sites, site_rows, projection, district)
    report = _report(inputs, projection, roads, gathered, assembled, faults)
    return write_prepared(
        assembled.scenario, roads.facts, report, output, replace=options.replace, progress=progress
    )


def write_prepared(
    scenario: Scenario,
    facts: LinkFacts | None,
    report: ImportReport,
    output: Path,
    *,
    replace: bool,
    progress: Progress,
) -> PrepareResult:
    """
    Write a scenario folder with its import report.

    Parameters
    ----------
    scenario : Scenario
        What was built.
    facts : LinkFacts or None
        Names of the roads.
    report : ImportReport
        How it was built.
    output : Path
        The folder.
    replace : bool
        Replace one that exists.
    progress : Progress
        Told of the phase.

    Returns
    -------
    PrepareResult
        What was written.
    """
    progress.start(_("Writing the scenario"))
    kept = {"link.csv": {"name": facts.name}} if facts else {}
    files: dict[str, str | bytes | None] = dict(scenario_files(ScenarioFolder(scenario, kept)))
    files[REPORT_FILE] = json.dumps(report.facts(), ensure_ascii=False, indent=1) + "\n"
    files[DROPPED_FILE] = _dropped_text(report.dropped_courses)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_folder(output, files, replace=replace)
    return PrepareResult(output, scenario, report)


def _at(item: OsmFeature | Place) -> LonLat:
    return item.longitude_deg, item.latitude_deg


def _area(inputs: PrepareInputs) -> shapely.Geometry | None:
    if sum(map(bool, (inputs.area, inputs.box, inputs.place))) > 1:
        problem = _("more than one of --area, --bbox and --place was given")
        raise InputError([Fault("--area", 0, "", "", problem, _("give one of them"))])
    if inputs.area:
        return read_area(inputs.area)
    return parse_box(inputs.box) if inputs.box else None


def _bounds(
    extract: OsmExtract, area: shapely.Geometry | None, inputs: PrepareInputs
) -> tuple[float, float, float, float]:
    """Box of the area, or else of all roads (west, south, east, north; degrees)."""
    ways = extract.ways
    known = ways.x != np.iinfo(np.int32).max
    x, y = ways.x[known], ways.y[known]
    box = (x.min() / PER_DEGREE, y.min() / PER_DEGREE, x.max() / PER_DEGREE, y.max() / PER_DEGREE)
    west, south, east, north = (float(value) for value in box)
    if area is None:
        return west, south, east, north
    if not shapely.box(west, south, east, north).intersects(area):
        name = inputs.area.name if inputs.area else inputs.box or inputs.place
        problem = _("the area does not touch the extract, which covers {box}").format(
            box=f"{west:.3f},{south:.3f},{east:.3f},{north:.3f}"
        )
        raise InputError([Fault(name, 0, "", "", problem, _("give the extract of this area"))])
    bounds = area.bounds
    return float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])


def _gathered(
    inputs: PrepareInputs,
    extract: OsmExtract,
    rows: Sequence[SettlementRow] | None,
    boundary: Boundary,
    projection: Projection,
    bounds: tuple[float, float, float, float],
    faults: FaultList,
) -> Gathered:
    if rows is None:
        gathered = places_of_map(extract.places, boundary)
    else:
        gathered = places_of_table(rows, extract.places, boundary)
    if inputs.population:
        cells = read_population(inputs.population, bounds, faults)
        gathered = add_raster_people(gathered, cells, boundary, projection, inputs.population.name)
    if not gathered.places:
        problem = _("no settlement lies in the area")
        remedy = _("give --settlements with positions, or a larger area")
        raise InputError([Fault(extract.source, 0, "place", "", problem, remedy)])
    gathered.check()
    return gathered


def _road_side(roads: BuiltRoads, extract: OsmExtract, table: ClassTable) -> RoadSide:
    return RoadSide(
        network=roads.network,
        link_names=roads.facts.name,
        open_nodes=roads.open_nodes,
        dropped=roads.dropped.courses,
        local=frozenset(name for name, figures in table.classes.items() if figures.local),
        assumptions=road_assumptions(extract, table, roads.network),
        attribution=OSM_ATTRIBUTION,
    )


def _district_options(
    options: PrepareOptions, output: Path, bounds: tuple[float, float, float, float]
) -> DistrictOptions:
    name = options.name or output.resolve().name
    in_ukraine = _UKRAINE.contains(shapely.Point((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2))
    zone = options.time_zone or ("Europe/Kyiv" if in_ukraine else "UTC")
    start = options.start or DEFAULT_START
    if start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo(zone))
    return DistrictOptions(
        id=re.sub(r"[^A-Za-z0-9]+", "-", folded_name(name)).strip("-") or "district",
        name=name,
        time_zone=zone,
        start=start,
        threat_kind=options.threat_kind,
        shares=options.shares,
        group_size=options.group_size,
    )


def _report(
    inputs: PrepareInputs,
    projection: Projection,
    roads: BuiltRoads,
    gathered: Gathered,
    assembled: Assembled,
    faults: FaultList,
) -> ImportReport:
    network, scenario = roads.network, assembled.scenario
    return ImportReport(
        source=inputs.osm.name,
        projection=projection.name,
        nodes=network.n_nodes,
        links=network.n_links,
        road_km=float(network.length_m.sum()) / 1000,
        crossings=tuple(sorted(set(network.crossing) - {""})),
        left_out=roads.cut.ways,
        forbidden_km=roads.cut.forbidden_m / 1000,
        dropped_km=roads.dropped.length_m / 1000,
        dropped_parts=max(0, roads.dropped.parts - 1),
        dropped_courses=roads.dropped.courses[:_MOST_DROPPED_SHOWN],
        cut_off=assembled.cut_off,
        turns_used=roads.turns.used,
        turns_beside=roads.turns.beside,
        turns_along_ways=roads.turns.along_ways,
        settlements=len(scenario.settlements),
        divided=assembled.divided,
        people_in=gathered.people_in,
        people_placed=sum(place.people.total for place in scenario.settlements),
        not_placed=gathered.not_placed,
        unlisted=gathered.unlisted,
        unknown=assembled.unknown,
        sites=dict(sorted(Counter(site.kind.value for site in scenario.sites).items())),
        exits=tuple(f"{item.road or item.node} ({item.road_class})" for item in assembled.exits),
        warnings=faults.collected(),
    )


def _dropped_text(courses: Sequence[Sequence[LonLat]]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"layer": "dropped"},
            "geometry": {"type": "LineString", "coordinates": [list(point) for point in course]},
        }
        for course in courses
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}) + "\n"
