"""What the public learns: no figure and no difference of figures speaks of few people."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from safepassage.model.ledger import LedgerRow
from safepassage.operations.disclosure import CELLS, LINES, POOL, K, Release, next_release

PLACES = ("a", "b", "c", "d", "e")


def row(place: str, **counts: int) -> LedgerRow:
    parts = dict.fromkeys(LINES, 0) | counts
    return LedgerRow(place, sum(parts.values()), **parts)


@st.composite
def histories(draw: st.DrawFn) -> list[list[LedgerRow]]:
    """A ledger that moves: at each step some people of some settlements change their line."""
    counts = {place: [draw(st.integers(0, 700)), 0, 0, 0, 0, 0] for place in PLACES}
    steps = []
    for _step in range(draw(st.integers(1, 6))):
        for place in PLACES:
            source, target = draw(st.integers(0, 5)), draw(st.integers(0, 5))
            moved = min(counts[place][source], draw(st.integers(0, 40)))
            counts[place][source] -= moved
            counts[place][target] += moved + draw(st.integers(0, 3))
        steps.append([row(place, **dict(zip(LINES, counts[place], strict=True))) for place in PLACES])
    return steps


def published(steps: list[list[LedgerRow]], smallest_place: int) -> list[Release]:
    releases: list[Release] = []
    for k, rows in enumerate(steps):
        releases.append(next_release(rows, releases, at_ms=k, smallest_place=smallest_place))
    return releases


@settings(max_examples=200, deadline=None)
@given(histories(), st.sampled_from([0, 100, 500]))
def test_no_figure_and_no_difference_speaks_of_few(steps: list[list[LedgerRow]], smallest: int) -> None:
    releases = published(steps, smallest)
    for release in releases:
        for shown in release.rows:
            assert all(number == 0 or number >= K for number in shown.figures)
            assert shown.figures[0] == sum(shown.figures[1:])
            assert shown.settlement != POOL or len(shown.members) >= 2
        members = [member for shown in release.rows for member in shown.members]
        assert len(members) == len(set(members)), "rows that overlap could be subtracted"
    for first, second in combinations(releases, 2):
        old = {shown.settlement: shown for shown in first.rows}
        for shown in second.rows:
            if shown.settlement not in old:
                continue
            before = old[shown.settlement]
            assert before.members == shown.members, "a pool that changes could be subtracted"
            changes = [abs(a - b) for a, b in zip(before.figures, shown.figures, strict=True)]
            assert all(change == 0 or change >= K for change in changes)


@given(histories())
def test_what_is_published_was_once_true(steps: list[list[LedgerRow]]) -> None:
    releases = published(steps, 0)
    for shown in releases[-1].rows:
        true = [
            tuple(sum(getattr(r, cell) for r in rows if r.settlement in shown.members) for cell in CELLS)
            for rows in steps
        ]
        assert shown.figures == true[shown.as_of_ms]


def test_small_places_are_pooled_and_stay_so() -> None:
    first = next_release(
        [row("town", unknown=900), row("hut", unknown=4), row("farm", unknown=30)], [], at_ms=0
    )
    assert [(r.settlement, r.members) for r in first.rows] == [("town", ("town",)), (POOL, ("farm", "hut"))]
    later = [
        row("town", unknown=800, evacuated_assisted=100),
        row("hut", unknown=4),
        row("farm", unknown=900),
    ]
    second = next_release(later, [first], at_ms=1)
    assert [r.members for r in second.rows] == [("town",), ("farm", "hut")]
    assert second.total[0] == 900 + 904


def test_a_row_waits_until_enough_people_have_moved() -> None:
    first = next_release([row("town", unknown=900), row("other", unknown=700)], [], at_ms=0)
    few = [row("town", unknown=896, refused=4), row("other", unknown=680, refused=20)]
    second = next_release(few, [first], at_ms=1)
    assert {r.settlement: r.as_of_ms for r in second.rows} == {"town": 0, "other": 1}
    back = [row("town", unknown=896, refused=4), row("other", unknown=697, refused=3)]
    third = next_release(back, [first, second], at_ms=2)
    assert {r.settlement: r.as_of_ms for r in third.rows} == {"town": 0, "other": 1}


def test_where_only_few_are_concerned_nothing_is_said() -> None:
    assert next_release([row("hut", unknown=4)], [], at_ms=0).rows == ()
    assert next_release([row("hut", unknown=4), row("shed", unknown=3)], [], at_ms=0).rows == ()
