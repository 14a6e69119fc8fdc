"""
On the first run, compile the fleet's kernels in a process of their own while the cars are planned.

Compiling takes half a minute of one processor, and numba compiles one function at a time in a process. What
is compiled is kept on disk, so that later runs find it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import safepassage
from safepassage.formats.scenario_folder import read_scenario
from safepassage.planner.surge.fleet import plan_fleet
from safepassage.planner.surge.kernel_fleet_search import search
from safepassage.planner.surge.problem import state_problem

BUNDLED = Path(safepassage.__file__).parent / "scenarios" / "kupiansk-2023"
LONGEST_S = 180.0


class FleetKernels:
    """Starts the other process where nothing is kept; `wait` before the kernels are called."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if not _are_kept():
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", __name__],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def wait(self) -> None:
        """Go on once they are compiled; where that failed, they are compiled when they are called."""
        if self._process is None:
            return
        try:
            self._process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _are_kept() -> bool:
    # Numba has no public way to ask; the index is empty where a kernel file has changed since.
    return bool(search._cache._cache_file._load_index())  # type: ignore[attr-defined] # noqa: SLF001


def compile_kernels() -> None:
    """Call every kernel of the fleet once, on the bundled scenario."""
    scenario = read_scenario(BUNDLED).scenario
    problem = state_problem(scenario)
    plan_fleet(scenario, problem.carless, problem.paths, seed=0, iterations=1)


if __name__ == "__main__":
    compile_kernels()
