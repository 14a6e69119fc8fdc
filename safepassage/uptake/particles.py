"""
Particles of the uptake model: draws of its parameters, and people moving through time.

The leaving hazard of those still there is ``exp(g) (r + sum_j I_j f_j) + b``: a trickle ``r``, for each event
a pulse of total strength ``I`` spread over time by a lognormal delay ``f``, a wandering factor ``exp(g)`` (an
Ornstein-Uhlenbeck process), and bursts ``b`` after events that nobody reported. Movers, a lag and a trickle
follow from it: a pulse of strength I moves a share ``1 - exp(-I)`` and leaves the others undecided, not lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from safepassage.model.uptake import DatedEvent, EventKind, FigureKind, PeopleClass
from safepassage.uptake.priors import Normal, Prior

Array = npt.NDArray[np.float64]

# Households leave whole, so counts scatter more than single persons would.
HOUSEHOLD = 2.5
# An assumption, not a measurement: doors that a team reaches in a day.
DOORS_A_TEAM_DAY = 25.0
USUAL_TEAMS = 10
_TRICKLE, _RETURN, _ASSISTED, _LIST, _FIRST_PULSE = 0, 1, 2, 3, 4
_PER_PULSE = 3
_SPREAD = Normal(float(np.log(0.8)), 0.2)


@dataclass(slots=True)
class Particles:
    """
    Draws of parameters and state; all arrays have one row a particle.

    Attributes
    ----------
    fixed : float64[n, k]
        Parameters on their transformed scales: log trickle, log of the daily returns of those away, logit
        assisted share, log of the true over the stated population, then log strength, log delay and log
        spread of each event.
    wander : float64[n]
        Log of the factor on the hazard.
    burst : float64[n]
        Hazard still to come from unreported events.
    present, assisted, alone : float64[n]
        Shares of those concerned: who is there (some came back), who left with help and who left by
        themselves (each departure counts).
    flow : float64[n]
        Share that left a day, over the last step.
    """

    fixed: Array
    wander: Array
    burst: Array
    present: Array
    assisted: Array
    alone: Array
    flow: Array

    @property
    def count(self) -> int:
        """Number of particles."""
        return len(self.wander)

    def chosen(self, index: npt.NDArray[np.intp]) -> Particles:
        """Copies of some particles."""
        return Particles(*(getattr(self, name)[index] for name in self.__slots__))

    def copy(self) -> Particles:
        """A copy that can move on its own."""
        return Particles(*(getattr(self, name).copy() for name in self.__slots__))

    def list_factor(self) -> Array:
        """True over stated population."""
        return np.exp(self.fixed[:, _LIST])

    def counted(self, kind: FigureKind) -> Array:
        """What a count of a kind would show, as a share of the stated population."""
        share = {
            FigureKind.ASSISTED: self.assisted,
            FigureKind.SELF: self.alone,
            FigureKind.TOTAL: self.assisted + self.alone,
            FigureKind.REMAINING: self.present,
        }[kind]
        return share * self.list_factor()


def draw(
    prior: Prior,
    events: Sequence[DatedEvent],
    people_class: PeopleClass,
    people: float,
    count: int,
    random: np.random.Generator,
) -> Particles:
    """
    Draw particles on day zero.

    Parameters
    ----------
    prior : Prior
        Where parameters come from.
    events : sequence of DatedEvent
        One pulse each.
    people_class : PeopleClass
        Who leaves.
    people : float
        Persons concerned.
    count : int
        How many particles.
    random : Generator
        Source of randomness.

    Returns
    -------
    Particles
        Nobody has left yet.
    """
    normals = [
        prior.log_trickle_per_d,
        prior.log_return_per_d,
        prior.logit_assisted,
        Normal(0, prior.list_sd),
    ]
    for event in events:
        normals += pulse_normals(prior, event, people_class, people)
    means, sds = (np.array([getattr(normal, name) for normal in normals]) for name in ("mean", "sd"))
    fixed = means + sds * random.standard_normal((count, len(normals)))
    zero = np.zeros(count)
    return Particles(
        fixed, prior.wander_sd * random.standard_normal(count), zero.copy(), zero + 1, zero.copy(),
        zero.copy(), zero.copy(),
    )  # fmt: skip


def pulse_normals(prior: Prior, event: DatedEvent, people_class: PeopleClass, people: float) -> list[Normal]:
    """
    Prior of one event's strength, delay and spread.

    Parameters
    ----------
    prior : Prior
        What is known of the event's family.
    event : DatedEvent
        The event.
    people_class : PeopleClass
        Who leaves.
    people : float
        Persons concerned.

    Returns
    -------
    list of Normal
        Log strength, log delay (days), log spread.
    """
    pulse = prior.pulse(event.kind, people_class)
    delay = pulse.log_delay_d
    if event.teams and event.kind is EventKind.DOOR_TO_DOOR:
        half_d = people / HOUSEHOLD / (DOORS_A_TEAM_DAY * event.teams) / 2
        delay = Normal(float(np.log(np.clip(half_d, 1, 60))), 0.4)
    elif event.teams:
        # Between no effect and a pace in proportion to the teams.
        delay = Normal(delay.mean - 0.5 * float(np.log(event.teams / USUAL_TEAMS)), delay.sd)
    return [pulse.log_strength, delay, _SPREAD]


def advance(
    particles: Particles,
    prior: Prior,
    event_times_d: Array,
    span_d: tuple[float, float],
    people: float,
    random: np.random.Generator,
) -> None:
    """
    Move particles through time, in place.

    Parameters
    ----------
    particles : Particles
        Moved.
    prior : Prior
        Gives wander and surprises.
    event_times_d : float64[n_events]
        Days of the events; infinite for those left out.
    span_d : (float, float)
        From and until (days since the start).
    people : float
        Persons concerned, for the scatter of whole households.
    random : Generator
        Source of randomness.
    """
    start_d, end_d = span_d
    step_d = end_d - start_d
    if step_d <= 0:
        return
    fixed = particles.fixed
    hazard = step_d * np.exp(fixed[:, _TRICKLE])
    for j, time_d in enumerate(event_times_d):
        if time_d < end_d:
            strength, delay, spread = fixed[:, _FIRST_PULSE + _PER_PULSE * j :][:, :_PER_PULSE].T
            width = np.exp(spread)
            hazard += np.exp(strength) * (
                _arrived(end_d - time_d, delay, width) - _arrived(start_d - time_d, delay, width)
            )
    keep = np.exp(-step_d / prior.wander_d)
    noise = random.standard_normal(particles.count)
    particles.wander *= keep
    particles.wander += prior.wander_sd * np.sqrt(1 - keep**2) * noise
    hazard *= np.exp(particles.wander - prior.wander_sd**2 / 2)
    hazard += _bursts(particles, prior, step_d, random)
    away = np.maximum(1 - particles.present, 0)
    leaving = particles.present * -np.expm1(-hazard)
    scatter = np.sqrt(HOUSEHOLD / people * leaving * np.exp(-hazard)) * random.standard_normal(
        particles.count
    )
    leaving = np.clip(leaving + scatter, 0, particles.present)
    helped = leaving * expit(fixed[:, _ASSISTED])
    particles.present += away * -np.expm1(-step_d * np.exp(fixed[:, _RETURN])) - leaving
    particles.assisted += helped
    particles.alone += leaving - helped
    particles.flow = leaving / step_d


def still_to_come(particles: Particles, event_times_d: Array, time_d: float) -> Array:
    """
    Share of those concerned who have made up their minds but are still there.

    Parameters
    ----------
    particles : Particles
        Where they stand.
    event_times_d : float64[n_events]
        Days of the events; infinite for those left out.
    time_d : float
        Now (days since the start).

    Returns
    -------
    float64[n]
        Movers of past events who have not left yet; the others who are there stay for now.
    """
    hazard = particles.burst.copy()
    for j, event_d in enumerate(event_times_d):
        if event_d < time_d:
            strength, delay, spread = particles.fixed[:, _FIRST_PULSE + _PER_PULSE * j :][:, :_PER_PULSE].T
            hazard += np.exp(strength) * (1 - _arrived(time_d - event_d, delay, np.exp(spread)))
    return particles.present * -np.expm1(-hazard)


def _arrived(since_d: float, log_delay: Array, width: Array) -> Array | float:
    if since_d <= 0:
        return 0.0
    arrived: Array = ndtr((np.log(since_d) - log_delay) / width)
    return arrived


def _bursts(particles: Particles, prior: Prior, step_d: float, random: np.random.Generator) -> Array:
    """Hazard of this step from unreported events, old and new."""
    released: Array = particles.burst * -np.expm1(-step_d / prior.surprise_delay_d)
    particles.burst -= released
    events = random.poisson(prior.surprise_per_d * step_d, particles.count)
    struck = np.flatnonzero(events)
    strength = np.exp(prior.log_surprise.mean + prior.log_surprise.sd * random.standard_normal(len(struck)))
    strength *= events[struck]
    since_d = step_d * random.random(len(struck))
    at_once = strength * -np.expm1(-since_d / prior.surprise_delay_d)
    released[struck] += at_once
    particles.burst[struck] += strength - at_once
    return released
