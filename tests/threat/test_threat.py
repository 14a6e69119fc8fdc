"""Claims, alerts, closures and the hazard rate against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import InputError, ModelError
from safepassage.formats.alerts import read_alerts
from safepassage.formats.fault_list import FaultList
from safepassage.model.threat import Claim
from safepassage.threat.alerts import AlertProcess, after_pauses, draw_alerts, fit_alerts, merged
from safepassage.threat.barriers import barriers, last_safe_start_s
from safepassage.threat.claims import ClaimTable, DatedClaim, Standing, probability_of, standing_of
from safepassage.threat.closures import ClosureChance, ClosureModel
from safepassage.threat.rate_field import RateField
from tests.planner.small_roads import drivers, roads

TABLE = ClaimTable()


def test_copies_count_once() -> None:
    first = DatedClaim(Claim("agency", "B", 2), 0)
    copies = [DatedClaim(Claim(name, "B", 2, heard_from="agency"), 0) for name in ("paper", "channel")]
    assert probability_of([first, *copies], TABLE) == probability_of([first], TABLE)
    independent = [first, DatedClaim(Claim("mayor", "B", 2), 0)]
    assert probability_of(independent, TABLE) > probability_of([first], TABLE)


def test_a_trusted_fresh_claim_gives_the_tables_figure_and_a_stale_one_fades_to_the_prior() -> None:
    fresh = DatedClaim(Claim("drone", "A", 1), 0)
    assert probability_of([fresh], TABLE) == pytest.approx(0.95)
    ages = [probability_of([replace(fresh, time_s=-days * 86400.0)], TABLE) for days in (0, 3, 10, 1000)]
    assert ages == sorted(ages, reverse=True)
    assert ages[-1] == pytest.approx(TABLE.prior)


def test_claims_of_the_future_are_refused() -> None:
    with pytest.raises(ModelError, match="in the future"):
        probability_of([DatedClaim(Claim("x"), 10.0)], TABLE)


def test_claimed_is_not_confirmed() -> None:
    assert standing_of([DatedClaim(Claim("x", "C", 1), 0)]) is Standing.CLAIMED
    assert standing_of([DatedClaim(Claim("x", "B", 1), 0)]) is Standing.CONFIRMED


def test_fitting_gives_back_number_and_share_of_alerts() -> None:
    process = fit_alerts([(0, 10), (5, 20), (50, 60), (95, 200)], from_s=0, until_s=100)
    assert process.alerts == 3
    assert process.share == pytest.approx(0.35)
    assert process.stretch == pytest.approx(1 / 0.65)


def test_drawn_alerts_have_the_share_in_the_long_run() -> None:
    process = AlertProcess(2520.0, 13738.0)
    alerts = draw_alerts(process, 3e8, np.random.default_rng(1))
    assert (alerts[:, 1] - alerts[:, 0]).sum() / 3e8 == pytest.approx(process.share, rel=0.02)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=8), st.integers(0, 130))
def test_what_is_put_off_starts_outside_every_pause(pauses: list[tuple[int, int]], wanted: int) -> None:
    joined = np.array(merged([(float(a), float(a + n)) for a, n in pauses])).reshape(-1, 2)
    moved = float(after_pauses(np.array([float(wanted)]), joined)[0])
    assert moved >= wanted
    assert not any(start <= moved < end for start, end in joined)


def test_places_that_coincide_are_lost_together_and_each_with_its_probability() -> None:
    chances = [ClosureChance(name, name, (0,), 0.3, 0, 0) for name in "ab"]
    together, apart = ClosureModel(chances, 1e4), ClosureModel(chances)
    random = np.random.default_rng(7)
    drawn = [{item.chance for item in together.draw(random)} for _ in range(4000)]
    assert sum(0 in item for item in drawn) / 4000 == pytest.approx(0.3, abs=0.03)
    assert sum(len(item) == 1 for item in drawn) < 40
    both = sum(len(apart.draw(random)) == 2 for _ in range(4000))
    assert both / 4000 == pytest.approx(0.09, abs=0.02)


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_probabilities_outside_0_to_1_are_refused(probability: float) -> None:
    with pytest.raises(ModelError, match="probability"):
        ClosureChance("a", "a", (0,), probability, 0, 0)


def test_the_integral_of_the_rate_is_that_of_the_closed_form() -> None:
    field = RateField(np.array([1e-6]), np.array([[2e-5]]), np.array([-3600.0]), 7200.0)
    times = np.linspace(0, 50_000, 20_001)
    numeric = np.trapezoid([field.rate_per_s(time)[0] for time in times], times)
    assert field.since_start(np.array([0]), np.array([50_000.0]))[0] == pytest.approx(numeric, rel=1e-6)


def test_who_loses_every_way_out_with_a_crossing() -> None:
    network = roads([("east", "bridge", 1, 900), ("bridge", "west", 1, 900), ("near", "west", 1, 900)])
    network = replace(network, crossing=("", "River", ""))
    scenario = drivers(network, {"east": 1, "near": 1}, {"west": 9.0})
    assert barriers(scenario) == {"River": ("east",)}


def test_the_last_safe_start_leaves_time_in_the_asked_share_of_futures() -> None:
    assert last_safe_start_s(100.0, [10.0, 20.0, 30.0, 40.0], 0.75) == 70.0
    assert last_safe_start_s(100.0, [10.0, math.inf], 0.9) == -math.inf


def test_alert_times_without_zone_and_alerts_that_end_early_are_listed_together(tmp_path: Path) -> None:
    path = tmp_path / "alerts.csv"
    path.write_text(
        "started_at,finished_at\n2023-08-01 10:00:00,2023-08-01 11:00:00+00:00\n"
        "2023-08-01 12:00:00+00:00,2023-08-01 11:00:00+00:00\n"
    )
    with pytest.raises(InputError) as caught:
        read_alerts(path, FaultList())
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (2, "started_at"),
        (3, "finished_at"),
    ]


def test_overlapping_alerts_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "alerts.csv"
    hours = [("10", "12"), ("11", "13")]
    rows = [f"2023-08-01 {a}:00:00+00:00,2023-08-01 {b}:00:00+00:00" for a, b in hours]
    path.write_text("\n".join(["started_at,finished_at", *rows]))
    faults = FaultList()
    assert len(read_alerts(path, faults).intervals) == 2
    assert [fault.severity for fault in faults.collected()] == ["warning"]


@pytest.mark.acceptance
def test_the_published_alerts_of_kharkiv_oblast_are_read(shared_data: Path) -> None:
    found = read_alerts(shared_data / "kupiansk" / "air_raid_alerts_kharkivska_to_2023-08.csv", FaultList())
    assert len(found.intervals) > 1000
