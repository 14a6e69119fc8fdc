"""``playbook.json`` and ``starts.csv``: the playbook as a document and as a table."""

from __future__ import annotations

import math

from safepassage.formats.csv_text import guarded
from safepassage.formats.marking import marks
from safepassage.formats.numbers import shortest
from safepassage.formats.record_json import dump_record, load_record
from safepassage.formats.tables import ExportTable
from safepassage.model.playbook import PLAYBOOK_SCHEMA_VERSION, Playbook
from safepassage.model.scenario import Scenario

HEADING = frozenset({"document", "banner"})
_COLUMNS = (
    "exercise", "audience", "plan_id", "crossing", "settlement", "name_uk", "name_en", "cars",
    "alone_min_before", "together_min_before", "confident_min_before", "passed", "fleet_passed", "other_way",
)  # fmt: skip


def dump_playbook(playbook: Playbook) -> bytes:
    """
    Write a playbook.

    Parameters
    ----------
    playbook : Playbook
        What to write.

    Returns
    -------
    bytes
        JSON, the same for equal playbooks.
    """
    banner = marks(playbook.audience, exercise=playbook.exercise)["exercise"]
    return dump_record(playbook, {"document": "playbook", "banner": banner})


def load_playbook(source: bytes) -> Playbook:
    """
    Read a playbook.

    Parameters
    ----------
    source : bytes
        The document.

    Returns
    -------
    Playbook
        As it was written.

    Raises
    ------
    InputError
        If it is no playbook; carries every fault.
    """
    return load_record(Playbook, source, heading=HEADING, version=PLAYBOOK_SCHEMA_VERSION)


def starts_table(scenario: Scenario, playbook: Playbook) -> str:
    """
    Write by when people have to start, as CSV.

    Parameters
    ----------
    scenario : Scenario
        Names and times.
    playbook : Playbook
        What it holds.

    Returns
    -------
    str
        One row a crossing and settlement; minutes count back from the loss, empty where it cannot be done.
    """
    names = {place.id: (place.name_uk, place.name_en) for place in scenario.settlements}
    mark = marks(playbook.audience, exercise=playbook.exercise)

    def minutes(time_s: float) -> str:
        return shortest(float(math.ceil(time_s / 60))) if math.isfinite(time_s) else ""

    def moment(time_s: float) -> str:
        return scenario.local_time(math.ceil(time_s)).isoformat() if math.isfinite(time_s) else ""

    rows = tuple(
        tuple(
            guarded(cell)
            for cell in (
                mark["exercise"], mark["audience"], playbook.plan_id, row.crossing, row.settlement,
                *names[row.settlement], str(row.cars), minutes(row.alone_s), minutes(row.together_s),
                minutes(row.confident_s), moment(row.passed_s), moment(row.fleet_passed_s),
                str(int(row.other_way)),
            )
        )
        for row in playbook.starts
    )  # fmt: skip
    return ExportTable(_COLUMNS, rows).as_csv()
