"""What a rehearsal says, for a machine and for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from safepassage import __version__
from safepassage.formats.clock import iso_time
from safepassage.formats.marking import marks
from safepassage.i18n import _
from safepassage.model.plan import Plan
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.decisions import Decision
from safepassage.rehearsal.exposure import PHASES
from safepassage.rehearsal.latest_start import LatestStart
from safepassage.rehearsal.one_more import OneMore
from safepassage.rehearsal.parties import GROUPS
from safepassage.rehearsal.play import COUNTS
from safepassage.rehearsal.statistics import LEVELS, Chance, Comparison, Summary
from safepassage.rehearsal.weak_links import WeakLink
from safepassage.threat.claims import Standing, loss_standings
from safepassage.workflows.facts import finite
from safepassage.workflows.lost_roads import loss_facts, loss_lines

SCHEMA_VERSION = 1
_SHARE_NAMES = ("of_90_percent", "of_99_percent", "of_all")


@dataclass(frozen=True, slots=True, eq=False)
class RehearseResult:
    """
    A plan that was rehearsed.

    Attributes
    ----------
    scenario, plan : Scenario, Plan
        What was rehearsed.
    summary : Summary
        What the futures say.
    asked_s : float
        The time by which all willing are to be out (s).
    all_out : Chance
        Probability that they are.
    weak_links : tuple of WeakLink
        Roads that the plan uses, most critical first.
    cut_off : mapping of str to tuple of str
        By river crossing, settlements that have no way out without it.
    one_more : tuple of OneMore
        What one more bus, hour and crossing is worth.
    decisions : tuple of Decision
        Go now, wait, stay or shelter: the district, then the settlements.
    confidence : float
        Of the latest starts.
    latest_starts : tuple of LatestStart
        The district, then the settlements.
    comparison : Comparison or None
        With another plan.
    assumptions : Assumptions
        What was uncertain.
    seed : int
        Of all futures.
    digest : str
        Of all results.
    output : Path or None
        Where the figures were written.
    page : Path or None
        Where the page was written.
    """

    scenario: Scenario
    plan: Plan
    summary: Summary
    asked_s: float
    all_out: Chance
    weak_links: tuple[WeakLink, ...]
    cut_off: Mapping[str, tuple[str, ...]]
    one_more: tuple[OneMore, ...]
    decisions: tuple[Decision, ...]
    confidence: float
    latest_starts: tuple[LatestStart, ...]
    comparison: Comparison | None
    assumptions: Assumptions
    seed: int
    digest: str
    output: Path | None
    page: Path | None = None

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        said = self.summary
        lost = loss_standings(self.scenario)
        facts: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            **marks(Audience.COMMISSION, exercise=self.scenario.is_exercise),
            "version": __version__,
            "plan": self.plan.id,
            "scenario_hash": self.plan.scenario_hash,
            "seed": self.seed,
            "futures": said.futures,
            "digest": self.digest,
            "converged_at": said.converged_at,
            "levels": LEVELS,
            "clearance_s": said.clearance_s,
            "out_by_hour": said.out_by_hour.tolist(),
            "probability_all_out": [
                {"hour": hour, **dict(zip(_SHARE_NAMES, row.tolist(), strict=True))}
                for hour, row in enumerate(said.all_out)
            ],
            "all_out_by": {"time": self._clock(self.asked_s), "time_s": self.asked_s, **asdict(self.all_out)},
            "people": dict(said.people),
            "stranded": {
                "mean": said.stranded_mean, "levels": said.stranded,
                "where": [
                    {"place": place, "share_of_futures": share, "mean_persons": persons}
                    for place, share, persons in said.stranded_at
                ],
            },
            "harm": self._harm(),
            "settlements": self._settlements(),
            "weak_links": [
                _weak_link(road, self.scenario, lost.get(road.name, Standing.UNCLAIMED))
                for road in self.weak_links
            ],
            "crossings": [
                {
                    "crossing": name, "loss": lost.get(name, Standing.UNCLAIMED).value,
                    "settlements_cut_off": places,
                }
                for name, places in self.cut_off.items()
            ],
            "said_lost": loss_facts(self.scenario),
            "one_more": [
                {"of": item.of, "name": item.name, **_compared(item.worth)} for item in self.one_more
            ],
            "decisions": [_decision(item) for item in self.decisions],
            "latest_starts": {
                "confidence": self.confidence, "starts": [self._start(item) for item in self.latest_starts]
            },
            "comparison": _compared(self.comparison) if self.comparison else None,
            "assumptions": _plain(asdict(self.assumptions)),
        }  # fmt: skip
        return facts

    def _harm(self) -> dict[str, object]:
        said = self.summary
        return {
            "mean": said.harm_mean, "worst_tenth_of_futures": said.harm_cvar,
            "standard_error": finite(said.harm_error), "if_all_stay": said.harm_if_all_stay,
            "by_group": _named(GROUPS, said.harm_by_group),
            "by_group_worst_tenth": _named(GROUPS, said.harm_cvar_by_group),
            "by_phase": _named(PHASES, said.harm_by_phase),
            "at_rate": [
                {"factor": factor, "with_plan": plan, "if_all_stay": stay}
                for factor, plan, stay in said.at_rate
            ],
        }  # fmt: skip

    def _settlements(self) -> list[dict[str, object]]:
        said = self.summary
        return [
            {
                "settlement": place.id, "harm": float(said.harm_by_settlement[k]),
                "harm_worst_tenth": float(said.harm_cvar_by_settlement[k]),
                **_named(COUNTS, said.settlements[k]),
            }
            for k, place in enumerate(self.scenario.in_scope)
        ]  # fmt: skip

    def _start(self, item: LatestStart) -> dict[str, object]:
        known = np.isfinite(item.latest_s)
        return {
            "settlement": item.place, "share": item.share, "deadline": self._clock(item.deadline_s),
            "deadline_s": item.deadline_s, "planned_s": item.planned_s, "latest_s": finite(item.latest_s),
            "latest": self._clock(item.latest_s) if known else None,
        }  # fmt: skip

    def _clock(self, time_s: float) -> str:
        return iso_time(self.scenario.start, self.scenario.time_zone, time_s)

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        lines = [str(marks(Audience.COMMISSION, exercise=self.scenario.is_exercise)["exercise"])]
        lines += [*self._people(), *self._danger(), *self._weak(), *self._choices()]
        if self.comparison:
            lines.append(
                _(
                    "The other plan: {stranded} more people do not get out, {harm} more expected casualties"
                    " (standard error {error}; negative is in its favour)."
                ).format(
                    stranded=round(self.comparison.stranded), harm=_figure(self.comparison.harm),
                    error=_figure(self.comparison.harm_error),
                )
            )  # fmt: skip
        if self.summary.converged_at is None:
            lines.append(_("The mean harm is not settled yet; rehearse more futures."))
        if self.output:
            lines.append(_("Figures: {path}").format(path=self.output))
        if self.page:
            lines.append(_("Report: {path} (for the commission only)").format(path=self.page))
        return [line for line in lines if line]

    def _people(self) -> list[str]:
        said = self.summary
        people = dict(said.people)
        willing = people["safe"] + people["on_the_way"] + people["at_home"]
        lines = [
            _("For the commission only. {futures} futures, seed {seed}.").format(
                futures=said.futures, seed=self.seed
            ),
            _(
                "Of {willing} people willing to leave on average, {safe} get out; {stranded} do not"
                " (in the worst twentieth of futures {worst} or more)."
            ).format(
                willing=round(willing), safe=round(people["safe"]),
                stranded=round(willing - people["safe"]), worst=round(said.stranded[4]),
            ),
        ]  # fmt: skip
        if said.stranded_mean > 0:
            lines.append(
                _(
                    "Of those who do not get out, {home} are at home and {road} have left home on average."
                ).format(home=_figure(people["at_home"]), road=_figure(people["on_the_way"]))
            )
        if said.clearance_s:
            middle, late = (_hours(said.clearance_s[k]) for k in (2, 4))
            lines.append(
                _(
                    "The last of those who get out do so by hour {middle}; in 95 % of futures by hour {late}."
                ).format(middle=middle, late=late)
            )
        end = said.all_out[-1]
        lines.append(
            _(
                "By the horizon 90 % of the willing are out in {most} % of futures, all of them in {all} %."
            ).format(most=round(100 * float(end[0])), all=round(100 * float(end[2])))
        )
        lines.append(
            _(
                "All willing are out by {time} with a probability of {value} %"
                " (between {low} and {high} %, 95 % interval)."
            ).format(
                time=self._clock(self.asked_s), value=round(100 * self.all_out.value),
                low=round(100 * self.all_out.low), high=round(100 * self.all_out.high),
            )
        )  # fmt: skip
        return lines

    def _danger(self) -> list[str]:
        said = self.summary
        return [
            _(
                "Expected casualties until the horizon: {mean} (worst tenth of futures, by their expected"
                " harm: {worst}); {stay} if all stayed at home. The rate may be ten times less or a"
                " hundred times more."
            ).format(
                mean=_figure(said.harm_mean), worst=_figure(said.harm_cvar),
                stay=_figure(said.harm_if_all_stay),
            )
        ]  # fmt: skip

    def _weak(self) -> list[str]:
        lines = [*loss_lines(self.scenario)]
        for road in self.weak_links:
            if road.played is None:
                continue
            if road.is_crossing:
                text = _(
                    "Without the crossing {name}: {stranded} more people do not get out;"
                    " {places} settlements are cut off."
                )
            else:
                text = _("Without the road {name}: {stranded} more people do not get out.")
            places = len(self.cut_off.get(road.name, ()))
            lines.append(text.format(name=road.name, stranded=round(road.played.stranded), places=places))
        texts = {
            "bus": _("One more bus that stands by: {stranded} people more get out, {harm} casualties fewer."),
            "hour": _(
                "One more hour before the curfew: {stranded} people more get out, {harm} casualties fewer."
            ),
            "crossing": _(
                "A second crossing beside {name}: {stranded} people more get out, {harm} casualties fewer."
            ),
        }
        lines += [
            texts[item.of].format(
                name=item.name, stranded=_figure(-item.worth.stranded), harm=_figure(-item.worth.harm)
            )
            for item in self.one_more
        ]
        return lines

    def _choices(self) -> list[str]:
        names = {
            "go_now": _("go now"), "wait_a_day": _("wait a day"), "stay_at_home": _("stay at home"),
            "shelter": _("stay in a shelter"),
        }  # fmt: skip
        district = self.decisions[0]
        at_one = dict(district.best)[1.0]
        lines = [_("At the level taken, the least harm: {best}.").format(best=names[at_one])]
        lines += [
            _("At {factor} times that level “{above}” becomes better than “{below}”.").format(
                factor=_figure(flip.factor), above=names[flip.above], below=names[flip.below]
            )
            for flip in district.flips
        ]
        flipping = sum(len({best for _factor, best in item.best}) > 1 for item in self.decisions[1:])
        lines.append(
            _(
                "Over a tenth to a hundred times the level the best choice changes for {number} of {all}"
                " places."
            ).format(number=flipping, all=len(self.decisions) - 1)
        )  # fmt: skip
        start = next((item for item in self.latest_starts if item.share == 1.0), None)
        if start is not None:
            if np.isfinite(start.latest_s):
                text = _("Latest start for all to be out by {deadline} in {percent} % of futures: {latest}.")
            else:
                text = _(
                    "No start is early enough for all to be out by {deadline} in {percent} % of futures."
                )
            lines.append(
                text.format(
                    deadline=self._clock(start.deadline_s), percent=round(100 * self.confidence),
                    latest=self._clock(start.latest_s) if np.isfinite(start.latest_s) else "",
                )
            )  # fmt: skip
        return lines


def _weak_link(road: WeakLink, scenario: Scenario, standing: Standing) -> dict[str, object]:
    return {
        "name": road.name, "is_crossing": road.is_crossing, "loss": standing.value,
        "links": [scenario.network.link_id[link] for link in road.links],
        "persons": road.persons, "no_other_way": road.no_other_way,
        "extra_person_hours": road.extra_person_hours,
        "shut": {
            "futures": road.shut.futures, "harm": finite(road.shut.harm),
            "harm_error": finite(road.shut.harm_error), "stranded": finite(road.shut.stranded),
        },
        "played": _compared(road.played) if road.played else None,
    }  # fmt: skip


def _decision(item: Decision) -> dict[str, object]:
    return {
        "settlement": item.place,
        "best": [{"factor": factor, "decision": best} for factor, best in item.best],
        "flips": [asdict(flip) for flip in item.flips],
        "harm": {name: {"with_rate": slope, "accidents": base} for name, (slope, base) in item.harm.items()},
    }


def _compared(item: Comparison) -> dict[str, object]:
    return {
        name: finite(value) if isinstance(value, float) else value for name, value in asdict(item).items()
    }


def _named(names: Sequence[str], values: np.ndarray) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _plain(value: object) -> object:
    """JSON values: infinity and NaN as null, tuples as lists, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return finite(value) if isinstance(value, float) else value


def _hours(time_s: float) -> str:
    return f"{time_s / 3600:.1f}"


def _figure(value: float) -> str:
    return f"{value + 0.0:.2g}"
