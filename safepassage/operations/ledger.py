"""The ledger: everybody who should leave, each in exactly one line, now or at any past time."""

from __future__ import annotations

from collections import Counter

from safepassage.model.ledger import Category, LedgerRow
from safepassage.operations.event import order_at
from safepassage.operations.records.orders import Zone
from safepassage.operations.store import records, timelines
from safepassage.operations.store.database import Database


def ledger(database: Database, *, at_ms: int | None = None) -> tuple[LedgerRow, ...]:
    """
    Reconcile the persons of every settlement.

    Parameters
    ----------
    database : Database
        The store.
    at_ms : int, optional
        A past moment by the clocks of the devices (ms since 1970); by default everything counts.

    Returns
    -------
    tuple of LedgerRow
        By settlement; persons who are not registered but thought to live there are unknown.
    """
    with database.reading() as connection:
        if at_ms is None:
            counts = records.person_counts(connection)
            zones = records.everything(connection, "zone")
        else:
            place = order_at(at_ms + 1)
            counts = timelines.counts_at(connection, place)
            zones = timelines.records_at(connection, "zone", place)
    expected = {zone.id: zone.eligible for zone in zones if isinstance(zone, Zone)}
    settlements = sorted({settlement for settlement, _category in counts} | expected.keys())
    return tuple(_row(settlement, counts, expected.get(settlement, 0)) for settlement in settlements)


def total(rows: tuple[LedgerRow, ...]) -> LedgerRow:
    """Sum of all settlements."""
    names = ("willing", "refused", "evacuated_assisted", "self_evacuated", "unknown", "returned")
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    return LedgerRow("", sum(sums.values()), **sums)


def _row(settlement: str, counts: Counter[tuple[str, str]], expected: int) -> LedgerRow:
    by_line = {line: counts[settlement, line] for line in Category if line is not Category.OUTSIDE}
    registered = sum(by_line.values())
    missing = max(0, expected - registered)
    return LedgerRow(
        settlement=settlement,
        eligible=registered + missing,
        willing=by_line[Category.WILLING],
        refused=by_line[Category.REFUSED],
        evacuated_assisted=by_line[Category.EVACUATED_ASSISTED],
        self_evacuated=by_line[Category.SELF_EVACUATED],
        unknown=by_line[Category.UNKNOWN] + missing,
        returned=by_line[Category.RETURNED],
    )
