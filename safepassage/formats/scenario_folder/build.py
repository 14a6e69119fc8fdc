"""Builds the model from tables that were read without a fault; undone by ``rows``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safepassage.formats.clock import parse_time, seconds_since
from safepassage.formats.scenario_folder import units
from safepassage.formats.scenario_folder.csv_table import TypedTable
from safepassage.formats.scenario_folder.schema import REVERSE_SUFFIX
from safepassage.formats.scenario_folder.settings import Settings
from safepassage.formats.wkt import parse_line
from safepassage.model.fleet import ScheduledService, VehicleGroup
from safepassage.model.network import LonLat, RoadNetwork
from safepassage.model.people import Basis, PeopleCount, Settlement
from safepassage.model.plan import Pin, PinAction, PinKind
from safepassage.model.policy import AlertRule, Boarding, DailyWindow, Objective, Policy, ThreatKind
from safepassage.model.scenario import Assumption, Order, ReportedFigure, Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Claim, Threat, ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import BackgroundFlow, Drivers, LaneReversal, TrafficSignal, Walking

Tables = dict[str, TypedTable]


@dataclass(frozen=True, slots=True)
class DirectedLinks:
    """
    The directed links that the rows of ``link.csv`` stand for.

    Attributes
    ----------
    ids : list of str
        Unique where the table's ids are.
    record : int64[n_links]
        Record of ``link.csv`` each comes from.
    is_reverse : bool[n_links]
        True for the way back of a road that goes both ways.
    """

    ids: list[str]
    record: npt.NDArray[np.int64]
    is_reverse: npt.NDArray[np.bool_]


def directed_links(links: TypedTable) -> DirectedLinks:
    """
    Split roads that go both ways; each way back follows its way there.

    Parameters
    ----------
    links : TypedTable
        ``link.csv``.

    Returns
    -------
    DirectedLinks
        In file order.
    """
    both = links.numbers("directed") == 0
    record = np.repeat(np.arange(links.n_rows), 1 + both.astype(np.int64))
    is_reverse = np.zeros(len(record), np.bool_)
    is_reverse[1:] = record[1:] == record[:-1]
    names = links.ids
    ids = [
        names[k] + REVERSE_SUFFIX if back else names[k]
        for k, back in zip(record.tolist(), is_reverse.tolist(), strict=True)
    ]
    return DirectedLinks(ids, record, is_reverse)


def build_scenario(tables: Tables, settings: Settings) -> Scenario:
    """
    Put the model together.

    Parameters
    ----------
    tables : dict of str to TypedTable
        All tables by file name, free of errors.
    settings : Settings
        The settings, free of errors.

    Returns
    -------
    Scenario
        Checked by the model's own constructors.
    """
    about = settings.single["scenario"]
    start = about["start"]
    sites = tuple(_sites(tables["site.csv"]))
    network = _network(tables, sites)
    return Scenario(
        id=about["id"],
        name_uk=about["name_uk"],
        name_en=about["name_en"],
        time_zone=about["time_zone"],
        # A fixed offset: times in one zone are compared by the wall clock, wrong when clocks change.
        start=start,
        horizon_s=units.hours_to_s(about["horizon_h"]),
        seed=int(about["seed"]),
        network=network,
        settlements=tuple(_settlements(tables["settlement.csv"])),
        sites=sites,
        fleet=tuple(_fleet(tables["fleet.csv"])),
        services=tuple(_services(tables["service.csv"], settings)),
        threat=Threat(tuple(_threat(tables["threat.csv"]))),
        policy=_policy(settings),
        pins=tuple(_pins(tables["pin.csv"], settings)),
        order=Order(**settings.single["order"]),
        assumptions=tuple(_assumptions(settings, tables["link.csv"])),
        reported=tuple(_reported(settings)),
        attribution=about["attribution"],
        background=tuple(_background(tables["background.csv"])),
        signals=tuple(_signals(tables["signal.csv"])),
        reversals=tuple(_reversals(tables["reversal.csv"])),
        drivers=_drivers(settings),
    )


def _network(tables: Tables, sites: tuple[Site, ...]) -> RoadNetwork:
    nodes, links = tables["node.csv"], tables["link.csv"]
    node_index = {node: k for k, node in enumerate(nodes.ids)}
    directed = directed_links(links)
    record, back = directed.record, directed.is_reverse
    tail = np.array([node_index[node] for node in links.texts("from_node_id")], dtype=np.int32)[record]
    head = np.array([node_index[node] for node in links.texts("to_node_id")], dtype=np.int32)[record]
    lanes = links.numbers("lanes")[record]
    from_node, to_node = np.where(back, head, tail), np.where(back, tail, head)
    incoming, outgoing, turn_capacity = _movements(tables["movement.csv"], directed, node_index, to_node)
    return RoadNetwork(
        node_id=tuple(nodes.ids),
        longitude_deg=nodes.numbers("x_coord"),
        latitude_deg=nodes.numbers("y_coord"),
        node_service_pcu_per_h=_node_service(sites, node_index),
        link_id=tuple(directed.ids),
        from_node=from_node,
        to_node=to_node,
        length_m=links.numbers("length")[record],
        lanes=lanes,
        free_speed_m_per_s=units.km_per_h_to_m_per_s(links.numbers("free_speed")[record]),
        capacity_pcu_per_h=units.per_lane_to_link(links.numbers("capacity")[record], lanes),
        jam_density_pcu_per_m=units.per_km_lane_to_link(links.numbers("jam_density")[record], lanes),
        merge_weight=links.numbers("merge_weight")[record],
        facility_type=_repeated(links.texts("facility_type"), record),
        crossing=_repeated(links.texts("crossing"), record),
        schematic=links.numbers("schematic")[record] == 1,
        source=_repeated(links.texts("source"), record),
        geometry=tuple(_courses(links.texts("geometry"), directed)),
        movement_in_link=incoming,
        movement_out_link=outgoing,
        movement_capacity_pcu_per_h=turn_capacity,
    )


def _repeated(texts: list[str], record: npt.NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(texts[k] for k in record.tolist())


def _courses(texts: list[str], directed: DirectedLinks) -> Iterator[tuple[LonLat, ...]]:
    for k, back in zip(directed.record.tolist(), directed.is_reverse.tolist(), strict=True):
        course = parse_line(texts[k]) if texts[k] else ()
        yield course[::-1] if back else course


def _node_service(sites: tuple[Site, ...], node_index: dict[str, int]) -> npt.NDArray[np.float64]:
    service = np.full(len(node_index), np.inf)
    for site in sites:
        at = node_index[site.node]
        service[at] = min(service[at], site.service_rate_pcu_per_h)
    return service


def _movements(
    movements: TypedTable,
    directed: DirectedLinks,
    node_index: dict[str, int],
    to_node: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    link_index = {link: k for k, link in enumerate(directed.ids)}
    incoming, outgoing = [], []
    for node, link_in, link_out in zip(
        movements.texts("node_id"), movements.texts("ib_link_id"), movements.texts("ob_link_id"), strict=True
    ):
        at = node_index[node]
        into, out = link_index[link_in], link_index[link_out]
        # A road that goes both ways has one row; the node tells which way is meant.
        if to_node[into] != at:
            into = link_index.get(link_in + REVERSE_SUFFIX, into)
        if to_node[out] == at:
            out = link_index.get(link_out + REVERSE_SUFFIX, out)
        incoming.append(into)
        outgoing.append(out)
    return (
        np.array(incoming, dtype=np.int32),
        np.array(outgoing, dtype=np.int32),
        movements.numbers("capacity"),
    )


def _records(table: TypedTable) -> Iterator[dict[str, Any]]:
    columns = {
        name: values.tolist() if isinstance(values, np.ndarray) else values
        for name, values in table.values.items()
    }
    for k in range(table.n_rows):
        yield {name: values[k] for name, values in columns.items()}


def _settlements(table: TypedTable) -> Iterator[Settlement]:
    for row in _records(table):
        yield Settlement(
            id=row["settlement_id"],
            name_uk=row["name_uk"],
            name_en=row["name_en"],
            community=row["community"],
            latitude_deg=row["latitude"],
            longitude_deg=row["longitude"],
            node=row["node_id"],
            people=PeopleCount(
                int(row["adults"]), int(row["children"]), int(row["older"]), int(row["low_mobility"])
            ),
            wheelchair=int(row["wheelchair"]),
            stretcher=int(row["stretcher"]),
            household_size=row["household_size"],
            car_share=row["car_share"],
            hazard=row["hazard"],
            in_scope=row["in_scope"] == 1,
            basis=Basis(row["basis"]),
        )


def _sites(table: TypedTable) -> Iterator[Site]:
    for row in _records(table):
        yield Site(
            id=row["site_id"],
            kind=SiteKind(row["kind"]),
            name_uk=row["name_uk"],
            name_en=row["name_en"],
            node=row["node_id"],
            latitude_deg=row["latitude"],
            longitude_deg=row["longitude"],
            capacity_persons=row["capacity"],
            waiting_cap_persons=row["waiting_cap"],
            service_rate_pcu_per_h=row["service_rate"],
            accessible=row["accessible"] == 1,
            safe=row["safe"] == 1,
            settlement=row["settlement_id"],
            opens_s=row["opens"],
            closes_s=row["closes"],
            divert_to=row["divert_to"],
            walk_m=row["walk"],
        )


def _fleet(table: TypedTable) -> Iterator[VehicleGroup]:
    for row in _records(table):
        yield VehicleGroup(
            id=row["fleet_id"],
            kind=row["kind"],
            agency=row["agency"],
            count=int(row["count"]),
            seats=int(row["seats"]),
            wheelchair_places=int(row["wheelchair_places"]),
            stretcher_places=int(row["stretcher_places"]),
            pcu=int(row["pcu"]),
            depot=row["depot"],
            # Ready since yesterday is ready at the start.
            available_from_s=max(0.0, row["available_from"]),
            crew_hours=row["crew_hours"],
            escorted=row["escorted"] == 1,
        )


def _services(table: TypedTable, settings: Settings) -> Iterator[ScheduledService]:
    start = settings.single["scenario"]["start"]
    for row in _records(table):
        yield ScheduledService(
            id=row["service_id"],
            mode=row["mode"],
            operator=row["operator"],
            from_site=row["from_site"],
            to_site=row["to_site"],
            departs_s=tuple(seconds_since(start, parse_time(text)) for text in row["departs"].split(";")),
            travel_time_s=units.minutes_to_s(row["travel_time_min"]),
            seats=int(row["seats"]),
            wheelchair_places=int(row["wheelchair_places"]),
            stretcher_places=int(row["stretcher_places"]),
        )


def _threat(table: TypedTable) -> Iterator[ThreatEntry]:
    for row in _records(table):
        claim = Claim(row["source"], row["reliability"], int(row["credibility"]), row["heard_from"])
        yield ThreatEntry(
            id=row["threat_id"],
            kind=ThreatEntryKind(row["kind"]),
            subject=row["subject"],
            start_s=row["start"],
            end_s=row["end"],
            # One and the same NaN, so that equal entries compare equal.
            latitude_deg=row["latitude"] if math.isfinite(row["latitude"]) else math.nan,
            longitude_deg=row["longitude"] if math.isfinite(row["longitude"]) else math.nan,
            factor=row["factor"],
            probability=row["probability"],
            claim=claim,
        )


def _pins(table: TypedTable, settings: Settings) -> Iterator[Pin]:
    start = settings.single["scenario"]["start"]
    for row in _records(table):
        kind, value = PinKind(row["kind"]), row["value"]
        if kind == PinKind.WAVE and value:
            value = units.number_text(seconds_since(start, parse_time(value)))
        yield Pin(
            row["pin_id"], PinAction(row["action"]), kind, row["subject"], value, row["reason"], row["author"]
        )


def _policy(settings: Settings) -> Policy:
    rules = settings.single["policy"]
    return Policy(
        threat_kind=ThreatKind(rules["threat_kind"]),
        curfew=tuple(DailyWindow.parse(text) for text in rules["curfew"]),
        alert_rule=AlertRule(rules["alert_rule"]),
        persons_per_car=rules["persons_per_car"],
        wave_grid_s=round(units.minutes_to_s(rules["wave_grid_min"])),
        call_ahead_s=round(units.minutes_to_s(rules["call_ahead_min"])),
        drive_before_break_s=units.hours_to_s(rules["drive_before_break_h"]),
        break_s=units.minutes_to_s(rules["break_min"]),
        boarding=Boarding(**settings.single["policy.boarding"]),
        walking=_walking(settings),
        objective=Objective.parse(rules["objective"]),
        spare_capacity=rules["spare_share"],
        fork_free=rules["fork_free"] == "yes",
    )


def _walking(settings: Settings) -> Walking:
    speeds = settings.single["policy.walking"]
    return Walking(
        float(units.km_per_h_to_m_per_s(speeds["speed_km_per_h"])),
        float(units.km_per_h_to_m_per_s(speeds["slow_speed_km_per_h"])),
        float(speeds["most_m"]),
    )


def _drivers(settings: Settings) -> Drivers:
    rules = settings.single["drivers"]
    return Drivers(
        reroute=rules["reroute"] == "yes",
        see_closures=rules["see_closures"] == "yes",
        told_at=rules["told_at"],
        radio_delay_s=units.minutes_to_s(rules["radio_delay_min"]),
    )


def _background(table: TypedTable) -> Iterator[BackgroundFlow]:
    for row in _records(table):
        yield BackgroundFlow(
            id=row["background_id"],
            from_node=row["from_node_id"],
            to_node=row["to_node_id"],
            links=tuple(row["route"].split()),
            start_s=row["start"],
            end_s=row["end"],
            vehicles_per_h=row["flow"],
            pcu=int(row["pcu"]),
        )


def _signals(table: TypedTable) -> Iterator[TrafficSignal]:
    for row in _records(table):
        yield TrafficSignal(row["signal_id"], row["link_id"], row["cycle"], row["green_start"], row["green"])


def _reversals(table: TypedTable) -> Iterator[LaneReversal]:
    for row in _records(table):
        yield LaneReversal(
            id=row["reversal_id"],
            losing_link=row["losing_link_id"],
            gaining_link=row["gaining_link_id"],
            lanes=row["lanes"],
            start_s=row["start"],
            end_s=row["end"],
            transition_s=units.minutes_to_s(row["transition"]),
        )


def _assumptions(settings: Settings, links: TypedTable) -> Iterator[Assumption]:
    both_ways = {
        link for link, one_way in zip(links.ids, links.numbers("directed"), strict=True) if not one_way
    }
    for name, entry in settings.assumption.items():
        targets = []
        for target in entry["targets"]:
            targets.append(target)
            file, link, column = split_target(target)
            if file == "link.csv" and link in both_ways:
                targets.append(f"{file}:{link}{REVERSE_SUFFIX}:{column}")
        yield Assumption(id=name, **{**entry, "targets": tuple(targets)})


def split_target(target: str) -> tuple[str, str, str]:
    """
    Take apart the address of a cell.

    Parameters
    ----------
    target : str
        ``file:id:column``; the id may hold colons.

    Returns
    -------
    tuple of (str, str, str)
        File, id and column; empty where they are not given.
    """
    file, _mark, rest = target.partition(":")
    name, _mark, column = rest.rpartition(":")
    return file, name, column


def _reported(settings: Settings) -> Iterator[ReportedFigure]:
    counts = ("people_out", "assisted", "by_themselves", "of_people")
    for entry in settings.reported:
        yield ReportedFigure(**{**entry, **{name: int(entry[name]) for name in counts}})
