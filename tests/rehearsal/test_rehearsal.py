"""Rehearsals with known answers: one bridge, two settlements."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Plan, Route, Wave
from safepassage.model.policy import AlertRule, Audience
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.rehearsal.assumptions import Assumptions, nothing_uncertain
from safepassage.rehearsal.play import FutureResult, Stage
from safepassage.rehearsal.run import on_threads, rehearse
from safepassage.rehearsal.statistics import (
    chance_all_out,
    chance_of,
    compared,
    converged_at,
    expected_shortfall,
    summary_of,
)
from safepassage.rehearsal.tally import Tail, Tally
from safepassage.simulator.playback import simulate
from safepassage.threat.alerts import AlertProcess
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


def futures_of(made: Stage, number: int, threads: int = 2) -> list[FutureResult]:
    return [result for batch in on_threads(threads)(made, number, ()) for result in batch]


def test_without_uncertainty_a_future_is_the_simulated_plan() -> None:
    made = stage(nothing_uncertain())
    result = futures_of(made, 1)[0]
    outcome = simulate(made.scenario, made.plan, seed=5)
    assert result.clearance_s == outcome.clearance_s
    assert result.counts[:, 3].tolist() == [10, 20]


def test_a_bridge_strands_all_or_nobody_with_its_probability() -> None:
    tally = rehearse(stage(nothing_uncertain(), probability=P), 600)
    left = tally.stranded
    assert set(left.tolist()) == {0, 30}
    # Six standard errors of a binomial share.
    assert (left == 30).mean() == pytest.approx(P, abs=6 * math.sqrt(P * (1 - P) / 600))
    said = summary_of(tally)
    assert said.all_out[-1, 2] == pytest.approx((left == 0).mean())
    assert chance_all_out(tally, 6 * 3600.0).value == (left == 0).mean()
    assert chance_all_out(tally, 3600.0).value == 0
    assert dict(said.people)["at_home"] == left.mean()
    assert said.stranded_at == ()


def test_where_people_are_stuck_is_told() -> None:
    """The bridge goes for good while all are under way: they stand before it, and nobody is lost."""
    made = bridge(1.0)
    entry = replace(made.threat.entries[0], start_s=3600 + 300.0)
    network = roads([("a", "river", 50, 1800), ("b", "river", 50, 1800), ("river", "west", 5, 1800)])
    scenario = replace(made, network=network, threat=Threat((entry,)))
    result = futures_of(Stage(scenario, plan(), nothing_uncertain(), 5), 1)[0]
    places = dict(result.held_at)
    assert sum(places.values()) == result.counts[:, 4].sum() > 0
    assert set(places) <= {"link:a-river", "link:b-river"}


def test_everybody_of_every_future_is_accounted_for() -> None:
    made = stage(Assumptions(demand_spread=0.3, uptake_share=0.6), probability=P)
    for result in futures_of(made, 60):
        absent, extra = result.counts[:, 0], result.counts[:, 1]
        assert (result.counts[:, 2:].sum(axis=1) == np.array([10, 20]) - absent + extra).all()
        assert (result.counts >= 0).all()
        assert result.out_by_hour[-1] == result.counts[:, 3].sum()
        assert sum(number for _place, number in result.held_at) == result.counts[:, 4].sum()


@given(
    share=st.floats(0, 1), spread=st.floats(0, 0.5), failure=st.floats(0, 1), loss=st.floats(0, 1),
    delay_s=st.floats(0, 20_000), seed=st.integers(0, 2**31),
)  # fmt: skip
@settings(max_examples=25)
def test_property_nobody_is_lost_and_harm_lies_between_its_bounds(
    share: float, spread: float, failure: float, loss: float, delay_s: float, seed: int
) -> None:
    assumptions = replace(
        Assumptions(),
        uptake_share=share,
        demand_spread=spread,
        car_failure=failure,
        departure_delay_s=delay_s,
    )
    made = stage(assumptions, probability=loss, seed=seed)
    result = futures_of(made, 1, threads=1)[0]
    there = np.array([10, 20]) - result.counts[:, 0] + result.counts[:, 1]
    assert (result.counts >= 0).all()
    assert (result.counts[:, 2:].sum(axis=1) == there).all()
    assert np.isfinite(result.harm.by_place).all()
    assert (result.harm.by_place >= 0).all()
    assert result.harm.by_group.sum() == pytest.approx(result.harm.total)
    # Nobody is worse off than on the road all the time.
    assert result.harm.by_place[:, :3].sum() <= 1.5 * result.harm.if_all_stay + 1e-12
    assert (np.diff(result.out_by_hour) >= 0).all()


def test_threads_change_nothing() -> None:
    made = stage(Assumptions(), probability=P)
    digests = {rehearse(made, 60, batches=on_threads(threads)).digest for threads in (1, 2, 5)}
    assert len(digests) == 1
    assert rehearse(stage(Assumptions(), probability=P, seed=6), 60).digest not in digests


def test_futures_are_counted_in_order_alone() -> None:
    made = stage(Assumptions(), probability=P)
    first, second = futures_of(made, 2)
    tally = Tally(made)
    with pytest.raises(ModelError, match="future 1 cannot be counted after 0"):
        tally.add(second)
    tally.add(first)
    tally.add(second)
    assert tally.futures == 2


def test_the_same_futures_make_a_difference_surer() -> None:
    assumptions = Assumptions(uptake_spread=0.2)
    rows = [rehearse(stage(assumptions, probability=P, start_s=start), 100) for start in (3600, 7200)]
    said = compared(*rows)
    assert said.harm_error < 0.5 * said.harm_error_apart
    assert said.harm > 0
    assert said.better < 0.5


def test_waiting_at_home_costs_the_closed_form() -> None:
    result = futures_of(stage(replace(nothing_uncertain(), uptake_share=0.0)), 1)[0]
    assert result.harm.total == pytest.approx(30 * 2.4e-5 * 6 / 24)
    assert result.harm.if_all_stay == pytest.approx(result.harm.total)
    assert result.harm.by_group[0] == pytest.approx(result.harm.total)


def test_rehearsing_stops_when_the_mean_has_settled() -> None:
    tally = rehearse(stage(nothing_uncertain()), 5000, until_sure=True)
    assert tally.futures == 100
    assert converged_at(tally.harm) == 100


def test_alerts_stretch_departures_by_the_closed_form() -> None:
    """Cars that are ready in an alert wait for its end: one alternating renewal of exponential lengths."""
    alert_s, quiet_s = 600.0, 1800.0
    process = AlertProcess(alert_s, quiet_s)
    assert process.stretch == pytest.approx(1 / (1 - process.share)) == pytest.approx(4 / 3)
    assumptions = replace(nothing_uncertain(), alerts=process, alert_rule=AlertRule.HOLD_BOARDING)
    calm, held = (futures_of(stage(item), 400) for item in (nothing_uncertain(), assumptions))
    # A first car is ready in an alert with the share of alerts, and then waits one mean alert.
    first = [result.harm.by_place.sum() for result in held]
    assert np.mean(first) > calm[0].harm.total
    late = np.mean([result.clearance_s for result in held]) - calm[0].clearance_s
    assert 0 < late < alert_s


def test_work_that_rests_in_alerts_takes_longer_by_one_over_one_less_their_share() -> None:
    """A queue of 1,000 cars leaves a road of 360 cars an hour; during alerts the road stands still."""
    network = roads([("a", "river", 1, 3600), ("river", "west", 1, 360)])
    scenario = drivers(network, {"a": 1000}, {"west": 100.0}, horizon_h=24)
    wave = Wave("wa", "a", "a>west", 0, 600, 1000, 1000, PeopleCount(1000))
    route = Route("a>west", "a", "exit-west", ("a-river", "river-west"), 1200, 120)
    queue = replace(plan(), routes=(route,), waves=(wave,))
    alerts = AlertProcess(300.0, 900.0)
    resting = replace(nothing_uncertain(), alerts=alerts, alert_rule=AlertRule.HOLD_ALL)
    calm, held = (
        rehearse(Stage(scenario, queue, item, 5), 150).clearance_s for item in (nothing_uncertain(), resting)
    )
    assert (held / calm[0]).mean() == pytest.approx(alerts.stretch, rel=0.04)


def test_drivers_who_know_take_the_other_way() -> None:
    made = bridge(1.0)
    network = roads(
        [
            ("a", "river", 5, 1800), ("b", "river", 5, 1800), ("river", "west", 5, 1800),
            ("river", "ford", 20, 1800), ("ford", "west", 5, 1800),
        ]
    )  # fmt: skip
    result = futures_of(Stage(replace(made, network=network), plan(), nothing_uncertain(), 5), 1)[0]
    assert result.stranded == 0
    assert result.clearance_s > 3600 + 30 * 60


def test_shortfall_of_a_uniform_distribution() -> None:
    # The mean of the worst tenth of 1..1000 is (901 + 1000) / 2.
    assert expected_shortfall(np.arange(1.0, 1001.0), 0.9) == pytest.approx(950.5)
    assert expected_shortfall([1.0, 2.0, 4.0], 0.5) == pytest.approx((4 + 0.5 * 2) / 1.5)


def test_a_constant_converges_at_once_and_rare_events_do_not() -> None:
    assert converged_at([3.0] * 200) == 100
    assert converged_at([0.0] * 199 + [1.0]) is None


def test_shortfall_in_bins_is_the_exact_one_within_a_bin() -> None:
    amounts = np.random.default_rng(1).lognormal(-8.0, 1.0, (1000, 2))
    tail = Tail(2)
    for row in amounts:
        tail.add(row)
    exact = [expected_shortfall(amounts[:, k], 0.9) for k in range(2)]
    assert tail.shortfall(0.9) == pytest.approx(exact, rel=1e-3)
    # All of it is the mean, which the bins keep.
    assert tail.shortfall(0.0) == pytest.approx(amounts.mean(axis=0))


def test_a_chance_that_never_came_true_is_not_sure_to_be_zero() -> None:
    chance = chance_of(0, 100)
    assert chance.value == chance.low == 0
    # Wilson's upper end of 0 in n is z^2 / (n + z^2).
    assert chance.high == pytest.approx(1.959964**2 / (100 + 1.959964**2))
    assert chance_of(100, 100).high == 1
