"""Times: ISO 8601 with zone outside, seconds since the scenario's start inside."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def parse_time(text: str) -> datetime:
    """
    Read a moment.

    Parameters
    ----------
    text : str
        ISO 8601 with zone.

    Returns
    -------
    datetime
        With zone.

    Raises
    ------
    ValueError
        If the text is no such time or has no zone.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return moment


def seconds_since(start: datetime, moment: datetime) -> float:
    """
    Seconds from one moment to another.

    Parameters
    ----------
    start, moment : datetime
        Both with zone.

    Returns
    -------
    float
        Negative where ``moment`` comes first.
    """
    # Two times in one zone would be compared by the clock on the wall, wrong when the clock is changed.
    return (moment.astimezone(ZoneInfo("UTC")) - start.astimezone(ZoneInfo("UTC"))).total_seconds()


def iso_time(start: datetime, time_zone: str, time_s: float) -> str:
    """
    A moment of the plan as people write it.

    Parameters
    ----------
    start : datetime
        Time zero, with zone.
    time_zone : str
        IANA name of the zone to show it in.
    time_s : float
        Seconds since the start, finite.

    Returns
    -------
    str
        ISO 8601 with the zone's offset.
    """
    moment = start.astimezone(ZoneInfo("UTC")) + timedelta(seconds=time_s)
    return moment.astimezone(ZoneInfo(time_zone)).isoformat()
