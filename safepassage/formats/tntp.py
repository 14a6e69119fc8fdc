"""Reader of TNTP text files: networks, node positions and trip tables of the traffic-assignment community."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork

_METADATA = re.compile(r"<(?P<key>[^>]+)>(?P<value>.*)")
_COLUMNS = ("init_node", "term_node", "capacity", "length", "free_flow_time")
_POSITIVE_COLUMNS = ("length", "free_flow_time")
_CAPACITY_A_LANE_PCU_PER_H = 1800.0
_JAM_SPACING_M = 7.5


@dataclass(frozen=True, slots=True)
class TntpUnits:
    """
    What the bare numbers of a TNTP network mean; the files do not say it in a fixed place.

    Attributes
    ----------
    length_m : float
        Metres in a unit of length.
    time_s : float
        Seconds in a unit of free-flow time.
    capacity_pcu_per_h : float
        PCU/h in a unit of capacity, for the whole link.
    """

    length_m: float = 1000.0
    time_s: float = 60.0
    capacity_pcu_per_h: float = 1.0


def read_tntp_network(path: Path, units: TntpUnits | None = None, nodes: Path | None = None) -> RoadNetwork:
    """
    Read a TNTP network.

    Parameters
    ----------
    path : Path
        The ``*_net.tntp`` file.
    units : TntpUnits, optional
        Meaning of the numbers; kilometres, minutes and PCU/h by default.
    nodes : Path, optional
        A ``*_node.tntp`` file with longitude and latitude; without it every node lies at (0, 0).

    Returns
    -------
    RoadNetwork
        Node ids are the file's numbers in ascending order, link ids count the rows from 1.

    Raises
    ------
    InputError
        With every fault found.

    Notes
    -----
    TNTP gives neither lanes nor jam density: lanes follow from the capacity at 1,800 PCU/h each, jam
    density from 7.5 m a PCU and lane. Volume-delay parameters, tolls and the rule that traffic may not
    pass through zones are not read.
    """
    units = units or TntpUnits()
    reader = _Lines(path)
    rows = [_network_row(reader, number, text) for number, text in reader.body()]
    links = np.array([row for row in rows if row is not None], np.float64).reshape(-1, 5)
    reader.check_count("NUMBER OF LINKS", len(rows))
    if not rows:
        reader.fault(0, "", "", _("the file has no links"), _("give one line a link"))
    positions = _read_nodes(nodes) if nodes is not None else {}
    reader.raise_faults()
    ends = links[:, :2].astype(np.int64)
    numbers = np.unique(np.concatenate([ends.ravel(), np.array(sorted(positions), np.int64)]))
    longitude_latitude = np.array([positions.get(int(number), (0.0, 0.0)) for number in numbers])
    n_links = len(links)
    lanes = np.maximum(1.0, np.round(links[:, 2] * units.capacity_pcu_per_h / _CAPACITY_A_LANE_PCU_PER_H))
    length_m = links[:, 3] * units.length_m
    return RoadNetwork(
        node_id=tuple(str(number) for number in numbers),
        longitude_deg=longitude_latitude[:, 0],
        latitude_deg=longitude_latitude[:, 1],
        node_service_pcu_per_h=np.full(len(numbers), np.inf),
        link_id=tuple(str(row + 1) for row in range(n_links)),
        from_node=np.searchsorted(numbers, ends[:, 0]).astype(np.int32),
        to_node=np.searchsorted(numbers, ends[:, 1]).astype(np.int32),
        length_m=length_m,
        lanes=lanes,
        free_speed_m_per_s=length_m / (links[:, 4] * units.time_s),
        capacity_pcu_per_h=links[:, 2] * units.capacity_pcu_per_h,
        jam_density_pcu_per_m=lanes / _JAM_SPACING_M,
        merge_weight=links[:, 2] + 1.0,
        facility_type=("",) * n_links,
        crossing=("",) * n_links,
        schematic=np.ones(n_links, np.bool_),
        source=(path.name,) * n_links,
        geometry=((),) * n_links,
    )


def read_tntp_trips(path: Path) -> Mapping[tuple[str, str], float]:
    """
    Read a TNTP trip table.

    Parameters
    ----------
    path : Path
        The ``*_trips.tntp`` file.

    Returns
    -------
    dict of (origin, destination) to float
        Trips between nodes, by node id, in the order of the file; pairs without trips are left out.

    Raises
    ------
    InputError
        With every fault found.
    """
    reader = _Lines(path)
    trips: dict[tuple[str, str], float] = {}
    origin = ""
    for number, text in reader.body():
        words = text.split()
        if words[0].lower() == "origin":
            origin = words[1] if len(words) == 2 and words[1].isdigit() else ""
            if not origin:
                reader.fault(
                    number, "Origin", text, _("is no origin line"), _("write 'Origin' and a node number")
                )
            continue
        for entry in filter(None, (part.strip() for part in text.split(";"))):
            destination, _colon, amount = (part.strip() for part in entry.partition(":"))
            value = _number(amount)
            if not origin or not destination.isdigit() or not 0 <= value < np.inf:
                remedy = _("write 'node : trips;' with trips >= 0 below an Origin line")
                reader.fault(number, "", entry, _("is no trip entry"), remedy)
            elif value > 0:
                trips[origin, destination] = trips.get((origin, destination), 0.0) + value
    reader.raise_faults()
    return trips


class _Lines:
    """Lines of one file, and the faults found in them."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.faults: list[Fault] = []
        self.metadata: dict[str, str] = {}
        try:
            self.lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            self.fault(0, "", "", _("cannot be read ({reason})").format(reason=error), _("give a text file"))
            self.raise_faults()

    def fault(self, row: int, column: str, value: str, problem: str, remedy: str) -> None:
        self.faults.append(Fault(self.name, row, column, value, problem, remedy))

    def raise_faults(self) -> None:
        if self.faults:
            raise InputError(self.faults)

    def body(self) -> Iterator[tuple[int, str]]:
        """Numbered lines that hold data: after the metadata, without comments and blank lines."""
        for number, line in enumerate(self.lines, start=1):
            text = line.strip()
            match = _METADATA.fullmatch(text)
            if match:
                self.metadata[match["key"].strip().upper()] = match["value"].strip()
            elif text and not text.startswith("~"):
                yield number, text

    def check_count(self, key: str, found: int) -> None:
        stated = self.metadata.get(key)
        if stated is not None and stated != str(found):
            problem = _("the file has {found} rows instead").format(found=found)
            self.fault(0, key, stated, problem, _("complete the file or correct the count"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _network_row(reader: _Lines, row: int, text: str) -> tuple[float, ...] | None:
    words = text.replace(";", " ").split()
    if len(words) < len(_COLUMNS):
        problem = _("has {found} columns").format(found=len(words))
        reader.fault(row, "", text, problem, _("give {names}").format(names=", ".join(_COLUMNS)))
        return None
    before = len(reader.faults)
    for name, word in zip(_COLUMNS, words, strict=False):
        value = _number(word)
        if name.endswith("_node"):
            if not word.isdigit():
                reader.fault(row, name, word, _("is no node number"), _("give a whole number"))
        elif not 0 <= value < np.inf:
            reader.fault(row, name, word, _("is no finite number of at least 0"), _("give such a number"))
        elif name in _POSITIVE_COLUMNS and value == 0:
            reader.fault(row, name, word, _("must not be zero"), _("give a positive number"))
    return None if len(reader.faults) > before else tuple(map(float, words[: len(_COLUMNS)]))


def _read_nodes(path: Path) -> dict[int, tuple[float, float]]:
    reader = _Lines(path)
    positions: dict[int, tuple[float, float]] = {}
    for row, text in reader.body():
        words = text.replace(";", " ").split()
        if words[0].lower() == "node":
            continue
        values = [_number(word) for word in words[1:3]]
        if len(values) < 2 or not words[0].isdigit() or not np.isfinite(values).all():
            remedy = _("give a node number, longitude and latitude")
            reader.fault(row, "", text, _("is no node position"), remedy)
        else:
            positions[int(words[0])] = (values[0], values[1])
    reader.raise_faults()
    return positions
