"""
Dataclasses as JSON documents, the same bytes every time.

Keys follow the order of declaration. JSON knows no infinity and no NaN: NaN is written as ``null``, the
infinities as ``"Infinity"`` and ``"-Infinity"``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from safepassage.errors import Fault, InputError, ModelError
from safepassage.formats.fault_list import remedy_for_name
from safepassage.formats.record_types import field_types, is_tuple, item_types, needed_fields, unless_none
from safepassage.i18n import _, ngettext

Record = TypeVar("Record")
_MOST_FAULTS = 100
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}


def dump_record(record: object, heading: Mapping[str, str]) -> bytes:
    """
    Write a dataclass object as JSON.

    Parameters
    ----------
    record : object
        A dataclass object of the model.
    heading : mapping of str to str
        Written first; not part of the record.

    Returns
    -------
    bytes
        UTF-8 with a line end.
    """
    document = {**heading, **plain(type(record), record)}
    return (_rendered(document, "") + "\n").encode()


def load_record(kind: type[Record], source: bytes | Path, *, heading: frozenset[str], version: int) -> Record:
    """
    Read a dataclass object from JSON.

    Parameters
    ----------
    kind : type
        The dataclass.
    source : bytes or Path
        The document or its file.
    heading : frozenset of str
        Keys before the record, which are passed over.
    version : int
        The schema version that is understood.

    Returns
    -------
    object
        Of the type `kind`.

    Raises
    ------
    InputError
        If the document cannot be read or does not describe such an object; carries every fault.
    """
    name = source.name if isinstance(source, Path) else f"{kind.__name__.lower()}.json"
    document = read_json(source, name)
    loader = _Loader(name)
    if not isinstance(document, dict):
        loader.fault("", document, _("this is no JSON object"), _("give a document written by Safepassage"))
    elif document.get("schema_version", version) != version:
        problem = _("this version of the document is not known")
        remedy = _("use a Safepassage that knows it, or make it again (version {version})").format(
            version=version
        )
        loader.fault("schema_version", document["schema_version"], problem, remedy)
    else:
        record = {key: value for key, value in document.items() if key not in heading}
        loaded = loader.load(kind, record, "")
        if not loader.faults:
            assert isinstance(loaded, kind)
            return loaded
    raise InputError(loader.collected())


def read_json(source: bytes | Path, name: str = "") -> object:
    """
    Read any JSON document.

    Parameters
    ----------
    source : bytes or Path
        The document or its file.
    name : str
        For messages; that of the file by default.

    Returns
    -------
    object
        Plain values.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    name = name or (source.name if isinstance(source, Path) else "")
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
        return json.loads(data.decode("utf-8-sig"))
    except OSError as error:
        problem = _("the file cannot be read ({reason})").format(reason=error.strerror)
        fault = Fault(name, 0, "", "", problem, _("check the file and its permissions"))
    except UnicodeDecodeError:
        fault = Fault(
            name, 0, "", "", _("the file is not UTF-8"), _("give a document written by Safepassage")
        )
    except json.JSONDecodeError as error:
        problem = _("the file is not valid JSON ({reason})").format(reason=error.msg)
        fault = Fault(name, error.lineno, "", "", problem, _("correct this line"))
    except (RecursionError, ValueError):
        problem = _("the file is not valid JSON ({reason})").format(reason=_("it is nested too deep"))
        fault = Fault(name, 0, "", "", problem, _("give a document written by Safepassage"))
    raise InputError([fault])


def plain(kind: Any, value: Any) -> Any:  # noqa: ANN401 - any field of any record
    """
    A value as JSON knows it.

    Parameters
    ----------
    kind : annotation
        The declared type of the value.
    value : object
        A value of that type.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The value in plain types.
    """
    if isinstance(kind, type) and is_dataclass(kind):
        return {name: plain(hint, getattr(value, name)) for name, hint in field_types(kind).items()}
    if is_tuple(kind):
        hints = item_types(kind, len(value))
        assert hints is not None
        return [plain(hint, item) for hint, item in zip(hints, value, strict=True)]
    if kind is float:
        number = float(value)
        if math.isnan(number):
            return None
        return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")
    other = unless_none(kind)
    if other is not None:
        return None if value is None else plain(other, value)
    if issubclass(kind, Enum):
        return kind(value).value
    return kind(value)


def _rendered(value: Any, indent: str) -> str:  # noqa: ANN401 - JSON of any shape
    inner = indent + " "
    if isinstance(value, dict) and value:
        body = (f"{inner}{json.dumps(key)}: {_rendered(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(body) + f"\n{indent}}}"
    # Lists of plain values stay on one line, so that a route is a line.
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        return "[\n" + ",\n".join(inner + _rendered(item, inner) for item in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


class _Loader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self.faults: list[Fault] = []

    def fault(self, path: str, value: object, problem: str, remedy: str) -> None:
        self._count += 1
        if self._count <= _MOST_FAULTS:
            shown = value if isinstance(value, str) else json.dumps(value)
            self.faults.append(Fault(self._name, 0, path, shown[:80], problem, remedy))

    def collected(self) -> list[Fault]:
        more = self._count - len(self.faults)
        if not more:
            return self.faults
        problem = ngettext("and {more} more like these", "and {more} more like these", more)
        remedy = _("repair those shown first, then check again")
        return [*self.faults, Fault(self._name, 0, "", "", problem.format(more=more), remedy)]

    def load(self, kind: Any, raw: Any, path: str) -> Any:  # noqa: ANN401 - any field of any record
        if is_dataclass(kind):
            return self._load_record(kind, raw, path)
        if is_tuple(kind):
            return self._load_tuple(kind, raw, path)
        other = unless_none(kind)
        if other is not None:
            return None if raw is None else self.load(other, raw, path)
        if kind is float:
            return self._load_float(raw, path)
        if issubclass(kind, Enum):
            try:
                return kind(raw)
            except ValueError:
                names = [str(item.value) for item in kind]
                self.fault(path, raw, _("the word is not known"), remedy_for_name(str(raw), names))
                return None
        # A flag counts as a whole number in Python, not in JSON.
        if isinstance(raw, kind) and (kind is bool or not isinstance(raw, bool)):
            return raw
        self.fault(path, raw, *_EXPECTED_WORDS[kind]())
        return None

    def _load_record(self, kind: Any, raw: Any, path: str) -> Any:  # noqa: ANN401 - any record
        if not isinstance(raw, dict):
            self.fault(path, raw, _("this is no JSON object"), _("write it in braces"))
            return None
        hints, before = field_types(kind), self._count
        for key in sorted(raw.keys() - hints.keys()):
            free = [name for name in hints if name not in raw]
            self.fault(_joined(path, key), "", _("the key is not known"), remedy_for_name(key, free))
        for key in sorted(needed_fields(kind) - raw.keys()):
            self.fault(_joined(path, key), "", _("the key is missing"), _("add it"))
        values = {
            key: self.load(hint, raw[key], _joined(path, key)) for key, hint in hints.items() if key in raw
        }
        if self._count > before:
            return None
        try:
            return kind(**values)
        except ModelError as error:
            self.fault(path, "", str(error), _("correct it"))
            return None

    def _load_tuple(self, kind: Any, raw: Any, path: str) -> Any:  # noqa: ANN401 - any tuple
        hints = item_types(kind, len(raw)) if isinstance(raw, list) else None
        if hints is None:
            self.fault(path, raw, _("this is no list of the right length"), _("write it in brackets"))
            return ()
        return tuple(
            self.load(hint, item, f"{path}[{k}]")
            for k, (hint, item) in enumerate(zip(hints, raw, strict=True))
        )

    def _load_float(self, raw: object, path: str) -> float:
        if raw is None:
            return math.nan
        if isinstance(raw, str) and raw in _INFINITIES:
            return _INFINITIES[raw]
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            try:
                number = float(raw)
            except OverflowError:
                number = math.inf
            if math.isfinite(number):
                return number
        self.fault(path, raw, _("this is no number"), _('give a number, null or "Infinity"'))
        return math.nan


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


_EXPECTED_WORDS = {
    str: lambda: (_("this is no text"), _("put it in quotes")),
    int: lambda: (_("this is no whole number"), _("give a whole number")),
    bool: lambda: (_("this is neither true nor false"), _("write true or false")),
}
