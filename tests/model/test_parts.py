"""Network, fleet, sites, threat, policy and plan refuse what contradicts itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from safepassage.errors import ModelError
from safepassage.model.outcome import Curve, SettlementOutcome
from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import Bounded, Leg, Load, Mode, Trip, Wave
from safepassage.model.policy import DailyWindow
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Claim, ThreatEntry, ThreatEntryKind


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("length_m", 0.0, "positive"),
        ("length_m", math.inf, "finite"),
        ("lanes", -1.0, "positive"),
        ("free_speed_m_per_s", math.nan, "positive"),
        ("capacity_pcu_per_h", -1.0, ">= 0"),
        ("capacity_pcu_per_h", math.nan, "finite"),
        ("from_node", 11, "outside"),
        ("to_node", -1, "outside"),
    ],
)
def test_a_network_with_a_wrong_number_is_refused(
    valley: Scenario, field: str, value: float, words: str
) -> None:
    values: Any = np.array(getattr(valley.network, field))
    values[3] = value
    with pytest.raises(ModelError, match=words):
        replace(valley.network, **{field: values})


def test_a_network_counts_its_entries(valley: Scenario) -> None:
    network = valley.network
    with pytest.raises(ModelError, match="lanes has 1 entries; give 24"):
        replace(network, lanes=np.ones(1))
    with pytest.raises(ModelError, match="unique"):
        replace(network, link_id=("same",) * network.n_links)
    with pytest.raises(ModelError, match="do not meet"):
        replace(
            network,
            movement_in_link=np.array([0]),
            movement_out_link=np.array([0]),
            movement_capacity_pcu_per_h=np.zeros(1),
        )


def test_arrays_of_a_network_cannot_be_changed_and_do_not_follow_their_source(valley: Scenario) -> None:
    length_m = np.array(valley.network.length_m)
    network = replace(valley.network, length_m=length_m)
    length_m[0] = 1.0
    assert network == valley.network
    with pytest.raises(ValueError, match="read-only"):
        network.length_m[0] = 1.0


def test_networks_compare_by_content(valley: Scenario) -> None:
    assert replace(valley.network) == valley.network
    assert replace(valley.network, lanes=valley.network.lanes * 2) != valley.network


def test_a_link_without_geometry_is_straight(valley: Scenario) -> None:
    bridge = valley.network.link_id.index("bridge")
    assert valley.network.link_course(bridge) == ((30.06, 50.0), (30.055, 50.0))
    assert valley.network.free_flow_time_s[bridge] == pytest.approx(390 / (30 / 3.6))


@pytest.mark.parametrize(
    ("noun", "change", "words"),
    [
        ("fleet", {"count": 0}, "at least 1"),
        ("fleet", {"pcu": 0}, "at least 1"),
        ("fleet", {"seats": 0}, "carries nobody"),
        ("fleet", {"seats": -1}, "negative"),
        ("fleet", {"crew_hours": 0.0}, "crew_hours"),
        ("fleet", {"available_from_s": -1.0}, "times >= 0"),
        ("services", {"departs_s": ()}, "ascending"),
        ("services", {"departs_s": (2.0, 1.0)}, "ascending"),
        ("services", {"travel_time_s": 0.0}, "travel_time_s"),
        ("services", {"seats": -1}, "negative"),
        ("sites", {"capacity_persons": -1.0}, "capacity_persons"),
        ("sites", {"waiting_cap_persons": math.nan}, "waiting_cap_persons"),
        ("sites", {"service_rate_pcu_per_h": 0.0}, "service_rate_pcu_per_h"),
        ("sites", {"opens_s": 5.0, "closes_s": 5.0}, "closes"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(
    valley: Scenario, noun: str, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        replace(getattr(valley, noun)[0], **change)


def test_vehicles_are_numbered_from_one(valley: Scenario) -> None:
    assert valley.fleet[0].vehicle_ids() == ("bus-01", "bus-02", "bus-03")


def test_a_threat_entry_ends_after_its_start_and_its_shares_are_shares() -> None:
    entry = ThreatEntry("t", ThreatEntryKind.CAPACITY, "bridge", 0.0, 10.0, factor=0.5)
    changes: tuple[dict[str, Any], ...] = ({"end_s": 0.0}, {"factor": 1.5}, {"probability": -0.1})
    for change in changes:
        with pytest.raises(ModelError, match="threat t"):
            replace(entry, **change)
    for claim in (("s", "G", 1), ("s", "A", 0)):
        with pytest.raises(ModelError, match="A-F and 1-6"):
            Claim(*claim)


@pytest.mark.parametrize("text", ["23:00-05:00", "00:00-23:59"])
def test_a_daily_window_reads_back(text: str) -> None:
    assert str(DailyWindow.parse(text)) == text


@pytest.mark.parametrize("text", ["", "23:00", "23:00-24:00", "5-6", "a:b-c:d", "05:00-05:00", "1:2-3:4-5:6"])
def test_what_is_no_daily_window_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        DailyWindow.parse(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"persons_per_car": 0.5}, "persons_per_car"),
        ({"wave_grid_s": 0}, "wave_grid_s"),
        ({"call_ahead_s": -1}, "call_ahead_s"),
        ({"drive_before_break_s": 0.0}, "drive_before_break_s"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(
    valley: Scenario, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        replace(valley.policy, **change)


def test_cars_of_a_wave_leave_evenly() -> None:
    wave = Wave("w", "s", "r", 600, 1200, 4, 4, PeopleCount(10))
    assert wave.departures_s() == (600.0, 750.0, 900.0, 1050.0)
    with pytest.raises(ModelError, match="end after its start"):
        replace(wave, end_s=600)


def test_everyone_who_boards_a_trip_alights() -> None:
    load = Load("s", 1, PeopleCount(2), NeedCount(seat=2))
    legs = (Leg("a", (), 0, 60, board=(load,)), Leg("b", ("l",), 120, 180, alight=(load,)))
    assert Trip("t", "v", "", Mode.FLEET, 2, escorted=False, legs=legs).people == 2
    with pytest.raises(ModelError, match="2 board but 0 alight"):
        Trip("t", "v", "", Mode.FLEET, 2, escorted=False, legs=legs[:1])
    with pytest.raises(ModelError, match="groups and needs differ"):
        replace(load, needs=NeedCount(seat=1))
    with pytest.raises(ModelError, match="before it arrives"):
        Leg("a", (), 10, 5)


def test_a_gap_is_measured_against_the_bound() -> None:
    bounded = Bounded("cars", 10, 1000.0, 1030.0, "the bridge")
    assert bounded.gap_s == 30.0
    assert bounded.gap_percent == pytest.approx(3.0)
    assert Bounded("cars", 0, 0.0, 0.0, "").gap_percent == 0.0


def test_outcomes_count_everybody() -> None:
    with pytest.raises(ModelError, match="people in differ"):
        SettlementOutcome("s", 10, 5, 2, 2, 0.0, 1.0, 0.5)
    with pytest.raises(ModelError, match="must not fall"):
        Curve("all", (0, 1), (2, 1))
    with pytest.raises(ModelError, match="differ in length"):
        Curve("all", (0, 1), (2,))
