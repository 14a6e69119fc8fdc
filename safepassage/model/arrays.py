"""Helpers for frozen model objects that hold arrays: read-only storage and comparison by value."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int32]
OffsetArray = npt.NDArray[np.int64]
FlagArray = npt.NDArray[np.bool_]


def frozen_array(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """
    A read-only contiguous copy of ``values``.

    Parameters
    ----------
    values : array_like
        What to store; never modified.
    dtype : dtype_like
        Element type of the copy.

    Returns
    -------
    ndarray
        C-contiguous, ``writeable`` is False.
    """
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.setflags(write=False)
    return array


def equal_by_value(left: object, right: object) -> bool:
    """
    Compare two dataclass objects of one type field by field, arrays by content (NaN equals NaN).

    Parameters
    ----------
    left, right : object
        Dataclass instances.

    Returns
    -------
    bool
        True when the types and every field agree.
    """
    if type(left) is not type(right):
        return False
    for item in fields(left):  # type: ignore[arg-type]
        a, b = getattr(left, item.name), getattr(right, item.name)
        if isinstance(a, np.ndarray):
            if a.shape != b.shape or a.dtype != b.dtype:
                return False
            if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                return False
        elif a != b:
            return False
    return True
