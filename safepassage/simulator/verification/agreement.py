"""Cases of agreement: of the kernel with the plain model, and of runs in any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from safepassage.simulator.reference import play_reference
from safepassage.simulator.run import play
from safepassage.simulator.verification.case import VerificationCase, read_case
from safepassage.simulator.verification.keys import CaseGroup
from safepassage.simulator.verification.made_case import MadeCase
from safepassage.simulator.verification.pictures import Picture
from safepassage.simulator.verification.runner import CheckResult, built_in_folders, check

_THREADS = 4


def _cases() -> list[VerificationCase]:
    return [read_case(folder) for folder in built_in_folders()]


def _reference(seed: int) -> tuple[Sequence[CheckResult], Sequence[Picture], str]:
    differing = legs = 0
    cases = _cases()
    for case in cases:
        given = {"seed": seed, "horizon_s": case.horizon_s, "conditions": case.conditions}
        plain = play_reference(case.network, case.demand, **given)  # type: ignore[arg-type]
        result = play(case.network, case.demand, **given)  # type: ignore[arg-type]
        same = np.ones(case.demand.n_legs, np.bool_)
        for name in ("leg_depart_tick", "leg_entered_tick", "leg_arrive_tick"):
            same &= getattr(plain, name) == getattr(result, name)
        legs += len(same)
        differing += int(np.sum(~same))
    where = f"{legs} legs of {len(cases)} cases"
    return [check("legs_that_differ", where, 0, 0, differing)], [], ""


def _threads(seed: int) -> tuple[Sequence[CheckResult], Sequence[Picture], str]:
    def digest(case: VerificationCase) -> str:
        return play(
            case.network, case.demand, seed=seed, horizon_s=case.horizon_s, conditions=case.conditions
        ).digest

    cases = _cases()
    alone = [digest(case) for case in cases]
    with ThreadPoolExecutor(_THREADS) as threads:
        together = list(threads.map(digest, cases))
    differing = sum(one != other for one, other in zip(alone, together, strict=True))
    return [check("digests_that_differ", f"{len(cases)} cases", 0, 0, differing)], [], ""


AGREEMENT_CASES = (
    MadeCase(
        "kernel-equals-reference", "The compiled kernel and the plain model agree on every microsecond",
        "Скомпільоване ядро і проста модель збігаються до мікросекунди", CaseGroup.PROMISES, _reference,
        source="The same model in plain Python, one object a link and a vehicle",
    ),
    MadeCase(
        "threads", "One thread and four give the same digests",
        "Один потік і чотири дають однакові відбитки", CaseGroup.PROMISES, _threads,
        source="The same cases, one after the other",
    ),
)  # fmt: skip
