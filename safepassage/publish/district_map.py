"""The picture of a prepared district: one page that needs no network, to be judged before planning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.i18n import _, language
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.model.policy import ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.publish.district_drawing import district_drawing
from safepassage.publish.embedding import (
    asset,
    content_security_policy,
    json_for_script,
    page_templates,
    vendored,
)
from safepassage.publish.map_drawing import Box, crossing_places
from safepassage.publish.wording import number, place_name, site_kind_words

# Above this many roads only main ones are drawn: a page of a hundred megabytes opens nowhere.
MOST_ROADS = 60_000
_GROUPS = (
    ("motorway", ("motorway", "motorway_link", "trunk", "trunk_link")),
    ("primary", ("primary", "primary_link")),
    ("secondary", ("secondary", "secondary_link", "tertiary", "tertiary_link")),
    ("ferry", ("ferry",)),
    ("street", ()),
)
_DIGITS = 5
# Street groups are named "Town 3, High Street".
_PART = re.compile(r"(.+?) \d+(?:, .*)?$")


def render_district_map(
    scenario: Scenario,
    link_names: Sequence[str],
    facts: Mapping[str, Any],
    dropped: Sequence[Sequence[LonLat]],
) -> str:
    """
    Render the map of a scenario folder.

    Parameters
    ----------
    scenario : Scenario
        What was built.
    link_names : sequence of str
        Names of the roads, one a link, or none.
    facts : mapping
        The import report; empty where the folder was made in another way.
    dropped : sequence of sequence of (lon, lat)
        Courses of roads that were dropped.

    Returns
    -------
    str
        A page that loads nothing from anywhere. It holds numbers of people by settlement: where the threat is
        hostile it is marked as for the commission.
    """
    roads = list(_roads(scenario.network, link_names))
    shown = roads if len(roads) <= MOST_ROADS else [road for road in roads if road["g"] != "street"]
    data: dict[str, Any] = {
        "roads": shown[:MOST_ROADS],
        "settlements": _settlements(scenario),
        "sites": _sites(scenario),
        "crossings": [
            {"name": name, "at": _rounded(at)} for name, at in sorted(crossing_places(scenario).items())
        ],
        "dropped": [[_rounded(point) for point in course] for course in dropped],
        "box": _box(scenario),
        "strings": _strings(),
    }
    styles = [vendored("maplibre-gl/maplibre-gl.css"), asset("district_map.css")]
    scripts = [vendored("maplibre-gl/maplibre-gl.js"), _script()]
    environment = page_templates()
    return environment.get_template("district_map.html").render(
        _=_,
        language=language(),
        title=place_name(scenario),
        banner=EXERCISE_BANNER if scenario.is_exercise else "",
        commission=scenario.policy.threat_kind is ThreatKind.HOSTILE,
        policy=content_security_policy(styles, scripts),
        # Hashed above; neither holds the end tag of its element.
        styles=[Markup(text) for text in styles],  # noqa: S704
        scripts=[Markup(text) for text in scripts],  # noqa: S704
        data_json=json_for_script(data),
        drawing=district_drawing(data),
        groups=_legend(),
        counts=_counts(scenario, facts, hidden=len(roads) - len(data["roads"])),
        not_placed=facts.get("not_placed", []),
        cut_off=facts.get("settlements_cut_off", []),
        exits=facts.get("exits_marked", []),
        warnings=facts.get("warnings", []),
        settlements=sorted(scenario.settlements, key=lambda place: -place.people.total),
        place_name=place_name,
        number=number,
        attribution=scenario.attribution,
        assumptions=scenario.assumptions,
    )


def dropped_courses(text: str) -> tuple[tuple[LonLat, ...], ...]:
    """
    Courses from the file that a preparation leaves behind.

    Parameters
    ----------
    text : str
        GeoJSON of lines.

    Returns
    -------
    tuple of tuple of (lon, lat)
        Lines in the order of the file.
    """
    features = json.loads(text)["features"]
    return tuple(tuple((p[0], p[1]) for p in item["geometry"]["coordinates"]) for item in features)


def _script() -> str:
    return '(() => {\n"use strict";\n' + asset("district_map.js") + "\n})();"


def _rounded(point: LonLat) -> list[float]:
    return [round(point[0], _DIGITS), round(point[1], _DIGITS)]


def _group(road_class: str) -> str:
    return next((name for name, classes in _GROUPS if road_class in classes), "street")


def _roads(network: RoadNetwork, link_names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Roads, both directions of one drawn once."""
    met: dict[tuple[int, int, int], int] = {}
    for k in range(network.n_links):
        ends = int(network.from_node[k]), int(network.to_node[k])
        key = (min(ends), max(ends), round(float(network.length_m[k])))
        if key in met:
            continue
        met[key] = k
        yield {
            "id": network.link_id[k],
            "n": link_names[k] if link_names else "",
            "c": network.facility_type[k],
            "g": _group(network.facility_type[k]),
            "l": round(float(network.lanes[k]), 2),
            "v": round(float(network.free_speed_m_per_s[k]) * 3.6),
            "q": round(float(network.capacity_pcu_per_h[k])),
            "m": round(float(network.length_m[k])),
            "x": network.crossing[k],
            "s": int(network.schematic[k]),
            "p": [_rounded(point) for point in network.link_course(k)],
        }


def _settlements(scenario: Scenario) -> list[dict[str, Any]]:
    towns: set[str] = set()
    found = {}
    for place in sorted(scenario.settlements, key=lambda place: -place.people.total):
        name, short = place_name(place), place_name(place)
        # Of a town that is divided into street groups the largest part bears the town's name from afar.
        part = _PART.match(name)
        if part and place.community and place.name_uk.startswith(place.community):
            short = "" if place.community in towns else part[1]
            towns.add(place.community)
        found[place.id] = {
            "id": place.id,
            "name": name,
            "short": short,
            "people": place.people.total,
            "at": _rounded((place.longitude_deg, place.latitude_deg)),
            "road": int(bool(place.node)),
            "scope": int(place.in_scope),
        }
    return [found[place.id] for place in scenario.settlements]


def _sites(scenario: Scenario) -> list[dict[str, Any]]:
    return [
        {
            "id": site.id,
            "kind": site.kind.value,
            "words": site_kind_words(site.kind),
            "name": place_name(site),
            "safe": int(site.safe),
            "at": _rounded((site.longitude_deg, site.latitude_deg)),
        }
        for site in scenario.sites
    ]


def _box(scenario: Scenario) -> Box:
    network = scenario.network
    west, east = float(network.longitude_deg.min()), float(network.longitude_deg.max())
    south, north = float(network.latitude_deg.min()), float(network.latitude_deg.max())
    return west, south, east, north


def _legend() -> list[tuple[str, str]]:
    return [
        ("motorway", _("Motorways and trunk roads")),
        ("primary", _("Primary roads")),
        ("secondary", _("Secondary and tertiary roads")),
        ("street", _("Other roads and streets")),
        ("ferry", _("Ferries")),
        ("crossing", _("Crossings of rivers")),
        ("settlement", _("Settlements by people")),
        ("roadless", _("Settlements without a road")),
        ("assembly", _("Assembly points")),
        ("safe", _("Safe places")),
        ("site", _("Other sites")),
        ("dropped", _("Dropped roads")),
    ]


def _counts(scenario: Scenario, facts: Mapping[str, Any], *, hidden: int) -> list[tuple[str, str]]:
    people = sum(place.people.total for place in scenario.settlements)
    roadless = sum(not place.node for place in scenario.settlements)
    network = scenario.network
    rows = [
        (_("People"), number(people)),
        (_("Settlements"), number(len(scenario.settlements))),
        (_("Settlements without a road"), number(roadless)),
        (_("Links and nodes"), f"{number(network.n_links)} / {number(network.n_nodes)}"),
        (_("Forbidden turns"), number(len(network.movement_in_link))),
    ]
    if "people_in" in facts:
        rows.append((_("People in the inputs"), number(facts["people_in"])))
        rows.append((_("People not placed"), number(facts["people_not_placed"])))
        rows.append((_("Dropped roads, km"), number(facts["dropped_km"], 1)))
        rows.append((_("Roads in forbidden areas, km"), number(facts["forbidden_km"], 1)))
        rows.append((_("Projection"), str(facts["projection"])))
    if hidden > 0:
        rows.append((_("Streets not drawn: too many"), number(hidden)))
    return rows


def _strings() -> dict[str, str]:
    return {
        "people": _("people"),
        "lanes": _("lanes"),
        "speed": _("km/h"),
        "capacity": _("PCU/h"),
        "noRoad": _("no road"),
        "dropped": _("dropped: does not hang together with the rest"),
    }
