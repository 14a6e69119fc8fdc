"""Cases with known answers, played on the installed program."""

from safepassage.simulator.verification.case import VerificationCase, read_case
from safepassage.simulator.verification.runner import CaseResult, CheckResult, run_cases

__all__ = ["CaseResult", "CheckResult", "VerificationCase", "read_case", "run_cases"]
