"""What a benchmark ran on: machine, versions and load."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str | int | float]:
    """
    The machine.

    Returns
    -------
    dict
        Processor, cores, memory and system.
    """
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
    return {
        "processor": model,
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def versions(peers_python: Path) -> dict[str, str]:
    """
    Versions of what was compared.

    Parameters
    ----------
    peers_python : Path
        Interpreter of the peers' environment.

    Returns
    -------
    dict of str to str
        By package.
    """
    own = {name: version(name) for name in ("safepassage", "numba", "numpy")}
    code = "from importlib.metadata import version as v; print(v('uxsim'), v('eclipse-sumo'))"
    told = subprocess.run([str(peers_python), "-c", code], check=True, capture_output=True, text=True)
    uxsim, sumo = told.stdout.split()
    return {**own, "uxsim": uxsim, "eclipse-sumo": sumo}


def load() -> list[float]:
    """
    Load of the machine.

    Returns
    -------
    list of float
        Means over 1, 5 and 15 minutes.
    """
    return [round(value, 2) for value in os.getloadavg()]
