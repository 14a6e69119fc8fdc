"""What a commission must know first: who moves first, who is hard to reach, and who cannot be served."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from safepassage.i18n import _, ngettext
from safepassage.model.outcome import Outcome
from safepassage.model.people import NeedClass, Settlement
from safepassage.model.plan import Leg, Mode, Plan, Trip, Unserved, Wave
from safepassage.model.scenario import Scenario
from safepassage.publish.wording import (
    Bilingual,
    cars_words,
    clock,
    in_all_languages,
    joined,
    need_words,
    number,
    people_words,
    place_name,
    reason_words,
    remedy_words,
    translated,
)

STEPS_OF_A_KIND = 4
LAST_SETTLEMENTS_SHOWN = 6
VEHICLES_NAMED = 3
# Vehicles that load at one place within this time are one step for whoever stands there.
TOGETHER_S = 600


@dataclass(frozen=True, slots=True)
class FirstStep:
    """
    Something to do at a time of the clock.

    Attributes
    ----------
    time_s : float
        When (s since the scenario's start).
    clock : Bilingual
        The same on the wall.
    kind : str
        ``officers``, ``cars`` or ``fleet``.
    place, action : Bilingual
        Where, and what happens there.
    """

    time_s: float
    clock: Bilingual
    kind: str
    place: Bilingual
    action: Bilingual


@dataclass(frozen=True, slots=True)
class HardToReach:
    """
    A settlement whose last people reach safety late.

    Attributes
    ----------
    settlement : Settlement
        Which.
    last_out : Bilingual
        When its last person is safe.
    why : Bilingual
        How they go and who needs help.
    """

    settlement: Settlement
    last_out: Bilingual
    why: Bilingual


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """
    People the plan does not bring out.

    Attributes
    ----------
    place, who, reason, remedy, detail : Bilingual
        Where, how many with which needs, why, what would help, and the planner's own words.
    nobody_could : bool
        True where the bound shows that no plan could serve them.
    """

    place: Bilingual
    who: Bilingual
    reason: Bilingual
    remedy: Bilingual
    detail: Bilingual
    nobody_could: bool


def first_steps(scenario: Scenario, plan: Plan) -> tuple[FirstStep, ...]:
    """
    What to do first, by the clock.

    Parameters
    ----------
    scenario : Scenario
        Gives names and the clock.
    plan : Plan
        Gives control points, waves and trips.

    Returns
    -------
    tuple of FirstStep
        In order of time, the earliest `STEPS_OF_A_KIND` of cars and of vehicles of the fleet.
    """
    moves = [*_wave_steps(scenario, plan), *_trip_steps(scenario, plan)]
    steps = [*_officers(scenario, plan, min((step.time_s for step in moves), default=0.0)), *moves]
    return tuple(sorted(steps, key=lambda step: (step.time_s, step.kind != "officers")))


def hard_to_reach(scenario: Scenario, plan: Plan, outcome: Outcome) -> tuple[HardToReach, ...]:
    """
    The settlements whose last people are safe last.

    Parameters
    ----------
    scenario : Scenario
        Gives names and needs.
    plan : Plan
        Gives the ways people travel.
    outcome : Outcome
        Gives the last arrivals.

    Returns
    -------
    tuple of HardToReach
        Latest first.
    """
    places = {place.id: place for place in scenario.settlements}
    late = sorted(
        (item for item in outcome.settlements if math.isfinite(item.last_arrival_s)),
        key=lambda item: (-item.last_arrival_s, item.settlement),
    )
    return tuple(
        HardToReach(
            settlement=places[item.settlement],
            last_out=in_all_languages(clock, scenario, item.last_arrival_s, round_up=True),
            why=in_all_languages(_travel_words, plan, places[item.settlement]),
        )
        for item in late[:LAST_SETTLEMENTS_SHOWN]
    )


def left_behind(scenario: Scenario, plan: Plan) -> tuple[LeftBehind, ...]:
    """
    Everyone the plan cannot serve, most people first.

    Parameters
    ----------
    scenario : Scenario
        Gives names.
    plan : Plan
        Gives the unserved.

    Returns
    -------
    tuple of LeftBehind
        One a group.
    """
    places = {place.id: place for place in scenario.settlements}
    ordered = sorted(plan.unserved, key=lambda part: (-part.people.total, part.settlement))
    return tuple(
        LeftBehind(
            place=in_all_languages(place_name, places[part.settlement]),
            who=in_all_languages(_unserved_words, part),
            reason=in_all_languages(reason_words, part.reason_code),
            remedy=in_all_languages(remedy_words, part.reason_code),
            detail=translated(part.detail),
            nobody_could=part.nobody_could,
        )
        for part in ordered
    )


def _officers(scenario: Scenario, plan: Plan, before_s: float) -> list[FirstStep]:
    if not plan.control_points:
        return []
    first_s = min(point.from_s for point in plan.control_points)
    early = [point for point in plan.control_points if point.from_s <= first_s + scenario.policy.call_ahead_s]

    def action() -> str:
        count = len(early)
        return ngettext(
            "{count} control point manned before the first cars pass, {all} in all",
            "{count} control points manned before the first cars pass, {all} in all",
            count,
        ).format(count=number(count), all=number(len(plan.control_points)))

    return [
        FirstStep(
            time_s=min(first_s, before_s),
            clock=in_all_languages(clock, scenario, min(first_s, before_s)),
            kind="officers",
            place=in_all_languages(lambda: _("Police")),
            action=in_all_languages(action),
        )
    ]


def _wave_steps(scenario: Scenario, plan: Plan) -> list[FirstStep]:
    routes = {route.id: route for route in plan.routes}
    sites = {site.id: site for site in scenario.sites}
    places = {place.id: place for place in scenario.settlements}

    def action(wave: Wave) -> str:
        return _("{cars} leave for {destination}, the last before {end}").format(
            cars=cars_words(wave.vehicles),
            destination=place_name(sites[routes[wave.route].destination]),
            end=clock(scenario, wave.end_s),
        )

    earliest = sorted(plan.waves, key=lambda wave: (wave.start_s, -wave.vehicles))
    return [
        FirstStep(
            time_s=wave.start_s,
            clock=in_all_languages(clock, scenario, wave.start_s),
            kind="cars",
            place=in_all_languages(place_name, places[wave.settlement]),
            action=in_all_languages(action, wave),
        )
        for wave in earliest[:STEPS_OF_A_KIND]
    ]


def _trip_steps(scenario: Scenario, plan: Plan) -> list[FirstStep]:
    """One step for all vehicles that load at one place within the same minutes and go the same way."""
    sites = {site.id: site for site in scenario.sites}
    together: dict[tuple[int, str, str], list[tuple[Trip, Leg]]] = defaultdict(list)
    for trip in plan.trips:
        stop = next((leg for leg in trip.legs if leg.board), None)
        if stop:
            minute = stop.arrive_s // TOGETHER_S
            together[minute, stop.site, trip.legs[-1].site].append((trip, stop))

    def action(starts: list[tuple[Trip, Leg]], end: str) -> str:
        vehicles = [trip.vehicle for trip, _stop in starts]
        shown = joined(vehicles[:VEHICLES_NAMED])
        if len(vehicles) > VEHICLES_NAMED:
            shown = _("{vehicles} and {count} more").format(
                vehicles=shown, count=number(len(vehicles) - VEHICLES_NAMED)
            )
        boarding = sum(load.people.total for _trip, stop in starts for load in stop.board)
        return ngettext(
            "{vehicles} takes {people} to {destination}, departs {time}",
            "{vehicles} take {people} to {destination}, the first departs {time}",
            len(vehicles),
        ).format(
            vehicles=shown,
            people=people_words(boarding),
            destination=place_name(sites[end]),
            time=clock(scenario, min(stop.depart_s for _trip, stop in starts)),
        )

    steps = []
    for (_minute, site, end), starts in sorted(together.items())[:STEPS_OF_A_KIND]:
        time_s = min(stop.arrive_s for _trip, stop in starts)
        steps.append(
            FirstStep(
                time_s=time_s,
                clock=in_all_languages(clock, scenario, time_s),
                kind="fleet",
                place=in_all_languages(place_name, sites[site]),
                action=in_all_languages(action, starts, end),
            )
        )
    return steps


def _travel_words(plan: Plan, place: Settlement) -> str:
    by_mode: dict[Mode, int] = defaultdict(int)
    for part in plan.assignments:
        if part.settlement == place.id:
            by_mode[part.mode] += part.people.total
    ways = {
        Mode.CAR: _("{people} by car"),
        Mode.FLEET: _("{people} by bus or van"),
        Mode.SERVICE: _("{people} by train or scheduled bus"),
    }
    parts = [ways[mode].format(people=number(by_mode[mode])) for mode in Mode if by_mode[mode]]
    return joined([*parts, _special_needs(place.wheelchair, place.stretcher)])


def _special_needs(wheelchair: int, stretcher: int) -> str:
    return joined(
        need_words(need, count)
        for need, count in ((NeedClass.WHEELCHAIR, wheelchair), (NeedClass.STRETCHER, stretcher))
        if count
    )


def _unserved_words(part: Unserved) -> str:
    return joined(
        [people_words(part.people.total), _special_needs(part.needs.wheelchair, part.needs.stretcher)]
    )
