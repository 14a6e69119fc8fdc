"""What went wrong on the roads of a played plan, in words."""

from __future__ import annotations

from collections.abc import Sequence

from safepassage.i18n import _, ngettext
from safepassage.model.outcome import Outcome

_MOST_PLACES = 10


def road_lines(outcome: Outcome) -> Sequence[str]:
    """
    Vehicles stuck where, gridlocks, full destinations, background traffic and ways on foot.

    Parameters
    ----------
    outcome : Outcome
        A played plan.

    Returns
    -------
    sequence of str
        Sentences in the language of the context; none where nothing is to be told.
    """
    return (
        *_stuck(outcome),
        *_gridlocks(outcome),
        *_full(outcome),
        *_background(outcome),
        *_walks(outcome),
    )


def _stuck(outcome: Outcome) -> list[str]:
    lines = []
    for place in outcome.stuck[:_MOST_PLACES]:
        count = place.on_road + place.at_origin
        text = ngettext(
            "Stuck at {link}: {count} vehicle, {waiting} of them before it got onto the road.",
            "Stuck at {link}: {count} vehicles, {waiting} of them before they got onto the road.",
            count,
        )
        lines.append(text.format(link=place.link, count=count, waiting=place.at_origin))
    left = len(outcome.stuck) - _MOST_PLACES
    if left > 0:
        more = ngettext("{count} more such place.", "{count} more such places.", left)
        lines.append(more.format(count=left))
    return lines


def _gridlocks(outcome: Outcome) -> list[str]:
    text = _("Gridlock since minute {minute}: {links} wait for each other.")
    return [
        text.format(minute=round(ring.since_s / 60), links=", ".join(ring.links))
        for ring in outcome.gridlocks
    ]


def _full(outcome: Outcome) -> list[str]:
    lines = []
    if outcome.diverted_vehicles:
        text = ngettext(
            "{count} vehicle found its destination full and drove on.",
            "{count} vehicles found their destination full and drove on.",
            outcome.diverted_vehicles,
        )
        lines.append(text.format(count=outcome.diverted_vehicles))
    if outcome.turned_away_vehicles:
        text = ngettext(
            "{count} vehicle was turned away: the last destination was full.",
            "{count} vehicles were turned away: the last destination was full.",
            outcome.turned_away_vehicles,
        )
        lines.append(text.format(count=outcome.turned_away_vehicles))
    return lines


def _background(outcome: Outcome) -> list[str]:
    if not outcome.background_vehicles:
        return []
    text = _("Background traffic: {arrived} of {all} vehicles ended their trips.")
    return [text.format(arrived=outcome.background_arrived, all=outcome.background_vehicles)]


def _walks(outcome: Outcome) -> list[str]:
    people = sum(walk.people for walk in outcome.walks)
    if not people:
        return []
    text = ngettext(
        "{count} person walked to an assembly point, at most {minutes} minutes.",
        "{count} people walked to assembly points, at most {minutes} minutes.",
        people,
    )
    longest_s = max(walk.longest_s for walk in outcome.walks)
    return [text.format(count=people, minutes=round(longest_s / 60))]
