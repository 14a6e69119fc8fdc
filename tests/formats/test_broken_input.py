"""However a scenario folder is spoilt, checking it ends with faults, not with a traceback."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safepassage.errors import InputError
from safepassage.formats.plan_json import dump_plan, load_plan
from safepassage.formats.scenario_folder import check_scenario, read_scenario
from safepassage.model.plan import Plan

FILES = ("scenario.toml", "node.csv", "link.csv", "settlement.csv", "site.csv", "fleet.csv", "service.csv")
SPOILERS = (
    b"", b",", b"\n", b'"', b"\0", b"\xff", b"-", b"1e308", b"nan", b"=", b"[", b"]", b"\r", b";",
    b"\xef\xbb\xbf", b"99999999999999999999", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59",
    "۳".encode(), b"\xed\xa0\x80", b"[[[[", b'"""', b"_back", b"*", b"2023-08-10T06:00:00+03:00;",
)  # fmt: skip
edits = st.lists(
    st.tuples(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 12), st.sampled_from(SPOILERS)),
    min_size=1,
    max_size=4,
)
relaxed = settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _spoilt(data: bytes, where: float, cut: int, inserted: bytes) -> bytes:
    at = int(where * len(data))
    return data[:at] + inserted + data[at + cut :]


@relaxed
@given(edits)
def test_any_spoilt_folder_is_read_or_its_faults_are_told(
    valley_folder: Path, edits: list[tuple[str, float, int, bytes]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "valley"
        shutil.copytree(valley_folder, folder)
        for file, where, cut, inserted in edits:
            path = folder / file
            path.write_bytes(_spoilt(path.read_bytes(), where, cut, inserted))
        faults = check_scenario(folder)
        assert all(fault.problem and fault.remedy for fault in faults)
        if any(fault.severity == "error" for fault in faults):
            with pytest.raises(InputError) as caught:
                read_scenario(folder)
            assert caught.value.faults == faults
        else:
            assert read_scenario(folder).warnings == faults


@relaxed
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SPOILERS)), max_size=4))
def test_any_spoilt_plan_is_read_or_its_faults_are_told(
    valley_plan: Plan, edits: list[tuple[float, int, bytes]]
) -> None:
    data = dump_plan(valley_plan)
    for edit in edits:
        data = _spoilt(data, *edit)
    plan = _plan_or_none(data)
    if plan is not None:
        assert load_plan(dump_plan(plan)) == plan


def _plan_or_none(data: bytes) -> Plan | None:
    try:
        return load_plan(data)
    except InputError:
        return None
