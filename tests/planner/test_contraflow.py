"""Contraflow: a known gain, none where gates limit, and clear words where it cannot be."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from safepassage.errors import InfeasibleError
from safepassage.model.scenario import Scenario
from safepassage.planner.surge.contraflow import with_contraflow
from tests.planner.small_roads import drivers, roads


def _scenario(lanes: float = 2, *, service: float = math.inf, closed: bool = False) -> Scenario:
    network = roads(
        [("town", "gate", 1, 9000), ("gate", "city", 10, 1200), ("city", "gate", 10, 0 if closed else 1200)],
        service={} if math.isinf(service) else {"gate": service},
    )
    wide = replace(network, lanes=np.array([1.0, lanes, lanes]))
    return drivers(wide, {"town": 1200}, {"city": math.inf})


def test_one_of_two_lanes_adds_35_per_cent() -> None:
    found = with_contraflow(_scenario(), seed=1)
    assert found.used
    (turn,) = found.reversals
    assert (turn.gaining_link, turn.losing_link) == ("gate-city", "city-gate")
    assert turn.lanes == pytest.approx(0.7)
    # 1,200 cars at 1,200 an hour, and at 1,200 (2 + 0.7) / 2 = 1,620.
    assert found.before_s == pytest.approx(660 + 3600, abs=60)
    assert found.after_s == pytest.approx(660 + 3600 / 1.35, abs=120)


def test_it_is_not_used_where_it_gains_nothing() -> None:
    scenario = _scenario(service=600)
    found = with_contraflow(scenario, ["gate-city"], seed=1)
    assert not found.used
    assert found.scenario == scenario


@pytest.mark.parametrize(
    ("scenario", "link", "words"),
    [
        (_scenario(closed=True), "gate-city", "closed"),
        (_scenario(lanes=1), "gate-city", "one lane"),
        (_scenario(), "town-gate", "one-way"),
        (_scenario(), "nowhere", "no link"),
    ],
    ids=["closed", "one lane", "one-way", "unknown"],
)
def test_where_it_cannot_be_the_reason_is_said(scenario: Scenario, link: str, words: str) -> None:
    with pytest.raises(InfeasibleError, match=words):
        with_contraflow(scenario, [link], seed=1)
