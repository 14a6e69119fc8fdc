"""Ways around closures: the states of closures in time, and the shortest way to each goal in each state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import Conditions, LinkChange
from safepassage.simulator.kernel.layout import NEVER, NO_WAY, NOBODY
from safepassage.simulator.tables import Indices, Ticks, ticks_of


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """
    What drivers need to leave their planned route; see ``World`` for the arrays.

    Attributes
    ----------
    ways, state_time, state_closed, told_at_end
        As in ``World``; empty when nobody leaves the planned route.
    sees_closure, radio_delay : int
        As in ``World``.
    goal_of_node : int32[n_nodes]
        Number of each goal, NOBODY for other nodes.
    """

    ways: Indices
    state_time: Ticks
    state_closed: npt.NDArray[np.int8]
    told_at_end: npt.NDArray[np.int8]
    sees_closure: int
    radio_delay: int
    goal_of_node: Indices


def find_ways(network: RoadNetwork, conditions: Conditions, goals: npt.NDArray[np.int64]) -> Ways:
    """
    Tabulate the ways that drivers may take around closures.

    Parameters
    ----------
    network : RoadNetwork
        Roads and turns.
    conditions : Conditions
        Closures, and what drivers can know.
    goals : int64
        Node indices at which legs end, each once.

    Returns
    -------
    Ways
        Empty where nobody can know anything or nothing closes.
    """
    knowledge = conditions.knowledge
    states = _states(network, conditions.changes) if knowledge is not None else []
    goal_of_node = np.full(network.n_nodes, NOBODY, np.int32)
    if knowledge is None or not states:
        nothing = np.zeros((0, 0, 0), np.int32)
        none_closed = np.zeros((0, 0), np.int8)
        return Ways(
            nothing, np.zeros(0, np.int64), none_closed, np.zeros(0, np.int8), 0, int(NEVER), goal_of_node
        )
    goal_of_node[goals] = np.arange(len(goals))
    told = np.zeros(network.n_nodes, np.int8)
    told[list(knowledge.told_at_nodes)] = 1
    delay_s = np.array([min(knowledge.radio_delay_s, float(NEVER) / 1e7)])
    return Ways(
        ways=np.stack([_ways_in_state(network, goals, closed) for _, closed in states]),
        state_time=np.array([time for time, _ in states], np.int64),
        state_closed=np.stack([closed for _, closed in states]).astype(np.int8),
        told_at_end=told[network.to_node],
        sees_closure=int(knowledge.sees_closure),
        radio_delay=int(ticks_of(delay_s)[0]),
        goal_of_node=goal_of_node,
    )


def _states(network: RoadNetwork, changes: Sequence[LinkChange]) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """When the set of closed links changes, and to what; changes that wait for others tell nobody."""
    closed = network.capacity_pcu_per_h == 0
    states: list[tuple[int, npt.NDArray[np.bool_]]] = []
    for change in sorted(changes, key=lambda change: change.time_s):
        shuts = change.capacity_pcu_per_h == 0
        if change.after_empty is not None or closed[change.link] == shuts:
            continue
        closed = closed.copy()
        closed[change.link] = shuts
        time = int(ticks_of(np.array([change.time_s]))[0])
        if states and states[-1][0] == time:
            states.pop()
        states.append((time, closed))
    return states


def _ways_in_state(
    network: RoadNetwork, goals: npt.NDArray[np.int64], closed: npt.NDArray[np.bool_]
) -> Indices:
    """Next link from each link to each goal, over open links and allowed turns."""
    n_links, n_goals = network.n_links, len(goals)
    before, after = turns_onto_open(network, closed)
    ending, goal = np.nonzero(network.to_node[:, None] == goals[None, :])
    time_s = network.free_flow_time_s
    # From the goal backwards; driving a link is charged to whoever leaves it, so no arc costs nothing.
    graph = csr_array(
        (
            np.concatenate([time_s[before], time_s[ending]]),
            (np.concatenate([after, n_links + goal]), np.concatenate([before, ending])),
        ),
        shape=(n_links + n_goals,) * 2,
    )
    _, towards = dijkstra(graph, indices=n_links + np.arange(n_goals), return_predecessors=True)
    following = towards[:, :n_links].astype(np.int32)
    return np.where(following >= n_links, NOBODY, np.where(following < 0, NO_WAY, following)).astype(np.int32)


def turns_onto_open(
    network: RoadNetwork, closed: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Pairs of links that may follow each other, the second one open.

    Parameters
    ----------
    network : RoadNetwork
        Roads and turns.
    closed : bool[n_links]
        Links that nobody may enter.

    Returns
    -------
    tuple of int64
        The link before and the link after each allowed turn.
    """
    order = np.argsort(network.from_node, kind="stable")
    first = np.searchsorted(network.from_node[order], np.arange(network.n_nodes + 1))
    count = (first[1:] - first[:-1])[network.to_node]
    before = np.repeat(np.arange(network.n_links), count)
    within = np.arange(len(before)) - np.repeat(np.cumsum(count) - count, count)
    after = order[first[network.to_node[before]] + within]
    forbidden = network.movement_capacity_pcu_per_h == 0
    keys = network.movement_in_link[forbidden].astype(np.int64) * network.n_links
    keys += network.movement_out_link[forbidden]
    allowed = ~closed[after] & ~np.isin(before * network.n_links + after, keys)
    return before[allowed], after[allowed]
