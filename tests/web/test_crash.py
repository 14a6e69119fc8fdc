"""Killed at any step of a write, the service has kept what it acknowledged and the projections agree."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safepassage.operations.desk import Desk
from safepassage.operations.login import Door
from safepassage.operations.maintenance import first_broken_event, rebuild
from safepassage.operations.store import audit, devices, events, records
from safepassage.operations.store.steps import Step
from tests.operations.field import FieldDevice, document, folded

REPOSITORY = Path(__file__).resolve().parents[2]
BATCHES, EACH, KILLED_AT = 3, 5, 2
# The store decides what is durable, so every step is tried on one and the last ones on the other.
CASES = [("sqlite", step) for step in Step] + [("postgresql", Step.KEPT), ("postgresql", Step.DURABLE)]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def wait_until_up(process: subprocess.Popen[bytes], address: str) -> None:
    with httpx2.Client(transport=httpx2.HTTPTransport(retries=0), timeout=5) as client:
        while process.poll() is None:
            try:
                client.get(f"{address}/health")
                return
            except httpx2.TransportError:
                continue
    pytest.fail("the server did not start")


@pytest.mark.parametrize(("database", "step"), CASES, indirect=["database"])
def test_what_was_acknowledged_is_durable_wherever_the_service_is_killed(
    desk: Desk, step: Step, tmp_path: Path
) -> None:
    phone = FieldDevice("phone", account="field")
    token = Door(desk).enrol_device("phone", "field", phone.enrolled.public_key, by="admin")
    said = [
        [
            phone.say("person.check_in", f"p{batch}-{number}", stage="transit", site="x")
            for number in range(EACH)
        ]
        for batch in range(BATCHES)
    ]
    (tmp_path / "master.key").write_bytes(desk.master.file_content())
    port = free_port()
    url = desk.database.engine.url.render_as_string(hide_password=False)
    module = [sys.executable, "-m", "tests.web.crash_server"]
    command = [*module, url, str(tmp_path / "master.key"), str(port), step.value, str(KILLED_AT)]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(process, address)
        acknowledged: dict[str, Any] = {}
        headers = {"Authorization": f"Bearer {token}"}
        lost = 0
        for batch in said:
            body = {"events": [document(event) for event in batch]}
            try:
                answer = httpx2.post(f"{address}/v1/sync", json=body, headers=headers, timeout=30)
            except httpx2.TransportError:
                lost += 1
                continue
            acknowledged.update({item["event_id"]: item for item in answer.json()["receipts"]})
        assert process.wait(timeout=30) == -9
    assert len(acknowledged) == EACH
    assert lost == BATCHES - 1
    with desk.database.reading() as connection:
        kept = {event.event_id for event in events.in_order(connection)}
        assert acknowledged.keys() <= kept
        # The batch under way is there as a whole or not at all.
        assert len(kept) == (2 * EACH if step is Step.DURABLE else EACH)
        assert first_broken_event(connection) is None
        assert audit.first_broken(connection, desk.master.audit_marks) is None
        assert dict(records.bodies(connection)) == folded(list(events.in_order(connection)))
        sender = devices.find(connection, "phone")
        before = records.digest(connection)
    assert sender is not None
    rebuild(desk.database)
    with desk.database.reading() as connection:
        assert records.digest(connection) == before
    again = desk.receive([document(event) for batch in said for event in batch], sender)
    assert {receipt.status for receipt in again} == {"accepted"}
    for receipt in again[:EACH]:
        assert acknowledged[receipt.event_id]["place"] == receipt.place
    with desk.database.reading() as connection:
        assert events.count(connection) == BATCHES * EACH
