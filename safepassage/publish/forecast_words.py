"""A forecast in plain words: what it knows, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from safepassage.i18n import _, ngettext
from safepassage.model.response import EventEffect, Forecast
from safepassage.model.uptake import EventKind
from safepassage.publish.wording import number, people_words, percent


def forecast_lines(forecast: Forecast) -> list[str]:
    """
    Say a forecast.

    Parameters
    ----------
    forecast : Forecast
        The forecast.

    Returns
    -------
    list of str
        Sentences in the language of the context.
    """
    return [*_what_it_says(forecast), *_what_to_hold_ready(forecast), *limits(forecast)]


def day_words(day: str) -> str:
    """A calendar date as people write it, such as ``28.08.2023``; nothing stays nothing."""
    return f"{date.fromisoformat(day):%d.%m.%Y}" if day else ""


def event_words(effect: EventEffect) -> str:
    """An event by its name, with its teams."""
    name = event_names()[effect.kind]
    if effect.teams and effect.kind != EventKind.DOOR_TO_DOOR.value:
        return ngettext("{event} ({count} team)", "{event} ({count} teams)", effect.teams).format(
            event=name, count=effect.teams
        )
    if effect.teams:
        return ngettext(
            "{count} more team going from door to door",
            "{count} more teams going from door to door",
            effect.teams,
        ).format(count=effect.teams)
    return name


def event_names() -> Mapping[str, str]:
    """Names of events by their codes."""
    return {
        EventKind.ORDER.value: _("order to leave"),
        EventKind.STRENGTHENED.value: _("stricter order"),
        EventKind.COMPULSORY_CHILDREN.value: _("compulsory evacuation of families with children"),
        EventKind.EMERGENCY.value: _("flood, fire or another emergency"),
        EventKind.UTILITIES_LOST.value: _("water, power or heating lost"),
        EventKind.FRONT_NEAR.value: _("the front comes near"),
        EventKind.ASSAULT.value: _("assault"),
        EventKind.CROSSING_LOST.value: _("a crossing lost"),
        EventKind.INFORMATION.value: _("information campaign"),
        EventKind.DOOR_TO_DOOR.value: _("teams going from door to door"),
        EventKind.UNDER_WAY.value: _("evacuation under way"),
    }


def _what_it_says(forecast: Forecast) -> list[str]:
    low, _p25, middle, _p75, high = forecast.band("out")[-1]
    share = 100 * middle / forecast.people
    lines = [
        _(
            "By {day} about {middle} of {people} will be out ({share}); in nine of ten futures between {low}"
            " and {high}."
        ).format(
            day=day_words(forecast.dates[-1]),
            middle=number(round(middle)),
            people=people_words(forecast.people),
            share=percent(share),
            low=number(round(low)),
            high=number(round(high)),
        )
    ]
    waiting, staying = forecast.band("waiting")[0][2], forecast.band("staying")[0][2]
    lines.append(
        _(
            "Of those there tomorrow about {waiting} have made up their minds and have not left yet; about"
            " {staying} stay for now. Staying is not for ever: they leave a few at a time, or when something"
            " happens."
        ).format(waiting=number(round(waiting)), staying=number(round(staying)))
    )
    half = next(item for item in forecast.shares if item.share == 0.5)
    lines.append(
        _("The chance that half are out by {day} is {chance}.").format(
            day=day_words(forecast.dates[-1]), chance=percent(100 * half.probability[-1])
        )
    )
    return lines


def _what_to_hold_ready(forecast: Forecast) -> list[str]:
    seats, wheelchair, stretcher, beds = (
        max(row[4] for row in forecast.band(name)[:7])
        for name in ("seats", "wheelchair", "stretcher", "beds")
    )
    return [
        _(
            "To be enough on nineteen days of twenty of the coming week, hold ready a day: seats {seats},"
            " wheelchair places {wheelchair}, stretcher places {stretcher}, beds {beds}."
        ).format(
            seats=number(round(seats)),
            wheelchair=number(round(wheelchair)),
            stretcher=number(round(stretcher)),
            beds=number(round(beds)),
        )
    ]


def limits(forecast: Forecast) -> list[str]:
    """
    What a forecast rests on, and what it cannot know.

    Parameters
    ----------
    forecast : Forecast
        The forecast.

    Returns
    -------
    list of str
        Sentences in the language of the context.
    """
    rests = (
        ngettext(
            "It rests on {count} figure up to {day} and on what happened in other evacuations.",
            "It rests on {count} figures up to {day} and on what happened in other evacuations.",
            forecast.reports,
        ).format(count=forecast.reports, day=day_words(forecast.known_until))
        if forecast.reports
        else _("No reports were given: it rests only on other evacuations, and is wide.")
    )
    return [
        rests,
        _(
            "It does not know what will happen: an assault, a lost bridge or a stricter order changes it"
            " at once. Give such events with --event. Those evacuations are few, and officials count"
            " differently by 10 to 30 %."
        ),
    ]
