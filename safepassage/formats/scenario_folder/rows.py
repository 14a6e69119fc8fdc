"""The model as rows of the scenario's tables; undone by ``build``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from safepassage.formats.clock import iso_time
from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder import units
from safepassage.formats.scenario_folder.units import number_text
from safepassage.formats.wkt import format_line
from safepassage.model.plan import PinKind
from safepassage.model.scenario import Scenario

Row = dict[str, str]


def table_rows(scenario: Scenario, file: str) -> Iterator[Row]:
    """
    The rows of one table.

    Parameters
    ----------
    scenario : Scenario
        What to write.
    file : str
        Name of the table's file.

    Returns
    -------
    iterator of dict of str to str
        Cells by column; columns that the model does not hold are absent.
    """
    return _ROWS[file](scenario)


def time_text(scenario: Scenario, time_s: float) -> str:
    """A moment as ISO 8601 in the scenario's zone; empty for never."""
    return iso_time(scenario.start, scenario.time_zone, time_s) if time_s < float("inf") else ""


def _flag(value: object) -> str:
    return "1" if value else "0"


def _nodes(scenario: Scenario) -> Iterator[Row]:
    network = scenario.network
    positions = zip(
        network.node_id, network.longitude_deg.tolist(), network.latitude_deg.tolist(), strict=True
    )
    for node, longitude, latitude in positions:
        yield {"node_id": node, "x_coord": shortest(longitude), "y_coord": shortest(latitude)}


def _links(scenario: Scenario) -> Iterator[Row]:
    network = scenario.network
    # Links of one class share their figures, and finding the shortest number takes time.
    speed = cache(units.km_per_h_of)
    per_lane = cache(units.per_lane_of)
    per_km_lane = cache(units.per_km_lane_of)
    for k in range(network.n_links):
        lanes = float(network.lanes[k])
        yield {
            "link_id": network.link_id[k],
            "from_node_id": network.node_id[network.from_node[k]],
            "to_node_id": network.node_id[network.to_node[k]],
            "directed": "1",
            "length": shortest(network.length_m[k]),
            "lanes": shortest(lanes),
            "free_speed": shortest(speed(float(network.free_speed_m_per_s[k]))),
            "capacity": shortest(per_lane(float(network.capacity_pcu_per_h[k]), lanes)),
            "facility_type": network.facility_type[k],
            "crossing": network.crossing[k],
            "schematic": _flag(network.schematic[k]),
            "source": network.source[k],
            "jam_density": shortest(per_km_lane(float(network.jam_density_pcu_per_m[k]), lanes)),
            "merge_weight": shortest(network.merge_weight[k]),
            "geometry": format_line(network.geometry[k]),
        }


def _movements(scenario: Scenario) -> Iterator[Row]:
    network = scenario.network
    turns = zip(
        network.movement_in_link.tolist(),
        network.movement_out_link.tolist(),
        network.movement_capacity_pcu_per_h.tolist(),
        strict=True,
    )
    for number, (into, out, capacity) in enumerate(turns, start=1):
        yield {
            "mvmt_id": str(number),
            "node_id": network.node_id[network.to_node[into]],
            "ib_link_id": network.link_id[into],
            "ob_link_id": network.link_id[out],
            "capacity": number_text(capacity),
        }


def _settlements(scenario: Scenario) -> Iterator[Row]:
    for place in scenario.settlements:
        yield {
            "settlement_id": place.id,
            "name_uk": place.name_uk,
            "name_en": place.name_en,
            "community": place.community,
            "latitude": shortest(place.latitude_deg),
            "longitude": shortest(place.longitude_deg),
            "node_id": place.node,
            "adults": str(place.people.adults),
            "children": str(place.people.children),
            "older": str(place.people.older),
            "low_mobility": str(place.people.low_mobility),
            "wheelchair": str(place.wheelchair),
            "stretcher": str(place.stretcher),
            "household_size": shortest(place.household_size),
            "car_share": shortest(place.car_share),
            "hazard": shortest(place.hazard),
            "in_scope": _flag(place.in_scope),
            "basis": place.basis.value,
        }


def _sites(scenario: Scenario) -> Iterator[Row]:
    for site in scenario.sites:
        yield {
            "site_id": site.id,
            "kind": site.kind.value,
            "name_uk": site.name_uk,
            "name_en": site.name_en,
            "node_id": site.node,
            "latitude": shortest(site.latitude_deg),
            "longitude": shortest(site.longitude_deg),
            "capacity": number_text(site.capacity_persons),
            "waiting_cap": number_text(site.waiting_cap_persons),
            "service_rate": number_text(site.service_rate_pcu_per_h),
            "accessible": _flag(site.accessible),
            "safe": _flag(site.safe),
            "settlement_id": site.settlement,
            "opens": time_text(scenario, site.opens_s),
            "closes": time_text(scenario, site.closes_s),
            "divert_to": site.divert_to,
            "walk": shortest(site.walk_m),
        }


def _fleet(scenario: Scenario) -> Iterator[Row]:
    for group in scenario.fleet:
        yield {
            "fleet_id": group.id,
            "kind": group.kind,
            "agency": group.agency,
            "count": str(group.count),
            "seats": str(group.seats),
            "wheelchair_places": str(group.wheelchair_places),
            "stretcher_places": str(group.stretcher_places),
            "pcu": str(group.pcu),
            "depot": group.depot,
            "available_from": time_text(scenario, group.available_from_s),
            "crew_hours": shortest(group.crew_hours),
            "escorted": _flag(group.escorted),
        }


def _services(scenario: Scenario) -> Iterator[Row]:
    for service in scenario.services:
        yield {
            "service_id": service.id,
            "mode": service.mode,
            "operator": service.operator,
            "from_site": service.from_site,
            "to_site": service.to_site,
            "departs": ";".join(time_text(scenario, time_s) for time_s in service.departs_s),
            "travel_time_min": shortest(units.minutes_of(service.travel_time_s)),
            "seats": str(service.seats),
            "wheelchair_places": str(service.wheelchair_places),
            "stretcher_places": str(service.stretcher_places),
        }


def _threat(scenario: Scenario) -> Iterator[Row]:
    for entry in scenario.threat.entries:
        yield {
            "threat_id": entry.id,
            "kind": entry.kind.value,
            "subject": entry.subject,
            "start": time_text(scenario, entry.start_s),
            "end": time_text(scenario, entry.end_s),
            "latitude": number_text(entry.latitude_deg),
            "longitude": number_text(entry.longitude_deg),
            "factor": shortest(entry.factor),
            "probability": shortest(entry.probability),
            "source": entry.claim.source,
            "reliability": entry.claim.reliability,
            "credibility": str(entry.claim.credibility),
            "heard_from": entry.claim.heard_from,
        }


def _pins(scenario: Scenario) -> Iterator[Row]:
    for pin in scenario.pins:
        value = pin.value
        if pin.kind == PinKind.WAVE and value:
            value = time_text(scenario, float(value))
        yield {
            "pin_id": pin.id,
            "action": pin.action.value,
            "kind": pin.kind.value,
            "subject": pin.subject,
            "value": value,
            "reason": pin.reason,
            "author": pin.author,
        }


def _background(scenario: Scenario) -> Iterator[Row]:
    for flow in scenario.background:
        yield {
            "background_id": flow.id,
            "from_node_id": flow.from_node,
            "to_node_id": flow.to_node,
            "route": " ".join(flow.links),
            "start": time_text(scenario, flow.start_s),
            "end": time_text(scenario, flow.end_s),
            "flow": shortest(flow.vehicles_per_h),
            "pcu": str(flow.pcu),
        }


def _signals(scenario: Scenario) -> Iterator[Row]:
    for signal in scenario.signals:
        yield {
            "signal_id": signal.id,
            "link_id": signal.link,
            "cycle": shortest(signal.cycle_s),
            "green_start": shortest(signal.green_start_s),
            "green": shortest(signal.green_s),
        }


def _reversals(scenario: Scenario) -> Iterator[Row]:
    for turn in scenario.reversals:
        yield {
            "reversal_id": turn.id,
            "losing_link_id": turn.losing_link,
            "gaining_link_id": turn.gaining_link,
            "lanes": shortest(turn.lanes),
            "start": time_text(scenario, turn.start_s),
            "end": time_text(scenario, turn.end_s),
            "transition": shortest(units.minutes_of(turn.transition_s)),
        }


_ROWS: dict[str, Callable[[Scenario], Iterator[Row]]] = {
    "node.csv": _nodes,
    "link.csv": _links,
    "movement.csv": _movements,
    "settlement.csv": _settlements,
    "site.csv": _sites,
    "fleet.csv": _fleet,
    "service.csv": _services,
    "threat.csv": _threat,
    "pin.csv": _pins,
    "background.csv": _background,
    "signal.csv": _signals,
    "reversal.csv": _reversals,
}
