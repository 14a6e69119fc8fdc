"""``plan.json``: the plan as a document."""

from __future__ import annotations

from pathlib import Path

from safepassage.formats.marking import marks
from safepassage.formats.record_json import dump_record, load_record
from safepassage.model.plan import PLAN_SCHEMA_VERSION, Plan

# The plan's own fields carry the audience and whether it is an exercise; people see the banner first.
HEADING = frozenset({"document", "banner"})


def dump_plan(plan: Plan) -> bytes:
    """
    Write a plan.

    Parameters
    ----------
    plan : Plan
        What to write.

    Returns
    -------
    bytes
        JSON, the same for equal plans.
    """
    banner = marks(plan.audience, exercise=plan.exercise)["exercise"]
    return dump_record(plan, {"document": "plan", "banner": banner})


def load_plan(source: bytes | Path) -> Plan:
    """
    Read a plan.

    Parameters
    ----------
    source : bytes or Path
        The document or its file.

    Returns
    -------
    Plan
        Checked by the model's own constructors.

    Raises
    ------
    InputError
        If it is no plan; carries every fault.
    """
    return load_record(Plan, source, heading=HEADING, version=PLAN_SCHEMA_VERSION)
