"""Rows and sections that contradict themselves."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder import units
from safepassage.formats.scenario_folder.inspection import Inspection
from safepassage.i18n import _


def check_rows(look: Inspection) -> None:
    """
    Report rows and sections that contradict themselves.

    Parameters
    ----------
    look : Inspection
        The folder.
    """
    _check_settlements(look)
    _check_sites(look)
    _check_fleet(look)
    _check_threat(look)
    _check_links(look)
    _check_policy(look)
    _check_reported(look)
    for name, entry in look.settings.assumption.items():
        _check_range(look, name, entry["low"], entry["value"], entry["high"])


def _records(wrong: npt.NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.flatnonzero(wrong).tolist()
    return found


def _check_settlements(look: Inspection) -> None:
    table = look.table("settlement.csv")
    low = table.numbers("low_mobility")
    lying = table.numbers("stretcher")
    for k in _records(table.numbers("wheelchair") + lying > low):
        problem = _("with {stretcher} on stretchers it exceeds low_mobility ({low_mobility})").format(
            stretcher=shortest(lying[k]), low_mobility=shortest(low[k])
        )
        look.error("settlement.csv", k, "wheelchair", problem, _("raise low_mobility or lower them"))


def _check_sites(look: Inspection) -> None:
    table = look.table("site.csv")
    for k in _records(table.numbers("closes") <= table.numbers("opens")):
        problem, remedy = _("the site closes before it opens"), _("exchange opens and closes")
        look.faults.error("site.csv", int(table.row[k]), "closes", "", problem, remedy)


def _check_fleet(look: Inspection) -> None:
    table = look.table("fleet.csv")
    columns = ("seats", "wheelchair_places", "stretcher_places")
    for k in _records(np.sum([table.numbers(name) for name in columns], axis=0) == 0):
        look.error("fleet.csv", k, "seats", _("the vehicle carries nobody"), _("give it places"))


def _check_threat(look: Inspection) -> None:
    table = look.table("threat.csv")
    for k in _records(table.numbers("end") <= table.numbers("start")):
        problem, remedy = _("the entry ends before it starts"), _("exchange start and end")
        look.faults.error("threat.csv", int(table.row[k]), "end", "", problem, remedy)


def _check_links(look: Inspection) -> None:
    table = look.table("link.csv")
    for k in _records(table.numbers("capacity") == 0):
        remedy = _("leave it so, or give a positive number to open it")
        look.warning("link.csv", k, "capacity", _("the road is closed"), remedy)
    for k, (tail, head) in enumerate(
        zip(table.texts("from_node_id"), table.texts("to_node_id"), strict=True)
    ):
        if tail and tail == head:
            look.warning(
                "link.csv", k, "to_node_id", _("the road ends where it starts"), _("correct one end")
            )


def _check_policy(look: Inspection) -> None:
    policy = look.settings.single.get("policy", {})
    for key in ("wave_grid_min", "call_ahead_min"):
        value = policy.get(key)
        # Minutes such as 1/6 have no exact decimal; the nearest one still means whole seconds.
        if value is not None and not math.isclose(
            units.minutes_to_s(value), round(units.minutes_to_s(value)), rel_tol=1e-12
        ):
            problem = _("the time is not a whole number of seconds")
            look.settings_fault("policy", key, shortest(value), problem, _("give whole minutes"))


def _check_reported(look: Inspection) -> None:
    for k, entry in enumerate(look.settings.reported):
        counts = [entry[name] for name in ("people_out", "assisted", "by_themselves", "of_people")]
        if None in counts:
            continue
        out, assisted, alone, everybody = counts
        if assisted + alone > out or out > everybody:
            problem = _("more people left than there were, or in all than in part")
            remedy = _("check it against its source")
            look.settings_fault(f"reported[{k}]", "people_out", shortest(out), problem, remedy, warning=True)


def _check_range(
    look: Inspection, name: str, low: float | None, value: float | None, high: float | None
) -> None:
    if low is None or value is None or high is None or low <= value <= high:
        return
    problem = _("the value does not lie from {low} to {high}").format(low=shortest(low), high=shortest(high))
    remedy = _("correct the value or its range")
    look.settings_fault(f"assumption.{name}", "value", shortest(value), problem, remedy)
