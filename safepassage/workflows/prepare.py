"""Prepare a scenario folder from a map, tables and a raster."""

from __future__ import annotations

import json
import math
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
from safepassage.district.names import folded_area, folded_name
from safepassage.district.persons import (
    Housed,
    at_links,
    departure_counts,
    departure_files,
    earliest_s,
    house_persons,
)
from safepassage.district.places import (
    Boundary,
    Gathered,
    Place,
    add_raster_people,
    places_of_map,
    places_of_table,
)
from safepassage.district.projection import Projection, projection_for
from safepassage.district.shares import Shares
from safepassage.district.sources import Box, Made, MapSource, NetworkSource
from safepassage.errors import Fault, InputError
from safepassage.formats.area_file import parse_box, read_area
from safepassage.formats.fault_list import FaultList
from safepassage.formats.files import write_folder
from safepassage.formats.fleet_table import read_fleet_table
from safepassage.formats.matsim_population import PersonDeparture, read_matsim_departures
from safepassage.formats.osm import OsmFeature, read_osm
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
from safepassage.workflows.convert import read_network

IMPORT_FOLDER = "import/"
REPORT_FILE = IMPORT_FOLDER + "report.json"
DROPPED_FILE = IMPORT_FOLDER + "dropped.geojson"
DEFAULT_START = datetime(2025, 6, 1, 6, tzinfo=UTC)
_UKRAINE = shapely.box(22.1, 44.3, 40.3, 52.4)
_MOST_DROPPED_SHOWN = 5000
_MOST_LOST_SHOWN = 8
_FAR_DEG = 0.5


@dataclass(frozen=True, slots=True)
class PrepareInputs:
    """
    What a scenario is prepared from.

    Attributes
    ----------
    osm : Path or None
        Extract of OpenStreetMap.
    network : Path or None
        Network in another format, used in place of the extract's roads.
    crs : str
        Coordinates of the network where it does not name them.
    area : Path or None
        GeoJSON with the area.
    box : str
        ``W,S,E,N``; used without an area.
    place : str
        Name of a district of the extract; used without area and box.
    settlements, population, sites, fleet, occupied, road_classes : Path or None
        Table, raster, table, table, GeoJSON and TOML file.
    persons : Path or None
        MATSim population: single persons and when they set out.
    """

    osm: Path | None = None
    network: Path | None = None
    crs: str = ""
    area: Path | None = None
    box: str = ""
    place: str = ""
    settlements: Path | None = None
    population: Path | None = None
    sites: Path | None = None
    fleet: Path | None = None
    occupied: Path | None = None
    road_classes: Path | None = None
    persons: Path | None = None


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
    fleet_rows = read_fleet_table(inputs.fleet, faults) if inputs.fleet else ()
    persons = _persons(inputs, progress)
    source = _source(inputs, table, progress)
    if area is None and inputs.place:
        area = _named_area(inputs)
    bounds = _bounds(source.box, area, inputs)
    projection = projection_for((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    boundary = Boundary(area, occupied)
    gathered = _gathered(inputs, source.places, rows, boundary, projection, bounds, faults)
    housed = _housed(inputs, source, gathered, boundary, projection, persons)
    gathered = housed.gathered
    _require_people(gathered, faults)
    sites = [item for item in source.sites if not boundary.reason_against(*_at(item))]
    given = [at for row in site_rows if not math.isnan(sum(at := (row.longitude_deg, row.latitude_deg)))]
    positions = np.array([*map(_at, gathered.places), *map(_at, sites), *given]).reshape(-1, 2)
    anchors = projection.to_metres(positions[:, 0], positions[:, 1])
    side, made = source.build(projection, area, occupied, anchors, progress)
    progress.start(_("Connecting settlements"))
    district = _district_options(options, output, bounds, earliest_s(persons))
    assembled = assemble(side, gathered, sites, site_rows, fleet_rows, projection, district)
    warnings = (*faults.collected(), *made.warnings)
    report = _report(projection, side, made, gathered, assembled, warnings)
    more = _departures(persons, housed, assembled)
    return write_prepared(
        assembled.scenario, side.link_names, report, output, more=more, replace=options.replace,
        progress=progress,
    )  # fmt: skip


def write_prepared(
    scenario: Scenario,
    link_names: Sequence[str],
    report: ImportReport,
    output: Path,
    *,
    more: Mapping[str, str],
    replace: bool,
    progress: Progress,
) -> PrepareResult:
    """
    Write a scenario folder with its import report.

    Parameters
    ----------
    scenario : Scenario
        What was built.
    link_names : sequence of str
        Names of the roads, one a link.
    report : ImportReport
        How it was built.
    output : Path
        The folder.
    more : mapping of str to str
        Further files of the import, by name.
    replace : bool
        Replace one that exists.
    progress : Progress
        Told of the phase.

    Returns
    -------
    PrepareResult
        What was written.
    """
    assert report.people_in == report.people_placed + report.people_not_placed
    progress.start(_("Writing the scenario"))
    kept = {"link.csv": {"name": tuple(link_names)}}
    files = scenario_files(ScenarioFolder(scenario, kept))
    files[REPORT_FILE] = json.dumps(report.facts(), ensure_ascii=False, indent=1) + "\n"
    files[DROPPED_FILE] = _dropped_text(report.dropped_courses)
    files.update({IMPORT_FOLDER + name: text for name, text in more.items()})
    output.parent.mkdir(parents=True, exist_ok=True)
    write_folder(output, files, replace=replace)
    return PrepareResult(output, scenario, report)


def _source(inputs: PrepareInputs, table: ClassTable, progress: Progress) -> MapSource | NetworkSource:
    if inputs.network is not None:
        foreign = read_network(inputs.network, crs=inputs.crs, progress=progress)
        extract = read_osm(inputs.osm, table.classes, progress=progress) if inputs.osm else None
        return NetworkSource(inputs.network.name, foreign, extract, table)
    if inputs.osm is None:
        problem, remedy = _("no map was given"), _("give --osm or --network")
        raise InputError([Fault("--osm", 0, "", "", problem, remedy)])
    return MapSource(read_osm(inputs.osm, table.classes, progress=progress), table)


def _at(item: OsmFeature | Place) -> LonLat:
    return item.longitude_deg, item.latitude_deg


def _area(inputs: PrepareInputs) -> shapely.Geometry | None:
    if sum(map(bool, (inputs.area, inputs.box, inputs.place))) > 1:
        problem = _("more than one of --area, --bbox and --place was given")
        raise InputError([Fault("--area", 0, "", "", problem, _("give one of them"))])
    if inputs.area:
        return read_area(inputs.area)
    return parse_box(inputs.box) if inputs.box else None


def _named_area(inputs: PrepareInputs) -> shapely.Geometry:
    if inputs.osm is None:
        problem, remedy = _("names of areas are looked up in an extract"), _("give --osm, or --area")
        raise InputError([Fault("--place", 0, "", inputs.place, problem, remedy)])
    return read_boundary(inputs.osm, inputs.place, folded_name, folded_area)


def _bounds(box: Box, area: shapely.Geometry | None, inputs: PrepareInputs) -> Box:
    """Box of the area, or else of all roads (west, south, east, north; degrees)."""
    if area is None:
        return box
    if not shapely.box(*box).intersects(area):
        name = inputs.area.name if inputs.area else inputs.box or inputs.place
        problem = _("the area does not touch the map, which covers {box}").format(
            box=",".join(f"{value:.3f}" for value in box)
        )
        raise InputError([Fault(name, 0, "", "", problem, _("give the map of this area"))])
    # An area may be far larger than the map; metres are measured where the roads are.
    west, south, east, north = area.intersection(shapely.box(*box)).bounds
    return float(west), float(south), float(east), float(north)


def _gathered(
    inputs: PrepareInputs,
    features: Sequence[OsmFeature],
    rows: Sequence[SettlementRow] | None,
    boundary: Boundary,
    projection: Projection,
    bounds: Box,
    faults: FaultList,
) -> Gathered:
    if rows is None:
        gathered = places_of_map(features, boundary)
    else:
        gathered = places_of_table(rows, features, boundary)
        _warn_of_far(rows, bounds, faults)
    if inputs.population:
        cells = read_population(inputs.population, bounds, faults)
        gathered = add_raster_people(gathered, cells, boundary, projection, inputs.population.name)
    gathered.check()
    return gathered


def _warn_of_far(rows: Sequence[SettlementRow], bounds: Box, faults: FaultList) -> None:
    """Positions far from all roads: often latitude and longitude have changed places."""
    west, south, east, north = bounds
    around = shapely.box(west - _FAR_DEG, south - _FAR_DEG, east + _FAR_DEG, north + _FAR_DEG)
    for row in rows:
        at = row.longitude_deg, row.latitude_deg
        if math.isnan(sum(at)) or shapely.intersects_xy(around, *at):
            continue
        swapped = shapely.intersects_xy(around, *at[::-1])
        problem = _("{name} lies far from the map").format(name=row.label)
        remedy = _("latitude and longitude have changed places") if swapped else _("correct its position")
        faults.warning(row.file, row.row, "latitude", f"{row.latitude_deg:g}", problem, remedy)


def _require_people(gathered: Gathered, faults: FaultList) -> None:
    if not gathered.places:
        remedy = _("give --settlements with positions, or a larger area")
        found = [Fault("--settlements", 0, "", "", _("no settlement is left in the area"), remedy)]
        found += [
            Fault(lost.where, 0, "", lost.label, lost.reason, _("correct it")) for lost in gathered.not_placed
        ][:_MOST_LOST_SHOWN]
        raise InputError([*found, *faults.collected()])
    if not gathered.people_in:
        remedy = _("give --settlements with numbers, or --population")
        faults.warning("--settlements", 0, "", "", _("nobody is in the scenario"), remedy)


def _persons(inputs: PrepareInputs, progress: Progress) -> tuple[PersonDeparture, ...]:
    if inputs.persons is None:
        return ()
    if inputs.population is not None:
        problem, remedy = _("both count the same people"), _("give --persons or --population")
        raise InputError([Fault("--persons", 0, "", inputs.persons.name, problem, remedy)])
    return read_matsim_departures(inputs.persons, crs=inputs.crs, progress=progress)


def _housed(
    inputs: PrepareInputs,
    source: MapSource | NetworkSource,
    gathered: Gathered,
    boundary: Boundary,
    projection: Projection,
    persons: Sequence[PersonDeparture],
) -> Housed:
    if inputs.persons is None:
        return Housed(gathered, {}, frozenset())
    if isinstance(source, NetworkSource):
        persons = at_links(persons, source.network)
    return house_persons(gathered, persons, boundary, projection, inputs.persons.name)


def _departures(
    persons: Sequence[PersonDeparture], housed: Housed, assembled: Assembled
) -> Mapping[str, str]:
    scenario = assembled.scenario
    if not housed.place_of:
        return {}
    start_s = _after_midnight_s(scenario.start.astimezone(ZoneInfo(scenario.time_zone)))
    counts = departure_counts(persons, housed, scenario.settlements, assembled.part_of, start_s)
    return departure_files(counts, len(housed.place_of))


def _after_midnight_s(moment: datetime) -> float:
    return 3600.0 * moment.hour + 60.0 * moment.minute + moment.second


def _district_options(
    options: PrepareOptions, output: Path, bounds: Box, earliest_departure_s: float
) -> DistrictOptions:
    name = options.name or output.resolve().name
    in_ukraine = _UKRAINE.contains(shapely.Point((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2))
    zone = options.time_zone or ("Europe/Kyiv" if in_ukraine else "UTC")
    start = options.start or DEFAULT_START
    if options.start is None and earliest_departure_s:
        # Persons tell the time of day at which they set out; nobody may leave before time zero.
        hour = min(23, int(earliest_departure_s // 3600))
        start = DEFAULT_START.replace(tzinfo=ZoneInfo(zone), hour=hour)
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
    projection: Projection,
    side: RoadSide,
    made: Made,
    gathered: Gathered,
    assembled: Assembled,
    warnings: tuple[Fault, ...],
) -> ImportReport:
    network, scenario = side.network, assembled.scenario
    return ImportReport(
        source=made.source,
        projection=projection.name,
        nodes=network.n_nodes,
        links=network.n_links,
        road_km=float(network.length_m.sum()) / 1000,
        crossings=tuple(sorted(set(network.crossing) - {""})),
        left_out=made.left_out,
        forbidden_km=made.forbidden_m / 1000,
        dropped_km=made.dropped.length_m / 1000,
        dropped_parts=max(0, made.dropped.parts - 1),
        dropped_courses=made.dropped.courses[:_MOST_DROPPED_SHOWN],
        cut_off=assembled.cut_off,
        turns_used=made.turns.used,
        turns_beside=made.turns.beside,
        turns_unmet=made.turns.unmet,
        settlements=len(scenario.settlements),
        divided=assembled.divided,
        people_in=gathered.people_in,
        people_placed=sum(place.people.total for place in scenario.settlements),
        not_placed=gathered.not_placed,
        unlisted=gathered.unlisted,
        unknown=assembled.unknown,
        sites=dict(sorted(Counter(site.kind.value for site in scenario.sites).items())),
        exits=tuple(
            f"{item.road or network.node_id[item.node]} ({item.road_class})" for item in assembled.exits
        ),
        warnings=warnings,
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
