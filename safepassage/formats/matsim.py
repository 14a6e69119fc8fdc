"""MATSim networks (``network.xml``, plain or gzip) in and out. Their capacity is of the whole link."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyproj

from safepassage.formats.network_draft import DraftLink, ForeignNetwork, NetworkDraft
from safepassage.formats.numbers import shortest
from safepassage.formats.xml_stream import Attributes, stream_xml
from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.progress import Progress

_CAR_MODES = frozenset({"car", "bus", "truck"})
_CRS_NAMES = ("coordinateReferenceSystem", "crs")


def read_matsim_network(path: Path, *, crs: str = "", progress: Progress | None = None) -> ForeignNetwork:
    """
    Read a MATSim network.

    Parameters
    ----------
    path : Path
        ``.xml`` or ``.xml.gz``.
    crs : str
        Coordinates of the file where it does not name them itself.
    progress : Progress, optional
        Told of the megabytes read.

    Returns
    -------
    ForeignNetwork
        Links open to cars. A capacity counts vehicles of all lanes in the file's ``capperiod``; here it is
        of all lanes an hour.

    Raises
    ------
    InputError
        With every fault found.
    """
    reader = _Network(NetworkDraft(path.name))
    stream_xml(path, reader.start, reader.end, progress=progress)
    return reader.draft.network(crs or reader.crs)


class _Network:
    def __init__(self, draft: NetworkDraft) -> None:
        self.draft = draft
        self.crs = ""
        self._hours = 1.0
        self._attribute = ""
        self._link: tuple[int, Attributes] | None = None
        self._words: dict[str, str] = {}

    def start(self, name: str, attributes: Attributes, row: int) -> None:
        if name == "node":
            self.draft.add_node(
                row, attributes.get("id", ""), _number(attributes, "x"), _number(attributes, "y")
            )
        elif name == "links":
            self._hours = _hours(attributes.get("capperiod", "01:00:00"))
            if not self._hours > 0:
                self.draft.fault(row, "capperiod", attributes["capperiod"], _("this is no time"),
                                 _("write it as 01:00:00"))  # fmt: skip
        elif name == "link":
            self._link, self._words = (row, attributes), {}
        elif name == "attribute":
            self._attribute = attributes.get("name", "")

    def end(self, name: str, text: str) -> None:
        if name == "attribute":
            if self._link is None and self._attribute in _CRS_NAMES:
                self.crs = text.strip()
            self._words[self._attribute] = text.strip()
        elif name == "link" and self._link is not None:
            self._take_link(*self._link)
            self._link = None

    def _take_link(self, row: int, attributes: Attributes) -> None:
        modes = {word.strip() for word in attributes.get("modes", "car").split(",")}
        if not modes & _CAR_MODES:
            return
        self.draft.add_link(
            row,
            DraftLink(
                id=attributes.get("id", ""),
                tail=attributes.get("from", ""),
                head=attributes.get("to", ""),
                length_m=_number(attributes, "length"),
                lanes=_number(attributes, "permlanes", 1.0),
                speed_m_per_s=_number(attributes, "freespeed"),
                capacity_pcu_per_h=_number(attributes, "capacity") / self._hours,
                facility_type=self._words.get("type", attributes.get("type", "")),
                name=self._words.get("name", ""),
            ),
        )


def _number(attributes: Attributes, name: str, default: float = math.nan) -> float:
    try:
        return float(attributes[name])
    except KeyError:
        return default
    except ValueError:
        # Not a number that was left out, but one that cannot be.
        return math.inf


def _hours(text: str) -> float:
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d)", text.strip())
    return int(match[1]) + int(match[2]) / 60 + int(match[3]) / 3600 if match else math.nan


def write_matsim_network(network: RoadNetwork, path: Path, epsg: int) -> bytes:
    """
    A network as MATSim reads it.

    Parameters
    ----------
    network : RoadNetwork
        Roads; their courses and turn restrictions have no place in the format.
    path : Path
        Where it will be written; the ending ``.gz`` packs it.
    epsg : int
        Metric projection of the coordinates.

    Returns
    -------
    bytes
        The file's content.
    """
    transform = pyproj.Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
    x, y = transform.transform(network.longitude_deg, network.latitude_deg)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE network SYSTEM "http://www.matsim.org/files/dtd/network_v2.dtd">',
        "<network>",
        "<attributes>",
        f'<attribute name="coordinateReferenceSystem" class="java.lang.String">EPSG:{epsg}</attribute>',
        "</attributes>",
        "<nodes>",
    ]
    lines += [
        f'<node id={quoteattr(node)} x="{east:.3f}" y="{north:.3f}"/>'
        for node, east, north in zip(network.node_id, x.tolist(), y.tolist(), strict=True)
    ]
    lines += ["</nodes>", '<links capperiod="01:00:00" effectivecellsize="7.5" effectivelanewidth="3.75">']
    for k in range(network.n_links):
        head = (
            f"<link id={quoteattr(network.link_id[k])}"
            f" from={quoteattr(network.node_id[network.from_node[k]])}"
            f" to={quoteattr(network.node_id[network.to_node[k]])}"
            f' length="{shortest(network.length_m[k])}" freespeed="{shortest(network.free_speed_m_per_s[k])}"'
            f' capacity="{shortest(network.capacity_pcu_per_h[k])}" permlanes="{shortest(network.lanes[k])}"'
            ' oneway="1" modes="car">'
        )
        kind = quoteattr(network.facility_type[k])[1:-1]
        lines.append(
            f'{head}<attributes><attribute name="type" class="java.lang.String">{kind}</attribute>'
            "</attributes></link>"
        )
    lines += ["</links>", "</network>", ""]
    data = "\n".join(lines).encode()
    # Without a time in its header the packed file is the same every time.
    return gzip.compress(data, mtime=0) if path.suffix == ".gz" else data
