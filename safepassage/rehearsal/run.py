"""Run many futures over threads or machines; the result does not depend on their number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from safepassage.errors import ModelError
from safepassage.progress import NoProgress, Progress
from safepassage.rehearsal.play import FutureResult, Player, Stage
from safepassage.rehearsal.statistics import converged_at
from safepassage.rehearsal.tally import Tally

BATCH = 50

Batches = Callable[[Stage, int, Sequence[int]], Iterator[Sequence[FutureResult]]]
"""Plays a stage in so many futures with some links lost; batches of `BATCH` in order of their numbers."""


def on_threads(threads: int = 2) -> Batches:
    """
    Play futures in this process.

    Parameters
    ----------
    threads : int, optional
        How many futures are played at once.

    Returns
    -------
    callable
        For `rehearse`.

    Raises
    ------
    ModelError
        If there is no thread.
    """
    if threads < 1:
        raise ModelError(f"{threads} threads; give at least 1")

    def batches(stage: Stage, futures: int, lost: Sequence[int]) -> Iterator[Sequence[FutureResult]]:
        own, turn = threading.local(), threading.Lock()

        def play(number: int) -> FutureResult:
            # All but the kernel needs the interpreter; threads that fight for it lose a third of the time.
            with turn:
                if not hasattr(own, "player"):
                    own.player = Player(stage, turn)
                player: Player = own.player
                return player.play(stage.draws.future(number), lost)

        with ThreadPoolExecutor(threads) as pool:
            for first in range(0, futures, BATCH):
                yield list(pool.map(play, range(first, min(first + BATCH, futures))))

    return batches


def rehearse(
    stage: Stage,
    futures: int,
    *,
    batches: Batches | None = None,
    lost: Sequence[int] = (),
    until_sure: bool = False,
    progress: Progress | None = None,
) -> Tally:
    """
    Play a plan in futures 0 to ``futures`` - 1 and sum up what they say.

    Parameters
    ----------
    stage : Stage
        What is played.
    futures : int
        How many, at least 1.
    batches : callable, optional
        Who plays them; two threads of this process by default.
    lost : sequence of int, optional
        Links that are lost in every future besides, and known to be.
    until_sure : bool, optional
        Stop after the first batch with which the mean harm has settled (see `converged_at`).
    progress : Progress, optional
        Told of each batch.

    Returns
    -------
    Tally
        The same for any number of threads or machines.

    Raises
    ------
    ModelError
        If there is no future.
    """
    if futures < 1:
        raise ModelError(f"{futures} futures; give at least 1")
    progress = progress or NoProgress()
    batches = batches or on_threads()
    tally = Tally(stage)
    # Closing the iterator at once ends threads or takes back tasks that are not wanted any more.
    with closing(batches(stage, futures, lost)) as played:  # type: ignore[type-var]
        for results in played:
            for result in results:
                tally.add(result)
            progress.advance(len(results))
            if until_sure and converged_at(tally.harm, batch=BATCH) is not None:
                break
    return tally
