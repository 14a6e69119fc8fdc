"""Reading what was written gives the same scenario, whatever the names and numbers."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safepassage.errors import OutputError
from safepassage.formats.numbers import original, shortest
from safepassage.formats.scenario_folder import (
    ScenarioFolder,
    read_scenario,
    scenario_files,
    scenario_hash,
    units,
    write_scenario,
)
from safepassage.formats.scenario_folder.schema import FILES
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress
from tests.formats.made_scenarios import scenarios


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(scenarios())
def test_any_scenario_reads_back_equal(scenario: Scenario) -> None:
    with tempfile.TemporaryDirectory() as place:
        write_scenario(scenario, Path(place) / "first")
        folder = read_scenario(Path(place) / "first")
        assert folder.scenario == scenario
        assert scenario_hash(folder.scenario) == scenario_hash(scenario)
        assert scenario_files(folder) == scenario_files(scenario)


@given(st.floats(0.01, 200), st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]))
def test_units_are_undone_exactly(number: float, lanes: float) -> None:
    speed = units.km_per_h_to_m_per_s(number)
    assert units.km_per_h_to_m_per_s(units.km_per_h_of(speed)) == speed
    rate = units.per_lane_to_link(number, lanes)
    assert units.per_lane_to_link(units.per_lane_of(rate, lanes), lanes) == rate
    density = units.per_km_lane_to_link(number, lanes)
    assert units.per_km_lane_to_link(units.per_km_lane_of(density, lanes), lanes) == density
    assert units.hours_to_s(units.hours_of(number * 3600.0)) == number * 3600.0
    assert units.minutes_to_s(units.minutes_of(number * 60.0)) == number * 60.0


def test_the_shortest_of_all_equal_numbers_is_written() -> None:
    assert units.km_per_h_of(50 / 3.6) == 50.0
    assert shortest(50.0) == "50"
    assert shortest(-0.0) == "-0.0"
    assert shortest(0.1) == "0.1"
    assert original(2.0, 1.0, lambda number: number + 1.5) == 1.0, "nothing fits: the guess is kept"


def test_a_folder_keeps_columns_that_the_program_does_not_use(valley_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "with-notes"
    write_scenario(read_scenario(valley_folder), folder)
    text = (folder / "settlement.csv").read_text(encoding="utf-8").splitlines()
    text = [line + cell for line, cell in zip(text, (",notes", ',"a, b"', ",=1+1", ",", ",Дуб"), strict=True)]
    (folder / "settlement.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    read = read_scenario(folder)
    assert [(fault.column, fault.severity) for fault in read.warnings] == [("notes", "warning")]
    assert read.kept["settlement.csv"]["notes"] == ("a, b", "=1+1", "", "Дуб")
    write_scenario(read, tmp_path / "again")
    assert (tmp_path / "again" / "settlement.csv").read_text(encoding="utf-8").splitlines() == text


def test_names_of_roads_are_kept_for_both_ways(valley_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "named"
    folder.mkdir()
    for file in valley_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "link.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    lines = [[*row, "name" if k == 0 else f"road {k}"] for k, row in enumerate(rows)]
    (folder / "link.csv").write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    kept = read_scenario(folder).kept["link.csv"]["name"]
    assert kept[:3] == ("road 1", "road 1", "road 2")
    assert len(kept) == 24


def test_a_road_both_ways_becomes_two_links(valley: Scenario) -> None:
    network = valley.network
    there, back = network.link_id.index("bridge"), network.link_id.index("bridge_back")
    assert back == there + 1
    assert (network.from_node[there], network.to_node[there]) == (
        network.to_node[back],
        network.from_node[back],
    )
    assert network.capacity_pcu_per_h[back] == 300
    assert network.free_speed_m_per_s[there] == 30 / 3.6
    assert valley.assumptions[0].targets == ("link.csv:bridge:capacity", "link.csv:bridge_back:capacity")


def test_a_checkpoint_limits_its_node(valley: Scenario) -> None:
    service = dict(zip(valley.network.node_id, valley.network.node_service_pcu_per_h.tolist(), strict=True))
    assert service["west"] == 600
    assert [node for node, rate in service.items() if np.isfinite(rate)] == ["west"]


def test_the_hash_follows_content_not_form(valley: Scenario, tmp_path: Path) -> None:
    expected = scenario_hash(valley)
    assert len(expected) == 64
    write_scenario(valley, tmp_path / "rewritten")
    assert scenario_hash(read_scenario(tmp_path / "rewritten").scenario) == expected
    assert scenario_hash(replace(valley, start=valley.start.astimezone(UTC))) == expected
    assert scenario_hash(replace(valley, horizon_s=86400)) == expected
    changed = (
        replace(valley, seed=8),
        replace(valley, name_en="Vale"),
        replace(valley, settlements=valley.settlements[::-1]),
        replace(valley, network=replace(valley.network, length_m=valley.network.length_m * 1.001)),
    )
    assert len({expected, *map(scenario_hash, changed)}) == 5


def test_writing_replaces_tables_and_leaves_the_rest(valley: Scenario, tmp_path: Path) -> None:
    folder = tmp_path / "valley"
    write_scenario(valley, folder)
    (folder / "README.md").write_text("kept", encoding="utf-8")
    (folder / "pin.csv").write_text("stale", encoding="utf-8")
    with pytest.raises(OutputError, match="holds files"):
        write_scenario(valley, folder)
    write_scenario(replace(valley, seed=9), folder, replace=True)
    assert read_scenario(folder).scenario.seed == 9
    assert (folder / "README.md").read_text(encoding="utf-8") == "kept"
    assert not (folder / "pin.csv").exists()
    assert [item.name for item in tmp_path.iterdir()] == ["valley"]


def test_the_valley_holds_only_known_files(valley_folder: Path) -> None:
    assert {item.name for item in valley_folder.iterdir()} <= set(FILES)
    assert isinstance(read_scenario(valley_folder), ScenarioFolder)
    assert read_scenario(valley_folder).warnings == ()


def test_reading_tells_its_progress_in_bytes(valley_folder: Path) -> None:
    class Recorder(NoProgress):
        def __init__(self) -> None:
            self.tasks: dict[str, list[int]] = {}

        def start(self, task: str, total: int | None = None) -> None:
            self.tasks[task] = [total or 0, 0]

        def advance(self, steps: int = 1) -> None:
            list(self.tasks.values())[-1][1] += steps

    recorder = Recorder()
    read_scenario(valley_folder, progress=recorder)
    assert list(recorder.tasks)[:2] == ["Reading node.csv", "Reading link.csv"]
    assert all(total == done > 0 for total, done in recorder.tasks.values())
