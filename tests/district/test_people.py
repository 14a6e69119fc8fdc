"""People in are people placed and people listed as not placed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from safepassage.district.apportion import apportion
from safepassage.district.places import (
    UNKNOWN_PEOPLE,
    Boundary,
    add_raster_people,
    places_of_map,
    places_of_table,
)
from safepassage.district.projection import projection_for
from safepassage.district.shares import GROUPS, Shares, divide_people, parse_shares, share_assumptions
from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.osm import OsmExtract, OsmFeature
from safepassage.formats.raster import PeoplePoints
from safepassage.formats.settlement_table import SettlementRow, read_settlement_table

EVERYWHERE = Boundary(None, None)


def rows_of(folder: Path, text: str) -> tuple[SettlementRow, ...]:
    path = folder / "people.csv"
    path.write_text(text, "utf-8")
    return read_settlement_table(path, FaultList())


@given(st.integers(0, 10**6), st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_apportioned_parts_sum_to_the_whole_and_stay_near_their_share(
    total: int, weights: list[float]
) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    whole = math.fsum(weights)
    if whole > 0:
        assert all(
            abs(part - total * weight / whole) < 1 + 1e-6 for part, weight in zip(parts, weights, strict=True)
        )


@given(st.integers(0, 5000), st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 300)))
def test_groups_sum_to_the_population_and_keep_what_is_known(
    more: int, given_groups: Mapping[str, int]
) -> None:
    population = more + sum(given_groups.values())
    people, wheelchair, stretcher = divide_people(population, given_groups, Shares())
    assert people.total == population
    assert wheelchair + stretcher <= people.low_mobility
    kept = {name: getattr(people, name) for name in given_groups}
    if len(given_groups) < len(GROUPS):
        assert kept == dict(given_groups)


def test_shares_are_read_and_become_assumptions() -> None:
    shares = parse_shares("children=0.3, car=0.2")
    assert (shares.children, shares.car, shares.older) == (0.3, 0.2, Shares().older)
    assumptions = {item.id: item for item in share_assumptions(shares, uniform={})}
    assert assumptions["people-car"].value == 0.2
    assert assumptions["people-car"].targets == ("settlement.csv:*:car_share",)
    assert all(item.low <= item.value <= item.high for item in assumptions.values())


@pytest.mark.parametrize("text", ["childern=0.3", "children=many", "children=1.5", "children=0.6,older=0.6"])
def test_wrong_shares_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--shares"):
        parse_shares(text)


def test_a_table_is_matched_by_code_name_and_position(tmp_path: Path, town: OsmExtract) -> None:
    rows = rows_of(
        tmp_path,
        "name,code,population,lat,lon\n"
        "Skhidne,,310,,\n"
        "ЗАХІД,UA1,2500,,\n"
        "Elsewhere,,40,,\n"
        "Own place,UA2,7,49.702,37.61\n",
    )
    gathered = places_of_table(rows, town.places, EVERYWHERE)
    placed = {place.id: place for place in gathered.places}
    assert set(placed) == {"osm-n71", "UA1", "UA2"}
    assert placed["osm-n71"].people == 310
    assert placed["UA1"].latitude_deg == pytest.approx(49.714)
    assert [(item.label, item.people) for item in gathered.not_placed] == [("Elsewhere", 40)]
    assert gathered.people_in == 2857
    assert gathered.unlisted == ("Хутір",)


def test_duplicates_and_occupied_rows_are_listed_not_lost(tmp_path: Path, town: OsmExtract) -> None:
    rows = rows_of(
        tmp_path,
        "name,code,population,occupied\nЗахід,UA1,2000,0\nЗахід,UA1,500,0\nСхідне,UA2,300,true\n",
    )
    gathered = places_of_table(rows, town.places, EVERYWHERE)
    assert [place.people for place in gathered.places] == [2000]
    assert [(item.where, item.people) for item in gathered.not_placed] == [
        ("people.csv:3", 500),
        ("people.csv:4", 300),
    ]
    assert "row 2" in gathered.not_placed[0].reason
    assert gathered.people_in == 2800


def test_two_places_of_one_name_are_not_guessed() -> None:
    twins = [OsmFeature(f"n{k}", 37.0 + k, 49.0, {"place": "village", "name": "Мирне"}) for k in (1, 2)]
    row = SettlementRow("t.csv", 2, "", "Мирне", "", "", math.nan, math.nan, 90, {}, {})
    gathered = places_of_table([row], twins, EVERYWHERE)
    assert gathered.places == ()
    assert "2 places" in gathered.not_placed[0].reason
    near = SettlementRow("t.csv", 2, "", "Мирне", "", "", 39.001, 49.0, 90, {}, {})
    assert places_of_table([near], twins, EVERYWHERE).places[0].id == "osm-n2"


def test_people_in_forbidden_areas_are_listed(town: OsmExtract) -> None:
    boundary = Boundary(None, shapely.box(37.64, 49.7, 37.66, 49.72))
    gathered = places_of_map(town.places, boundary)
    assert {place.name_en for place in gathered.places} == {"West Town", "Хутір"}
    assert [(item.label, item.people) for item in gathered.not_placed] == [("Схід'не", 300)]


def test_raster_people_go_to_the_nearest_place_and_none_is_lost(town: OsmExtract) -> None:
    unknown = [
        OsmFeature(f.id, f.longitude_deg, f.latitude_deg, {**f.tags, "population": ""}) for f in town.places
    ]
    gathered = places_of_map(unknown, EVERYWHERE)
    assert {place.people for place in gathered.places} == {UNKNOWN_PEOPLE}
    cells = PeoplePoints(
        np.array([37.612, 37.613, 37.645, 38.5]),
        np.array([49.714, 49.715, 49.711, 49.7]),
        np.array([100.4, 50.3, 20.2, 7.3]),
        "EPSG:4326",
    )
    added = add_raster_people(gathered, cells, EVERYWHERE, projection_for(37.6, 49.7), "pop.tif")
    people = {place.name_en: place.people for place in added.places}
    assert people == {"West Town": 151, "Skhidne": 20, "Хутір": 0}
    assert added.people_in == 178
    assert [item.people for item in added.not_placed] == [7]


def test_raster_cells_beside_a_counted_place_are_not_counted_again(town: OsmExtract) -> None:
    gathered = places_of_map(town.places, EVERYWHERE)
    cells = PeoplePoints(np.array([37.612]), np.array([49.714]), np.array([100.0]), "EPSG:4326")
    added = add_raster_people(gathered, cells, EVERYWHERE, projection_for(37.6, 49.7), "pop.tif")
    assert added.people_in == gathered.people_in
