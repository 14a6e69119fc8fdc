"""Rehearsals heed what a scenario says of its roads: a future without chance is the simulated plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import BackgroundFlow, LaneReversal, TrafficSignal
from safepassage.rehearsal.assumptions import nothing_uncertain
from safepassage.rehearsal.play import Stage
from safepassage.simulator.playback import simulate
from tests.planner.small_roads import drivers, roads
from tests.rehearsal.test_rehearsal import futures_of, plan

FLOW = BackgroundFlow("b", "river", "west", (), 0.0, 7200.0, 1500.0)
LIGHT = TrafficSignal("s", "b-river", 120.0, 60.0, 60.0)
TURN = LaneReversal("r", "west-river", "river-west", 1.0, 3000.0, 3950.0, 60.0)
BROKEN = ThreatEntry("x", ThreatEntryKind.BREAKDOWN, "river-west", 4000.0, 5000.0)
SMOKE = ThreatEntry("y", ThreatEntryKind.SPEED, "river-west", 0.0, 9000.0, factor=0.5)


def scenario() -> Scenario:
    network = roads(
        [
            ("a", "river", 5, 1800),
            ("b", "river", 5, 1800),
            ("river", "west", 5, 1800),
            ("west", "river", 5, 1800),
        ]
    )
    return drivers(network, {"a": 10, "b": 20}, {"west": 100.0}, horizon_h=6)


@pytest.mark.parametrize(
    "made",
    [
        replace(scenario(), background=(FLOW,)),
        replace(scenario(), signals=(LIGHT,)),
        replace(scenario(), background=(FLOW,), reversals=(TURN,)),
        replace(scenario(), threat=Threat((BROKEN,))),
        replace(scenario(), threat=Threat((SMOKE,))),
        replace(
            scenario(),
            background=(FLOW,),
            signals=(LIGHT,),
            reversals=(TURN,),
            threat=Threat((BROKEN, SMOKE)),
        ),
    ],
    ids=["background", "signal", "reversal", "breakdown", "smoke", "everything"],
)
def test_a_future_without_chance_is_the_simulated_plan(made: Scenario) -> None:
    (result,) = futures_of(Stage(made, plan(), nothing_uncertain(), 5), 1)
    outcome = simulate(made, plan(), seed=5)
    assert result.clearance_s == pytest.approx(outcome.clearance_s)
    assert outcome.safe == 30
    assert result.clearance_s != pytest.approx(simulate(scenario(), plan(), seed=5).clearance_s)
