"""The sheet of a driver: the own tour and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safepassage.i18n import _, language
from safepassage.model.people import NeedClass, NeedCount
from safepassage.model.plan import Leg, Plan, Trip
from safepassage.model.policy import AlertRule, Audience
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.publish.sheets.document import Section, Sheet, road_words, sheet_foot
from safepassage.publish.wording import clock, date_words, duration, joined, need_words, place_name


def driver_sheet(
    scenario: Scenario, plan: Plan, vehicle: str, trips: Sequence[Trip], road_names: Mapping[str, str]
) -> Sheet:
    """
    Write the sheet of one vehicle in the language of the context.

    Names of passengers are not on it: they come with the manifest, when the vehicle sets out.

    Parameters
    ----------
    scenario : Scenario
        Gives names and the clock.
    plan : Plan
        Gives revision and hash.
    vehicle : str
        Whose sheet.
    trips : sequence of Trip
        Its trips.
    road_names : mapping of str to str
        Name of each link that has one.

    Returns
    -------
    Sheet
        For the crew.
    """
    ordered = sorted(trips, key=lambda trip: trip.legs[0].depart_s)
    sections = [_trip(scenario, trip, number, road_names) for number, trip in enumerate(ordered, start=1)]
    return Sheet(
        name=vehicle,
        audience=Audience.TEAM,
        title=_("Vehicle {vehicle}").format(vehicle=vehicle),
        subtitle=joined(
            [
                date_words(scenario, ordered[0].legs[0].depart_s),
                ordered[0].agency,
                _("under escort") if any(trip.escorted for trip in ordered) else "",
            ]
        ),
        sections=(*sections, _what_if(scenario)),
        foot=sheet_foot(plan),
        exercise=plan.exercise,
        large_print=False,
        with_code=False,
        language=language(),
    )


def _trip(scenario: Scenario, trip: Trip, number: int, road_names: Mapping[str, str]) -> Section:
    sites = {site.id: site for site in scenario.sites}
    rows: list[tuple[str, str]] = []
    for leg in trip.legs:
        rows += [(clock(scenario, leg.arrive_s), words) for words in _checkpoints(scenario, leg)]
        rows.append((_span(scenario, leg), _stop(sites[leg.site], leg, road_names)))
    return Section(_("Trip {number}").format(number=number), tuple(rows))


def _span(scenario: Scenario, leg: Leg) -> str:
    arrive, depart = clock(scenario, leg.arrive_s), clock(scenario, leg.depart_s)
    return arrive if arrive == depart else f"{arrive} - {depart}"


def _stop(site: Site, leg: Leg, road_names: Mapping[str, str]) -> str:
    return joined(
        [
            place_name(site),
            road_words(leg.links, road_names),
            _needs(_("take {people}"), [load.needs for load in leg.board]),
            _needs(_("set down {people}"), [load.needs for load in leg.alight]),
            _("break of {time}").format(time=duration(leg.rest_s)) if leg.rest_s else "",
        ]
    )


def _needs(template: str, counts: Sequence[NeedCount]) -> str:
    total = sum(counts, NeedCount())
    parts = [need_words(need, getattr(total, need.value)) for need in NeedClass if getattr(total, need.value)]
    return template.format(people=joined(parts)) if parts else ""


def _checkpoints(scenario: Scenario, leg: Leg) -> list[str]:
    gates = {site.node: site for site in scenario.sites if site.kind == SiteKind.CHECKPOINT}
    ends = dict(zip(scenario.network.link_id, scenario.network.to_node, strict=True))
    nodes = [scenario.network.node_id[ends[link]] for link in leg.links if link in ends]
    return [
        _("On the way: checkpoint {place}, have papers and manifest ready").format(
            place=place_name(gates[node])
        )
        for node in nodes
        if node in gates
    ]


def _what_if(scenario: Scenario) -> Section:
    alert = {
        AlertRule.IGNORE: _("Air alert: drive on unless you are told otherwise."),
        AlertRule.HOLD_BOARDING: _(
            "Air alert: do not board anybody. People go to shelter; who is on the road drives on."
        ),
        AlertRule.HOLD_ALL: _(
            "Air alert: stop away from other vehicles, everybody into shelter, wait for the end."
        ),
    }[scenario.policy.alert_rule]
    return Section(
        _("What if"),
        lines=(
            alert,
            _(
                "Road or crossing closed: turn back to the last checkpoint and report. "
                "Do not look for a way yourself."
            ),
            _("Breakdown: report at once and stay; another vehicle takes your people. Nobody walks on."),
            _(
                "More people than places: take whom you can, children and the frail "
                "first, report the rest. Promise that "
                "the next vehicle comes."
            ),
            _("Somebody does not come or refuses: write it down, do not persuade, drive on time."),
            _("Count at every stop. As many get off as got on, or you report who is missing."),
        ),
    )
