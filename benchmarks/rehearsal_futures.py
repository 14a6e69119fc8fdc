"""
Measure how fast futures of a plan are played.

    python -m benchmarks.rehearsal_futures PLAN_FOLDER [FUTURES]

With one and with two threads, each twice after a batch that compiles; the faster run counts, in time of the
clock and in processor time. The plan folder is one that ``safepassage plan`` wrote.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from safepassage.formats.plan_folder import read_plan_folder
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import on_threads, rehearse

FUTURES = 1000


def main() -> None:
    """Play the futures and print times, digests and memory."""
    folder = read_plan_folder(Path(sys.argv[1]))
    futures = int(sys.argv[2]) if len(sys.argv) > 2 else FUTURES
    stage = Stage(folder.folder.scenario, folder.plan, Assumptions(), folder.folder.scenario.seed)
    rehearse(stage, 2)
    digests, fastest_s = set(), {}
    for threads in (1, 2):
        times_s = []
        for _repeat in range(2):
            start_s, used_s = time.perf_counter(), time.process_time()
            tally = rehearse(stage, futures, batches=on_threads(threads))
            times_s.append((time.perf_counter() - start_s, time.process_time() - used_s))
            digests.add(tally.digest)
        fastest_s[threads], used_s = min(times_s)
        print(
            f"{futures} futures, {threads} threads: {fastest_s[threads]:.2f} s ({used_s:.2f} s of processors)"
        )
    print(f"two threads against one: {fastest_s[1] / fastest_s[2]:.2f} times as fast")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print("same digest" if len(digests) == 1 else "DIGESTS DIFFER")


if __name__ == "__main__":
    main()
