"""The ledger for everyone: a table that people and machines read, and a memory of what was said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.model.ledger import LedgerRow
from safepassage.workflows.public_ledger import publish_ledger

DAY_MS = 86_400_000


def row(place: str, unknown: int, out: int = 0) -> LedgerRow:
    return LedgerRow(place, unknown + out, 0, 0, out, 0, unknown)


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_the_table_has_a_row_of_tags_and_sums_what_it_shows(tmp_path: Path) -> None:
    rows = [row("town", 900, 60), row("=cmd()", 700), row("hut", 4), row("farm", 40)]
    publish_ledger(rows, DAY_MS, tmp_path / "history.json", tmp_path / "public.csv")
    header, tags, *lines = read(tmp_path / "public.csv")
    assert len(header) == len(tags) == len(lines[0])
    assert tags[0] == "#date+reported"
    assert all(tag.startswith("#") for tag in tags)
    assert [line[2] for line in lines] == ["town", "'=cmd()", ""]
    assert sum(int(line[3]) for line in lines) == 960 + 700 + 44
    assert "hut" not in (tmp_path / "public.csv").read_text("utf-8")


def test_a_second_table_moves_only_with_ten_people_or_more(tmp_path: Path) -> None:
    history, table = tmp_path / "history.json", tmp_path / "public.csv"
    publish_ledger([row("town", 900, 60), row("port", 800)], DAY_MS, history, table)
    publish_ledger([row("town", 897, 63), row("port", 700, 100)], 2 * DAY_MS, history, table)
    shown = {line[2]: line for line in read(table)[2:]}
    assert shown["town"][0] == "1970-01-02"
    assert shown["town"][6] == "60"
    assert shown["port"][0] == "1970-01-03"
    assert shown["port"][6] == "100"


def test_a_lost_or_broken_memory_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    history, table = tmp_path / "history.json", tmp_path / "public.csv"
    history.write_text("[{]", "utf-8")
    with pytest.raises(InputError, match="broken"):
        publish_ledger([row("town", 900)], DAY_MS, history, table)
    assert not table.exists()
    history.unlink()
    publish_ledger([row("town", 900)], 2 * DAY_MS, history, table)
    with pytest.raises(InputError, match="later moment"):
        publish_ledger([row("town", 900)], DAY_MS, history, table)
