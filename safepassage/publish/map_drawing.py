"""The map as a still picture in inline SVG, for print and for browsers without WebGL."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.publish.playback import coordinates
from safepassage.publish.wording import (
    Bilingual,
    in_all_languages,
    place_name,
    svg_text,
    translated,
)

MAP_WIDTH = 720.0
MAP_HEIGHTS = (380.0, 520.0)
MAP_MARGIN = 34.0
LABEL_HEIGHT = 15.0
LABEL_CHARACTER = 6.6
WIDEST_ROAD = 9.0
SYMBOL_SIZE = 18.0
SYMBOL_KINDS = frozenset(SiteKind) - {SiteKind.ASSEMBLY_POINT, SiteKind.DEPOT}


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Projection:
    """
    Degrees to drawing units, true to shape around the middle latitude.

    Attributes
    ----------
    west, north : float
        Corner of the drawing (degrees).
    east_scale, north_scale : float
        Drawing units a degree.
    width, height : float
        Size of the drawing.
    """

    west: float
    north: float
    east_scale: float
    north_scale: float
    width: float
    height: float

    def place(self, longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
        """Drawing units of a position."""
        x = (longitude_deg - self.west) * self.east_scale
        y = (self.north - latitude_deg) * self.north_scale
        return round(x, 1), round(y, 1)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside the drawing."""
        return 0 <= x <= self.width and 0 <= y <= self.height


def district_box(scenario: Scenario) -> Box:
    """
    What the map opens on: the settlements of the order and the nearest places on the way out.

    Parameters
    ----------
    scenario : Scenario
        Where it happens.

    Returns
    -------
    tuple of float
        West, south, east, north (degrees).
    """
    points = [(place.longitude_deg, place.latitude_deg) for place in scenario.in_scope]
    points += [(site.longitude_deg, site.latitude_deg)
               for site in scenario.sites_of(SiteKind.HANDOVER_HUB)]  # fmt: skip
    return _box(points)


def whole_box(scenario: Scenario) -> Box:
    """Box of all settlements of the order and all sites (west, south, east, north; degrees)."""
    points = [(place.longitude_deg, place.latitude_deg) for place in scenario.in_scope]
    return _box(points + [(site.longitude_deg, site.latitude_deg) for site in scenario.sites])


def _box(points: Sequence[tuple[float, float]]) -> Box:
    longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def projection_of(box: Box) -> Projection:
    """
    The projection that shows a box with a margin.

    Parameters
    ----------
    box : tuple of float
        West, south, east, north (degrees).

    Returns
    -------
    Projection
        As wide as the page's column, with a height between the allowed ones.
    """
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * shrink, 1e-3), max(north - south, 1e-3)
    inner = MAP_WIDTH - 2 * MAP_MARGIN
    lowest, highest = MAP_HEIGHTS
    height = min(max(inner / wide * high + 2 * MAP_MARGIN, lowest), highest)
    scale = min(inner / wide, (height - 2 * MAP_MARGIN) / high)
    return Projection(
        west=(west + east) / 2 - MAP_WIDTH / 2 / scale / shrink,
        north=(south + north) / 2 + height / 2 / scale,
        east_scale=scale * shrink,
        north_scale=scale,
        width=MAP_WIDTH,
        height=height,
    )


def map_drawing(scenario: Scenario, plan: Plan, outcome: Outcome) -> Markup:
    """
    Map of the district with the traffic of the whole plan.

    Parameters
    ----------
    scenario : Scenario
        Roads, settlements and sites.
    plan : Plan
        Gives the unserved.
    outcome : Outcome
        Gives the vehicles on each road.

    Returns
    -------
    Markup
        An ``<svg>`` element; the page's script colours its parts when it plays the plan in it.
    """
    projection = projection_of(district_box(scenario))
    labels = Labels(projection)
    sites = _site_symbols(scenario, projection, labels)
    settlements = _settlement_circles(scenario, plan, projection, labels)
    crossings = _crossing_marks(scenario, projection, labels)
    layers = Markup("").join(
        (
            roads_drawing(scenario, projection),
            _loads(scenario, outcome, projection),
            crossings,
            settlements,
            sites,
            Markup('<g class="moving"></g>'),
            labels.drawn(),
        )
    )
    return Markup(
        '<svg id="map-drawing" class="map-drawing" viewBox="0 0 {} {}" role="img"'
        ' aria-labelledby="map-title" data-west="{}" data-north="{}" data-east-scale="{}"'
        ' data-north-scale="{}">{}</svg>'
    ).format(
        round(projection.width), round(projection.height), projection.west, projection.north,
        projection.east_scale, projection.north_scale, layers,
    )  # fmt: skip


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def roads_drawing(scenario: Scenario, projection: Projection) -> Markup:
    """
    All roads inside a drawing.

    Parameters
    ----------
    scenario : Scenario
        Gives the network.
    projection : Projection
        Of the drawing.

    Returns
    -------
    Markup
        ``<path>`` elements, schematic roads apart.
    """
    network = scenario.network
    drawn: dict[tuple[bool, frozenset[int]], str] = {}
    for link in range(network.n_links):
        points = [projection.place(*point) for point in network.link_course(link)]
        if any(projection.holds(*point) for point in points):
            ends = frozenset((int(network.from_node[link]), int(network.to_node[link])))
            drawn.setdefault((bool(network.schematic[link]), ends), _path(points))
    return Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(
            "road schematic" if schematic else "road",
            "".join(path for (kind, _ends), path in drawn.items() if kind == schematic),
        )
        for schematic in (False, True)
    )


def _loads(scenario: Scenario, outcome: Outcome, projection: Projection) -> Markup:
    network = scenario.network
    index = {link: k for k, link in enumerate(network.link_id)}
    busiest = max((use.entered for use in outcome.links), default=1)
    paths = []
    for use in sorted(outcome.links, key=lambda use: use.entered):
        link = index.get(use.link)
        if link is None or use.entered == 0:
            continue
        points = [projection.place(*point) for point in network.link_course(link)]
        if not any(projection.holds(*point) for point in points):
            continue
        width = 1.4 + (WIDEST_ROAD - 1.4) * math.sqrt(use.entered / busiest)
        paths.append(
            Markup('<path class="load" data-link="{}" stroke-width="{}" d="{}"/>').format(
                link, f"{width:.1f}", _path(points)
            )
        )
    return Markup('<g class="loads">{}</g>').format(Markup("").join(paths))


def _settlement_circles(scenario: Scenario, plan: Plan, projection: Projection, labels: Labels) -> Markup:
    unserved = {part.settlement for part in plan.unserved}
    most = max((place.people.total for place in scenario.in_scope), default=1)
    circles = []
    names: list[tuple[float, float, float, Bilingual]] = []
    order = sorted(enumerate(scenario.settlements), key=lambda item: -item[1].people.total)
    for index, place in order:
        x, y = projection.place(place.longitude_deg, place.latitude_deg)
        if not projection.holds(x, y):
            continue
        if not place.in_scope:
            circles.append(Markup('<circle class="outside" cx="{}" cy="{}" r="1.8"/>').format(x, y))
            continue
        radius = settlement_radius(place.people.total, most)
        classes = "settlement unserved" if place.id in unserved else "settlement"
        circles.append(
            Markup(
                '<g class="{classes}" data-settlement="{index}" data-radius="{r}">'
                '<circle class="all" cx="{x}" cy="{y}" r="{r}"/>'
                '<circle class="left" cx="{x}" cy="{y}" r="{r}"/></g>'
            ).format(classes=classes, index=index, x=x, y=y, r=f"{radius:.1f}")
        )
        labels.keep_clear(x, y, 4.0)
        names.append((x, y, radius, in_all_languages(place_name, place)))
    for x, y, radius, name in names:
        labels.add(x, y, radius, name, "place-label")
    return Markup("").join(circles)


def settlement_radius(people: int, most: int) -> float:
    """Radius of a settlement's circle, whose area grows with its people (drawing units)."""
    return 2.6 + 12.0 * math.sqrt(people / most) if most else 2.6


def _site_symbols(scenario: Scenario, projection: Projection, labels: Labels) -> Markup:
    symbols = []
    shown = [site for site in scenario.sites if site.kind in SYMBOL_KINDS]
    together = Counter((site.longitude_deg, site.latitude_deg) for site in shown)
    drawn: Counter[tuple[float, float]] = Counter()
    names: list[tuple[float, float, Bilingual]] = []
    for site in shown:
        at = (site.longitude_deg, site.latitude_deg)
        x, y = projection.place(*at)
        if projection.holds(x, y):
            # Symbols at one place stand side by side.
            aside = SYMBOL_SIZE * (drawn[at] - (together[at] - 1) / 2)
            drawn[at] += 1
            symbols.append(_symbol(site, x + aside, y))
            labels.keep_clear(x + aside, y, SYMBOL_SIZE / 2)
            names.append((x + aside, y, in_all_languages(place_name, site)))
        elif site.safe:
            symbols.append(_beyond(site, projection, x, y, labels))
    for x, y, name in names:
        labels.add(x, y, SYMBOL_SIZE / 2, name, "site-label")
    return Markup("").join(symbols)


def _symbol(site: Site, x: float, y: float) -> Markup:
    return Markup(
        '<use class="site site-{}" href="#symbol-{}" x="{}" y="{}" width="18" height="18"/>'
    ).format(site.kind.value, site.kind.value, round(x - 9, 1), round(y - 9, 1))


def _beyond(site: Site, projection: Projection, x: float, y: float, labels: Labels) -> Markup:
    """An arrow at the edge towards a place outside the drawing."""
    centre_x, centre_y = projection.width / 2, projection.height / 2
    dx, dy = x - centre_x, y - centre_y
    shrink = min((centre_x - 20) / abs(dx) if dx else math.inf, (centre_y - 20) / abs(dy) if dy else math.inf)
    at_x, at_y = round(centre_x + dx * shrink, 1), round(centre_y + dy * shrink, 1)
    labels.add(at_x, at_y, 12.0, in_all_languages(place_name, site), "site-label")
    return Markup(
        '<path class="beyond" d="M-7 -6L7 0L-7 6Z" transform="translate({} {}) rotate({})"/>'
    ).format(at_x, at_y, round(math.degrees(math.atan2(dy, dx))))


def _crossing_marks(scenario: Scenario, projection: Projection, labels: Labels) -> Markup:
    marks = []
    for name, (longitude, latitude) in crossing_places(scenario).items():
        x, y = projection.place(longitude, latitude)
        if projection.holds(x, y):
            marks.append(
                Markup(
                    '<use class="crossing" href="#symbol-crossing" x="{}" y="{}" width="18" height="18"/>'
                ).format(round(x - 9, 1), round(y - 9, 1))
            )
            labels.add(x, y, 10.0, translated(name), "crossing-label")
    return Markup("").join(marks)


def crossing_places(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Middle of each river crossing (degrees), by its name."""
    network = scenario.network
    places: dict[str, tuple[float, float]] = {}
    for link in range(network.n_links):
        if network.crossing[link] and network.crossing[link] not in places:
            course = network.link_course(link)
            first, last = course[0], course[-1]
            middle = course[len(course) // 2] if len(course) > 2 else _middle(first, last)
            places[network.crossing[link]] = middle
    return places


def _middle(first: tuple[float, float], last: tuple[float, float]) -> tuple[float, float]:
    longitude, latitude = coordinates((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    return longitude, latitude


class Labels:
    """
    Names placed so that none covers another; the first to come stays.

    Parameters
    ----------
    projection : Projection
        Of the drawing.
    """

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._taken: list[Box] = []
        self._texts: list[Markup] = []

    def add(self, x: float, y: float, radius: float, text: Bilingual, kind: str) -> None:
        """
        Write a name beside a point where there is room, else leave it out.

        Parameters
        ----------
        x, y, radius : float
            Point and the size of its mark (drawing units).
        text : Bilingual
            The name.
        kind : str
            Class of the text, for its style.
        """
        width = LABEL_CHARACTER * max(len(words) for _code, words in text.texts)
        gap = radius + 3
        for left, top, anchor, at_x in (
            (x + gap, y - LABEL_HEIGHT / 2, "start", x + gap),
            (x - gap - width, y - LABEL_HEIGHT / 2, "end", x - gap),
            (x - width / 2, y - gap - LABEL_HEIGHT, "middle", x),
            (x - width / 2, y + gap, "middle", x),
        ):
            box = (left, top, left + width, top + LABEL_HEIGHT)
            if self._is_free(box):
                self._taken.append(box)
                attributes = Markup('class="{}" x="{}" y="{}" text-anchor="{}"').format(
                    kind, round(at_x, 1), round(top + LABEL_HEIGHT - 4, 1), anchor
                )
                self._texts.append(svg_text(text, attributes))
                return

    def keep_clear(self, x: float, y: float, radius: float) -> None:
        """Let no name cover a place."""
        self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def drawn(self) -> Markup:
        """All names."""
        return Markup('<g class="labels">{}</g>').format(Markup("").join(self._texts))

    def _is_free(self, box: Box) -> bool:
        left, top, right, bottom = box
        inside = (
            left >= 0 and top >= 0 and right <= self._projection.width and bottom <= self._projection.height
        )
        return inside and not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for other in self._taken
        )
