"""The prior of the uptake model: what all places together say of an evacuation yet to come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from safepassage.errors import ModelError
from safepassage.model.uptake import EventKind, PeopleClass

PRIOR_FILE = "prior.json"
PRIOR_SCHEMA_VERSION = 1

# Kinds of events that are too few to be told apart share what is learnt of them.
_FAMILY: Mapping[EventKind, str] = {
    EventKind.ORDER: "order",
    EventKind.STRENGTHENED: "order",
    EventKind.COMPULSORY_CHILDREN: "compulsory",
    EventKind.EMERGENCY: "acute",
    EventKind.ASSAULT: "acute",
    EventKind.CROSSING_LOST: "acute",
    EventKind.UTILITIES_LOST: "push",
    EventKind.FRONT_NEAR: "push",
    EventKind.INFORMATION: "push",
    EventKind.DOOR_TO_DOOR: "push",
    EventKind.UNDER_WAY: "under way",
}


@dataclass(frozen=True, slots=True)
class Normal:
    """
    A normal distribution of one quantity on its transformed scale.

    Attributes
    ----------
    mean, sd : float
        Mean and standard deviation.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not self.sd > 0:
            raise ModelError(f"a prior's sd is {self.sd}; give a positive number")


@dataclass(frozen=True, slots=True)
class Pulse:
    """
    What an event does to those who are still there.

    Attributes
    ----------
    log_strength : Normal
        Log of the leaving hazard that the event adds, summed over all time; a strength of 1 moves 63 %.
    log_delay_d : Normal
        Log of the median delay until they leave (days).
    """

    log_strength: Normal
    log_delay_d: Normal


@dataclass(frozen=True, slots=True)
class Prior:
    """
    Hyperparameters of the uptake model.

    Attributes
    ----------
    pulses : mapping of str to Pulse
        By event family and class of people, such as ``order everyone``.
    log_trickle_per_d : Normal
        Log of the daily hazard of leaving without any event.
    log_return_per_d : Normal
        Log of the daily rate at which those who left come back.
    logit_assisted : Normal
        Logit of the share of leavers who are assisted.
    list_sd : float
        Error of the population, on the log scale.
    wander_sd : float
        Spread of the log of the hazard around the model's.
    wander_d : float
        Days over which the hazard keeps to one side.
    surprise_per_d : float
        Rate of events that nobody reported.
    log_surprise : Normal
        Log of the strength of such an event.
    surprise_delay_d : float
        Mean delay after such an event (days).
    data_digest : str
        SHA-256 of the tables it was learnt from.
    places : tuple of str
        Places it was learnt from.
    """

    pulses: Mapping[str, Pulse]
    log_trickle_per_d: Normal
    log_return_per_d: Normal
    logit_assisted: Normal
    list_sd: float
    wander_sd: float
    wander_d: float
    surprise_per_d: float
    log_surprise: Normal
    surprise_delay_d: float
    data_digest: str = ""
    places: tuple[str, ...] = ()

    def pulse(self, kind: EventKind, people_class: PeopleClass) -> Pulse:
        """
        What an event of a kind does to a class of people.

        Parameters
        ----------
        kind : EventKind
            The event.
        people_class : PeopleClass
            The people.

        Returns
        -------
        Pulse
            That of the event's family.
        """
        return self.pulses[pulse_name(kind, people_class)]

    def as_json(self) -> str:
        """
        The prior as a document.

        Returns
        -------
        str
            JSON with the same bytes for the same prior.
        """
        document = {"schema_version": PRIOR_SCHEMA_VERSION, **asdict(self)}
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Prior:
        """
        Read a prior.

        Parameters
        ----------
        text : str
            As `as_json` wrote it.

        Returns
        -------
        Prior
            The prior.
        """
        document: dict[str, Any] = json.loads(text)
        version = document.pop("schema_version")
        if version != PRIOR_SCHEMA_VERSION:
            raise ModelError(f"prior: schema_version is {version}; this program reads {PRIOR_SCHEMA_VERSION}")
        pulses = {
            name: Pulse(Normal(**pulse["log_strength"]), Normal(**pulse["log_delay_d"]))
            for name, pulse in document.pop("pulses").items()
        }
        rest: dict[str, Any] = {
            name: Normal(**value) if isinstance(value, dict) else value for name, value in document.items()
        }
        rest["places"] = tuple(rest["places"])
        return cls(pulses=pulses, **rest)


def pulse_name(kind: EventKind, people_class: PeopleClass) -> str:
    """Name under which a prior keeps a pulse."""
    family = _FAMILY[kind]
    # Assaults and lost bridges move children and adults alike.
    return family if family in ("acute", "push") else f"{family} {people_class.value}"


def domain_prior() -> Prior:
    """
    What is believed before any series is seen, wide on purpose.

    Returns
    -------
    Prior
        Orders of magnitude from the literature and from reports of how evacuations went.
    """
    return Prior(
        pulses={
            # A refusable order moves about a fifth, a few per cent to nearly all; most go in the first week.
            "order everyone": Pulse(Normal(-1.5, 1.1), Normal(1.6, 0.7)),
            "order children": Pulse(Normal(-0.2, 0.9), Normal(1.6, 0.7)),
            # Compulsion for families works at the speed of enforcement.
            "compulsory everyone": Pulse(Normal(-2.3, 0.9), Normal(2.0, 0.8)),
            "compulsory children": Pulse(Normal(0.7, 0.7), Normal(2.5, 1.0)),
            # An assault or a lost bridge moves most within a week.
            "acute": Pulse(Normal(0.2, 0.8), Normal(1.0, 0.7)),
            "push": Pulse(Normal(-1.5, 1.0), Normal(1.3, 0.7)),
            # Figures are published while people are on the move, in calm times seldom.
            "under way everyone": Pulse(Normal(-1.5, 1.2), Normal(2.0, 0.8)),
            "under way children": Pulse(Normal(-0.7, 1.2), Normal(2.0, 0.8)),
        },
        log_trickle_per_d=Normal(-6.0, 1.3),
        log_return_per_d=Normal(-7.5, 1.2),
        logit_assisted=Normal(0.0, 0.9),
        list_sd=0.08,
        wander_sd=0.9,
        wander_d=14.0,
        surprise_per_d=1 / 45,
        log_surprise=Normal(-2.2, 1.0),
        surprise_delay_d=4.0,
    )


def shipped_prior() -> Prior:
    """
    The prior that comes with the program.

    Returns
    -------
    Prior
        Learnt from the published figures of all places.
    """
    return Prior.from_json((files("safepassage.uptake") / "prior" / PRIOR_FILE).read_text("utf-8"))
