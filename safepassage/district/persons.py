"""Single persons of a population: in which settlement each one lives, and when each one sets out."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from safepassage.district.places import (
    CELL_REACH_M,
    UNKNOWN_PEOPLE,
    Boundary,
    Gathered,
    NotPlaced,
    Place,
    square_places,
)
from safepassage.district.projection import Projection
from safepassage.formats.csv_text import csv_line
from safepassage.formats.matsim_population import PersonDeparture
from safepassage.i18n import _
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.model.people import Settlement
from safepassage.model.plan import Mode

CAR_MODES = frozenset({"car", "car_passenger", "ride", "truck", "motorcycle"})
_CHILD_BELOW, _OLDER_FROM = 18, 60

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Housed:
    """
    Persons in their settlements.

    Attributes
    ----------
    gathered : Gathered
        Places with these people; persons who could not be placed are listed.
    place_of : mapping of str to str
        Place of each placed person.
    counted : frozenset of str
        Places whose people are these persons; the others had a number of their own.
    """

    gathered: Gathered
    place_of: Mapping[str, str]
    counted: frozenset[str]


@dataclass(frozen=True, slots=True, order=True)
class DepartureCount:
    """
    Persons of a settlement who set out within one minute.

    Attributes
    ----------
    settlement : str
        Settlement id.
    mode : str
        ``car``, or ``fleet`` for who needs a lift.
    minute : int
        Minutes since the scenario's start.
    people : int
        How many.
    """

    settlement: str
    mode: str
    minute: int
    people: int


def at_links(persons: Sequence[PersonDeparture], network: RoadNetwork) -> tuple[PersonDeparture, ...]:
    """
    Give a position to persons who are only known to be at a link.

    Parameters
    ----------
    persons : sequence of PersonDeparture
        Everybody.
    network : RoadNetwork
        Has the links.

    Returns
    -------
    tuple of PersonDeparture
        Who is at an unknown link still has no position.
    """
    number = {link: k for k, link in enumerate(network.link_id)}

    def placed(person: PersonDeparture) -> PersonDeparture:
        k = number.get(person.link)
        if k is None or not math.isnan(person.longitude_deg + person.latitude_deg):
            return person
        node = int(network.from_node[k])
        return replace(
            person,
            longitude_deg=float(network.longitude_deg[node]),
            latitude_deg=float(network.latitude_deg[node]),
        )

    return tuple(map(placed, persons))


def house_persons(
    gathered: Gathered,
    persons: Sequence[PersonDeparture],
    boundary: Boundary,
    projection: Projection,
    file: str,
) -> Housed:
    """
    Count single persons in settlements whose number nobody gave.

    Parameters
    ----------
    gathered : Gathered
        Places; those with a number keep it. Without any, squares are made settlements.
    persons : sequence of PersonDeparture
        Everybody, each once.
    boundary : Boundary
        Where they may live.
    projection : Projection
        Degrees to metres.
    file : str
        Name of the population.

    Returns
    -------
    Housed
        Each person goes to the nearest settlement within reach. Persons beside a settlement with a number
        of its own are taken as its people and not counted again; everyone else is placed or listed.
    """
    reasons = [_reason_against(person, boundary) for person in persons]
    inside = [person for person, reason in zip(persons, reasons, strict=True) if not reason]
    lost = Counter(reason for reason in reasons if reason)
    xy = _metres(projection, [(person.longitude_deg, person.latitude_deg) for person in inside])
    places = list(gathered.places) or square_places(
        [person.longitude_deg for person in inside], [person.latitude_deg for person in inside], xy
    )
    place_of: dict[str, str] = {}
    members: dict[str, list[PersonDeparture]] = defaultdict(list)
    if inside:
        at = _metres(projection, [(place.longitude_deg, place.latitude_deg) for place in places])
        away, nearest = (np.asarray(found) for found in cKDTree(at).query(xy))
        for person, metres, index in zip(inside, away.tolist(), nearest.tolist(), strict=True):
            if metres > CELL_REACH_M:
                lost[_("no settlement lies within {km} km").format(km=round(CELL_REACH_M / 1000))] += 1
            else:
                place_of[person.person] = places[index].id
                members[places[index].id].append(person)
    counted = frozenset(place.id for place in places if place.people == UNKNOWN_PEOPLE)
    filled = [_filled(place, members[place.id]) if place.id in counted else place for place in places]
    new = sum(len(members[place]) for place in counted)
    unplaced = [
        NotPlaced(_("persons of the population"), file, people, reason) for reason, people in lost.items()
    ]
    result = replace(
        gathered,
        places=tuple(filled),
        not_placed=(*gathered.not_placed, *unplaced),
        people_in=gathered.people_in + new + lost.total(),
    )
    result.check()
    return Housed(result, place_of, counted)


def departure_counts(
    persons: Sequence[PersonDeparture],
    housed: Housed,
    settlements: Sequence[Settlement],
    part_of: Mapping[str, str],
    start_s: float,
) -> tuple[DepartureCount, ...]:
    """
    When how many set out from which settlement.

    Parameters
    ----------
    persons : sequence of PersonDeparture
        Everybody.
    housed : Housed
        Where they live.
    settlements : sequence of Settlement
        Of the scenario; towns are divided into street groups.
    part_of : mapping of str to str
        Place of each settlement.
    start_s : float
        The scenario's start (s after the population's midnight); who left before leaves at once.

    Returns
    -------
    tuple of DepartureCount
        In the order of settlements, modes and times. Where the place was counted from these persons, no
        settlement has more departures than people.
    """
    parts: dict[str, list[Settlement]] = defaultdict(list)
    for place in settlements:
        parts[part_of[place.id]].append(place)
    room = {place.id: place.people.total for place in settlements}
    counts: Counter[tuple[str, str, int]] = Counter()
    for person in persons:
        home = housed.place_of.get(person.person)
        if home is None or home not in parts:
            continue
        part = _part_for(person, parts[home], room)
        if home in housed.counted:
            room[part.id] -= 1
        if person.mode and not math.isnan(person.time_s):
            mode = Mode.CAR if person.mode in CAR_MODES else Mode.FLEET
            counts[part.id, mode.value, max(0, int((person.time_s - start_s) // 60))] += 1
    return tuple(sorted(DepartureCount(*key, people) for key, people in counts.items()))


def departure_files(counts: Sequence[DepartureCount], people: int) -> dict[str, str]:
    """
    Departures as tables.

    Parameters
    ----------
    counts : sequence of DepartureCount
        Who sets out when.
    people : int
        Everybody who was placed, also who stays.

    Returns
    -------
    dict of str to str
        ``departures.csv`` by settlement, mode and minute; ``departure-curve.csv`` with the share of all that
        had left by each minute, as forecasts are fitted to.
    """
    lines = [csv_line(("settlement", "mode", "time_min", "people"))]
    lines += [csv_line((item.settlement, item.mode, str(item.minute), str(item.people))) for item in counts]
    by_minute: Counter[int] = Counter()
    for item in counts:
        by_minute[item.minute] += item.people
    curve, left = [csv_line(("time_min", "share_left"))], 0
    for minute in sorted(by_minute):
        left += by_minute[minute]
        curve.append(csv_line((str(minute), f"{left / people:.6f}")))
    return {"departures.csv": "".join(lines), "departure-curve.csv": "".join(curve)}


def earliest_s(persons: Iterable[PersonDeparture]) -> float:
    """Earliest departure (s after midnight); 0 where nobody sets out."""
    return min((item.time_s for item in persons if item.mode and not math.isnan(item.time_s)), default=0.0)


def _reason_against(person: PersonDeparture, boundary: Boundary) -> str:
    if math.isnan(person.longitude_deg + person.latitude_deg):
        return _("neither their position nor their link is known")
    if not (abs(person.longitude_deg) <= 180 and abs(person.latitude_deg) <= 90):
        return _("their position lies outside the coordinates' system")
    return boundary.reason_against(person.longitude_deg, person.latitude_deg)


def _metres(projection: Projection, points: Sequence[LonLat]) -> Floats:
    if not points:
        return np.zeros((0, 2))
    return projection.to_metres([point[0] for point in points], [point[1] for point in points])


def _filled(place: Place, members: Sequence[PersonDeparture]) -> Place:
    """The place with its people, their ages where all are told, and the share that goes by car."""
    groups: dict[str, int] = {}
    if members and all(person.age >= 0 for person in members):
        groups["children"] = sum(person.age < _CHILD_BELOW for person in members)
        groups["older"] = sum(person.age >= _OLDER_FROM for person in members)
        # Nothing in such a file tells who cannot walk.
        groups["low_mobility"] = 0
    travelling = [person for person in members if person.mode]
    figures = dict(place.figures)
    if travelling:
        by_car = sum(person.mode in CAR_MODES for person in travelling)
        figures.setdefault("car_share", round(by_car / len(travelling), 4))
    return replace(place, people=len(members), groups={**groups, **place.groups}, figures=figures)


def _part_for(person: PersonDeparture, parts: Sequence[Settlement], room: Mapping[str, int]) -> Settlement:
    """The nearest part of the town that still has room."""
    if len(parts) == 1:
        return parts[0]
    free = [part for part in parts if room[part.id] > 0] or parts

    def away(part: Settlement) -> float:
        east = (part.longitude_deg - person.longitude_deg) * math.cos(math.radians(person.latitude_deg))
        return math.hypot(east, part.latitude_deg - person.latitude_deg)

    return min(free, key=lambda part: (away(part), part.id))
