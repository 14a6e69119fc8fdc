"""JSON Schemas (draft 2020-12) of everything that is read or written, made from the one declaration."""

from __future__ import annotations

import inspect
import json
import math
import re
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, get_args

from safepassage.formats import outcome_json, plan_json
from safepassage.formats.record_json import plain
from safepassage.formats.record_types import field_types, is_tuple, needed_fields, unless_none
from safepassage.formats.scenario_folder.columns import Column, ColumnKind, Section, Table
from safepassage.formats.scenario_folder.schema import SECTIONS, SETTINGS_FILE, TABLES
from safepassage.model.outcome import OUTCOME_SCHEMA_VERSION, Outcome
from safepassage.model.plan import PLAN_SCHEMA_VERSION, Plan
from safepassage.model.policy import Audience
from safepassage.model.scenario import SCENARIO_SCHEMA_VERSION

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_COLUMN_TYPES: dict[ColumnKind, Schema] = {
    ColumnKind.ID: {"type": "string"},
    ColumnKind.TEXT: {"type": "string"},
    ColumnKind.CHOICE: {"type": "string"},
    ColumnKind.NUMBER: {"type": "number"},
    ColumnKind.WHOLE: {"type": "integer"},
    ColumnKind.FLAG: {"enum": [0, 1]},
    ColumnKind.TIME: {"type": "string", "format": "date-time"},
    ColumnKind.TIMES: {"type": "string"},
    ColumnKind.DATE: {"type": "string"},
    ColumnKind.GEOMETRY: {"type": "string"},
    ColumnKind.TEXTS: {"type": "array", "items": {"type": "string"}},
}


def all_schemas() -> dict[str, str]:
    """
    Every published schema.

    Returns
    -------
    dict of str to str
        JSON text by file name.
    """
    schemas = {f"{table.file.removesuffix('.csv')}.schema.json": _table_schema(table) for table in TABLES}
    schemas["scenario.schema.json"] = _settings_schema()
    schemas["plan.schema.json"] = _document_schema(Plan, plan_json.HEADING, PLAN_SCHEMA_VERSION)
    schemas["outcome.schema.json"] = _document_schema(Outcome, outcome_json.HEADING, OUTCOME_SCHEMA_VERSION)
    return {name: json.dumps(schema, ensure_ascii=False, indent=2) + "\n" for name, schema in schemas.items()}


def _table_schema(table: Table) -> Schema:
    return {
        "$schema": DRAFT,
        "title": f"A row of {table.file}",
        "description": table.meaning,
        "x-schema-version": SCENARIO_SCHEMA_VERSION,
        "x-file-required": table.required,
        "type": "object",
        "properties": {column.name: _column_schema(column) for column in table.columns},
        "required": [column.name for column in table.columns if column.required],
    }


def _column_schema(column: Column) -> Schema:
    schema = {"description": column.meaning, **_COLUMN_TYPES[column.kind]}
    if column.unit:
        schema["x-unit"] = column.unit
    if column.choices:
        schema["enum"] = [str(word) for word in column.choices]
    if column.refers_to:
        schema["x-refers-to"] = list(column.refers_to)
    if math.isfinite(column.low):
        schema["exclusiveMinimum" if column.low_open else "minimum"] = column.low
    if math.isfinite(column.high):
        schema["maximum"] = column.high
    if column.required and schema.get("type") == "string":
        schema["minLength"] = 1
    schema.update(_column_default(column))
    return schema


def _column_default(column: Column) -> Schema:
    default = column.default
    if default is None or (isinstance(default, float) and not math.isfinite(default)):
        return {}
    if column.kind == ColumnKind.TIME:
        return {}
    if isinstance(default, tuple):
        return {"default": list(default)}
    return {"default": int(default) if isinstance(default, bool) else default}


def _settings_schema() -> Schema:
    root: Schema = {
        "$schema": DRAFT,
        "title": SETTINGS_FILE,
        "description": "Settings of a scenario folder.",
    }
    root.update(_section_schema(SECTIONS[0]))
    root["properties"]["schema_version"]["const"] = SCENARIO_SCHEMA_VERSION
    for section in SECTIONS[1:]:
        parent = root
        *above, name = section.name.split(".")
        for part in above:
            parent = parent["properties"][part]
        parent["properties"][name] = _repeated(section, _section_schema(section))
        if section.required:
            parent["required"].append(name)
    return root


def _section_schema(section: Section) -> Schema:
    return {
        "description": section.meaning,
        "type": "object",
        "properties": {key.name: _column_schema(key) for key in section.keys},
        "required": [key.name for key in section.keys if key.required],
        "additionalProperties": False,
    }


def _repeated(section: Section, schema: Schema) -> Schema:
    if section.many == "list":
        return {"type": "array", "items": schema}
    if section.many == "named":
        return {"type": "object", "additionalProperties": schema}
    return schema


def _document_schema(kind: type, heading: frozenset[str], version: int) -> Schema:
    definitions: dict[str, Schema] = {}
    schema = _record_schema(kind, definitions)
    schema["properties"]["schema_version"]["const"] = version
    known = {
        "document": {"const": kind.__name__.lower()},
        "banner": {"type": "string", "description": "The exercise banner; empty for a plan of real roads."},
        "audience": {"enum": [item.value for item in Audience], "description": "Who may read it."},
    }
    above = {name: known[name] for name in ("document", "banner", "audience") if name in heading}
    schema["properties"] = {**above, **schema["properties"]}
    return {"$schema": DRAFT, "title": f"{kind.__name__.lower()}.json", **schema, "$defs": definitions}


def _record_schema(kind: type, definitions: dict[str, Schema]) -> Schema:
    meanings = _meanings(kind)
    properties = {}
    for item in fields(kind):
        schema = dict(_type_schema(field_types(kind)[item.name], definitions))
        if item.name in meanings:
            schema["description"] = meanings[item.name]
        if item.default is not MISSING:
            schema["default"] = plain(field_types(kind)[item.name], item.default)
        properties[item.name] = schema
    needed = needed_fields(kind)
    return {
        "description": _summary(kind),
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in needed],
        "additionalProperties": False,
    }


def _type_schema(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 - an annotation
    if isinstance(kind, type) and is_dataclass(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _record_schema(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if is_tuple(kind):
        members = get_args(kind)
        if members[-1] is Ellipsis:
            return {"type": "array", "items": _type_schema(members[0], definitions)}
        prefix = [_type_schema(member, definitions) for member in members]
        return {"type": "array", "prefixItems": prefix, "items": False, "minItems": len(prefix)}
    other = unless_none(kind)
    if other is not None:
        return {"anyOf": [_type_schema(other, definitions), {"type": "null"}]}
    if issubclass(kind, Enum):
        return {"enum": [item.value for item in kind]}
    if kind is float:
        return {"anyOf": [{"type": "number"}, {"type": "null"}, {"enum": ["Infinity", "-Infinity"]}]}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}


def _summary(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _meanings(kind: type) -> dict[str, str]:
    """Meaning of each field, from the section "Attributes" of the docstring."""
    _before, _heading, section = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if re.match(r"\w", line):
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
        for name in names if line.startswith("    ") else ():
            meanings[name] = f"{meanings.get(name, '')} {line.strip()}".strip()
    return meanings
