"""GMNS networks (General Modeling Network Specification): a folder of CSV files. Capacity is per lane."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from safepassage.errors import Fault, InputError, ModelError
from safepassage.formats.csv_text import csv_line
from safepassage.formats.network_draft import DraftLink, ForeignNetwork, NetworkDraft
from safepassage.formats.numbers import shortest
from safepassage.formats.wkt import format_line, parse_line
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork

_METRES = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "km": 1000.0, "kilometer": 1000.0,
    "kilometers": 1000.0, "mile": 1609.344, "miles": 1609.344, "mi": 1609.344, "ft": 0.3048, "feet": 0.3048,
    "foot": 0.3048,
}  # fmt: skip
_M_PER_S = {"kph": 1 / 3.6, "km/h": 1 / 3.6, "kmh": 1 / 3.6, "mph": 0.44704, "m/s": 1.0}
_CAR_USES = ("auto", "car", "all", "passenger", "vehicle", "drive")
_REVERSE = "_back"
_DEFAULT_LANE_CAPACITY = 1000.0
_LARGEST_CELL = 10_000_000


def read_gmns(folder: Path, *, crs: str = "") -> ForeignNetwork:
    """
    Read a GMNS folder.

    Parameters
    ----------
    folder : Path
        Holds ``node.csv`` and ``link.csv``; ``movement.csv`` and ``config.csv`` may be there.
    crs : str
        Coordinates where ``config.csv`` does not name them; WGS84 by default.

    Returns
    -------
    ForeignNetwork
        Lengths and speeds in the units that ``config.csv`` names, metres and km/h by default.

    Raises
    ------
    InputError
        With every fault found.
    """
    return _Folder(folder).read(crs)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft = NetworkDraft(f"{folder.name}/link.csv")
        self._to_metres = 1.0
        self._to_m_per_s = 1 / 3.6
        self._directed: dict[str, tuple[str, ...]] = {}

    def read(self, crs: str) -> ForeignNetwork:
        config = self._rows("config.csv", required=False)
        settings: Mapping[str, str] = config[0] if config else {}
        self._read_units(settings, known=bool(config))
        for row, cells in enumerate(self._rows("node.csv"), start=2):
            x, y = _number(cells, "x_coord"), _number(cells, "y_coord")
            self._draft.add_node(row, cells.get("node_id", ""), x, y)
        for row, cells in enumerate(self._rows("link.csv"), start=2):
            self._take_link(row, cells)
        for cells in self._rows("movement.csv", required=False):
            if _number(cells, "capacity") == 0 or cells.get("type", "").casefold() == "prohibited":
                for into in self._directed.get(cells.get("ib_link_id", ""), ()):
                    for out in self._directed.get(cells.get("ob_link_id", ""), ()):
                        self._draft.forbid_turn(into, out)
        return self._draft.network(crs or settings.get("crs", "") or "EPSG:4326")

    def _read_units(self, settings: Mapping[str, str], *, known: bool) -> None:
        words = settings.get("long_length", "") or "meters", settings.get("speed", "") or "kph"
        for name, word, units in (("long_length", words[0], _METRES), ("speed", words[1], _M_PER_S)):
            if word.casefold() not in units:
                self._draft.fault(2, name, word, _("the unit is not known"),
                                  _("choose one of {names}").format(names=", ".join(units)))  # fmt: skip
        self._to_metres = _METRES.get(words[0].casefold(), 1.0)
        self._to_m_per_s = _M_PER_S.get(words[1].casefold(), 1.0)
        if not known:
            self._draft.faults.warning(
                self._draft.file, 0, "", "", _("no config.csv: metres and km/h are assumed"),
                _("add config.csv with long_length and speed"),
            )  # fmt: skip

    def _rows(self, name: str, *, required: bool = True) -> Sequence[Mapping[str, str]]:
        path = self._folder / name
        if not path.is_file():
            if required:
                problem, remedy = _("the file is missing"), _("give a GMNS folder")
                raise InputError([Fault(f"{self._folder.name}/{name}", 0, "", "", problem, remedy)])
            return []
        csv.field_size_limit(_LARGEST_CELL)
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                return [
                    {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
                    for row in csv.DictReader(stream)
                ]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            problem = _("the file cannot be read ({reason})").format(reason=error)
            remedy = _("save it as CSV in UTF-8")
            raise InputError([Fault(f"{self._folder.name}/{name}", 0, "", "", problem, remedy)]) from error

    def _take_link(self, row: int, cells: Mapping[str, str]) -> None:
        uses = cells.get("allowed_uses", "").casefold()
        if uses and not any(word in uses for word in _CAR_USES):
            return
        lanes = _number(cells, "lanes", 1.0)
        lane_capacity = _number(cells, "capacity", _DEFAULT_LANE_CAPACITY)
        link = DraftLink(
            id=cells.get("link_id", ""),
            tail=cells.get("from_node_id", ""),
            head=cells.get("to_node_id", ""),
            length_m=_number(cells, "length", math.nan) * self._to_metres,
            lanes=lanes,
            speed_m_per_s=_number(cells, "free_speed") * self._to_m_per_s,
            capacity_pcu_per_h=lane_capacity * lanes,
            facility_type=cells.get("facility_type", ""),
            name=cells.get("name", ""),
            course=self._course(row, cells.get("geometry", "")),
        )
        directed = cells.get("directed", "1").casefold() in ("1", "true", "")
        ways = [link]
        if directed and cells.get("dir_flag") == "-1":
            ways = [_turned(link, link.id)]
        elif not directed:
            ways.append(_turned(link, link.id + _REVERSE))
        for way in ways:
            self._draft.add_link(row, way)
        self._directed[link.id] = tuple(way.id for way in ways)

    def _course(self, row: int, text: str) -> tuple[tuple[float, float], ...]:
        if not text:
            return ()
        try:
            return parse_line(text)
        except ModelError as error:
            self._draft.fault(row, "geometry", text[:40], str(error), _("give a LINESTRING in degrees"))
            return ()


def _turned(link: DraftLink, link_id: str) -> DraftLink:
    return DraftLink(
        link_id, link.head, link.tail, link.length_m, link.lanes, link.speed_m_per_s,
        link.capacity_pcu_per_h, link.facility_type, link.name, link.course[::-1],
    )  # fmt: skip


def _number(cells: Mapping[str, str], name: str, default: float = math.nan) -> float:
    text = cells.get(name, "")
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        # Not a number that was left out, but one that cannot be.
        return math.inf


def gmns_files(network: RoadNetwork, link_names: Sequence[str] = ()) -> dict[str, str]:
    """
    A network as the files of a GMNS folder.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    link_names : sequence of str
        Names of the roads, one a link, or none.

    Returns
    -------
    dict of str to str
        Text by file name: ``config.csv``, ``node.csv``, ``link.csv`` and, where turns are forbidden,
        ``movement.csv``. Lengths in metres, speeds in km/h, capacities per lane.
    """
    names = link_names or ("",) * network.n_links
    files = {
        "config.csv": csv_line(
            ("dataset_name", "short_length", "long_length", "speed", "crs", "geometry_field_format")
        )
        + csv_line(("safepassage", "meters", "meters", "kph", "EPSG:4326", "wkt")),
        "node.csv": csv_line(("node_id", "x_coord", "y_coord"))
        + "".join(
            csv_line((node, shortest(x), shortest(y)))
            for node, x, y in zip(
                network.node_id, network.longitude_deg.tolist(), network.latitude_deg.tolist(), strict=True
            )
        ),
        "link.csv": csv_line(
            ("link_id", "name", "from_node_id", "to_node_id", "directed", "length", "facility_type",
             "capacity", "free_speed", "lanes", "allowed_uses", "geometry")
        )
        + "".join(_link_line(network, k, names[k]) for k in range(network.n_links)),
    }  # fmt: skip
    turns = [
        csv_line((str(number), network.node_id[network.to_node[into]], network.link_id[into],
                  network.link_id[out], "all", "0"))
        for number, (into, out, capacity) in enumerate(
            zip(network.movement_in_link.tolist(), network.movement_out_link.tolist(),
                network.movement_capacity_pcu_per_h.tolist(), strict=True), start=1)
        if capacity == 0
    ]  # fmt: skip
    if turns:
        header = csv_line(("mvmt_id", "node_id", "ib_link_id", "ob_link_id", "type", "capacity"))
        files["movement.csv"] = header + "".join(turns)
    return files


def _link_line(network: RoadNetwork, k: int, name: str) -> str:
    lanes = float(network.lanes[k])
    return csv_line(
        (
            network.link_id[k],
            name,
            network.node_id[network.from_node[k]],
            network.node_id[network.to_node[k]],
            "1",
            shortest(network.length_m[k]),
            network.facility_type[k],
            shortest(round(float(network.capacity_pcu_per_h[k]) / lanes, 6)),
            shortest(round(float(network.free_speed_m_per_s[k]) * 3.6, 6)),
            shortest(lanes),
            "auto",
            format_line(network.link_course(k)),
        )
    )
