"""What a rehearsal and a forecast add to the report of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from safepassage.i18n import _, ngettext
from safepassage.model.response import Forecast
from safepassage.model.scenario import Scenario
from safepassage.publish.forecast_page import forecast_fan, share_row
from safepassage.publish.forecast_words import day_words, forecast_lines
from safepassage.publish.rehearsal_page import (
    chance_drawing,
    origin_words,
    people_out_fan,
    plain_number,
    rehearsal_tables,
)
from safepassage.publish.wording import Bilingual, clock, in_all_languages, lines_in_all_languages, number

ROWS_SHOWN = 5
SHOWN_WHOLE = ("groups", "rate")
TABLES_SHOWN = ("weak", "harm", "groups", "rate", "decisions")
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HowSure:
    """
    What a rehearsal says, for the report.

    Attributes
    ----------
    origin : Bilingual
        Futures, seed, plan and digest.
    lines : sequence of Bilingual
        Sentences.
    fan, chances : Markup
        People out by the clock; the chance that the willing are out.
    tables : sequence of dict
        Key, title, columns and rows of each table.
    """

    origin: Bilingual
    lines: Sequence[Bilingual]
    fan: Markup
    chances: Markup
    tables: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class WhoLeaves:
    """
    What a forecast says, for the report.

    Attributes
    ----------
    origin : Bilingual
        Seed, and how many reports it rests on.
    lines : sequence of Bilingual
        Sentences.
    fan : Markup
        People out by the day.
    chance_title : Bilingual
        Heading of the last column of the shares.
    shares : sequence of tuple
        Cells of the rows that tell when a share is out.
    """

    origin: Bilingual
    lines: Sequence[Bilingual]
    fan: Markup
    chance_title: Bilingual
    shares: Sequence[tuple[object, ...]]


def how_sure(scenario: Scenario, facts: Facts) -> HowSure:
    """
    Prepare what a rehearsal says.

    Parameters
    ----------
    scenario : Scenario
        Where.
    facts : mapping
        The figures, as ``rehearse`` writes them.

    Returns
    -------
    HowSure
        In all languages.
    """
    count = len(_rehearsal_lines(scenario, facts))
    tables = {table["key"]: table for table in rehearsal_tables(scenario, facts)}
    most = {key: None if key in SHOWN_WHOLE else ROWS_SHOWN for key in TABLES_SHOWN}
    shown = [tables[key] | {"rows": tables[key]["rows"][: most[key]]} for key in TABLES_SHOWN]
    return HowSure(
        in_all_languages(origin_words, facts),
        [in_all_languages(lambda k: _rehearsal_lines(scenario, facts)[k], k) for k in range(count)],
        people_out_fan(scenario, facts),
        chance_drawing(scenario, facts),
        [table for table in shown if table["rows"]],
    )


def who_leaves(forecast: Forecast) -> WhoLeaves:
    """
    Prepare what a forecast says.

    Parameters
    ----------
    forecast : Forecast
        The forecast.

    Returns
    -------
    WhoLeaves
        In all languages.
    """
    last = day_words(forecast.dates[-1])
    return WhoLeaves(
        in_all_languages(_forecast_origin, forecast),
        lines_in_all_languages(lambda: forecast_lines(forecast)),
        forecast_fan(forecast),
        in_all_languages(lambda: _("Chance by {day}").format(day=last)),
        [share_row(item.share, item.dates, item.probability[-1]) for item in forecast.shares],
    )


def _forecast_origin(forecast: Forecast) -> str:
    return ngettext(
        "{count} report, seed {seed}, prior {digest}", "{count} reports, seed {seed}, prior {digest}",
        forecast.reports,
    ).format(
        count=number(forecast.reports), seed=forecast.seed, digest=forecast.prior_digest[:12]
    )  # fmt: skip


def _rehearsal_lines(scenario: Scenario, facts: Facts) -> list[str]:
    """The same sentences as the rehearsal's own, of those that a commission needs first."""
    return [*_people_lines(scenario, facts), *_danger_lines(facts), *_choice_lines(facts)]


def _people_lines(scenario: Scenario, facts: Facts) -> list[str]:
    people, asked = facts["people"], facts["all_out_by"]
    willing = people["safe"] + people["on_the_way"] + people["at_home"]
    return [
        _(
            "Of {willing} people willing to leave on average, {safe} get out; {stranded} do not"
            " (in the worst twentieth of futures {worst} or more)."
        ).format(
            willing=number(round(willing)), safe=number(round(people["safe"])),
            stranded=number(round(willing - people["safe"])),
            worst=number(round(facts["stranded"]["levels"][4])),
        ),
        _(
            "All willing are out by {time} with a probability of {value} %"
            " (between {low} and {high} %, 95 % interval)."
        ).format(
            time=clock(scenario, asked["time_s"]), value=round(100 * asked["value"]),
            low=round(100 * asked["low"]), high=round(100 * asked["high"]),
        ),
    ]  # fmt: skip


def _danger_lines(facts: Facts) -> list[str]:
    harm = facts["harm"]
    said = _(
        "Expected casualties until the horizon: {mean} (worst tenth of futures, by their expected"
        " harm: {worst}); {stay} if all stayed at home. The rate may be ten times less or a"
        " hundred times more."
    ).format(
        mean=plain_number(harm["mean"]), worst=plain_number(harm["worst_tenth_of_futures"]),
        stay=plain_number(harm["if_all_stay"]),
    )  # fmt: skip
    if facts["converged_at"] is None:
        return [said, _("The mean harm is not settled yet; rehearse more futures.")]
    return [said]


def _choice_lines(facts: Facts) -> list[str]:
    names = {
        "go_now": _("go now"), "wait_a_day": _("wait a day"), "stay_at_home": _("stay at home"),
        "shelter": _("stay in a shelter"),
    }  # fmt: skip
    district = facts["decisions"][0]
    at_one = next(row["decision"] for row in district["best"] if row["factor"] == 1.0)
    return [
        _("At the level taken, the least harm: {best}.").format(best=names[at_one]),
        *(
            _("At {factor} times that level “{above}” becomes better than “{below}”.").format(
                factor=plain_number(flip["factor"]), above=names[flip["above"]], below=names[flip["below"]]
            )
            for flip in district["flips"]
        ),
    ]
