"""What is uncertain in a rehearsal, with the figures taken where nobody gives others."""

from __future__ import annotations

from dataclasses import dataclass, field

from safepassage.errors import ModelError
from safepassage.model.policy import AlertRule
from safepassage.threat.alerts import AlertProcess
from safepassage.threat.claims import ClaimTable
from safepassage.threat.rate_field import HazardParameters, Protection

# Kharkiv oblast, August to October 2023: 494 alerts, 15.5 % of the time, 42 minutes on average.
KHARKIV_2023 = AlertProcess(42 * 60.0, 42 * 60.0 * (1 - 0.155) / 0.155)


@dataclass(frozen=True, slots=True)
class Zone:
    """
    Settlements with an alert rule of their own.

    Attributes
    ----------
    name : str
        What people call it.
    settlements : tuple of str
        Settlement ids.
    rule : AlertRule
        What an alert holds up there.
    """

    name: str
    settlements: tuple[str, ...]
    rule: AlertRule


@dataclass(frozen=True, slots=True)
class Assumptions:
    """
    Figures of every draw; own judgement where no source is named.

    Attributes
    ----------
    uptake_share : float
        Mean share of households that are willing to leave, 0 to 1.
    uptake_spread : float
        Standard deviation of that share between futures, the same for all settlements of a future.
    uptake_quantiles : tuple of (float, float)
        Level and share of households, both ascending, such as a forecast gives them; where any are given
        they stand in for mean and spread.
    shadow_share : float
        Share of the cars of settlements out of scope that leave too, 0 to 1.
    shadow_delay_s : float
        Mean of the exponential time after the start at which they leave (s).
    departure_delay_s : float
        Mean of the exponential delay with which a car leaves after its time (s).
    car_failure : float
        Share of car households that turn out to have no usable car, 0 to 1.
    demand_spread : float
        Standard deviation of the logarithm of people present over people counted, one a settlement.
    crossing_loss : float
        Probability that a river crossing is lost during the plan, both directions together, 0 to 1.
    crossing_loss_mean_s : float
        Mean time until it can be used again (s).
    correlation_length_m : float
        Over which losses of crossings happen together (m); 0 for independent.
    notice_s : float
        Time until drivers who have not left yet know of a closure or of its end (s).
    breakdowns_per_vehicle_hour : float
        Rate at which fleet vehicles fail.
    spare_vehicles : int
        Vehicles that stand by with a crew: in each future the first so many vehicles that fail are replaced.
    extra_hours_s : float
        By how much later than the policy says the curfew begins (s).
    alerts : AlertProcess or None
        Alerts; None for none.
    alert_rule : AlertRule or None
        What alerts hold up; None for the scenario's policy.
    zones : tuple of Zone
        Exceptions from that rule.
    hazard : HazardParameters
        The rate field.
    protection : Protection
        Factors on it.
    shelter : float
        Factor on the rate for people who sit it out in a shelter, beside those of ``protection``.
    claims : ClaimTable
        How claims of closures become probabilities.
    """

    uptake_share: float = 0.8
    uptake_spread: float = 0.1
    uptake_quantiles: tuple[tuple[float, float], ...] = ()
    shadow_share: float = 0.1
    shadow_delay_s: float = 3 * 3600.0
    departure_delay_s: float = 15 * 60.0
    car_failure: float = 0.03
    demand_spread: float = 0.05
    crossing_loss: float = 0.1
    crossing_loss_mean_s: float = 12 * 3600.0
    correlation_length_m: float = 20_000.0
    notice_s: float = 15 * 60.0
    breakdowns_per_vehicle_hour: float = 1 / 300
    spare_vehicles: int = 0
    extra_hours_s: float = 0.0
    alerts: AlertProcess | None = KHARKIV_2023
    alert_rule: AlertRule | None = None
    zones: tuple[Zone, ...] = ()
    hazard: HazardParameters = field(default_factory=HazardParameters)
    protection: Protection = field(default_factory=Protection)
    shelter: float = 0.3
    claims: ClaimTable = field(default_factory=ClaimTable)

    def __post_init__(self) -> None:
        for name in ("uptake_share", "shadow_share", "car_failure", "crossing_loss"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"rehearsal: {name} is {getattr(self, name)}; give 0 to 1")
        for name in (
            "uptake_spread", "departure_delay_s", "demand_spread", "correlation_length_m", "notice_s",
            "breakdowns_per_vehicle_hour", "shadow_delay_s", "spare_vehicles", "extra_hours_s", "shelter",
        ):  # fmt: skip
            if not 0 <= getattr(self, name) < float("inf"):
                raise ModelError(f"rehearsal: {name} is {getattr(self, name)}; give a number >= 0")
        if not self.crossing_loss_mean_s > 0:
            raise ModelError("rehearsal: crossing_loss_mean_s must be positive")
        for values in zip(*self.uptake_quantiles, strict=True):
            if list(values) != sorted(values) or not 0 <= values[0] <= values[-1] <= 1:
                raise ModelError("rehearsal: give the levels and shares of uptake ascending, from 0 to 1")


def nothing_uncertain() -> Assumptions:
    """
    Everybody leaves as planned and nothing happens: a plan rehearsed so gives its own simulated figures.

    Returns
    -------
    Assumptions
        To start from when one thing is to be uncertain.
    """
    return Assumptions(
        uptake_share=1.0, uptake_spread=0.0, shadow_share=0.0, departure_delay_s=0.0, car_failure=0.0,
        demand_spread=0.0, crossing_loss=0.0, breakdowns_per_vehicle_hour=0.0, alerts=None,
    )  # fmt: skip
