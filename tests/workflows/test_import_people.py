"""Lists become records of the ledger: all or nothing, and the same list twice changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.formats.scenario_folder import read_scenario
from safepassage.model.scenario import Scenario
from safepassage.operations.desk import Command, Desk, NotAllowedError
from safepassage.operations.ledger import ledger, total
from safepassage.operations.names import NameIndex
from safepassage.operations.reading import Reader, ReadingRoom
from safepassage.operations.safety.roles import Role
from safepassage.workflows.import_people import ImportResult, ListFile, import_list
from safepassage.workflows.list_subject import Subject
from tests.operations.conftest import database, desk, master, postgres_folder, watch

__all__ = ["database", "desk", "master", "postgres_folder", "watch"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOTLINE = Reader("hotline", "red", Role.HOTLINE)
BUNDLED = Path(__file__).resolve().parents[2] / "safepassage" / "scenarios" / "kupiansk-2023"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Read the bundled scenario."""
    return read_scenario(BUNDLED).scenario


def listed(
    text: str, subject: Subject = Subject.PEOPLE, name: str = "list.csv", source: str = "h"
) -> ListFile:
    return ListFile(Path(name), subject, source, {}, text.encode())


def enter(desk: Desk, text: str, scenario: Scenario | None = None) -> ImportResult:
    return import_list(desk, listed(text), HOTLINE, scenario=scenario)


PEOPLE = (
    "№ анкети,родина,піб,вік,телефон,нп,адреса,рішення\n"
    "1,A,Коваль Олена,72,0501234567,{place},Лісова 7,згодна\n"
    "2,A,Коваль Іван,8,,{place},,\n"
    "3,,Бондар Петро,50,,{place},,\n"
)


def test_a_list_is_entered_and_found(desk: Desk, scenario: Scenario) -> None:
    place = next(place for place in scenario.settlements if place.in_scope)
    result = enter(desk, PEOPLE.format(place=place.name_uk), scenario)
    assert result.imported.new == {"household": 1, "person": 3}
    row = next(row for row in ledger(desk.database) if row.settlement == place.id)
    assert (row.willing, row.unknown, row.eligible) == (2, 1, 3)
    reading = ReadingRoom(desk)
    assert [found["age_from"] for found in reading.found_by(HOTLINE, "phone", "+380501234567")] == [72]
    assert len(NameIndex(desk).search("Olena Koval")) >= 1


def test_the_same_list_twice_changes_nothing(desk: Desk) -> None:
    enter(desk, PEOPLE.format(place="UA63080090010012345"))
    before = ReadingRoom(desk).changes(HOTLINE, "")
    again = enter(desk, PEOPLE.format(place="UA63080090010012345"))
    assert again.imported.new == {}
    assert again.imported.known == {"household": 1, "person": 3}
    assert ReadingRoom(desk).changes(HOTLINE, "")[1] == before[1]


def test_a_dry_run_tells_and_enters_nothing(desk: Desk) -> None:
    given = listed(PEOPLE.format(place="UA63080090010012345"))
    result = import_list(desk, given, HOTLINE, dry_run=True)
    assert result.imported.new == {"household": 1, "person": 3}
    assert total(ledger(desk.database)).eligible == 0


def test_one_fault_keeps_the_whole_list_out(desk: Desk, scenario: Scenario) -> None:
    text = PEOPLE.format(place="Нетакесело").replace("0501234567", "12")
    with pytest.raises(InputError) as told:
        enter(desk, text, scenario)
    assert {(fault.row, fault.column) for fault in told.value.faults} == {
        (2, "phone"), (2, "settlement"), (3, "settlement"), (4, "settlement"),
    }  # fmt: skip
    assert total(ledger(desk.database)).eligible == 0


def test_numbers_of_two_sources_are_not_taken_for_each_other(desk: Desk) -> None:
    text = "№ анкети,піб\n1,Коваль Олена\n"
    import_list(desk, listed(text, source="hromada"), HOTLINE)
    other = listed("№ анкети,піб\n1,Бондар Петро\n", source="volunteers")
    assert import_list(desk, other, HOTLINE).imported.new == {"person": 1}
    changed = listed("№ анкети,піб\n1,Бондар Петро\n", source="hromada")
    result = import_list(desk, changed, HOTLINE)
    assert result.imported.new == {}
    assert [fault.row for fault in result.warnings] == [2]


def test_namesakes_are_two_persons_and_a_repeated_row_is_one(desk: Desk) -> None:
    result = enter(
        desk, "піб,телефон\nКоваль Олена,0501234567\nКоваль Олена,0671234567\nКоваль Олена,0671234567\n"
    )
    assert result.imported.new == {"person": 2}
    assert [fault.row for fault in result.warnings] == [4]


def test_requests_come_in_and_a_second_list_of_them_does_not(desk: Desk) -> None:
    text = "id,settlement,persons,phone,comment\n7,UA63080090010012345,2,0501234567,no legs to walk\n"
    for new in ({"request": 1}, {}):
        assert import_list(desk, listed(text, Subject.REQUESTS), HOTLINE).imported.new == new
    found, _next = ReadingRoom(desk).page(HOTLINE, "request")
    assert [(item["seat"], item["contact"], item["state"]) for item in found] == [(2, "+380501234567", "new")]


def test_a_household_has_one_place_and_one_decision(desk: Desk) -> None:
    text = (
        "родина,піб,нп,рішення\nA,Коваль Олена,UA63080090010012345,згодна\n"
        "A,Коваль Іван,UA63080090010012399,відмова\n"
    )
    with pytest.raises(InputError) as told:
        enter(desk, text)
    assert {fault.column for fault in told.value.faults} == {"settlement", "decision"}


def test_whom_a_gate_saw_first_is_filled_in(desk: Desk) -> None:
    person = "11111111-2222-4333-8444-555555555555"
    desk.say(
        Command("person.check_in", person, {"stage": "transit", "site": "centre"}),
        actor="site", agency="red", role=Role.SITE,
    )  # fmt: skip
    result = enter(desk, f"id,піб\n{person},Коваль Олена\n")
    assert result.imported.new == {"person": 1}
    shown = ReadingRoom(desk).one(HOTLINE, "person", person)
    assert shown is not None
    assert (shown["family_name"], shown["state"]) == ("Коваль", "arrived_transit")


def test_who_may_not_say_something_of_a_list_enters_nothing(desk: Desk) -> None:
    text = PEOPLE.format(place="UA63080090010012345")
    for role in (Role.DISPATCHER, Role.FIELD, Role.ANALYST, Role.ADMIN):
        with pytest.raises(NotAllowedError):
            import_list(desk, listed(text), Reader(str(role), "red", role))
    assert total(ledger(desk.database)).eligible == 0
    plain = listed("піб\nКоваль Олена\n")
    assert import_list(desk, plain, Reader("dispatcher", "red", Role.DISPATCHER)).imported.new == {
        "person": 1
    }
