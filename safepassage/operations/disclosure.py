"""
What the public may learn of the ledger: no number, and no difference of numbers, that speaks of few people.

Settlements with few people are pooled into one row, and the pool stays the same from release to release. A
row changes only where every change, against every earlier release, is of nobody or of at least `K` persons;
until then it stands as it was. Totals are sums of what is published. So neither a release nor any two of
them tell of fewer than `K` persons.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, chapters 4 and 5 (tables and linked tables).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from safepassage.model.ledger import LedgerRow

K = 10
# Live counts of small places help whoever wants to do harm.
SMALLEST_PLACE = 500
POOL = ""
LINES = ("willing", "refused", "evacuated_assisted", "self_evacuated", "unknown", "returned")
CELLS = ("eligible", *LINES)
Figures = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublicRow:
    """
    A published row.

    Attributes
    ----------
    settlement : str
        Settlement id; empty for the pool.
    members : tuple of str
        Settlements that the row counts.
    figures : tuple of int
        Persons, in the order of `CELLS`.
    as_of_ms : int
        When these figures were published first (ms since 1970).
    """

    settlement: str
    members: tuple[str, ...]
    figures: Figures
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class Release:
    """
    What was published at one time.

    Attributes
    ----------
    at_ms : int
        When (ms since 1970).
    rows : tuple of PublicRow
        Largest first, the pool last; empty where so few people are concerned that nothing can be said.
    """

    at_ms: int
    rows: tuple[PublicRow, ...]

    @property
    def total(self) -> Figures:
        """Sums of the rows, in the order of `CELLS`."""
        return _sum(row.figures for row in self.rows)


def next_release(
    rows: Sequence[LedgerRow],
    earlier: Sequence[Release],
    *,
    at_ms: int,
    smallest_place: int = SMALLEST_PLACE,
) -> Release:
    """
    Say what may be published now.

    Parameters
    ----------
    rows : sequence of LedgerRow
        The ledger, a row a settlement.
    earlier : sequence of Release
        All releases before, oldest first.
    at_ms : int
        Moment that the ledger speaks of (ms since 1970).
    smallest_place : int
        Settlements with fewer people are pooled, whatever their figures.

    Returns
    -------
    Release
        The new release.
    """
    now = {row.settlement: _figures(row) for row in rows}
    if earlier and earlier[-1].rows:
        groups = _as_before(now, earlier[-1], smallest_place)
    else:
        groups = _grouped(now, smallest_place)
    published = []
    for settlement, members in groups:
        figures = _sum(now.get(member, (0,) * len(CELLS)) for member in members)
        before = [row for release in earlier for row in release.rows if row.settlement == settlement]
        held = [row.figures for row in before]
        if held and (held[-1] == figures or not _may_follow(figures, held)):
            published.append(before[-1])
        else:
            published.append(PublicRow(settlement, members, figures, at_ms))
    return Release(at_ms, tuple(sorted(published, key=lambda row: (row.settlement == POOL, -row.figures[0]))))


def _figures(row: LedgerRow) -> Figures:
    return tuple(getattr(row, cell) for cell in CELLS)


def _sum(parts: Iterable[Figures]) -> Figures:
    totals = [0] * len(CELLS)
    for figures in parts:
        totals = [a + b for a, b in zip(totals, figures, strict=True)]
    return tuple(totals)


def _is_large(figures: Figures) -> bool:
    return all(number == 0 or number >= K for number in figures)


def _may_follow(figures: Figures, before: Sequence[Figures]) -> bool:
    changes = ([abs(a - b) for a, b in zip(figures, old, strict=True)] for old in before)
    return _is_large(figures) and all(number == 0 or number >= K for change in changes for number in change)


def _grouped(now: Mapping[str, Figures], smallest_place: int) -> list[tuple[str, tuple[str, ...]]]:
    """Settlements that stand alone, and the pool, which takes the smallest others until it is large."""
    by_size = sorted(now, key=lambda place: (now[place][0], place))
    pool = [place for place in by_size if not _stands_alone(now[place], smallest_place)]
    pooled = set(pool)
    alone = [place for place in by_size if place not in pooled]
    # A pool of one settlement is that settlement.
    while alone and pool and (len(pool) < 2 or not _is_large(_sum(now[place] for place in pool))):
        pool.append(alone.pop(0))
    groups: list[tuple[str, tuple[str, ...]]] = [(place, (place,)) for place in alone]
    if not pool:
        return groups
    if len(pool) < 2 or not _is_large(_sum(now[place] for place in pool)):
        return []
    return [*groups, (POOL, tuple(sorted(pool)))]


def _stands_alone(figures: Figures, smallest_place: int) -> bool:
    return figures[0] >= smallest_place and _is_large(figures)


def _as_before(
    now: Mapping[str, Figures], last: Release, smallest_place: int
) -> list[tuple[str, tuple[str, ...]]]:
    """The rows of the last release, and settlements that have come to the ledger since and stand alone."""
    known = {member for row in last.rows for member in row.members}
    new = [place for place in sorted(now) if place not in known and _stands_alone(now[place], smallest_place)]
    return [*((row.settlement, row.members) for row in last.rows), *((place, (place,)) for place in new)]
