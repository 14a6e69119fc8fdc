"""The one table that maps errors to exit codes."""

from __future__ import annotations

from enum import IntEnum

from safepassage.errors import InfeasibleError, InputError, OutputError, SafepassageError


class ExitCode(IntEnum):
    """What the command line returns to the shell; documented in ``safepassage --help``."""

    DONE = 0
    OUR_FAULT = 1
    BAD_INPUT = 2
    INFEASIBLE = 3
    UNSERVED = 4
    NOT_VERIFIED = 5
    # 128 + SIGINT, as shells expect.
    INTERRUPTED = 130


EXIT_CODES: dict[type[Exception], ExitCode] = {
    InputError: ExitCode.BAD_INPUT,
    OutputError: ExitCode.BAD_INPUT,
    OSError: ExitCode.BAD_INPUT,
    InfeasibleError: ExitCode.INFEASIBLE,
    # Any other error of ours says that a caller, which is us, contradicted itself.
    SafepassageError: ExitCode.OUR_FAULT,
    Exception: ExitCode.OUR_FAULT,
}


def exit_code(error: Exception) -> ExitCode:
    """Exit code of the nearest class of an error that the table names."""
    return next(EXIT_CODES[ancestor] for ancestor in type(error).__mro__ if ancestor in EXIT_CODES)
