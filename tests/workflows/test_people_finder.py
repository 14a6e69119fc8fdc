"""PFIF 1.4 out and in: only those who are sought, nothing of where they are without their consent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.pfif import NAMESPACE, PfifNote, PfifPerson, pfif_xml, read_pfif
from safepassage.operations.desk import Command, Desk, NotAllowedError
from safepassage.operations.reading import Reader, ReadingRoom
from safepassage.operations.safety.roles import Role
from safepassage.workflows.import_people import ImportResult, ListFile, import_list
from safepassage.workflows.list_subject import Subject
from safepassage.workflows.people_finder import export_pfif
from tests.operations.conftest import database, desk, master, postgres_folder, watch

__all__ = ["database", "desk", "master", "postgres_folder", "watch"]

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TRACING = Reader("tracing", "red", Role.TRACING)
HOTLINE = Reader("hotline", "red", Role.HOTLINE)


def say(desk: Desk, role: Role, kind: str, subject: str, /, **payload: Any) -> None:
    desk.say(Command(kind, subject, payload), actor=str(role), agency="red", role=role)


@pytest.fixture
def sought(desk: Desk) -> str:
    """Bring a woman to the centre for whom her sister asks, a child who is sought, and two others."""
    say(desk, Role.DISPATCHER, "site.declare", "centre", settlement="Шевченкове", beds=50)
    for person, age, name in (
        ("p1", 72, "Олена"),
        ("kid", 7, "Тарас"),
        ("p3", 40, "Петро"),
        ("dead", 80, "Ганна"),
    ):
        say(
            desk, Role.HOTLINE, "person.register", person, settlement="UA1", given_name=name,
            family_name="Коваль", age_from=age, age_to=age, document="MK776655", phone="+380501234567",
        )  # fmt: skip
        say(desk, Role.SITE, "person.check_in", person, stage="transit", site="centre")
    say(desk, Role.AUTHORISER, "person.deceased", "dead")
    for person in ("p1", "kid", "dead"):
        say(desk, Role.TRACING, "tracing.open", f"t-{person}", sought=person, enquirer="sister Halyna")
    return "p1"


def exported(desk: Desk, **options: Any) -> dict[str, PfifPerson]:
    text = export_pfif(ReadingRoom(desk), desk, TRACING, domain="kupiansk.example", **options)
    faults = FaultList()
    people = read_pfif("out.xml", text.encode(), faults)
    assert not faults.collected()
    for secret in ("MK776655", "+380501234567", "Halyna", "centre"):
        assert secret not in text
    return {person.person_record_id.partition("/")[2]: person for person in people}


@sqlite
def test_only_those_who_are_sought_leave_and_none_is_said_to_live(desk: Desk, sought: str) -> None:
    people = exported(desk)
    assert set(people) == {sought, "kid"}
    assert people[sought].full_name == "Олена Коваль"
    assert [note.status for note in people[sought].notes] == ["information_sought"]
    assert set(exported(desk, everyone=True)) == {sought, "kid", "p3"}


@sqlite
def test_where_somebody_is_leaves_after_their_consent_and_never_of_a_child(desk: Desk, sought: str) -> None:
    for person in (sought, "kid"):
        say(desk, Role.TRACING, "tracing.match", f"t-{person}", match=person)
    assert not any(note.last_known_location for note in exported(desk)[sought].notes)
    for person in (sought, "kid"):
        say(desk, Role.TRACING, "tracing.consent", f"t-{person}", consent=True)
    people = exported(desk)
    seen = next(note for note in people[sought].notes if note.status == "believed_alive")
    assert (seen.last_known_location, seen.author_made_contact) == ("Шевченкове", "true")
    assert {note.status for note in people["kid"].notes} == {"information_sought"}


@sqlite
def test_nobody_else_exports(desk: Desk) -> None:
    for role in set(Role) - {Role.TRACING}:
        with pytest.raises(NotAllowedError):
            export_pfif(ReadingRoom(desk), desk, Reader(str(role), "red", role))


OTHER = PfifPerson(
    person_record_id="other.example/7", source_date="2023-08-09T10:00:00Z", full_name="Тарас Бондар",
    given_name="Тарас", family_name="Бондар", sex="male", age="30-40",
    notes=(
        PfifNote("other.example/n1", "other.example/7", author_name="Брат", status="information_sought",
                 source_date="2023-08-09T10:00:00Z", text="Де він?"),
        PfifNote("other.example/n2", "other.example/7", linked_person_record_id="third.example/9",
                 status="believed_alive", source_date="2023-08-09T11:00:00Z", text="Бачили"),
    ),
)  # fmt: skip


def entered(desk: Desk, reader: Reader, *people: PfifPerson) -> ImportResult:
    given_file = ListFile(Path("other.xml"), Subject.PEOPLE, "other", {}, pfif_xml(people).encode())
    return import_list(desk, given_file, reader)


@sqlite
def test_a_file_of_another_registry_comes_in(desk: Desk) -> None:
    expired = replace(OTHER, person_record_id="other.example/8", expiry_date="2023-01-01T00:00:00Z")
    nobody = PfifPerson("other.example/9", source_date="2023-08-09T10:00:00Z")
    assert entered(desk, TRACING, OTHER).imported.new == {}
    result = entered(desk, HOTLINE, OTHER, expired, nobody)
    assert result.imported.new == {"person": 1}
    assert {fault.column for fault in result.warnings} == {"expiry_date", "linked_person_record_id", "note"}
    shown = ReadingRoom(desk).page(HOTLINE, "person")[0][0]
    assert (shown["given_name"], shown["family_name"], shown["age_from"]) == ("Тарас", "Бондар", 30)
    assert shown["merged_into"] == ""
    assert shown["state"] == "registered"
    assert entered(desk, TRACING, OTHER).imported.new == {"tracing": 1}
    assert entered(desk, TRACING, OTHER).imported.new == {}
    assert [person.full_name for person in exported(desk).values()] == ["Тарас Бондар"]


def test_what_is_written_reads_back_the_same() -> None:
    faults = FaultList()
    assert read_pfif("x.xml", pfif_xml([OTHER]).encode(), faults) == (OTHER,)
    assert not faults.collected()


@given(st.text(max_size=60))
def test_any_name_survives_and_none_breaks_the_document(name: str) -> None:
    person = replace(OTHER, full_name=name, notes=())
    back = read_pfif("x.xml", pfif_xml([person]).encode(errors="replace"), FaultList())
    assert len(back) == 1
    if name.isalnum():
        assert back[0].full_name == name


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    f'<pfif xmlns="{NAMESPACE}"><person><full_name>&b;</full_name></person></pfif>'
)
OUTSIDE = f'<!DOCTYPE x [<!ENTITY a SYSTEM "secret.txt">]><pfif xmlns="{NAMESPACE}">&a;</pfif>'


@pytest.mark.parametrize(
    "text", [LAUGHS, OUTSIDE, "<html/>", "", "<pfif", "<a>" * 5000, f'<pfif xmlns="{NAMESPACE[:-1]}3"/>']
)
def test_bombs_and_other_documents_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_pfif("x.xml", text.encode(), FaultList())


def test_everything_wrong_with_a_file_is_said() -> None:
    bad = replace(
        OTHER, person_record_id="7", source_date="gestern", notes=(replace(OTHER.notes[0], status="gone"),)
    )
    faults = FaultList()
    read_pfif("x.xml", pfif_xml([bad]).encode(), faults)
    assert {fault.column for fault in faults.collected()} == {"person_record_id", "source_date", "status"}
