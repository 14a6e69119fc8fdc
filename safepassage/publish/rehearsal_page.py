"""What a rehearsal says, as one page that needs no network: chances, weak points, harm, choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import _, use_language
from safepassage.model.people import Settlement
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.publish.curve_drawing import round_steps
from safepassage.publish.embedding import asset, content_security_policy, page_templates
from safepassage.publish.map_drawing import (
    Labels,
    crossing_places,
    district_box,
    projection_of,
    roads_drawing,
    settlement_radius,
)
from safepassage.publish.wording import (
    NOTHING,
    Bilingual,
    clock,
    in_all_languages,
    joined,
    number,
    percent,
    place_name,
    translated,
)

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 30.0
ROWS_SHOWN = 15
AXIS_STEPS = 4
WEAK_ROADS_DRAWN = 12
SECONDS_AN_HOUR = 3600
Facts = Mapping[str, Any]
Cell = Bilingual | str


def render_rehearsal(scenario: Scenario, facts: Facts, lines: Sequence[Bilingual], *, language: str) -> str:
    """
    Render a rehearsal as one HTML page, for the commission.

    Parameters
    ----------
    scenario : Scenario
        Where.
    facts : mapping
        The figures, as ``rehearse`` writes them.
    lines : sequence of Bilingual
        What they say in plain words.
    language : str
        Language in which the page opens; it holds all of them.

    Returns
    -------
    str
        The page; it loads nothing from anywhere.
    """
    environment = page_templates()
    environment.globals.update(_=translated)
    styles = [asset("forecast.css"), asset("rehearsal.css")]
    scripts = [asset("language.js")]
    name = in_all_languages(place_name, scenario)
    with use_language(language):
        return environment.get_template("rehearsal.html").render(
            initial_language=language,
            title=f"{name} · Safepassage",
            name=name,
            exercise=scenario.is_exercise,
            exercise_banner=EXERCISE_BANNER,
            policy=content_security_policy(styles, scripts),
            # Hashed above; neither holds the end tag of its element.
            styles=[Markup(text) for text in styles],  # noqa: S704
            scripts=[Markup(text) for text in scripts],  # noqa: S704
            origin=in_all_languages(origin_words, facts),
            lines=lines,
            fan=people_out_fan(scenario, facts),
            chances=chance_drawing(scenario, facts),
            risk_map=risk_map(scenario, facts),
            tables=list(rehearsal_tables(scenario, facts)),
        )


def origin_words(facts: Facts) -> str:
    """
    What a rehearsal was made from.

    Parameters
    ----------
    facts : mapping
        The figures.

    Returns
    -------
    str
        Futures, seed, plan and digest, in the language of the context.
    """
    return _("{futures} futures, seed {seed}, plan {plan}, digest {digest}").format(
        futures=number(facts["futures"]), seed=facts["seed"], plan=facts["plan"], digest=facts["digest"][:12]
    )


# ---- charts -----------------------------------------------------------------------------------------


class _Chart:
    """Axes over the hours of the plan."""

    def __init__(self, hours: int, top: float) -> None:
        self._hours = max(hours, 1)
        self._top = max(top, 1e-9)

    def x(self, hour: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(hour, self._hours) / self._hours, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self._top, 1)

    def points(self, values: Iterable[float]) -> str:
        return " ".join(f"{self.x(hour)},{self.y(value)}" for hour, value in enumerate(values))

    def axes(self, scenario: Scenario, say: Callable[[float], str]) -> list[Markup]:
        parts = []
        for value in round_steps(self._top, AXIS_STEPS):
            parts += [
                Markup('<path class="grid" d="M{} {}H{}"/>').format(LEFT, self.y(value), WIDTH - RIGHT),
                Markup('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
                    LEFT - 8, self.y(value) + 4, say(value)
                ),
            ]
        step = max(1, math.ceil(self._hours / 8))
        parts += [
            Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                self.x(hour), HEIGHT - BOTTOM + 18, f"{scenario.local_time(hour * SECONDS_AN_HOUR):%H:%M}"
            )
            for hour in range(0, self._hours + 1, step)
        ]
        return parts

    @staticmethod
    def drawn(parts: Iterable[Markup], title: Bilingual) -> Markup:
        return Markup(
            '<svg class="fan" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>'
        ).format(WIDTH, HEIGHT, str(title), Markup("").join(parts))


def _shown_hours(rows: Sequence[Sequence[float]]) -> int:
    """Hours until nothing changes any more, and one beyond."""
    last = rows[-1]
    settled = next((hour for hour, row in enumerate(rows) if list(row) == list(last)), len(rows) - 1)
    return min(len(rows) - 1, settled + 1)


def people_out_fan(scenario: Scenario, facts: Facts) -> Markup:
    """
    Draw people out by the clock.

    Parameters
    ----------
    scenario : Scenario
        Gives the clock.
    facts : mapping
        The figures.

    Returns
    -------
    Markup
        An ``<svg>`` element: the middle of all futures, one future in two, nine in ten.
    """
    rows = facts["out_by_hour"]
    hours = _shown_hours(rows)
    people = sum(facts["people"][name] for name in ("safe", "on_the_way", "at_home"))
    chart = _Chart(hours, max(people, *rows[-1]))
    shown = rows[: hours + 1]
    parts = chart.axes(scenario, lambda value: number(round(value)))
    for low, high, name in ((0, 4, "band-90"), (1, 3, "band-50")):
        there = chart.points(row[high] for row in shown)
        back = " ".join(reversed(chart.points(row[low] for row in shown).split(" ")))
        parts.append(Markup('<polygon class="{}" points="{} {}"/>').format(name, there, back))
    parts.append(
        Markup('<polyline class="median" points="{}"/>').format(chart.points(row[2] for row in shown))
    )
    parts.append(Markup('<path class="aim" d="M{} {}H{}"/>').format(LEFT, chart.y(people), WIDTH - RIGHT))
    return chart.drawn(parts, in_all_languages(lambda: _("People out by the clock")))


def chance_drawing(scenario: Scenario, facts: Facts) -> Markup:
    """
    Draw the chance that the willing are out, by the clock.

    Parameters
    ----------
    scenario : Scenario
        Gives the clock.
    facts : mapping
        The figures.

    Returns
    -------
    Markup
        An ``<svg>`` element: one line each for 90 %, 99 % and all of them.
    """
    rows = [
        [row[name] for name in ("of_90_percent", "of_99_percent", "of_all")]
        for row in facts["probability_all_out"]
    ]
    hours = _shown_hours(rows)
    chart = _Chart(hours, 1.0)
    parts = chart.axes(scenario, lambda value: percent(100 * value))
    for k, name in enumerate(("chance-90", "chance-99", "chance-all")):
        course = chart.points(row[k] for row in rows[: hours + 1])
        parts.append(Markup('<polyline class="{}" points="{}"/>').format(name, course))
    return chart.drawn(parts, in_all_languages(lambda: _("Chance that the willing are out, by the clock")))


def risk_map(scenario: Scenario, facts: Facts) -> Markup:
    """
    Draw where people are lost, and which roads must not fail.

    Parameters
    ----------
    scenario : Scenario
        Roads and settlements.
    facts : mapping
        The figures.

    Returns
    -------
    Markup
        An ``<svg>`` element: circles grow with people, their colour deepens with the expected harm a person;
        the red roads are those without which most people do not get out.
    """
    projection = projection_of(district_box(scenario))
    labels = Labels(projection)
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    roads = []
    weak = [road for road in facts["weak_links"] if _lost(road) > 0][:WEAK_ROADS_DRAWN]
    most = max((_lost(road) for road in weak), default=1.0)
    for road in reversed(weak):
        width = 2.0 + 6.0 * math.sqrt(_lost(road) / most)
        for link in road["links"]:
            if link not in index:
                continue
            points = [projection.place(*point) for point in scenario.network.link_course(index[link])]
            course = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
            roads.append(Markup('<path class="weak" stroke-width="{:.1f}" d="{}"/>').format(width, course))
    circles = _risk_circles(scenario, facts, labels)
    for name, (longitude, latitude) in crossing_places(scenario).items():
        labels.add(*projection.place(longitude, latitude), 8.0, translated(name), "crossing-label")
    return Markup(
        '<svg class="risk-map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>'
    ).format(
        round(projection.width), round(projection.height),
        str(in_all_languages(lambda: _("Map of risk and weak roads"))),
        roads_drawing(scenario, projection), Markup("").join(roads), circles, labels.drawn(),
    )  # fmt: skip


def _risk_circles(scenario: Scenario, facts: Facts, labels: Labels) -> Markup:
    projection = projection_of(district_box(scenario))
    figures = {row["settlement"]: row for row in facts["settlements"]}
    most = max((place.people.total for place in scenario.in_scope), default=1)
    risk = {
        place.id: figures[place.id]["harm"] / max(place.people.total, 1)
        for place in scenario.in_scope
        if place.id in figures
    }
    worst = max(risk.values(), default=0.0) or 1.0
    circles = []
    for place in sorted(scenario.in_scope, key=lambda place: -place.people.total):
        x, y = projection.place(place.longitude_deg, place.latitude_deg)
        if not projection.holds(x, y):
            continue
        radius = settlement_radius(place.people.total, most)
        level = min(4, int(5 * risk.get(place.id, 0.0) / worst))
        circles.append(
            Markup('<circle class="risk risk-{}" cx="{}" cy="{}" r="{:.1f}"/>').format(level, x, y, radius)
        )
        labels.keep_clear(x, y, 4.0)
    for place in sorted(scenario.in_scope, key=lambda place: -risk.get(place.id, 0.0) * place.people.total):
        x, y = projection.place(place.longitude_deg, place.latitude_deg)
        if projection.holds(x, y):
            radius = settlement_radius(place.people.total, most)
            labels.add(x, y, radius, in_all_languages(place_name, place), "place-label")
    return Markup("").join(circles)


def _lost(road: Facts) -> float:
    """People who do not get out without a road: as played where it was, else those with no other way."""
    played = road["played"]
    return float(played["stranded"] if played else road["no_other_way"])


# ---- tables -----------------------------------------------------------------------------------------


def rehearsal_tables(scenario: Scenario, facts: Facts) -> Iterable[dict[str, Any]]:
    """
    Everything that a rehearsal says in rows.

    Parameters
    ----------
    scenario : Scenario
        Gives the names of places.
    facts : mapping
        The figures.

    Yields
    ------
    dict of str to object
        Key, title, columns and rows of a table.
    """
    names = {place.id: in_all_languages(place_name, place) for place in scenario.settlements}
    names |= {f"site:{site.id}": in_all_languages(place_name, site) for site in scenario.sites}
    if facts.get("said_lost"):
        yield _said_lost(scenario, facts)
    yield _table(
        "weak", lambda: _("Weak points"),
        [lambda: _("Road or crossing"), lambda: _("People of the plan on it"),
         lambda: _("More who do not get out without it"), lambda: _("More expected casualties"),
         lambda: _("Found")],
        [
            [_road_name(scenario, road), _count(road["persons"]), _count(_lost(road)),
             _small(road["played"]["harm"] if road["played"] else road["shut"]["harm"]), _how(road)]
            for road in facts["weak_links"][:ROWS_SHOWN]
        ],
    )  # fmt: skip
    yield _table(
        "left", lambda: _("Who does not get out, and where"),
        [lambda: _("Place"), lambda: _("Share of futures"), lambda: _("People on average")],
        [
            [names.get(row["place"], row["place"]), _percent(row["share_of_futures"]),
             _count(row["mean_persons"])]
            for row in facts["stranded"]["where"][:ROWS_SHOWN]
        ],
    )  # fmt: skip
    worst = sorted(facts["settlements"], key=lambda row: -row["harm"])
    yield _table(
        "harm", lambda: _("Expected harm by settlement"),
        [lambda: _("Settlement"), lambda: _("Expected casualties"),
         lambda: _("In the worst tenth of futures"), lambda: _("Get out"),
         lambda: _("Willing but at home"), lambda: _("Stay")],
        [
            [names.get(row["settlement"], row["settlement"]), _small(row["harm"]),
             _small(row["harm_worst_tenth"]), _count(row["safe"]), _count(row["at_home"]),
             _count(row["staying"])]
            for row in worst[:ROWS_SHOWN]
        ],
    )  # fmt: skip
    yield from _harm_tables(facts)
    yield from _choice_tables(scenario, facts, names)


def _harm_tables(facts: Facts) -> Iterable[dict[str, Any]]:
    harm = facts["harm"]
    groups = {
        "adults": lambda: _("adults"), "children": lambda: _("children"),
        "older": lambda: _("older people"), "low_mobility": lambda: _("people of low mobility"),
    }  # fmt: skip
    yield _table(
        "groups", lambda: _("Expected harm by group"),
        [lambda: _("Group"), lambda: _("Expected casualties"), lambda: _("In the worst tenth of futures")],
        [
            [in_all_languages(groups[name]) if name in groups else name, _small(value),
             _small(harm["by_group_worst_tenth"].get(name))]
            for name, value in harm["by_group"].items()
        ],
    )  # fmt: skip
    yield _table(
        "rate", lambda: _("If the danger is smaller or greater"),
        [lambda: _("Times the level taken"), lambda: _("Casualties with the plan"),
         lambda: _("If all stay at home")],
        [
            [_small(row["factor"]), _small(row["with_plan"]), _small(row["if_all_stay"])]
            for row in harm["at_rate"]
        ],
    )  # fmt: skip


def _choice_tables(
    scenario: Scenario, facts: Facts, names: Mapping[str, Bilingual]
) -> Iterable[dict[str, Any]]:
    whole = in_all_languages(lambda: _("the whole district"))
    starts = [row for row in facts["latest_starts"]["starts"] if row["share"] == 1.0 or not row["settlement"]]
    yield _table(
        "starts", lambda: _("Latest safe start"),
        [lambda: _("Place"), lambda: _("Share out"), lambda: _("Planned start"), lambda: _("Latest start")],
        [
            [names.get(row["settlement"], whole), _percent(row["share"]), _clock(scenario, row["planned_s"]),
             _clock(scenario, row["latest_s"])]
            for row in starts[:ROWS_SHOWN]
        ],
    )  # fmt: skip
    words = {
        "go_now": lambda: _("go now"), "wait_a_day": lambda: _("wait a day"),
        "stay_at_home": lambda: _("stay at home"), "shelter": lambda: _("stay in a shelter"),
    }  # fmt: skip
    factors = [row["factor"] for row in facts["decisions"][0]["best"]]
    yield _table(
        "decisions", lambda: _("The least harm, by the level of danger"),
        [lambda: _("Place"), *(_factor_title(factor) for factor in factors)],
        [
            [names.get(item["settlement"], whole),
             *(in_all_languages(words[row["decision"]]) for row in item["best"])]
            for item in facts["decisions"][:ROWS_SHOWN]
        ],
    )  # fmt: skip
    kinds = {
        "bus": lambda: _("one more bus"), "hour": lambda: _("one more hour before the curfew"),
        "crossing": lambda: _("a second crossing beside"),
    }  # fmt: skip
    yield _table(
        "more", lambda: _("What one more is worth"),
        [lambda: _("Of what"), lambda: _("More people get out"), lambda: _("Casualties fewer")],
        [
            [_named(kinds[item["of"]], item["name"]), _count(-item["stranded"]), _small(-item["harm"])]
            for item in facts["one_more"]
        ],
    )  # fmt: skip


def _table(
    key: str, title: Callable[[], str], columns: Sequence[Callable[[], str]], rows: Sequence[Sequence[Cell]]
) -> dict[str, Any]:
    return {
        "key": key,
        "title": in_all_languages(title),
        "columns": [in_all_languages(say) for say in columns],
        "rows": rows,
    }


def _said_lost(scenario: Scenario, facts: Facts) -> dict[str, Any]:
    crossings = set(scenario.network.crossing)
    says = {
        "confirmed": in_all_languages(lambda: _("confirmed lost")),
        "claimed": in_all_languages(lambda: _("claimed lost, not confirmed")),
    }
    rows = [
        [
            _road_name(
                scenario,
                {"name": row["road"], "is_crossing": row["road"] in crossings, "links": [row["road"]]},
            ),
            says[row["loss"]],
        ]
        for row in facts["said_lost"]
    ]
    heads = [lambda: _("Road or crossing"), lambda: _("What the sources make of it")]
    return _table("said_lost", lambda: _("Said to be lost"), heads, rows)


def _factor_title(factor: float) -> Callable[[], str]:
    return lambda: _("x {factor}").format(factor=plain_number(factor))


def _named(say: Callable[[], str], name: str) -> Bilingual:
    return in_all_languages(lambda: joined([say(), _(name) if name else ""]).replace(", ", " "))


def _road_name(scenario: Scenario, road: Facts) -> Cell:
    """A crossing by its name; another road by the places at its ends, where these have names."""
    if road["is_crossing"] or not road["links"]:
        return translated(road["name"])
    network = scenario.network
    link = network.link_id.index(road["links"][0]) if road["links"][0] in network.link_id else None
    if link is None:
        return str(road["name"])
    places: tuple[Site | Settlement, ...] = (*scenario.sites, *scenario.settlements)
    known = {place.node: place for place in places}
    ends = [known.get(network.node_id[node]) for node in (network.from_node[link], network.to_node[link])]
    if None in ends:
        return str(road["name"])
    return in_all_languages(lambda: " – ".join(place_name(end) for end in ends))


def _how(road: Facts) -> Bilingual:
    played = road["played"]
    if played:
        return in_all_languages(
            lambda: _("played shut in {futures} futures").format(futures=number(played["futures"]))
        )
    return in_all_languages(lambda: _("by the ways that are left"))


def _count(value: float | None) -> Bilingual:
    return in_all_languages(lambda: NOTHING if value is None else number(round(value)))


def _small(value: float | None) -> Bilingual:
    return in_all_languages(lambda: NOTHING if value is None else plain_number(value))


def plain_number(value: float) -> str:
    """
    A figure of which two digits count.

    Parameters
    ----------
    value : float
        The figure.

    Returns
    -------
    str
        Never in powers of ten; a dash where there is none.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else NOTHING
    decimals = max(0, 1 - math.floor(math.log10(abs(value))))
    return number(value, min(decimals, 6))


def _percent(share: float) -> Bilingual:
    return in_all_languages(percent, 100 * share)


def _clock(scenario: Scenario, time_s: float | None) -> Bilingual:
    return in_all_languages(lambda: NOTHING if time_s is None else clock(scenario, time_s))
