"""Groups, readings and verdicts of verification cases in words."""

from __future__ import annotations

from safepassage.i18n import _, language, ngettext
from safepassage.simulator.verification import CaseGroup, CaseResult


def group_words(group: CaseGroup) -> str:
    """
    Name of a group of cases, in the language of the context.

    Parameters
    ----------
    group : CaseGroup
        Which.

    Returns
    -------
    str
        Words.
    """
    return {
        CaseGroup.POPULATION: _("Population and background traffic"),
        CaseGroup.PRE_EVACUATION: _("Before departure"),
        CaseGroup.MOVEMENT: _("Movement on a road"),
        CaseGroup.ROUTE: _("Routes and destinations"),
        CaseGroup.FLOW: _("Flow constraints"),
        CaseGroup.EVENTS: _("Events"),
        CaseGroup.INTERACTION: _("Interaction of orders, people and traffic"),
        CaseGroup.PROMISES: _("What the program promises besides"),
        CaseGroup.OWN: _("Own cases"),
    }[group]


def quantity_words(quantity: str) -> str:
    """
    Name of a reading, in the language of the context.

    Parameters
    ----------
    quantity : str
        As in the case file.

    Returns
    -------
    str
        Words; the name itself where it has none.
    """
    return {
        "trips": _("Trips that ended"),
        "total_travel_time_s": _("Travel time in all (s)"),
        "total_delay_s": _("Delay in all (s)"),
        "mean_delay_s": _("Mean delay (s)"),
        "largest_delay_s": _("Largest delay (s)"),
        "clearance_s": _("Last arrival (s)"),
        "first_departure_s": _("First departure (s)"),
        "demanded_by": _("Vehicles ready by then"),
        "departed_by": _("Vehicles on the road by then"),
        "arrived_by": _("Vehicles arrived by then"),
        "background_trips": _("Trips of background traffic"),
        "exits": _("Vehicles that left the link"),
        "entries": _("Vehicles that entered the link"),
        "flow_per_s": _("Flow (vehicles/s)"),
        "vehicles_on": _("Vehicles on the link"),
        "density_per_m": _("Density (vehicles/m)"),
        "link_time_s": _("Time on the link (s)"),
        "speed_m_per_s": _("Speed (m/s)"),
        "first_queued_exit_s": _("First queued vehicle leaves (s)"),
        "last_delayed_exit_s": _("Last delayed vehicle leaves (s)"),
        "overtakings": _("Overtakings"),
        "curve_error": _("Vehicles out of order on their way"),
        "conservation_error": _("Vehicles not accounted for"),
        "people_arrived": _("People arrived"),
        "people_at": _("People at the refuge"),
        "turned_away_vehicles": _("Vehicles turned away"),
        "stuck_vehicles": _("Vehicles stuck"),
        "stuck_on": _("Vehicles stuck on the link"),
        "stuck_at_origin": _("Vehicles stuck at the origin"),
        "gridlocks": _("Gridlocks found"),
        "gridlock_links": _("Links in gridlocks"),
        "gridlock_since_s": _("Gridlock since (s)"),
        "people": _("People"),
        "people_not_accounted_for": _("People not accounted for"),
        "cars": _("Cars"),
        "households": _("Households"),
        "background_vehicles": _("Vehicles of background traffic"),
        "safe": _("People out of danger"),
        "at_home": _("People at home"),
        "on_the_way": _("People on the way"),
        "overtaken": _("People overtaken on the road"),
        "longest_walk_s": _("Longest walk (s)"),
        "walk_person_s": _("Time on foot of all people (s)"),
        "walking_harm": _("Expected casualties on foot"),
        "ks_p_value": _("Kolmogorov-Smirnov p-value (at least 0.05 passes)"),
        "before_order": _("Departures before the order and the time to get ready"),
        "clearance_below_bound_s": _("Clearance below the bound, beyond a headway (s)"),
        "arrivals_above_ceiling": _("Arrivals above the ceiling of any plan (vehicles)"),
        "mean_change_percent": _("Change of the mean by the last repetitions (%)"),
        "deviation_change_percent": _("Change of the standard deviation by the last repetitions (%)"),
        "legs_that_differ": _("Legs whose times differ"),
        "digests_that_differ": _("Runs whose digests differ"),
        "route_cost_s": _("Cost of the chosen way (s)"),
    }.get(quantity, quantity)


def title_words(case: CaseResult) -> str:
    """
    Title of a case, in the language of the context where it has one.

    Parameters
    ----------
    case : CaseResult
        Which.

    Returns
    -------
    str
        Words.
    """
    return case.title_uk if language() == "uk" and case.title_uk else case.title


def verdict_words(passed: bool) -> str:  # noqa: FBT001 - the verdict itself
    """
    A verdict, in the language of the context.

    Parameters
    ----------
    passed : bool
        Whether everything is as expected.

    Returns
    -------
    str
        One word.
    """
    return _("met") if passed else _("FAILED")


def count_words(cases: int, values: int, failed: int) -> str:
    """
    How many cases were played, and how many failed.

    Parameters
    ----------
    cases, values, failed : int
        Cases, their values, and cases that failed.

    Returns
    -------
    str
        A sentence.
    """
    played = ngettext("{count} case", "{count} cases", cases).format(count=cases)
    judged = ngettext("{count} value", "{count} values", values).format(count=values)
    if failed:
        lost = ngettext("{count} case FAILED", "{count} cases FAILED", failed).format(count=failed)
        return _("{cases}, {values}: {failed}.").format(cases=played, values=judged, failed=lost)
    return _("{cases}, {values}: all as expected.").format(cases=played, values=judged)
