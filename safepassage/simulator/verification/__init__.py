"""Cases with known answers, played on the installed program."""

from safepassage.simulator.verification.case import VerificationCase, read_case
from safepassage.simulator.verification.keys import CaseGroup
from safepassage.simulator.verification.pictures import Line, Picture, PictureKind
from safepassage.simulator.verification.runner import (
    CaseResult,
    CheckResult,
    built_in_folders,
    case_folders,
    check,
    run_cases,
)

__all__ = [
    "CaseGroup",
    "CaseResult",
    "CheckResult",
    "Line",
    "Picture",
    "PictureKind",
    "VerificationCase",
    "built_in_folders",
    "case_folders",
    "check",
    "read_case",
    "run_cases",
]
