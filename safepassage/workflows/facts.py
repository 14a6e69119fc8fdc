"""Facts of a played plan that more than one command tells a machine."""

from __future__ import annotations

import math
from collections.abc import Mapping

from safepassage.model.outcome import Outcome

_TIMES = ("clearance_s", "cars_clearance_s", "fleet_clearance_s", "received_s", "mean_arrival_s")


def finite(value: float) -> float | None:
    """JSON has no NaN and no infinity; None says that there is no such time."""
    return value if math.isfinite(value) else None


def outcome_facts(outcome: Outcome) -> Mapping[str, object]:
    """
    Put an outcome into JSON values.

    Parameters
    ----------
    outcome : Outcome
        A played plan.

    Returns
    -------
    mapping of str to object
        People, times (s since the start) and the digest.
    """
    people = {name: getattr(outcome, name) for name in ("people", "safe", "on_the_way", "at_home")}
    times = {name: finite(getattr(outcome, name)) for name in _TIMES}
    return {**people, **times, "stuck_vehicles": outcome.stuck_vehicles, "digest": outcome.digest}
