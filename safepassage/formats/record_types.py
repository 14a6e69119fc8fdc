"""What the fields of a dataclass may hold, taken from its annotations once."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


@cache
def field_types(record: type) -> dict[str, Any]:
    """
    Types of a dataclass's fields.

    Parameters
    ----------
    record : type
        A dataclass.

    Returns
    -------
    dict of str to type
        In the order of declaration.
    """
    hints = get_type_hints(record)
    return {item.name: hints[item.name] for item in fields(record)}


@cache
def needed_fields(record: type) -> frozenset[str]:
    """
    Fields that have no default.

    Parameters
    ----------
    record : type
        A dataclass.

    Returns
    -------
    frozenset of str
        Their names.
    """
    return frozenset(
        item.name for item in fields(record) if item.default is MISSING and item.default_factory is MISSING
    )


def item_types(kind: Any, count: int) -> tuple[Any, ...] | None:  # noqa: ANN401 - an annotation
    """
    Types of the members of a tuple.

    Parameters
    ----------
    kind : annotation
        ``tuple[X, ...]`` or ``tuple[X, Y]``.
    count : int
        How many members there are.

    Returns
    -------
    tuple of annotation or None
        None where so many are not allowed.
    """
    arguments = get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return (arguments[0],) * count
    return arguments if len(arguments) == count else None


def is_tuple(kind: Any) -> bool:  # noqa: ANN401 - an annotation
    """True for ``tuple[...]``."""
    return get_origin(kind) is tuple


def unless_none(kind: Any) -> Any:  # noqa: ANN401 - an annotation
    """The type beside None in ``X | None``; None for any other annotation."""
    if get_origin(kind) not in (types.UnionType, Union):
        return None
    others = [item for item in get_args(kind) if item is not type(None)]
    assert len(others) == 1
    return others[0]
