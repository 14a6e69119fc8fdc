"""Households: whole people, none lost, none made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import ModelError
from safepassage.model.households import form_households
from safepassage.model.people import (
    HouseholdGroup,
    NeedCount,
    PeopleCount,
    Settlement,
)
from safepassage.model.scenario import Scenario

counts = st.integers(0, 150)


@st.composite
def settlements(draw: st.DrawFn) -> Settlement:
    people = PeopleCount(draw(counts), draw(counts), draw(counts), draw(counts))
    wheelchair = draw(st.integers(0, people.low_mobility))
    return Settlement(
        "s", "С", "S", "C", 50.0, 30.0, "n", people,
        wheelchair=wheelchair,
        stretcher=draw(st.integers(0, people.low_mobility - wheelchair)),
        household_size=draw(st.floats(1, 8)),
        car_share=draw(st.floats(0, 1)),
    )  # fmt: skip


@given(settlements())
def test_households_hold_exactly_the_people_of_the_settlement(settlement: Settlement) -> None:
    groups = form_households(settlement)
    assert sum((group.people.times(group.count) for group in groups), PeopleCount()) == settlement.people
    needs = sum((group.needs.times(group.count) for group in groups), NeedCount())
    assert (needs.wheelchair, needs.stretcher) == (settlement.wheelchair, settlement.stretcher)
    assert needs.total == settlement.people.total
    assert form_households(settlement) == groups


@given(settlements())
def test_household_sizes_differ_by_one_at_most(settlement: Settlement) -> None:
    sizes = {group.people.total for group in form_households(settlement)}
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(settlements())
def test_cars_have_drivers_and_carry_their_share_within_a_household(settlement: Settlement) -> None:
    groups = form_households(settlement)
    drivers = [group for group in groups if group.has_car]
    assert all(group.people.adults + group.people.older > 0 for group in drivers)
    assert all(group.needs.wheelchair + group.needs.stretcher == 0 for group in drivers)
    carried = sum(group.count * group.people.total for group in drivers)
    largest = max((group.people.total for group in groups), default=0)
    assert carried <= round(settlement.car_share * settlement.people.total) + largest


def test_the_valley_lives_in_households(valley: Scenario) -> None:
    verba = valley.settlements[0]
    groups = form_households(verba)
    assert sum(group.count for group in groups) == round(300 / 2.5)
    carried = sum(group.count * group.people.total for group in groups if group.has_car)
    assert abs(carried - 150) <= 1, "half of the people have a car"


def test_nobody_lives_in_no_household() -> None:
    assert form_households(Settlement("s", "С", "", "", 50.0, 30.0, "", PeopleCount())) == ()


def test_counts_add_and_subtract_by_group() -> None:
    one, two = PeopleCount(1, 2, 3, 4), PeopleCount(4, 3, 2, 1)
    assert one + two == PeopleCount(5, 5, 5, 5)
    assert one + two - two == one
    assert one.times(3).total == 30
    needs = NeedCount(seat=3, wheelchair=1, stretcher=1, carer=2)
    assert (needs.total, needs.seats) == (7, 5)
    assert needs + needs - needs == needs
    with pytest.raises(ModelError, match="whole number"):
        _ = one - two


@pytest.mark.parametrize("number", [-1, 0.5])
def test_persons_are_whole_and_not_negative(number: float) -> None:
    with pytest.raises(ModelError, match=r"PeopleCount\.adults"):
        PeopleCount(number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wheelchair": 3}, "exceed low_mobility"),
        ({"household_size": 0.5}, "household_size"),
        ({"household_size": float("nan")}, "household_size"),
        ({"car_share": 1.1}, "car_share"),
        ({"hazard": -0.1}, "hazard"),
        ({"stretcher": -1}, "stretcher"),
    ],
)
def test_a_settlement_that_contradicts_itself_is_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Settlement("s", "С", "S", "C", 50.0, 30.0, "n", PeopleCount(1, 0, 0, 2), **change)  # type: ignore[arg-type]


def test_a_household_counts_its_members_once() -> None:
    with pytest.raises(ModelError, match="differ in number"):
        HouseholdGroup(1, PeopleCount(2), NeedCount(seat=1), has_car=False)
    with pytest.raises(ModelError, match="positive"):
        HouseholdGroup(0, PeopleCount(1), NeedCount(seat=1), has_car=False)
