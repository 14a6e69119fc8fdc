"""Faults of background traffic, signals, reversed lanes, diversions and drivers, all told with their rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safepassage.formats.scenario_folder import read_scenario
from safepassage.formats.scenario_folder.read import check_scenario
from safepassage.model.traffic import BackgroundFlow, Drivers, LaneReversal, TrafficSignal

DAY = "2023-08-10T"
BACKGROUND = "background_id,from_node_id,to_node_id,route,start,end,flow,pcu\n"
SIGNAL = "signal_id,link_id,cycle,green_start,green\n"
REVERSAL = "reversal_id,losing_link_id,gaining_link_id,lanes,start,end,transition\n"


@pytest.fixture
def folder(valley_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(valley_folder, tmp_path / "valley"))


def errors(folder: Path) -> set[tuple[str, int, str]]:
    return {
        (fault.file, fault.row, fault.column) for fault in check_scenario(folder) if fault.severity == "error"
    }


def append(folder: Path, file: str, text: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write(text)


def test_everything_is_read(folder: Path) -> None:
    append(
        folder,
        "background.csv",
        BACKGROUND
        + f"b,city,south,,{DAY}06:00:00+03:00,,120,\n"
        + f"c,bridge_east,west,bridge west_road,{DAY}05:00:00+03:00,{DAY}08:00:00+03:00,30,2\n",
    )
    append(folder, "signal.csv", SIGNAL + "s,city_road_back,90,10,45\n")
    append(folder, "reversal.csv", REVERSAL + f"r,city_road_back,city_road,1,{DAY}07:00:00+03:00,,30\n")
    append(
        folder,
        "scenario.toml",
        '\n[drivers]\nreroute = "yes"\ntold_at = ["check_west"]\nradio_delay_min = 20\n'
        "\n[policy.walking]\nspeed_km_per_h = 5\n",
    )
    scenario = read_scenario(folder).scenario
    assert scenario.background == (
        BackgroundFlow("b", "city", "south", (), 0.0, float("inf"), 120.0, 1),
        BackgroundFlow("c", "bridge_east", "west", ("bridge", "west_road"), -3600.0, 7200.0, 30.0, 2),
    )
    assert scenario.signals == (TrafficSignal("s", "city_road_back", 90.0, 10.0, 45.0),)
    assert scenario.reversals == (
        LaneReversal("r", "city_road_back", "city_road", 1.0, 3600.0, float("inf"), 1800.0),
    )
    assert scenario.drivers == Drivers(reroute=True, told_at=("check_west",), radio_delay_s=1200.0)
    assert scenario.policy.walking.speed_m_per_s == pytest.approx(5 / 3.6)


def test_all_faults_are_told_at_once(folder: Path) -> None:
    append(
        folder,
        "background.csv",
        BACKGROUND
        + f"a,nowhere,south,,{DAY}06:00:00+03:00,,120,\n"
        + f"b,city,city,,{DAY}06:00:00+03:00,,120,\n"
        + f"c,east,west,bridge,{DAY}06:00:00+03:00,,120,\n"
        + f"d,east,west,brigde,{DAY}06:00:00+03:00,{DAY}05:00:00+03:00,-3,\n",
    )
    append(folder, "signal.csv", SIGNAL + "s,bridge,60,0,61\nt,bridge,60,0,30\nu,nothing,60,,\n")
    append(
        folder,
        "reversal.csv",
        REVERSAL
        + f"r,city_road_back,south_road,1,{DAY}07:00:00+03:00,,30\n"
        + f"q,bridge,bridge_back,2,{DAY}07:00:00+03:00,{DAY}06:00:00+03:00,\n",
    )
    append(folder, "scenario.toml", '\n[drivers]\nreroute = "maybe"\ntold_at = ["nobody"]\nradio = 3\n')
    assert errors(folder) >= {
        ("background.csv", 2, "from_node_id"),
        ("background.csv", 3, "to_node_id"),
        ("background.csv", 4, "route"),
        ("background.csv", 5, "route"),
        ("background.csv", 5, "end"),
        ("background.csv", 5, "flow"),
        ("signal.csv", 2, "green"),
        ("signal.csv", 3, "link_id"),
        ("signal.csv", 4, "link_id"),
        ("signal.csv", 4, "green"),
        ("reversal.csv", 2, "gaining_link_id"),
        ("reversal.csv", 3, "lanes"),
        ("reversal.csv", 3, "end"),
        ("reversal.csv", 3, "transition"),
    }
    told = {fault.column for fault in check_scenario(folder) if fault.file == "scenario.toml"}
    assert told >= {"drivers.reroute", "drivers.told_at", "drivers.radio"}


@pytest.mark.parametrize(
    ("onward", "expected"),
    [
        ({"reception_city": "reception_city"}, {"divert_to"}),
        ({"reception_city": "exit_south", "exit_south": "reception_city"}, {"divert_to"}),
        ({"reception_city": "depot"}, {"divert_to"}),
        ({"reception_city": "nowhere"}, {"divert_to"}),
        ({"hub": "station"}, {"node_id"}),
        ({"reception_city": "exit_south"}, set()),
    ],
)
def test_diversions_that_cannot_be(folder: Path, onward: dict[str, str], expected: set[str]) -> None:
    lines = (folder / "site.csv").read_text("utf-8").splitlines()
    diverting = [
        f"{lines[0]},divert_to",
        *(f"{line},{onward.get(line.split(',')[0], '')}" for line in lines[1:]),
    ]
    (folder / "site.csv").write_text("\n".join(diverting) + "\n", encoding="utf-8")
    assert {column for _file, _row, column in errors(folder)} == expected


def test_entries_of_the_threat_about_roads(folder: Path) -> None:
    header = "threat_id,kind,subject,start,end,factor\n"
    append(
        folder,
        "threat.csv",
        header
        + f"a,breakdown,nothing,{DAY}06:00:00+03:00,,\n"
        + f"b,speed,bridge,{DAY}06:00:00+03:00,,0\n"
        + f"c,breakdown,bridge,{DAY}06:00:00+03:00,,\n",
    )
    assert errors(folder) == {("threat.csv", 2, "subject"), ("threat.csv", 3, "factor")}
    warned = [fault for fault in check_scenario(folder) if fault.severity == "warning"]
    assert ("threat.csv", 4, "end") in {(fault.file, fault.row, fault.column) for fault in warned}
