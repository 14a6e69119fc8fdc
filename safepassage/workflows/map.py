"""Show a scenario folder as one map page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safepassage.errors import Fault, InputError
from safepassage.formats.files import write_atomically
from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.progress import NoProgress, Progress
from safepassage.publish.district_map import dropped_courses, render_district_map
from safepassage.workflows.prepare import DROPPED_FILE, REPORT_FILE

MAP_FILE = "map.html"


@dataclass(frozen=True, slots=True)
class MapResult:
    """
    A map that was written.

    Attributes
    ----------
    page : Path
        The file.
    """

    page: Path

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {"map": str(self.page)}

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        return [_("Map: {path}").format(path=self.page)]


def map_folder(folder: Path, output: Path | None = None, *, progress: Progress | None = None) -> MapResult:
    """
    Write the map of a scenario folder.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    output : Path, optional
        The page; ``map.html`` in the folder by default.
    progress : Progress, optional
        Told of each phase.

    Returns
    -------
    MapResult
        Where the page is.

    Raises
    ------
    InputError
        If the folder or its import report is faulty.
    OutputError
        If the page cannot be written.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    read = read_scenario(folder, progress=progress)
    report, dropped = folder / REPORT_FILE, folder / DROPPED_FILE
    progress.start(_("Drawing the map"))
    page = render_district_map(
        read.scenario,
        read.kept.get("link.csv", {}).get("name", ()),
        _read(report, json.loads) if report.is_file() else {},
        _read(dropped, dropped_courses) if dropped.is_file() else (),
    )
    target = output or folder / MAP_FILE
    write_atomically(target, page)
    return MapResult(target)


def _read(path: Path, parse: Any) -> Any:  # noqa: ANN401 - whatever the parser makes
    try:
        return parse(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        problem = _("the file is broken ({reason})").format(reason=error)
        raise InputError([Fault(path.name, 0, "", "", problem, _("prepare the folder again"))]) from error
