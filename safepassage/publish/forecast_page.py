"""The forecast as one page that needs no network: a fan chart, plain words, tables."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import _, use_language
from safepassage.model.response import Forecast
from safepassage.model.scenario import Scenario
from safepassage.model.uptake import Figure, FigureKind, Measure, PeopleClass
from safepassage.publish.embedding import (
    asset,
    content_security_policy,
    json_for_script,
    page_templates,
    vendored,
)
from safepassage.publish.forecast_words import day_words, event_words, forecast_lines
from safepassage.publish.wording import (
    NOTHING,
    Bilingual,
    in_all_languages,
    lines_in_all_languages,
    number,
    percent,
    place_name,
    translated,
)

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 30.0

Report = tuple[date, float]


def render_forecast(
    scenario: Scenario, forecast: Forecast, figures: Sequence[Figure], *, language: str, exercise: bool
) -> str:
    """
    Render a forecast as one HTML page, for the commission.

    Parameters
    ----------
    scenario : Scenario
        Where.
    forecast : Forecast
        What.
    figures : sequence of Figure
        Reports, drawn as dots where they count everyone who left.
    language : str
        Language in which the page opens; it holds all of them.
    exercise : bool
        True while any road is schematic.

    Returns
    -------
    str
        The page; it loads nothing from anywhere.
    """
    environment = page_templates()
    environment.globals.update(_=translated)
    with use_language(language):
        return environment.get_template("forecast.html").render(
            _context(scenario, forecast, _reported(figures), language, exercise=exercise)
        )


def _context(
    scenario: Scenario, forecast: Forecast, reported: Sequence[Report], language: str, *, exercise: bool
) -> dict[str, Any]:
    styles = [vendored("uplot/uPlot.min.css"), asset("forecast.css")]
    scripts = [vendored("uplot/uPlot.iife.min.js"), asset("forecast.js")]
    name = in_all_languages(place_name, scenario)
    last = day_words(forecast.dates[-1])
    return {
        "initial_language": language,
        "title": f"{name} · Safepassage",
        "name": name,
        "exercise": exercise,
        "exercise_banner": EXERCISE_BANNER,
        "policy": content_security_policy(styles, scripts),
        # Hashed above; neither holds the end tag of its element.
        "styles": [Markup(text) for text in styles],  # noqa: S704
        "scripts": [Markup(text) for text in scripts],  # noqa: S704
        "lines": lines_in_all_languages(lambda: forecast_lines(forecast)),
        "drawing": forecast_fan(forecast, reported),
        "chance_title": in_all_languages(lambda: _("Chance by {day}").format(day=last)),
        "shares": [share_row(item.share, item.dates, item.probability[-1]) for item in forecast.shares],
        "events": [
            (in_all_languages(event_words, effect), day_words(effect.day),
             *(_number(effect.more_out[k]) for k in (0, 2, 4)))
            for effect in forecast.effects
        ],
        "demand_titles": _demand_titles(),
        "demand": _demand_rows(forecast),
        "classes_caption": in_all_languages(
            lambda: _("On {day}: the middle, and the range of nine futures in ten").format(day=last)
        ),
        "classes": _class_rows(forecast),
        "data_json": json_for_script(_live(forecast, reported)),
    }  # fmt: skip


def _number(value: float) -> Bilingual:
    return in_all_languages(lambda: number(round(value)))


def _reported(figures: Sequence[Figure]) -> list[Report]:
    """Counts of everyone who left; where only those assisted are counted, of them."""
    for kind in (FigureKind.TOTAL, FigureKind.ASSISTED):
        found = [
            (figure.day, figure.value)
            for figure in figures
            if figure.kind is kind
            and figure.measure is Measure.CUMULATIVE
            and figure.people_class is PeopleClass.EVERYONE
            and not figure.scope
        ]
        if found:
            return found
    return []


def share_row(share: float, dates: Sequence[str], chance: float) -> tuple[object, ...]:
    """
    When a share of the people is out.

    Parameters
    ----------
    share : float
        Of those concerned, 0 to 1.
    dates : sequence of str
        By which it is out, at each level of the forecast.
    chance : float
        That it is out on the last day.

    Returns
    -------
    tuple of Bilingual or str
        Cells: the share, early, middle and late day, the chance.
    """
    cells: list[object] = [in_all_languages(lambda: percent(100 * share))]
    cells += [day_words(dates[k]) or NOTHING for k in (0, 2, 4)]
    return (*cells, in_all_languages(lambda: percent(100 * chance)))


def _demand_titles() -> list[Bilingual]:
    titles: list[Callable[[], str]] = [
        lambda: _("People with help"),
        lambda: _("Seats"),
        lambda: _("Wheelchair places"),
        lambda: _("Stretcher places"),
        lambda: _("Beds"),
    ]
    return [in_all_languages(title) for title in titles]


def _demand_rows(forecast: Forecast) -> list[tuple[object, ...]]:
    bands = [forecast.band(name) for name in ("assisted", "seats", "wheelchair", "stretcher", "beds")]
    return [
        (day_words(day), *(_middle_and_high(band[k]) for band in bands))
        for k, day in enumerate(forecast.dates)
    ]


def _middle_and_high(row: Sequence[float]) -> Bilingual:
    return in_all_languages(lambda: f"{number(round(row[2]))} / {number(round(row[4]))}")


def _class_rows(forecast: Forecast) -> list[tuple[object, ...]]:
    names: list[tuple[str, Callable[[], str]]] = [
        ("adults", lambda: _("adults")),
        ("children", lambda: _("children")),
        ("older", lambda: _("older people")),
        ("low_mobility", lambda: _("people of low mobility")),
        ("everyone", lambda: _("everyone")),
    ]
    return [
        (in_all_languages(say), *(_range(forecast.band(name, group)[-1]) for name in ("out", "remaining")))
        for group, say in names
    ]


def _range(row: Sequence[float]) -> Bilingual:
    return in_all_languages(
        lambda: f"{number(round(row[2]))} ({number(round(row[0]))}{NOTHING}{number(round(row[4]))})"
    )


def _live(forecast: Forecast, reported: Sequence[Report]) -> dict[str, Any]:
    """Rows for the live chart: times (s since 1970), quantiles and reports, each on every time."""
    ahead = [date.fromisoformat(day) for day in forecast.dates]
    told = dict(reported)
    rows = dict(zip(ahead, forecast.band("out"), strict=True))
    days = sorted({*told, *ahead})
    return {
        "people": max(forecast.people, *forecast.band("out")[-1]),
        "times": [calendar.timegm(day.timetuple()) for day in days],
        "out": [list(rows[day]) if day in rows else [None] * len(forecast.level) for day in days],
        "reported": [told.get(day) for day in days],
    }


def forecast_fan(forecast: Forecast, reported: Sequence[Report] = ()) -> Markup:
    """
    Draw people out by the day.

    Parameters
    ----------
    forecast : Forecast
        Gives the bands.
    reported : sequence of (date, float)
        What was reported, drawn as dots.

    Returns
    -------
    Markup
        An ``<svg>`` element: the middle of all futures, one future in two, nine in ten.
    """
    ahead = [date.fromisoformat(day) for day in forecast.dates]
    first = min([day for day, _value in reported] + ahead)
    span = max((ahead[-1] - first).days, 1)
    top = max(forecast.people, *forecast.band("out")[-1])

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span, 1)

    def y(people: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * people / top, 1)

    parts = []
    for people in (share * top for share in (0.0, 0.25, 0.5, 0.75, 1.0)):
        height = y(people)
        parts += [
            Markup('<path class="grid" d="M{} {}H{}"/>').format(LEFT, height, WIDTH - RIGHT),
            Markup('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
                LEFT - 8, height + 4, number(people)
            ),
        ]
    for low, high, name in ((0, 4, "band-90"), (1, 3, "band-50")):
        rows = list(zip(ahead, forecast.band("out"), strict=True))
        upper = " ".join(f"{x(day)},{y(row[high])}" for day, row in rows)
        lower = " ".join(f"{x(day)},{y(row[low])}" for day, row in reversed(rows))
        parts.append(Markup('<polygon class="{}" points="{} {}"/>').format(name, upper, lower))
    middle = " ".join(f"{x(day)},{y(row[2])}" for day, row in zip(ahead, forecast.band("out"), strict=True))
    parts.append(Markup('<polyline class="median" points="{}"/>').format(middle))
    parts += [
        Markup('<circle class="report" cx="{}" cy="{}" r="3.5"/>').format(x(day), y(value))
        for day, value in reported
    ]
    parts += [
        Markup('<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>').format(
            x(day), HEIGHT - BOTTOM + 18, anchor, f"{day:%d.%m.%Y}"
        )
        for day, anchor in ((first, "start"), (ahead[-1], "end"))
    ]
    title = str(in_all_languages(lambda: _("People out")))
    return Markup('<svg class="fan" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, title, Markup("").join(parts)
    )
