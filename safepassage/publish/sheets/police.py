"""The sheet of the police: where an officer stands, from when, and what is waved where."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from safepassage.i18n import _, language, ngettext
from safepassage.model.people import Settlement
from safepassage.model.plan import ControlPoint, Plan
from safepassage.model.policy import Audience
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.publish.sheets.document import Section, Sheet, sheet_foot
from safepassage.publish.wording import clock, compass_words, date_words, distance, joined, number, place_name
from safepassage.threat.closures import distance_m


def police_sheet(scenario: Scenario, plan: Plan, road_names: Mapping[str, str]) -> Sheet:
    """
    Write the sheet of all control points in the language of the context.

    Parameters
    ----------
    scenario : Scenario
        Gives places and the clock.
    plan : Plan
        Gives the control points.
    road_names : mapping of str to str
        Name of each link that has one.

    Returns
    -------
    Sheet
        For the officers.
    """
    points = sorted(plan.control_points, key=lambda point: (point.from_s, point.node))
    first_s = points[0].from_s if points else 0
    count = len(points)
    return Sheet(
        name="police",
        audience=Audience.TEAM,
        title=_("Control points"),
        subtitle=ngettext("{date}, {count} place to man", "{date}, {count} places to man", count).format(
            date=date_words(scenario, first_s), count=number(count)
        ),
        sections=(*(_point(scenario, point, road_names) for point in points), _rules()),
        foot=sheet_foot(plan),
        exercise=plan.exercise,
        large_print=False,
        with_code=False,
        language=language(),
    )


def _point(scenario: Scenario, point: ControlPoint, road_names: Mapping[str, str]) -> Section:
    network = scenario.network
    node = network.node_id.index(point.node)
    why = {
        "checkpoint": _("checkpoint"),
        "crossing": _("river crossing"),
        "junction": _("junction"),
    }.get(point.reason, point.reason)
    rows = [
        (
            _("Man it"),
            _("{start} to {end}").format(
                start=clock(scenario, point.from_s), end=clock(scenario, point.until_s, round_up=True)
            ),
        ),
        (_("Position"), f"{network.latitude_deg[node]:.5f}, {network.longitude_deg[node]:.5f}"),
        (_("Vehicles"), number(point.vehicles)),
    ]
    rows += [
        (
            _("Wave on"),
            _("from {origin} to {target} ({count})").format(
                origin=_road(scenario, turn.from_link, road_names, coming=True),
                target=_road(scenario, turn.to_link, road_names, coming=False),
                count=number(turn.vehicles),
            ),
        )
        for turn in point.turns
    ]
    rows += [
        (_("Let nobody in"), _road(scenario, link, road_names, coming=False)) for link in point.closed_links
    ]
    return Section(f"{_place(scenario, point.node)}: {why}", tuple(rows))


def _road(scenario: Scenario, link_id: str, road_names: Mapping[str, str], *, coming: bool) -> str:
    """A road by its name, the settlement or site at its other end, and where that lies on the compass."""
    network = scenario.network
    if link_id not in network.link_id:
        return link_id
    link = network.link_id.index(link_id)
    here, there = network.from_node[link], network.to_node[link]
    if coming:
        here, there = there, here
    name = road_names.get(link_id, "")
    place = _site_name(scenario, network.node_id[there])
    side = compass_words(
        network.latitude_deg[here],
        network.longitude_deg[here],
        network.latitude_deg[there],
        network.longitude_deg[there],
    )
    return joined([name, place, side])


def _place(scenario: Scenario, node: str) -> str:
    """The settlement or site at a node, or how far it lies from the nearest settlement."""
    name = _site_name(scenario, node)
    if name or not scenario.settlements:
        return name or node
    index = scenario.network.node_id.index(node)
    latitude, longitude = (
        float(scenario.network.latitude_deg[index]),
        float(scenario.network.longitude_deg[index]),
    )
    settlements = scenario.settlements
    away_m = distance_m(
        np.array([latitude]),
        np.array([longitude]),
        np.array([place.latitude_deg for place in settlements]),
        np.array([place.longitude_deg for place in settlements]),
    )[0]
    nearest = settlements[int(np.argmin(away_m))]
    return _("{place}, {distance} to the {side} of its centre").format(
        place=place_name(nearest),
        distance=distance(float(away_m.min())),
        side=compass_words(nearest.latitude_deg, nearest.longitude_deg, latitude, longitude),
    )


def _site_name(scenario: Scenario, node: str) -> str:
    places: tuple[Settlement | Site, ...] = (*scenario.settlements, *scenario.sites)
    return next((place_name(place) for place in places if place.node == node), "")


def _rules() -> Section:
    return Section(
        _("Everywhere"),
        lines=(
            _("Be there half an hour before the first vehicle, and stay until you are told."),
            _("Ambulances, buses and escorted columns go first; inbound buses must always get through."),
            _(
                "Nobody is turned back into danger. Whoever comes at the wrong time "
                "waits at the side, then goes on."
            ),
            _("Ask nobody for money, and take no lists of names."),
            _(
                "Road closed or crossing hit: stop the flow, report, wait for the "
                "order. Do not send people round."
            ),
        ),
    )
