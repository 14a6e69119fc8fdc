"""From conditions to the records that the kernel reads: changes by time, one control a feeder."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from safepassage.errors import ModelError
from safepassage.model.network import RoadNetwork
from safepassage.simulator.conditions import Conditions, HoldPoint, LinkChange, Signal, merged_windows
from safepassage.simulator.kernel.layout import CHANGE, CONTROL, NEVER, NOBODY, TICKS_PER_S, WINDOW, Records
from safepassage.simulator.tables import Indices, LinkFigures, link_figures

_MOST_CONTROLS = 2**15


@dataclass(frozen=True, slots=True, eq=False)
class LoadedConditions:
    """
    Conditions as the kernel reads them.

    Attributes
    ----------
    conditions : Conditions
        What was loaded.
    changes, controls, windows : Records
        As laid out in the kernel, changes by time.
    feeder_control : int32[2 * n_links]
        Control of each link's end and of each origin queue, or NOBODY.
    """

    conditions: Conditions
    changes: Records
    controls: Records
    windows: Records
    feeder_control: Indices


def load_conditions(conditions: Conditions, network: RoadNetwork) -> LoadedConditions:
    """
    Check conditions on a network and arrange them for the kernel.

    Parameters
    ----------
    conditions : Conditions
        What changes.
    network : RoadNetwork
        Where.

    Returns
    -------
    LoadedConditions
        Read only.

    Raises
    ------
    ModelError
        When a link does not exist, or there are too many different controls.
    """
    conditions.check_on(network)
    ordered = sorted(conditions.changes, key=lambda change: change.time_s)
    controls, windows, feeder_control = _controls(conditions, network.n_links)
    return LoadedConditions(
        conditions=conditions,
        changes=_changes(ordered, change_figures(ordered, network)),
        controls=controls,
        windows=np.array(windows, WINDOW),
        feeder_control=feeder_control,
    )


def change_figures(changes: list[LinkChange], network: RoadNetwork) -> LinkFigures:
    """
    Figures of the links as they are after each change.

    Jam spacing and wave speed are the network's, so a lower capacity cuts the top off the triangle; a
    higher one shortens the hole time to what it needs. Who is on a link that closes leaves it at the
    link's own capacity.

    Parameters
    ----------
    changes : list of LinkChange
        What changes.
    network : RoadNetwork
        What stays.

    Returns
    -------
    LinkFigures
        One entry a change.
    """
    links = np.array([change.link for change in changes], np.int64)
    speed, density = network.free_speed_m_per_s[links], network.jam_density_pcu_per_m[links]
    for k, change in enumerate(changes):
        speed[k] = speed[k] if change.free_speed_m_per_s is None else change.free_speed_m_per_s
        density[k] = density[k] if change.jam_density_pcu_per_m is None else change.jam_density_pcu_per_m
    given = np.array([change.capacity_pcu_per_h for change in changes], np.float64)
    own = network.capacity_pcu_per_h[links]
    usual = link_figures(
        network.length_m[links],
        network.free_speed_m_per_s[links],
        own,
        network.jam_density_pcu_per_m[links],
    )
    changed = link_figures(network.length_m[links], speed, np.where(given > 0, given, own), density)
    hole_time = np.minimum(usual.hole_time, changed.hole_time)
    return replace(changed, hole_time=hole_time, closed=given == 0)


def _changes(changes: list[LinkChange], figures: LinkFigures) -> Records:
    records = np.zeros(len(changes), CHANGE)
    records["time"] = [_ticks(change.time_s) for change in changes]
    records["link"] = [change.link for change in changes]
    records["after_empty"] = [
        NOBODY if change.after_empty is None else change.after_empty for change in changes
    ]
    for name in ("headway", "free_time", "hole_time", "places", "closed"):
        records[name] = getattr(figures, name)
    records["next_waiting"] = NOBODY
    return records


def feeder_rules(
    conditions: Conditions, n_links: int
) -> dict[int, tuple[Signal | None, tuple[tuple[int, int], ...]]]:
    """
    The signal and the hold windows of every feeder that has any.

    Parameters
    ----------
    conditions : Conditions
        Holds and signals.
    n_links : int
        Origin queues are numbered from here on.

    Returns
    -------
    dict of int to (Signal or None, tuple of (start, end))
        Windows in ticks, ascending and disjoint.
    """
    windows: dict[tuple[HoldPoint, tuple[int, ...]], list[tuple[float, float]]] = defaultdict(list)
    for hold in conditions.holds:
        windows[hold.point, hold.links].append((hold.start_s, hold.end_s))
    # Many holds, such as alerts, keep the same links: their windows are merged once, not once a link.
    groups: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for number, (point, links) in enumerate(windows):
        first = n_links if point == HoldPoint.ORIGIN else 0
        for link in links:
            groups[first + link] += (number,)
    of_group = list(windows.values())
    ticks = {
        numbers: tuple(
            (_ticks(start), _ticks(end))
            for start, end in merged_windows([span for number in numbers for span in of_group[number]])
        )
        for numbers in {(), *groups.values()}
    }
    signals = {signal.link: signal for signal in conditions.signals}
    return {
        feeder: (signals.get(feeder), ticks[groups.get(feeder, ())]) for feeder in sorted({*groups, *signals})
    }


def _controls(conditions: Conditions, n_links: int) -> tuple[Records, list[tuple[int, int]], Indices]:
    feeder_control = np.full(2 * n_links, NOBODY, np.int32)
    known: dict[object, int] = {}
    windows: list[tuple[int, int]] = []
    rows: list[tuple[int, ...]] = []
    for feeder, (signal, closed) in feeder_rules(conditions, n_links).items():
        # Windows that came from the same holds are one object, which is told apart quicker than by value.
        times = _signal_times(signal)
        key = (times, id(closed))
        if key not in known:
            known[key] = len(rows)
            first = len(windows)
            windows += closed
            rows.append((*times, first, len(windows)))
        feeder_control[feeder] = known[key]
    if len(rows) >= _MOST_CONTROLS:
        raise ModelError(f"{len(rows)} different holds and signals; give fewer than {_MOST_CONTROLS}")
    return np.array(rows, CONTROL), windows, feeder_control


def _signal_times(signal: Signal | None) -> tuple[int, int, int]:
    """Cycle, lead and green in ticks."""
    if signal is None:
        return 0, 0, 0
    cycle = _ticks(signal.cycle_s)
    return cycle, -_ticks(signal.green_start_s) % cycle, _ticks(signal.green_s)


def _ticks(time_s: float) -> int:
    return int(min(round(time_s * TICKS_PER_S), int(NEVER))) if time_s < float(NEVER) else int(NEVER)
