"""Hypothesis strategies for scenarios with odd names, exact numbers and every kind of row."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from hypothesis import strategies as st

from safepassage.model.fleet import ScheduledService, VehicleGroup
from safepassage.model.network import RoadNetwork
from safepassage.model.people import Basis, PeopleCount, Settlement
from safepassage.model.plan import Pin, PinAction, PinKind
from safepassage.model.policy import AlertRule, Boarding, DailyWindow, Policy, ThreatKind
from safepassage.model.scenario import Assumption, Order, ReportedFigure, Scenario
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Claim, Threat, ThreatEntry, ThreatEntryKind
from safepassage.model.traffic import BackgroundFlow, Drivers, LaneReversal, TrafficSignal, Walking

ODD_TEXTS = (
    "Верба", "Куп'янськ", "a,b", 'say "no"', "line\nbreak", "carriage\rreturn", "both\r\n",
    '=HYPERLINK("x")', "<img src=x onerror=alert(1)>", " blank ", "'", '"', "tab\there", "\\", "#", "[x]",
    "0", "nan", "e=mc²", "🚌",
)  # fmt: skip
HIDING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters=HIDING)
odd_texts = st.sampled_from(ODD_TEXTS) | st.text(_characters, max_size=8)
names = odd_texts.filter(bool)
id_texts = names.filter(lambda text: not set(text) & set("\n\r\t"))
longitudes = st.floats(29.0, 31.0)
latitudes = st.floats(49.0, 51.0)
counts = st.integers(0, 400)
positive = st.floats(0.001, 1e5)
# What files can say: microseconds, and numbers that come from the units of the files.
MICRO = 1_000_000
micros = st.integers(0, 10**6 * MICRO)
moments_s = micros.map(lambda micro: micro / MICRO)
hours_s = st.floats(0.01, 1000).map(lambda hours: hours * 3600.0)
minutes_s = st.floats(0.01, 1000).map(lambda minutes: minutes * 60.0)
unlimited = st.just(math.inf)


@st.composite
def networks(draw: st.DrawFn, service_at: dict[int, float]) -> RoadNetwork:
    n_nodes = draw(st.integers(2, 5))
    n_links = draw(st.integers(1, 6))
    nodes = st.integers(0, n_nodes - 1)
    ends = draw(st.lists(st.tuples(nodes, nodes), min_size=n_links, max_size=n_links))
    lanes = np.array(
        draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=n_links, max_size=n_links))
    )

    def numbers(strategy: st.SearchStrategy[float]) -> np.ndarray:
        return np.array(draw(st.lists(strategy, min_size=n_links, max_size=n_links)))

    def texts() -> tuple[str, ...]:
        return tuple(draw(st.lists(odd_texts, min_size=n_links, max_size=n_links)))

    turns = [
        (a, b) for a, (_, head) in enumerate(ends) for b, (tail, _) in enumerate(ends) if head == tail
    ]  # fmt: skip
    movements = draw(st.lists(st.sampled_from(turns), unique=True, max_size=3)) if turns else []
    points = st.lists(st.tuples(longitudes, latitudes), min_size=2, max_size=3).map(tuple)
    service = np.full(n_nodes, np.inf)
    for node, rate in service_at.items():
        service[node % n_nodes] = min(service[node % n_nodes], rate)
    return RoadNetwork(
        node_id=tuple(draw(st.lists(id_texts, unique=True, min_size=n_nodes, max_size=n_nodes))),
        longitude_deg=np.array(draw(st.lists(longitudes, min_size=n_nodes, max_size=n_nodes))),
        latitude_deg=np.array(draw(st.lists(latitudes, min_size=n_nodes, max_size=n_nodes))),
        node_service_pcu_per_h=service,
        link_id=tuple(draw(st.lists(id_texts, unique=True, min_size=n_links, max_size=n_links))),
        from_node=np.array([tail for tail, _ in ends]),
        to_node=np.array([head for _, head in ends]),
        length_m=numbers(positive),
        lanes=lanes,
        free_speed_m_per_s=numbers(st.floats(0.1, 200)) / 3.6,
        capacity_pcu_per_h=numbers(st.floats(0, 1e4)) * lanes,
        jam_density_pcu_per_m=numbers(positive) / 1000.0 * lanes,
        merge_weight=numbers(positive),
        facility_type=texts(),
        crossing=texts(),
        schematic=numbers(st.booleans().map(float)) == 1,
        source=texts(),
        geometry=tuple(draw(st.lists(st.just(()) | points, min_size=n_links, max_size=n_links))),
        movement_in_link=np.array([into for into, _ in movements], dtype=np.int32),
        movement_out_link=np.array([out for _, out in movements], dtype=np.int32),
        movement_capacity_pcu_per_h=np.array(
            draw(st.lists(st.floats(0, 1e4) | unlimited, min_size=len(movements), max_size=len(movements)))
        ),
    )


@st.composite
def settlements(draw: st.DrawFn, place_id: str, nodes: tuple[str, ...]) -> Settlement:
    low_mobility = draw(counts)
    wheelchair = draw(st.integers(0, low_mobility))
    return Settlement(
        place_id, draw(names), draw(odd_texts), draw(odd_texts), draw(latitudes), draw(longitudes),
        draw(st.sampled_from(("", *nodes))),
        PeopleCount(draw(counts), draw(counts), draw(counts), low_mobility),
        wheelchair=wheelchair,
        stretcher=draw(st.integers(0, low_mobility - wheelchair)),
        household_size=draw(st.floats(1, 10)),
        car_share=draw(st.floats(0, 1)),
        hazard=draw(st.floats(0, 100)),
        in_scope=draw(st.booleans()),
        basis=draw(st.sampled_from(Basis)),
    )  # fmt: skip


@st.composite
def sites(draw: st.DrawFn, site_id: str, node: str, rate: float, places: tuple[str, ...]) -> Site:
    opens = draw(micros)
    whole = st.integers(0, 10**6).map(float) | unlimited
    return Site(
        site_id, draw(st.sampled_from(SiteKind)), draw(names), draw(odd_texts), node, draw(latitudes),
        draw(longitudes),
        capacity_persons=draw(whole),
        waiting_cap_persons=draw(whole),
        service_rate_pcu_per_h=rate,
        accessible=draw(st.booleans()),
        safe=draw(st.booleans()),
        settlement=draw(st.sampled_from(("", *places))),
        opens_s=opens / MICRO,
        closes_s=draw(unlimited | micros.map(lambda later: (opens + later + 1) / MICRO)),
        walk_m=draw(st.floats(0, 1e5)),
    )  # fmt: skip


@st.composite
def fleets(draw: st.DrawFn, site_ids: tuple[str, ...]) -> tuple[VehicleGroup, ...]:
    places = st.integers(0, 60)
    return tuple(
        VehicleGroup(
            fleet_id, draw(names), draw(odd_texts), draw(st.integers(1, 99)), draw(st.integers(1, 60)),
            draw(places), draw(places), draw(st.integers(1, 4)), draw(st.sampled_from(site_ids)),
            draw(moments_s), draw(positive), draw(st.booleans()),
        )
        for fleet_id in draw(st.lists(id_texts, unique=True, max_size=2))
    )  # fmt: skip


@st.composite
def services(draw: st.DrawFn, site_ids: tuple[str, ...]) -> tuple[ScheduledService, ...]:
    places = st.integers(0, 1000)
    return tuple(
        ScheduledService(
            service_id, draw(st.sampled_from(("rail", "ferry", "bus"))), draw(odd_texts),
            draw(st.sampled_from(site_ids)), draw(st.sampled_from(site_ids)),
            tuple(sorted(draw(st.lists(moments_s, min_size=1, max_size=3)))), draw(minutes_s),
            draw(places), draw(places), draw(places),
        )
        for service_id in draw(st.lists(id_texts, unique=True, max_size=2))
    )  # fmt: skip


@st.composite
def threats(draw: st.DrawFn, links: tuple[str, ...]) -> Threat:
    entries = []
    for entry_id in draw(st.lists(id_texts, unique=True, max_size=2)):
        start = draw(micros) - 1000 * MICRO
        later = draw(micros)
        where = draw(st.just((math.nan, math.nan)) | st.tuples(latitudes, longitudes))
        claim = Claim(
            draw(odd_texts), draw(st.sampled_from("ABCDEF")), draw(st.integers(1, 6)), draw(odd_texts)
        )
        entries.append(
            ThreatEntry(
                entry_id, draw(st.sampled_from(ThreatEntryKind)), draw(st.sampled_from(links)), start / MICRO,
                draw(unlimited | st.just((start + later + 1) / MICRO)),
                where[0], where[1], draw(st.floats(0.001, 1)), draw(st.floats(0, 1)), claim,
            )
        )  # fmt: skip
    return Threat(tuple(entries))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    minutes = st.integers(0, 1439)
    windows = st.tuples(minutes, minutes).filter(lambda ends: ends[0] != ends[1])
    boarding_s = st.floats(0, 1000)
    return Policy(
        draw(st.sampled_from(ThreatKind)),
        tuple(DailyWindow(*ends) for ends in draw(st.lists(windows, max_size=2))),
        draw(st.sampled_from(AlertRule)),
        draw(st.floats(1, 5)),
        draw(st.integers(1, 7200)),
        draw(st.integers(0, 7200)),
        draw(hours_s),
        draw(minutes_s),
        Boarding(draw(boarding_s), draw(boarding_s), draw(boarding_s), draw(boarding_s)),
        Walking(
            draw(st.floats(0.1, 20)) / 3.6,
            draw(st.floats(0.1, 20)) / 3.6,
            draw(st.sampled_from([math.inf, 800.0, 2500.5])),
        ),
    )


@st.composite
def background_flows(draw: st.DrawFn, network: RoadNetwork) -> tuple[BackgroundFlow, ...]:
    flows = []
    for flow_id in draw(st.lists(id_texts, unique=True, max_size=2)):
        link = draw(st.integers(0, network.n_links - 1))
        tail, head = network.node_id[network.from_node[link]], network.node_id[network.to_node[link]]
        name = network.link_id[link]
        links = (name,) if name.split() == [name] else ()
        start = draw(micros) - 1000 * MICRO
        end = draw(unlimited | st.just((start + draw(micros) + 1) / MICRO))
        if tail != head or links:
            flows.append(
                BackgroundFlow(
                    flow_id, tail, head, links, start / MICRO, end, draw(st.floats(0.1, 1e4)),
                    draw(st.integers(1, 4)),
                )
            )  # fmt: skip
    return tuple(flows)


@st.composite
def signals(draw: st.DrawFn, links: tuple[str, ...]) -> tuple[TrafficSignal, ...]:
    chosen = draw(st.lists(st.sampled_from(links), unique=True, max_size=2))
    made = []
    for k, link in enumerate(chosen):
        cycle = draw(st.floats(1, 300))
        green = cycle * draw(st.floats(0.1, 1))
        made.append(TrafficSignal(f"light-{k}", link, cycle, draw(st.floats(0, 300)), min(green, cycle)))
    return tuple(made)


@st.composite
def reversals(draw: st.DrawFn, network: RoadNetwork) -> tuple[LaneReversal, ...]:
    courses = list(zip(network.from_node.tolist(), network.to_node.tolist(), strict=True))
    pairs = [
        (a, b) for a, course in enumerate(courses) for b, other in enumerate(courses)
        if a != b and course == other[::-1]
    ]  # fmt: skip
    if not pairs or not draw(st.booleans()):
        return ()
    losing, gaining = draw(st.sampled_from(pairs))
    start = draw(micros) - 1000 * MICRO
    return (
        LaneReversal(
            "turn", network.link_id[losing], network.link_id[gaining],
            float(network.lanes[losing]) * draw(st.sampled_from([0.5, 1.0])), start / MICRO,
            draw(unlimited | st.just((start + draw(micros) + 1) / MICRO)), draw(minutes_s),
        ),
    )  # fmt: skip


@st.composite
def drivers(draw: st.DrawFn, site_ids: tuple[str, ...]) -> Drivers:
    told = tuple(draw(st.lists(st.sampled_from(site_ids), unique=True)))
    return Drivers(draw(st.booleans()), draw(st.booleans()), told, draw(unlimited | minutes_s))


@st.composite
def pins(draw: st.DrawFn, links: tuple[str, ...], place: str, site: str) -> tuple[Pin, ...]:
    # A route is written as ids joined by spaces, so only ids without spaces can be pinned to one.
    plain = [link for link in links if link.split() == [link]]
    made = [Pin("road", PinAction.FORBID, PinKind.ROAD, links[0], "", draw(odd_texts), draw(odd_texts))]
    if plain:
        made.append(Pin("route", PinAction.FORCE, PinKind.ROUTE, place, " ".join(plain)))
    made.append(Pin("destination", PinAction.FORCE, PinKind.DESTINATION, place, site))
    made.append(Pin("wave", PinAction.FORCE, PinKind.WAVE, place, str(draw(st.integers(0, 86400)))))
    return tuple(draw(st.lists(st.sampled_from(made), unique=True)))


@st.composite
def assumptions(draw: st.DrawFn) -> tuple[Assumption, ...]:
    figures = st.floats(-1e6, 1e6)
    return tuple(
        Assumption(name, *_in_order(draw(st.lists(figures, min_size=3, max_size=3))), draw(odd_texts),
                   draw(names), draw(odd_texts))
        for name in draw(st.lists(names, unique=True, max_size=2))
    )  # fmt: skip


def _in_order(figures: list[float]) -> tuple[float, float, float]:
    low, value, high = sorted(figures)
    return value, low, high


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario that a folder can hold."""
    rates = draw(st.lists(st.floats(1, 1e4) | unlimited, min_size=1, max_size=3))
    service_at = {k: rate for k, rate in enumerate(rates)}  # noqa: C416 - a site a rate
    network = draw(networks(service_at))
    place_ids = tuple(draw(st.lists(id_texts, unique=True, min_size=1, max_size=3)))
    site_ids = tuple(draw(st.lists(id_texts, unique=True, min_size=len(rates), max_size=len(rates))))
    return Scenario(
        id=draw(id_texts),
        name_uk=draw(names),
        name_en=draw(odd_texts),
        time_zone=draw(st.sampled_from(("Europe/Kyiv", "UTC", "America/New_York"))),
        start=draw(starts),
        horizon_s=draw(hours_s),
        seed=draw(st.integers(0, 2**32 - 1)),
        network=network,
        settlements=tuple(draw(settlements(place_id, network.node_id)) for place_id in place_ids),
        sites=tuple(
            draw(sites(site_id, network.node_id[k % network.n_nodes], rates[k], place_ids))
            for k, site_id in enumerate(site_ids)
        ),
        fleet=draw(fleets(site_ids)),
        services=draw(services(site_ids)),
        threat=draw(threats(network.link_id)),
        policy=draw(policies()),
        pins=draw(pins(network.link_id, place_ids[0], site_ids[0])),
        order=Order(
            draw(odd_texts), draw(odd_texts), draw(st.sampled_from(("voluntary", "mandatory"))),
            draw(st.sampled_from(("", "2023-08-09"))), draw(odd_texts), draw(odd_texts), draw(odd_texts),
        ),
        assumptions=draw(assumptions()),
        reported=tuple(
            draw(st.lists(st.builds(ReportedFigure, st.just("2023-08-28"), counts, counts, counts, counts,
                                    odd_texts), max_size=2))
        ),
        attribution=draw(odd_texts),
        background=draw(background_flows(network)),
        signals=draw(signals(network.link_id)),
        reversals=draw(reversals(network)),
        drivers=draw(drivers(site_ids)),
    )  # fmt: skip


starts = st.builds(
    lambda second, offset_h: (
        datetime(2023, 1, 1, tzinfo=UTC).astimezone(timezone(timedelta(hours=offset_h)))
        + timedelta(seconds=second)
    ),
    st.integers(0, 366 * 86400),
    st.integers(-5, 5),
)
