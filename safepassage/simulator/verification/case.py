"""A verification case: a small network, flows, what changes, and the values that theory expects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from safepassage.errors import Fault, InputError, ModelError
from safepassage.i18n import _
from safepassage.model.arrays import FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import Conditions, Hold, HoldPoint, LinkChange, Signal
from safepassage.simulator.demand import TrafficDemand
from safepassage.units import SECONDS_PER_HOUR

CASE_FILE = "case.toml"

_LINK_DEFAULTS = {
    "length_m": 1000.0,
    "free_speed_m_per_s": 20.0,
    "capacity_per_s": 0.8,
    "jam_density_per_m": 0.2,
    "weight": 1.0,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    A value that the case must give.

    Attributes
    ----------
    quantity : str
        Name of a reading.
    value, tolerance : float
        Expected value and how far the obtained one may be from it.
    where : tuple of (str, object)
        Arguments of the reading: link, flow, times.
    """

    quantity: str
    value: float
    tolerance: float
    where: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class VerificationCase:
    """
    Everything to play a case and judge it.

    Attributes
    ----------
    id, title, source : str
        Own id, what it shows, where the expected values come from.
    network : RoadNetwork
        Roads.
    demand : TrafficDemand
        Cars flow by flow.
    car_flow : tuple of int
        Flow of each car.
    conditions : Conditions
        What changes.
    free_time_s : float64[n_flows]
        Free-flow time of each flow's route (s).
    expectations : tuple of Expectation
        At least one.
    """

    id: str
    title: str
    source: str
    network: RoadNetwork
    demand: TrafficDemand
    car_flow: tuple[int, ...]
    conditions: Conditions
    free_time_s: FloatArray
    expectations: tuple[Expectation, ...]


def read_case(folder: Path) -> VerificationCase:
    """
    Read the case of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``case.toml``.

    Returns
    -------
    VerificationCase
        Checked.

    Raises
    ------
    InputError
        When the file is missing, is no TOML, or does not describe a case.
    """
    path = folder / CASE_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _case(table)
    except OSError as error:
        problem, remedy = str(error.strerror), _("put the case there")
    except tomllib.TOMLDecodeError as error:
        problem, remedy = str(error), _("correct the TOML")
    except KeyError as error:
        problem, remedy = _("{key} is missing").format(key=error), _("add it")
    except (ModelError, TypeError, ValueError) as error:
        problem, remedy = str(error), _("correct the case")
    raise InputError([Fault(str(path), 0, "", "", problem, remedy)])


def _case(table: Mapping[str, Any]) -> VerificationCase:
    links = {link["id"]: k for k, link in enumerate(table["link"])}
    network = _network(table, links)
    routes = [[links[name] for name in flow["route"]] for flow in table["flow"]]
    departures = [_departures_s(flow) for flow in table["flow"]]
    counts = [len(times) for times in departures]
    n_cars = sum(counts)
    car_flow = np.repeat(np.arange(len(routes)), counts)
    demand = TrafficDemand(
        route_offset=np.cumsum([0, *(len(route) for route in routes)]),
        route_link=np.array([link for route in routes for link in route], np.int32),
        leg_offset=np.arange(n_cars + 1),
        leg_route=car_flow.astype(np.int32),
        leg_not_before_s=np.concatenate(departures),
        leg_dwell_s=np.zeros(n_cars),
        pcu=np.array([table["flow"][k].get("pcu", 1) for k in car_flow], np.int32),
        escorted=np.zeros(n_cars, np.bool_),
    )
    demand.check_on(network)
    return VerificationCase(
        id=table["id"],
        title=table["title"],
        source=table["source"],
        network=network,
        demand=demand,
        car_flow=tuple(car_flow.tolist()),
        conditions=_conditions(table, links),
        free_time_s=np.array([network.free_flow_time_s[route].sum() for route in routes]),
        expectations=tuple(_expectation(row, links) for row in table["expect"]),
    )


def _network(table: Mapping[str, Any], links: Mapping[str, int]) -> RoadNetwork:
    rows = [{**_LINK_DEFAULTS, **link} for link in table["link"]]
    nodes = sorted({row[end] for row in rows for end in ("from", "to")})
    index = {node: k for k, node in enumerate(nodes)}
    service = np.full(len(nodes), np.inf)
    for node in table.get("node", []):
        service[index[node["id"]]] = node["service_per_s"] * SECONDS_PER_HOUR
    turns = table.get("turn", [])
    n_links = len(rows)

    def column(name: str) -> FloatArray:
        return np.array([row[name] for row in rows], np.float64)

    return RoadNetwork(
        node_id=tuple(nodes),
        longitude_deg=np.zeros(len(nodes)),
        latitude_deg=np.zeros(len(nodes)),
        node_service_pcu_per_h=service,
        link_id=tuple(links),
        from_node=np.array([index[row["from"]] for row in rows], np.int32),
        to_node=np.array([index[row["to"]] for row in rows], np.int32),
        length_m=column("length_m"),
        lanes=np.ones(n_links),
        free_speed_m_per_s=column("free_speed_m_per_s"),
        capacity_pcu_per_h=column("capacity_per_s") * SECONDS_PER_HOUR,
        jam_density_pcu_per_m=column("jam_density_per_m"),
        merge_weight=column("weight"),
        facility_type=("road",) * n_links,
        crossing=("",) * n_links,
        schematic=np.zeros(n_links, np.bool_),
        source=(table["source"],) * n_links,
        geometry=((),) * n_links,
        movement_in_link=np.array([links[turn["from"]] for turn in turns], np.int32),
        movement_out_link=np.array([links[turn["to"]] for turn in turns], np.int32),
        movement_capacity_pcu_per_h=np.array([turn["capacity_per_s"] for turn in turns]) * SECONDS_PER_HOUR,
    )


def _departures_s(flow: Mapping[str, Any]) -> FloatArray:
    """``times_s`` as given, or for each of ``rates`` cars one headway apart between two times."""
    times = [np.array(flow.get("times_s", []), np.float64)]
    for rate_per_s, start_s, end_s in flow.get("rates", []):
        times.append(start_s + np.arange(round(rate_per_s * (end_s - start_s))) / rate_per_s)
    return np.sort(np.concatenate(times))


def _conditions(table: Mapping[str, Any], links: Mapping[str, int]) -> Conditions:
    changes = [
        LinkChange(
            time_s=row["time_s"],
            link=links[row["link"]],
            capacity_pcu_per_h=row["capacity_per_s"] * SECONDS_PER_HOUR,
            jam_density_pcu_per_m=row.get("jam_density_per_m"),
            free_speed_m_per_s=row.get("free_speed_m_per_s"),
            after_empty=links[row["after_empty"]] if "after_empty" in row else None,
        )
        for row in table.get("change", [])
    ]
    holds = [
        Hold(
            tuple(links[name] for name in row["links"]),
            HoldPoint(row["point"]),
            row["start_s"],
            row["end_s"],
        )
        for row in table.get("hold", [])
    ]
    signals = [
        Signal(links[row["link"]], row["cycle_s"], row["green_start_s"], row["green_s"])
        for row in table.get("signal", [])
    ]
    return Conditions(tuple(changes), tuple(holds), tuple(signals))


def _expectation(row: Mapping[str, Any], links: Mapping[str, int]) -> Expectation:
    where = {key: value for key, value in row.items() if key not in {"quantity", "value", "tolerance"}}
    if "link" in where:
        where["link"] = links[where["link"]]
    return Expectation(
        row["quantity"], float(row["value"]), float(row.get("tolerance", 0.0)), tuple(sorted(where.items()))
    )
