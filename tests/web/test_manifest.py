"""Manifests leave the service for those who carry the people, and hold what these may see."""

from __future__ import annotations

import csv
import io

import pytest

from safepassage.operations.desk import Command, Desk
from safepassage.operations.safety.roles import Role
from tests.web.conftest import Visit

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def trip(desk: Desk) -> str:
    """Plan a trip with two persons, one of whose names is a formula."""

    def say(role: Role, kind: str, subject: str, /, **payload: object) -> None:
        desk.say(Command(kind, subject, dict(payload)), actor=str(role), agency="red", role=role)

    say(
        Role.HOTLINE,
        "person.register",
        "p1",
        given_name="Olena",
        family_name="Kovalenko",
        document="MK776655",
    )
    say(Role.HOTLINE, "person.register", "p2", given_name="=HYPERLINK(1)", need="wheelchair")
    say(
        Role.DISPATCHER, "trip.plan", "t1", agency="red", vehicle="AX1234BB", seats=9, wheelchairs=1,
        destination="centre", driver="driver",
    )  # fmt: skip
    say(Role.DISPATCHER, "trip.give_seat", "t1", person="p1")
    say(Role.DISPATCHER, "trip.give_seat", "t1", person="p2", need="wheelchair")
    return "t1"


def test_the_driver_gets_first_names_and_places_and_nothing_else(visit: Visit, trip: str) -> None:
    answer = visit("driver").get(f"/v1/trips/{trip}/manifest", params={"form": "csv"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["person"], row["first_name"], row["need"]) for row in rows] == [
        ("p1", "Olena", "seat"),
        ("p2", "'=HYPERLINK(1)", "wheelchair"),
    ]
    assert "Kovalenko" not in answer.text
    assert "MK776655" not in answer.text


def test_the_paper_is_a_pdf(visit: Visit, trip: str) -> None:
    answer = visit("driver").get(f"/v1/trips/{trip}/manifest")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "hotline", "authoriser"])
def test_nobody_else_learns_who_is_on_board(visit: Visit, trip: str, role: str) -> None:
    assert visit(role).get(f"/v1/trips/{trip}/manifest").status_code in {403, 404}
    assert visit("").get(f"/v1/trips/{trip}/manifest").status_code == 401


def test_a_trip_that_does_not_exist_looks_like_one_that_may_not_be_seen(visit: Visit, trip: str) -> None:
    missing = visit("hotline").get("/v1/trips/none/manifest")
    hidden = visit("hotline").get(f"/v1/trips/{trip}/manifest")
    assert (missing.status_code, missing.json()["code"]) == (hidden.status_code, hidden.json()["code"])
