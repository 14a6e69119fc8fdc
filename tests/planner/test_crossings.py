from __future__ import annotations

import math
from dataclasses import replace

import pytest

from safepassage.errors import InfeasibleError
from safepassage.model.playbook import CutOff
from safepassage.model.scenario import Assumption, Scenario
from safepassage.planner.surge.crossings import lost_crossings
from safepassage.planner.surge.last_start import last_starts
from safepassage.planner.surge.recipe import plan_surge
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
    assert rows[("ferry",)].cut_off == (CutOff("island", 10, 0),)
    both = rows[("east bridge", "west bridge")]
    assert {part.settlement: part.with_car for part in both.cut_off} == {
        "left": 300, "right": 300, "island": 10,
    }  # fmt: skip
    assert both.clearance_s == 0
    # 610 cars over one bridge of 600 an hour need twice as long as over two.
    assert rows[("west bridge",)].later_s == pytest.approx(1800, abs=600)
    for row in rows.values():
        assert row.bound_s <= row.clearance_s + 1e-6
        assert row.left_behind == 0


def test_chosen_pairs_only(two_bridges: Scenario) -> None:
    pairs = [("west bridge", "east bridge")]
    rows = lost_crossings(two_bridges, seed=1, pairs=pairs)
    assert [row.crossings for row in rows if len(row.crossings) == 2] == [("east bridge", "west bridge")]
    with pytest.raises(InfeasibleError, match="north bridge"):
        lost_crossings(two_bridges, seed=1, pairs=[("west bridge", "north bridge")])


def test_those_cut_off_are_exactly_those_without_a_way(valley: Scenario) -> None:
    (loss,) = [row for row in lost_crossings(valley, seed=1) if row.crossings]
    behind = {"A-VERBA", "B-LYPA", "C-KLEN"}
    assert {part.settlement for part in loss.cut_off} == behind
    people = {place.id: place.people.total for place in valley.settlements}
    for part in loss.cut_off:
        assert part.with_car + part.without_car == people[part.settlement]


@pytest.mark.parametrize(("low", "slower"), [(600.0, 1.0), (300.0, 600.0 / (300 + 300 * 0.1**0.5))])
def test_last_start_counts_back_from_the_loss(low: float, slower: float) -> None:
    network = roads([("far", "near", 20, 6000), ("near", "city", 10, 600)])
    named = replace(network, crossing=("", "bridge"))
    scenario = drivers(named, {"far": 60, "near": 60}, {"city": math.inf})
    bridge = Assumption("bridge", 600, low, 600, "pce/h", "made", targets=("link.csv:near-city:capacity",))
    scenario = replace(scenario, assumptions=(bridge,))
    plan = plan_surge(scenario, scenario_hash="0" * 64, seed=1).plan
    starts = {row.settlement: row for row in last_starts(scenario, plan, confidence=0.9, seed=1)}
    # 60 cars need 6 minutes over the bridge; its far end is 10 and 30 minutes away.
    assert starts["near"].alone_s == pytest.approx(600 + 59 * 6)
    assert starts["far"].alone_s == pytest.approx(1800 + 59 * 6)
    # The two share the bridge: whoever stands farther from the loss waits for the other's 6 minutes.
    together = sorted(row.together_s for row in starts.values())
    assert sum(together) == pytest.approx(600 + 1800 + 360 + 720, abs=120)
    sure = sum(row.confident_s for row in starts.values())
    assert sure == pytest.approx(600 + 1800 + (360 + 720) * slower, abs=240)
    for row in starts.values():
        assert row.alone_s <= row.together_s + 60 <= row.confident_s + 61
        assert not row.other_way
