"""Run many futures over threads; the result does not depend on their number."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from safepassage.errors import ModelError
from safepassage.progress import NoProgress, Progress
from safepassage.rehearsal.play import FutureResult, Player, Stage

BATCH = 50


def rehearse(
    stage: Stage,
    futures: int,
    *,
    threads: int = 2,
    lost: Sequence[int] = (),
    progress: Progress | None = None,
) -> tuple[FutureResult, ...]:
    """
    Play a plan in futures 0 to ``futures`` - 1.

    Parameters
    ----------
    stage : Stage
        What is played.
    futures : int
        How many, at least 1.
    threads : int, optional
        How many work at once.
    lost : sequence of int, optional
        Links that are lost in every future besides, and known to be.
    progress : Progress, optional
        Told of each batch.

    Returns
    -------
    tuple of FutureResult
        By number, the same for any number of threads.

    Raises
    ------
    ModelError
        If there is no future or no thread.
    """
    if futures < 1 or threads < 1:
        raise ModelError(f"{futures} futures over {threads} threads; give at least 1 of each")
    progress = progress or NoProgress()
    own = threading.local()

    def play(number: int) -> FutureResult:
        if not hasattr(own, "player"):
            own.player = Player(stage)
        player: Player = own.player
        return player.play(stage.draws.future(number), lost)

    results: list[FutureResult] = []
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, futures, BATCH):
            numbers = range(first, min(first + BATCH, futures))
            results += pool.map(play, numbers)
            progress.advance(len(numbers))
    return tuple(results)


def digest_of(results: Sequence[FutureResult]) -> str:
    """
    SHA-256 over all that the futures say.

    Parameters
    ----------
    results : sequence of FutureResult
        By number.

    Returns
    -------
    str
        Hexadecimal; equal for equal rehearsals, whatever the threads.
    """
    digest = hashlib.sha256()
    for result in results:
        digest.update(f"{result.number} {result.closures} {result.digest}".encode())
        digest.update(result.counts.astype("<i8").tobytes())
        digest.update(result.out_by_hour.astype("<i8").tobytes())
        times = [result.clearance_s, *result.share_out_s, *result.last_out_s.tolist()]
        digest.update(np.array(times, "<f8").tobytes())
        digest.update(result.harm.by_settlement.astype("<f8").tobytes())
    return digest.hexdigest()
