"""The documentation is true: its commands run, its site builds, its links lead somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.console import run_page

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"


def test_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "safepassage").symlink_to(REPOSITORY / "safepassage")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "200",
        "SAFEPASSAGE_LANG": "en",
    }
    assert run_page(DOCS / "tutorial.md", tmp_path, environment) >= 8
    assert (tmp_path / "myplan" / "report.html").stat().st_size > 100_000


def test_the_site_builds_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
    build = ("-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "-b", "html")
    subprocess.run(
        [sys.executable, *build, "-d", tmp_path / "doctrees", DOCS, tmp_path / "site"],
        cwd=REPOSITORY,
        check=True,
        timeout=600,
    )
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for attribute in ('src="http', 'src="//', 'rel="stylesheet" type="text/css" href="http'):
            assert attribute not in text, f"{page.name} loads something from the network"
