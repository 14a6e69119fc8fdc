"""Receipts: what the sender of an event is told, once and for all."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What the sender of an event is told.

    Attributes
    ----------
    event_id : str
        The event.
    status : str
        ``accepted``, ``set_aside`` (kept, but it disagrees with others), ``held`` (kept for review) or
        ``refused`` (not kept).
    reason : str
        Code of what stood in the way.
    other : str
        Place of the event that it disagrees with.
    place : str
        Place of the event.
    warnings : tuple of str
        Codes of what somebody should look at; the event holds all the same.
    """

    event_id: str
    status: str
    reason: str = ""
    other: str = ""
    place: str = ""
    warnings: tuple[str, ...] = ()


def written(receipt: Receipt) -> str:
    """Receipt as it is kept."""
    document = {
        "event_id": receipt.event_id,
        "status": receipt.status,
        "reason": receipt.reason,
        "other": receipt.other,
        "place": receipt.place,
        "warnings": receipt.warnings,
    }
    return json.dumps(document, ensure_ascii=False)


def read(text: str) -> Receipt:
    """Receipt that was kept."""
    values = json.loads(text)
    return Receipt(**{**values, "warnings": tuple(values["warnings"])})
