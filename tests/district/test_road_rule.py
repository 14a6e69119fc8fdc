"""What the tags of a way mean for a car."""

from __future__ import annotations

import pytest

from safepassage.district.class_table import ClassTable
from safepassage.district.road_rule import RoadRule, blocks, rule_of


def rule(table: ClassTable, **tags: str) -> RoadRule:
    found = rule_of({key.replace("__", ":"): value for key, value in tags.items()}, table)
    assert isinstance(found, RoadRule)
    return found


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "construction", "construction": "primary"}, "construction"),
        ({"highway": "primary", "abandoned": "yes"}, "abandoned"),
        ({"highway": "primary", "bridge": "destroyed"}, "abandoned"),
        ({"highway": "primary", "destroyed:bridge": "yes"}, "abandoned"),
        ({"highway": "residential", "motor_vehicle": "no"}, "no_access"),
        ({"highway": "residential", "access": "private"}, "private"),
        ({"highway": "service", "service": "parking_aisle"}, "minor_service"),
        ({"highway": "track"}, "unused_class"),
        ({"highway": "cycleway"}, "unknown_class"),
        ({"route": "ferry"}, "no_access"),
    ],
)
def test_roads_that_nobody_drives_on(table: ClassTable, tags: dict[str, str], reason: str) -> None:
    assert rule_of(tags, table) == reason


def test_the_most_special_access_tag_decides(table: ClassTable) -> None:
    assert rule(table, highway="residential", access="no", motor_vehicle="yes").forward
    assert rule_of({"highway": "residential", "access": "yes", "motorcar": "no"}, table) == "no_access"


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"highway": "primary"}, True, True),
        ({"highway": "primary", "oneway": "yes"}, True, False),
        ({"highway": "primary", "oneway": "-1"}, False, True),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway", "oneway": "no"}, True, True),
        ({"highway": "tertiary", "junction": "roundabout"}, True, False),
        ({"highway": "primary", "oneway": "yes", "oneway:motorcar": "no"}, True, True),
    ],
)
def test_directions(table: ClassTable, tags: dict[str, str], forward: bool, backward: bool) -> None:
    found = rule_of(tags, table)
    assert isinstance(found, RoadRule)
    assert (found.forward is not None, found.backward is not None) == (forward, backward)


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50),
        ("30 mph", 48.28032),
        ("UA:urban", 50),
        ("walk", 10),
        ("none", 130),
        ("fast", 70),
        ("0", 70),
    ],
)
def test_speed_limits(table: ClassTable, text: str, speed: float) -> None:
    found = rule(table, highway="primary", maxspeed=text).forward
    assert found
    assert found.speed_km_per_h == pytest.approx(speed)


def test_lanes_are_those_of_the_direction(table: ClassTable) -> None:
    both = rule(table, highway="primary", lanes="4")
    assert both.forward
    assert both.forward.lanes == 2
    uneven = rule(table, highway="primary", lanes="3", lanes__forward="2", lanes__backward="1")
    assert uneven.forward
    assert uneven.backward
    assert (uneven.forward.lanes, uneven.backward.lanes) == (2, 1)
    single = rule(table, highway="primary", lanes="3", oneway="yes")
    assert single.forward
    assert single.forward.lanes == 3


def test_one_lane_for_both_ways_carries_half(table: ClassTable) -> None:
    wide, narrow = rule(table, highway="tertiary"), rule(table, highway="tertiary", lanes="1")
    assert wide.forward
    assert narrow.forward
    assert narrow.forward.lane_capacity_pcu_per_h == wide.forward.lane_capacity_pcu_per_h / 2
    assert rule(table, highway="tertiary", width="3,5 m").forward == narrow.forward


def test_bad_surfaces_slow_down_but_never_speed_up(table: ClassTable) -> None:
    ground = rule(table, highway="primary", surface="ground").forward
    slow = rule(table, highway="living_street", surface="compacted").forward
    assert ground
    assert slow
    assert ground.speed_km_per_h == 30
    assert slow.speed_km_per_h == 15


def test_structures_are_flagged(table: ClassTable) -> None:
    assert rule(table, highway="primary", bridge="yes").structure == "bridge"
    assert rule(table, highway="primary", bridge="no", tunnel="yes").structure == "tunnel"
    assert rule(table, route="ferry", motor_vehicle="yes").structure == "ferry"
    ford, dry = rule(table, highway="tertiary", ford="yes"), rule(table, highway="tertiary")
    assert ford.structure == "ford"
    assert ford.forward
    assert dry.forward
    assert ford.forward.lane_capacity_pcu_per_h == dry.forward.lane_capacity_pcu_per_h / 4


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "locked": "yes"}, True),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "toll_booth"}, False),
        ({"highway": "crossing"}, False),
    ],
)
def test_barriers(tags: dict[str, str], stops: bool) -> None:
    assert blocks(tags) is stops


def test_turning_a_rule_around_twice_gives_it_back(table: ClassTable) -> None:
    one = rule(table, highway="primary", oneway="yes")
    assert one.reversed != one
    assert one.reversed.reversed == one
