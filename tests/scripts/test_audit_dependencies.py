"""The audit of dependencies: which versions an advisory holds for, by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def audited(tmp_path: Path, version: str, affected: dict[str, Any], **more: Any) -> tuple[int, str]:
    """Exit code and output for one pin and one advisory."""
    folder = tmp_path / "advisories"
    folder.mkdir()
    package = {"ecosystem": "PyPI", "name": "Jinja_2"}
    advisory = {"id": "PYSEC-1", "summary": "sandbox", "affected": [{"package": package, **affected}], **more}
    (folder / "PYSEC-1.json").write_text(json.dumps(advisory), encoding="utf-8")
    (tmp_path / "constraints.txt").write_text(f"jinja-2=={version}\n", encoding="utf-8")
    script = REPOSITORY / "scripts" / "audit_dependencies.py"
    command = [sys.executable, str(script), str(folder), "--constraints", str(tmp_path / "constraints.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def spans(*events: dict[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("version", "affected", "holds"),
    [
        ("1.4", spans({"introduced": "0"}, {"fixed": "1.5"}), True),
        ("1.5", spans({"introduced": "0"}, {"fixed": "1.5"}), False),
        ("1.10", spans({"introduced": "1.2"}, {"fixed": "1.9"}), False),
        ("1.9", spans({"introduced": "1.2"}, {"last_affected": "1.9"}), True),
        ("1.10", spans({"introduced": "1.2"}, {"last_affected": "1.9"}), False),
        ("3.0", spans({"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}), True),
        ("1.7", spans({"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}), False),
        ("1.4", {"versions": ["1.4"]}, True),
        ("1.4", {"versions": ["1.3"]}, False),
    ],
)
def test_an_advisory_holds_for_its_versions(
    tmp_path: Path, version: str, affected: dict[str, Any], *, holds: bool
) -> None:
    code, output = audited(tmp_path, version, affected)
    assert code == int(holds), output
    assert (f"jinja-2=={version}: PYSEC-1 sandbox" in output) == holds


def test_what_was_withdrawn_does_not_hold(tmp_path: Path) -> None:
    assert audited(tmp_path, "1.4", {"versions": ["1.4"]}, withdrawn="2024-01-01T00:00:00Z")[0] == 0


def test_an_empty_folder_is_no_clean_bill(tmp_path: Path) -> None:
    script = REPOSITORY / "scripts" / "audit_dependencies.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nothing was compared" in done.stderr
