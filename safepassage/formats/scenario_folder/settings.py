"""Reads ``scenario.toml`` and checks it against its declared sections and keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from safepassage.errors import ModelError
from safepassage.formats.clock import parse_time
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.formats.scenario_folder.columns import Column, ColumnKind, Section
from safepassage.formats.scenario_folder.schema import SECTIONS, SETTINGS_FILE
from safepassage.formats.scenario_folder.text_file import is_readable_text
from safepassage.formats.scenario_folder.values import (
    number_problem,
    range_words,
    text_problem,
    time_problem,
    time_remedy,
)
from safepassage.i18n import _
from safepassage.model.policy import DailyWindow, Objective
from safepassage.model.scenario import SCENARIO_SCHEMA_VERSION

Values = dict[str, Any]
_LARGEST_SETTINGS_BYTES = 8 * 2**20


@dataclass(slots=True)
class Settings:
    """
    The values of ``scenario.toml``, defaults filled in.

    Attributes
    ----------
    single : dict of str to dict
        Values of each section that occurs once, by dotted name.
    reported : list of dict
        Values of each ``[[reported]]``.
    assumption : dict of str to dict
        Values of each ``[assumption.<id>]``.
    start : datetime or None
        Time zero; None where it could not be read.
    lines : Lines
        Where each key stands.
    """

    single: dict[str, Values] = field(default_factory=dict)
    reported: list[Values] = field(default_factory=list)
    assumption: dict[str, Values] = field(default_factory=dict)
    start: datetime | None = None
    lines: Lines = field(default_factory=lambda: Lines(""))


class Lines:
    """
    Finds the line of a section or key; 0 where it is written in an unusual way.

    Parameters
    ----------
    text : str
        The whole file.
    """

    _HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?")
    _KEY = re.compile(r"\s*([\w-]+|\"[^\"]*\"|'[^']*')\s*=")

    def __init__(self, text: str) -> None:
        self._line: dict[tuple[str, str], int] = {}
        place = ""
        lists: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            header = self._HEADER.fullmatch(line)
            if header:
                place = re.sub(r"[\"']", "", header[2])
                if header[1] == "[[":
                    lists[place] = lists.get(place, -1) + 1
                    place = f"{place}[{lists[place]}]"
                self._line.setdefault((place, ""), number)
                continue
            key = self._KEY.match(line)
            if key:
                self._line.setdefault((place, key[1].strip("\"'")), number)

    def of(self, place: str, key: str = "") -> int:
        """
        The line of a key, or of its section where the key is missing.

        Parameters
        ----------
        place : str
            Dotted section name, with ``[k]`` for the k-th entry of a list.
        key : str
            Key; empty for the section itself.

        Returns
        -------
        int
            Counted from 1.
        """
        return self._line.get((place, key), self._line.get((place, ""), 0))


def read_settings(path: Path, faults: FaultList) -> Settings:
    """
    Read the settings of a scenario.

    Parameters
    ----------
    path : Path
        ``scenario.toml``, which exists.
    faults : FaultList
        Receives what is wrong.

    Returns
    -------
    Settings
        As far as they could be read.
    """
    if not is_readable_text(path, faults):
        return Settings()
    if path.stat().st_size > _LARGEST_SETTINGS_BYTES:
        problem = _("the file is larger than {limit} MB").format(limit=_LARGEST_SETTINGS_BYTES // 2**20)
        faults.error(SETTINGS_FILE, 0, "", "", problem, _("move tables into CSV files"))
        return Settings()
    text = path.read_text(encoding="utf-8-sig")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        problem = _("the file is not valid TOML ({reason})").format(reason=error)
        faults.error(SETTINGS_FILE, int(found[1]) if found else 0, "", "", problem, _("correct this line"))
        return Settings()
    return _SettingsReader(faults, Lines(text)).read(document)


class _SettingsReader:
    def __init__(self, faults: FaultList, lines: Lines) -> None:
        self._faults = faults
        self._lines = lines

    def read(self, document: Mapping[str, Any]) -> Settings:
        settings = Settings(lines=self._lines)
        top, *others = SECTIONS
        scalars = {key: value for key, value in document.items() if not _is_section(value)}
        for name in document.keys() - scalars.keys():
            known = {item.name.split(".")[0] for item in others}
            if name not in known:
                self._error(name, "", "", _("the section is not known"), remedy_for_name(name, known))
        settings.single[""] = self._values(top, "", scalars)
        self._check_version(settings.single[""])
        for item in others:
            self._read_section(item, document, settings)
        self._check_zone(settings)
        return settings

    def _read_section(self, section: Section, document: Mapping[str, Any], settings: Settings) -> None:
        found = _find(document, section.name)
        if found is None:
            if section.required:
                remedy = _("add it")
                self._error(section.name, "", "", _("the section is missing"), remedy)
            found = [] if section.many == "list" else {}
        if section.many == "list":
            if not isinstance(found, list):
                remedy = _("write it as [[{name}]]").format(name=section.name)
                self._error(section.name, "", "", _("the section is no list"), remedy)
                return
            for k, entry in enumerate(found):
                settings.reported.append(self._values(section, f"{section.name}[{k}]", entry))
        elif not isinstance(found, Mapping):
            remedy = _("write it as [{name}]").format(name=section.name)
            self._error(section.name, "", "", _("this is no section"), remedy)
        elif section.many == "named":
            for name, entry in found.items():
                place = f"{section.name}.{name}"
                if isinstance(entry, Mapping):
                    settings.assumption[name] = self._values(section, place, entry)
                else:
                    remedy = _("write it as [{name}]").format(name=place)
                    self._error(section.name, name, str(entry), _("this is no section"), remedy)
        else:
            absent = not found and not section.required
            settings.single[section.name] = (
                _defaults(section) if absent else self._values(section, section.name, found)
            )

    def _values(self, section: Section, place: str, entry: Mapping[str, Any]) -> Values:
        values = _defaults(section)
        known = {key.name: key for key in section.keys}
        nested = {item.name.rpartition(".")[2] for item in SECTIONS if item.name.startswith(f"{place}.")}
        for name, raw in entry.items():
            if name in known:
                values[name] = self._value(known[name], place, raw)
            elif name not in nested or not place:
                free = [key for key in (*known, *nested) if key not in entry]
                self._error(place, name, "", _("the key is not known"), remedy_for_name(name, free))
        for name, key in known.items():
            if key.required and name not in entry and (section.required or section.many):
                self._error(
                    place,
                    name,
                    "",
                    _("the key is missing"),
                    _("add it: {meaning}").format(meaning=key.meaning),
                )
        return values

    def _value(self, key: Column, place: str, raw: object) -> Any:  # noqa: ANN401 - a cell of any kind
        problem = _value_problem(key, raw)
        if problem is None:
            return _converted(key, raw)
        self._error(place, key.name, _shown(raw), *problem)
        return key.default

    def _check_version(self, top: Values) -> None:
        version = top["schema_version"]
        if version is not None and version != SCENARIO_SCHEMA_VERSION:
            problem = _("this version of the folder is not known")
            remedy = _("use a Safepassage that knows it, or write {version}").format(
                version=SCENARIO_SCHEMA_VERSION
            )
            self._error("", "schema_version", f"{version:g}", problem, remedy)

    def _check_zone(self, settings: Settings) -> None:
        scenario = settings.single["scenario"]
        zone = scenario["time_zone"]
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                problem, remedy = _("the time zone is not known"), _("write it as Europe/Kyiv")
                self._error("scenario", "time_zone", zone, problem, remedy)
        settings.start = scenario["start"]
        for k, text in enumerate(settings.single["policy"]["curfew"] or ()):
            try:
                DailyWindow.parse(text)
            except ModelError:
                problem, remedy = _("this is no time of day"), _('write it as "23:00-05:00"')
                self._error("policy", "curfew", f"{k + 1}: {text}", problem, remedy)
        try:
            Objective.parse(settings.single["policy"]["objective"] or "")
        except ModelError:
            problem = _("this is no list of objectives")
            remedy = _("write some of {names}, joined by commas").format(names=", ".join(Objective))
            self._error("policy", "objective", settings.single["policy"]["objective"] or "", problem, remedy)

    def _error(self, place: str, key: str, value: str, problem: str, remedy: str) -> None:
        column = ".".join(part for part in (place, key) if part)
        self._faults.error(SETTINGS_FILE, self._lines.of(place, key), column, value, problem, remedy)


def _is_section(value: object) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _find(document: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - TOML of any shape
    found: Any = document
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _defaults(section: Section) -> Values:
    return {key.name: key.default for key in section.keys}


def _shown(raw: object) -> str:
    return raw if isinstance(raw, str) else repr(raw)


def _converted(key: Column, raw: Any) -> Any:  # noqa: ANN401 - a cell of any kind
    if key.kind == ColumnKind.TIME:
        return raw if isinstance(raw, datetime) else parse_time(raw)
    if key.kind == ColumnKind.DATE:
        return raw.isoformat() if isinstance(raw, date) else raw
    if key.kind in (ColumnKind.NUMBER, ColumnKind.WHOLE):
        return float(raw)
    return tuple(raw) if key.kind == ColumnKind.TEXTS else raw


def _value_problem(key: Column, raw: object) -> tuple[str, str] | None:
    return _PROBLEMS.get(key.kind, _text_value_problem)(key, raw)


def _time_value_problem(_key: Column, raw: object) -> tuple[str, str] | None:
    text = raw.isoformat() if isinstance(raw, datetime) else raw
    problem = time_problem(text) if isinstance(text, str) else _("this is no time")
    return (problem, time_remedy()) if problem else None


def _texts_problem(_key: Column, raw: object) -> tuple[str, str] | None:
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return next(filter(None, (text_problem(item, is_id=True) for item in raw)), None)
    return _("this is no list of texts"), _('write it as ["...", "..."]')


def _text_value_problem(key: Column, raw: object) -> tuple[str, str] | None:
    if not isinstance(raw, str):
        return _("this is no text"), _("put it in quotes")
    if not raw and key.required:
        return _("the text is empty"), _("fill it in")
    if raw and key.kind == ColumnKind.CHOICE and raw not in key.choices:
        return _("the word is not known"), remedy_for_name(raw, key.choices)
    return text_problem(raw, is_id=key.kind == ColumnKind.ID)


def _number_value_problem(key: Column, raw: object) -> tuple[str, str] | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return _("this is no number"), _("give {range}").format(range=range_words(key))
    try:
        value = float(raw)
    except OverflowError:
        value = float("inf")
    inside = key.low < value if key.low_open else key.low <= value
    whole = key.kind != ColumnKind.WHOLE or value == value // 1
    if inside and value <= key.high and abs(value) != float("inf") and whole:
        return None
    return number_problem(key, value)


def _date_value_problem(_key: Column, raw: object) -> tuple[str, str] | None:
    if raw == "" or (isinstance(raw, date) and not isinstance(raw, datetime)):
        return None
    try:
        date.fromisoformat(raw)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _("this is no date"), _("write it as 2023-08-09")
    return None


_PROBLEMS = {
    ColumnKind.NUMBER: _number_value_problem,
    ColumnKind.WHOLE: _number_value_problem,
    ColumnKind.TIME: _time_value_problem,
    ColumnKind.DATE: _date_value_problem,
    ColumnKind.TEXTS: _texts_problem,
}
