"""Play verification cases and judge them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.progress import NoProgress, Progress
from safepassage.simulator.verification.case import Expectation, VerificationCase, read_case
from safepassage.simulator.verification.keys import CASE_FILE, CaseGroup
from safepassage.simulator.verification.pictures import Picture, draw
from safepassage.simulator.verification.readings import Readings

_BUILT_IN = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """
    One value of a case.

    Attributes
    ----------
    quantity, where : str
        What was read, and for which link, flow or time.
    expected, tolerance, obtained : float
        Values.
    passed : bool
        Whether the obtained value is as near as it must be.
    """

    quantity: str
    where: str
    expected: float
    tolerance: float
    obtained: float
    passed: bool


@dataclass(frozen=True, slots=True)
class CaseResult:
    """
    A played case.

    Attributes
    ----------
    id, title, title_uk, source, note : str
        Of the case; the second title may be empty.
    group : CaseGroup
        Of the verification protocol.
    checks : tuple of CheckResult
        In the order of the case file.
    pictures : tuple of Picture
        What it looks like.
    digest : str
        Of the run; empty where no traffic was played.
    """

    id: str
    title: str
    title_uk: str
    source: str
    note: str
    group: CaseGroup
    checks: tuple[CheckResult, ...]
    pictures: tuple[Picture, ...]
    digest: str

    @property
    def passed(self) -> bool:
        """Whether every value is as expected."""
        return all(check.passed for check in self.checks)


def check(quantity: str, where: str, expected: float, tolerance: float, obtained: float) -> CheckResult:
    """
    Judge a value.

    Parameters
    ----------
    quantity, where : str
        What was read, and for which link, flow or time.
    expected, tolerance, obtained : float
        Values; one that is NaN fails.

    Returns
    -------
    CheckResult
        With the verdict.
    """
    # The slack is rounding of the subtraction, not of the model.
    near = abs(obtained - expected) <= tolerance + 1e-9 * max(1.0, abs(expected))
    return CheckResult(quantity, where, expected, tolerance, obtained, near and not math.isnan(obtained))


def built_in_folders() -> tuple[Path, ...]:
    """
    Folders of the cases that come with the program.

    Returns
    -------
    tuple of Path
        By name.
    """
    return tuple(sorted(path.parent for path in _BUILT_IN.glob(f"*/{CASE_FILE}")))


def case_folders(folders: Sequence[Path]) -> tuple[Path, ...]:
    """
    Cases in folders that are cases, or that hold folders that are.

    Parameters
    ----------
    folders : sequence of Path
        As a user gives them; a ``case.toml`` stands for its folder.

    Returns
    -------
    tuple of Path
        Each holds a ``case.toml``, or is a given folder in which none was found.
    """
    found: list[Path] = []
    for given in folders:
        folder = given.parent if given.name == CASE_FILE and given.is_file() else given
        inside = sorted(path.parent for path in folder.glob(f"*/{CASE_FILE}"))
        is_case = (folder / CASE_FILE).is_file()
        found += [folder] if is_case or not inside else inside
    return tuple(found)


def run_cases(
    folders: Sequence[Path] | None = None, *, seed: int = 0, progress: Progress | None = None
) -> tuple[CaseResult, ...]:
    """
    Play the cases that come with the program, or others.

    Parameters
    ----------
    folders : sequence of Path, optional
        Each holds a ``case.toml``; the built-in cases when left out.
    seed : int, optional
        Of the order of equal claims at merges.
    progress : Progress, optional
        Told of each case.

    Returns
    -------
    tuple of CaseResult
        In the order of the folders.

    Raises
    ------
    InputError
        When a case cannot be read; all faults together.
    """
    progress = progress or NoProgress()
    cases: list[VerificationCase] = []
    faults: list[Fault] = []
    for folder in built_in_folders() if folders is None else folders:
        try:
            cases.append(read_case(folder))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    progress.start(_("Playing verification cases"), len(cases))
    results = []
    for case in cases:
        results.append(_run(case, seed))
        progress.advance()
    return tuple(results)


def _run(case: VerificationCase, seed: int) -> CaseResult:
    readings = Readings(case, seed=seed)
    checks = tuple(_judged(readings, expected) for expected in case.expectations)
    return CaseResult(
        id=case.id,
        title=case.title,
        title_uk=case.title_uk,
        source=case.source,
        note=case.note,
        group=case.group,
        checks=checks,
        pictures=draw(readings),
        digest=readings.result.digest,
    )


def _judged(readings: Readings, expected: Expectation) -> CheckResult:
    obtained = readings.read(expected.quantity, expected.where)
    return check(expected.quantity, expected.words, expected.value, expected.tolerance, obtained)
