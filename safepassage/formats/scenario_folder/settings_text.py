"""Writes ``scenario.toml``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from safepassage.formats.numbers import shortest
from safepassage.formats.scenario_folder import units
from safepassage.formats.scenario_folder.rows import time_text
from safepassage.formats.scenario_folder.schema import section
from safepassage.model.scenario import SCENARIO_SCHEMA_VERSION, Scenario

_YES_NO = {True: "yes", False: "no"}


def settings_text(scenario: Scenario, hazard: Mapping[str, object] | None = None) -> str:
    """
    The settings of a scenario.

    Parameters
    ----------
    scenario : Scenario
        What to write.
    hazard : mapping of str to object, optional
        Keys of ``[hazard]``; without any the section is left out.

    Returns
    -------
    str
        TOML that reads back to the same values.
    """
    policy = scenario.policy
    parts = [
        f"schema_version = {SCENARIO_SCHEMA_VERSION}",
        _section(
            "scenario",
            {
                "id": scenario.id,
                "name_uk": scenario.name_uk,
                "name_en": scenario.name_en,
                "time_zone": scenario.time_zone,
                "start": time_text(scenario, 0.0),
                "horizon_h": units.hours_of(scenario.horizon_s),
                "seed": scenario.seed,
                "attribution": scenario.attribution,
            },
        ),
        _section("order", asdict(scenario.order)),
        _section(
            "policy",
            {
                "threat_kind": policy.threat_kind.value,
                "curfew": [str(window) for window in policy.curfew],
                "alert_rule": policy.alert_rule.value,
                "persons_per_car": policy.persons_per_car,
                "wave_grid_min": units.minutes_of(policy.wave_grid_s),
                "call_ahead_min": units.minutes_of(policy.call_ahead_s),
                "drive_before_break_h": units.hours_of(policy.drive_before_break_s),
                "break_min": units.minutes_of(policy.break_s),
                "objective": ",".join(policy.objective),
                "spare_share": policy.spare_capacity,
                "fork_free": _YES_NO[policy.fork_free],
            },
        ),
        _section("policy.boarding", asdict(policy.boarding)),
        _section(
            "policy.walking",
            {
                "speed_km_per_h": units.km_per_h_of(policy.walking.speed_m_per_s),
                "slow_speed_km_per_h": units.km_per_h_of(policy.walking.slow_speed_m_per_s),
                "most_m": policy.walking.most_m,
            },
        ),
        _section(
            "drivers",
            {
                "reroute": _YES_NO[scenario.drivers.reroute],
                "see_closures": _YES_NO[scenario.drivers.see_closures],
                "told_at": list(scenario.drivers.told_at),
                "radio_delay_min": _minutes(scenario.drivers.radio_delay_s),
            },
        ),
    ]
    if hazard:
        parts.append("\n".join(["[hazard]", *(f"{key} = {_value(value)}" for key, value in hazard.items())]))
    parts += [_section("reported", asdict(figure), "[[{}]]") for figure in scenario.reported]
    for item in scenario.assumptions:
        values = asdict(item)
        del values["id"]
        parts.append(_section(f"assumption.{_key(item.id)}", values))
    return "\n\n".join(parts) + "\n"


def _minutes(seconds: float) -> float:
    return seconds if math.isinf(seconds) else units.minutes_of(seconds)


def _section(name: str, values: dict[str, Any], heading: str = "[{}]") -> str:
    declared = section("assumption" if name.startswith("assumption.") else name)
    assert {key.name for key in declared.keys} == set(values)
    # TOML knows infinity, the folder does not: what has no end is not given.
    given = {key: value for key, value in values.items() if value != math.inf}
    return "\n".join([heading.format(name), *(f"{key} = {_value(value)}" for key, value in given.items())])


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int | float):
        return shortest(value)
    if isinstance(value, datetime):
        return _quoted(value.isoformat())
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    # JSON escapes what TOML wants escaped, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
