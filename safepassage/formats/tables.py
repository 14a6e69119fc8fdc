"""The plan as CSV tables that open in a spreadsheet: an export, guarded and marked, never read back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safepassage.formats.csv_text import csv_line, guarded
from safepassage.formats.marking import marks
from safepassage.formats.numbers import shortest
from safepassage.model.outcome import Outcome
from safepassage.model.people import NeedCount, PeopleCount
from safepassage.model.plan import Load, Plan
from safepassage.model.scenario import Scenario

Cell = str | int | float | bool
_PEOPLE = ("people", "adults", "children", "older", "low_mobility")
_NEEDS = ("seat", "wheelchair", "stretcher", "carer")
_MARKS = ("exercise", "audience", "plan_id", "revision")


@dataclass(frozen=True, slots=True)
class ExportTable:
    """
    A table for people.

    Attributes
    ----------
    columns : tuple of str
        Header.
    rows : tuple of tuple of str
        Cells as they will stand in the file, guarded against formulas.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_csv(self) -> str:
        """
        The table as CSV text.

        Returns
        -------
        str
            Header and rows.
        """
        return "".join(csv_line(row) for row in (self.columns, *self.rows))


def plan_tables(scenario: Scenario, plan: Plan, outcome: Outcome | None) -> dict[str, ExportTable]:
    """
    Everything a plan says, as tables.

    Parameters
    ----------
    scenario : Scenario
        What the plan is for.
    plan : Plan
        The plan.
    outcome : Outcome or None
        How it went; None where it was not played.

    Returns
    -------
    dict of str to ExportTable
        By file name. Every row carries whether it is an exercise, whom it is for, the plan and its revision.
    """
    writer = _TableWriter(scenario, plan)
    tables = {
        "routes.csv": writer.routes(),
        "waves.csv": writer.waves(),
        "trips.csv": writer.trips(),
        "assignments.csv": writer.assignments(),
        "unserved.csv": writer.unserved(),
        "control_points.csv": writer.control_points(),
    }
    if outcome is not None:
        tables["settlements_outcome.csv"] = writer.settlements(outcome)
    return tables


class _TableWriter:
    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self._scenario = scenario
        self._plan = plan
        mark = marks(plan.audience, exercise=plan.exercise)
        self._marks = (mark["exercise"], mark["audience"], plan.id, str(plan.revision))
        self._names = {place.id: (place.name_uk, place.name_en) for place in scenario.settlements}
        self._site_names = {site.id: (site.name_uk, site.name_en) for site in scenario.sites}

    def routes(self) -> ExportTable:
        columns = (
            "route", "settlement", "name_uk", "name_en", "destination", "destination_uk",
            "destination_en", "length_km", "free_flow_min", "links",
        )  # fmt: skip
        return self._table(
            columns,
            (
                (route.id, route.settlement, *self._name(route.settlement), route.destination,
                 *self._site_name(route.destination), round(route.length_m / 1000, 3),
                 round(route.free_flow_s / 60, 1), " ".join(route.links))
                for route in self._plan.routes
            ),
        )  # fmt: skip

    def waves(self) -> ExportTable:
        columns = (
            "wave", "settlement", "name_uk", "name_en", "route", "start", "end", "vehicles", "households",
            *_PEOPLE,
        )  # fmt: skip
        return self._table(
            columns,
            (
                (wave.id, wave.settlement, *self._name(wave.settlement), wave.route, self._time(wave.start_s),
                 self._time(wave.end_s), wave.vehicles, wave.households, *_people(wave.people))
                for wave in self._plan.waves
            ),
        )  # fmt: skip

    def trips(self) -> ExportTable:
        columns = (
            "trip", "vehicle", "agency", "mode", "escorted", "stop", "site", "site_uk", "site_en", "arrive",
            "depart", "rest_min", "board", "alight", "on_board", "for_settlements", "links",
        )  # fmt: skip
        return self._table(columns, self._stops())

    def _stops(self) -> Iterator[tuple[Cell, ...]]:
        for trip in self._plan.trips:
            on_board = 0
            for stop, leg in enumerate(trip.legs, start=1):
                board, alight = _persons(leg.board), _persons(leg.alight)
                on_board += board - alight
                settlements = sorted({load.settlement for load in (*leg.board, *leg.alight)})
                yield (
                    trip.id, trip.vehicle, trip.agency, trip.mode.value, trip.escorted, stop, leg.site,
                    *self._site_name(leg.site), self._time(leg.arrive_s), self._time(leg.depart_s),
                    round(leg.rest_s / 60, 1), board, alight, on_board, " ".join(settlements),
                    " ".join(leg.links),
                )  # fmt: skip

    def assignments(self) -> ExportTable:
        columns = (
            "settlement", "name_uk", "name_en", "mode", "destination", "via", "assembly_point", "households",
            *_PEOPLE, *_NEEDS,
        )  # fmt: skip
        return self._table(
            columns,
            (
                (part.settlement, *self._name(part.settlement), part.mode.value, part.destination, part.via,
                 part.assembly_point, part.households, *_people(part.people), *_needs(part.needs))
                for part in self._plan.assignments
            ),
        )  # fmt: skip

    def unserved(self) -> ExportTable:
        columns = (
            "settlement", "name_uk", "name_en", "reason_code", "detail", "nobody_could", "households",
            *_PEOPLE, *_NEEDS,
        )  # fmt: skip
        return self._table(
            columns,
            (
                (part.settlement, *self._name(part.settlement), part.reason_code.value, part.detail,
                 part.nobody_could, part.households, *_people(part.people), *_needs(part.needs))
                for part in self._plan.unserved
            ),
        )  # fmt: skip

    def control_points(self) -> ExportTable:
        return self._table(
            ("node", "reason", "route_count", "vehicles", "from", "until", "turns", "closed_links"),
            (
                (point.node, point.reason, point.route_count, point.vehicles, self._time(point.from_s),
                 self._time(point.until_s),
                 "; ".join(f"{turn.from_link} > {turn.to_link} ({turn.vehicles})" for turn in point.turns),
                 " ".join(point.closed_links))
                for point in self._plan.control_points
            ),
        )  # fmt: skip

    def settlements(self, outcome: Outcome) -> ExportTable:
        columns = (
            "settlement", "name_uk", "name_en", "people", "safe", "on_the_way", "at_home", "first_departure",
            "mean_arrival", "last_arrival",
        )  # fmt: skip
        return self._table(
            columns,
            (
                (row.settlement, *self._name(row.settlement), row.people, row.safe, row.on_the_way,
                 row.at_home, self._time(row.first_departure_s), self._time(row.mean_arrival_s),
                 self._time(row.last_arrival_s))
                for row in outcome.settlements
            ),
        )  # fmt: skip

    def _table(self, columns: Sequence[str], rows: Iterator[tuple[Cell, ...]]) -> ExportTable:
        written = tuple((*map(guarded, self._marks), *map(_cell, row)) for row in rows)
        assert all(len(row) == len(_MARKS) + len(columns) for row in written)
        return ExportTable((*_MARKS, *columns), written)

    def _time(self, time_s: float) -> str:
        # To the second: a plan is not more exact, and a spreadsheet reads no fractions.
        return self._scenario.local_time(round(time_s)).isoformat() if math.isfinite(time_s) else ""

    def _name(self, settlement: str) -> tuple[str, str]:
        return self._names.get(settlement, ("", ""))

    def _site_name(self, site: str) -> tuple[str, str]:
        return self._site_names.get(site, ("", ""))


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return guarded(value)
    return shortest(value) if isinstance(value, float) else str(int(value))


def _people(people: PeopleCount) -> tuple[int, ...]:
    return people.total, people.adults, people.children, people.older, people.low_mobility


def _needs(needs: NeedCount) -> tuple[int, ...]:
    return needs.seat, needs.wheelchair, needs.stretcher, needs.carer


def _persons(loads: tuple[Load, ...]) -> int:
    return sum(load.people.total for load in loads)
