"""
Measure futures on a cluster of two worker processes against one process, over TLS on this machine.

    python -m benchmarks.rehearsal_cluster PLAN_FOLDER [FUTURES]

Prints times and whether the digests agree. The plan folder is one that ``safepassage plan`` wrote.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from safepassage.formats.plan_folder import read_plan_folder
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.cluster import on_cluster
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import Batches, on_threads, rehearse
from tests.rehearsal.cluster_processes import cluster, make_certificates

FUTURES = 10_000


def timed(stage: Stage, futures: int, batches: Batches, name: str) -> str:
    """Play the futures, print the time, and return the digest."""
    start_s = time.perf_counter()
    tally = rehearse(stage, futures, batches=batches)
    print(f"{futures} futures, {name}: {time.perf_counter() - start_s:.1f} s")
    return tally.digest


def main() -> None:
    """Play the futures here and there."""
    folder = read_plan_folder(Path(sys.argv[1]))
    futures = int(sys.argv[2]) if len(sys.argv) > 2 else FUTURES
    stage = Stage(folder.folder.scenario, folder.plan, Assumptions(), folder.folder.scenario.seed)
    rehearse(stage, 2)
    with TemporaryDirectory() as work:
        certificates = make_certificates(Path(work) / "certificates")
        with (
            cluster(Path(work), certificates, 2) as running,
            on_cluster(running.address, certificates) as batches,
        ):
            there = timed(stage, futures, batches, "two workers with one thread each over TLS")
    here = timed(stage, futures, on_threads(1), "one process with one thread")
    print("same digest" if here == there else "DIGESTS DIFFER")


if __name__ == "__main__":
    main()
