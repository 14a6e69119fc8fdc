"""Play verification cases and judge them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.simulator.verification.case import (
    CASE_FILE,
    Expectation,
    VerificationCase,
    read_case,
)
from safepassage.simulator.verification.readings import QUANTITIES, Readings

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
    id, title, source : str
        Of the case.
    checks : tuple of CheckResult
        In the order of the case file.
    digest : str
        Of the run.
    """

    id: str
    title: str
    source: str
    checks: tuple[CheckResult, ...]
    digest: str

    @property
    def passed(self) -> bool:
        """Whether every value is as expected."""
        return all(check.passed for check in self.checks)


def run_cases(folders: Sequence[Path] | None = None, *, seed: int = 0) -> tuple[CaseResult, ...]:
    """
    Play the cases that come with the program, or others.

    Parameters
    ----------
    folders : sequence of Path, optional
        Each holds a ``case.toml``; the built-in cases when left out.
    seed : int, optional
        Of the order of equal claims at merges.

    Returns
    -------
    tuple of CaseResult
        In the order of the folders.

    Raises
    ------
    InputError
        When a case cannot be read; all faults together.
    """
    if folders is None:
        folders = sorted(path.parent for path in _BUILT_IN.glob(f"*/{CASE_FILE}"))
    cases: list[VerificationCase] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            case = read_case(folder)
        except InputError as error:
            faults += error.faults
            continue
        faults += _unknown_quantities(case, folder)
        cases.append(case)
    if faults:
        raise InputError(faults)
    return tuple(_run(case, seed) for case in cases)


def _run(case: VerificationCase, seed: int) -> CaseResult:
    readings = Readings(case, seed=seed)
    checks = tuple(_check(case, readings, expected) for expected in case.expectations)
    return CaseResult(case.id, case.title, case.source, checks, readings.result.digest)


def _check(case: VerificationCase, readings: Readings, expected: Expectation) -> CheckResult:
    obtained = readings.read(expected.quantity, expected.where)
    near = abs(obtained - expected.value) <= expected.tolerance
    shown = [
        f"{key} {case.network.link_id[value] if key == 'link' else value}" for key, value in expected.where
    ]
    passed = near and not math.isnan(obtained)
    return CheckResult(
        expected.quantity, ", ".join(shown), expected.value, expected.tolerance, obtained, passed
    )


def _unknown_quantities(case: VerificationCase, folder: Path) -> list[Fault]:
    return [
        Fault(
            str(folder / CASE_FILE), 0, "quantity", expected.quantity, _("no such reading"),
            _("give one of {names}").format(names=", ".join(sorted(QUANTITIES))),
        )
        for expected in case.expectations
        if expected.quantity not in QUANTITIES
    ]  # fmt: skip
