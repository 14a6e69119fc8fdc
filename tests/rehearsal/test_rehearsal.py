"""Rehearsals with known answers: one bridge, two settlements."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from safepassage.model.people import PeopleCount
from safepassage.model.plan import Plan, Route, Wave
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.rehearsal.assumptions import Assumptions, nothing_uncertain
from safepassage.rehearsal.play import FutureResult, Stage
from safepassage.rehearsal.run import digest_of, rehearse
from safepassage.rehearsal.statistics import compared, converged_at, expected_shortfall, summary_of
from safepassage.simulator.playback import simulate
from tests.planner.small_roads import drivers, roads

P = 0.3


def bridge(probability: float) -> Scenario:
    """Settlement a (10 people) and b (20 people) leave over one bridge that may be lost at the start."""
    network = roads([("a", "river", 5, 1800), ("b", "river", 5, 1800), ("river", "west", 5, 1800)])
    lost = ThreatEntry("t", ThreatEntryKind.CLOSURE, "river-west", 0.0, probability=probability)
    return drivers(network, {"a": 10, "b": 20}, {"west": 100.0}, threat=Threat((lost,)), horizon_h=6)


def plan(start_s: int = 3600) -> Plan:
    routes = tuple(
        Route(f"{place}>west", place, "exit-west", (f"{place}-river", "river-west"), 6000, 600)
        for place in "ab"
    )
    waves = tuple(
        Wave(f"w{place}", place, f"{place}>west", start_s, start_s + 600, number, number, PeopleCount(number))
        for place, number in (("a", 10), ("b", 20))
    )
    return Plan(
        id="p", revision=1, supersedes="", scenario_id="small", scenario_hash="0", start="", time_zone="",
        audience=Audience.COMMISSION, release_at_s=None, exercise=False, routes=routes, waves=waves, trips=(),
        assignments=(), unserved=(), control_points=(), pins=(),
    )  # fmt: skip


def stage(assumptions: Assumptions, *, probability: float = 0.0, start_s: int = 3600, seed: int = 5) -> Stage:
    return Stage(bridge(probability), plan(start_s), assumptions, seed)


def stranded(result: FutureResult) -> int:
    return int(result.counts[:, 4:].sum())


def test_without_uncertainty_a_future_is_the_simulated_plan() -> None:
    made = stage(nothing_uncertain())
    result = rehearse(made, 1)[0]
    outcome = simulate(made.scenario, made.plan, seed=5)
    assert result.digest == outcome.digest
    assert result.clearance_s == outcome.clearance_s
    assert result.counts[:, 3].tolist() == [10, 20]


def test_a_bridge_strands_all_or_nobody_with_its_probability() -> None:
    results = rehearse(stage(nothing_uncertain(), probability=P), 600)
    left = np.array([stranded(result) for result in results])
    assert set(left.tolist()) == {0, 30}
    # Six standard errors of a binomial share.
    assert (left == 30).mean() == pytest.approx(P, abs=6 * math.sqrt(P * (1 - P) / 600))
    assert summary_of(results).all_out[-1, 2] == pytest.approx((left == 0).mean())


def test_everybody_of_every_future_is_accounted_for() -> None:
    made = stage(Assumptions(demand_spread=0.3, uptake_share=0.6), probability=P)
    for result in rehearse(made, 60):
        absent, extra = result.counts[:, 0], result.counts[:, 1]
        assert (result.counts[:, 2:].sum(axis=1) == np.array([10, 20]) - absent + extra).all()
        assert (result.counts >= 0).all()
        assert result.out_by_hour[-1] == result.counts[:, 3].sum()


def test_threads_change_nothing() -> None:
    made = stage(Assumptions(), probability=P)
    digests = {digest_of(rehearse(made, 60, threads=threads)) for threads in (1, 2, 5)}
    assert len(digests) == 1
    assert digest_of(rehearse(stage(Assumptions(), probability=P, seed=6), 60)) not in digests


def test_the_same_futures_make_a_difference_surer() -> None:
    assumptions = Assumptions(uptake_spread=0.2)
    rows = [rehearse(stage(assumptions, probability=P, start_s=start), 100) for start in (3600, 7200)]
    said = compared(*rows)
    assert said.harm_error < 0.5 * said.harm_error_apart
    assert said.harm > 0
    assert said.better < 0.5


def test_waiting_at_home_costs_the_closed_form() -> None:
    result = rehearse(stage(replace(nothing_uncertain(), uptake_share=0.0)), 1)[0]
    assert result.harm.total == pytest.approx(30 * 2.4e-5 * 6 / 24)
    assert result.harm.if_all_stay == pytest.approx(result.harm.total)
    assert result.harm.by_group[0] == pytest.approx(result.harm.total)


def test_drivers_who_know_take_the_other_way() -> None:
    made = bridge(1.0)
    network = roads(
        [
            ("a", "river", 5, 1800), ("b", "river", 5, 1800), ("river", "west", 5, 1800),
            ("river", "ford", 20, 1800), ("ford", "west", 5, 1800),
        ]
    )  # fmt: skip
    result = rehearse(Stage(replace(made, network=network), plan(), nothing_uncertain(), 5), 1)[0]
    assert stranded(result) == 0
    assert result.clearance_s > 3600 + 30 * 60


def test_shortfall_of_a_uniform_distribution() -> None:
    # The mean of the worst tenth of 1..1000 is (901 + 1000) / 2.
    assert expected_shortfall(np.arange(1.0, 1001.0), 0.9) == pytest.approx(950.5)
    assert expected_shortfall([1.0, 2.0, 4.0], 0.5) == pytest.approx((4 + 0.5 * 2) / 1.5)


def test_a_constant_converges_at_once_and_rare_events_do_not() -> None:
    assert converged_at([3.0] * 200) == 100
    assert converged_at([0.0] * 199 + [1.0]) is None
