"""
The data that the report's page plays: where people and vehicles are at every moment.

Everything comes from the plan and its outcome; the page only interpolates. The shape of the result is
read by ``assets/playback.js``, which has functions of the same names.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from typing import Any

import numpy as np

from safepassage.model.outcome import Curve, LinkUse, Outcome, TripOutcome
from safepassage.model.plan import Plan, Trip
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.publish.summary import certificate_of
from safepassage.publish.wording import in_all_languages, place_name
from safepassage.units import SECONDS_PER_HOUR

COORDINATE_DECIMALS = 5
# Links that hold this share of what they hold at capacity in free flow count as busy, then as queueing.
BUSY_SHARE = 0.5
QUEUE_SHARE = 1.0
MARGIN_AFTER_END_S = 900

Payload = dict[str, Any]


def playback(scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None) -> Payload:
    """
    Everything the page needs to play a plan.

    Parameters
    ----------
    scenario : Scenario
        Where it happens.
    plan : Plan
        What was planned.
    outcome : Outcome
        The plan, played.
    naive : Outcome or None
        The naive baseline, played.

    Returns
    -------
    dict
        Plain values that JSON can hold.
    """
    links = _Links(scenario)
    end_s, chart_end_s = _end_s(outcome), _end_s(outcome, naive)
    return {
        "clock": _clock(scenario, chart_end_s),
        "endS": end_s,
        "chartEndS": chart_end_s,
        "closed": closed_hours(scenario, chart_end_s),
        "people": outcome.people,
        "binS": outcome.bin_s,
        "curves": {curve.name: _curve(curve) for curve in outcome.curves},
        "naive": _curve(naive_curve) if naive and (naive_curve := naive.curve("all")) else None,
        "bounds": {item.name: round(item.bound_s) for item in certificate_of(plan).clearance},
        "links": links.described(),
        "loads": [load for use in outcome.links if (load := _load(links, use))],
        "settlements": _settlements(scenario, plan, outcome),
        "sites": [_site(site) for site in _shown_sites(scenario, plan)],
        "trips": [
            moving
            for trip, played in zip(plan.trips, outcome.trips, strict=True)
            if (moving := _trip(scenario, links, trip, played))
        ],
    }


class _Links:
    """Links by id, and what each holds when it runs at capacity."""

    def __init__(self, scenario: Scenario) -> None:
        self.network = scenario.network
        self.index = {link: k for k, link in enumerate(self.network.link_id)}
        per_s = self.network.capacity_pcu_per_h / SECONDS_PER_HOUR
        # A short link holds less than a vehicle in free flow; one vehicle on it is no queue.
        self.holds = np.maximum(2.0, per_s * self.network.free_flow_time_s)

    def described(self) -> list[Payload]:
        return [self._one(link) for link in range(self.network.n_links)]

    def _one(self, link: int) -> Payload:
        course = [coordinates(*point) for point in self.network.link_course(link)]
        described: Payload = {"path": course, "s": round(float(self.network.free_flow_time_s[link]), 1)}
        if self.network.crossing[link]:
            described["crossing"] = self.network.crossing[link]
        if self.network.schematic[link]:
            described["schematic"] = 1
        return described


def coordinates(longitude_deg: float, latitude_deg: float) -> list[float]:
    """A position rounded to a metre."""
    return [round(longitude_deg, COORDINATE_DECIMALS), round(latitude_deg, COORDINATE_DECIMALS)]


def _end_s(*outcomes: Outcome | None) -> int:
    """A full minute a little after the last arrival of several outcomes."""
    curves = [curve for outcome in outcomes if outcome for curve in outcome.curves if curve.times_s]
    last_s = max((curve.times_s[-1] for curve in curves), default=0)
    return 60 * math.ceil((last_s + MARGIN_AFTER_END_S) / 60)


def closed_hours(scenario: Scenario, end_s: float) -> list[tuple[int, int]]:
    """
    When nobody may be on the road.

    Parameters
    ----------
    scenario : Scenario
        Gives the curfew.
    end_s : float
        How far to look (s).

    Returns
    -------
    list of (start_s, end_s)
        Ascending and disjoint; none lies beyond the scenario's horizon.
    """
    edges = [0.0, *(edge for window in scenario.open_windows() for edge in window), scenario.horizon_s]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return [(round(start), round(min(end, end_s))) for start, end in gaps if start < min(end, end_s)]


def _clock(scenario: Scenario, end_s: int) -> Payload:
    """Local time as offsets, because not every browser knows every time zone name."""
    start = scenario.local_time(0)
    shifts: list[list[int]] = []
    for time_s in range(0, end_s + 3600, 3600):
        offset = scenario.local_time(time_s).utcoffset() or timedelta()
        offset_s = int(offset.total_seconds())
        if not shifts or shifts[-1][1] != offset_s:
            shifts.append([time_s, offset_s])
    return {
        "startOfDayS": start.hour * 3600 + start.minute * 60 + start.second,
        "offsets": [[time_s, offset_s - shifts[0][1]] for time_s, offset_s in shifts],
        "zone": scenario.time_zone,
    }


def _curve(curve: Curve) -> Payload:
    """Only the steps at which the number changes."""
    times: list[int] = []
    people: list[int] = []
    for time_s, count in zip(curve.times_s, curve.people, strict=True):
        if times and times[-1] == time_s:
            people[-1] = count
        elif not people or people[-1] != count:
            times.append(time_s)
            people.append(count)
    return {"t": times, "n": people}


def _load(links: _Links, use: LinkUse) -> Payload | None:
    """Runs of the load class of a link, as pairs of first bin and class."""
    link = links.index.get(use.link)
    if link is None or use.entered == 0:
        return None
    runs: list[int] = []
    for k, vehicles in enumerate(use.vehicles):
        level = load_level(vehicles, float(links.holds[link]))
        if not runs or runs[-1] != level:
            runs += [k, level]
    return {"link": link, "entered": use.entered, "runs": runs}


def load_level(vehicles: float, holds: float) -> int:
    """
    Class of a link's load.

    Parameters
    ----------
    vehicles : float
        Vehicles on the link.
    holds : float
        Vehicles it holds when it runs at capacity in free flow.

    Returns
    -------
    int
        0 empty, 1 flowing, 2 busy, 3 queueing.
    """
    if vehicles <= 0:
        return 0
    if vehicles < BUSY_SHARE * holds:
        return 1
    return 2 if vehicles <= QUEUE_SHARE * holds else 3


def _settlements(scenario: Scenario, plan: Plan, outcome: Outcome) -> list[Payload]:
    leaving = _leaving(scenario, plan, outcome)
    safe = {item.settlement: item.safe for item in outcome.settlements}
    unserved: dict[str, int] = defaultdict(int)
    for part in plan.unserved:
        unserved[part.settlement] += part.people.total
    return [
        {
            "id": place.id,
            "name": in_all_languages(place_name, place).as_dict(),
            "at": coordinates(place.longitude_deg, place.latitude_deg),
            "people": place.people.total,
            "unserved": unserved[place.id],
            "safe": safe.get(place.id, 0),
            "inScope": place.in_scope,
            "leaving": sorted(leaving[place.id]),
        }
        for place in scenario.settlements
    ]


def _leaving(scenario: Scenario, plan: Plan, outcome: Outcome) -> dict[str, list[list[float]]]:
    """By settlement, groups that leave home evenly between two times: start, end, people."""
    leaving: dict[str, list[list[float]]] = defaultdict(list)
    for wave in plan.waves:
        leaving[wave.settlement].append([wave.start_s, wave.end_s, wave.people.total])
    home_of = {site.id: site.settlement for site in scenario.sites if site.settlement}
    for trip, played in zip(plan.trips, outcome.trips, strict=True):
        for leg, depart_s in zip(trip.legs, played.depart_s, strict=True):
            for load in leg.board:
                if home_of.get(leg.site) == load.settlement and math.isfinite(depart_s):
                    leaving[load.settlement].append([round(depart_s), round(depart_s), load.people.total])
    return leaving


def _shown_sites(scenario: Scenario, plan: Plan) -> list[Site]:
    """Sites that the plan uses, and every checkpoint."""
    used = {leg.site for trip in plan.trips for leg in trip.legs}
    used |= {route.destination for route in plan.routes}
    used |= {part.destination for part in plan.assignments} | {part.via for part in plan.assignments}
    return [site for site in scenario.sites if site.id in used or site.kind == "checkpoint"]


def _site(site: Site) -> Payload:
    return {
        "id": site.id,
        "kind": site.kind.value,
        "name": in_all_languages(place_name, site).as_dict(),
        "at": coordinates(site.longitude_deg, site.latitude_deg),
        "safe": site.safe,
    }


def _trip(scenario: Scenario, links: _Links, trip: Trip, played: TripOutcome) -> Payload | None:
    """A trip as stretches between stops: from, until, people on board, and the way."""
    sites = {site.id: site for site in scenario.sites}
    on_board = 0
    stretches: list[list[Any]] = []
    for k, leg in enumerate(trip.legs):
        if k and math.isfinite(played.depart_s[k - 1]) and math.isfinite(played.arrive_s[k]):
            way = [links.index[link] for link in leg.links if link in links.index]
            ends = [coordinates(at.longitude_deg, at.latitude_deg)
                    for at in (sites[trip.legs[k - 1].site], sites[leg.site])]  # fmt: skip
            stretches.append(
                [round(played.depart_s[k - 1]), round(played.arrive_s[k]), on_board, way or None, ends]
            )
        on_board += sum(load.people.total for load in leg.board)
        on_board -= sum(load.people.total for load in leg.alight)
    if not stretches:
        return None
    return {"id": trip.id, "vehicle": trip.vehicle, "mode": trip.mode.value, "legs": stretches}
