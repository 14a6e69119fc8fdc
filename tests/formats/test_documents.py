"""plan.json and outcome.json: the same bytes, the same objects, every fault named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safepassage.errors import Fault, InputError
from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.formats.outcome_json import dump_outcome, load_outcome
from safepassage.formats.plan_json import dump_plan, load_plan
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience


def test_a_plan_reads_back_equal(valley_plan: Plan, tmp_path: Path) -> None:
    data = dump_plan(valley_plan)
    assert load_plan(data) == valley_plan
    assert dump_plan(load_plan(data)) == data
    (tmp_path / "plan.json").write_bytes(data)
    assert load_plan(tmp_path / "plan.json") == valley_plan
    assert data.endswith(b"}\n")


def test_an_outcome_reads_back_to_the_same_bytes(valley_outcome: Outcome) -> None:
    data = dump_outcome(valley_outcome, audience=Audience.COMMISSION, exercise=True)
    loaded = load_outcome(data)
    assert dump_outcome(loaded, audience=Audience.COMMISSION, exercise=True) == data
    assert loaded.curves == valley_outcome.curves
    assert loaded.received_s == float("inf")
    assert np.isnan(loaded.settlements[1].first_departure_s)


def test_documents_carry_audience_and_banner(valley_plan: Plan, valley_outcome: Outcome) -> None:
    outcome = dump_outcome(valley_outcome, audience=Audience.COMMISSION, exercise=True)
    for data in (dump_plan(valley_plan), outcome):
        document = json.loads(data)
        assert document["audience"] == "commission"
        assert document["banner"] == EXERCISE_BANNER
    assert json.loads(dump_plan(replace(valley_plan, exercise=False)))["banner"] == ""


def test_numpy_numbers_are_written_as_plain_ones(valley_outcome: Outcome) -> None:
    counted = replace(valley_outcome, seed=np.int64(7), mean_arrival_s=np.float64(3000.5))  # type: ignore[arg-type]
    plain = dump_outcome(valley_outcome, audience=Audience.TEAM, exercise=False)
    assert dump_outcome(counted, audience=Audience.TEAM, exercise=False) == plain


def _faults(document: dict[str, Any]) -> dict[str, Fault]:
    with pytest.raises(InputError) as caught:
        load_plan(json.dumps(document).encode())
    return {fault.column: fault for fault in caught.value.faults}


def test_every_fault_of_a_plan_is_named(valley_plan: Plan) -> None:
    document = json.loads(dump_plan(valley_plan))
    document["waves"][0]["vehicels"] = document["waves"][0].pop("vehicles")
    document["waves"][0]["start_s"] = 1.5
    document["trips"][0]["mode"] = "fleat"
    document["trips"][0]["escorted"] = 1
    document["routes"][0]["length_m"] = "long"
    document["certificate"]["bound_parts"][0] = ["one"]
    faults = _faults(document)
    assert set(faults) == {
        "waves[0].vehicels", "waves[0].vehicles", "waves[0].start_s", "trips[0].mode", "trips[0].escorted",
        "routes[0].length_m", "certificate.bound_parts[0]",
    }  # fmt: skip
    assert "vehicles" in faults["waves[0].vehicels"].remedy
    assert "fleet" in faults["trips[0].mode"].remedy


def test_a_contradiction_inside_a_plan_is_a_fault_not_a_traceback(valley_plan: Plan) -> None:
    document = json.loads(dump_plan(valley_plan))
    document["waves"][0]["end_s"] = 0
    assert "end after its start" in _faults(document)["waves[0]"].problem


def test_an_unknown_version_is_named_alone(valley_plan: Plan) -> None:
    document = json.loads(dump_plan(valley_plan))
    document["schema_version"] = 99
    document["waves"] = "new shape"
    faults = _faults(document)
    assert list(faults) == ["schema_version"]
    assert faults["schema_version"].value == "99"


@pytest.mark.parametrize("data", [b"", b"[1, 2", b"\xff\xfe{", b"[" * 100_000, b'"text"', b"{}"])
def test_what_is_no_plan_is_a_fault(data: bytes) -> None:
    with pytest.raises(InputError):
        load_plan(data)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plan\.json.*cannot be read"):
        load_plan(tmp_path / "plan.json")


def test_thousands_of_faults_stay_readable(valley_plan: Plan) -> None:
    document = json.loads(dump_plan(valley_plan))
    document["waves"] = [{} for _ in range(5000)]
    with pytest.raises(InputError) as caught:
        load_plan(json.dumps(document).encode())
    assert len(caught.value.faults) == 101
    assert "more" in caught.value.faults[-1].problem
