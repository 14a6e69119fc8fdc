"""Play the verification cases on the installed program and report how it did."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from safepassage import __version__
from safepassage.errors import Fault, InputError
from safepassage.formats.files import write_atomically
from safepassage.i18n import _, language
from safepassage.progress import NoProgress, Progress
from safepassage.publish.verification_page import render_verification
from safepassage.publish.verification_words import count_words, quantity_words, title_words
from safepassage.simulator.verification import CaseResult, case_folders, run_cases
from safepassage.simulator.verification.agreement import AGREEMENT_CASES
from safepassage.simulator.verification.made_case import run_made_cases
from safepassage.simulator.verification.people import PEOPLE_CASES
from safepassage.workflows.verification_cases import WIDER_CASES


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """
    Played verification cases.

    Attributes
    ----------
    cases : tuple of CaseResult
        Every case.
    output : Path or None
        Where the report was written.
    """

    cases: tuple[CaseResult, ...]
    output: Path | None

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """Cases in which a value is not as expected."""
        return tuple(case for case in self.cases if not case.passed)

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "program": dict(program_facts()),
            "cases": len(self.cases),
            "values": sum(len(case.checks) for case in self.cases),
            "failed": [case.id for case in self.failed],
            "results": [_case_facts(case) for case in self.cases],
            "report": str(self.output) if self.output else None,
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        lines = [_failure(case) for case in self.failed]
        values = sum(len(case.checks) for case in self.cases)
        lines.append(count_words(len(self.cases), values, len(self.failed)))
        if self.output:
            lines.append(_("Report: {path}").format(path=self.output))
        return lines


def program_facts() -> dict[str, str]:
    """
    What is verified: the program and what its results rest on.

    Returns
    -------
    dict of str to str
        Versions by name.
    """
    return {
        "Safepassage": __version__,
        "Python": platform.python_version(),
        "numba": version("numba"),
        "numpy": version("numpy"),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def verify(
    folders: Sequence[Path] = (),
    output: Path | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> VerifyResult:
    """
    Play verification cases.

    Parameters
    ----------
    folders : sequence of Path
        Own cases, or folders that hold them, played after the built-in ones.
    output : Path, optional
        Where to write the report as HTML; not written by default.
    seed : int, optional
        Of the order of equal claims at merges, and of what the cases draw.
    progress : Progress, optional
        Told of each case.

    Returns
    -------
    VerifyResult
        Every case, passed or not.

    Raises
    ------
    InputError
        If an own case is faulty.
    OutputError
        If the report cannot be written.
    """
    progress = progress or NoProgress()
    own = run_cases(case_folders(folders), seed=seed, progress=progress) if folders else ()
    built_in = run_cases(seed=seed, progress=progress)
    made = (*PEOPLE_CASES, *WIDER_CASES, *AGREEMENT_CASES)
    progress.start(_("Playing people, bounds and the plain model"), len(made))
    cases = (*built_in, *run_made_cases(made, seed=seed, progress=progress), *own)
    _check_ids(cases)
    if output:
        page = render_verification(cases, language=language(), program=program_facts())
        write_atomically(output, page)
    return VerifyResult(cases, output)


def _check_ids(cases: Sequence[CaseResult]) -> None:
    """The page and the verdict name cases by their ids."""
    seen: set[str] = set()
    faults = []
    for case in cases:
        if case.id in seen:
            problem = _("the id is given before, by another or by a built-in case")
            faults.append(Fault("case.toml", 0, "id", case.id, problem, _("give every entry its own")))
        seen.add(case.id)
    if faults:
        raise InputError(faults)


def _failure(case: CaseResult) -> str:
    wrong = "; ".join(
        _("{reading}: expected {expected:g}, obtained {obtained:g}").format(
            reading=quantity_words(check.quantity) + (f" ({check.where})" if check.where else ""),
            expected=check.expected,
            obtained=check.obtained,
        )
        for check in case.checks
        if not check.passed
    )
    return _("FAILED {id} ({title}): {values}").format(id=case.id, title=title_words(case), values=wrong)


def _case_facts(case: CaseResult) -> dict[str, object]:
    return {
        "id": case.id,
        "title": case.title,
        "group": case.group.value,
        "source": case.source,
        "passed": case.passed,
        "digest": case.digest,
        "values": [
            {
                "quantity": check.quantity,
                "of": check.where,
                "expected": check.expected,
                "tolerance": check.tolerance,
                # JSON knows neither NaN, where nothing could be read, nor infinity.
                "obtained": check.obtained if math.isfinite(check.obtained) else None,
                "passed": check.passed,
            }
            for check in case.checks
        ],
    }
