"""What a plan made anew changes for whom, as a table for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from safepassage.formats.csv_text import guarded
from safepassage.formats.marking import marks
from safepassage.formats.tables import ExportTable
from safepassage.model.plan import Plan
from safepassage.model.replanning import SettlementChange
from safepassage.model.scenario import Scenario

CHANGES_FILE = "tables/changes.csv"
_COLUMNS = (
    "exercise", "audience", "plan_id", "revision", "settlement", "name_uk", "name_en", "safe_before",
    "safe_after", "cars_next_before", "cars_next_after", "vehicles_next_before", "vehicles_next_after",
    "last_before", "last_after", "destinations_before", "destinations_after", "other_roads",
)  # fmt: skip


def change_table(scenario: Scenario, plan: Plan, changes: Sequence[SettlementChange]) -> str:
    """
    Write the changes of a plan as CSV.

    Parameters
    ----------
    scenario : Scenario
        Names and times.
    plan : Plan
        The new plan, whose audience the table is for.
    changes : sequence of SettlementChange
        What differs.

    Returns
    -------
    str
        One row a settlement; times in the scenario's zone, empty where there is none.
    """
    names = {place.id: (place.name_uk, place.name_en) for place in scenario.settlements}
    mark = marks(plan.audience, exercise=plan.exercise)
    heading = (mark["exercise"], mark["audience"], plan.id, str(plan.revision))

    def time(time_s: float) -> str:
        return scenario.local_time(round(time_s)).isoformat() if math.isfinite(time_s) else ""

    rows = []
    for row in changes:
        cells = (
            *heading, row.settlement, *names[row.settlement], str(row.safe_before), str(row.safe_after),
            time(row.cars_next_before_s), time(row.cars_next_after_s), time(row.vehicles_next_before_s),
            time(row.vehicles_next_after_s), time(row.last_before_s), time(row.last_after_s),
            " ".join(row.destinations_before), " ".join(row.destinations_after), str(int(row.other_roads)),
        )  # fmt: skip
        rows.append(tuple(guarded(cell) for cell in cells))
    return ExportTable(_COLUMNS, tuple(rows)).as_csv()
