"""The surge problem: who must be moved, from which nodes, to which destinations, over which roads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from safepassage.i18n import _
from safepassage.model.network import RoadNetwork
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount
from safepassage.model.plan import PinAction, PinKind, ReasonCode, Unserved
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.model.threat import ThreatEntry, ThreatEntryKind
from safepassage.planner.surge.cars import CarQueue, split_by_car
from safepassage.planner.surge.demand import SurgeDemand
from safepassage.planner.surge.paths import Paths
from safepassage.planner.surge.pin_check import car_destinations, contradictions
from safepassage.planner.surge.pin_rules import rules_of, with_forced_roads

PeopleToMove = tuple[tuple[CarQueue, ...], Mapping[str, tuple[HouseholdGroup, ...]]]


@dataclass(frozen=True, slots=True, eq=False)
class SurgeProblem:
    """
    A scenario made ready for planning.

    Attributes
    ----------
    scenario : Scenario
        Where it comes from.
    roads : RoadNetwork
        Roads that the plan may use: without closures that are certain and roads forbidden by pins.
    open_roads : RoadNetwork
        Roads that any plan could use, for the bounds: without what is closed all the time.
    paths : Paths
        Shortest ways over ``roads``.
    node_index, link_index : mapping of str to int
        Index of every node and link id.
    destinations : tuple of Site
        Safe sites that cars may drive to, those with room.
    queues : tuple of CarQueue
        Car households that can be planned, by settlement.
    carless : mapping of str to tuple of HouseholdGroup
        Households that must be fetched, by settlement id.
    unserved : tuple of Unserved
        Car households that nobody can plan for, and why.
    origins : mapping of str to int
        Node index of every settlement that has one.
    """

    scenario: Scenario
    roads: RoadNetwork
    open_roads: RoadNetwork
    paths: Paths
    node_index: Mapping[str, int]
    link_index: Mapping[str, int]
    destinations: tuple[Site, ...]
    queues: tuple[CarQueue, ...]
    carless: Mapping[str, tuple[HouseholdGroup, ...]]
    unserved: tuple[Unserved, ...]
    origins: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        nodes = {place.id: place.node for place in self.scenario.settlements if place.node}
        origins = {place: self.node_index[node] for place, node in nodes.items()}
        object.__setattr__(self, "origins", origins)

    def origin(self, settlement_id: str) -> int:
        """
        Node index where a settlement's cars enter the network.

        Parameters
        ----------
        settlement_id : str
            A settlement that has a node.

        Returns
        -------
        int
            Node index.
        """
        return self.origins[settlement_id]


def state_problem(scenario: Scenario, people: PeopleToMove | None = None) -> SurgeProblem:
    """
    Make a scenario ready for planning and set aside whom no road can serve.

    Parameters
    ----------
    scenario : Scenario
        What to plan for.
    people : PeopleToMove, optional
        Who is still to be moved, as `split_by_car` gives it; everybody in scope by default.

    Returns
    -------
    SurgeProblem
        Every car household is in ``queues`` or in ``unserved``.
    """
    open_roads, roads = _roads_for_bound(scenario), _roads_for_plan(scenario)
    paths = Paths(roads)
    node_index = {node: k for k, node in enumerate(scenario.network.node_id)}
    link_index = {link: k for k, link in enumerate(scenario.network.link_id)}
    destinations = car_destinations(scenario)
    scenario = with_forced_roads(scenario, paths, [(site.id, node_index[site.node]) for site in destinations])
    all_queues, carless = people or split_by_car(scenario)
    with_road, cut_off = _set_aside_cut_off(
        scenario, all_queues, destinations, paths, Paths(open_roads), node_index
    )
    queues, bedless = _set_aside_bedless(with_road, carless, destinations)
    return SurgeProblem(
        scenario, roads, open_roads, paths, node_index, link_index, destinations, queues, carless,
        (*cut_off, *bedless),
    )  # fmt: skip


def _set_aside_cut_off(
    scenario: Scenario,
    queues: tuple[CarQueue, ...],
    destinations: tuple[Site, ...],
    paths: Paths,
    open_paths: Paths,
    node_index: Mapping[str, int],
) -> tuple[tuple[CarQueue, ...], list[Unserved]]:
    places = {place.id: place for place in scenario.settlements}
    barred = {item.settlement: item for item in contradictions(scenario, paths) if item.settlement}
    kept, unserved = [], []
    for queue in queues:
        node = places[queue.settlement].node
        rules = rules_of(scenario, queue.settlement)
        allowed = tuple(site for site in destinations if rules.allows(site.id))
        if not destinations:
            code, detail = (
                ReasonCode.NO_DESTINATION,
                _("no safe destination for cars is in site.csv; add one"),
            )
        elif not node:
            code, detail = ReasonCode.NO_ROAD, _("the settlement has no road; connect it to a node")
        elif queue.settlement in barred:
            code = ReasonCode.FORBIDDEN_BY_PIN
            detail = barred[queue.settlement].words()
        elif not _reaches(paths, node_index[node], allowed, node_index) and _reaches(
            paths, node_index[node], destinations, node_index
        ):
            code = ReasonCode.FORBIDDEN_BY_PIN
            detail = _("pins leave the settlement no destination that it can reach; change them in pin.csv")
        elif not _reaches(paths, node_index[node], destinations, node_index):
            code = ReasonCode.NO_ROAD
            detail = _(
                "every way to a safe place is closed or missing; open one, or bring help on other ways"
            )
        else:
            kept.append(queue)
            continue
        nobody = not (node and _reaches(open_paths, node_index[node], destinations, node_index))
        unserved.append(unserved_queue(queue, code, detail, nobody_could=nobody))
    return tuple(kept), unserved


def _reaches(
    paths: Paths, origin: int, destinations: tuple[Site, ...], node_index: Mapping[str, int]
) -> bool:
    return any(math.isfinite(paths.time_s(origin, node_index[site.node])) for site in destinations)


def _set_aside_bedless(
    queues: tuple[CarQueue, ...],
    carless: Mapping[str, tuple[HouseholdGroup, ...]],
    destinations: tuple[Site, ...],
) -> tuple[tuple[CarQueue, ...], list[Unserved]]:
    """Where places run short, those without a car come first: drivers can seek a roof elsewhere."""
    fetched = sum(group.count * group.people.total for groups in carless.values() for group in groups)
    capacity = sum(site.capacity_persons for site in destinations)
    room = max(0.0, capacity - fetched)
    kept, unserved = [], []
    for queue in queues:
        total = queue.people.total
        part = queue if total <= room else queue.first_people(int(room))
        room -= part.people.total
        if part.households:
            kept.append(part)
        if part.households < queue.households:
            rest = queue.part(part.households)
            detail = _("reception is full; raise the capacity of a destination in site.csv")
            unserved.append(unserved_queue(rest, ReasonCode.NO_BEDS, detail, nobody_could=True))
    return tuple(kept), unserved


def unserved_queue(queue: CarQueue, code: ReasonCode, detail: str, *, nobody_could: bool) -> Unserved:
    """
    Name the households of a queue as not served.

    Parameters
    ----------
    queue : CarQueue
        Who.
    code : ReasonCode
        Why.
    detail : str
        Why, in words, with the remedy.
    nobody_could : bool
        Whether no plan at all could serve them.

    Returns
    -------
    Unserved
        All of the queue's people.
    """
    return Unserved(queue.settlement, queue.people, queue.needs, queue.households, code, detail, nobody_could)


def carless_people(groups: tuple[HouseholdGroup, ...]) -> tuple[PeopleCount, NeedCount]:
    """
    Sum the members of household groups.

    Parameters
    ----------
    groups : tuple of HouseholdGroup
        Any.

    Returns
    -------
    people : PeopleCount
        By group.
    needs : NeedCount
        By need class.
    """
    people = sum((group.people.times(group.count) for group in groups), PeopleCount())
    needs = sum((group.needs.times(group.count) for group in groups), NeedCount())
    return people, needs


def _roads_for_bound(scenario: Scenario) -> RoadNetwork:
    """Capacities that no plan can exceed: only what holds from the start to the horizon is taken off."""
    roads = _restricted_roads(
        scenario, lambda entry: entry.start_s <= 0 and entry.end_s >= scenario.horizon_s
    )
    return _with_reversals(scenario, roads, gained=True)


def _roads_for_plan(scenario: Scenario) -> RoadNetwork:
    """A plan keeps off whatever certainly closes or narrows at any time before the horizon."""
    roads = _restricted_roads(scenario, lambda entry: entry.start_s < scenario.horizon_s and entry.end_s > 0)
    roads = _with_reversals(scenario, roads, gained=False)
    whole = [turn for turn in scenario.reversals if turn.start_s <= 0 and turn.end_s >= scenario.horizon_s]
    # Lanes that are turned over all the time can be counted on, others cannot.
    roads = _with_reversals(replace(scenario, reversals=tuple(whole)), roads, gained=True)
    return _with_room_to_spare(roads, scenario.policy.spare_capacity)


def _with_room_to_spare(roads: RoadNetwork, share: float) -> RoadNetwork:
    """A plan that leaves a share of every road and gate free for those it does not know of."""
    if not share:
        return roads
    return replace(
        roads,
        capacity_pcu_per_h=roads.capacity_pcu_per_h * (1 - share),
        node_service_pcu_per_h=roads.node_service_pcu_per_h * (1 - share),
    )


def _with_reversals(scenario: Scenario, roads: RoadNetwork, *, gained: bool) -> RoadNetwork:
    """Lanes that turn: a bound counts what a direction gains at any time, a plan what the other one loses."""
    capacity = roads.capacity_pcu_per_h.copy()
    index = {link: k for k, link in enumerate(roads.link_id)}
    for turn in scenario.reversals:
        if turn.start_s >= scenario.horizon_s or turn.end_s <= 0:
            continue
        link = index[turn.gaining_link if gained else turn.losing_link]
        lanes = float(roads.lanes[link])
        capacity[link] *= (lanes + turn.lanes) / lanes if gained else max(lanes - turn.lanes, 0.0) / lanes
    return replace(roads, capacity_pcu_per_h=capacity)


def _restricted_roads(scenario: Scenario, counts: Callable[[ThreatEntry], bool]) -> RoadNetwork:
    capacity = scenario.network.capacity_pcu_per_h.copy()
    index = {link: k for k, link in enumerate(scenario.network.link_id)}
    for entry in scenario.threat.entries:
        if entry.subject in index and entry.probability >= 1 and counts(entry):
            capacity[index[entry.subject]] *= _capacity_left(entry.kind, entry.factor)
    for pin in scenario.pins:
        if pin.kind == PinKind.ROAD and pin.action == PinAction.FORBID and pin.subject in index:
            capacity[index[pin.subject]] = 0.0
    return replace(scenario.network, capacity_pcu_per_h=capacity)


def _capacity_left(kind: ThreatEntryKind, factor: float) -> float:
    if kind == ThreatEntryKind.CAPACITY:
        return factor
    return 0.0 if kind in {ThreatEntryKind.CLOSURE, ThreatEntryKind.ARRIVAL} else 1.0


def car_demand(problem: SurgeProblem) -> SurgeDemand:
    """
    The cars as traffic between nodes, for bounds and reservations.

    Parameters
    ----------
    problem : SurgeProblem
        With at least one queue.

    Returns
    -------
    SurgeDemand
        One origin a queue, in order; destinations at one node are one.

    Notes
    -----
    A place holds people. It is given room for as many cars as it could take were they the emptiest.
    """
    room: dict[int, float] = {}
    for site in problem.destinations:
        node = problem.node_index[site.node]
        room[node] = room.get(node, 0.0) + site.capacity_persons
    most_cars_a_person = max(queue.cars / queue.people.total for queue in problem.queues)
    return SurgeDemand(
        origin_node=np.array([problem.origin(queue.settlement) for queue in problem.queues], np.int32),
        amount_pcu=np.array([queue.cars for queue in problem.queues], np.float64),
        destination_node=np.array(sorted(room), np.int32),
        destination_capacity_pcu=np.array([room[node] * most_cars_a_person for node in sorted(room)]),
    )
