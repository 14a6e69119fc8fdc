"""Dated polygons of a threat (GeoJSON): what holds inside them, from when until when."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from safepassage.errors import InputError, ModelError
from safepassage.formats.area_file import polygon_of, read_json
from safepassage.formats.clock import parse_time, seconds_since
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.values import text_problem, time_problem, time_remedy
from safepassage.i18n import _
from safepassage.model.threat import CREDIBILITY, RELIABILITY, Claim, ThreatEntryKind

AREA_KINDS = (
    ThreatEntryKind.CLOSURE,
    ThreatEntryKind.CAPACITY,
    ThreatEntryKind.SPEED,
    ThreatEntryKind.ARRIVAL,
    ThreatEntryKind.EVENT,
)
_SHARES = ("factor", "probability")
_KEYS = ("id", "kind", "from", "until", *_SHARES, "source", "reliability", "credibility", "heard_from")


@dataclass(frozen=True, slots=True)
class HazardArea:
    """
    One dated polygon.

    Attributes
    ----------
    id : str
        Unique id.
    kind : ThreatEntryKind
        One of `AREA_KINDS`.
    area : Geometry
        Polygon (degrees, WGS84).
    start_s, end_s : float
        When it holds (s since the scenario's start).
    factor, probability : float
        As of a threat entry.
    claim : Claim
        Who says so.
    """

    id: str
    kind: ThreatEntryKind
    area: shapely.Geometry
    start_s: float
    end_s: float
    factor: float
    probability: float
    claim: Claim


def read_hazard_areas(path: Path, start: datetime, faults: FaultList) -> list[HazardArea]:
    """
    Read dated polygons.

    Parameters
    ----------
    path : Path
        A feature collection.
    start : datetime
        The scenario's start.
    faults : FaultList
        Receives all that is wrong; rows are counted by features, from 1.

    Returns
    -------
    list of HazardArea
        Those without a fault.
    """
    try:
        document = read_json(path)
    except InputError as error:
        for fault in error.faults:
            faults.error(path.name, 0, "", "", fault.problem, fault.remedy)
        return []
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        faults.error(path.name, 0, "", "", _("this is no feature collection"), _("export it as GeoJSON"))
        return []
    found: dict[str, HazardArea] = {}
    for number, feature in enumerate(features, start=1):
        reader = _FeatureReader(path.name, number, start, faults)
        area = reader.read(feature) if isinstance(feature, dict) else None
        if not isinstance(feature, dict):
            reader.error("", feature, _("this is no feature"), _("export it as GeoJSON"))
        elif area is not None and area.id in found:
            reader.error("id", area.id, _("the id is given before"), _("give every feature its own"))
        elif area is not None:
            found[area.id] = area
    return list(found.values())


class _FeatureReader:
    def __init__(self, file: str, number: int, start: datetime, faults: FaultList) -> None:
        self._file, self._number, self._start, self._faults = file, number, start, faults
        self._wrong = False

    def error(self, key: str, value: object, problem: str, remedy: str) -> None:
        self._wrong = True
        shown = value if isinstance(value, str) else json.dumps(value)
        self._faults.error(self._file, self._number, key, shown, problem, remedy)

    def read(self, feature: Mapping[str, Any]) -> HazardArea | None:
        given = feature.get("properties")
        properties = {k: v for k, v in given.items() if v is not None} if isinstance(given, dict) else {}
        for key in properties.keys() - set(_KEYS):
            self._faults.warning(
                self._file, self._number, key, "", _("the property is not known"), remedy_for_name(key, _KEYS)
            )
        geometry = feature.get("geometry")
        shape = polygon_of(
            self._file, self._number, geometry if isinstance(geometry, dict) else {}, self._faults
        )
        kind = self._kind(properties)
        start_s = self._time(properties, "from", None)
        end_s = self._time(properties, "until", math.inf)
        shares = [self._share(properties, key) for key in _SHARES]
        name = self._text(properties, "id") or f"area-{self._number}"
        claim = self._claim(properties)
        if self._wrong or shape is None:
            return None
        found = HazardArea(name, ThreatEntryKind(kind), shape, start_s, end_s, shares[0], shares[1], claim)
        return found if self._holds_together(found, properties) else None

    def _kind(self, properties: Mapping[str, Any]) -> str:
        kind = properties.get("kind", "")
        if kind not in AREA_KINDS:
            self.error("kind", kind, _("the word is not known"), remedy_for_name(str(kind), AREA_KINDS))
        return str(kind)

    def _time(self, properties: Mapping[str, Any], key: str, default: float | None) -> float:
        text = properties.get(key, "")
        if text == "" and default is not None:
            return default
        problem = time_problem(text) if isinstance(text, str) else _("this is no time")
        if problem:
            self.error(key, text, problem, time_remedy())
            return 0.0
        return seconds_since(self._start, parse_time(text))

    def _holds_together(self, area: HazardArea, properties: Mapping[str, Any]) -> bool:
        if area.end_s <= area.start_s:
            problem, remedy = _("the entry ends before it starts"), _("exchange from and until")
            self.error("until", properties["until"], problem, remedy)
        if area.kind == ThreatEntryKind.EVENT and area.start_s > 0:
            remedy = _("give what happened before the scenario's start")
            self.error("from", properties["from"], _("the event lies in the future"), remedy)
        if area.kind == ThreatEntryKind.SPEED and area.factor == 0:
            remedy = _("give a share above 0, or close the road")
            self.error("factor", 0, _("the speed would be 0"), remedy)
        return not self._wrong

    def _share(self, properties: Mapping[str, Any], key: str) -> float:
        value = properties.get(key, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.error(key, value, _("this is no share"), _("give a number from 0 to 1"))
            return 1.0
        return float(value)

    def _text(self, properties: Mapping[str, Any], key: str) -> str:
        value = properties.get(key, "")
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str):
            self.error(key, value, _("this is no text"), _("put it in quotes"))
            return ""
        problem = text_problem(text, is_id=True)
        if problem:
            self.error(key, text, *problem)
        return text

    def _claim(self, properties: Mapping[str, Any]) -> Claim:
        credibility = properties.get("credibility", max(CREDIBILITY))
        reliability = properties.get("reliability", RELIABILITY[-1])
        source, heard_from = self._text(properties, "source"), self._text(properties, "heard_from")
        try:
            return Claim(source, reliability, credibility, heard_from)
        except (ModelError, TypeError):
            remedy = _("give A to F, and 1 to 6")
            self.error("reliability", [reliability, credibility], _("this is no grade"), remedy)
            return Claim("")
