"""``outcome.json``: the played plan as a document."""

from __future__ import annotations

from pathlib import Path

from safepassage.formats.marking import marks
from safepassage.formats.record_json import dump_record, load_record
from safepassage.model.outcome import OUTCOME_SCHEMA_VERSION, Outcome
from safepassage.model.policy import Audience

HEADING = frozenset({"document", "banner", "audience"})


def dump_outcome(outcome: Outcome, *, audience: Audience, exercise: bool) -> bytes:
    """
    Write an outcome.

    Parameters
    ----------
    outcome : Outcome
        What to write.
    audience : Audience
        Who may read it: that of the plan.
    exercise : bool
        True while any road is schematic.

    Returns
    -------
    bytes
        JSON, the same for equal outcomes.
    """
    mark = marks(audience, exercise=exercise)
    heading = {"document": "outcome", "banner": mark["exercise"], "audience": mark["audience"]}
    return dump_record(outcome, heading)


def load_outcome(source: bytes | Path) -> Outcome:
    """
    Read an outcome.

    Parameters
    ----------
    source : bytes or Path
        The document or its file.

    Returns
    -------
    Outcome
        Checked by the model's own constructors.

    Raises
    ------
    InputError
        If it is no outcome; carries every fault.
    """
    return load_record(Outcome, source, heading=HEADING, version=OUTCOME_SCHEMA_VERSION)
