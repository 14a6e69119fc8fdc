"""Reads what is uncertain from a TOML file, and writes a template of it with the figures taken otherwise."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import FaultList, remedy_for_name
from safepassage.i18n import _
from safepassage.model.policy import AlertRule
from safepassage.model.threat import CREDIBILITY, RELIABILITY
from safepassage.rehearsal.assumptions import Assumptions, Zone
from safepassage.threat.alerts import AlertProcess
from safepassage.threat.claims import ClaimTable
from safepassage.threat.rate_field import HazardParameters, Protection

_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class _Key:
    """A number with its range; the ends count unless they are left out."""

    name: str
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    below: bool = False
    whole: bool = False

    def problem(self, value: object) -> tuple[str, str] | None:
        """What is wrong with a value, and the remedy."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _("this is no number"), _("give a number")
        low = value > self.low if self.above else value >= self.low
        high = value < self.high if self.below else value <= self.high
        if not (low and high and math.isfinite(value)) or (self.whole and value != int(value)):
            return _("the number lies outside its range"), _("give {range}").format(range=self.range)
        return None

    @property
    def range(self) -> str:
        """The range in signs."""
        low = f"{'>' if self.above else '>='} {self.low:g}"
        return low if self.high == math.inf else f"{low}, {'<' if self.below else '<='} {self.high:g}"


_SCALARS = (
    _Key("uptake_share", high=1.0), _Key("uptake_spread"), _Key("shadow_share", high=1.0),
    _Key("shadow_delay_s"), _Key("departure_delay_s"), _Key("car_failure", high=1.0), _Key("demand_spread"),
    _Key("crossing_loss", high=1.0), _Key("crossing_loss_mean_s", above=True), _Key("correlation_length_m"),
    _Key("notice_s"), _Key("breakdowns_per_vehicle_hour"), _Key("spare_vehicles", whole=True),
    _Key("extra_hours_s"), _Key("shelter"),
)  # fmt: skip
_SECTIONS: Mapping[str, tuple[_Key, ...]] = {
    "alerts": (_Key("mean_alert_s", above=True), _Key("mean_quiet_s", above=True)),
    "hazard": (
        _Key("level_per_person_day"), _Key("event_gain"), _Key("radius_m", above=True),
        _Key("memory_s", above=True), _Key("journey_per_person_hour"),
    ),
    "protection": (
        _Key("indoors"), _Key("vehicle"), _Key("waiting"), _Key("walking"),
        _Key("crowd_persons", above=True),
    ),
    "claims": (
        _Key("prior", high=1.0, above=True, below=True), _Key("half_life_s", above=True),
        *(_Key(f"statement_{grade}", high=1.0, above=True, below=True) for grade in CREDIBILITY),
        *(_Key(f"trust_{grade.lower()}", high=1.0) for grade in RELIABILITY),
    ),
}  # fmt: skip
_TEXTS = ("alert_rule",)
_RULES = tuple(rule.value for rule in AlertRule)


def read_assumptions(path: Path, settlements: Iterable[str]) -> Assumptions:
    """
    Read what is uncertain.

    Parameters
    ----------
    path : Path
        TOML; what it does not name stays as `Assumptions` has it. ``alerts = false`` stands for none.
    settlements : iterable of str
        Ids in scope, for zones.

    Returns
    -------
    Assumptions
        Checked.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    faults = FaultList()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(
                [Fault(path.name, 0, "", "", _("the file is larger than 1 MB"), _("give assumptions"))]
            )
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        problem = _("the file cannot be read ({reason})").format(reason=error)
        raise InputError([Fault(path.name, 0, "", "", problem, _("give a TOML file in UTF-8"))]) from error
    return _Reader(path.name, faults, tuple(settlements)).read(document)


def template() -> str:
    """
    A file with every figure as it is taken where nobody gives others.

    Returns
    -------
    str
        TOML with comments.
    """
    usual = Assumptions()
    alerts = usual.alerts
    assert alerts is not None
    lines = [
        "# " + _("What is uncertain in a rehearsal. Leave out what you do not change."),
        "# " + _("Names end in their units: _s seconds, _m metres; shares are 0 to 1."),
        *(f"{key.name} = {_number(getattr(usual, key.name))}" for key in _SCALARS),
        f"# alert_rule = {_quoted(AlertRule.HOLD_BOARDING.value)}  # "
        + _("one of {names}; by default that of the scenario").format(names=", ".join(_RULES)),
        "",
        "# " + _("Air-raid alerts; write alerts = false above for none."),
        *_section("alerts", alerts),
        "",
        "# " + _("The hazard rate: its level, and how events of the past shape it."),
        *_section("hazard", usual.hazard),
        "",
        "# " + _("Factors on the rate for where people are."),
        *_section("protection", usual.protection),
        "",
        "# " + _("What graded claims are worth: credibility 1 to 6 as a probability, reliability a to f."),
        *_section("claims", _claim_values(usual.claims)),
        "",
        "# [[zone]]  # " + _("settlements with an alert rule of their own"),
        f'# name = "front"\n# settlements = []\n# rule = {_quoted(AlertRule.IGNORE.value)}',
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, owner: object) -> list[str]:
    values = owner if isinstance(owner, Mapping) else {key: getattr(owner, key) for key in _names(name)}
    return [f"[{name}]", *(f"{key} = {_number(values[key])}" for key in _names(name))]


def _names(section: str) -> list[str]:
    return [key.name for key in _SECTIONS[section]]


def _claim_values(table: ClaimTable) -> dict[str, float]:
    values = {"prior": table.prior, "half_life_s": table.half_life_s}
    values |= {f"statement_{grade}": value for grade, value in table.statement.items()}
    return values | {f"trust_{grade.lower()}": value for grade, value in table.trust.items()}


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Reader:
    """Collects the faults of one document."""

    def __init__(self, file: str, faults: FaultList, settlements: tuple[str, ...]) -> None:
        self._file, self._faults, self._settlements = file, faults, settlements

    def read(self, document: Mapping[str, Any]) -> Assumptions:
        """All values, or all faults."""
        scalars = {key: value for key, value in document.items() if key not in {*_SECTIONS, "zone"}}
        values: dict[str, Any] = self._numbers("", scalars, _SCALARS, _TEXTS)
        if "spare_vehicles" in values:
            values["spare_vehicles"] = int(values["spare_vehicles"])
        if "alert_rule" in scalars:
            values["alert_rule"] = self._rule("alert_rule", scalars["alert_rule"])
        alerts = document.get("alerts", True)
        parts = {name: self._part(name, document[name]) for name in _SECTIONS if name in document}
        zones = self._zones(document.get("zone", []))
        if self._faults.has_errors:
            raise InputError(self._faults.collected())
        usual = Assumptions()
        if alerts is False:
            values["alerts"] = None
        elif "alerts" in parts:
            assert usual.alerts is not None
            known = {key.name: getattr(usual.alerts, key.name) for key in _SECTIONS["alerts"]}
            values["alerts"] = AlertProcess(**{**known, **parts["alerts"]})
        for name, make in (("hazard", HazardParameters), ("protection", Protection)):
            if name in parts:
                values[name] = make(**parts[name])
        if "claims" in parts:
            values["claims"] = _claims({**_claim_values(usual.claims), **parts["claims"]})
        return Assumptions(**values, zones=zones)

    def _part(self, name: str, raw: object) -> dict[str, float]:
        if name == "alerts" and raw is False:
            return {}
        if not isinstance(raw, dict):
            self._error(name, raw, _("this is no section"), _("write [{name}]").format(name=name))
            return {}
        return self._numbers(f"{name}.", raw, _SECTIONS[name], ())

    def _numbers(
        self, place: str, raw: Mapping[str, Any], keys: tuple[_Key, ...], texts: tuple[str, ...]
    ) -> dict[str, Any]:
        known = {key.name: key for key in keys}
        values = {}
        for name, value in raw.items():
            if name in texts:
                continue
            if name not in known:
                names = [*known, *texts] if place else [*known, *texts, *_SECTIONS, "zone"]
                self._error(f"{place}{name}", "", _("no such key"), remedy_for_name(name, names))
            elif wrong := known[name].problem(value):
                self._error(f"{place}{name}", value, *wrong)
            else:
                values[name] = float(value)
        return values

    def _rule(self, place: str, raw: object) -> AlertRule | None:
        if raw in _RULES:
            return AlertRule(str(raw))
        remedy = _("give one of {names}").format(names=", ".join(_RULES))
        self._error(place, raw, _("no such rule"), remedy)
        return None

    def _zones(self, raw: object) -> tuple[Zone, ...]:
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            self._error("zone", "", _("this is no list of zones"), _("write [[zone]]"))
            return ()
        zones = []
        wanted = [item.name for item in fields(Zone)]
        for number, item in enumerate(raw, start=1):
            place = f"zone {number}"
            for name in item:
                if name not in wanted:
                    self._error(f"{place}.{name}", "", _("no such key"), remedy_for_name(name, wanted))
            places = item.get("settlements", [])
            if not isinstance(places, list) or not places:
                remedy = _("give a list of settlement ids")
                self._error(f"{place}.settlements", places, _("this is no list of settlements"), remedy)
                continue
            for name in places:
                if name not in self._settlements:
                    remedy = remedy_for_name(str(name), self._settlements)
                    self._error(f"{place}.settlements", name, _("no such settlement in scope"), remedy)
            rule = self._rule(f"{place}.rule", item.get("rule"))
            if rule is not None:
                zones.append(Zone(str(item.get("name", "")), tuple(map(str, places)), rule))
        return tuple(zones)

    def _error(self, place: str, value: object, problem: str, remedy: str) -> None:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        self._faults.error(self._file, 0, place, shown, problem, remedy)


def _claims(values: Mapping[str, float]) -> ClaimTable:
    return ClaimTable(
        prior=values["prior"],
        statement={grade: values[f"statement_{grade}"] for grade in CREDIBILITY},
        trust={grade: values[f"trust_{grade.lower()}"] for grade in RELIABILITY},
        half_life_s=values["half_life_s"],
    )
