"""The parts of the running service, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram

from safepassage.operations.desk import Desk
from safepassage.operations.login import Door
from safepassage.operations.names import NameIndex
from safepassage.operations.reading import ReadingRoom
from safepassage.operations.sync import SyncDesk
from safepassage.web.alerts import AlertWatch


@dataclass(frozen=True, slots=True)
class Meters:
    """
    What the service counts; never anything about a person.

    Attributes
    ----------
    registry : CollectorRegistry
        Of this service alone.
    answers : Counter
        Answers by method, route and status.
    seconds : Histogram
        Time an answer took, by route.
    events : Counter
        Events by how they fared.
    """

    registry: CollectorRegistry
    answers: Counter
    seconds: Histogram
    events: Counter


@dataclass(frozen=True, slots=True)
class Service:
    """
    What the routes work with.

    Attributes
    ----------
    desk : Desk
        Accepts events.
    reading : ReadingRoom
        Answers readers.
    door : Door
        Lets people in.
    sync : SyncDesk
        Takes what devices deliver.
    names : NameIndex
        Finds persons by name.
    meters : Meters
        Counts.
    secure_cookies : bool
        Sessions travel over TLS alone.
    alerts : AlertWatch
        Knows whether there is an alert.
    """

    desk: Desk
    reading: ReadingRoom
    door: Door
    sync: SyncDesk
    names: NameIndex
    meters: Meters
    secure_cookies: bool
    alerts: AlertWatch


def assemble(desk: Desk, *, secure_cookies: bool, alert_file: Path | None = None) -> Service:
    """Make the parts around a desk."""
    registry = CollectorRegistry()
    meters = Meters(
        registry,
        Counter("safepassage_answers", "Answers", ["method", "route", "status"], registry=registry),
        Histogram("safepassage_answer_seconds", "Time an answer took", ["route"], registry=registry),
        Counter("safepassage_events", "Events by how they fared", ["status"], registry=registry),
    )
    alerts = AlertWatch(alert_file, desk.now_ms)
    reading, door = ReadingRoom(desk), Door(desk)
    sync = SyncDesk(desk, reading, door)
    return Service(desk, reading, door, sync, NameIndex(desk), meters, secure_cookies, alerts)
