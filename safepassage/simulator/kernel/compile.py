"""
How kernel functions are compiled: without the interpreter lock and without reference counts.

The kernel allocates nothing, and counting references of the arrays in ``World`` at each step made it
fifteen times slower, so numba's runtime is switched off (``_nrt``). Steps get no wrapper for calls
from Python: unpacking ``World`` in each of them was half of the time to compile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

_COMMON: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy"}
_INNER: dict[str, Any] = {**_COMMON, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def step(function: Function) -> Function:
    """
    Compile a step of the kernel into its caller (a call would copy every array descriptor).

    Parameters
    ----------
    function : callable
        Plain Python that numba can type and that allocates nothing.

    Returns
    -------
    callable
        To be called from compiled code only.
    """
    compiled: Function = njit(forceinline=True, **_INNER)(function)
    return compiled


def rare_step(function: Function) -> Function:
    """
    Compile a step that is large and seldom taken as a function of its own.

    Parameters
    ----------
    function : callable
        Plain Python that numba can type and that allocates nothing.

    Returns
    -------
    callable
        To be called from compiled code only.
    """
    compiled: Function = njit(**_INNER)(function)
    return compiled


def entry_point(function: Function) -> Function:
    """
    Compile a function that Python calls, and keep the result on disk.

    Numba renews what it keeps when the function's own file changes; steps in other files are part
    of it too, so the digest of all kernel files stands in for the file's date.

    Parameters
    ----------
    function : callable
        Plain Python that numba can type and that allocates nothing.

    Returns
    -------
    callable
        The compiled function.
    """
    compiled: Any = njit(cache=True, **_COMMON)(function)
    compiled._cache._cache_file._source_stamp = _kernel_digest()  # noqa: SLF001 numba has no public way
    result: Function = compiled
    return result


def _kernel_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
