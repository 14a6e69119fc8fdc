"""What one more bus, one more hour or one more crossing is worth, with the plan as it is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from safepassage.model.network import RoadNetwork
from safepassage.model.scenario import Scenario
from safepassage.progress import NoProgress, Progress
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import Batches, rehearse
from safepassage.rehearsal.statistics import Comparison, compared
from safepassage.rehearsal.tally import Tally
from safepassage.units import SECONDS_PER_HOUR

BUS, HOUR, CROSSING = "bus", "hour", "crossing"


@dataclass(frozen=True, slots=True)
class OneMore:
    """
    What one more of something is worth.

    Attributes
    ----------
    of : str
        ``bus`` (stands by with its crew for the first vehicle that fails), ``hour`` (before the curfew) or
        ``crossing`` (a second one beside the first, for those who know that the first is shut; it is never
        lost itself).
    name : str
        Of the crossing; empty for the others.
    worth : Comparison
        With it, less without: negative figures are the gain.
    """

    of: str
    name: str
    worth: Comparison


def values_of_one_more(
    stage: Stage,
    tally: Tally,
    *,
    futures: int = 200,
    batches: Batches | None = None,
    progress: Progress | None = None,
) -> tuple[OneMore, ...]:
    """
    Play the plan in the same futures with one more bus, hour or crossing.

    Parameters
    ----------
    stage, tally : Stage, Tally
        What was played, and what it said.
    futures : int, optional
        In how many futures each.
    batches : callable, optional
        Who plays them.
    progress : Progress, optional
        Told of each.

    Returns
    -------
    tuple of OneMore
        What does not exist is left out: a bus where no vehicle drives, an hour without a curfew. Nothing of
        it is planned anew, so a plan made with it may gain more.
    """
    count = min(tally.futures, futures)
    progress = progress or NoProgress()
    scenario, assumptions = stage.scenario, stage.assumptions
    variants: list[tuple[str, str, Stage]] = []
    if stage.parties.leg_vehicle_name:
        more = replace(assumptions, spare_vehicles=assumptions.spare_vehicles + 1)
        variants.append((BUS, "", Stage(scenario, stage.plan, more, stage.seed)))
    if scenario.policy.curfew:
        more = replace(assumptions, extra_hours_s=assumptions.extra_hours_s + SECONDS_PER_HOUR)
        variants.append((HOUR, "", Stage(scenario, stage.plan, more, stage.seed)))
    for name in sorted({name for name in scenario.network.crossing if name}):
        second = replace(scenario, network=_second_crossing(scenario, name))
        variants.append((CROSSING, name, Stage(second, stage.plan, assumptions, stage.seed)))
    values = []
    for of, name, variant in variants:
        if count > 1:
            values.append(OneMore(of, name, compared(tally, rehearse(variant, count, batches=batches))))
        progress.advance()
    return tuple(values)


def _second_crossing(scenario: Scenario, name: str) -> RoadNetwork:
    """The network with a copy of each link of a crossing; turns are as free there as on the first."""
    network = scenario.network
    links = [k for k, crossing in enumerate(network.crossing) if crossing == name]
    n_links = network.n_links
    changed: dict[str, Any] = {}
    for item in fields(network):
        value = getattr(network, item.name)
        if item.name.startswith("movement") or len(value) != n_links or item.name in _OF_NODES:
            continue
        if isinstance(value, np.ndarray):
            changed[item.name] = np.concatenate([value, value[links]])
        else:
            changed[item.name] = (*value, *(value[k] for k in links))
    changed["link_id"] = (*network.link_id, *(f"{network.link_id[k]}+second" for k in links))
    changed["crossing"] = (*network.crossing, *("" for _link in links))
    copy_of = {link: n_links + place for place, link in enumerate(links)}
    turns = [
        (copy_of.get(before, before), copy_of.get(after, after), capacity)
        for before, after, capacity in zip(
            network.movement_in_link.tolist(),
            network.movement_out_link.tolist(),
            network.movement_capacity_pcu_per_h.tolist(),
            strict=True,
        )
        if before in copy_of or after in copy_of
    ]
    for place, item_name in enumerate(
        ("movement_in_link", "movement_out_link", "movement_capacity_pcu_per_h")
    ):
        own = getattr(network, item_name)
        changed[item_name] = np.concatenate([own, np.array([turn[place] for turn in turns], own.dtype)])
    return replace(network, **changed)


_OF_NODES = ("node_id", "longitude_deg", "latitude_deg", "node_service_pcu_per_h")
