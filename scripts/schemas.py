"""
Write what is published of the file formats.

The JSON Schemas go into ``docs/schemas``, the tables of columns and keys into ``docs/scenario-folder.md``
below its mark. Both follow the declaration in ``safepassage/formats/scenario_folder/schema.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from safepassage.formats.scenario_folder.columns import Column, ColumnKind
from safepassage.formats.scenario_folder.schema import SECTIONS, SETTINGS_FILE, TABLES
from safepassage.formats.schemas import all_schemas

DOCUMENTS = Path(__file__).resolve().parent.parent / "docs"
GUIDE = "scenario-folder.md"
MARK = "<!-- Everything below is made by scripts/schemas.py. -->\n"

_KIND_WORDS = {
    ColumnKind.ID: "id",
    ColumnKind.TEXT: "text",
    ColumnKind.NUMBER: "number",
    ColumnKind.WHOLE: "whole number",
    ColumnKind.FLAG: "1 or 0",
    ColumnKind.TIME: "time",
    ColumnKind.TIMES: "times",
    ColumnKind.DATE: "date",
    ColumnKind.GEOMETRY: "line",
    ColumnKind.TEXTS: "list of texts",
}


def guide_text(present: str) -> str:
    """
    Bring the tables of the guide up to date.

    Parameters
    ----------
    present : str
        The guide as it is.

    Returns
    -------
    str
        Its own words up to the mark, then every table as it is declared.
    """
    words = present.partition(MARK)[0]
    parts = [words.rstrip("\n") + "\n\n" + MARK]
    for table in TABLES:
        need = "required" if table.required else "optional"
        heading = f"## `{table.file}` ({need})\n\n{table.meaning}\n"
        parts.append(f"{heading}\n{_rows('column', table.columns)}")
    for section in SECTIONS:
        brackets = {"list": "[[{}]]", "named": "[{}.<id>]"}.get(section.many, "[{}]")
        title = f"`{brackets.format(section.name)}`" if section.name else "top"
        heading = f"## `{SETTINGS_FILE}`: {title}\n\n{section.meaning}\n"
        parts.append(f"{heading}\n{_rows('key', section.keys)}")
    return "\n".join(parts)


def _rows(title: str, columns: Iterable[Column]) -> str:
    lines = [f"| {title} | holds | unit | if empty | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| `{column.name}` | {_kind(column)} | {column.unit} | {_empty(column)} | {_meaning(column)} |"
        for column in columns
    ]
    return "\n".join(lines) + "\n"


def _kind(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{word}`" for word in column.choices)
    words = _KIND_WORDS[column.kind]
    low = f"{'>' if column.low_open else '>='} {column.low:,.10g}" if math.isfinite(column.low) else ""
    high = f"<= {column.high:,.10g}" if math.isfinite(column.high) else ""
    ends = ", ".join(end for end in (low, high) if end)
    return f"{words} {ends}".strip()


def _empty(column: Column) -> str:
    default = column.default
    if default is None:
        return "**must be given**"
    if column.kind == ColumnKind.FLAG:
        return str(int(bool(default)))
    if isinstance(default, float):
        return f"{default:g}" if math.isfinite(default) and column.kind != ColumnKind.TIME else ""
    return f"`{default}`" if default else ""


def _meaning(column: Column) -> str:
    meaning = column.meaning.replace("<", "&lt;")
    return meaning if column.in_model else f"{meaning} Kept, not used."


def main() -> None:
    """Replace what is published by that of this version."""
    schemas = all_schemas()
    folder = DOCUMENTS / "schemas"
    folder.mkdir(exist_ok=True)
    for stale in {path.name for path in folder.glob("*.json")} - schemas.keys():
        (folder / stale).unlink()
    for name, text in schemas.items():
        (folder / name).write_text(text, encoding="utf-8")
    guide = DOCUMENTS / GUIDE
    guide.write_text(guide_text(guide.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
