"""Check a scenario folder: every fault, and what it holds when there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safepassage.errors import Fault
from safepassage.formats.scenario_folder import check_scenario
from safepassage.i18n import _, ngettext


@dataclass(frozen=True, slots=True)
class CheckResult:
    """
    What was found.

    Attributes
    ----------
    folder : Path
        The folder.
    faults : tuple of Fault
        Errors and warnings.
    """

    folder: Path
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> int:
        """Faults that stop the work."""
        return sum(fault.severity == "error" for fault in self.faults)

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "folder": str(self.folder),
            "usable": self.errors == 0,
            "faults": [asdict(fault) for fault in self.faults],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        warnings = len(self.faults) - self.errors
        said = []
        if self.errors:
            said.append(
                ngettext("{count} error: the folder cannot be planned.",
                         "{count} errors: the folder cannot be planned.", self.errors)
                .format(count=self.errors)
            )  # fmt: skip
        else:
            said.append(_("The folder is in order and can be planned."))
        if warnings:
            said.append(ngettext("{count} warning.", "{count} warnings.", warnings).format(count=warnings))
        return said


def check_folder(folder: Path) -> CheckResult:
    """
    Check a scenario folder.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    CheckResult
        All its faults.
    """
    return CheckResult(folder, check_scenario(folder))
