"""The simulators of the comparison: how each one is started, and what it tells of a run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.attempt import TIME_CAP_S, Attempt, attempt
from benchmarks.peers.instance import load_instance
from benchmarks.peers.sumo_files import read_statistics, sumo_arguments, write_plain_files

ROOT = Path(__file__).resolve().parents[2]
ACCURACY_CAP_S = 3600.0
"""For runs with platoon 1: how long they take is not compared."""

Run = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Case:
    """
    An instance that is ready for all tools.

    Attributes
    ----------
    name : str
        Of the instance.
    path : Path
        Its arrays.
    folder : Path
        Files of the tools.
    horizon_s : float
        Up to which UXsim simulates; a little beyond the clearance (s).
    """

    name: str
    path: Path
    folder: Path
    horizon_s: float


@dataclass(frozen=True, slots=True)
class Places:
    """
    Where programs are.

    Attributes
    ----------
    python, peers_python : Path
        Interpreters of this project and of the peers' environment.
    """

    python: Path
    peers_python: Path

    @property
    def sumo_home(self) -> Path:
        """Folder of SUMO inside the peers' environment."""
        found = sorted(self.peers_python.parent.parent.glob("lib/python*/site-packages/sumo"))
        return found[-1]

    def environment(self) -> dict[str, str]:
        """
        Variables of the processes.

        Returns
        -------
        dict of str to str
            One thread each; modules of this checkout can be found.
        """
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SUMO_HOME": str(self.sumo_home),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }


def run_safepassage(case: Case, places: Places) -> Run:
    """
    Play with Safepassage.

    Parameters
    ----------
    case : Case
        What to play.
    places : Places
        Where programs are.

    Returns
    -------
    dict
        Time and memory of a process that plays once; time of the loop from a second process.
    """
    module = [str(places.python), "-m", "benchmarks.peers.play_safepassage", str(case.path)]
    out = case.folder / "safepassage.json"
    return {
        **_run([*module, str(out)], case, places, out),
        **_figures(_run([*module, str(out), "loop"], case, places, out), "loop_s", "loop_processor_s"),
    }


def run_uxsim(platoon: int) -> Callable[[Case, Places], Run]:
    """
    Play with UXsim's C++ engine.

    Parameters
    ----------
    platoon : int
        Cars that move as one.

    Returns
    -------
    callable
        As ``run_safepassage``.
    """

    def run(case: Case, places: Places) -> Run:
        out = case.folder / f"uxsim{platoon}.json"
        module = [str(places.peers_python), "-m", "benchmarks.peers.play_uxsim"]
        command = [*module, str(case.path), str(out), str(platoon), str(case.horizon_s)]
        return _run(command, case, places, out, ACCURACY_CAP_S if platoon == 1 else TIME_CAP_S)

    return run


def run_sumo(segment_m: float | None, *, lane_queues: bool = False) -> Callable[[Case, Places], Run]:
    """
    Play with SUMO's mesoscopic model.

    Parameters
    ----------
    segment_m : float or None
        Length of segments; SUMO's own where None.
    lane_queues : bool
        Whether lanes queue one by one at the end of a link.

    Returns
    -------
    callable
        As ``run_safepassage``; the network is converted beforehand, untimed.
    """

    def run(case: Case, places: Places) -> Run:
        folder = case.folder / "sumo"
        if not (folder / "city.net.xml").exists():
            _convert(case, places, folder)
        program = str(places.sumo_home / "bin" / "sumo")
        done = attempt(
            [program, *sumo_arguments(segment_m=segment_m, lane_queues=lane_queues)],
            folder=folder,
            environment=places.environment(),
            log=case.folder / "sumo.log",
        )
        if done.stopped:
            return _told(done, {})
        figures = read_statistics(folder / "statistics.xml")
        # SUMO tells the wall clock of its loop alone; its processor time is taken to be the same share.
        figures["loop_processor_s"] = done.processor_s * figures["loop_s"] / done.whole_s
        return _told(done, figures)

    return run


TOOLS: dict[str, Callable[[Case, Places], Run]] = {
    "safepassage": run_safepassage,
    "uxsim-5": run_uxsim(5),
    "sumo": run_sumo(None),
    "sumo-1": run_sumo(1e6),
    "uxsim-1": run_uxsim(1),
    "sumo-lanes": run_sumo(None, lane_queues=True),
}

TOOL_NAMES = {
    "safepassage": "Safepassage",
    "uxsim-5": "UXsim C++, platoon 5",
    "uxsim-1": "UXsim C++, platoon 1",
    "sumo": "SUMO mesoscopic",
    "sumo-1": "SUMO mesoscopic, one segment a link",
    "sumo-lanes": "SUMO mesoscopic, lanes queue one by one",
}


def _convert(case: Case, places: Places, folder: Path) -> None:
    arguments = write_plain_files(load_instance(case.path), folder)
    program = str(places.sumo_home / "bin" / "netconvert")
    subprocess.run(
        [program, *arguments], cwd=folder, env=places.environment(), check=True, capture_output=True
    )


def _run(command: list[str], case: Case, places: Places, out: Path, time_cap_s: float = TIME_CAP_S) -> Run:
    done = attempt(
        command,
        folder=case.folder,
        environment=places.environment(),
        log=out.with_suffix(".log"),
        time_cap_s=time_cap_s,
    )
    return _told(done, json.loads(out.read_text(encoding="utf-8")) if not done.stopped else {})


def _told(done: Attempt, figures: dict[str, float]) -> Run:
    return {
        "stopped": done.stopped,
        "whole_s": round(done.whole_s, 4),
        "processor_s": round(done.processor_s, 4),
        "peak_mb": round(done.peak_bytes / 1e6, 1),
        **{name: round(value, 5) for name, value in figures.items()},
    }


def _figures(run: Run, *names: str) -> Run:
    return {name: run[name] for name in names if name in run}
