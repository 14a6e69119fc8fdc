"""Rows of the report's table of settlements."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from safepassage.i18n import _, ngettext
from safepassage.model.outcome import Outcome
from safepassage.model.people import Settlement
from safepassage.model.plan import Assignment, Plan, Route, Trip, Wave
from safepassage.model.scenario import Scenario
from safepassage.publish.wording import (
    NOTHING,
    Bilingual,
    cars_words,
    clock,
    distance,
    in_all_languages,
    joined,
    number,
    place_name,
    trips_words,
)


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """
    One settlement of the plan, with the values that sort it.

    Attributes
    ----------
    settlement : Settlement
        Which.
    name, destination, route, waves, trips, last_out : Bilingual
        What the cells say.
    people, cars, trip_count, unserved, safe : int
        Counts.
    first_wave_s, first_trip_s, last_out_s : float
        Times that sort the columns; ``inf`` where there is none.
    """

    settlement: Settlement
    name: Bilingual
    destination: Bilingual
    route: Bilingual
    waves: Bilingual
    trips: Bilingual
    last_out: Bilingual
    people: int
    cars: int
    trip_count: int
    unserved: int
    safe: int
    first_wave_s: float
    first_trip_s: float
    last_out_s: float


@dataclass(frozen=True, slots=True)
class _Pickup:
    trip: str
    vehicle: str
    depart_s: int
    people: int


def settlement_rows(scenario: Scenario, plan: Plan, outcome: Outcome) -> tuple[SettlementRow, ...]:
    """
    One row for each settlement that the order covers.

    Parameters
    ----------
    scenario : Scenario
        Gives settlements and names.
    plan : Plan
        Gives routes, waves, trips and the unserved.
    outcome : Outcome
        Gives the last arrivals.

    Returns
    -------
    tuple of SettlementRow
        In scenario order.
    """
    waves: dict[str, list[Wave]] = defaultdict(list)
    routes: dict[str, list[Route]] = defaultdict(list)
    unserved: dict[str, int] = defaultdict(int)
    assignments: dict[str, list[Assignment]] = defaultdict(list)
    for wave in plan.waves:
        waves[wave.settlement].append(wave)
    for route in plan.routes:
        routes[route.settlement].append(route)
    for part in plan.unserved:
        unserved[part.settlement] += part.people.total
    for assignment in plan.assignments:
        assignments[assignment.settlement].append(assignment)
    pickups = _pickups(scenario, plan.trips)
    results = {item.settlement: item for item in outcome.settlements}
    rows = []
    for place in scenario.in_scope:
        result = results.get(place.id)
        last_s = result.last_arrival_s if result else math.nan
        rows.append(
            SettlementRow(
                settlement=place,
                name=in_all_languages(place_name, place),
                destination=_destination(scenario, assignments[place.id]),
                route=_route(scenario, routes[place.id]),
                waves=_waves(scenario, waves[place.id]),
                trips=_trips(scenario, pickups[place.id]),
                last_out=in_all_languages(clock, scenario, last_s, round_up=True),
                people=place.people.total,
                cars=sum(wave.vehicles for wave in waves[place.id]),
                trip_count=len(pickups[place.id]),
                unserved=unserved[place.id],
                safe=result.safe if result else 0,
                first_wave_s=min((wave.start_s for wave in waves[place.id]), default=math.inf),
                first_trip_s=min((pickup.depart_s for pickup in pickups[place.id]), default=math.inf),
                last_out_s=last_s if math.isfinite(last_s) else math.inf,
            )
        )
    return tuple(rows)


def _pickups(scenario: Scenario, trips: Iterable[Trip]) -> dict[str, list[_Pickup]]:
    """Boardings at home, by settlement; those at a hub belong to a later part of the same journey."""
    home_of = {site.id: site.settlement for site in scenario.sites if site.settlement}
    pickups: dict[str, list[_Pickup]] = defaultdict(list)
    for trip in trips:
        for leg in trip.legs:
            for load in leg.board:
                if home_of.get(leg.site) == load.settlement:
                    pickup = _Pickup(trip.id, trip.vehicle, leg.depart_s, load.people.total)
                    pickups[load.settlement].append(pickup)
    return pickups


def _destination(scenario: Scenario, assignments: list[Assignment]) -> Bilingual:
    sites = {site.id: site for site in scenario.sites}
    people_to: dict[str, int] = defaultdict(int)
    ways: dict[str, dict[str, None]] = defaultdict(dict)
    for part in assignments:
        people_to[part.destination] += part.people.total
        ways[part.destination][part.via] = None

    def say_one(end: str) -> str:
        name = place_name(sites[end])
        through = joined(place_name(sites[via]) for via in ways[end] if via)
        return _("{place} (through {via})").format(place=name, via=through) if through else name

    def say() -> str:
        ends = sorted(people_to, key=lambda end: (-people_to[end], end))
        return "; ".join(map(say_one, ends)) or NOTHING

    return in_all_languages(say)


def _route(scenario: Scenario, routes: list[Route]) -> Bilingual:
    network = scenario.network
    crossing_of = dict(zip(network.link_id, network.crossing, strict=True))

    def say_one(route: Route) -> str:
        crossings = dict.fromkeys(crossing_of.get(link, "") for link in route.links)
        return joined([distance(route.length_m), *crossings])

    return in_all_languages(lambda: "; ".join(say_one(route) for route in routes) or NOTHING)


def _waves(scenario: Scenario, waves: list[Wave]) -> Bilingual:
    def say() -> str:
        if not waves:
            return NOTHING
        first, last = min(wave.start_s for wave in waves), max(wave.end_s for wave in waves)
        cars = cars_words(sum(wave.vehicles for wave in waves))
        span = _("{start} to {end}").format(start=clock(scenario, first), end=clock(scenario, last))
        count = ngettext("{count} wave", "{count} waves", len(waves)).format(count=len(waves))
        return joined([span, cars, count if len(waves) > 1 else ""])

    return in_all_languages(say)


def _trips(scenario: Scenario, pickups: list[_Pickup]) -> Bilingual:
    def say() -> str:
        if not pickups:
            return NOTHING
        first, last = min(p.depart_s for p in pickups), max(p.depart_s for p in pickups)
        vehicles = len({pickup.vehicle for pickup in pickups})
        used = ngettext("{count} vehicle", "{count} vehicles", vehicles).format(count=number(vehicles))
        span = clock(scenario, first)
        if last > first:
            span = _("{start} to {end}").format(start=span, end=clock(scenario, last))
        return joined([span, trips_words(len(pickups)), used])

    return in_all_languages(say)
