"""MATSim populations (``population.xml`` or ``plans.xml``, plain or gzip): who departs when and where."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from safepassage.errors import Fault, InputError
from safepassage.formats.xml_stream import Attributes, stream_xml
from safepassage.i18n import _
from safepassage.progress import Progress


@dataclass(frozen=True, slots=True)
class PersonDeparture:
    """
    One person and the first departure, if there is one.

    Attributes
    ----------
    person : str
        Id.
    longitude_deg, latitude_deg : float
        Where the person starts; NaN where only a link is told.
    link : str
        Link where the person starts; empty where only a position is told.
    time_s : float
        End of the first activity (s after midnight); NaN where it is not told.
    mode : str
        Mode of the first leg; empty for who stays.
    age : int
        Years; -1 where they are not told.
    """

    person: str
    longitude_deg: float
    latitude_deg: float
    link: str
    time_s: float
    mode: str
    age: int = -1


def read_matsim_departures(
    path: Path, *, crs: str = "", progress: Progress | None = None
) -> tuple[PersonDeparture, ...]:
    """
    Read the people of a population and their departures.

    Parameters
    ----------
    path : Path
        ``.xml`` or ``.xml.gz``.
    crs : str
        Coordinates where the file does not name them.
    progress : Progress, optional
        Told of the megabytes read.

    Returns
    -------
    tuple of PersonDeparture
        One a person, of the selected plan, in the order of the file; who stays is among them.

    Raises
    ------
    InputError
        If the file is broken, a person repeats or its coordinates are not known.
    """
    reader = _Population()
    stream_xml(path, reader.start, reader.end, progress=progress)
    if reader.repeated:
        problem = _("{count} persons repeat an id or have none").format(count=len(reader.repeated))
        remedy = _("give every person an id of its own")
        raise InputError([Fault(path.name, 0, "id", reader.repeated[0], problem, remedy)])
    if not reader.found:
        problem, remedy = _("the file holds no persons"), _("give a MATSim population or plans file")
        raise InputError([Fault(path.name, 0, "", "", problem, remedy)])
    placed = [item for item in reader.found if not math.isnan(item.longitude_deg + item.latitude_deg)]
    if not placed:
        return tuple(reader.found)
    system = crs or reader.crs
    try:
        transform = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except CRSError as error:
        problem = _("the coordinates' system is not told, or not known")
        remedy = _("give it, as --crs EPSG:32637")
        raise InputError([Fault(path.name, 0, "crs", system, problem, remedy)]) from error
    xy = np.array([(item.longitude_deg, item.latitude_deg) for item in placed])
    # What lies outside the system comes back as infinite.
    degrees = zip(*(np.round(values, 7).tolist() for values in transform.transform(*xy.T)), strict=True)
    at = {item.person: point for item, point in zip(placed, degrees, strict=True)}
    return tuple(
        replace(item, longitude_deg=at[item.person][0], latitude_deg=at[item.person][1])
        if item.person in at
        else item
        for item in reader.found
    )


class _Population:
    def __init__(self) -> None:
        self.crs = ""
        self.found: list[PersonDeparture] = []
        self._person = ""
        self._attribute = ""
        self._selected = True
        self._first: Attributes | None = None
        self._mode = ""
        self._age = -1
        self._met: set[str] = {""}
        self.repeated: list[str] = []

    def start(self, name: str, attributes: Attributes, _row: int) -> None:
        if name == "person":
            self._person, self._first, self._mode = attributes.get("id", ""), None, ""
            self._age = _age(attributes.get("age", ""))
        elif name == "plan":
            self._selected = attributes.get("selected", "yes") == "yes"
        elif name in ("activity", "act") and self._selected and self._first is None:
            self._first = attributes
        elif name == "leg" and self._selected and self._first is not None and not self._mode:
            self._mode = attributes.get("mode", "car")
        elif name == "attribute":
            self._attribute = attributes.get("name", "")

    def end(self, name: str, text: str) -> None:
        if name == "attribute" and self._attribute == "coordinateReferenceSystem" and not self._person:
            self.crs = text.strip()
        elif name == "attribute" and self._attribute == "age" and self._person:
            self._age = _age(text)
        elif name == "person":
            if self._person in self._met:
                self.repeated.append(self._person)
            else:
                self._met.add(self._person)
                self.found.append(self._departure(self._first or {}))
            self._person = ""

    def _departure(self, activity: Attributes) -> PersonDeparture:
        return PersonDeparture(
            self._person,
            _number(activity.get("x", "")),
            _number(activity.get("y", "")),
            activity.get("link", ""),
            _clock_s(activity.get("end_time", "")),
            self._mode,
            self._age,
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _age(text: str) -> int:
    return int(text) if re.fullmatch(r"\s*\d{1,3}\s*", text) else -1


def _clock_s(text: str) -> float:
    match = re.fullmatch(r"(\d+):(\d\d)(?::(\d\d))?", text.strip())
    if not match:
        return math.nan
    return 3600.0 * int(match[1]) + 60.0 * int(match[2]) + float(match[3] or 0)
