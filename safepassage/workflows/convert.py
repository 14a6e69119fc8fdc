"""Convert road networks between the formats of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from safepassage.district.projection import projection_for
from safepassage.errors import Fault, InputError
from safepassage.formats.files import write_atomically, write_folder
from safepassage.formats.gmns import gmns_files, read_gmns
from safepassage.formats.matsim import read_matsim_network, write_matsim_network
from safepassage.formats.network_draft import ForeignNetwork
from safepassage.formats.network_layers import network_geojson, write_geopackage
from safepassage.formats.scenario_folder import read_scenario
from safepassage.formats.scenario_folder.schema import SETTINGS_FILE
from safepassage.formats.sumo import read_sumo_network, sumo_plain_files
from safepassage.formats.tntp import read_tntp_network
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.progress import NoProgress, Progress

READABLE = "a scenario or GMNS folder, .net.xml (SUMO), .xml (MATSim), .tntp, each also packed as .gz"
WRITABLE = "a folder (GMNS), .geojson, .gpkg, .nod.xml (SUMO plain XML), .xml or .xml.gz (MATSim)"


@dataclass(frozen=True, slots=True)
class ConvertResult:
    """
    A network that was written in another format.

    Attributes
    ----------
    source : Path
        What was read.
    written : tuple of Path
        What was written.
    foreign : ForeignNetwork
        The network.
    """

    source: Path
    written: tuple[Path, ...]
    foreign: ForeignNetwork

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        network = self.foreign.network
        return {
            "source": str(self.source),
            "written": [str(path) for path in self.written],
            "nodes": network.n_nodes,
            "links": network.n_links,
            "forbidden_turns": len(network.movement_in_link),
            "coordinates": self.foreign.crs,
            "exercise": network.any_schematic,
            "warnings": [str(fault) for fault in self.foreign.warnings],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        network = self.foreign.network
        return [
            _("{links} links and {nodes} nodes written: {paths}").format(
                links=network.n_links, nodes=network.n_nodes, paths=", ".join(map(str, self.written))
            )
        ]


def read_network(
    path: Path, *, crs: str = "", nodes: Path | None = None, progress: Progress | None = None
) -> ForeignNetwork:
    """
    Read a network in any format that the program knows.

    Parameters
    ----------
    path : Path
        File or folder; the format follows from its name and content.
    crs : str
        Coordinates where the file does not name them.
    nodes : Path, optional
        Positions of a TNTP network.
    progress : Progress, optional
        Told of the reading.

    Returns
    -------
    ForeignNetwork
        In WGS84.

    Raises
    ------
    InputError
        If the format is not known or the file is faulty.
    """
    name = path.name.lower()
    if path.is_dir():
        if (path / SETTINGS_FILE).is_file():
            folder = read_scenario(path, progress=progress)
            names = folder.kept.get("link.csv", {}).get("name", ())
            return ForeignNetwork(folder.scenario.network, tuple(names), "EPSG:4326", folder.warnings)
        return read_gmns(path, crs=crs)
    if not path.is_file():
        raise _unknown(path, _("there is no such file"), _("check its name"))
    if name.endswith((".net.xml", ".net.xml.gz")):
        return read_sumo_network(path, crs=crs, progress=progress)
    if name.endswith((".xml", ".xml.gz")):
        return read_matsim_network(path, crs=crs, progress=progress)
    if name.endswith(".tntp"):
        return ForeignNetwork(read_tntp_network(path, nodes=nodes), (), "EPSG:4326", ())
    raise _unknown(path, _("the format is not known"), _("give {formats}").format(formats=READABLE))


def convert_network(
    source: Path,
    target: Path,
    *,
    crs: str = "",
    nodes: Path | None = None,
    progress: Progress | None = None,
) -> ConvertResult:
    """
    Convert a network.

    Parameters
    ----------
    source, target : Path
        The format of each follows from its name.
    crs : str
        Coordinates of the source where it does not name them.
    nodes : Path, optional
        Positions of a TNTP network.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    ConvertResult
        What was written.

    Raises
    ------
    InputError
        If a format is not known or the source is faulty.
    OutputError
        If the target cannot be written.
    """
    progress = progress or NoProgress()
    name = target.name.lower()
    if (
        not target.is_dir()
        and target.suffix
        and not name.endswith((".geojson", ".gpkg", ".nod.xml", ".xml", ".xml.gz"))
    ):
        raise _unknown(target, _("the format is not known"), _("give {formats}").format(formats=WRITABLE))
    foreign = read_network(source, crs=crs, nodes=nodes, progress=progress)
    progress.start(_("Writing {file}").format(file=target.name))
    target.parent.mkdir(parents=True, exist_ok=True)
    return ConvertResult(source, _written(foreign, target), foreign)


def _written(foreign: ForeignNetwork, target: Path) -> tuple[Path, ...]:
    network, name = foreign.network, target.name.lower()
    if name.endswith(".geojson"):
        write_atomically(target, network_geojson(network, foreign.link_names, ""))
    elif name.endswith(".gpkg"):
        # GDAL writes in place; a reader must not see half a file.
        with TemporaryDirectory() as folder:
            draft = Path(folder) / "network.gpkg"
            write_geopackage(network, foreign.link_names, draft)
            write_atomically(target, draft.read_bytes())
    elif name.endswith(".nod.xml"):
        stem = target.name[: -len(".nod.xml")]
        files = sumo_plain_files(network, stem, _epsg(network))
        for file, text in files.items():
            write_atomically(target.with_name(file), text)
        return tuple(target.with_name(file) for file in files)
    elif name.endswith((".xml", ".xml.gz")):
        write_atomically(target, write_matsim_network(network, target, _epsg(network)))
    else:
        write_folder(target, dict(gmns_files(network, foreign.link_names)))
    return (target,)


def _epsg(network: RoadNetwork) -> int:
    longitude, latitude = network.longitude_deg, network.latitude_deg
    middle = (longitude.min() + longitude.max()) / 2, (latitude.min() + latitude.max()) / 2
    return projection_for(float(middle[0]), float(middle[1])).epsg


def _unknown(path: Path, problem: str, remedy: str) -> InputError:
    return InputError([Fault(path.name, 0, "", "", problem, remedy)])
