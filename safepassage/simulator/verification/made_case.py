"""A case that is made by hand rather than read from a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safepassage.progress import NoProgress, Progress
from safepassage.simulator.verification.keys import CaseGroup
from safepassage.simulator.verification.pictures import Picture
from safepassage.simulator.verification.runner import CaseResult, CheckResult

COUNTING = "Counting and arithmetic"


@dataclass(frozen=True, slots=True)
class MadeCase:
    """
    A case that is made by hand rather than read from a folder.

    Attributes
    ----------
    id, title, title_uk, note : str
        As of every case.
    group : CaseGroup
        Of the verification protocol.
    play : callable
        Gives the checks, the pictures and the digest.
    source : str
        Where the expected values come from.
    """

    id: str
    title: str
    title_uk: str
    group: CaseGroup
    play: Callable[[int], tuple[Sequence[CheckResult], Sequence[Picture], str]]
    source: str = COUNTING
    note: str = ""

    def result(self, seed: int) -> CaseResult:
        """
        Play the case.

        Parameters
        ----------
        seed : int
            Of the order of equal claims at merges.

        Returns
        -------
        CaseResult
            Judged.
        """
        checks, pictures, digest = self.play(seed)
        return CaseResult(
            id=self.id,
            title=self.title,
            title_uk=self.title_uk,
            source=self.source,
            note=self.note,
            group=self.group,
            checks=tuple(checks),
            pictures=tuple(pictures),
            digest=digest,
        )


def run_made_cases(
    cases: Sequence[MadeCase], *, seed: int = 0, progress: Progress | None = None
) -> tuple[CaseResult, ...]:
    """
    Play cases that were made by hand.

    Parameters
    ----------
    cases : sequence of MadeCase
        What to play.
    seed : int, optional
        Of the order of equal claims at merges.
    progress : Progress, optional
        Told of each case.

    Returns
    -------
    tuple of CaseResult
        Judged.
    """
    progress = progress or NoProgress()
    results = []
    for case in cases:
        results.append(case.result(seed))
        progress.advance()
    return tuple(results)
