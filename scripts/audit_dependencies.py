"""
Compare the pinned versions with published advisories, without a network.

Advisories are files of the Open Source Vulnerability format (one JSON each), as its database gives them for
PyPI; a machine with a network fetches them once and hands the folder on. What is not in the folder is not
known here, severities are not weighed, and libraries that wheels bring along compiled in are not seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Finding:
    """
    An advisory that holds for a pinned version.

    Attributes
    ----------
    package, version, advisory, summary : str
        Name and pinned version, id and words of the advisory.
    """

    package: str
    version: str
    advisory: str
    summary: str


def pins(constraints: Path) -> dict[str, str]:
    """Pinned version of every package, by canonical name."""
    lines = constraints.read_text("utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version.strip() for name, _equals, version in pairs}


def findings(pinned: dict[str, str], advisories: Path) -> list[Finding]:
    """
    Find what holds for pinned versions.

    Parameters
    ----------
    pinned : dict of str to str
        Versions by canonical name.
    advisories : Path
        Folder of advisories, searched through with its subfolders.

    Returns
    -------
    list of Finding
        By package and advisory; withdrawn ones are left out.
    """
    found = []
    for file in sorted(advisories.rglob("*.json")):
        advisory = json.loads(file.read_text("utf-8"))
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            name = canonicalize_name(package.get("name", ""))
            if package.get("ecosystem") == "PyPI" and name in pinned and _holds(affected, pinned[name]):
                found.append(Finding(name, pinned[name], advisory["id"], advisory.get("summary", "")))
    return sorted(set(found), key=lambda item: (item.package, item.advisory))


def _holds(affected: dict[str, Any], version: str) -> bool:
    if version in affected.get("versions", ()):
        return True
    return any(
        Version(first) <= Version(version) and (last is None or Version(version) < last)
        for spans in affected.get("ranges", ())
        if spans.get("type") == "ECOSYSTEM"
        for first, last in _spans(spans.get("events", ()))
    )


def _spans(events: list[dict[str, str]]) -> Iterator[tuple[str, Version | None]]:
    first: str | None = None
    for event in events:
        if "introduced" in event:
            first = event["introduced"]
        elif first is not None and "fixed" in event:
            yield first, Version(event["fixed"])
            first = None
        elif first is not None and "last_affected" in event:
            # The version itself is affected; the smallest later one is its first post release.
            yield first, Version(f"{event['last_affected']}.post0")
            first = None
    if first is not None:
        yield first, None


def main() -> int:
    """Print what was found; 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("advisories", type=Path)
    parser.add_argument("--constraints", type=Path, default=REPOSITORY / "constraints.txt")
    asked = parser.parse_args()
    count = sum(1 for _file in asked.advisories.rglob("*.json"))
    if not count:
        print(f"{asked.advisories} holds no advisories; nothing was compared", file=sys.stderr)
        return 2
    pinned = pins(asked.constraints)
    try:
        found = findings(pinned, asked.advisories)
    except InvalidVersion as error:
        print(f"an advisory names a version that is none: {error}", file=sys.stderr)
        return 2
    for item in found:
        print(f"{item.package}=={item.version}: {item.advisory} {item.summary}")
    print(f"{len(pinned)} pinned packages, {count} advisories, {len(found)} hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
