"""The table of road classes: figures for roads whose tags do not give them, and how to replace them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.i18n import _

DEFAULT_FILE = Path(__file__).parent / "road_classes.toml"
Record = TypeVar("Record", "RoadClass", "NarrowRule")
_SPEED_TABLES = ("surface", "smoothness", "tracktype", "limit")


@dataclass(frozen=True, slots=True)
class RoadClass:
    """
    Figures of one class of road.

    Attributes
    ----------
    lanes, oneway_lanes : float
        Lanes in one direction of a two-way road; lanes of a one-way road.
    speed : float
        Free speed (km/h).
    capacity : float
        Capacity of one lane (PCU/h).
    weight : float
        Priority where roads merge.
    local : bool
        Settlements are connected here.
    main : bool
        People leave the map here where no destination is given.
    use : bool
        Driven on without a tag that says so.
    """

    lanes: float
    oneway_lanes: float
    speed: float
    capacity: float
    weight: float
    local: bool
    main: bool
    use: bool


@dataclass(frozen=True, slots=True)
class NarrowRule:
    """
    What narrow roads and fords carry.

    Attributes
    ----------
    narrow_below_m : float
        A two-way road below this width has room for one vehicle (m).
    narrow_share : float
        Share of its capacity that each direction then has.
    ford_capacity_share : float
        Share of the capacity through water.
    ford_speed : float
        Speed through water (km/h).
    """

    narrow_below_m: float
    narrow_share: float
    ford_capacity_share: float
    ford_speed: float


@dataclass(frozen=True, slots=True)
class ClassTable:
    """
    All classes and rules.

    Attributes
    ----------
    classes : mapping of str to RoadClass
        By the value of ``highway``; ``ferry`` for ferries.
    surface, smoothness, tracktype : mapping of str to float
        Highest speed by the tag's value (km/h).
    limit : mapping of str to float
        Speed limits that are written as words (km/h).
    rule : NarrowRule
        Narrow roads and fords.
    """

    classes: Mapping[str, RoadClass]
    surface: Mapping[str, float]
    smoothness: Mapping[str, float]
    tracktype: Mapping[str, float]
    limit: Mapping[str, float]
    rule: NarrowRule


def read_class_table(path: Path | None = None) -> ClassTable:
    """
    The table of road classes, single figures of it replaced by a file.

    Parameters
    ----------
    path : Path, optional
        TOML file of the same shape as the one that comes with the program.

    Returns
    -------
    ClassTable
        Complete.

    Raises
    ------
    InputError
        With every key that is not known and every figure that is out of range.
    """
    document = tomllib.loads(DEFAULT_FILE.read_text("utf-8"))
    table = ClassTable(
        classes={name: RoadClass(**values) for name, values in document["class"].items()},
        rule=NarrowRule(**document["rule"]),
        **{name: document[name] for name in _SPEED_TABLES},
    )
    return table if path is None else _replaced(table, path)


def _replaced(table: ClassTable, path: Path) -> ClassTable:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = _("the file cannot be read ({reason})").format(reason=error)
        raise InputError([Fault(path.name, 0, "", "", problem, _("give a TOML file"))]) from error
    change = _Change(path.name)
    changed = change.table(table, document)
    if change.faults.has_errors:
        raise InputError(change.faults.collected())
    return changed


class _Change:
    def __init__(self, file: str) -> None:
        self.file = file
        self.faults = FaultList([file])

    def table(self, table: ClassTable, document: Mapping[str, Any]) -> ClassTable:
        sections = ("class", "rule", *_SPEED_TABLES)
        given: dict[str, Mapping[str, Any]] = {}
        for name, values in document.items():
            if name not in sections or not isinstance(values, Mapping):
                self._error(name, "", _("the section is not known"), remedy_for_name(name, sections))
            else:
                given[name] = values
        classes = dict(table.classes)
        for name, values in given.get("class", {}).items():
            if name not in classes or not isinstance(values, Mapping):
                remedy = remedy_for_name(name, classes)
                self._error(f"class.{name}", "", _("the class of road is not known"), remedy)
            else:
                classes[name] = self._record(classes[name], values, f"class.{name}")
        speeds = {
            name: {**getattr(table, name), **self._speeds(given.get(name, {}), name)}
            for name in _SPEED_TABLES
        }
        rule = self._record(table.rule, given.get("rule", {}), "rule")
        return ClassTable(classes=classes, rule=rule, **speeds)

    def _record(self, record: Record, values: Mapping[str, Any], place: str) -> Record:
        known = {item.name: getattr(record, item.name) for item in fields(record)}
        changes: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                remedy = remedy_for_name(name, known)
                self._error(f"{place}.{name}", str(value), _("the key is not known"), remedy)
            elif isinstance(known[name], bool) != isinstance(value, bool):
                self._error(f"{place}.{name}", str(value), _("this is of another kind"), _("see the manual"))
            elif isinstance(value, bool) or self._positive(f"{place}.{name}", value):
                changes[name] = value
        return replace(record, **changes)

    def _speeds(self, values: Mapping[str, Any], place: str) -> dict[str, float]:
        return {name: value for name, value in values.items() if self._positive(f"{place}.{name}", value)}

    def _positive(self, place: str, value: object) -> bool:
        if isinstance(value, int | float) and 0 < value < 100_000:
            return True
        self._error(place, str(value), _("is no positive number"), _("give a positive number"))
        return False

    def _error(self, place: str, value: str, problem: str, remedy: str) -> None:
        self.faults.error(self.file, 0, place, value, problem, remedy)
