"""The scenario: a district, its people, sites, fleet, threat and policy, and what is assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from safepassage.errors import ModelError
from safepassage.model.fleet import ScheduledService, VehicleGroup
from safepassage.model.network import RoadNetwork
from safepassage.model.people import PeopleCount, Settlement
from safepassage.model.plan import Pin
from safepassage.model.policy import Policy
from safepassage.model.sites import Site, SiteKind
from safepassage.model.threat import Threat
from safepassage.model.traffic import BackgroundFlow, Drivers, LaneReversal, TrafficSignal
from safepassage.units import SECONDS_PER_DAY

SCENARIO_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Assumption:
    """
    A figure that nobody knows for certain.

    Attributes
    ----------
    id : str
        Unique id.
    value, low, high : float
        The value used and the range it may lie in; ``low <= value <= high``.
    unit : str
        Unit of the three.
    reason : str
        Why this value.
    source : str
        Where it comes from.
    targets : tuple of str
        Cells that must hold the value, as ``file:id:column`` (``*`` for every id).
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    reason: str
    source: str = ""
    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ModelError(f"assumption {self.id}: {self.low} <= {self.value} <= {self.high} does not hold")


@dataclass(frozen=True, slots=True)
class Order:
    """
    The order to leave.

    Attributes
    ----------
    number, issuer : str
        As printed on the order.
    kind : str
        ``voluntary``, ``mandatory`` or ``compulsory_children``.
    issued : str
        Date, ISO 8601.
    scope_uk, scope_en : str
        The order's own words on whom it covers.
    source : str
        Where the text was found.
    hotline : str
        Telephone number that people call, as printed on sheets; empty leaves a line to fill in by hand.
    """

    number: str = ""
    issuer: str = ""
    kind: str = "mandatory"
    issued: str = ""
    scope_uk: str = ""
    scope_en: str = ""
    source: str = ""
    hotline: str = ""


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """
    What was reported to have happened, shown beside the plan.

    Attributes
    ----------
    as_of : str
        Date, ISO 8601.
    people_out : int
        Persons who had left in all.
    assisted, by_themselves : int
        Of them, those transported and those who went on their own.
    of_people : int
        Persons in scope at the time.
    source : str
        Who reported it.
    """

    as_of: str
    people_out: int
    assisted: int
    by_themselves: int
    of_people: int
    source: str = ""


@dataclass(frozen=True, slots=True, eq=True)
class Scenario:
    """
    Everything a plan starts from.

    Attributes
    ----------
    id, name_uk, name_en : str
        Id and names.
    time_zone : str
        IANA name such as ``Europe/Kyiv``.
    start : datetime
        Time zero, with zone.
    horizon_s : float
        How far the plan may reach (s).
    seed : int
        Seed used unless another is given.
    network : RoadNetwork
        Roads.
    settlements : tuple of Settlement
        In file order.
    sites : tuple of Site
        In file order.
    fleet : tuple of VehicleGroup
        In file order.
    services : tuple of ScheduledService
        In file order.
    threat : Threat
        The danger.
    policy : Policy
        Rules.
    pins : tuple of Pin
        What people decided beforehand.
    order : Order
        The order to leave.
    assumptions : tuple of Assumption
        Figures with a range.
    reported : tuple of ReportedFigure
        What really happened.
    attribution : str
        Credit that every map must carry.
    background : tuple of BackgroundFlow
        Traffic that has nothing to do with the evacuation.
    signals : tuple of TrafficSignal
        At most one a link.
    reversals : tuple of LaneReversal
        Lanes used the other way.
    drivers : Drivers
        What drivers can know of closures.
    """

    id: str
    name_uk: str
    name_en: str
    time_zone: str
    start: datetime
    horizon_s: float
    seed: int
    network: RoadNetwork
    settlements: tuple[Settlement, ...]
    sites: tuple[Site, ...]
    fleet: tuple[VehicleGroup, ...]
    services: tuple[ScheduledService, ...]
    threat: Threat
    policy: Policy
    pins: tuple[Pin, ...] = ()
    order: Order = Order()
    assumptions: tuple[Assumption, ...] = ()
    reported: tuple[ReportedFigure, ...] = ()
    attribution: str = ""
    background: tuple[BackgroundFlow, ...] = ()
    signals: tuple[TrafficSignal, ...] = ()
    reversals: tuple[LaneReversal, ...] = ()
    drivers: Drivers = field(default_factory=Drivers)

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ModelError(f"scenario {self.id}: start has no time zone; give one")
        if not self.horizon_s > 0:
            raise ModelError(f"scenario {self.id}: horizon_s is {self.horizon_s}; give a positive number")
        nouns = ("settlements", "sites", "fleet", "services", "pins", "assumptions")
        for noun in (*nouns, "background", "signals", "reversals"):
            ids = [item.id for item in getattr(self, noun)]
            if len(set(ids)) != len(ids):
                raise ModelError(f"scenario {self.id}: ids of {noun} repeat; make each unique")
        nodes = set(self.network.node_id)
        for place_id, node in [(p.id, p.node) for p in self.settlements] + [
            (p.id, p.node) for p in self.sites
        ]:
            if node and node not in nodes:
                raise ModelError(f"{place_id}: node {node!r} is not in the network")
        site_ids = {site.id for site in self.sites}
        for group in self.fleet:
            if group.depot not in site_ids:
                raise ModelError(f"vehicle group {group.id}: depot {group.depot!r} is no site")
        for service in self.services:
            if not {service.from_site, service.to_site} <= site_ids:
                raise ModelError(f"service {service.id}: joins sites that do not exist")
        self._check_traffic(nodes, site_ids)

    def _check_traffic(self, nodes: set[str], site_ids: set[str]) -> None:
        links = set(self.network.link_id)
        for flow in self.background:
            if not {flow.from_node, flow.to_node} <= nodes or not links.issuperset(flow.links):
                raise ModelError(f"background {flow.id}: uses nodes or links that do not exist")
        if not links.issuperset(signal.link for signal in self.signals):
            raise ModelError("a signal stands at a link that does not exist")
        for turn in self.reversals:
            if not {turn.losing_link, turn.gaining_link} <= links:
                raise ModelError(f"reversal {turn.id}: uses links that do not exist")
        if not site_ids.issuperset(self.drivers.told_at):
            raise ModelError("drivers are told at a site that does not exist")
        for site in self.sites:
            if site.divert_to and site.divert_to not in site_ids:
                raise ModelError(f"site {site.id}: diverts to {site.divert_to!r}, which is no site")

    @property
    def in_scope(self) -> tuple[Settlement, ...]:
        """Settlements that the order covers."""
        return tuple(place for place in self.settlements if place.in_scope)

    @property
    def people_in_scope(self) -> PeopleCount:
        """People that the order covers."""
        return sum((place.people for place in self.in_scope), PeopleCount())

    @property
    def is_exercise(self) -> bool:
        """True while any link is schematic: every output carries the EXERCISE banner."""
        return self.network.any_schematic

    def sites_of(self, *kinds: SiteKind) -> tuple[Site, ...]:
        """
        Sites of the given kinds.

        Parameters
        ----------
        *kinds : SiteKind
            Which.

        Returns
        -------
        tuple of Site
            In file order.
        """
        return tuple(site for site in self.sites if site.kind in kinds)

    def local_time(self, time_s: float) -> datetime:
        """
        The wall clock at a moment of the plan.

        Parameters
        ----------
        time_s : float
            Seconds since the scenario's start.

        Returns
        -------
        datetime
            In the scenario's time zone.
        """
        return (self.start.astimezone(UTC) + timedelta(seconds=time_s)).astimezone(ZoneInfo(self.time_zone))

    def open_windows(self) -> tuple[tuple[float, float], ...]:
        """
        When people may be on the road: the horizon without the curfew.

        Returns
        -------
        tuple of (start_s, end_s)
            Ascending and disjoint.
        """
        closed = sorted(self._curfew_intervals())
        windows, at = [], 0.0
        for start, end in closed:
            if start > at:
                windows.append((at, min(start, self.horizon_s)))
            at = max(at, end)
        if at < self.horizon_s:
            windows.append((at, self.horizon_s))
        return tuple(window for window in windows if window[1] > window[0])

    def _curfew_intervals(self) -> list[tuple[float, float]]:
        zone = ZoneInfo(self.time_zone)
        midnight = self.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        # Moments of one zone object would be subtracted by the wall clock, wrong across a clock change.
        utc_start = self.start.astimezone(UTC)
        intervals = []
        for day in range(-1, int(self.horizon_s // SECONDS_PER_DAY) + 2):
            date = (midnight + timedelta(days=day)).date()
            for window in self.policy.curfew:
                last_day = date + timedelta(days=int(window.end_minute < window.start_minute))
                ends = [
                    datetime(on.year, on.month, on.day, minute // 60, minute % 60, tzinfo=zone)
                    for on, minute in ((date, window.start_minute), (last_day, window.end_minute))
                ]
                start_s, end_s = ((moment.astimezone(UTC) - utc_start).total_seconds() for moment in ends)
                if end_s > 0 and start_s < self.horizon_s:
                    intervals.append((max(0.0, start_s), end_s))
        return intervals
