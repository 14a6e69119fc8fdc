"""Rebuild a scenario on the real roads of an extract."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from safepassage.district.class_table import read_class_table
from safepassage.district.import_report import CutOff, ImportReport
from safepassage.district.projection import Projection, projection_for
from safepassage.district.rebuild import Rebuilt, rebuild
from safepassage.district.sources import Made, MapSource
from safepassage.errors import Fault, InputError
from safepassage.formats.area_file import read_area
from safepassage.formats.osm import read_osm
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.model.policy import ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress
from safepassage.workflows.demo import BUNDLED
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, PrepareResult, write_prepared

# Roads just outside may be the way round.
MARGIN_DEG = 0.1
# Parts of the map that a crossing of the scenario may join again.
LEAST_PART_M = 5000.0
_OWN = ("network", "area", "box", "place", "settlements", "population", "sites", "fleet", "persons")


def rebuild_scenario(
    folder: Path,
    inputs: PrepareInputs,
    output: Path,
    options: PrepareOptions,
    *,
    progress: Progress | None = None,
) -> PrepareResult:
    """
    Put the people, sites, vehicles and rules of a scenario on the roads of an extract.

    Parameters
    ----------
    folder : Path
        The scenario, or the name of the bundled one.
    inputs : PrepareInputs
        The extract; also occupied areas and figures of road classes.
    output : Path
        The folder to write.
    options : PrepareOptions
        Only ``replace`` matters.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    PrepareResult
        What was written. The EXERCISE banner is gone only where no schematic link is left.

    Raises
    ------
    InputError
        If an input cannot be used, or a site has no road.
    OutputError
        If the folder cannot be written.
    """
    progress = progress or NoProgress()
    if inputs.osm is None or any(getattr(inputs, name) for name in _OWN):
        problem = _("a scenario is rebuilt on an extract, everything else is its own")
        remedy = _("give --rebuild with --osm, and --occupied or --road-classes if need be")
        raise InputError([Fault("--rebuild", 0, "", folder.name, problem, remedy)])
    read = read_scenario(_scenario(folder), progress=progress)
    base = read.scenario
    occupied = read_area(inputs.occupied) if inputs.occupied else None
    table = read_class_table(inputs.road_classes)
    extract = read_osm(inputs.osm, table.classes, progress=progress)
    source = MapSource(extract, table)
    area = _area(base)
    if not shapely.box(*source.box).intersects(area):
        problem = _("the extract does not touch the scenario")
        raise InputError([Fault(inputs.osm.name, 0, "", "", problem, _("give the map of this district"))])
    projection = _projection(area)
    anchors = projection.to_metres(base.network.longitude_deg, base.network.latitude_deg)
    side, made = source.build(projection, area, occupied, anchors, progress, least_part_m=LEAST_PART_M)
    progress.start(_("Connecting settlements"))
    names = read.kept.get("link.csv", {}).get("name", ())
    rivers = (extract.rivers, extract.river_name)
    rebuilt = rebuild(base, names, side, rivers, projection, folder.name)
    warnings = (*_unguarded(base, inputs), *rebuilt.warnings, *made.warnings)
    report = _report(rebuilt, projection, replace(made, warnings=warnings))
    return write_prepared(
        rebuilt.scenario, rebuilt.link_names, report, output, more={}, replace=options.replace,
        progress=progress,
    )  # fmt: skip


def _scenario(folder: Path) -> Path:
    """The folder, or the bundled scenario of this name."""
    return BUNDLED if not folder.exists() and str(folder) == BUNDLED.name else folder


def _area(base: Scenario) -> shapely.Geometry:
    longitude, latitude = base.network.longitude_deg, base.network.latitude_deg
    return shapely.box(
        float(longitude.min()) - MARGIN_DEG, float(latitude.min()) - MARGIN_DEG,
        float(longitude.max()) + MARGIN_DEG, float(latitude.max()) + MARGIN_DEG,
    )  # fmt: skip


def _projection(area: shapely.Geometry) -> Projection:
    west, south, east, north = area.bounds
    return projection_for((west + east) / 2, (south + north) / 2)


def _unguarded(base: Scenario, inputs: PrepareInputs) -> tuple[Fault, ...]:
    """Roads of a map lead through occupied ground as well as anywhere."""
    if inputs.occupied is not None or base.policy.threat_kind is not ThreatKind.HOSTILE:
        return ()
    problem = _("no occupied area was given; the roads of the map lead everywhere")
    remedy = _("give --occupied with today's occupied areas before anybody drives by this plan")
    return (Fault("--occupied", 0, "", "", problem, remedy, "warning"),)


def _report(rebuilt: Rebuilt, projection: Projection, made: Made) -> ImportReport:
    scenario = rebuilt.scenario
    network = scenario.network
    people = sum(place.people.total for place in scenario.settlements)
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
        dropped_courses=made.dropped.courses,
        cut_off=tuple(
            CutOff(place.id, place.name_uk, place.people.total, np.inf, np.inf, connected=False)
            for place in rebuilt.without_road
        ),
        turns_used=made.turns.used,
        turns_beside=made.turns.beside,
        turns_unmet=made.turns.unmet,
        settlements=len(scenario.settlements),
        divided=0,
        people_in=people,
        people_placed=people,
        not_placed=(),
        unlisted=(),
        unknown=(),
        sites=dict(sorted(Counter(site.kind.value for site in scenario.sites).items())),
        exits=(),
        warnings=made.warnings,
    )
