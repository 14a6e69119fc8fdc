"""The picture of a prepared district as inline SVG, for print and for browsers without WebGL."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from safepassage.i18n import _
from safepassage.model.sites import SiteKind
from safepassage.publish.map_drawing import (
    LABEL_CHARACTER,
    LABEL_HEIGHT,
    Box,
    Projection,
    projection_of,
    settlement_radius,
)

ROAD_ORDER = ("dropped", "street", "ferry", "secondary", "primary", "motorway")
MOST_NAMES = 60


def district_drawing(data: Mapping[str, Any]) -> Markup:
    """
    Draw a district.

    Parameters
    ----------
    data : mapping
        What the page holds for its map: roads, settlements, sites, crossings, dropped courses and the box.

    Returns
    -------
    Markup
        One group of shapes a layer, by the layer's name, and the names of the larger settlements and of the
        safe places where there is room.
    """
    projection = projection_of(data["box"])
    names = _Names(projection)
    parts = _roads(projection, data)
    places = {
        "settlement": _settlements(projection, data, names),
        "crossing": _crossings(projection, data, names),
    }
    parts |= {
        name: shapes for group in (places, _sites(projection, data, names)) for name, shapes in group.items()
    }
    names.write_all()
    roadless = [shape for shape in parts["settlement"] if "without-road" in shape]
    parts["settlement"] = [shape for shape in parts["settlement"] if "without-road" not in shape]
    parts["roadless"] = roadless
    groups = [
        Markup('<g data-drawn="{}">{}</g>').format(name, Markup("").join(shapes))
        for name, shapes in parts.items()
    ]
    return Markup('<svg id="drawing" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        round(projection.width), round(projection.height), _("Map of the district"),
        Markup("").join(groups), names.drawn(),
    )  # fmt: skip


def _roads(projection: Projection, data: Mapping[str, Any]) -> dict[str, list[Markup]]:
    paths: dict[str, list[str]] = defaultdict(list)
    for course in data["dropped"]:
        paths["dropped"].append(_path(projection, course))
    for road in data["roads"]:
        paths[road["g"]].append(_path(projection, road["p"]))
    return {
        kind: [Markup('<path class="road {}" d="{}"/>').format(kind, "".join(paths[kind]))]
        for kind in ROAD_ORDER
        if paths[kind]
    }


def _path(projection: Projection, course: Sequence[Sequence[float]]) -> str:
    points: list[tuple[float, float]] = []
    for longitude, latitude in course:
        point = projection.place(longitude, latitude)
        # Bends smaller than a pixel only make the page longer.
        if not points or math.dist(points[-1], point) >= 1.0:
            points.append(point)
    if len(points) == 1:
        points.append(projection.place(*course[-1]))
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _settlements(projection: Projection, data: Mapping[str, Any], names: _Names) -> list[Markup]:
    most = max((place["people"] for place in data["settlements"]), default=1)
    shapes = []
    for place in sorted(data["settlements"], key=lambda place: -place["people"]):
        x, y = projection.place(*place["at"])
        radius = settlement_radius(place["people"], most)
        words = f"{place['name']}: {place['people']} {data['strings']['people']}"
        kind = "settlement" if place["road"] else "settlement without-road"
        shapes.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                kind, x, y, f"{radius:.1f}", words
            )
        )
        names.want(x, y, radius, place["short"], "place-label")
    return shapes


def _crossings(projection: Projection, data: Mapping[str, Any], names: _Names) -> list[Markup]:
    shapes = []
    for item in data["crossings"]:
        x, y = projection.place(*item["at"])
        names.keep_clear(x, y, 3.0)
        shapes.append(
            Markup(
                '<rect class="crossing" x="{}" y="{}" width="5" height="5"><title>{}</title></rect>'
            ).format(round(x - 2.5, 1), round(y - 2.5, 1), item["name"])
        )
    return shapes


def _sites(projection: Projection, data: Mapping[str, Any], names: _Names) -> dict[str, list[Markup]]:
    shapes: dict[str, list[Markup]] = {"assembly": [], "site": [], "safe": []}
    for site in data["sites"]:
        x, y = projection.place(*site["at"])
        words = f"{site['words']}: {site['name']}"
        if site["kind"] == SiteKind.ASSEMBLY_POINT.value:
            shapes["assembly"].append(
                Markup('<circle class="assembly" cx="{}" cy="{}" r="1.7"><title>{}</title></circle>').format(
                    x, y, words
                )
            )
            continue
        kind = "safe" if site["safe"] else "site"
        names.keep_clear(x, y, 5.0)
        shapes[kind].append(
            Markup('<path class="{}" d="M{} {}l5 9h-10z"><title>{}</title></path>').format(
                kind, x, round(y - 6, 1), words
            )
        )
        if site["safe"]:
            names.want(x, y, 5.0, site["name"], "safe-label", first=True)
    return shapes


class _Names:
    """Names placed so that none covers another or a mark; the first to come stays."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._taken: list[Box] = []
        self._wanted: list[tuple[float, float, float, str, str]] = []
        self._texts: list[Markup] = []

    def want(self, x: float, y: float, radius: float, text: str, kind: str, *, first: bool = False) -> None:
        if text:
            at = 0 if first else len(self._wanted)
            self._wanted.insert(at, (x, y, radius, text, kind))

    def keep_clear(self, x: float, y: float, radius: float) -> None:
        self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def write_all(self) -> None:
        for wish in self._wanted:
            if len(self._texts) < MOST_NAMES:
                self._write(*wish)

    def drawn(self) -> Markup:
        return Markup('<g class="names">{}</g>').format(Markup("").join(self._texts))

    def _write(self, x: float, y: float, radius: float, text: str, kind: str) -> None:
        width, gap = LABEL_CHARACTER * len(text), radius + 3
        for left, top, anchor, at_x in (
            (x + gap, y - LABEL_HEIGHT / 2, "start", x + gap),
            (x - gap - width, y - LABEL_HEIGHT / 2, "end", x - gap),
            (x - width / 2, y - gap - LABEL_HEIGHT, "middle", x),
            (x - width / 2, y + gap, "middle", x),
        ):
            box = (left, top, left + width, top + LABEL_HEIGHT)
            if self._is_free(box):
                self._taken.append(box)
                self._texts.append(
                    Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                        kind, round(at_x, 1), round(top + LABEL_HEIGHT - 4, 1), anchor, text
                    )
                )
                return

    def _is_free(self, box: Box) -> bool:
        left, top, right, bottom = box
        inside = min(left, top) >= 0 and right <= self._projection.width and bottom <= self._projection.height
        return inside and not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for other in self._taken
        )
