"""The example that a reader runs first: what it plays is what the ledger says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "three_days_of_kupiansk.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("three_days_of_kupiansk", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_three_days_play_through_the_service_and_reconcile(
    example: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    play = example.main([])
    printed = capsys.readouterr().out
    total = play.ledger["total"]
    assert total["eligible"] == 12_000 == play.people_in_scope
    boarded = {person for household in play.households for person in household.persons}
    assert (
        total["evacuated_assisted"] + total["refused"] + total["self_evacuated"] + total["willing"]
        <= len(boarded) + 1
    )
    assert min(total["evacuated_assisted"], total["refused"], total["self_evacuated"]) > 0
    for row in (*play.ledger["rows"], total):
        assert row["eligible"] == sum(row[line] for line in example.LINES)
    assert "tried to authorise it and was refused" in printed
    assert play.referrals, "a child under a compulsory order is referred"
    assert play.overdue == ["crew-1"]
    assert play.incident["decided"] == "open"
    assert play.incident["decided_by"] == "deputy"
    assert len(play.incident["cites"]) == 2
    assert play.duplicates
    assert play.conflicts
    aside = [receipt for receipt in play.receipts if receipt["status"] != "accepted"]
    assert [receipt["status"] for receipt in aside] == ["set_aside"], aside
