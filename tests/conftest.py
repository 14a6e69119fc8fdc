"""Fixtures that several test folders share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from safepassage.formats.scenario_folder import read_scenario
from safepassage.model.scenario import Scenario

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Works as root in a container, and talks to nobody.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# The same examples on every machine, and no failure because a machine was busy.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published data beside the checkout, for tests marked acceptance."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the published data set does not lie beside the checkout")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless system Chromium for tests marked browser; every context starts from an empty profile."""
    executable = chromium()
    if executable is None:
        pytest.fail("no Chromium on this machine: run make test, or set SAFEPASSAGE_CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, headless=True, args=CHROMIUM_FLAGS)
        yield running
        running.close()


def chromium() -> str | None:
    """Path of the system's Chromium, if it has one."""
    chosen = os.environ.get("SAFEPASSAGE_CHROMIUM")
    return chosen or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def valley_folder() -> Path:
    """Four settlements, one bridge: small enough to follow by hand."""
    return REPOSITORY / "tests" / "fixtures" / "valley"


@pytest.fixture(scope="session")
def valley(valley_folder: Path) -> Scenario:
    """The scenario of `valley_folder`."""
    return read_scenario(valley_folder).scenario
