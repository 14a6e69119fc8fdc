"""The guide to the scenario folder shows every column and key as it is declared."""

from __future__ import annotations

from pathlib import Path

from safepassage.formats.scenario_folder.schema import SECTIONS, TABLES
from safepassage.formats.scenario_folder.text_file import LARGEST_FILE_BYTES
from scripts.schemas import MARK, guide_text

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "scenario-folder.md"


def test_the_guide_is_current() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text == guide_text(text), "run scripts/schemas.py"


def test_the_guide_names_every_file_column_and_key() -> None:
    reference = GUIDE.read_text(encoding="utf-8").partition(MARK)[2]
    for table in TABLES:
        assert f"## `{table.file}`" in reference
    for column in [column for holder in TABLES for column in holder.columns]:
        assert f"| `{column.name}` |" in reference
    for key in [key for holder in SECTIONS for key in holder.keys]:
        assert f"| `{key.name}` |" in reference


def test_the_guide_tells_the_limits() -> None:
    words = GUIDE.read_text(encoding="utf-8").partition(MARK)[0]
    assert f"a file up to {LARGEST_FILE_BYTES // 2**20} MB" in words
    limits = {table.file: table.most_rows for table in TABLES}
    assert (
        f"{limits['node.csv']:,} nodes, {limits['link.csv']:,} roads, {limits['site.csv']:,} settlements"
        in words
    )
    assert f"{limits['fleet.csv']:,} rows of fleet" in words
