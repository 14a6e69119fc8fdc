"""Lists and files over the service: who may, and what comes back."""

from __future__ import annotations

import pytest

from safepassage.operations.courier import open_parcel, pack
from safepassage.operations.desk import Desk
from safepassage.operations.ledger import ledger, total
from safepassage.operations.safety.roles import DOES, Action, Role
from tests.operations.conftest import enrol
from tests.operations.field import FieldDevice
from tests.web.conftest import Visit

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LIST = "піб,телефон\nКоваль Олена,0501234567\n".encode("cp1251")


@pytest.mark.parametrize("role", list(Role))
def test_lists_are_imported_by_those_who_may(role: Role, visit: Visit, desk: Desk) -> None:
    answer = visit(str(role)).post("/v1/import?name=list.csv", content=LIST)
    allowed = Action.IMPORT_PEOPLE in DOES[role]
    assert answer.status_code == (200 if allowed else 403)
    assert total(ledger(desk.database)).eligible == allowed
    assert visit("").post("/v1/import?name=list.csv", content=LIST).status_code == 401


def test_a_dry_run_and_the_faults_of_a_list(visit: Visit, desk: Desk) -> None:
    client = visit("hotline")
    dry = client.post("/v1/import?name=list.csv&dry_run=true", content=LIST).json()
    assert dry["new"] == {"person": 1}
    bad = "X,телефон\nОлена,12\nІван,13\n".encode()
    answer = client.post("/v1/import?name=list.csv&column=given_name=X", content=bad)
    assert answer.status_code == 422
    assert [(fault["row"], fault["column"]) for fault in answer.json()["faults"]] == [
        (2, "phone"),
        (3, "phone"),
    ]
    assert total(ledger(desk.database)).eligible == 0


@pytest.mark.parametrize("name", ["list.exe", "../list.csv", "list.csv%00.json", ".csv"])
def test_only_names_of_lists_are_taken(visit: Visit, name: str) -> None:
    assert visit("hotline").post(f"/v1/import?name={name}", content=LIST).status_code == 422


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx", "list.json"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04 no archive", b"{}", b"\x00" * 1000])
def test_rubbish_is_refused_with_words(visit: Visit, name: str, content: bytes) -> None:
    answer = visit("hotline").post(f"/v1/import?name={name}", content=content)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["problem"]


@pytest.mark.parametrize("role", list(Role))
def test_the_file_for_other_registries_is_for_those_who_trace(role: Role, visit: Visit) -> None:
    answer = visit(str(role)).get("/v1/export/pfif")
    assert answer.status_code == (200 if Action.EXPORT_PFIF in DOES[role] else 403)
    assert answer.headers["cache-control"] == "no-store"
    if answer.status_code == 200:
        assert answer.text.startswith("<?xml")


def test_a_parcel_goes_in_through_anybody_who_syncs(visit: Visit, desk: Desk) -> None:
    phone = FieldDevice("phone", account="field")
    enrol(desk, phone)
    key = visit("driver").get("/v1/usb-key").json()["public_key"]
    content, reply = pack([phone.say("person.register", "p1")], "phone", phone.key, key)
    answer = visit("driver").post("/v1/usb", content=content)
    assert open_parcel(answer.content, reply)["receipts"][0]["status"] == "accepted"
    assert visit("admin").post("/v1/usb", content=content).status_code == 403
    assert visit("driver").post("/v1/usb", content=b"rubbish").status_code == 422


@pytest.mark.parametrize("typed", ["0501234567", "+380501234567", "050 123-45-67", "380501234567"])
def test_a_number_of_a_list_is_found_however_it_is_typed(visit: Visit, typed: str) -> None:
    client = visit("hotline")
    client.post("/v1/import?name=list.csv", content=LIST)
    found = client.post("/v1/search", json={"phone": typed}).json()["records"]
    assert [person["family_name"] for person in found] == ["Коваль"]
