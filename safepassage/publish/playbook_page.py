"""The playbook as one page that needs no network and runs no script; for the commission."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import _, ngettext, use_language
from safepassage.model.playbook import LastStart, LostCrossing, Playbook
from safepassage.model.scenario import Scenario
from safepassage.publish.embedding import asset, content_security_policy, page_templates
from safepassage.publish.wording import NOTHING, clock, duration, percent, place_name

_MOST_LINES = 3


def render_playbook(scenario: Scenario, playbook: Playbook, *, language: str) -> str:
    """
    Render a playbook.

    Parameters
    ----------
    scenario : Scenario
        Names and times.
    playbook : Playbook
        What to show.
    language : str
        Of the page.

    Returns
    -------
    str
        HTML that loads nothing from anywhere.
    """
    environment = page_templates()
    environment.globals.update(_=_)
    with use_language(language):
        return environment.get_template("playbook.html").render(_context(scenario, playbook, language))


def _context(scenario: Scenario, playbook: Playbook, language: str) -> dict[str, Any]:
    style = asset("forecast.css")
    name = place_name(scenario)
    singles = [row for row in playbook.losses if len(row.crossings) == 1]
    return {
        "language": language,
        "title": f"{name} · Safepassage",
        "name": name,
        "exercise": playbook.exercise,
        "exercise_banner": EXERCISE_BANNER,
        "policy": content_security_policy([style], []),
        # Hashed above; it does not hold the end tag of its element.
        "style": Markup(style),  # noqa: S704
        "sure": _("With {share} certainty").format(share=percent(100 * playbook.confidence)),
        "losses": [_loss(scenario, row) for row in playbook.losses],
        "crossings": [_crossing(scenario, playbook, row) for row in singles],
    }


def _loss(scenario: Scenario, row: LostCrossing) -> dict[str, str]:
    places = {place.id: place_name(place) for place in scenario.settlements}
    people = sum(part.with_car + part.without_car for part in row.cut_off)
    cut_off = NOTHING
    if people:
        words = ngettext("{count} person: {places}", "{count} people: {places}", people)
        cut_off = words.format(
            count=people, places=", ".join(places[part.settlement] for part in row.cut_off)
        )
    return {
        "lost": " + ".join(row.crossings) or _("nothing"),
        "cut_off": cut_off,
        "cars": _clock(scenario, row.cars_clearance_s),
        "bound": _clock(scenario, row.bound_s),
        "fleet": _clock(scenario, row.fleet_clearance_s),
        "later": _signed(row.later_s),
        "left": str(row.left_behind),
    }


def _clock(scenario: Scenario, time_s: float) -> str:
    return clock(scenario, time_s, round_up=True) if time_s > 0 and math.isfinite(time_s) else NOTHING


def _signed(time_s: float) -> str:
    if not time_s:
        return NOTHING
    return ("+" if time_s > 0 else "\N{MINUS SIGN}") + duration(abs(time_s))


def _crossing(scenario: Scenario, playbook: Playbook, loss: LostCrossing) -> dict[str, Any]:
    (name,) = loss.crossings
    places = {place.id: place_name(place) for place in scenario.settlements}
    rows = [row for row in playbook.starts if row.crossing == name]
    return {
        "title": name,
        "caption": _("So long before it is lost at the latest, for all cars of the settlement to pass"),
        "lines": start_lines(scenario, rows),
        "rows": [
            (
                places[row.settlement],
                str(row.cars),
                _before(row.together_s),
                _before(row.confident_s),
                _before(row.alone_s),
                _clock(scenario, row.passed_s),
                _clock(scenario, row.fleet_passed_s),
                _("yes") if row.other_way else _("no"),
            )
            for row in rows
        ],
        "new": [
            (
                places[start.settlement],
                clock(scenario, start.cars_s),
                clock(scenario, start.vehicles_s),
                _("yes") if start.other_road else _("no"),
            )
            for start in loss.starts
        ],
    }


def start_lines(scenario: Scenario, rows: Sequence[LastStart]) -> list[str]:
    """
    Say the most pressing last safe starts of one crossing.

    Parameters
    ----------
    scenario : Scenario
        Names.
    rows : sequence of LastStart
        Of one crossing, the earliest start first.

    Returns
    -------
    list of str
        In the language of the context.
    """
    places = {place.id: place_name(place) for place in scenario.settlements}
    return [
        _("{place}: start {time} before {crossing} is lost, or by {until} before it to be sure.").format(
            place=places[row.settlement],
            time=_before(row.together_s),
            until=_before(row.confident_s),
            crossing=row.crossing,
        )
        for row in rows
        if row.cars
    ][:_MOST_LINES]


def _before(time_s: float) -> str:
    if not math.isfinite(time_s):
        return _("never in time")
    return duration(60 * math.ceil(time_s / 60)) if time_s else NOTHING
