"""Where officers stand, what they wave on and what they close."""

from __future__ import annotations

import math

from safepassage.model.people import PeopleCount
from safepassage.model.plan import Route, Turn, Wave
from safepassage.planner.surge.control import control_points
from tests.planner.small_roads import drivers, roads

NETWORK = roads(
    [
        ("north", "fork", 5, 600),
        ("south", "fork", 5, 600),
        ("fork", "bend", 5, 600),
        ("bend", "city", 5, 600),
        ("fork", "wood", 5, 600),
    ]
)


def _by_node(chains: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, tuple[Turn, ...], tuple[str, ...]]]:
    scenario = drivers(NETWORK, {"north": 10, "south": 10}, {"city": math.inf})
    routes = [Route(f"{name}>city", name, "city", links, 1.0, 1.0) for name, links in chains.items()]
    waves = [
        Wave(f"{name}/1", name, f"{name}>city", 0, 600, 10, 10, PeopleCount(adults=10)) for name in chains
    ]
    points = control_points(scenario, routes, waves, ())
    return {point.node: (point.reason, point.turns, point.closed_links) for point in points}


def test_an_officer_stands_where_streams_merge_and_closes_what_nobody_takes() -> None:
    to_city = (NETWORK.link_id[2], NETWORK.link_id[3])
    found = _by_node({"north": (NETWORK.link_id[0], *to_city), "south": (NETWORK.link_id[1], *to_city)})
    assert set(found) == {"fork"}
    reason, turns, closed = found["fork"]
    assert reason == "junction"
    assert {(turn.from_link, turn.to_link): turn.vehicles for turn in turns} == {
        (NETWORK.link_id[0], NETWORK.link_id[2]): 10,
        (NETWORK.link_id[1], NETWORK.link_id[2]): 10,
    }
    assert closed == (NETWORK.link_id[4],)


def test_nobody_stands_where_one_stream_only_drives_through() -> None:
    assert _by_node({"north": (NETWORK.link_id[0], NETWORK.link_id[2], NETWORK.link_id[3])}) == {}
