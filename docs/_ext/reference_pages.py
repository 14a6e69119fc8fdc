"""Write the reference pages from the program itself: commands, file schemas, Python names."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from sphinx.application import Sphinx
from typer.cli import get_docs_for_click

from safepassage.cli.main import app as command_line

DOCS = Path(__file__).resolve().parent.parent
REFERENCE = DOCS / "reference"
# What scripts and notebooks build on, in the order of the data flow.
PACKAGES = (
    "model",
    "formats.scenario_folder",
    "district",
    "threat",
    "uptake",
    "simulator",
    "planner.surge",
    "rehearsal",
    "publish",
    "workflows",
)


def command_page() -> str:
    """
    Describe every command and option.

    Returns
    -------
    str
        Markdown.
    """
    command = typer.main.get_command(command_line)
    context = typer.Context(command, info_name="safepassage")
    text = get_docs_for_click(obj=command, ctx=context, name="safepassage")
    return text.replace("# `safepassage`", "# Commands", 1)


def schema_page() -> str:
    """
    Describe every column and key of the published JSON Schemas.

    Returns
    -------
    str
        Markdown, a table a file.
    """
    parts = [
        "# File schemas",
        "JSON Schemas (draft 2020-12) of all tables and documents. Read together: [](../scenario-folder.md).",
    ]
    for path in sorted((DOCS / "schemas").glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        parts.append(f"## {path.name.removesuffix('.schema.json')}")
        parts.append(f"{schema.get('description', '')} <a href='../{path.name}'>JSON</a>")
        required = set(schema.get("required", ()))
        rows = ["| name | kind | unit | required | meaning |", "|---|---|---|---|---|"]
        rows += [
            f"| `{name}` | {kind_of(entry)} | {entry.get('x-unit', '')} "
            f"| {'yes' if name in required else ''} | {str(entry.get('description', '')).replace('|', '/')} |"
            for name, entry in schema.get("properties", {}).items()
        ]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def kind_of(entry: dict[str, Any]) -> str:
    """
    Name the kind of value of a schema entry.

    Returns
    -------
    str
        ``number``, ``one of a, b``, ...
    """
    if "enum" in entry:
        return "one of " + ", ".join(f"`{value}`" for value in entry["enum"])
    kind = entry.get("type", "object" if "$ref" in entry or "properties" in entry else "value")
    return ", ".join(kind) if isinstance(kind, list) else str(kind)


def package_page(name: str) -> str:
    """
    List a package's modules with their public names.

    Parameters
    ----------
    name : str
        Dotted name below ``safepassage``.

    Returns
    -------
    str
        reStructuredText.
    """
    package = import_module(f"safepassage.{name}")
    modules = [
        f"{package.__name__}.{found.name}"
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith(("_", "kernel")) and not found.ispkg
    ]
    title = f"safepassage.{name}"
    parts = [title, "=" * len(title), "", f".. automodule:: {title}", "   :no-members:", ""]
    for module in modules:
        short = module.removeprefix(f"{title}.")
        parts += [short, "-" * len(short), "", f".. automodule:: {module}", "   :members:", ""]
    return "\n".join(parts)


def write_pages(app: Sphinx) -> None:
    """Write all reference pages, before Sphinx looks for sources."""
    del app
    REFERENCE.mkdir(exist_ok=True)
    pages = {"commands.md": command_page(), "schemas.md": schema_page()}
    pages |= {f"{name}.rst": package_page(name) for name in PACKAGES}
    for file_name, text in pages.items():
        path = REFERENCE / file_name
        # An unchanged page keeps its time, so that a second build has nothing to do.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def skips_imported(
    app: Sphinx, kind: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Leave out what a module imports, and its shorthands for types: neither is described there."""
    del app, name, options
    home = str(getattr(member, "__module__", None))
    foreign = kind == "module" and callable(member) and not home.startswith("safepassage")
    return True if foreign else (skip or None)


def setup(app: Sphinx) -> dict[str, bool]:
    """Hook the pages in."""
    app.connect("autodoc-skip-member", skips_imported)
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
