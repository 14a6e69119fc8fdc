"""A fingerprint of what a scenario says, whatever its files look like."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

import numpy as np

from safepassage.model.scenario import SCENARIO_SCHEMA_VERSION, Scenario


def scenario_hash(scenario: Scenario) -> str:
    """
    SHA-256 of a scenario's content.

    Parameters
    ----------
    scenario : Scenario
        What to identify.

    Returns
    -------
    str
        64 hexadecimal digits; the same for files that differ only in formatting, in units' spelling or in
        columns that are not used. The order of rows counts, for plans depend on it.
    """
    digest = hashlib.sha256(f"scenario {SCENARIO_SCHEMA_VERSION}\n".encode())
    _feed(digest, scenario)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object) -> None:
    # Every value is preceded by its kind and size, so that no two contents give the same bytes.
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        digest.update(f"a{data.dtype.str}{data.shape}".encode())
        digest.update((data + 0 if data.dtype.kind == "f" else data).tobytes())
    elif is_dataclass(value):
        digest.update(f"d{type(value).__name__}({len(fields(value))})".encode())
        for item in fields(value):
            digest.update(item.name.encode())
            _feed(digest, getattr(value, item.name))
    elif isinstance(value, tuple):
        digest.update(f"t{len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, Enum):
        _feed(digest, value.value)
    elif isinstance(value, str):
        data_text = value.encode()
        digest.update(f"s{len(data_text)}:".encode() + data_text)
    elif isinstance(value, datetime):
        _feed(digest, value.astimezone(UTC).isoformat())
    elif isinstance(value, bool | np.bool_):
        digest.update(b"b1" if value else b"b0")
    elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        # 2 and 2.0 say the same.
        digest.update(f"i{int(value)};".encode())
    elif isinstance(value, float):
        digest.update(b"f" + struct.pack("<d", value))
    else:
        raise TypeError(f"a scenario holds no {type(value).__name__}")
