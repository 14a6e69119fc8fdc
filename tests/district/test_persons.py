"""Single persons of a MATSim population become settlements and departures, and nobody is lost."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from safepassage.district.persons import house_persons
from safepassage.district.places import Boundary, Gathered, add_raster_people
from safepassage.district.projection import projection_for
from safepassage.errors import InputError
from safepassage.formats.departure_table import read_departures
from safepassage.formats.matsim import write_matsim_network
from safepassage.formats.matsim_population import PersonDeparture
from safepassage.formats.raster import PeoplePoints
from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, PrepareResult, prepare_scenario

WEST_TOWN, EAST_VILLAGE = (37.612, 49.714), (37.645, 49.711)


def person(number: int, at: str, *, leaves: str = "", mode: str = "car", age: int = 40) -> str:
    end = f' end_time="{leaves}"' if leaves else ""
    leg = f'<leg mode="{mode}"/>' if leaves else ""
    return (
        f'<person id="p{number}"><attributes><attribute name="age">{age}</attribute></attributes>'
        f'<plan selected="yes"><activity type="home" {at}{end}/>{leg}</plan></person>'
    )


def at(position: tuple[float, float]) -> str:
    return f'x="{position[0]}" y="{position[1]}"'


def population(folder: Path, *persons: str) -> Path:
    path = folder / "population.xml.gz"
    system = '<attributes><attribute name="coordinateReferenceSystem">EPSG:4326</attribute></attributes>'
    path.write_bytes(gzip.compress(f"<population>{system}{''.join(persons)}</population>".encode()))
    return path


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "import" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def conserved(result: PrepareResult) -> None:
    report = result.report
    assert report.people_in == report.people_placed + report.people_not_placed
    assert report.people_placed == sum(place.people.total for place in result.scenario.settlements)


def test_persons_are_counted_where_they_live_and_leave_when_they_say(town_file: Path, tmp_path: Path) -> None:
    file = population(
        tmp_path,
        person(1, at(WEST_TOWN), leaves="11:10:00"),
        person(2, at(WEST_TOWN), leaves="11:10:40", mode="pt"),
        person(3, at(WEST_TOWN), leaves="12:00:00", age=7),
        person(4, at(WEST_TOWN), age=80),
        person(5, at(EAST_VILLAGE), leaves="13:30"),
        person(6, at((30.0, 49.7)), leaves="11:00"),
        person(7, 'link="nowhere"', leaves="11:00"),
    )
    names = tmp_path / "names.csv"
    names.write_text("name\nЗахід\nСхідне\n", "utf-8")
    inputs = PrepareInputs(town_file, settlements=names, persons=file)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    conserved(result)
    assert [str(fault) for fault in check_scenario(tmp_path / "out") if fault.severity == "error"] == []
    scenario = read_scenario(tmp_path / "out").scenario
    people = {place.name_en: place for place in scenario.settlements}
    west = people["West Town"]
    assert (west.people.total, west.people.children, west.people.older) == (4, 1, 1)
    assert west.car_share == pytest.approx(2 / 3, abs=1e-4)
    assert people["Skhidne"].people.total == 1
    assert result.report.people_in == 7
    assert sorted(item.people for item in result.report.not_placed) == [1, 1]
    # The earliest person sets out in the twelfth hour of the day; that is time zero.
    assert scenario.start.astimezone(ZoneInfo(scenario.time_zone)).hour == 11
    rows = table(tmp_path / "out", "departures.csv")
    assert [(row["mode"], row["time_min"], row["people"]) for row in rows] == [
        ("car", "10", "1"), ("car", "60", "1"), ("fleet", "10", "1"), ("car", "150", "1"),
    ]  # fmt: skip
    times, shares = read_departures(tmp_path / "out" / "import" / "departure-curve.csv")
    assert list(times) == [600, 3600, 9000]
    assert shares == pytest.approx((0.4, 0.6, 0.8))


def test_no_part_of_a_town_sends_more_than_live_there(town_file: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    spread = random.normal(0, 0.004, (2400, 2))
    file = population(
        tmp_path,
        *(
            person(k, at((WEST_TOWN[0] + x, WEST_TOWN[1] + y)), leaves=f"08:{k % 60:02d}:00")
            for k, (x, y) in enumerate(spread.tolist())
        ),
    )
    names = tmp_path / "names.csv"
    names.write_text("name\nЗахід\n", "utf-8")
    inputs = PrepareInputs(town_file, settlements=names, persons=file)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions(group_size=1000))
    conserved(result)
    assert result.report.divided == 1
    sent: dict[str, int] = {}
    for row in table(tmp_path / "out", "departures.csv"):
        sent[row["settlement"]] = sent.get(row["settlement"], 0) + int(row["people"])
    assert sent == {place.id: place.people.total for place in result.scenario.settlements}


def test_persons_at_links_of_the_network_are_found(town_file: Path, tmp_path: Path) -> None:
    roads = prepare_scenario(PrepareInputs(town_file), tmp_path / "first", PrepareOptions()).scenario.network
    network = tmp_path / "network.xml"
    network.write_bytes(write_matsim_network(roads, network, 32637))
    file = population(tmp_path, person(1, f'link="{roads.link_id[0]}"', leaves="09:00"))
    inputs = PrepareInputs(network=network, persons=file)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    conserved(result)
    assert [place.people.total for place in result.scenario.settlements] == [1]


def test_a_table_goes_before_persons_and_rasters_do_not_count_them_twice(
    town_file: Path, tmp_path: Path
) -> None:
    file = population(tmp_path, person(1, at(WEST_TOWN), leaves="09:00"))
    names = tmp_path / "names.csv"
    names.write_text("name,population\nЗахід,2400\n", "utf-8")
    inputs = PrepareInputs(town_file, settlements=names, persons=file)
    result = prepare_scenario(inputs, tmp_path / "out", PrepareOptions())
    conserved(result)
    assert result.report.people_in == 2400
    with pytest.raises(InputError, match="--persons or --population"):
        prepare_scenario(
            PrepareInputs(town_file, persons=file, population=file), tmp_path / "x", PrepareOptions()
        )


def test_positions_outside_the_system_are_listed() -> None:
    lost = [PersonDeparture("a", math.inf, math.inf, "", 0.0, "car")]
    housed = house_persons(Gathered((), (), 0), lost, Boundary(None, None), projection_for(37, 49), "p.xml")
    assert housed.gathered.people_in == 1
    assert housed.gathered.not_placed[0].people == 1


def test_a_town_without_places_is_counted_by_squares() -> None:
    cells = PeoplePoints(
        np.array([37.600, 37.601, 37.650]),
        np.array([49.7, 49.7, 49.7]),
        np.array([3.4, 3.3, 5.3]),
        "EPSG:4326",
    )
    nobody = Gathered((), (), 0)
    added = add_raster_people(nobody, cells, Boundary(None, None), projection_for(37.6, 49.7), "pop.tif")
    assert sorted(place.people for place in added.places) == [5, 7]
    assert added.people_in == 12
