"""Which settlements there are, where they lie and how many live there; nobody gets lost on the way."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from safepassage.district.apportion import apportion
from safepassage.district.names import folded_name
from safepassage.district.projection import Projection
from safepassage.formats.osm import OsmFeature
from safepassage.formats.raster import PeoplePoints
from safepassage.formats.settlement_table import SettlementRow, parse_number
from safepassage.i18n import _

SETTLEMENT_KINDS = frozenset({"city", "town", "village", "hamlet", "isolated_dwelling"})
UNKNOWN_PEOPLE = -1
CELL_REACH_M = 10_000.0
# Where no settlement is known, people are summed by squares of this size.
SQUARE_M = 1000.0
_CODE_KEYS = ("katotth", "katottg", "KATOTTH", "koatuu", "ref:pcode", "pcode", "ref")
_NAME_KEYS = ("name", "name:uk", "name:en", "alt_name", "old_name", "name:ru", "official_name", "int_name")


@dataclass(frozen=True, slots=True)
class Place:
    """
    A settlement before it is connected to the roads.

    Attributes
    ----------
    id : str
        Official code, or the map's number.
    name_uk, name_en, community : str
        Names.
    longitude_deg, latitude_deg : float
        Centre (degrees).
    people : int
        Persons; `UNKNOWN_PEOPLE` where nobody said.
    groups : mapping of str to int
        Persons by group or need, those that are known.
    figures : mapping of str to float
        Household size, car share, hazard, those that are known.
    in_scope : bool
        False where the table says so.
    named : bool
        True where a table names it.
    """

    id: str
    name_uk: str
    name_en: str
    community: str
    longitude_deg: float
    latitude_deg: float
    people: int
    groups: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    in_scope: bool = True
    named: bool = False


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """
    People who were given but are not in the scenario.

    Attributes
    ----------
    label : str
        Who: a settlement's name, or words.
    where : str
        File and row.
    people : int
        Persons; 0 where their number is not known either.
    reason : str
        Why, in words.
    """

    label: str
    where: str
    people: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    Places and who could not be placed.

    Attributes
    ----------
    places : tuple of Place
        Those in the area.
    not_placed : tuple of NotPlaced
        Those who are not.
    people_in : int
        Persons that the inputs hold.
    unlisted : tuple of str
        Settlements of the map that the table does not name.
    """

    places: tuple[Place, ...]
    not_placed: tuple[NotPlaced, ...]
    people_in: int
    unlisted: tuple[str, ...] = ()

    def check(self) -> None:
        """Assert that people in equal people placed and people listed as not placed."""
        placed = sum(max(0, place.people) for place in self.places)
        assert placed + sum(item.people for item in self.not_placed) == self.people_in


class Boundary:
    """
    Tells whether a position may be part of the scenario.

    Parameters
    ----------
    area : Geometry or None
        Polygon to stay in.
    forbidden : Geometry or None
        Polygon to stay out of.
    """

    def __init__(self, area: shapely.Geometry | None, forbidden: shapely.Geometry | None) -> None:
        self._area = area
        self._forbidden = forbidden

    def reason_against(self, longitude: float, latitude: float) -> str:
        """Why a position is not in the scenario; empty where it is."""
        if self._area is not None and not shapely.intersects_xy(self._area, longitude, latitude):
            return _("it lies outside the area")
        if self._forbidden is not None and shapely.intersects_xy(self._forbidden, longitude, latitude):
            return _("it lies in an occupied or forbidden area")
        return ""


def places_of_map(features: Iterable[OsmFeature], boundary: Boundary) -> Gathered:
    """
    Settlements of the map, with the people that the map gives them.

    Parameters
    ----------
    features : iterable of OsmFeature
        Places.
    boundary : Boundary
        Where they may lie.

    Returns
    -------
    Gathered
        Places outside the area are nobody's loss; those in forbidden areas are listed.
    """
    places, lost, total = [], [], 0
    for feature in features:
        if feature.tags.get("place") not in SETTLEMENT_KINDS or not feature.tags.get("name"):
            continue
        place = _place_of(feature)
        reason = boundary.reason_against(place.longitude_deg, place.latitude_deg)
        if not reason:
            places.append(place)
            total += max(0, place.people)
        elif reason != _("it lies outside the area"):
            lost.append(NotPlaced(place.name_uk, feature.id, max(0, place.people), reason))
            total += max(0, place.people)
    return Gathered(_with_unique_ids(places), tuple(lost), total)


def places_of_table(
    rows: Sequence[SettlementRow], features: Sequence[OsmFeature], boundary: Boundary
) -> Gathered:
    """
    Settlements of a table, found on the map by code or name where the table gives no position.

    Parameters
    ----------
    rows : sequence of SettlementRow
        The table.
    features : sequence of OsmFeature
        Places of the map.
    boundary : Boundary
        Where they may lie.

    Returns
    -------
    Gathered
        Every row is a place or is listed.
    """
    index = _MapIndex([feature for feature in features if feature.tags.get("name")])
    places: list[Place] = []
    lost: list[NotPlaced] = []
    seen: dict[tuple[str, ...], int] = {}
    met: set[str] = set()
    for row in rows:
        key = ("code", row.code) if row.code else (folded_name(row.label), folded_name(row.community))
        found = index.find(row)
        where = f"{row.file}:{row.row}"
        if found is not None:
            met.add(found.id)
        if key in seen:
            reason = _("it repeats row {row}").format(row=seen[key])
        elif row.occupied:
            reason = _("the table calls it occupied")
        elif math.isnan(row.longitude_deg + row.latitude_deg) and found is None:
            reason = index.reason(row)
        else:
            place = _placed(row, found)
            reason = boundary.reason_against(place.longitude_deg, place.latitude_deg)
            if not reason:
                places.append(place)
        seen.setdefault(key, row.row)
        if reason:
            lost.append(NotPlaced(row.label, where, max(0, row.population), reason))
    total = sum(max(0, row.population) for row in rows)
    unlisted = tuple(
        sorted(
            feature.tags["name"]
            for feature in index.features
            if feature.id not in met
            and feature.tags.get("place") in SETTLEMENT_KINDS
            and not boundary.reason_against(feature.longitude_deg, feature.latitude_deg)
        )
    )
    gathered = Gathered(_with_unique_ids(places), tuple(lost), total, unlisted)
    gathered.check()
    return gathered


def add_raster_people(
    gathered: Gathered, cells: PeoplePoints, boundary: Boundary, projection: Projection, file: str
) -> Gathered:
    """
    Count the people of a raster in settlements whose number nobody gave.

    Parameters
    ----------
    gathered : Gathered
        Places; those with a number keep it. Without any, squares of `SQUARE_M` are made settlements.
    cells : PeoplePoints
        The raster.
    boundary : Boundary
        Where cells may lie.
    projection : Projection
        Degrees to metres.
    file : str
        Name of the raster.

    Returns
    -------
    Gathered
        Each cell goes to the nearest settlement within `CELL_REACH_M`; cells next to a settlement with a
        number of its own are that settlement's people and are not counted again.
    """
    reasons = [
        boundary.reason_against(x, y)
        for x, y in zip(cells.longitude_deg.tolist(), cells.latitude_deg.tolist(), strict=True)
    ]
    places = list(gathered.places) or _squares_of_cells(cells, reasons, projection)
    sums = np.zeros(len(places))
    lost: dict[str, float] = defaultdict(float)
    nearest, away = _nearest_place(places, cells, projection)
    for cell, reason in enumerate(reasons):
        people = float(cells.people[cell])
        if reason == _("it lies outside the area"):
            continue
        if not reason and away[cell] > CELL_REACH_M:
            reason = _("no settlement lies within {km} km").format(km=round(CELL_REACH_M / 1000))  # noqa: PLW2901
        if reason:
            lost[reason] += people
        elif places[nearest[cell]].people == UNKNOWN_PEOPLE:
            sums[nearest[cell]] += people
    parts = [*sums.tolist(), *lost.values()]
    whole = apportion(round(math.fsum(parts)), parts) if parts else []
    for k, place in enumerate(places):
        if place.people == UNKNOWN_PEOPLE:
            places[k] = replace(place, people=whole[k])
    more = [
        NotPlaced(_("people in raster cells"), file, people, reason)
        for reason, people in zip(lost, whole[len(places) :], strict=True)
        if people
    ]
    result = replace(
        gathered,
        places=tuple(places),
        not_placed=(*gathered.not_placed, *more),
        people_in=gathered.people_in + sum(whole),
    )
    result.check()
    return result


def square_places(
    longitude: Sequence[float], latitude: Sequence[float], xy_m: npt.NDArray[np.float64]
) -> list[Place]:
    """
    Settlements for people who live where none is known.

    Parameters
    ----------
    longitude, latitude : sequence of float
        Where somebody lives (degrees).
    xy_m : float64[n, 2]
        The same in metres.

    Returns
    -------
    list of Place
        A square of `SQUARE_M` each, at the middle of its points; how many live there is not counted yet.
    """
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, (east, north) in enumerate(np.floor(xy_m / SQUARE_M).astype(int).tolist()):
        groups[east, north].append(index)
    return [
        Place(
            id=f"square-{east}-{north}",
            name_uk=f"Квадрат {east}-{north}",
            name_en=f"Square {east}-{north}",
            community="",
            longitude_deg=round(float(np.median([longitude[k] for k in group])), 7),
            latitude_deg=round(float(np.median([latitude[k] for k in group])), 7),
            people=UNKNOWN_PEOPLE,
        )
        for (east, north), group in sorted(groups.items())
    ]


def _squares_of_cells(cells: PeoplePoints, reasons: Sequence[str], projection: Projection) -> list[Place]:
    free = np.array([not reason for reason in reasons], np.bool_)
    longitude, latitude = cells.longitude_deg[free], cells.latitude_deg[free]
    xy_m = projection.to_metres(longitude, latitude)
    return square_places(longitude.tolist(), latitude.tolist(), xy_m)


def _nearest_place(
    places: Sequence[Place], cells: PeoplePoints, projection: Projection
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    n_cells = len(cells.people)
    if not places or not n_cells:
        return np.zeros(n_cells, np.int64), np.full(n_cells, np.inf)
    at = projection.to_metres([p.longitude_deg for p in places], [p.latitude_deg for p in places])
    found = cKDTree(at).query(projection.to_metres(cells.longitude_deg, cells.latitude_deg))
    return np.asarray(found[1]), np.asarray(found[0])


class _MapIndex:
    """Places of the map by code and by name."""

    def __init__(self, features: Sequence[OsmFeature]) -> None:
        self.features = features
        self._by_code: dict[str, OsmFeature] = {}
        self._by_name: dict[str, list[OsmFeature]] = defaultdict(list)
        for feature in features:
            for key in _CODE_KEYS:
                if key in feature.tags:
                    self._by_code.setdefault(feature.tags[key], feature)
            spellings = {folded_name(feature.tags[key]) for key in _NAME_KEYS if key in feature.tags}
            for spelling in sorted(spellings - {""}):
                self._by_name[spelling].append(feature)

    def candidates(self, row: SettlementRow) -> list[OsmFeature]:
        names = [folded_name(name) for name in (row.name, row.name_en) if name]
        found = next((self._by_name[name] for name in names if name in self._by_name), [])
        # A suburb may have the name of a village elsewhere; real settlements go first.
        real = [feature for feature in found if feature.tags.get("place") in SETTLEMENT_KINDS]
        return real or found

    def find(self, row: SettlementRow) -> OsmFeature | None:
        if row.code and row.code in self._by_code:
            return self._by_code[row.code]
        found = self.candidates(row)
        if math.isnan(row.longitude_deg + row.latitude_deg):
            return found[0] if len(found) == 1 else None
        near = [(_rough_km(row, feature), feature.id, feature) for feature in found]
        best = min(near, default=None, key=lambda item: item[:2])
        return best[2] if best and best[0] < 10 else None

    def reason(self, row: SettlementRow) -> str:
        found = self.candidates(row)
        if found:
            return _("{count} places of this name are on the map; give its position").format(count=len(found))
        return _("no place of this name or code is on the map; give its position")


def _rough_km(row: SettlementRow, feature: OsmFeature) -> float:
    east = (row.longitude_deg - feature.longitude_deg) * math.cos(math.radians(row.latitude_deg))
    return 111.2 * math.hypot(east, row.latitude_deg - feature.latitude_deg)


def _place_of(feature: OsmFeature) -> Place:
    tags = feature.tags
    people = parse_number(tags.get("population", ""))
    code = next((tags[key] for key in _CODE_KEYS[:3] if key in tags), "")
    return Place(
        id=code or f"osm-{feature.id}",
        name_uk=tags.get("name:uk") or tags["name"],
        name_en=tags.get("name:en") or tags["name"],
        community="",
        longitude_deg=feature.longitude_deg,
        latitude_deg=feature.latitude_deg,
        people=UNKNOWN_PEOPLE if math.isnan(people) or people < 0 else round(people),
    )


def _placed(row: SettlementRow, found: OsmFeature | None) -> Place:
    own = not math.isnan(row.longitude_deg + row.latitude_deg)
    tags = found.tags if found else {}
    name = row.name or tags.get("name:uk") or tags.get("name") or row.name_en or row.code
    return Place(
        id=row.code or (f"osm-{found.id}" if found else f"row-{row.row}"),
        name_uk=name,
        name_en=row.name_en or tags.get("name:en") or name,
        community=row.community,
        longitude_deg=row.longitude_deg if own else found.longitude_deg if found else math.nan,
        latitude_deg=row.latitude_deg if own else found.latitude_deg if found else math.nan,
        people=row.population if row.population >= 0 else UNKNOWN_PEOPLE,
        groups=row.groups,
        figures=row.figures,
        in_scope=row.in_scope,
        named=True,
    )


def _with_unique_ids(places: Sequence[Place]) -> tuple[Place, ...]:
    """Two rows without codes may lie at one place of the map."""
    used: dict[str, int] = {}
    unique = []
    for place in places:
        used[place.id] = used.get(place.id, 0) + 1
        again = used[place.id]
        unique.append(replace(place, id=f"{place.id}-{again}") if again > 1 else place)
    return tuple(unique)
