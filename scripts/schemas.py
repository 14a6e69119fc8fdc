"""Write the published JSON Schemas into ``docs/schemas``."""

from __future__ import annotations

from pathlib import Path

from safepassage.formats.schemas import all_schemas

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"


def main() -> None:
    """Replace what the folder holds by the schemas of this version."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    schemas = all_schemas()
    for stale in {path.name for path in FOLDER.glob("*.json")} - schemas.keys():
        (FOLDER / stale).unlink()
    for name, text in schemas.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
