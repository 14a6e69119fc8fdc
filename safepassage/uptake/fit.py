"""Learns the prior from published figures of many places: empirical Bayes by a few rounds of EM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from safepassage.uptake.priors import Normal, Prior, Pulse, domain_prior, pulse_name
from safepassage.uptake.streams import Stream
from safepassage.uptake.tracker import Tracker

ROUNDS = 3
FIT_PARTICLES = 4000
# What is believed beforehand weighs as much as this many places.
BELIEF_PLACES = 3.0

# Name of a quantity -> (place, posterior mean, posterior variance) of each stream.
_Learnt = Mapping[str, list[tuple[str, float, float]]]


def fit_prior(streams: Sequence[Stream], *, seed: int = 1, data_digest: str = "") -> Prior:
    """
    Learn a prior.

    Parameters
    ----------
    streams : sequence of Stream
        Of all places that may be learnt from.
    seed : int
        Of every draw.
    data_digest : str
        Digest of the tables, kept with the result.

    Returns
    -------
    Prior
        The same for the same streams and seed.
    """
    belief = domain_prior()
    prior = belief
    told = [stream for stream in streams if len(stream.figures) > 1 or stream.open_start]
    for _round in range(ROUNDS):
        prior = _updated(belief, _learn(told, prior, seed))
    places = tuple(sorted({stream.place for stream in told}))
    return replace(prior, data_digest=data_digest, places=places)


def _learn(streams: Sequence[Stream], prior: Prior, seed: int) -> _Learnt:
    learnt: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for stream in streams:
        last = max(figure.day for figure in stream.figures)
        tracker = Tracker(stream, prior, seed=seed, count=FIT_PARTICLES)
        tracker.observe_until(last)
        weight, fixed = tracker.weights(), tracker.parameters()
        mean = weight @ fixed
        variance = weight @ (fixed - mean) ** 2
        names = ["trickle", "return", "assisted", "list"]
        for event in tracker.events:
            name = pulse_name(event.kind, stream.people_class)
            # Events after the last figure taught nothing; their pulse is the prior itself.
            seen = event.day <= last and (last - event.day).days < 400
            names += [f"{name} strength", f"{name} delay", ""] if seen else ["", "", ""]
        for name, m, v in zip(names, mean, variance, strict=True):
            if name:
                learnt[name].append((stream.place, float(m), float(v)))
    return learnt


def _updated(belief: Prior, learnt: _Learnt) -> Prior:
    pulses = {
        name: Pulse(
            _pooled(pulse.log_strength, learnt.get(f"{name} strength", [])),
            _pooled(pulse.log_delay_d, learnt.get(f"{name} delay", [])),
        )
        for name, pulse in belief.pulses.items()
    }
    return replace(
        belief,
        pulses=pulses,
        log_trickle_per_d=_pooled(belief.log_trickle_per_d, learnt.get("trickle", [])),
        log_return_per_d=_pooled(belief.log_return_per_d, learnt.get("return", [])),
        logit_assisted=_pooled(belief.logit_assisted, learnt.get("assisted", [])),
    )


def _pooled(belief: Normal, found: Sequence[tuple[str, float, float]]) -> Normal:
    """Mean and spread over places, held together by the belief; places weigh alike."""
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for place, mean, variance in found:
        places[place].append((mean, variance))
    count = len(places)
    mean = (
        BELIEF_PLACES * belief.mean + sum(float(np.mean([m for m, _ in rows])) for rows in places.values())
    ) / (BELIEF_PLACES + count)
    spread = sum(float(np.mean([(m - mean) ** 2 + v for m, v in rows])) for rows in places.values())
    variance = (BELIEF_PLACES * (belief.sd**2 + (belief.mean - mean) ** 2) + spread) / (BELIEF_PLACES + count)
    return Normal(round(mean, 4), round(float(np.sqrt(variance)), 4))
