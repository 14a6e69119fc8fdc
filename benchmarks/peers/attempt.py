"""Runs one process under a cap of memory and time, and tells what it took."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MEMORY_CAP_BYTES = 12 * 10**9
TIME_CAP_S = 540.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One run of a process.

    Attributes
    ----------
    stopped : str
        Empty where it came to its end; else why and in which phase it stopped.
    whole_s, processor_s : float
        From start to end, and the processor time in it (s).
    peak_bytes : int
        Most memory that it held.
    """

    stopped: str
    whole_s: float
    processor_s: float
    peak_bytes: int


def attempt(
    command: list[str],
    *,
    folder: Path,
    environment: dict[str, str],
    log: Path,
    time_cap_s: float = TIME_CAP_S,
) -> Attempt:
    """
    Run a process to its end or to a cap.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    folder : Path
        Where it runs.
    environment : dict of str to str
        Its variables.
    log : Path
        Receives its error stream.
    time_cap_s : float
        When it is stopped (s).

    Returns
    -------
    Attempt
        Memory is the system's high-water mark of the process, read every 20 ms.
    """
    out_of_time, peak = threading.Event(), _Peak()
    with log.open("w", encoding="utf-8") as errors:
        start_s = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_CAP_BYTES, MEMORY_CAP_BYTES))
        timer = threading.Timer(time_cap_s, _stop, (process.pid, out_of_time))
        watch = threading.Thread(target=peak.watch, args=(process.pid,))
        timer.start()
        watch.start()
        _pid, status, usage = os.wait4(process.pid, 0)
        whole_s = time.perf_counter() - start_s
        timer.cancel()
        peak.done.set()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    return Attempt(
        stopped=_why(
            process.returncode,
            log.read_text(encoding="utf-8"),
            time_cap_s=time_cap_s if out_of_time.is_set() else None,
        ),
        whole_s=whole_s,
        processor_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=peak.held_bytes,
    )


class _Peak:
    """
    Reads the high-water mark of a process until it is done.

    What ``wait4`` tells counts the memory of the parent too, from before the program was started.
    """

    def __init__(self) -> None:
        self.held_bytes = 0
        self.done = threading.Event()

    def watch(self, process_id: int) -> None:
        status = Path(f"/proc/{process_id}/status")
        while not self.done.wait(0.02):
            for line in status.read_text(encoding="utf-8").splitlines() if status.exists() else ():
                if line.startswith("VmHWM"):
                    self.held_bytes = max(self.held_bytes, int(line.split()[1]) * 1024)


def _stop(process_id: int, out_of_time: threading.Event) -> None:
    out_of_time.set()
    os.kill(process_id, signal.SIGKILL)


def _why(code: int, errors: str, *, time_cap_s: float | None) -> str:
    if code == 0:
        return ""
    phases = [line.removeprefix("phase: ") for line in errors.splitlines() if line.startswith("phase: ")]
    where = f" while {phases[-1]}" if phases else ""
    if time_cap_s is not None:
        return f"{time_cap_s:.0f} s were over{where}"
    if "bad_alloc" in errors or "MemoryError" in errors:
        return f"{MEMORY_CAP_BYTES / 1e9:.0f} GB were not enough{where}"
    if code == -signal.SIGKILL:
        return f"ended by the system, short of memory{where}"
    lines = [line for line in errors.splitlines() if line.strip() and not line.startswith("phase: ")]
    return f"failed with code {code}{where}: {lines[-1][:120] if lines else 'no message'}"
