"""Threat entries that follow from an arrival grid and from dated polygons beside the tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from safepassage.errors import InputError
from safepassage.formats.clock import seconds_since
from safepassage.formats.fault_list import FaultList
from safepassage.formats.scenario_folder.hazard_areas import HazardArea, read_hazard_areas
from safepassage.formats.scenario_folder.schema import AREAS_FILE, SETTINGS_FILE
from safepassage.formats.scenario_folder.settings import Settings
from safepassage.i18n import _, ngettext
from safepassage.model.scenario import Scenario
from safepassage.model.threat import ThreatEntry, ThreatEntryKind

# The grid is carried along with every plan.
_LARGEST_GRID_BYTES = 100 * 2**20


@dataclass(frozen=True, slots=True)
class HazardFiles:
    """
    What a folder holds of grids and polygons.

    Attributes
    ----------
    settings : mapping of str to object
        Keys of ``[hazard]`` that were given; empty where there is no such section.
    files : mapping of str to bytes
        Content of the grid and the polygons, by file name.
    entry_ids : frozenset of str
        Ids of the threat entries that were made of them.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    entry_ids: frozenset[str] = frozenset()


def add_hazard(
    folder: Path, scenario: Scenario, settings: Settings, faults: FaultList
) -> tuple[Scenario, HazardFiles]:
    """
    Add what grids and polygons say to the threat.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    scenario : Scenario
        Built from the tables.
    settings : Settings
        With ``[hazard]``.
    faults : FaultList
        Receives what is wrong with the files.

    Returns
    -------
    scenario : Scenario
        Entries of the table first, then those of the grid, then those of the polygons.
    files : HazardFiles
        What was read.
    """
    given = {
        key: value
        for key, value in settings.single.get("hazard", {}).items()
        if value not in (None, "") and not (isinstance(value, float) and math.isnan(value))
    }
    files: dict[str, bytes] = {}
    made: list[ThreatEntry] = []
    # The one key that has a default does not make a section.
    if given.keys() - {"shift_min"} or settings.lines.of("hazard"):
        made += _grid_entries(folder, scenario, given, settings, faults, files)
    else:
        given = {}
    if (folder / AREAS_FILE).is_file():
        areas = read_hazard_areas(folder / AREAS_FILE, scenario.start, faults)
        files[AREAS_FILE] = (folder / AREAS_FILE).read_bytes()
        made += _area_entries(scenario, areas)
    _check_ids(scenario, made, faults)
    threat = replace(scenario.threat, entries=(*scenario.threat.entries, *made))
    return replace(scenario, threat=threat), HazardFiles(given, files, frozenset(entry.id for entry in made))


def _check_ids(scenario: Scenario, made: list[ThreatEntry], faults: FaultList) -> None:
    taken = {entry.id for entry in scenario.threat.entries}
    for entry in made:
        if entry.id in taken:
            problem = _("the id is that of an entry that follows from a grid or polygon")
            faults.error("threat.csv", 0, "threat_id", entry.id, problem, _("give it another"))


def _grid_entries(
    folder: Path,
    scenario: Scenario,
    given: Mapping[str, Any],
    settings: Settings,
    faults: FaultList,
    files: dict[str, bytes],
) -> list[ThreatEntry]:
    # Loading the raster library takes longer than reading a scenario without a grid.
    from safepassage.formats.hazard_grid import SECONDS_OF_UNIT, GridReading, read_arrivals  # noqa: PLC0415

    def wrong(key: str, value: str, problem: str, remedy: str) -> None:
        faults.error(SETTINGS_FILE, settings.lines.of("hazard", key), f"hazard.{key}", value, problem, remedy)

    name, unit = str(given.get("arrival_grid", "")), str(given.get("unit", ""))
    if unit not in SECONDS_OF_UNIT:
        wrong("unit", unit, _("the unit of the grid's times is missing"), _('write unit = "min" or "h"'))
    path = _grid_path(folder, name, wrong)
    if path is None or unit not in SECONDS_OF_UNIT:
        return []
    reading = GridReading(unit, str(given.get("crs", "")), float(given.get("no_data", math.nan)))
    network = scenario.network
    try:
        arrivals = read_arrivals(
            path,
            reading,
            [(place.longitude_deg, place.latitude_deg) for place in scenario.settlements],
            [network.link_course(link) for link in range(network.n_links)],
        )
    except InputError as error:
        for fault in error.faults:
            faults.error(fault.file, fault.row, fault.column, fault.value, fault.problem, fault.remedy)
        return []
    files[name] = path.read_bytes()
    beside = path.with_suffix(".prj")
    if path.suffix.lower() == ".asc" and beside.is_file():
        files[beside.name] = beside.read_bytes()
    _check_cover(name, scenario, arrivals.points_outside, len(arrivals.lines_outside), faults)
    zero_s = 60.0 * float(given.get("shift_min", 0.0))
    if isinstance(given.get("counted_from"), datetime):
        zero_s += seconds_since(scenario.start, given["counted_from"])
    at_links = zip(network.link_id, (arrivals.lines_s + zero_s).tolist(), strict=True)
    places = [place.id for place in scenario.settlements]
    at_places = zip(places, (arrivals.points_s + zero_s).tolist(), strict=True)
    return [
        *_arriving("grid:road", ThreatEntryKind.CLOSURE, at_links),
        *_arriving("grid:place", ThreatEntryKind.ARRIVAL, at_places),
    ]


def _grid_path(folder: Path, name: str, wrong: Any) -> Path | None:  # noqa: ANN401 - a callback
    endings = (".tif", ".tiff", ".asc")
    path = folder / name
    if not name or Path(name).name != name or path.suffix.lower() not in endings:
        remedy = _("name a file in the folder that ends in .tif or .asc")
        wrong("arrival_grid", name, _("this is no name of a grid"), remedy)
    elif not path.is_file():
        wrong("arrival_grid", name, _("the file is missing"), _("add it, or remove [hazard]"))
    elif path.stat().st_size > _LARGEST_GRID_BYTES:
        problem = _("the file has {size} MB, the limit is {limit} MB").format(
            size=path.stat().st_size // 2**20, limit=_LARGEST_GRID_BYTES // 2**20
        )
        wrong("arrival_grid", name, problem, _("cut it to the district"))
    else:
        return path
    return None


def _check_cover(
    name: str, scenario: Scenario, outside: tuple[int, ...], n_links: int, faults: FaultList
) -> None:
    for k in outside:
        place = scenario.settlements[k]
        problem = _("the grid does not cover the settlement")
        if place.in_scope:
            faults.error(name, 0, "", place.id, problem, _("give a grid of the whole district"))
        else:
            faults.warning(name, 0, "", place.id, problem, _("nothing is taken to arrive there"))
    if n_links:
        problem = ngettext(
            "{count} road lies partly beyond the grid", "{count} roads lie partly beyond the grid", n_links
        ).format(count=n_links)
        faults.warning(name, 0, "", "", problem, _("nothing is taken to arrive there"))


def _arriving(prefix: str, kind: ThreatEntryKind, at: Any) -> Iterator[ThreatEntry]:  # noqa: ANN401
    for subject, time_s in at:
        if time_s < math.inf:
            yield ThreatEntry(f"{prefix}:{subject}", kind, subject, time_s)


def _area_entries(scenario: Scenario, areas: list[HazardArea]) -> Iterator[ThreatEntry]:
    network = scenario.network
    places = shapely.points([(place.longitude_deg, place.latitude_deg) for place in scenario.settlements])
    courses = [network.link_course(link) for link in range(network.n_links)]
    roads = shapely.STRtree([shapely.LineString(course) for course in courses])
    for item in areas:
        shapely.prepare(item.area)
        inside = [network.link_id[k] for k in sorted(roads.query(item.area, "intersects").tolist())]
        homes = [
            place.id
            for place, is_in in zip(scenario.settlements, shapely.covers(item.area, places), strict=True)
            if is_in
        ]
        if item.kind == ThreatEntryKind.EVENT:
            middle = item.area.representative_point()
            yield _entry(item, item.kind, "", middle.y, middle.x)
        elif item.kind == ThreatEntryKind.ARRIVAL:
            yield from (_entry(item, ThreatEntryKind.CLOSURE, link) for link in inside)
            yield from (_entry(item, item.kind, home) for home in homes)
        else:
            yield from (_entry(item, item.kind, link) for link in inside)


def _entry(
    item: HazardArea,
    kind: ThreatEntryKind,
    subject: str,
    latitude_deg: float = math.nan,
    longitude_deg: float = math.nan,
) -> ThreatEntry:
    what = "place" if kind == ThreatEntryKind.ARRIVAL else "road"
    return ThreatEntry(
        f"{item.id}:{what}:{subject}" if subject else item.id,
        kind,
        subject,
        item.start_s,
        item.end_s,
        latitude_deg,
        longitude_deg,
        item.factor,
        item.probability,
        item.claim,
    )
