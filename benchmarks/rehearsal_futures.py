"""Measure how fast futures of a plan are played: ``python -m benchmarks.rehearsal_futures PLAN_FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from safepassage.formats.plan_folder import read_plan_folder
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import digest_of, rehearse

FUTURES = 1000


def main() -> None:
    """Play the futures with one and with two threads, after one batch that compiles."""
    folder = read_plan_folder(Path(sys.argv[1]))
    futures = int(sys.argv[2]) if len(sys.argv) > 2 else FUTURES
    stage = Stage(folder.folder.scenario, folder.plan, Assumptions(), folder.folder.scenario.seed)
    rehearse(stage, 2)
    digests = set()
    for threads in (1, 2):
        start = time.perf_counter()
        results = rehearse(stage, futures, threads=threads)
        print(f"{futures} futures, {threads} threads: {time.perf_counter() - start:.2f} s")
        digests.add(digest_of(results))
    print("same digest" if len(digests) == 1 else "DIGESTS DIFFER")


if __name__ == "__main__":
    main()
