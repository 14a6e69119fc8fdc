"""A verification case: a small network, flows, what changes, and the values that theory expects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from safepassage.errors import InputError, ModelError
from safepassage.i18n import _
from safepassage.model.arrays import FlagArray, FloatArray
from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import (
    Conditions,
    Hold,
    HoldPoint,
    Knowledge,
    LinkChange,
    Refuge,
    Signal,
    reversed_lanes,
)
from safepassage.simulator.demand import TrafficDemand
from safepassage.simulator.verification.keys import CASE_FILE, CaseGroup
from safepassage.simulator.verification.readings import ARGUMENTS
from safepassage.simulator.verification.tables import CaseTables, Entry, Place, nearest, read_tables
from safepassage.units import SECONDS_PER_HOUR

_MOST_VEHICLES = 5_000_000
_MOST_PLACES = 50_000_000
_WHERE = ("link", "flow", "refuge", "time_s", "start_s", "end_s", "delay_s")

Made = TypeVar("Made")


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
        Arguments of the reading: link, flow and refuge by index, times.
    words : str
        The same for people.
    """

    quantity: str
    value: float
    tolerance: float
    where: tuple[tuple[str, Any], ...]
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class VerificationCase:
    """
    Everything to play a case and judge it.

    Attributes
    ----------
    id, title, title_uk, source, note : str
        Own id, what it shows in two languages (the second may be empty), where the expected values
        come from, what a reader should know.
    group : CaseGroup
        Of the verification protocol.
    network : RoadNetwork
        Roads.
    demand : TrafficDemand
        Cars flow by flow, then tours.
    flow_id : tuple of str
        Names of the flows.
    vehicle_flow : tuple of int
        Flow of each vehicle; tours are numbered after the flows.
    background : bool[n_vehicles]
        Traffic that has nothing to do with the evacuation.
    conditions : Conditions
        What changes.
    free_time_s : float64[n_legs]
        Free-flow time of each leg's route (s).
    horizon_s : float
        When the run ends (s).
    expectations : tuple of Expectation
        At least one.
    """

    id: str
    title: str
    title_uk: str
    source: str
    note: str
    group: CaseGroup
    network: RoadNetwork
    demand: TrafficDemand
    flow_id: tuple[str, ...]
    vehicle_flow: tuple[int, ...]
    background: FlagArray
    conditions: Conditions
    free_time_s: FloatArray
    horizon_s: float
    expectations: tuple[Expectation, ...]


def read_case(folder: Path) -> VerificationCase:
    """
    Read the case of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``case.toml`` and perhaps tables named after its sections, such as ``link.csv``.

    Returns
    -------
    VerificationCase
        Checked.

    Raises
    ------
    InputError
        When the files cannot be read or do not describe a case; all faults together.
    """
    tables = read_tables(folder)
    expectations = tuple(_expectations(tables)) if not tables.faults else ()
    if tables.faults:
        raise InputError(tables.faults)
    builder = _Builder(tables)
    case = builder.case(expectations)
    if case is None or tables.faults:
        raise InputError(tables.faults)
    return case


class _Builder:
    """Makes model objects of entries that were read without a fault, and notes what contradicts itself."""

    def __init__(self, tables: CaseTables) -> None:
        self.tables = tables
        self.links = {entry["id"]: k for k, entry in enumerate(tables.entries["link"])}

    def case(self, expectations: tuple[Expectation, ...]) -> VerificationCase | None:
        self._made("link", self._check_storage)
        network = None if self.tables.faults else self._made("link", self._network)
        if network is None:
            return None
        demand = self._made("flow", self._demand)
        conditions = self._made("change", lambda: self._conditions(network))
        if demand is None or conditions is None:
            return None
        self._made("flow", lambda: demand.check_on(network))
        self._made("refuge", lambda: conditions.check_on(network))
        top = self.tables.top
        flows = self.tables.entries["flow"]
        background = [*(flow["background"] for flow in flows), *[False] * len(self.tables.entries["tour"])]
        vehicles = [*self._counts(), *[1] * len(self.tables.entries["tour"])]
        return VerificationCase(
            id=top["id"],
            title=top["title"],
            title_uk=top["title_uk"],
            source=top["source"],
            note=top["note"],
            group=CaseGroup(top["group"]),
            network=network,
            demand=demand,
            flow_id=tuple(flow["id"] for flow in flows),
            vehicle_flow=tuple(np.repeat(np.arange(len(vehicles)), vehicles).tolist()),
            background=np.repeat(background, vehicles).astype(np.bool_),
            conditions=conditions,
            free_time_s=_free_time_s(network, demand),
            horizon_s=top["horizon_s"],
            expectations=expectations,
        )

    def _check_storage(self) -> None:
        """Every place takes memory, whether anybody stands on it or not."""
        by_id = {row["id"]: row for row in self.tables.entries["link"]}
        changed = [{**by_id[row["link"]], **_given(row)} for row in self.tables.entries["change"]]
        places = sum(
            max(
                row["length_m"] * row["jam_density_per_m"],
                row["length_m"] / row["free_speed_m_per_s"] * row["capacity_per_s"],
            )
            for row in (*by_id.values(), *changed)
        )
        if places > _MOST_PLACES:
            raise ModelError(f"links hold {places:.3g} vehicles; give at most {_MOST_PLACES}")

    def _made(self, section: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except (ModelError, OverflowError, ValueError) as error:
            place = Place(CASE_FILE, 0, section)
            self.tables.fault(place, "", "", str(error), _("correct the case"))
            return None

    def _counts(self) -> list[int]:
        return [len(flow["times_s"]) + sum(_cars(*rate) for rate in flow["rates"])
                for flow in self.tables.entries["flow"]]  # fmt: skip

    def _network(self) -> RoadNetwork:
        rows = self.tables.entries["link"]
        nodes = sorted({row[end] for row in rows for end in ("from", "to")})
        index = {node: k for k, node in enumerate(nodes)}
        service = np.full(len(nodes), np.inf)
        for node in self.tables.entries["node"]:
            service[index[node["id"]]] = node["service_per_s"] * SECONDS_PER_HOUR
        turns = self.tables.entries["turn"]
        n_links = len(rows)

        def column(name: str) -> FloatArray:
            return np.array([row[name] for row in rows], np.float64)

        return RoadNetwork(
            node_id=tuple(nodes),
            longitude_deg=np.zeros(len(nodes)),
            latitude_deg=np.zeros(len(nodes)),
            node_service_pcu_per_h=service,
            link_id=tuple(self.links),
            from_node=np.array([index[row["from"]] for row in rows], np.int32),
            to_node=np.array([index[row["to"]] for row in rows], np.int32),
            length_m=column("length_m"),
            lanes=column("lanes"),
            free_speed_m_per_s=column("free_speed_m_per_s"),
            capacity_pcu_per_h=column("capacity_per_s") * SECONDS_PER_HOUR,
            jam_density_pcu_per_m=column("jam_density_per_m"),
            merge_weight=column("weight"),
            facility_type=("road",) * n_links,
            crossing=("",) * n_links,
            schematic=np.zeros(n_links, np.bool_),
            source=(self.tables.top["source"],) * n_links,
            geometry=((),) * n_links,
            movement_in_link=np.array([self.links[turn["from"]] for turn in turns], np.int32),
            movement_out_link=np.array([self.links[turn["to"]] for turn in turns], np.int32),
            movement_capacity_pcu_per_h=np.array([turn["capacity_per_s"] for turn in turns])
            * SECONDS_PER_HOUR,
        )

    def _demand(self) -> TrafficDemand:
        flows, tours, legs = (self.tables.entries[name] for name in ("flow", "tour", "leg"))
        counts = self._counts()
        if sum(counts) > _MOST_VEHICLES:
            raise ModelError(f"{sum(counts)} vehicles; give at most {_MOST_VEHICLES}")
        of_tour = [[leg for leg in legs if leg["tour"] == tour["id"]] for tour in tours]
        ordered = [leg for part in of_tour for leg in part]
        routes = [*(flow["route"] for flow in flows), *(leg["route"] for leg in ordered)]
        n_cars = sum(counts)

        def per_leg(of_flow: Sequence[Any], of_leg: Sequence[Any], dtype: Any) -> Any:  # noqa: ANN401
            return np.concatenate([np.repeat(np.array(of_flow, dtype), counts), np.array(of_leg, dtype)])

        return TrafficDemand(
            route_offset=np.cumsum([0, *(len(route) for route in routes)]),
            route_link=np.array([self.links[link] for route in routes for link in route], np.int32),
            leg_offset=np.concatenate([np.arange(n_cars), n_cars + np.cumsum([0, *map(len, of_tour)])]),
            leg_route=per_leg(range(len(flows)), range(len(flows), len(routes)), np.int32),
            leg_not_before_s=np.concatenate(
                [*(_departures_s(flow) for flow in flows), [leg["not_before_s"] for leg in ordered]]
            ),
            leg_dwell_s=per_leg([0.0] * len(flows), [leg["dwell_s"] for leg in ordered], np.float64),
            pcu=per_leg([flow["pcu"] for flow in flows], [tour["pcu"] for tour in tours], np.int32),
            escorted=per_leg([False] * len(flows), [tour["escorted"] for tour in tours], np.bool_),
            leg_persons=per_leg(
                [flow["persons"] for flow in flows], [leg["persons"] for leg in ordered], np.int32
            ),
        )

    def _conditions(self, network: RoadNetwork) -> Conditions:
        entries = self.tables.entries
        changes = [
            LinkChange(
                time_s=row["time_s"],
                link=self.links[row["link"]],
                capacity_pcu_per_h=row["capacity_per_s"] * SECONDS_PER_HOUR,
                jam_density_pcu_per_m=row["jam_density_per_m"],
                free_speed_m_per_s=row["free_speed_m_per_s"],
                after_empty=self.links[row["after_empty"]] if row["after_empty"] else None,
            )
            for row in entries["change"]
        ]
        for row in entries["reversal"]:
            changes += reversed_lanes(
                network,
                losing=self.links[row["losing"]],
                gaining=self.links[row["gaining"]],
                lanes=row["lanes"],
                start_s=row["start_s"],
                transition_s=row["transition_s"],
            )
        holds = [
            Hold(self._indices(row["links"]), HoldPoint(row["point"]), row["start_s"], row["end_s"])
            for row in entries["hold"]
        ]
        signals = [
            Signal(self.links[row["link"]], row["cycle_s"], row["green_start_s"], row["green_s"])
            for row in entries["signal"]
        ]
        return Conditions(
            tuple(changes), tuple(holds), tuple(signals), self._refuges(network), self._knowledge(network)
        )

    def _indices(self, links: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.links[name] for name in links)

    def _refuges(self, network: RoadNetwork) -> tuple[Refuge, ...]:
        rows = self.tables.entries["refuge"]
        number = {row["id"]: k for k, row in enumerate(rows)}
        return tuple(
            Refuge(
                network.node_id.index(row["node"]),
                row["room_persons"],
                number[row["divert_to"]] if row["divert_to"] else None,
                self._indices(row["divert_links"]),
            )
            for row in rows
        )

    def _knowledge(self, network: RoadNetwork) -> Knowledge | None:
        rows = self.tables.entries["knowledge"]
        if not rows:
            return None
        if len(rows) > 1:
            raise ModelError("there are two entries of knowledge; give one")
        row = rows[0]
        told = tuple(network.node_id.index(node) for node in row["told_at_nodes"])
        return Knowledge(row["sees_closure"], told, row["radio_delay_s"])


def _given(row: Entry) -> Entry:
    return {name: value for name, value in row.items() if value is not None}


def _free_time_s(network: RoadNetwork, demand: TrafficDemand) -> FloatArray:
    up_to = np.concatenate([[0.0], np.cumsum(network.free_flow_time_s[demand.route_link])])
    of_route: FloatArray = up_to[demand.route_offset[1:]] - up_to[demand.route_offset[:-1]]
    return of_route[demand.leg_route]


def _cars(rate_per_s: float, start_s: float, end_s: float) -> int:
    return max(round(rate_per_s * (end_s - start_s)), 0)


def _departures_s(flow: Mapping[str, Any]) -> FloatArray:
    """``times_s`` as given, or for each of ``rates`` cars one headway apart between two times."""
    times = [np.array(flow["times_s"], np.float64)]
    times += [start + np.arange(_cars(rate, start, end)) / rate for rate, start, end in flow["rates"] if rate]
    return np.sort(np.concatenate(times))


def _expectations(tables: CaseTables) -> list[Expectation]:
    index = {
        name: {entry["id"]: k for k, entry in enumerate(tables.entries[name])}
        for name in ("link", "flow", "refuge")
    }
    found = []
    for row, place in zip(tables.entries["expect"], tables.places["expect"], strict=True):
        quantity = row["quantity"]
        given = {name: row[name] for name in _WHERE if row[name] is not None}
        if quantity not in ARGUMENTS:
            tables.fault(place, "quantity", quantity, _("no such reading"), nearest(quantity, ARGUMENTS))
            continue
        _check_arguments(tables, place, given, *ARGUMENTS[quantity])
        where = {name: index[name][value] if name in index else value for name, value in given.items()}
        words = ", ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                          for name, value in given.items())  # fmt: skip
        found.append(
            Expectation(quantity, float(row["value"]), float(row["tolerance"]), tuple(where.items()), words)
        )
    return found


def _check_arguments(
    tables: CaseTables, place: Place, given: Entry, required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    for name in required:
        if name not in given:
            text = _("'{key}' is missing").format(key=name)
            tables.fault(place, name, "", text, _("say of which, or when, the value is to be read"))
    for name in given:
        if name not in (*required, *optional):
            tables.fault(place, name, given[name], _("the reading has no such argument"), _("remove it"))
    if not math.isfinite(sum(value for value in given.values() if isinstance(value, float))):
        tables.fault(place, "", "", _("the number is infinite"), _("give a finite number"))
