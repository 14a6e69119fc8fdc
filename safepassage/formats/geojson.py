"""The plan as GeoJSON for a GIS: routes as lines, settlements and sites as points."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from safepassage.formats.marking import marks
from safepassage.model.network import LonLat
from safepassage.model.outcome import Outcome
from safepassage.model.plan import Plan, Route
from safepassage.model.scenario import Scenario

Feature = dict[str, Any]


def plan_geojson(scenario: Scenario, plan: Plan, outcome: Outcome | None) -> bytes:
    """
    A plan as a feature collection.

    Parameters
    ----------
    scenario : Scenario
        What the plan is for.
    plan : Plan
        The plan.
    outcome : Outcome or None
        How it went; None where it was not played.

    Returns
    -------
    bytes
        GeoJSON (RFC 7946). At the top stand the audience, the exercise banner, the plan and the credit
        that every map must carry.
    """
    collection = {
        "type": "FeatureCollection",
        **marks(plan.audience, exercise=plan.exercise),
        "plan_id": plan.id,
        "revision": plan.revision,
        "attribution": scenario.attribution,
    }
    features = [*_routes(scenario, plan), *_settlements(scenario, plan, outcome), *_sites(scenario)]
    heading = json.dumps(collection, ensure_ascii=False, allow_nan=False)
    lines = (json.dumps(feature, ensure_ascii=False, allow_nan=False) for feature in features)
    # One feature a line keeps the file readable and its versions comparable.
    return (heading[:-1] + ', "features": [\n' + ",\n".join(lines) + "\n]}\n").encode()


def route_course(scenario: Scenario, links: tuple[str, ...]) -> tuple[LonLat, ...]:
    """
    The course of a way along links.

    Parameters
    ----------
    scenario : Scenario
        Whose roads they are.
    links : tuple of str
        Link ids in driving order.

    Returns
    -------
    tuple of (lon, lat)
        Without points that repeat the one before.
    """
    return _course(scenario, {link: k for k, link in enumerate(scenario.network.link_id)}, links)


def _course(scenario: Scenario, index: dict[str, int], links: tuple[str, ...]) -> tuple[LonLat, ...]:
    points: list[LonLat] = []
    for link in links:
        course = scenario.network.link_course(index[link])
        points.extend(point for k, point in enumerate(course) if not (k == 0 and points[-1:] == [point]))
    return tuple(points)


def _routes(scenario: Scenario, plan: Plan) -> Iterator[Feature]:
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    for route in plan.routes:
        course = _course(scenario, index, route.links)
        # A settlement at the door of its destination drives no road.
        if len(course) >= 2:
            geometry = {"type": "LineString", "coordinates": [list(point) for point in course]}
            yield _feature(geometry, f"route/{route.id}", _route_properties(plan, route))


def _route_properties(plan: Plan, route: Route) -> dict[str, Any]:
    waves = [wave for wave in plan.waves if wave.route == route.id]
    return {
        "layer": "route",
        "id": route.id,
        "settlement": route.settlement,
        "destination": route.destination,
        "length_m": route.length_m,
        "free_flow_s": route.free_flow_s,
        "vehicles": sum(wave.vehicles for wave in waves),
        "people": sum(wave.people.total for wave in waves),
    }


def _settlements(scenario: Scenario, plan: Plan, outcome: Outcome | None) -> Iterator[Feature]:
    played = {row.settlement: row for row in outcome.settlements} if outcome else {}
    for place in scenario.settlements:
        properties: dict[str, Any] = {
            "layer": "settlement",
            "id": place.id,
            "name_uk": place.name_uk,
            "name_en": place.name_en,
            "in_scope": place.in_scope,
            "basis": place.basis.value,
            "people": place.people.total,
            "unserved": sum(part.people.total for part in plan.unserved if part.settlement == place.id),
        }
        if place.id in played:
            properties["safe"] = played[place.id].safe
        yield _feature(_point(place.longitude_deg, place.latitude_deg), f"settlement/{place.id}", properties)


def _sites(scenario: Scenario) -> Iterator[Feature]:
    for site in scenario.sites:
        properties = {
            "layer": "site",
            "id": site.id,
            "kind": site.kind.value,
            "name_uk": site.name_uk,
            "name_en": site.name_en,
            "accessible": site.accessible,
            "safe": site.safe,
        }
        yield _feature(_point(site.longitude_deg, site.latitude_deg), f"site/{site.id}", properties)


def _point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def _feature(geometry: dict[str, Any], feature_id: str, properties: dict[str, Any]) -> Feature:
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}
