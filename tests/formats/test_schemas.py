"""The published schemas are those of the code, and describe what the code writes."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from safepassage.formats.outcome_json import dump_outcome
from safepassage.formats.plan_json import dump_plan
from safepassage.formats.scenario_folder import scenario_files
from safepassage.formats.scenario_folder.schema import FLEET, SECTIONS, SETTLEMENT, SITE, TABLES, THREAT
from safepassage.formats.schemas import all_schemas
from safepassage.model.fleet import VehicleGroup
from safepassage.model.outcome import Outcome
from safepassage.model.people import Settlement
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience, Boarding, Policy
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.model.threat import ThreatEntry

PUBLISHED = Path(__file__).resolve().parent.parent.parent / "docs" / "schemas"


def _misfits(schema: Any, value: Any, root: Any, path: str = "") -> list[str]:
    """Where a JSON value does not fit a schema; knows the words that the schemas use."""
    if "$ref" in schema:
        return _misfits(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root, path)
    if "anyOf" in schema:
        options = [_misfits(option, value, root, path) for option in schema["anyOf"]]
        return [] if [] in options else options[0]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is not one of {schema['enum']}"]
    if "const" in schema and value != schema["const"]:
        return [f"{path}: {value!r} is not {schema['const']!r}"]
    kinds: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{path}: {value!r} is no {schema['type']}"]
    found = []
    if isinstance(value, dict):
        found += [f"{path}.{name}: missing" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            described = schema["properties"].get(name) if "properties" in schema else None
            described = described or schema.get("additionalProperties")
            found += (
                _misfits(described, item, root, f"{path}.{name}")
                if described
                else [f"{path}.{name}: unknown"]
            )
    if isinstance(value, list):
        parts = schema.get("prefixItems") or [schema["items"]] * len(value)
        for k, (part, item) in enumerate(zip(parts, value, strict=True)):
            found += _misfits(part, item, root, f"{path}[{k}]")
    return found


def test_published_schemas_are_current() -> None:
    published = {path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.iterdir()}
    assert published == all_schemas(), "run scripts/schemas.py"


def test_documents_fit_their_schemas(valley: Scenario, valley_plan: Plan, valley_outcome: Outcome) -> None:
    schemas = {name: json.loads(text) for name, text in all_schemas().items()}
    plan = json.loads(dump_plan(valley_plan))
    outcome = json.loads(dump_outcome(valley_outcome, audience=Audience.COMMISSION, exercise=True))
    settings = tomllib.loads(str(scenario_files(valley)["scenario.toml"]))
    for name, document in (("plan", plan), ("outcome", outcome), ("scenario", settings)):
        schema = schemas[f"{name}.schema.json"]
        assert _misfits(schema, document, schema) == []
        assert _misfits(schema, {**document, "schema_version": 2}, schema) == [".schema_version: 2 is not 1"]
        assert _misfits(schema, {**document, "other": 1}, schema) == [".other: unknown"]


def test_every_field_of_a_document_has_a_meaning() -> None:
    for name in ("plan", "outcome"):
        schema = json.loads(all_schemas()[f"{name}.schema.json"])
        for title, definition in [("", schema), *schema["$defs"].items()]:
            assert definition["description"], title
            # The parts of a plan are described by their own definitions.
            silent = {key for key, item in definition["properties"].items() if "description" not in item}
            assert silent <= {"document", "schema_version"}, title


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file)
def test_every_column_has_a_meaning_and_a_default_that_it_takes(table: Any) -> None:
    assert len(set(table.column_names)) == len(table.columns)
    for column in table.columns:
        assert column.meaning.endswith((".", ")"))
        if isinstance(column.default, float) and math.isfinite(column.default):
            assert column.low <= column.default <= column.high
        if column.choices and column.default is not None:
            assert column.default in column.choices


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        (SETTLEMENT.columns, Settlement),
        (SITE.columns, Site),
        (FLEET.columns, VehicleGroup),
        (THREAT.columns, ThreatEntry),
        (next(item for item in SECTIONS if item.name == "policy").keys, Policy),
        (next(item for item in SECTIONS if item.name == "policy.boarding").keys, Boarding),
    ],
)
def test_defaults_of_the_files_are_those_of_the_model(declared: Any, kind: type) -> None:
    defaults = {item.name: item.default for item in fields(kind) if item.default is not MISSING}
    compared = [column.name for column in declared if column.name in defaults and column.default is not None]
    assert compared
    for column in declared:
        if column.name in compared:
            assert column.default == _as_written(defaults[column.name], column.choices)


def _as_written(value: Any, choices: tuple[str, ...]) -> Any:
    """A default of the model as it stands in a file: flags in words, lists joined by commas."""
    if choices == ("yes", "no"):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) and value else value
