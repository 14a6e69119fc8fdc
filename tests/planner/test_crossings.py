from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safepassage.model.scenario import Scenario
from safepassage.planner.surge.crossings import lost_crossings
from tests.planner.small_roads import drivers, roads


@pytest.fixture
def two_bridges() -> Scenario:
    network = roads(
        [
            ("left", "city", 10, 600),
            ("left", "right", 5, 600),
            ("right", "left", 5, 600),
            ("right", "city", 10, 600),
            ("island", "right", 5, 600),
        ]
    )
    named = replace(network, crossing=("west bridge", "", "", "east bridge", "ferry"))
    return drivers(named, {"left": 300, "right": 300, "island": 10}, {"city": math.inf})


def test_each_crossing_and_each_pair(two_bridges: Scenario) -> None:
    rows = {row.crossings: row for row in lost_crossings(two_bridges, seed=1)}
    assert len(rows) == 1 + 3 + 3
    assert rows[()].cut_off == ()
    assert rows[("ferry",)].cut_off == (("island", 10),)
    both = rows[("east bridge", "west bridge")]
    assert dict(both.cut_off) == {"left": 300, "right": 300, "island": 10}
    assert both.clearance_s == 0
    # 610 cars over one bridge of 600 an hour need twice as long as over two.
    assert rows[("west bridge",)].later_s == pytest.approx(1800, abs=600)
    for row in rows.values():
        assert row.bound_s <= row.clearance_s + 1e-6
        assert row.left_behind == 0
