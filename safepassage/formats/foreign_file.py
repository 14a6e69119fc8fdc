"""Content of tables that somebody else made, of a sane size."""

from __future__ import annotations

from pathlib import Path

from safepassage.errors import Fault, InputError
from safepassage.i18n import _

LARGEST_BYTES = 200_000_000


def bytes_of(path: Path) -> bytes:
    """
    Content of a table that somebody else made.

    Parameters
    ----------
    path : Path
        File.

    Returns
    -------
    bytes
        At most `LARGEST_BYTES`.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            limit = LARGEST_BYTES // 1_000_000
            problem = _("the file is larger than {limit} MB").format(limit=limit)
            raise unusable(path, problem, _("give the rows of one district"))
        return path.read_bytes()
    except OSError as error:
        problem = _("the file cannot be read ({reason})").format(reason=error.strerror)
        raise unusable(path, problem, _("check its name")) from error


def unusable(path: Path, problem: str, remedy: str) -> InputError:
    """
    What to raise where a whole file is no table.

    Parameters
    ----------
    path : Path
        File.
    problem, remedy : str
        In words.

    Returns
    -------
    InputError
        With one fault.
    """
    return InputError([Fault(path.name, 0, "", "", problem, remedy)])
