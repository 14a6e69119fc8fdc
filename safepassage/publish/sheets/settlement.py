"""The sheet of a settlement: when and where, what to bring, and what everybody has a right to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from safepassage.i18n import _, language
from safepassage.model.people import Settlement
from safepassage.model.plan import Plan
from safepassage.model.policy import AlertRule, Audience, ThreatKind
from safepassage.model.scenario import Scenario
from safepassage.model.sites import Site
from safepassage.publish.sheets.document import Section, Sheet, road_words, sheet_foot
from safepassage.publish.wording import clock, date_words, joined, place_name
from safepassage.units import SECONDS_PER_HOUR

TIMES_SHOWN = 10
SPANS_SHOWN = 6
# People read minutes; a shorter break between two waves is none for them.
TOUCHING_S = 300
BLANK = "______________________"


def settlement_sheet(
    scenario: Scenario, plan: Plan, place: Settlement, road_names: Mapping[str, str]
) -> Sheet:
    """
    Write the sheet of one settlement in the language of the context.

    Where people threaten, it holds place and time and never a road: a sheet is lost and photographed.

    Parameters
    ----------
    scenario : Scenario
        Gives names, the order and the rules.
    plan : Plan
        Gives waves and trips.
    place : Settlement
        Whose sheet.
    road_names : mapping of str to str
        Name of each link that has one; told where nature threatens.

    Returns
    -------
    Sheet
        For the people of the settlement.
    """
    sections = (
        _cars(scenario, plan, place, road_names),
        *_assembly_points(scenario, plan, place),
        _helpers(scenario),
        _what_to_bring(),
        _with_whom(),
        _in_an_alert(scenario),
        _rights(),
    )
    return Sheet(
        name=place.id,
        audience=Audience.SETTLEMENT,
        title=_("Evacuation: {place}").format(place=place_name(place)),
        subtitle=joined([date_words(scenario, _first_s(plan, place)), scenario.order.issuer]),
        sections=tuple(section for section in sections if section is not None),
        foot=sheet_foot(plan),
        exercise=plan.exercise,
        large_print=True,
        with_code=True,
        language=language(),
    )


def _first_s(plan: Plan, place: Settlement) -> float:
    times = [wave.start_s for wave in plan.waves if wave.settlement == place.id]
    times += [
        leg.depart_s
        for trip in plan.trips
        for leg in trip.legs
        if any(load.settlement == place.id for load in leg.board)
    ]
    return min(times, default=0)


def _cars(scenario: Scenario, plan: Plan, place: Settlement, road_names: Mapping[str, str]) -> Section | None:
    routes = {route.id: route for route in plan.routes}
    sites = {site.id: site for site in scenario.sites}
    windows: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for wave in plan.waves:
        if wave.settlement == place.id:
            windows[wave.route].append((wave.start_s, wave.end_s))
    if not windows:
        return None
    natural = scenario.policy.threat_kind == ThreatKind.NATURAL
    rows = []
    for position, (route_id, spans) in enumerate(windows.items(), start=1):
        group = _("Group {number}").format(number=position) if len(windows) > 1 else _("Leave")
        whole = without_gaps(spans)
        shown = whole if len(whole) <= SPANS_SHOWN else [(whole[0][0], whole[-1][1])]
        words = [
            *(
                _("between {start} and {end}").format(start=clock(scenario, start), end=clock(scenario, end))
                for start, end in shown
            ),
            _("to {destination}").format(destination=place_name(sites[routes[route_id].destination])),
        ]
        if natural:
            words.append(road_words(routes[route_id].links, road_names))
        rows.append((group, joined(words)))
    lines = [_("Not earlier and not later: the road has room for you at this time.")]
    if len(windows) > 1:
        lines.append(_("The council tells you your group."))
    if not natural:
        lines.append(_("Police show the way. Do not tell anybody when and where you drive."))
    return Section(_("If you have a car"), tuple(rows), tuple(lines), strong=True, in_code=True)


def without_gaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """
    Join times that follow one another.

    Parameters
    ----------
    spans : iterable of (int, int)
        Start and end of each (s).

    Returns
    -------
    list of (int, int)
        The same times in order, no two of which touch.
    """
    whole: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if whole and start - whole[-1][1] <= TOUCHING_S:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def _assembly_points(scenario: Scenario, plan: Plan, place: Settlement) -> list[Section]:
    sites: dict[str, Site] = {site.id: site for site in scenario.sites}
    times: dict[str, list[int]] = defaultdict(list)
    for trip in plan.trips:
        for leg in trip.legs:
            # Who changes at a hub boards there again; that is no stop of the settlement.
            at_home = sites[leg.site].settlement == place.id
            if at_home and any(load.settlement == place.id for load in leg.board):
                times[leg.site].append(leg.depart_s)
    if not times:
        return []
    early_min = round(60 * scenario.policy.call_ahead_s / SECONDS_PER_HOUR)
    rows = []
    for site, departures in sorted(times.items(), key=lambda item: (min(item[1]), item[0])):
        shown = list(dict.fromkeys(clock(scenario, moment) for moment in sorted(departures)))
        words = ", ".join(shown[:TIMES_SHOWN])
        if len(shown) > TIMES_SHOWN:
            words = _("{times}, and on until {last}").format(times=words, last=shown[-1])
        rows.append((place_name(sites[site]), words))
    lines = [
        _(
            "Come when you are called, about {minutes} minutes before; a crowd that waits is in danger."
        ).format(minutes=early_min),
        _("There is a place for everybody. Nobody is left because a bus is full: the next one comes."),
    ]
    return [
        Section(_("If you have no car: buses leave"), tuple(rows), tuple(lines), strong=True, in_code=True)
    ]


def _helpers(scenario: Scenario) -> Section:
    return Section(
        _("Who helps"),
        ((_("Hotline"), scenario.order.hotline or BLANK),),
        (
            _("It is free of charge. Whoever asks for money is cheating you: tell the hotline."),
            _(
                "If you cannot walk, or lie in bed: call. A vehicle with a lift or an "
                "ambulance comes to your door."
            ),
        ),
        in_code=True,
    )


def _what_to_bring() -> Section:
    return Section(
        _("What to bring"),
        lines=(
            _(
                "Documents: passport, tax number, birth certificates, papers of house "
                "and pension, medical papers."
            ),
            _("Medicine for two weeks, glasses, hearing aid, baby food."),
            _("Water and food for a day, warm clothes, telephone and charger, a torch, money and cards."),
            _("One bag a person. Turn off gas, water and electricity; lock up."),
        ),
        in_code=True,
    )


def _with_whom() -> Section:
    return Section(
        _("Children, old people, animals"),
        lines=(
            _(
                "A child travels with a parent or guardian; write name, birthday and "
                "your number into its pocket."
            ),
            _("Whoever cares for somebody travels in the same vehicle. Say so when you are called."),
            _(
                "Cats and dogs come along: carrier, or leash and muzzle. Let other "
                "animals loose; do not tie them up."
            ),
        ),
    )


def _in_an_alert(scenario: Scenario) -> Section | None:
    if scenario.policy.threat_kind == ThreatKind.NATURAL:
        return Section(
            _("If the danger comes sooner"),
            lines=(
                _("Do not wait for your time. Go at once to high or cleared ground, and call the hotline."),
            ),
        )
    waits = {
        AlertRule.IGNORE: _("Go on as planned unless you are told otherwise."),
        AlertRule.HOLD_BOARDING: _(
            "Stay in shelter. Buses wait and leave when it is over; your place is kept."
        ),
        AlertRule.HOLD_ALL: _(
            "Stay in shelter; on the road, stop away from other vehicles. All times move back."
        ),
    }
    return Section(_("In an air alert"), lines=(waits[scenario.policy.alert_rule],))


def _rights() -> Section:
    return Section(
        _("Your rights"),
        lines=(
            _("You may refuse, and you may change your mind at any time: call, and you are fetched."),
            _("At the end there is a bed, food, a doctor and help with papers, free of charge."),
            _("You need not say who you are to board. Your data are kept secret."),
        ),
    )
