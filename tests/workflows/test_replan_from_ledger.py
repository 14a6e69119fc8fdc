"""What the ledger knows reaches the next plan: a lost crossing, who leaves, and who is under way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.formats.plan_folder import read_plan_folder
from safepassage.model.people import PeopleCount
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.operations.desk import Command, Desk
from safepassage.operations.planning import PlanningFacts, facts_for_planning
from safepassage.operations.safety.roles import Role
from safepassage.workflows.ledger_changes import ledger_changes
from safepassage.workflows.plan import plan_folder
from safepassage.workflows.replan import ReplanResult, replan_folder
from tests.operations.conftest import database, desk, master, postgres_folder, watch

__all__ = ["database", "desk", "master", "postgres_folder", "watch"]

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AT = "+0:05"
AT_S = 300


@pytest.fixture(scope="module")
def plan(valley_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan the valley once."""
    return plan_folder(valley_folder, tmp_path_factory.mktemp("plans") / "valley").output


def say(desk: Desk, role: Role, kind: str, subject: str, /, **payload: Any) -> str:
    return desk.say(Command(kind, subject, payload), actor=str(role), agency="red", role=role).place


def contest(desk: Desk, subject: str, decided: str = "") -> PlanningFacts:
    """Let two sources disagree on a crossing, and somebody decide."""
    for number, (source, value) in enumerate((("caller-7", "lost"), ("patrol-3", "open"))):
        say(
            desk, Role.FIELD, "claim.report", f"c-{number}", about=subject, predicate="status", value=value,
            source=source,
        )  # fmt: skip
    if decided:
        incident = f"{subject}:status"
        cites = [claim.event for claim in _claims(desk, incident)]
        say(desk, Role.AUTHORISER, "incident.decide", incident, value=decided, cites=cites)
    return facts_for_planning(desk.database)


def _claims(desk: Desk, incident: str) -> Any:
    from safepassage.operations.store import records

    with desk.database.reading() as connection:
        return getattr(records.find(connection, f"incident/{incident}"), "claims", ())


def used_after(plan: Plan, at_s: float) -> set[str]:
    routes = {route.id: set(route.links) for route in plan.routes}
    return set().union(*(routes[wave.route] for wave in plan.waves if wave.end_s > at_s))


def bridge_links(scenario: Scenario) -> set[str]:
    network = scenario.network
    return {link for link, name in zip(network.link_id, network.crossing, strict=True) if name}


def anew(folder: Path, plan: Path, output: Path, facts: PlanningFacts) -> ReplanResult:
    return replan_folder(folder, plan, output, at=AT, ledger=facts)


@sqlite
def test_a_crossing_that_was_decided_lost_is_not_used_again(
    desk: Desk, valley: Scenario, valley_folder: Path, plan: Path, tmp_path: Path
) -> None:
    facts = contest(desk, "River-bridge", "lost")
    result = anew(valley_folder, plan, tmp_path / "new", facts)
    lost = bridge_links(valley)
    assert used_after(read_plan_folder(plan).plan, AT_S) & lost
    assert not used_after(result.replanned.plan, AT_S) & lost
    assert result.facts()["ledger"] == {
        "closed": sorted(lost), "demand": [], "pins": [], "left_out": [],
    }  # fmt: skip


@sqlite
@pytest.mark.parametrize("decided", ["", "open"])
def test_what_is_only_claimed_or_decided_open_closes_nothing(
    desk: Desk, valley: Scenario, decided: str
) -> None:
    changes = ledger_changes(valley, contest(desk, "River-bridge", decided), AT_S)
    assert changes.closures == ()
    assert changes.left_out == ()


@sqlite
def test_a_decision_that_no_plan_understands_is_told(desk: Desk, valley: Scenario) -> None:
    contest(desk, "River-bridge", "half gone")
    changes = ledger_changes(valley, contest(desk, "nowhere", "lost"), AT_S)
    assert changes.closures == ()
    assert len(changes.left_out) == 2
    assert "half gone" in changes.left_out[0]


@sqlite
def test_those_who_refuse_are_no_demand_and_verified_requests_are(desk: Desk, valley: Scenario) -> None:
    place = next(place for place in valley.settlements if place.id == "A-VERBA")
    for person, age in (("p1", 40), ("p2", 70), ("p3", 70)):
        say(desk, Role.HOTLINE, "person.register", person, settlement="A-VERBA", age_from=age, age_to=age)
    for person in ("p1", "p2"):
        say(
            desk, Role.FIELD, "refusal.record", f"r-{person}", person=person, form_version="1",
            reason_code="housing", text_hash="",
        )  # fmt: skip
    for request, verified in (("q1", True), ("q2", False)):
        say(
            desk,
            Role.HOTLINE,
            "request.open",
            request,
            settlement="A-VERBA",
            channel="hotline",
            wheelchair=20,
        )
        if verified:
            say(desk, Role.HOTLINE, "request.verify", request, by="call_back")
    (change,) = ledger_changes(valley, facts_for_planning(desk.database), AT_S).demand
    assert change.people.total == place.people.total - 2
    assert (change.wheelchair, change.stretcher) == (20, place.stretcher)
    assert change.people == PeopleCount(
        adults=place.people.adults - 1, children=60, older=place.people.older - 1 - 6, low_mobility=21
    )


@sqlite
def test_a_vehicle_under_way_keeps_its_destination(desk: Desk, valley: Scenario) -> None:
    for trip, vehicle in (("t1", "bus-01"), ("t2", "bus-02"), ("t3", "stranger")):
        say(
            desk, Role.DISPATCHER, "trip.plan", trip, agency="red", vehicle=vehicle, seats=45,
            destination="reception_city",
        )  # fmt: skip
    for trip in ("t1", "t3"):
        say(desk, Role.DISPATCHER, "trip.confirm", trip)
        say(desk, Role.DISPATCHER, "trip.open_boarding", trip)
        say(desk, Role.DISPATCHER, "trip.depart", trip)
    pins = ledger_changes(valley, facts_for_planning(desk.database), AT_S).pins
    assert [(pin.subject, pin.value, pin.author) for pin in pins] == [("bus-01", "reception_city", "red")]


def test_the_command_asks_the_ledger(valley_folder: Path, plan: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run = CliRunner()
    assert run.invoke(app, ["admin", "init", "--data", str(ledger)]).exit_code == 0
    command = ["replan", str(valley_folder), str(plan), "--at", AT, "-o", str(tmp_path / "new")]
    told = run.invoke(app, [*command, "--ledger", str(ledger)])
    assert told.exit_code in (0, 4), told.output
    assert "From the ledger: 0 roads lost" in told.output
