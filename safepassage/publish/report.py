"""The report of a plan: one page that needs no network, for the commission."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import jinja2
from markupsafe import Markup

from safepassage.errors import OutputError
from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import LANGUAGES, _, ngettext, use_language
from safepassage.model.outcome import Outcome
from safepassage.model.people import Settlement
from safepassage.model.plan import Bounded, Plan
from safepassage.model.policy import Audience, ThreatKind
from safepassage.model.scenario import ReportedFigure, Scenario
from safepassage.publish.briefing import first_steps, hard_to_reach, left_behind
from safepassage.publish.car_tracks import CarTracks
from safepassage.publish.certificate_words import binding_words, bound_part_words, bounded_words
from safepassage.publish.curve_drawing import curves_drawing
from safepassage.publish.embedding import (
    asset,
    content_security_policy,
    json_for_script,
    page_script,
    page_templates,
    vendored,
)
from safepassage.publish.map_drawing import SYMBOL_KINDS, district_box, map_drawing, whole_box
from safepassage.publish.page_strings import page_strings
from safepassage.publish.playback import Payload, playback
from safepassage.publish.report_parts import HowSure, WhoLeaves
from safepassage.publish.settlement_table import settlement_rows
from safepassage.publish.sheets.document import audience_words
from safepassage.publish.summary import HASH_SHOWN, certificate_of, summary_lines
from safepassage.publish.wording import (
    NOTHING,
    Bilingual,
    cars_words,
    clock,
    clock_and_day,
    date_words,
    duration,
    figure,
    in_all_languages,
    joined,
    number,
    people_words,
    percent,
    pin_words,
    place_name,
    site_kind_words,
    translated,
    trips_words,
)

BAR_WIDTH = 600
STUCK_LINKS_NAMED = 5
PAGE_FOOT_STYLE = "font: 7.5pt sans-serif; color: #444c55;"


@dataclass(frozen=True, slots=True)
class MoreParts:
    """
    What a report holds beside the plan, where it exists.

    Attributes
    ----------
    how_sure : HowSure or None
        The plan, rehearsed.
    who_leaves : WhoLeaves or None
        The forecast.
    cars : CarTracks or None
        Where cars were when, to be drawn as moving dots.
    """

    how_sure: HowSure | None = None
    who_leaves: WhoLeaves | None = None
    cars: CarTracks | None = None


@dataclass(frozen=True, slots=True)
class _Fact:
    label: Bilingual
    value: Bilingual
    note: Bilingual


def render_report(
    scenario: Scenario,
    plan: Plan,
    outcome: Outcome,
    naive: Outcome | None,
    *,
    language: str,
    audience: Audience = Audience.COMMISSION,
    more: MoreParts | None = None,
) -> str:
    """
    Render the report of a plan as one HTML page.

    Parameters
    ----------
    scenario : Scenario
        What was planned for.
    plan : Plan
        The plan.
    outcome : Outcome
        The plan, played.
    naive : Outcome or None
        The naive baseline, played; without it the page has no baseline curve.
    language : str
        Language in which the page opens; it holds all of them.
    audience : Audience
        Who will read it.
    more : MoreParts, optional
        What there is beside the plan.

    Returns
    -------
    str
        The page; it loads nothing from anywhere.

    Raises
    ------
    OutputError
        For any audience but the commission, as the page holds routes, times and counts. Where nature
        threatens the public may read it, without rehearsal, forecast and the names of those who decided.
    ValueError
        If the program does not speak the language.
    """
    more = more or MoreParts()
    _require_audience(scenario, plan, audience, more)
    if audience is not Audience.COMMISSION:
        # Decisions name those who took them.
        plan = replace(plan, audience=audience, pins=())
    with use_language(language):
        return (
            _environment()
            .get_template("report.html")
            .render(_context(scenario, plan, outcome, naive, language, more))
        )


def _require_audience(scenario: Scenario, plan: Plan, audience: Audience, more: MoreParts) -> None:
    """Routes and times are for the commission; where nature threatens, for everyone."""
    natural = scenario.policy.threat_kind is ThreatKind.NATURAL
    allowed = {Audience.COMMISSION, Audience.PUBLIC} if natural else {Audience.COMMISSION}
    wrong = audience if audience not in allowed else plan.audience
    if wrong not in allowed:
        raise OutputError(
            _(
                "the report holds routes, times and numbers of people; it is for the commission,"
                " not for audience {audience}"
            ).format(audience=wrong.value)
        )
    if audience is not Audience.COMMISSION and (more.how_sure or more.who_leaves):
        raise OutputError(_("rehearsal and forecast are for the commission; leave them out of this report"))


def _environment() -> jinja2.Environment:
    environment = page_templates()
    environment.globals.update(
        _=translated,
        label_attributes=_label_attributes,
        place_name=_place_name,
        number=number,
        figure=_figure,
        sortable=lambda value: value if math.isfinite(value) else "",
        NOTHING=NOTHING,
    )
    return environment


def _place_name(place: Settlement) -> Bilingual:
    return in_all_languages(place_name, place)


def _figure(value: float) -> Bilingual:
    return in_all_languages(figure, value)


def _label_attributes(text: Bilingual) -> Markup:
    """An accessible name in every language; the page's script changes it with the language."""
    others = Markup(" ").join(Markup('data-label-{}="{}"').format(*item) for item in text.texts)
    return Markup('aria-label="{}" {}').format(str(text), others)


def _context(
    scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None, language: str, more: MoreParts
) -> dict[str, Any]:
    data = _page_data(scenario, plan, outcome, naive)
    data["cars"] = more.cars.payload() if more.cars else None
    styles = [
        vendored("maplibre-gl/maplibre-gl.css"),
        vendored("uplot/uPlot.min.css"),
        asset("report.css"),
        asset("report_parts.css"),
        _page_box(plan),
    ]
    scripts = [vendored("maplibre-gl/maplibre-gl.js"), vendored("uplot/uPlot.iife.min.js"), page_script()]
    content = report_content(scenario, plan, outcome, naive, data["chartEndS"])
    return content | {
        "initial_language": language,
        "title": f"{content['name']} · Safepassage",
        "policy": content_security_policy(styles, scripts),
        # Hashed above; neither holds the end tag of its element.
        "styles": [Markup(text) for text in styles],  # noqa: S704
        "scripts": [Markup(text) for text in scripts],  # noqa: S704
        "data": data,
        "data_json": json_for_script(data),
        "site_kinds": _site_kinds(data),
        "how_sure": more.how_sure,
        "who_leaves": more.who_leaves,
        "car_words": in_all_languages(_cars_drawn, more.cars) if more.cars else None,
    }


def report_content(
    scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None, chart_end_s: float
) -> dict[str, Any]:
    """
    What a report says, whatever it is printed on.

    Parameters
    ----------
    scenario : Scenario
        What was planned for.
    plan : Plan
        The plan.
    outcome, naive : Outcome
        The plan and the baseline, played; the second may be None.
    chart_end_s : float
        Right end of the time axis of the curves (s).

    Returns
    -------
    dict of str to object
        Texts in all languages, rows of tables and drawings, by the names that the templates use.
    """
    return {
        "scenario": scenario,
        "plan": plan,
        "audience_words": in_all_languages(audience_words, plan.audience),
        "certificate": certificate_of(plan),
        "outcome": outcome,
        "name": in_all_languages(place_name, scenario),
        "exercise_banner": EXERCISE_BANNER,
        "start_words": in_all_languages(lambda: f"{date_words(scenario, 0)}, {clock(scenario, 0)}"),
        "facts": _facts(scenario, plan, outcome),
        "hero": _hero(scenario, outcome),
        "steps": first_steps(scenario, plan),
        "call_ahead": in_all_languages(_call_ahead, scenario),
        "behind": left_behind(scenario, plan),
        "late": hard_to_reach(scenario, plan, outcome),
        "stuck": in_all_languages(_stuck_words, outcome) if outcome.stuck_vehicles else None,
        "pins": [in_all_languages(pin_words, pin) for pin in plan.pins],
        "map_drawing": map_drawing(scenario, plan, outcome),
        "curves_drawing": curves_drawing(scenario, plan, outcome, naive, chart_end_s),
        "attribution": scenario.attribution or "© OpenStreetMap contributors",
        "columns": _columns(),
        "rows": settlement_rows(scenario, plan, outcome),
        "all_cars": in_all_languages(cars_words, sum(wave.vehicles for wave in plan.waves)),
        "all_trips": in_all_languages(trips_words, len(plan.trips)),
        "bounds": [_bounded_row(scenario, item) for item in certificate_of(plan).clearance],
        "bound_parts": _bound_parts(scenario, plan),
        "mean_arrival": in_all_languages(_mean_arrival, scenario, plan),
        "naive_words": in_all_languages(_naive_words, scenario, plan),
        "reported": [_comparison(scenario, outcome, item) for item in scenario.reported],
        "limits": _limits(),
    }


def _page_box(plan: Plan) -> str:
    """Style of printed pages: on each the banner, what the report was made from, and its number."""
    # Only letters and digits may enter a style sheet from a plan.
    made_from = "".join(filter(str.isalnum, plan.scenario_hash[:HASH_SHOWN]))
    origin = f"Safepassage  ·  rev. {plan.revision}  ·  seed {certificate_of(plan).seed}  ·  {made_from}"
    banner = (
        f'@top-center {{ content: "{EXERCISE_BANNER}"; font: 700 8.5pt sans-serif; color: #1c1400;'
        " background: #ffc21a; width: 100%; height: 7mm; margin: 5mm 0 4mm; text-align: center; }"
    )
    return (
        "@page { size: A4; margin: 16mm 13mm 14mm; "
        + (banner if plan.exercise else "")
        + f' @bottom-left {{ content: "{origin}"; {PAGE_FOOT_STYLE} }}'
        + f' @bottom-right {{ content: counter(page) " / " counter(pages); {PAGE_FOOT_STYLE} }} }}'
    )


def _page_data(scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None) -> Payload:
    return playback(scenario, plan, outcome, naive) | {
        "plan": {"id": plan.id, "revision": plan.revision, "exercise": plan.exercise},
        "boxes": {"district": district_box(scenario), "whole": whole_box(scenario)},
        "strings": page_strings(),
        "titles": in_all_languages(lambda: f"{place_name(scenario)} · Safepassage").as_dict(),
    }


def _facts(scenario: Scenario, plan: Plan, outcome: Outcome) -> dict[str, _Fact]:
    said = {}
    for code in LANGUAGES:
        with use_language(code):
            said[code] = {line.key: line for line in summary_lines(scenario, plan, outcome)}

    def part(key: str, name: str) -> Bilingual:
        return Bilingual(tuple((code, getattr(said[code][key], name)) for code in LANGUAGES))

    return {
        key: _Fact(part(key, "label"), part(key, "value"), part(key, "note")) for key in said[LANGUAGES[0]]
    }


def _hero(scenario: Scenario, outcome: Outcome) -> tuple[str, Bilingual]:
    """The largest figure of the page: the clock, and the day in words."""
    if not math.isfinite(outcome.clearance_s):
        return NOTHING, in_all_languages(str)
    time, day = clock_and_day(scenario, outcome.clearance_s, round_up=True)
    date_then = date_words(scenario, outcome.clearance_s)
    return time, in_all_languages(lambda: _("day {day}, {date}").format(day=day, date=date_then))


def _cars_drawn(cars: CarTracks) -> str:
    if cars.shown == cars.of:
        return _("car")
    return _("car ({shown} of {all} cars are drawn)").format(shown=number(cars.shown), all=number(cars.of))


def _call_ahead(scenario: Scenario) -> str:
    return _("People without a car are called to the assembly point {duration} before departure.").format(
        duration=duration(scenario.policy.call_ahead_s)
    )


def _stuck_words(outcome: Outcome) -> str:
    return ngettext(
        "{count} vehicle could move no more when the plan was played, at {places}",
        "{count} vehicles could move no more when the plan was played, at {places}",
        outcome.stuck_vehicles,
    ).format(count=number(outcome.stuck_vehicles), places=joined(outcome.stuck_links[:STUCK_LINKS_NAMED]))


def _site_kinds(data: Payload) -> list[tuple[str, Bilingual]]:
    present = {site["kind"] for site in data["sites"]}
    return [
        (kind.value, in_all_languages(site_kind_words, kind))
        for kind in sorted(SYMBOL_KINDS)
        if kind.value in present
    ]


def _columns() -> list[tuple[str, Bilingual, str]]:
    columns: tuple[tuple[str, Callable[[], str], str], ...] = (
        ("name", lambda: _("Settlement"), ""),
        ("people", lambda: _("People"), "number"),
        ("destination", lambda: _("Where to"), ""),
        ("route", lambda: _("Road and crossing"), ""),
        ("waves", lambda: _("Cars leave"), ""),
        ("pickups", lambda: _("Buses and vans leave"), ""),
        ("unserved", lambda: _("Cannot be served"), "number"),
        ("last", lambda: _("Last one safe"), "number"),
    )
    return [(key, in_all_languages(say), kind) for key, say, kind in columns]


def _bounded_row(scenario: Scenario, item: Bounded) -> dict[str, Any]:
    return {
        "name": item.name,
        "bound_s": round(item.bound_s),
        "value_s": round(item.value_s) if math.isfinite(item.value_s) else "",
        "who": in_all_languages(bounded_words, item.name),
        "people": item.people,
        "bound": in_all_languages(clock, scenario, item.bound_s),
        "value": in_all_languages(clock, scenario, item.value_s, round_up=True),
        "gap": in_all_languages(lambda: f"{duration(item.gap_s)} ({percent(item.gap_percent)})"),
        "binding": in_all_languages(binding_words, scenario, item.binding),
    }


def _bound_parts(scenario: Scenario, plan: Plan) -> list[tuple[Bilingual, Bilingual]]:
    return [
        (in_all_languages(bound_part_words, name), in_all_languages(_duration_and_clock, scenario, value))
        for name, value in certificate_of(plan).bound_parts
    ]


def _duration_and_clock(scenario: Scenario, time_s: float) -> str:
    return f"{duration(time_s)} ({clock(scenario, time_s)})"


def _mean_arrival(scenario: Scenario, plan: Plan) -> str:
    mean_s = certificate_of(plan).mean_arrival_s
    return _("{clock}, {duration} after the start").format(
        clock=clock(scenario, mean_s), duration=duration(mean_s)
    )


def _naive_words(scenario: Scenario, plan: Plan) -> str:
    naive = certificate_of(plan).naive
    return _("{people} out, the last by {clock}").format(
        people=people_words(naive.people_served), clock=clock(scenario, naive.clearance_s, round_up=True)
    )


def _comparison(scenario: Scenario, outcome: Outcome, item: ReportedFigure) -> dict[str, Any]:
    share = item.people_out / item.of_people if item.of_people else 0.0
    planned = outcome.safe / outcome.people if outcome.people else 0.0
    return {
        "title": in_all_languages(_reported_title, scenario, item),
        "percent": percent(100 * share),
        "width_reported": round(BAR_WIDTH * min(1.0, share)),
        "width_plan": round(BAR_WIDTH * min(1.0, planned)),
        "reported": in_all_languages(_reported_words, item, share),
        "planned": in_all_languages(
            lambda: _("this plan: {percent} in {duration}, if everyone goes").format(
                percent=percent(100 * planned), duration=duration(outcome.clearance_s)
            )
        ),
        "source": item.source,
    }


def _reported_words(item: ReportedFigure, share: float) -> str:
    return _("reported: {percent}, {people} of {all} ({assisted} transported, {own} on their own)").format(
        percent=percent(100 * share),
        people=number(item.people_out),
        all=number(item.of_people),
        assisted=number(item.assisted),
        own=number(item.by_themselves),
    )


def _reported_title(scenario: Scenario, item: ReportedFigure) -> str:
    reported = date.fromisoformat(item.as_of[:10])
    issued = scenario.order.issued[:10]
    days = (reported - date.fromisoformat(issued)).days if issued else 0
    if days > 0:
        return _("By {date}, {days} days after the order").format(date=f"{reported:%d.%m.%Y}", days=days)
    return _("By {date}").format(date=f"{reported:%d.%m.%Y}")


def _limits() -> list[Bilingual]:
    sayings: tuple[Callable[[], str], ...] = (
        lambda: _("It foresees no shelling, alert, breakdown or bad weather, only a calm day."),
        lambda: _("It assumes that everyone goes when told; who will really go, and when, is not known."),
        lambda: _("It holds no positions of armed forces and does not say where it is safe to stay."),
        lambda: _("Every figure rests on the assumptions above; where they change, plan again."),
        lambda: _("Before anybody drives: check each road and crossing with those who stand there."),
    )  # fmt: skip
    return [in_all_languages(say) for say in sayings]
