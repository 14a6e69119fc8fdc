"""Commands that turn maps into scenario folders and show, convert and fetch maps."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from safepassage.cli.boundary import terminal_of
from safepassage.cli.exit_codes import ExitCode
from safepassage.cli.options import AsJson
from safepassage.i18n import _


class ThreatWord(StrEnum):
    """Kinds of threat, as typed."""

    NATURAL = "natural"
    HOSTILE = "hostile"


def _file(option: str, words: str) -> Any:  # noqa: ANN401 - typer does not say what it makes
    return typer.Option(option, metavar="FILE", help=words)


Osm = Annotated[Path | None, _file("--osm", _("OpenStreetMap extract (.osm.pbf)."))]
Network = Annotated[
    Path | None,
    _file("--network", _("Road network in another format (GMNS, MATSim, SUMO, TNTP) in place of the map's.")),
]
Crs = Annotated[
    str,
    typer.Option(
        "--crs", metavar="EPSG:CODE", help=_("Coordinates of the network, if it does not name them.")
    ),
]
NodesFile = Annotated[Path | None, _file("--nodes", _("Positions of a TNTP network's nodes (.tntp)."))]
Source = Annotated[Path, typer.Argument(metavar="IN", help=_("Network file or folder to read."))]
Target = Annotated[
    Path, typer.Argument(metavar="OUT", help=_("File or folder to write; its name says the format."))
]
Area = Annotated[Path | None, _file("--area", _("GeoJSON with the area's polygons."))]
Box = Annotated[str, typer.Option("--bbox", metavar="W,S,E,N", help=_("The area as a box in degrees."))]
PlaceName = Annotated[
    str, typer.Option("--place", metavar="NAME", help=_("The area by its name on the map, such as a raion."))
]
Settlements = Annotated[
    Path | None, _file("--settlements", _("Table of settlements with people (CSV or Excel)."))
]
Population = Annotated[Path | None, _file("--population", _("Population raster (GeoTIFF)."))]
Persons = Annotated[
    Path | None, _file("--persons", _("MATSim population: single persons and when they set out (.xml)."))
]
Sites = Annotated[
    Path | None,
    _file("--sites", _("Table of sites: assembly points, hubs, transit centres, reception, exits.")),
]
Fleet = Annotated[Path | None, _file("--fleet", _("Table of vehicles; without it, cars alone."))]
Rebuild = Annotated[
    Path | None,
    typer.Option(
        "--rebuild",
        metavar="FOLDER",
        help=_("Scenario folder whose people, sites, vehicles and rules are put on the roads of the map."),
    ),
]
Occupied = Annotated[
    Path | None, _file("--occupied", _("GeoJSON of occupied or forbidden areas; nothing leads through them."))
]
RoadClasses = Annotated[
    Path | None, _file("--road-classes", _("TOML file that replaces figures of the road classes."))
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help=_("Folder to write."))]
Page = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="PATH", help=_("Page to write; by default map.html in the folder.")
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=_("Folder of the scenario."))]
Name = Annotated[str, typer.Option("--name", help=_("Name of the district; by default the folder's."))]
Threat = Annotated[
    ThreatWord, typer.Option("--threat", help=_("Hostile threats keep routes and times secret."))
]
SharesText = Annotated[
    str,
    typer.Option(
        "--shares",
        metavar="NAME=NUMBER,...",
        help=_(
            "Shares of people: children, older, low_mobility; wheelchair and stretcher of low_mobility;"
            " car; household_size, persons_per_car."
        ),
    ),
]
GroupSize = Annotated[
    int, typer.Option("--group-size", min=50, help=_("Settlements with more people are divided."))
]
Zone = Annotated[str, typer.Option("--time-zone", help=_("IANA name such as Europe/Kyiv."))]
Start = Annotated[
    datetime | None, typer.Option("--start", help=_("Time zero of the plan, in the time zone."))
]
Replace = Annotated[bool, typer.Option("--replace", help=_("Replace a scenario folder that exists."))]


What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT", help=_("osm:europe/ukraine, overpass:W,S,E,N, worldpop:UKR, or a web address.")
    ),
]
Checksum = Annotated[
    str, typer.Option("--checksum", metavar="HEX", help=_("MD5, SHA-1 or SHA-256 that the file must have."))
]
FileOutput = Annotated[Path | None, typer.Option("-o", "--output", metavar="PATH", help=_("File to write."))]


def register(app: typer.Typer) -> None:
    """
    Add the commands to the command line.

    Parameters
    ----------
    app : Typer
        The command line.
    """
    app.command(help=_("Make a scenario folder of a district from a map, tables and a raster."))(prepare)
    app.command(help=_("Fetch a map extract or a population raster (the only command that needs internet)."))(
        download
    )
    app.command("map", help=_("Draw a scenario folder as one page with a map, to be judged by eye."))(
        show_map
    )
    app.command(
        help=_(
            "Convert a road network: GMNS, MATSim, SUMO, TNTP in;"
            " GMNS, GeoJSON, GeoPackage, SUMO, MATSim out."
        )
    )(convert)


def prepare(
    ctx: typer.Context,
    output: Output,
    osm: Osm = None,
    network: Network = None,
    crs: Crs = "",
    area: Area = None,
    bbox: Box = "",
    place: PlaceName = "",
    settlements: Settlements = None,
    population: Population = None,
    persons: Persons = None,
    sites: Sites = None,
    fleet: Fleet = None,
    occupied: Occupied = None,
    road_classes: RoadClasses = None,
    rebuild: Rebuild = None,
    name: Name = "",
    threat: Threat = ThreatWord.NATURAL,
    shares: SharesText = "",
    group_size: GroupSize = 2000,
    time_zone: Zone = "",
    start: Start = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Write a scenario folder with its import report."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.district.shares import parse_shares
    from safepassage.model.policy import ThreatKind
    from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario
    from safepassage.workflows.rebuild import rebuild_scenario

    inputs = PrepareInputs(
        osm, network, crs, area, bbox, place, settlements, population, sites, fleet, occupied, road_classes,
        persons,
    )  # fmt: skip
    options = PrepareOptions(
        name, ThreatKind(threat.value), parse_shares(shares), group_size, time_zone, start, replace
    )
    with terminal.progress() as progress:
        if rebuild:
            result = rebuild_scenario(rebuild, inputs, output, options, progress=progress)
        else:
            result = prepare_scenario(inputs, output, options, progress=progress)
    if not terminal.as_json:
        terminal.faults(result.report.warnings)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def convert(
    ctx: typer.Context,
    source: Source,
    target: Target,
    crs: Crs = "",
    nodes: NodesFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a network in another format."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.convert import convert_network

    with terminal.progress() as progress:
        result = convert_network(source, target, crs=crs, nodes=nodes, progress=progress)
    if not terminal.as_json:
        terminal.faults(result.foreign.warnings)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def show_map(ctx: typer.Context, folder: Folder, output: Page = None, as_json: AsJson = False) -> None:
    """Write the map page of a scenario folder."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.map import map_folder

    with terminal.progress() as progress:
        result = map_folder(folder, output, progress=progress)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())


def download(
    ctx: typer.Context,
    what: What,
    output: FileOutput = None,
    checksum: Checksum = "",
    as_json: AsJson = False,
) -> None:
    """Fetch a file, going on where an earlier try stopped."""
    terminal = terminal_of(ctx)
    terminal.as_json = as_json
    from safepassage.workflows.download import download_file

    with terminal.progress() as progress:
        result = download_file(what, output, checksum=checksum, progress=progress)
    terminal.done(ExitCode.DONE, result.facts(), result.sentences())
