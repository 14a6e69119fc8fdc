"""
The fleet's task and schedule as arrays for compiled code, and how that code is compiled.

Legend: v vehicles, c classes of alike vehicles, s stops, k kinds of parties, h havens, r scheduled runs,
p places, j jobs, i calls of a job, w windows. Times are whole seconds since the scenario's start. The
rules are those of ``fleet_clock`` and ``fleet_loads``, which are the slow reference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit

from safepassage.model.arrays import FlagArray, FloatArray, OffsetArray

Function = TypeVar("Function", bound=Callable[..., Any])

UNREACHABLE_S = 10**9
NEVER = np.iinfo(np.int64).max // 4
NONE = -1
MOST_CALLS = 8
MOST_TRIES = 60
SHORTLIST = 6
MOST_CUT = 6
ALL_JOBS = 10**6
# Columns of Work.job.
VEHICLE, CALLS, HAVEN, RUN, START, REACH, DONE, DRIVEN, SAFE, REST, PERSONS, SEATS, WHEELS, BEDS = range(14)
JOB_COLUMNS = 14
# Columns of Work.call.
STOP, COUNT, ARRIVE, DEPART, BREAK, BOARD = range(6)
CALL_COLUMNS = 6


# Columns of Task.stop and Task.haven; of Task.haven alone; of Task.kind and Task.group after three
# kinds of places; of Task.run after three kinds of places; of Task.vehicle.
PLACE, CAP, OPENS, CLOSES, BASE, SOURCE = range(6)
FINAL, SECURE, ROOM = 4, 5, 6
TOTAL, HAVENS = 3, 4
STATION, DEPARTS, ARRIVES, TERMINUS = 3, 4, 5, 6
CLASS, STANDS, BEGINS, ENDS, DROVE = range(5)
# Entries of Task.rules (s).
STOP_S, SEAT_S, WHEELCHAIR_S, STRETCHER_S, CALL_AHEAD, DRIVE_LIMIT, BREAK_S, CLOSING, SLICE = range(9)


class Task(NamedTuple):
    """
    What does not change, in few arrays because each of them costs time to compile.

    Sets of havens are bits of a whole number; ``NEVER`` stands for no limit.
    """

    travel: OffsetArray  # [slice, p, p] s
    stop: OffsetArray  # [s, column]
    kind: OffsetArray  # [k, column] seats, wheelchair places, stretcher places, TOTAL, HAVENS
    kinds_first: OffsetArray  # [s + 1] into kinds_at
    kinds_at: OffsetArray
    may: FlagArray  # [c, k]
    neighbours: OffsetArray  # [s, n], NONE where there are fewer
    haven: OffsetArray  # [h, column]
    run: OffsetArray  # [r, column] seats, wheelchair places, stretcher places, ...
    vehicle: OffsetArray  # [v, column]
    group: OffsetArray  # [c, column] seats, wheelchair places, stretcher places, 0, HAVENS
    windows: OffsetArray  # [w, 2]
    rules: FloatArray
    full_s: FloatArray  # [c, s] work of a full load
    share: FloatArray  # [c, k] of a vehicle that one party fills
    cycle_s: FloatArray  # [s]
    party_s: FloatArray  # [k]


class Work(NamedTuple):
    """What the search changes."""

    remaining: OffsetArray  # [k]
    persons_left: OffsetArray  # [source] those who can be fetched; stops of a settlement share a source
    room: OffsetArray
    run_taken: OffsetArray  # [r, 3]
    crowd: OffsetArray  # [s, n, 4] from, until, persons, job
    crowd_size: OffsetArray  # [s]
    lobby: OffsetArray  # [h, n, 4] the same at hubs and stations
    lobby_size: OffsetArray  # [h]
    jobs_of: OffsetArray  # [v, n] job numbers in time order
    n_jobs_of: OffsetArray  # [v]
    job: OffsetArray  # [j, JOB_COLUMNS]
    call: OffsetArray  # [j, i, CALL_COLUMNS]
    party: OffsetArray  # [j, i, n, 2] kind, number
    n_parties: OffsetArray  # [j, i]
    spare: OffsetArray  # [j + 1] free job numbers; the last entry counts them
    random: OffsetArray  # [1] state of the generator
    worth_s: FloatArray  # [c, s] work of the load a vehicle would get; negative for none, NaN if not known


class Aim(NamedTuple):
    """What the dispatcher prefers; changed from outside between rounds."""

    ahead: FloatArray  # [c, step, h, d] work still possible
    step_s: float
    drive_unit_s: float
    deadline_s: float
    latest_run_s: float
    urgency: float
    patience: float
    noise: float
    within: float


def inner(function: Function) -> Function:
    """
    Compile a function that only kernels call, without entry points from Python, which take long to compile.

    Parameters
    ----------
    function : callable
        Plain Python that numba can type.

    Returns
    -------
    callable
        To be called from compiled code only.
    """
    compiled: Function = njit(  # type: ignore[call-overload]
        nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)
    return compiled


def entry_point(function: Function) -> Function:
    """
    Compile a function that Python calls, and keep the result on disk until a kernel file changes.

    Parameters
    ----------
    function : callable
        Plain Python that numba can type.

    Returns
    -------
    callable
        The compiled function.

    Notes
    -----
    Numba renews what it keeps when the function's own file changes; inner functions in other files are part
    of it too, so the digest of all these files stands in for the file's date.
    """
    compiled: Any = njit(cache=True, nogil=True)(function)
    compiled._cache._cache_file._source_stamp = _kernel_digest()  # noqa: SLF001 numba has no public way
    result: Function = compiled
    return result


def _kernel_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("kernel_fleet*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
