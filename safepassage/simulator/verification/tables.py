"""Read the entries of a case from its file and the tables beside it; every fault is told at once."""

from __future__ import annotations

import csv
import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safepassage.errors import Fault
from safepassage.i18n import _
from safepassage.simulator.verification.keys import CASE_FILE, SECTIONS, TOP, Key, KeyKind, Section

Entry = dict[str, Any]

_LARGEST_FILE_BYTES = 64 * 2**20
# Beyond these no figure of a road, a vehicle or a time makes sense.
_LEAST, _MOST = 1e-9, 1e9


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where an entry stands.

    Attributes
    ----------
    file : str
        Its file.
    row : int
        Row of a table as a spreadsheet shows it; 0 in the case file.
    name : str
        Of the entry in the case file, such as ``link[2]``; empty in a table.
    """

    file: str
    row: int
    name: str


@dataclass(slots=True)
class CaseTables:
    """
    The entries of a case, defaults filled in.

    Attributes
    ----------
    folder : Path
        Where they were read.
    top : dict
        Values of the case itself.
    entries : dict of str to list of dict
        By section.
    places : dict of str to list of Place
        Where each entry stands.
    faults : list of Fault
        What is wrong.
    """

    folder: Path
    top: Entry = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {item.name: [] for item in SECTIONS})
    places: dict[str, list[Place]] = field(default_factory=lambda: {item.name: [] for item in SECTIONS})
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: Place, key: str, value: object, problem: str, remedy: str) -> None:
        """
        Note what is wrong with an entry.

        Parameters
        ----------
        place : Place
            Where it stands.
        key : str
            Which key or column; empty for the whole entry.
        value : object
            As written.
        problem, remedy : str
            In words.
        """
        column = ".".join(part for part in (place.name, key) if part)
        shown = value if isinstance(value, str) else repr(value)
        self.faults.append(
            Fault(str(self.folder / place.file), place.row, column, shown[:80], problem, remedy)
        )


def read_tables(folder: Path) -> CaseTables:
    """
    Read the case of a folder, as far as it can be read.

    Parameters
    ----------
    folder : Path
        Holds ``case.toml`` and perhaps tables named after its sections.

    Returns
    -------
    CaseTables
        With every fault that was found.
    """
    tables = CaseTables(folder)
    document = _document(tables)
    if document is None:
        return tables
    _read_document(tables, document)
    for item in SECTIONS:
        if (folder / f"{item.name}.csv").is_file():
            _read_csv(tables, item)
    for name in ("link", "expect"):
        if not tables.entries[name]:
            place = Place(CASE_FILE, 0, name)
            tables.fault(place, "", "", _("'{key}' is missing").format(key=name), _("add it"))
    _check_names(tables)
    return tables


def nearest(name: str, known: Iterable[object]) -> str:
    """
    What to do about a name that is not known.

    Parameters
    ----------
    name : str
        As written.
    known : iterable of str
        Names that exist.

    Returns
    -------
    str
        The nearest of them, or a list.
    """
    names = sorted(name for name in known if isinstance(name, str))
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return _("did you mean {name}?").format(name=close[0])
    if not names:
        return _("remove it")
    return _("give one of {names}").format(names=", ".join(names[:40]))


def _document(tables: CaseTables) -> Mapping[str, Any] | None:
    path = tables.folder / CASE_FILE
    place = Place(CASE_FILE, 0, "")
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            tables.fault(place, "", "", _("the file is too large"), _("move entries into tables"))
            return None
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        tables.fault(place, "", "", _("the file is not UTF-8"), _("save it as UTF-8"))
    except OSError as error:
        tables.fault(place, "", "", str(error.strerror), _("put the case there"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        tables.fault(place, "", "", str(error), _("correct the TOML"))
    return None


def _read_document(tables: CaseTables, document: Mapping[str, Any]) -> None:
    known = {item.name: item for item in SECTIONS}
    values = {name: value for name, value in document.items() if name not in known}
    free = [name for name in (*known, *(key.name for key in TOP.keys)) if name not in document]
    tables.top = _entry(tables, TOP, values, Place(CASE_FILE, 0, ""), free)
    for name, item in known.items():
        found = document.get(name, [])
        if isinstance(found, Mapping):
            found = [found]
        if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
            remedy = _("write it as [[{name}]]").format(name=name)
            tables.fault(Place(CASE_FILE, 0, name), "", "", _("this is no section"), remedy)
            continue
        for k, entry in enumerate(found):
            _add(tables, item, entry, Place(CASE_FILE, 0, f"{name}[{k}]"))


def _add(tables: CaseTables, item: Section, entry: Mapping[str, Any], place: Place) -> None:
    free = [key.name for key in item.keys if key.name not in entry]
    tables.entries[item.name].append(_entry(tables, item, entry, place, free))
    tables.places[item.name].append(place)


def _entry(
    tables: CaseTables, item: Section, given: Mapping[str, Any], place: Place, free: Sequence[str]
) -> Entry:
    entry: Entry = {key.name: key.default for key in item.keys}
    for name, raw in given.items():
        key = item.key(name)
        if key is None:
            tables.fault(place, name, "", _("the key is not known"), nearest(name, free))
        else:
            value = str(raw) if key.names == "flow" and isinstance(raw, int) else raw
            problem = _problem(key, value)
            if problem:
                tables.fault(place, name, value, *problem)
            entry[name] = tuple(value) if isinstance(value, list) else value
    for key in item.keys:
        if key.required and key.name not in given:
            problem_text = _("'{key}' is missing").format(key=key.name)
            tables.fault(
                place, key.name, "", problem_text, _("add it: {meaning}").format(meaning=key.meaning)
            )
    return entry


def _read_csv(tables: CaseTables, item: Section) -> None:
    file = f"{item.name}.csv"
    try:
        with (tables.folder / file).open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            for row in rows:
                place = Place(file, rows.line_num, "")
                if None in row or None in row.values():
                    remedy = _("give one cell a column")
                    tables.fault(place, "", "", _("the row has more or fewer cells than the header"), remedy)
                    continue
                _add(tables, item, _cells(item, row), place)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = _("save it as CSV with commas, in UTF-8")
        tables.fault(Place(file, 0, ""), "", "", str(error), remedy)


def _cells(item: Section, row: Mapping[str, str]) -> Entry:
    """The cells of a row as TOML would give them; empty ones are not given."""
    entry: Entry = {}
    for name, text in row.items():
        key = item.key(name)
        if not text.strip():
            continue
        try:
            entry[name] = text if key is None else _parsed(key.kind, text.strip())
        except ValueError:
            # Told as a fault where the values are checked.
            entry[name] = text
    return entry


def _parsed(kind: KeyKind, text: str) -> object:
    if kind == KeyKind.NUMBER:
        return float(text)
    if kind == KeyKind.WHOLE:
        return int(text)
    if kind == KeyKind.FLAG:
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    if kind == KeyKind.NAMES:
        return text.split()
    if kind == KeyKind.NUMBERS:
        return [float(part) for part in text.split()]
    if kind == KeyKind.RATES:
        return [[float(number) for number in part.split()] for part in text.split(";")]
    return text


def _numbers(value: object) -> list[float]:
    """All numbers in a value."""
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _problem(key: Key, value: object) -> tuple[str, str] | None:
    """What is wrong with a value, and the remedy."""
    if not _has_kind(key.kind, value):
        return _("this is not: {kind}").format(kind=key.kind.value), _("correct it")
    if isinstance(value, str):
        if not value:
            return _("the text is empty"), _("fill it in")
        if key.choices and value not in key.choices:
            return _("the word is not known"), nearest(value, key.choices)
    for number in _numbers(value):
        if number and not math.isinf(number) and not _LEAST <= abs(number) <= _MOST:
            return _("the number is out of range"), _("give a number between {least:g} and {most:g}").format(
                least=_LEAST, most=_MOST
            )
        if not (number >= key.least and number > key.above):
            bound = f"> {key.above:g}" if key.above > -math.inf else f">= {key.least:g}"
            return _("the number is out of range"), _("give a number {bound}").format(bound=bound)
        # Only what may last for ever may be infinite.
        if math.isinf(number) and key.default != math.inf:
            return _("the number is infinite"), _("give a finite number")
    return None


def _has_kind(kind: KeyKind, value: object) -> bool:
    if kind in (KeyKind.NAMES, KeyKind.NUMBERS, KeyKind.RATES):
        inner = {KeyKind.NAMES: KeyKind.TEXT, KeyKind.NUMBERS: KeyKind.NUMBER}.get(kind)
        if not isinstance(value, list):
            return False
        if inner is not None:
            return all(_has_kind(inner, item) for item in value)
        return all(isinstance(item, list) and len(item) == 3 and all(map(_is_number, item)) for item in value)
    if kind == KeyKind.TEXT:
        return isinstance(value, str)
    if kind == KeyKind.FLAG:
        return isinstance(value, bool)
    return _is_number(value) and (kind == KeyKind.NUMBER or float(value).is_integer())  # type: ignore[arg-type]


def _check_names(tables: CaseTables) -> None:
    """Names of things that do not exist, and ids that repeat."""
    ids = {item.name: _ids(tables, item) for item in SECTIONS}
    nodes = {
        entry[end]
        for entry in tables.entries["link"]
        for end in ("from", "to")
        if isinstance(entry[end], str)
    }
    for item in SECTIONS:
        for entry, place in zip(tables.entries[item.name], tables.places[item.name], strict=True):
            for key in item.keys:
                if key.names and entry[key.name] is not None:
                    _check_known(tables, place, key, entry[key.name], ids[key.names])
            for name in ("node", "told_at_nodes") if item.name in ("refuge", "knowledge") else ():
                if entry.get(name):
                    key = Key(name, KeyKind.NAMES, "")
                    _check_known(tables, place, key, entry[name], nodes)
            if item.name == "node":
                _check_known(tables, place, Key("id", KeyKind.TEXT, ""), entry["id"], nodes)


def _ids(tables: CaseTables, item: Section) -> set[str]:
    if item.name == "flow":
        for k, entry in enumerate(tables.entries["flow"]):
            entry["id"] = str(k) if entry["id"] == "" else entry["id"]
    if item.key("id") is None:
        return set()
    found: set[str] = set()
    for entry, place in zip(tables.entries[item.name], tables.places[item.name], strict=True):
        name = entry["id"]
        if not isinstance(name, str):
            continue
        if name in found:
            tables.fault(place, "id", name, _("the id is given before"), _("give every entry its own"))
        found.add(name)
    return found


def _check_known(tables: CaseTables, place: Place, key: Key, value: object, known: set[str]) -> None:
    for name in value if isinstance(value, tuple) else (value,):
        if isinstance(name, str) and name and name not in known:
            tables.fault(
                place, key.name, name, _("there is no {name}").format(name=repr(name)), nearest(name, known)
            )
