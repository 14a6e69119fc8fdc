"""Free text of the uptake tables: numbers, dates and events as officials and papers write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from safepassage.model.uptake import DatedEvent, EventKind

_SPACES = "\u00a0\u202f\u2009"
_GROUPED = re.compile(r"\d{1,3}(?:[ ,.'’]\d{3})+(?![\d])")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_ISO = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})(?:-(\d{2}))?(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:-\d{1,2})?\s+)?(" + "|".join(_MONTHS) + r")[a-z]*\.?(?:\s+(\d{4}))?", re.IGNORECASE
)
# The first words that fit decide; sharper events stand before milder ones.
_EVENT_WORDS: tuple[tuple[EventKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (EventKind.CROSSING_LOST, r"bridge|crossing (?:lost|hit|destroyed)|міст|переправ"),
        (EventKind.ASSAULT, r"assault|incursion|encircle|offensive|street fight|штурм|наступ|оточен"),
        (EventKind.EMERGENCY, r"emergency|flood|fire|dam |hurricane|wildfire|повін|пожеж"),
        (EventKind.UTILITIES_LOST, r"(?:water|power|gas|utilit|heating)\b.*\b(?:lost|cut)"),
        (EventKind.COMPULSORY_CHILDREN, r"compulsory|примусов|forced.*child"),
        (EventKind.FRONT_NEAR, r"front (?:moved|near|within)|фронт"),
        (EventKind.STRENGTHENED, r"strengthen|посилен|all adults"),
        (EventKind.INFORMATION, r"campaign|information|calls\b|інформ"),
        (EventKind.DOOR_TO_DOOR, r"door.to.door|house.to.house|подвор"),
        (EventKind.ORDER, r"order|mandatory|announc|evacuat|обов"),
    )
)


def persons(text: str) -> tuple[float, ...]:
    """
    Numbers of persons in a text, in any of the usual ways of writing thousands.

    Parameters
    ----------
    text : str
        Such as ``11000-12000``, ``1 234``, ``1,234``, ``1.234`` or ``about 6.8 million``.

    Returns
    -------
    tuple of float
        In the order of the text.
    """
    for space in _SPACES:
        text = text.replace(space, " ")
    text = _ISO.sub(" ", text)
    text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found.group()), text)
    scale = 1e6 if re.search(r"\bmillion|\bмлн", text) else 1.0
    return tuple(float(found.group().replace(",", ".")) * scale for found in _PLAIN.finditer(text))


def population(text: str) -> float | None:
    """
    The population that a cell states.

    Parameters
    ----------
    text : str
        Such as ``11000-12000`` or ``2500 (governor) / 3000 (town head)``.

    Returns
    -------
    float or None
        The middle of a range, else the first number; None where none is stated or where it is that of
        before the war, of whom most left long before.
    """
    if re.search(r"pre-?war|довоєнн", text, re.IGNORECASE):
        return None
    numbers = persons(text)
    if not numbers or numbers[0] <= 0:
        return None
    span = re.match(r"\s*(?:about\s+|близько\s+)?[\d., ]+\s*[-–]\s*[\d., ]*\d", text)
    return (numbers[0] + numbers[1]) / 2 if span and len(numbers) > 1 else numbers[0]


def first_date(text: str) -> date | None:
    """
    The first date of a text that names a year.

    Parameters
    ----------
    text : str
        With ISO dates, to the day or to the month.

    Returns
    -------
    date or None
        The middle of a month where no day is given; None where no date is found.
    """
    for found in _ISO.finditer(text):
        day = _date(int(found[1]), int(found[2]), int(found[3] or 15))
        if day:
            return day
    return None


def order_events(dates: str, kind: str) -> tuple[DatedEvent, ...]:
    """
    Orders from the columns ``order_dates`` and ``order_kind``.

    Parameters
    ----------
    dates : str
        Dates, each with or without words.
    kind : str
        What was ordered; steps in the order of the dates where separated by semicolons or "then".

    Returns
    -------
    tuple of DatedEvent
        Ascending. Later dates within five days of an order are its publication, not another order.
    """
    steps = [step for step in re.split(r";|\bthen\b", kind) if step.strip()] or [kind]
    events: list[DatedEvent] = []
    # Stretches of execution ("carried out 3 to 26 Nov") are no orders of their own.
    for part in re.split(r";\s*(?!carried)|\|", re.sub(r"carried out.*", "", dates)):
        for day in _days(part, None):
            if events and (day - events[-1].day).days <= 5:
                continue
            step = steps[min(len(events), len(steps) - 1)]
            found = event_kind(f"{part} {step}") or EventKind.ORDER
            # What a sentence about an order calls mandatory is an order, whatever else it names.
            if events and found is EventKind.ORDER:
                found = EventKind.STRENGTHENED
            events.append(DatedEvent(day, found))
    return tuple(sorted(events))


def escalation_events(text: str, near: date | None) -> tuple[DatedEvent, ...]:
    """
    Events from the column ``escalation_events``; only those with a day.

    Parameters
    ----------
    text : str
        Parts separated by semicolons.
    near : date or None
        Gives the year where a part names only day and month; parts are left out where it is None.

    Returns
    -------
    tuple of DatedEvent
        Ascending. A part without a date is not used: nobody can say when it was known.
    """
    events = []
    for part in re.split(r";", text):
        kind = event_kind(part)
        days = _days(part, near)
        if kind and kind is not EventKind.ORDER and days:
            events.append(DatedEvent(days[0], kind))
    return tuple(sorted(events))


def event_kind(text: str) -> EventKind | None:
    """The kind of event that a text speaks of; None where no word is known."""
    return next((kind for kind, words in _EVENT_WORDS if words.search(text)), None)


def _days(text: str, near: date | None) -> list[date]:
    days = [
        day
        for found in _ISO.finditer(text)
        if (day := _date(int(found[1]), int(found[2]), int(found[3] or 15)))
    ]
    rest = _ISO.sub(" ", text)
    for found in _NAMED.finditer(rest):
        if not found[1] and not found[3]:
            continue
        year = int(found[3]) if found[3] else near.year if near else None
        if year is None:
            continue
        day = _date(year, _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or 15))
        if day and near and not found[3] and day < near - timedelta(days=90):
            day = _date(year + 1, day.month, day.day)
        if day:
            days.append(day)
    return sorted(set(days))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
