"""What is known now of a scenario for which a plan runs, and who is not under way yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from safepassage.errors import InfeasibleError, ModelError
from safepassage.i18n import _
from safepassage.model.households import form_households
from safepassage.model.people import HouseholdGroup, NeedCount, PeopleCount, Settlement
from safepassage.model.plan import Pin
from safepassage.model.replanning import DemandChange
from safepassage.model.scenario import Scenario
from safepassage.model.threat import Claim, ThreatEntry, ThreatEntryKind
from safepassage.planner.surge.cars import CarQueue, queue_of, split_by_car
from safepassage.planner.surge.problem import PeopleToMove
from safepassage.planner.surge.under_way_cars import CarsUnderWay, cars_left
from safepassage.planner.surge.under_way_fleet import FleetUnderWay


def known_now(
    scenario: Scenario, closures: Sequence[ThreatEntry], pins: Sequence[Pin], demand: Sequence[DemandChange]
) -> Scenario:
    """
    Add what became known to a scenario.

    Parameters
    ----------
    scenario : Scenario
        As it was.
    closures : sequence of ThreatEntry
        Added to the threat.
    pins : sequence of Pin
        Added; one with the id of an old one replaces it.
    demand : sequence of DemandChange
        Replace the people of their settlements.

    Returns
    -------
    Scenario
        As it is known now.
    """
    changed = {change.settlement: change for change in demand}
    unknown = sorted(set(changed) - {place.id for place in scenario.settlements})
    if unknown:
        raise InfeasibleError(_("{name} is no settlement of the scenario").format(name=unknown[0]))
    new_pins = {pin.id for pin in pins}
    return replace(
        scenario,
        threat=replace(scenario.threat, entries=(*scenario.threat.entries, *closures)),
        pins=(*(pin for pin in scenario.pins if pin.id not in new_pins), *pins),
        settlements=tuple(
            _counted_anew(place, changed[place.id]) if place.id in changed else place
            for place in scenario.settlements
        ),
    )


def _counted_anew(place: Settlement, change: DemandChange) -> Settlement:
    return replace(place, people=change.people, wheelchair=change.wheelchair, stretcher=change.stretcher)


def closures_of(
    scenario: Scenario, crossing: str, at_s: float, *, until_s: float = math.inf
) -> tuple[ThreatEntry, ...]:
    """
    The loss of a crossing, or of one road, as entries of the threat.

    Parameters
    ----------
    scenario : Scenario
        Whose roads.
    crossing : str
        Name of a crossing (all its links close), or a link id.
    at_s, until_s : float
        From when until when (s).

    Returns
    -------
    tuple of ThreatEntry
        One a link.

    Raises
    ------
    InfeasibleError
        If no crossing and no link is called so.
    """
    network = scenario.network
    links = [
        link
        for link, name in zip(network.link_id, network.crossing, strict=True)
        if crossing and crossing in (name, link)
    ]
    if not links:
        known = sorted({name for name in network.crossing if name})
        raise InfeasibleError(
            _("{name} is no crossing and no road; the crossings are: {known}").format(
                name=crossing, known=", ".join(known) or "-"
            )
        )
    claim = Claim(_("replanning"), "A", 1)
    return tuple(
        ThreatEntry(f"lost-{link}-{at_s:.0f}", ThreatEntryKind.CLOSURE, link, at_s, until_s, claim=claim)
        for link in links
    )


def people_left(
    now: Scenario, cars: CarsUnderWay, fleet: FleetUnderWay, counted_anew: frozenset[str]
) -> PeopleToMove:
    """
    Who is still to be planned for.

    Parameters
    ----------
    now : Scenario
        As it is known now.
    cars : CarsUnderWay
        Cars that have left or are called.
    fleet : FleetUnderWay
        Trips that have begun or whose passengers are called.
    counted_anew : frozenset of str
        Settlements whose people are counted anew.

    Returns
    -------
    PeopleToMove
        Car households not under way; all households without a car, but of settlements counted anew only
        those not under way.
    """
    queues, carless = split_by_car(now)
    all_queues = {queue.settlement: queue for queue in queues}
    waiting: list[CarQueue] = []
    fetched: dict[str, tuple[HouseholdGroup, ...]] = dict(carless)
    for place in now.in_scope:
        households, people = cars.kept(place.id)
        if place.id in counted_anew:
            driving, staying = _formed_anew(place, people, fleet)
            fetched.pop(place.id, None)
            if staying:
                fetched[place.id] = staying
            if driving:
                waiting.append(queue_of(place.id, driving))
        elif place.id in all_queues:
            queue = cars_left(all_queues[place.id], place, households, people)
            if queue is not None:
                waiting.append(queue)
    return tuple(waiting), fetched


def _formed_anew(
    place: Settlement, driven: PeopleCount, fleet: FleetUnderWay
) -> tuple[list[HouseholdGroup], tuple[HouseholdGroup, ...]]:
    """Households with and without a car of those who are not under way."""
    loads = [
        load
        for trip in fleet.trips
        for leg in trip.legs
        for load in leg.board
        if load.settlement == place.id and leg.site in fleet.assembly_points
    ]
    needs = sum((load.needs for load in loads), NeedCount())
    try:
        rest = place.people - driven - sum((load.people for load in loads), PeopleCount())
        chairs, beds = place.wheelchair - needs.wheelchair, place.stretcher - needs.stretcher
        if min(chairs, beds) < 0:
            raise ModelError(place.id)
    except ModelError as error:
        raise InfeasibleError(
            _(
                "more people of {settlement} are under way than it is now said to have; check the count"
            ).format(settlement=place.id)
        ) from error
    if not rest.total:
        return [], ()
    wanted = place.car_share * place.people.total - driven.total
    share = min(1.0, max(0.0, wanted / rest.total))
    groups = form_households(replace(place, people=rest, wheelchair=chairs, stretcher=beds, car_share=share))
    return [group for group in groups if group.has_car], tuple(group for group in groups if not group.has_car)
