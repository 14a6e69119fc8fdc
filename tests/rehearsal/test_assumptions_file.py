"""The file of what is uncertain: its template, what it changes, and that all faults are told at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.model.policy import AlertRule
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.assumptions_file import read_assumptions, template
from safepassage.rehearsal.forecast_uptake import read_participation


def written(folder: Path, text: str) -> Path:
    path = folder / "assumptions.toml"
    path.write_text(text, "utf-8")
    return path


def faults_of(folder: Path, text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        read_assumptions(written(folder, text), ["a", "kindrashivka"])
    return [(fault.column, fault.value, fault.remedy) for fault in caught.value.faults]


def test_the_template_changes_nothing(tmp_path: Path) -> None:
    assert read_assumptions(written(tmp_path, template()), []) == Assumptions()
    assert read_assumptions(written(tmp_path, ""), []) == Assumptions()


def test_values_are_taken(tmp_path: Path) -> None:
    text = """
    uptake_share = 0.5
    spare_vehicles = 2
    alert_rule = "hold_all"
    [alerts]
    mean_alert_s = 60
    [claims]
    trust_f = 0.1
    [hazard]
    memory_s = 10
    [[zone]]
    name = "front"
    settlements = ["a"]
    rule = "ignore"
    """
    read = read_assumptions(written(tmp_path, text), ["a"])
    assert (read.uptake_share, read.spare_vehicles, read.alert_rule) == (0.5, 2, AlertRule.HOLD_ALL)
    assert read.alerts is not None
    assert read.alerts.mean_alert_s == 60
    assert read.claims.trust["F"] == 0.1
    assert read.claims.trust["A"] == Assumptions().claims.trust["A"]
    assert read.hazard.memory_s == 10
    assert read.zones[0].settlements == ("a",)
    assert read_assumptions(written(tmp_path, "alerts = false"), []).alerts is None


def test_all_faults_are_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    text = """
    uptake_shar = 0.5
    crossing_loss = 1.5
    car_failure = -0.1
    spare_vehicles = 0.5
    alert_rule = "never"
    notice_s = "soon"
    demand_spread = nan
    [hazard]
    radius_m = 0
    memori_s = 3
    [claims]
    prior = 1
    [[zone]]
    settlements = ["kindrashivca"]
    rule = "ignore"
    """
    found = faults_of(tmp_path, text)
    said = {column: remedy for column, _value, remedy in found}
    assert "uptake_share" in said["uptake_shar"]
    assert "<= 1" in said["crossing_loss"]
    assert "memory_s" in said["hazard.memori_s"]
    assert "kindrashivka" in said["zone 1.settlements"]
    assert set(said) == {
        "uptake_shar", "crossing_loss", "car_failure", "spare_vehicles", "alert_rule", "notice_s",
        "demand_spread", "hazard.radius_m", "hazard.memori_s", "claims.prior", "zone 1.settlements",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("alerts = 3", "alerts"),
        ("zone = 3", "zone"),
        ("[[zone]]\nrule = 'ignore'", "zone 1.settlements"),
        ("[[zone]]\nsettlements = ['a']", "zone 1.rule"),
        ("[[zone]]\nsettlements = ['a']\nrule = 'ignore'\nnaem = 'x'", "zone 1.naem"),
        ("uptake_share = true", "uptake_share"),
        ("not toml", ""),
    ],
)
def test_single_faults(tmp_path: Path, text: str, place: str) -> None:
    assert [column for column, _value, _remedy in faults_of(tmp_path, text)] == [place]


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_assumptions(tmp_path / "none.toml", [])
    with pytest.raises(InputError, match="larger"):
        read_assumptions(written(tmp_path, "#" * 2**21), [])


def forecast(folder: Path, **changes: object) -> Path:
    document = {
        "dates": ["2023-08-10", "2023-08-11", "2023-08-12"],
        "level": [0.1, 0.5, 0.9],
        "remaining": [[900, 1000, 1000], [800, 900, 950], [700, 800, 900]],
        "bands": [
            {"name": "staying", "group": "everyone", "values": [[0] * 3, [0] * 3, [400, 600, 900]]},
        ],
        **changes,
    }
    path = folder / "forecast.json"
    path.write_text(json.dumps({"forecast": document}), "utf-8")
    return path


def test_participation_of_a_forecast(tmp_path: Path) -> None:
    forecast(tmp_path)
    quantiles = read_participation(tmp_path, date(2023, 8, 10), date(2023, 9, 1))
    assert [level for level, _share in quantiles] == pytest.approx([0.1, 0.5, 0.9])
    assert [share for _level, share in quantiles] == pytest.approx([0.1, 0.4, 0.6])


@pytest.mark.parametrize(
    "changes", [{"dates": []}, {"bands": []}, {"level": [0.5]}, {"remaining": 3}, {"dates": ["monday"]}]
)
def test_no_forecast(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no forecast"):
        read_participation(forecast(tmp_path, **changes), date(2023, 8, 10), date(2023, 8, 12))
