"""How much danger the people of a played plan were in: by what they did, where, and by group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safepassage.formats.csv_text import csv_line, guarded
from safepassage.formats.marking import marks
from safepassage.formats.numbers import shortest
from safepassage.model.arrays import FloatArray
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.simulator.people_stays import GROUPS, Phase, RoadStays, Stay, people_stays
from safepassage.simulator.playback import PlayedPlan
from safepassage.threat.rate_field import DistrictField, HazardParameters, Protection, district_field

_COLUMNS = (
    "phase", "place", "group", "person_hours", "expected_casualties", "exercise", "audience", "plan_id",
    "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """
    The danger of one group at one place.

    Attributes
    ----------
    phase : Phase
        What they did there.
    place : str
        Id of the settlement (home), site (walking to it, waiting, stop, service) or link (road).
    group : str
        One of ``GROUPS``.
    person_s : float
        Time spent (person s).
    casualties : float
        Expected.
    """

    phase: Phase
    place: str
    group: str
    person_s: float
    casualties: float


def exposure_of(
    scenario: Scenario,
    plan: Plan,
    played: PlayedPlan,
    *,
    hazard: HazardParameters | None = None,
    protection: Protection | None = None,
) -> tuple[ExposureRow, ...]:
    """
    Sum up the danger that everybody in scope was in, until safe or until the horizon.

    Parameters
    ----------
    scenario : Scenario
        People, and the events of the threat table.
    plan : Plan
        What was played.
    played : PlayedPlan
        How it went.
    hazard : HazardParameters, optional
        Shape and level of the rate; by default those of rehearsals.
    protection : Protection, optional
        Factors of what people do; by default those of rehearsals.

    Returns
    -------
    tuple of ExposureRow
        By phase, place and group; only where somebody was.

    Notes
    -----
    On the way on foot the rate of the settlement counts, at an assembly point that of its settlement, at
    another site the mean of the roads that begin there. On a scheduled service there is none. Accidents on
    the road are not counted.
    """
    stays, road = people_stays(scenario, plan, played.traffic, played.result, until_s=scenario.horizon_s)
    field = district_field(scenario, hazard or HazardParameters())
    sums: dict[tuple[Phase, str], FloatArray] = defaultdict(lambda: np.zeros((2, 4)))
    _add_stays(sums, scenario, stays, field, protection or Protection())
    _add_road(sums, scenario, road, field, protection or Protection())
    order = {phase: k for k, phase in enumerate(Phase)}
    return tuple(
        ExposureRow(phase, place, GROUPS[k], float(person_s[k]), float(harm[k]))
        for (phase, place), (person_s, harm) in sorted(
            sums.items(), key=lambda item: (order[item[0][0]], item[0][1])
        )
        for k in range(4)
        if person_s[k] > 0
    )


def exposure_csv(plan: Plan, rows: Sequence[ExposureRow]) -> str:
    """
    Exposure as a table for the commission.

    Parameters
    ----------
    plan : Plan
        Gives the marks.
    rows : sequence of ExposureRow
        What to write.

    Returns
    -------
    str
        CSV; every row carries the marks of the plan.
    """
    mark = marks(plan.audience, exercise=plan.exercise)
    about = (mark["exercise"], mark["audience"], guarded(plan.id), str(plan.revision))
    lines = [csv_line(_COLUMNS)]
    for row in rows:
        figures = (shortest(round(row.person_s / 3600, 6)), f"{row.casualties:.6g}")
        lines.append(csv_line((row.phase.value, guarded(row.place), row.group, *figures, *about)))
    return "".join(lines)


def _add_stays(
    sums: dict[tuple[Phase, str], FloatArray],
    scenario: Scenario,
    stays: Sequence[Stay],
    field: DistrictField,
    protection: Protection,
) -> None:
    if not stays:
        return
    home = {place.id: k for k, place in enumerate(scenario.in_scope)}
    start_s = np.array([stay.start_s for stay in stays])
    end_s = np.array([stay.end_s for stay in stays])
    living = np.array([home[stay.settlement] for stay in stays], np.int64)
    at_home = field.homes.since_start(living, end_s) - field.homes.since_start(living, start_s)
    beside = _site_links(scenario)
    near = {site.id: home.get(site.settlement) for site in scenario.sites if site.settlement}
    for k, stay in enumerate(stays):
        factor = _factor(stay, protection)
        if stay.phase in (Phase.HOME, Phase.WALKING) or near.get(stay.place) is not None:
            there = float(at_home[k])
        else:
            links = beside[stay.place]
            ends = (np.full(len(links), time_s) for time_s in (stay.start_s, stay.end_s))
            since, until = (field.links.since_start(links, time_s) for time_s in ends)
            there = float((until - since).mean()) if len(links) else 0.0
        duration_s = stay.end_s - stay.start_s
        sums[stay.phase, stay.place] += np.array([duration_s, factor * there])[:, None] * stay.people


def _factor(stay: Stay, protection: Protection) -> float:
    return {
        Phase.HOME: protection.indoors,
        Phase.WALKING: protection.walking,
        Phase.WAITING: protection.in_group(stay.together),
        Phase.STOP: protection.vehicle,
        Phase.SERVICE: 0.0,
        Phase.ROAD: protection.vehicle,
    }[stay.phase]


def _site_links(scenario: Scenario) -> dict[str, np.ndarray]:
    """Links that begin at the node of each site."""
    network = scenario.network
    index = {node: k for k, node in enumerate(network.node_id)}
    return {site.id: np.flatnonzero(network.from_node == index[site.node]) for site in scenario.sites}


def _add_road(
    sums: dict[tuple[Phase, str], FloatArray],
    scenario: Scenario,
    road: RoadStays,
    field: DistrictField,
    protection: Protection,
) -> None:
    since = field.links.since_start(road.link, road.start_s)
    harm = protection.vehicle * (field.links.since_start(road.link, road.end_s) - since)
    duration_s = road.end_s - road.start_s
    for link in np.unique(road.link).tolist():
        own = road.link == link
        both = np.stack([duration_s[own], harm[own]])
        sums[Phase.ROAD, scenario.network.link_id[link]] += both @ road.people[own]
