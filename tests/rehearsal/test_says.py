"""What a rehearsal says beyond counts: weak roads, one more, decisions, latest starts, shadow traffic."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.policy import DailyWindow
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Threat, ThreatEntry, ThreatEntryKind
from safepassage.rehearsal.assumptions import Assumptions, nothing_uncertain
from safepassage.rehearsal.decisions import GO, SHELTER, STAY, WAIT, can_wait, decisions, put_off
from safepassage.rehearsal.draws import Draws
from safepassage.rehearsal.latest_start import latest_starts
from safepassage.rehearsal.one_more import CROSSING, HOUR, values_of_one_more
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import rehearse
from safepassage.rehearsal.weak_links import play_without, weak_links
from tests.planner.small_roads import roads
from tests.rehearsal.test_rehearsal import P, bridge, plan, stage

SURE = nothing_uncertain()


def with_crossing(probability: float = 0.0) -> Scenario:
    """The bridge as a named river crossing, which only the assumption on crossings may shut."""
    made = bridge(probability)
    network = replace(made.network, crossing=("", "", "Oskil"))
    return replace(made, network=network, threat=Threat())


def test_losing_the_bridge_strands_all_and_losing_a_road_its_own_people() -> None:
    made = stage(SURE, probability=P)
    tally = rehearse(made, 200)
    roads_used = play_without(made, tally, weak_links(made, tally), top=3, futures=20)
    by_name = {road.name: road for road in roads_used}
    assert [road.name for road in roads_used] == ["river-west", "b-river", "a-river"]
    assert [by_name[name].no_other_way for name in ("river-west", "b-river", "a-river")] == [30, 20, 10]
    kept = (tally.stranded[:20] == 0).mean()
    for name, persons in (("river-west", 30), ("b-river", 20), ("a-river", 10)):
        played = by_name[name].played
        assert played is not None
        # Where the bridge is lost anyway, losing a road besides costs nothing more.
        assert played.stranded == pytest.approx(persons * kept)


def test_a_shut_road_differs_in_means_by_all_its_people() -> None:
    made = stage(SURE, probability=P)
    tally = rehearse(made, 200)
    road = weak_links(made, tally)[0]
    assert road.shut.futures == (tally.stranded > 0).sum()
    assert road.shut.stranded == pytest.approx(30)
    shut = tally.stranded > 0
    assert road.shut.harm == pytest.approx(tally.harm[shut].mean() - tally.harm[~shut].mean())
    error = math.hypot(
        tally.harm[shut].std(ddof=1) / math.sqrt(shut.sum()),
        tally.harm[~shut].std(ddof=1) / math.sqrt((~shut).sum()),
    )
    assert road.shut.harm_error == pytest.approx(error, abs=1e-9)
    assert not weak_links(made, tally)[1].shut.futures


def test_a_road_with_another_way_costs_the_hours_of_the_detour() -> None:
    network = roads(
        [
            ("a", "river", 5, 1800), ("b", "river", 5, 1800), ("river", "west", 5, 1800),
            ("river", "ford", 20, 1800), ("ford", "west", 5, 1800),
        ]
    )  # fmt: skip
    made = Stage(replace(bridge(0.0), network=network), plan(), SURE, 5)
    tally = rehearse(made, 2)
    bridge_road = next(road for road in weak_links(made, tally) if road.name == "river-west")
    assert bridge_road.no_other_way == 0
    assert bridge_road.extra_person_hours == pytest.approx(30 * 20 / 60)


def test_a_second_crossing_saves_those_whom_the_loss_of_the_first_strands() -> None:
    assumptions = replace(SURE, crossing_loss=0.5, crossing_loss_mean_s=1e9, notice_s=0.0)
    made = Stage(with_crossing(), plan(4 * 3600), assumptions, 5)
    tally = rehearse(made, 100)
    assert tally.stranded.max() == 30
    values = {item.of: item for item in values_of_one_more(made, tally, futures=100)}
    assert set(values) == {CROSSING}
    assert values[CROSSING].name == "Oskil"
    with_second = tally.stranded.mean() + values[CROSSING].worth.stranded
    # Only those on the approach or the bridge when it goes can still be caught.
    assert with_second < 0.1 * tally.stranded.mean()


def test_an_hour_before_the_curfew_lets_late_cars_out() -> None:
    """Cars that the plan sends at 6:00 to 6:10 and a curfew from 6:05 on for the rest of the horizon."""
    made = bridge(0.0)
    policy = replace(made.policy, curfew=(DailyWindow(6 * 60 + 5, 12 * 60),))
    staged = Stage(replace(made, policy=policy), plan(), SURE, 5)
    tally = rehearse(staged, 2)
    assert tally.stranded[0] > 0
    worth = {item.of: item.worth for item in values_of_one_more(staged, tally)}[HOUR]
    assert worth.stranded == -tally.stranded[0]


def test_a_vehicle_that_stands_by_replaces_the_first_that_fails() -> None:
    assumptions = replace(SURE, breakdowns_per_vehicle_hour=0.1)
    scenario = bridge(0.0)
    own, spare = (
        Draws(scenario, replace(assumptions, spare_vehicles=number), 5).future(3).failure_s
        for number in (0, 1)
    )
    assert own == spare == {}
    waits = np.array([3.0, 1.0, 2.0])
    draws = Draws(scenario, replace(assumptions, spare_vehicles=2), 5)
    draws._vehicles = ["x", "y", "z"]

    class Waits:
        def standard_exponential(self, number: int) -> np.ndarray:
            return waits[:number]

    failures = draws._failures(Waits())  # type: ignore[arg-type]
    assert failures["y"] == failures["z"] == math.inf
    assert failures["x"] == pytest.approx(3.0 * 3600 / 0.1)


def test_decisions_change_where_the_lines_of_harm_cross() -> None:
    # Nobody is threatened on the road here, so going costs accidents alone.
    hazard = replace(SURE.hazard, journey_per_person_hour=1e-4)
    made = stage(replace(SURE, hazard=hazard, uptake_share=0.5))
    tally = rehearse(made, 50)
    district, *places = decisions(tally, None, made.assumptions)
    assert [item.place for item in places] == ["a", "b"]
    assert set(district.harm) == {GO, STAY, SHELTER}
    slope, base = district.harm[GO]
    stay, _nothing = district.harm[STAY]
    flip = next(flip for flip in district.flips if STAY in {flip.below, flip.above})
    assert (flip.below, flip.above) == (STAY, GO)
    assert flip.factor == pytest.approx(base / (stay - slope))
    best = dict(district.best)
    for factor, chosen in best.items():
        costs = {name: factor * harm[0] + harm[1] for name, harm in district.harm.items()}
        assert chosen == min(costs, key=costs.__getitem__)
    # Only those who are willing count: half of them stay whatever is decided.
    willing = (tally.counts[:, 3:].sum(axis=1) / tally.futures).sum()
    assert stay == pytest.approx(willing * 2.4e-5 * 6 / 24)


def test_waiting_a_day_costs_a_day_at_home() -> None:
    scenario = replace(bridge(0.0), horizon_s=3 * 86400.0)
    now, later = plan(), put_off(plan(), 86400)
    assert can_wait(now, scenario.horizon_s)
    assert not can_wait(later, 86400.0 * 2)
    tallies = [rehearse(Stage(scenario, item, SURE, 5), 2) for item in (now, later)]
    district = decisions(tallies[0], tallies[1], SURE)[0]
    assert district.harm[WAIT][0] - district.harm[GO][0] == pytest.approx(30 * 2.4e-5)
    assert dict(district.best)[1.0] == GO


def test_the_latest_start_is_the_deadline_less_what_is_needed() -> None:
    made = stage(SURE)
    tally = rehearse(made, 10)
    district = latest_starts(made, tally, confidence=0.9)[2]
    assert (district.place, district.share, district.planned_s) == ("", 1.0, 3600.0)
    needed_s = tally.clearance_s[0] - 3600
    assert district.latest_s == pytest.approx(6 * 3600 - needed_s)
    of_a = next(item for item in latest_starts(made, tally, deadline_s=7200.0) if item.place == "a")
    assert of_a.deadline_s == 7200
    # A settlement's times are counted in steps of five minutes, to the safe side.
    last_s = tally.last_out.quantile_s(0.9)[0]
    assert 0 <= last_s - 3600 - 600 * 0.9 <= 900
    assert of_a.latest_s == pytest.approx(7200 - (last_s - 3600))
    with pytest.raises(ModelError, match="confidence is 0"):
        latest_starts(made, tally, confidence=0)


def test_no_start_is_early_enough_where_people_are_stranded_too_often() -> None:
    made = stage(SURE, probability=0.5)
    tally = rehearse(made, 40)
    assert latest_starts(made, tally, confidence=0.95)[2].latest_s == -math.inf


def test_the_arrival_of_water_is_the_deadline_of_its_settlement() -> None:
    arrival = ThreatEntry("w", ThreatEntryKind.ARRIVAL, "b", 3 * 3600.0)
    made = Stage(replace(bridge(0.0), threat=Threat((arrival,))), plan(), SURE, 5)
    starts = {item.place: item for item in latest_starts(made, rehearse(made, 2)) if item.share == 1.0}
    assert starts["b"].deadline_s == starts[""].deadline_s == 3 * 3600
    assert starts["a"].deadline_s == 6 * 3600


def test_people_who_were_not_called_delay_those_who_were() -> None:
    made = bridge(0.0)
    stranger = Settlement(
        "s", "s", "s", "", 50.0, 30.0, "a", PeopleCount(adults=8000), car_share=1.0, in_scope=False
    )
    scenario = replace(made, settlements=(*made.settlements, stranger))
    alone, beside = (
        rehearse(Stage(scenario, plan(), replace(SURE, shadow_share=share, shadow_delay_s=1800.0), 5), 3)
        for share in (0.0, 1.0)
    )
    assert (beside.clearance_s > alone.clearance_s + 60).all()
    # They are traffic, and no people of the plan.
    assert (beside.counts == alone.counts).all()


def test_uptake_of_a_forecast_is_drawn_between_its_quantiles() -> None:
    quantiles = ((0.1, 0.2), (0.5, 0.3), (0.9, 0.6))
    draws = Draws(bridge(0.0), replace(Assumptions(), uptake_quantiles=quantiles), 5)
    uptake = np.array([draws.future(number).uptake for number in range(400)])
    assert uptake.min() == 0.2
    assert uptake.max() == 0.6
    assert np.median(uptake) == pytest.approx(0.3, abs=0.03)
    with pytest.raises(ModelError, match="ascending"):
        replace(Assumptions(), uptake_quantiles=((0.1, 0.5), (0.5, 0.3)))
