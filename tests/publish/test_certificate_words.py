"""Short names of a certificate in words."""

from __future__ import annotations

from safepassage.i18n import use_language
from safepassage.publish.certificate_words import binding_words, bound_part_words, bounded_words
from tests.publish.examples import valley

SCENARIO = valley().scenario


def test_limits_are_named_in_the_readers_language() -> None:
    assert binding_words(SCENARIO, "cars: Checkpoint") == "cars: Checkpoint"
    assert binding_words(SCENARIO, "vehicles: seated") == "number of vehicles and places: people who sit"
    with use_language("uk"):
        assert binding_words(SCENARIO, "cars: Checkpoint") == "автомобілі: Блокпост"


def test_parts_of_the_bound_tell_whom_and_how() -> None:
    assert bound_part_words("cars_farthest") == "People in cars: the longest way alone"
    assert bound_part_words("fleet_stretcher_work") == "People on stretchers: work of the vehicles"


def test_unknown_names_are_shown_as_they_are() -> None:
    assert bounded_words("boats") == "boats"
    assert bound_part_words("tide") == "tide"
    assert binding_words(SCENARIO, "bridge-17") == "bridge-17"
