"""The headline of a plan: the ten lines that the command line prints and the report opens with."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from safepassage.errors import OutputError
from safepassage.i18n import _
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Bounded, Certificate, Plan
from safepassage.model.scenario import Scenario
from safepassage.publish.certificate_words import binding_words
from safepassage.publish.wording import (
    NOTHING,
    THIN_SPACE,
    cars_words,
    clock,
    duration,
    joined,
    number,
    people_words,
    percent,
    place_name,
    reason_words,
)

# Shorter than this, two clearance times are the same to anybody who acts on them.
WORTH_SAYING_S = 60.0
HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """
    One fact of the headline.

    Attributes
    ----------
    key : str
        Stable name of the fact.
    label : str
        What it is about.
    value : str
        The fact, short.
    note : str
        What it means; may be empty.
    """

    key: str
    label: str
    value: str
    note: str = ""

    def __str__(self) -> str:
        # Terminals show a narrow space as an escape.
        text = f"{self.label}: {self.value}" + (f" ({self.note})" if self.note else "")
        return text.replace(THIN_SPACE, " ")


def summary_lines(scenario: Scenario, plan: Plan, outcome: Outcome) -> tuple[SummaryLine, ...]:
    """
    Say what matters of a plan, most urgent first, in the language of the context.

    Parameters
    ----------
    scenario : Scenario
        What was planned for.
    plan : Plan
        The plan.
    outcome : Outcome
        The plan, played.

    Returns
    -------
    tuple of SummaryLine
        Ten lines.
    """
    return (
        _people_line(outcome),
        _everyone_line(scenario, plan, outcome),
        _part_line("cars", _("Cars out by"), scenario, plan, outcome.cars_clearance_s),
        _part_line("fleet", _("Buses and vans out by"), scenario, plan, outcome.fleet_clearance_s),
        _unserved_line(plan),
        _first_line(scenario, plan),
        _gap_line(plan),
        _gain_line(plan, outcome),
        _limit_line(scenario, plan),
        _proof_line(plan),
    )


def certificate_of(plan: Plan) -> Certificate:
    """
    The certificate that every report rests on.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    Certificate
        Its certificate.

    Raises
    ------
    OutputError
        If the plan has none, as a draft has.
    """
    if plan.certificate is None:
        raise OutputError(
            _("plan {plan} has no certificate; plan again, or simulate it").format(plan=plan.id)
        )
    return plan.certificate


def gap_words(item: Bounded) -> str:
    """How far an achieved time may be from the best possible, in minutes and per cent."""
    if item.gap_s < WORTH_SAYING_S:
        return _("proved best to the minute")
    return _("at most {minutes} ({percent}) from the best possible").format(
        minutes=duration(item.gap_s), percent=percent(item.gap_percent)
    )


def _people_line(outcome: Outcome) -> SummaryLine:
    stranded = outcome.on_the_way
    note = _("every person played in the simulator")
    if stranded:
        note = _("{people} still on the way at the end").format(people=people_words(stranded))
    value = _("{safe} of {people}").format(safe=number(outcome.safe), people=number(outcome.people))
    return SummaryLine("people", _("People brought out"), value, note)


def _everyone_line(scenario: Scenario, plan: Plan, outcome: Outcome) -> SummaryLine:
    whole = outcome.safe == outcome.people
    label = _("Everyone out by") if whole else _("All who can be served out by")
    note = _("{duration} after the start at {start}").format(
        duration=duration(outcome.clearance_s), start=clock(scenario, 0)
    )
    if outcome.safe < certificate_of(plan).people_served:
        label = _("Last one to get out by")
        note = _("not everyone with a place in the plan gets out")
    return SummaryLine("all", label, clock(scenario, outcome.clearance_s, round_up=True), note)


def _part_line(name: str, label: str, scenario: Scenario, plan: Plan, time_s: float) -> SummaryLine:
    item = certificate_of(plan).bounded(name)
    if item is None or not math.isfinite(time_s):
        return SummaryLine(name, label, NOTHING, _("nobody travels so"))
    note = gap_words(item)
    if item.gap_s >= WORTH_SAYING_S:
        note = _("no plan can beat {bound}; {gap}").format(bound=clock(scenario, item.bound_s), gap=note)
    return SummaryLine(name, label, clock(scenario, time_s, round_up=True), note)


def _unserved_line(plan: Plan) -> SummaryLine:
    count = certificate_of(plan).people_unserved
    by_reason: Counter[str] = Counter()
    for part in plan.unserved:
        by_reason[reason_words(part.reason_code)] += part.people.total
    note = joined(f"{number(people)}: {reason}" for reason, people in by_reason.most_common())
    return SummaryLine("unserved", _("Cannot be served"), number(count), note or _("nobody is left behind"))


def _first_line(scenario: Scenario, plan: Plan) -> SummaryLine:
    names = {place.id: place_name(place) for place in scenario.settlements}
    label = _("First to leave")
    starts = [(wave.start_s, wave.settlement, cars_words(wave.vehicles))
              for wave in plan.waves]  # fmt: skip
    starts += [
        (leg.depart_s, load.settlement, people_words(load.people.total))
        for trip in plan.trips
        for leg in trip.legs
        for load in leg.board[:1]
    ]
    if not starts:
        return SummaryLine("first", label, NOTHING, _("nobody leaves"))
    time_s, place, who = min(starts)
    return SummaryLine("first", label, clock(scenario, time_s), f"{names[place]}: {who}")


def _gap_line(plan: Plan) -> SummaryLine:
    item = certificate_of(plan).bounded("all")
    label = _("How good the plan is")
    if item is None:
        return SummaryLine("gap", label, NOTHING)
    note = _("proved: no plan brings the last person out in less than {bound}").format(
        bound=duration(item.bound_s)
    )
    return SummaryLine("gap", label, gap_words(item), note)


def _gain_line(plan: Plan, outcome: Outcome) -> SummaryLine:
    naive = certificate_of(plan).naive
    label = _("Against everyone at once by the nearest way")
    sooner_s = naive.clearance_s - outcome.clearance_s
    more = outcome.safe - naive.people_served
    parts = []
    if more > 0:
        parts.append(_("{people} more get out").format(people=people_words(more)))
    if math.isfinite(sooner_s) and abs(sooner_s) >= WORTH_SAYING_S:
        template = _("{duration} sooner") if sooner_s > 0 else _("{duration} later")
        parts.append(template.format(duration=duration(sooner_s)))
    note = _(naive.description)
    if naive.nearest_way_is_best:
        note = _("for cars the nearest way is already optimal; the gain lies in the buses")
    return SummaryLine("gain", label, joined(parts) or _("no difference"), note)


def _limit_line(scenario: Scenario, plan: Plan) -> SummaryLine:
    item = certificate_of(plan).bounded("all")
    return SummaryLine("limit", _("What limits"), binding_words(scenario, item.binding) if item else NOTHING)


def _proof_line(plan: Plan) -> SummaryLine:
    value = _("revision {revision}, seed {seed}").format(
        revision=plan.revision, seed=certificate_of(plan).seed
    )
    note = _("input hash {hash}").format(hash=plan.scenario_hash[:HASH_SHOWN])
    return SummaryLine("proof", _("Made from"), value, note)
