"""Who cannot be fetched, why, and what would help."""

from __future__ import annotations

from safepassage.i18n import _
from safepassage.model.plan import PinAction, PinKind, ReasonCode, Unserved
from safepassage.model.sites import SiteKind
from safepassage.planner.surge.fleet_clock import boarding_s, time_job, tour_of
from safepassage.planner.surge.fleet_loads import may_end_at, serves
from safepassage.planner.surge.fleet_problem import FleetProblem, Kind
from safepassage.planner.surge.fleet_schedule import Call, Schedule
from safepassage.planner.surge.fleet_travel import UNREACHABLE_S
from safepassage.planner.surge.fleet_trips import summed

_Reason = tuple[ReasonCode, str, bool]


def unserved_of(schedule: Schedule) -> tuple[Unserved, ...]:
    """
    Everybody whom a finished schedule leaves behind, by settlement and reason.

    Parameters
    ----------
    schedule : Schedule
        Finished.

    Returns
    -------
    tuple of Unserved
        In the order of the scenario's settlements.
    """
    problem = schedule.problem
    empty = Schedule(problem)
    grouped: dict[tuple[str, _Reason], list[tuple[int, int]]] = {}
    for k, number in enumerate(schedule.remaining):
        if number:
            kind = problem.kinds[k]
            reason = (
                _never(problem, kind, k) or _not_even_alone(empty, kind, k) or _not_now(schedule, kind, k)
            )
            grouped.setdefault((kind.settlement, reason), []).append((k, number))
    found = []
    for (settlement, (code, detail, nobody_could)), parties in grouped.items():
        people, needs, households = summed(problem, tuple(parties))
        found.append(Unserved(settlement, people, needs, households, code, detail, nobody_could))
    return tuple(found)


def _never(problem: FleetProblem, kind: Kind, number: int) -> _Reason | None:
    """Reasons that lie in the place and the needs alone."""
    settlement = next(place for place in problem.scenario.settlements if place.id == kind.settlement)
    if not settlement.node:
        return ReasonCode.NO_ROAD, _("No road leads to the settlement; join it to the network."), True
    if not any(kind.suits):
        return ReasonCode.NO_VEHICLE, _vehicle_detail(kind), True
    points = [site for site in problem.scenario.sites if site.settlement == kind.settlement and site.node]
    if kind.stop < 0 and any(site.kind == SiteKind.ASSEMBLY_POINT for site in points):
        return (
            ReasonCode.NO_ASSEMBLY_POINT,
            _("Every assembly point is farther than people may walk; add a nearer one or raise the limit."),
            False,
        )
    if kind.stop < 0:
        return (
            ReasonCode.NO_ASSEMBLY_POINT,
            _("The settlement has no assembly point on a road; add one to the sites."),
            False,
        )
    if problem.havens_of[number]:
        return None
    return _no_haven(problem, kind)


def _vehicle_detail(kind: Kind) -> str:
    needs = kind.party.needs
    if needs.stretcher:
        return _("No vehicle has a stretcher place with enough seats for carers; add an ambulance.")
    if needs.wheelchair:
        return _("No vehicle has a wheelchair place with enough seats for carers; add a wheelchair van.")
    return _("There is no vehicle with seats; add one to the fleet.")


def _no_haven(problem: FleetProblem, kind: Kind) -> _Reason:
    stop = problem.stops[kind.stop]
    safe = [haven for haven in problem.havens if kind.party.needs_places or not haven.hospital]
    if not safe:
        return ReasonCode.NO_DESTINATION, _("There is no safe site for them; mark one as safe."), True
    if kind.party.needs_places and not (stop.accessible and any(haven.accessible for haven in safe)):
        return (
            ReasonCode.NOT_ACCESSIBLE,
            _("The assembly point or every safe site is closed to wheelchairs and stretchers; open one."),
            True,
        )
    if all(problem.travel.free_time_s(stop.place, haven.place) >= UNREACHABLE_S for haven in safe):
        banned = any(pin.kind == PinKind.ROAD for pin in problem.scenario.pins)
        if banned:
            detail = _("No road is left from the assembly point to a safe site; lift a ban on a road.")
            return ReasonCode.FORBIDDEN_BY_PIN, detail, False
        return ReasonCode.NO_ROAD, _("No road leads from the assembly point to a safe site."), True
    return (
        ReasonCode.FORBIDDEN_BY_PIN,
        _("Pins leave no destination that can be reached; lift one."),
        False,
    )


def _not_even_alone(empty: Schedule, kind: Kind, number: int) -> _Reason | None:
    """Reasons that would hold if they were the only people to fetch."""
    problem = empty.problem
    stop = problem.stops[kind.stop]
    needs = kind.party.needs
    if needs.total > stop.waiting_cap:
        detail = _("The household is larger than the assembly point's cap of people waiting; raise the cap.")
        return ReasonCode.WAITING_CAP, detail, False
    able = [
        k
        for k, vehicle in enumerate(problem.vehicles)
        if kind.suits[vehicle.group] and serves(vehicle, kind, stop.site)
    ]
    if not able:
        if any(pin.kind == PinKind.VEHICLE for pin in problem.scenario.pins):
            detail = _("Pins keep every suitable vehicle away; lift one.")
            return ReasonCode.FORBIDDEN_BY_PIN, detail, False
        return ReasonCode.NO_VEHICLE, _("No suitable vehicle stands on a road; check the depots."), True
    boarding = problem.scenario.policy.boarding
    call = Call(kind.stop, ((number, 1),), needs.total, boarding_s(boarding, needs))
    tour = tour_of(problem, (call,), needs)
    for vehicle in able:
        for haven in problem.havens_of[number]:
            if may_end_at(problem.vehicles[vehicle], problem.havens[haven].site) and time_job(
                empty, vehicle, tour, haven
            ):
                return None
    depots = {problem.vehicles[vehicle].place for vehicle in able}
    if all(problem.travel.free_time_s(depot, stop.place) >= UNREACHABLE_S for depot in depots):
        return ReasonCode.NO_ROAD, _("No suitable vehicle can reach the assembly point by road."), True
    if all(empty.room[problem.havens[haven].site] < needs.total for haven in problem.havens_of[number]):
        return ReasonCode.NO_BEDS, _no_beds(), False
    detail = _("One trip alone does not fit into the open hours, the crews' day and the plan's horizon.")
    pinned = any(
        pin.action == PinAction.FORCE and pin.kind == PinKind.VEHICLE for pin in problem.scenario.pins
    )
    return ReasonCode.OUT_OF_TIME, detail, not pinned


def _not_now(schedule: Schedule, kind: Kind, number: int) -> _Reason:
    """Reasons that lie in all the others who had to be fetched."""
    problem = schedule.problem
    persons = kind.party.needs.total
    left = [
        schedule.room[problem.havens[haven].site]
        for haven in problem.havens_of[number]
        if problem.havens[haven].final
    ]
    if left and max(left) < persons:
        return ReasonCode.NO_BEDS, _no_beds(), False
    detail = _("The vehicles that suit them have no time left; add vehicles, crews or hours.")
    return ReasonCode.OUT_OF_TIME, detail, False


def _no_beds() -> str:
    return _("The places that take people in are full; open another or add beds.")
