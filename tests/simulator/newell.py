"""The laws of the model, checked on what was played rather than on how."""

from __future__ import annotations

import numpy as np

from safepassage.simulator.tables import tabulate
from tests.simulator.curves import Run


def assert_newell(run: Run) -> None:
    """FIFO, headways, free-flow times and storage of every link, in ticks."""
    tables = tabulate(run.network)
    vehicle_of_leg = np.repeat(np.arange(run.demand.n_vehicles), np.diff(run.demand.leg_offset))
    for link in range(run.network.n_links):
        entry_s, exit_s, legs = run.passages(link)
        entries = np.rint(entry_s * 1e6).astype(np.int64)
        left = np.isfinite(exit_s)
        exits = np.where(left, np.rint(np.where(left, exit_s, 0) * 1e6), 2**60).astype(np.int64)
        pcu = run.demand.pcu[vehicle_of_leg[legs]].astype(np.int64)
        headway, places = tables.figures.headway[link], tables.figures.places[link]
        assert (np.diff(entries) >= pcu[:-1] * headway).all()
        assert (np.diff(exits) >= pcu[:-1] * headway)[left[1:]].all()
        assert (exits - entries >= tables.figures.free_time[link]).all()
        # Every unit enters a headway after the one before and needs the place of the unit N before.
        first = np.cumsum(pcu) - pcu
        unit = np.arange(pcu.sum()) - np.repeat(first, pcu)
        unit_entry = np.repeat(entries, pcu) + unit * headway
        unit_exit = np.repeat(exits, pcu) + unit * headway
        own = np.repeat(np.arange(len(pcu)), pcu)
        before, after = np.arange(len(unit) - places), np.arange(places, len(unit))
        other = own[before] != own[after]
        needed = unit_exit[before] + tables.figures.hole_time[link]
        assert (unit_entry[after] >= needed)[other].all()
