"""Claims: copies count once, and a decision stands above them without hiding any."""

from __future__ import annotations

from typing import Any

import pytest

from safepassage.operations.desk import Command, Desk, SetAsideError
from safepassage.operations.fold.view import Why
from safepassage.operations.records.claims import Incident
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import records

DAY_MS = 86_400_000


def claim(desk: Desk, value: str, source: str, heard_from: str = "") -> str:
    payload: dict[str, Any] = {"about": "bridge", "predicate": "open", "value": value, "source": source}
    command = Command("claim.report", "c", {**payload, "heard_from": heard_from})
    return desk.say(command, actor="field", agency="red", role=Role.FIELD).place


def bridge(desk: Desk) -> Incident:
    with desk.database.reading() as connection:
        found = records.find(connection, "incident/bridge:open")
    assert isinstance(found, Incident)
    return found


def test_copies_of_one_source_count_once(desk: Desk) -> None:
    now = desk.now_ms()
    claim(desk, "no", "scout")
    claim(desk, "no", "radio", heard_from="scout")
    claim(desk, "no", "chat", heard_from="radio")
    assert bridge(desk).status(now, DAY_MS) == "unassessed"
    claim(desk, "no", "second-scout")
    assert bridge(desk).status(now, DAY_MS) == "corroborated"
    claim(desk, "yes", "driver")
    assert bridge(desk).status(now, DAY_MS) == "contested"
    assert bridge(desk).status(now + 2 * DAY_MS, DAY_MS) == "stale"
    assert len(bridge(desk).claims) == 5


def test_a_decision_cites_claims_and_names_who_decided(desk: Desk) -> None:
    cited = claim(desk, "no", "scout")

    def decide(*cites: str) -> None:
        payload = {"value": "no", "cites": list(cites), "reason": "seen twice"}
        command = Command("incident.decide", "bridge:open", payload)
        desk.say(command, actor="authoriser", agency="red", role=Role.AUTHORISER)

    for wrong in ((), ("elsewhere",)):
        with pytest.raises(SetAsideError) as caught:
            decide(*wrong)
        assert caught.value.receipt.reason == Why.UNKNOWN_CHOICE
    decide(cited)
    assert (bridge(desk).decided, bridge(desk).decided_by, bridge(desk).cites) == (
        "no",
        "authoriser",
        (cited,),
    )
