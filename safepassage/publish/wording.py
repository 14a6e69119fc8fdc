"""Numbers, times and codes in words, in the language of the context or in all languages at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ParamSpec

from markupsafe import Markup, escape

from safepassage.i18n import LANGUAGES, _, language, ngettext, use_language
from safepassage.model.people import NeedClass
from safepassage.model.plan import Pin, PinAction, PinKind, ReasonCode
from safepassage.model.scenario import Scenario
from safepassage.model.sites import SiteKind

P = ParamSpec("P")

THIN_SPACE = "\u202f"
NOTHING = "\u2013"


@dataclass(frozen=True, slots=True)
class Bilingual:
    """
    One text in every language of the program.

    Attributes
    ----------
    texts : tuple of (str, str)
        Language code and text, in the order of `LANGUAGES`.
    """

    texts: tuple[tuple[str, str], ...]

    def __html__(self) -> str:
        # The page's style sheet shows the elements of the chosen language only.
        if len({text for _code, text in self.texts}) == 1:
            return str(escape(self.texts[0][1]))
        return "".join(f'<span lang="{code}">{escape(text)}</span>' for code, text in self.texts)

    def __str__(self) -> str:
        return self.as_dict()[language()]

    def as_dict(self) -> dict[str, str]:
        """Texts by language code."""
        return dict(self.texts)


def in_all_languages(say: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> Bilingual:
    """
    Say the same thing in every language.

    Parameters
    ----------
    say : callable
        Builds the text in the language of the context.
    *args, **kwargs
        What it is called with.

    Returns
    -------
    Bilingual
        The texts.
    """
    texts = []
    for code in LANGUAGES:
        with use_language(code):
            texts.append((code, say(*args, **kwargs)))
    return Bilingual(tuple(texts))


def lines_in_all_languages(say: Callable[[], Sequence[str]]) -> list[Bilingual]:
    """
    Say several lines in every language, each language once.

    Parameters
    ----------
    say : callable
        Builds the lines in the language of the context; as many in every language.

    Returns
    -------
    list of Bilingual
        Line by line.
    """
    told = []
    for code in LANGUAGES:
        with use_language(code):
            told.append([(code, line) for line in say()])
    return [Bilingual(texts) for texts in zip(*told, strict=True)]


def translated(text: str) -> Bilingual:
    """
    A sentence that a plan carries, in every language where it is one of the program's own.

    Parameters
    ----------
    text : str
        Sentence as the plan was written, in the source language.

    Returns
    -------
    Bilingual
        The sentence; unchanged where it has no translation.
    """
    return in_all_languages(_, text)


def svg_text(text: Bilingual, attributes: Markup) -> Markup:
    """
    SVG text elements of a name, one a language.

    Parameters
    ----------
    text : Bilingual
        What to write.
    attributes : Markup
        Attributes of each element, already escaped.

    Returns
    -------
    Markup
        ``<text>`` elements.
    """
    if len({words for _code, words in text.texts}) == 1:
        return Markup("<text {}>{}</text>").format(attributes, text.texts[0][1])
    return Markup("").join(
        Markup('<text {} lang="{}">{}</text>').format(attributes, code, words) for code, words in text.texts
    )


def place_name(place: object) -> str:
    """
    Name of a settlement, site or scenario in the language of the context.

    Parameters
    ----------
    place : object
        With ``name_uk`` and ``name_en``.

    Returns
    -------
    str
        The name, or the other language's where it has none.
    """
    names = {code: str(getattr(place, f"name_{code}", "")) for code in LANGUAGES}
    return names[language()] or next((name for name in names.values() if name), str(getattr(place, "id", "")))


def number(value: float, decimals: int = 0) -> str:
    """
    A number with thin spaces between thousands and the language's decimal mark.

    Parameters
    ----------
    value : float
        What to write.
    decimals : int
        Digits after the mark.

    Returns
    -------
    str
        Such as ``12 000`` or ``3.4``; a dash where the value is not finite.
    """
    if not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals}f}".replace(",", THIN_SPACE)
    return text.replace(".", ",") if language() == "uk" else text


def figure(value: float) -> str:
    """A number with as many decimals as it needs, at most three significant ones after the mark."""
    if not math.isfinite(value):
        return NOTHING
    decimals = next((d for d in range(4) if math.isclose(value, round(value, d), rel_tol=1e-9)), 3)
    return number(value, decimals)


def percent(value: float) -> str:
    """A percentage, with one decimal below ten."""
    return f"{number(value, 1 if 0 < abs(value) < 10 else 0)}{THIN_SPACE}%"


def duration(seconds: float) -> str:
    """
    A length of time in hours and minutes.

    Parameters
    ----------
    seconds : float
        Length (s); rounded to the minute, and said in seconds below one.

    Returns
    -------
    str
        Such as ``16 h 40 min``; a dash where it is not finite.
    """
    if not math.isfinite(seconds):
        return NOTHING
    minutes = math.floor(abs(seconds) / 60 + 0.5)
    if minutes == 0:
        return _("{count} s").format(count=number(round(abs(seconds))))
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return _("{count} min").format(count=rest)
    if rest == 0:
        return _("{count} h").format(count=number(hours))
    return _("{hours} h {minutes} min").format(hours=number(hours), minutes=rest)


def clock(scenario: Scenario, time_s: float, *, round_up: bool = False) -> str:
    """
    The wall clock at a moment, 24 hours, with the day where it is not the first.

    Parameters
    ----------
    scenario : Scenario
        Gives time zero and the zone.
    time_s : float
        Moment (s since the scenario's start).
    round_up : bool
        Round to the next minute, so that an achieved time is never said too early.

    Returns
    -------
    str
        Such as ``05:00`` or ``14:20, day 2``; a dash where it is not finite.
    """
    if not math.isfinite(time_s):
        return NOTHING
    time, day = clock_and_day(scenario, time_s, round_up=round_up)
    return time if day == 1 else _("{time}, day {day}").format(time=time, day=day)


def clock_and_day(scenario: Scenario, time_s: float, *, round_up: bool = False) -> tuple[str, int]:
    """The wall clock and the day, counted from 1, at a finite moment; see `clock`."""
    minute_s = 60 * (math.ceil(time_s / 60 - 1e-9) if round_up else math.floor(time_s / 60 + 1e-9))
    moment = scenario.local_time(minute_s)
    return f"{moment:%H:%M}", (moment.date() - scenario.local_time(0).date()).days + 1


def date_words(scenario: Scenario, time_s: float) -> str:
    """Calendar date of a moment, such as ``11.08.2023``."""
    return f"{scenario.local_time(time_s):%d.%m.%Y}"


def distance(length_m: float) -> str:
    """A length in kilometres, with a decimal below ten."""
    kilometres = length_m / 1000
    return _("{count} km").format(count=number(kilometres, 1 if kilometres < 10 else 0))


def compass_words(
    latitude_deg: float, longitude_deg: float, to_latitude_deg: float, to_longitude_deg: float
) -> str:
    """
    Where one place lies as seen from another.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        From here.
    to_latitude_deg, to_longitude_deg : float
        To there.

    Returns
    -------
    str
        One of eight points of the compass.
    """
    east = (to_longitude_deg - longitude_deg) * math.cos(math.radians(latitude_deg))
    points = (
        _("east"),
        _("north-east"),
        _("north"),
        _("north-west"),
        _("west"),
        _("south-west"),
        _("south"),
        _("south-east"),
    )
    return points[round(math.atan2(to_latitude_deg - latitude_deg, east) / (math.pi / 4)) % 8]


def people_words(count: int) -> str:
    """A number of people."""
    return ngettext("{count} person", "{count} people", count).format(count=number(count))


def cars_words(count: int) -> str:
    """A number of cars."""
    return ngettext("{count} car", "{count} cars", count).format(count=number(count))


def trips_words(count: int) -> str:
    """A number of trips of buses, vans and trains."""
    return ngettext("{count} trip", "{count} trips", count).format(count=number(count))


def joined(parts: Iterable[str]) -> str:
    """Parts of a list in one line, empty ones left out."""
    return ", ".join(part for part in parts if part)


def reason_words(code: ReasonCode) -> str:
    """Why somebody cannot be served."""
    return {
        ReasonCode.NO_ROAD: _("no road leads out"),
        ReasonCode.NO_DESTINATION: _("no destination can be reached"),
        ReasonCode.NO_BEDS: _("no place left in reception"),
        ReasonCode.NO_VEHICLE: _("no suitable vehicle"),
        ReasonCode.NO_ASSEMBLY_POINT: _("no assembly point"),
        ReasonCode.NOT_ACCESSIBLE: _("the place cannot take wheelchairs or stretchers"),
        ReasonCode.OUT_OF_TIME: _("not enough time"),
        ReasonCode.WAITING_CAP: _("too many would have to wait at one place"),
        ReasonCode.FORBIDDEN_BY_PIN: _("forbidden by a decision of the commission"),
    }[code]


def remedy_words(code: ReasonCode) -> str:
    """What would help those who cannot be served."""
    return {
        ReasonCode.NO_ROAD: _("Open or repair a road, or bring a boat or an all-terrain vehicle."),
        ReasonCode.NO_DESTINATION: _("Open a road to a destination, or name another destination."),
        ReasonCode.NO_BEDS: _("Open more reception places."),
        ReasonCode.NO_VEHICLE: _("Ask for more vehicles with places for wheelchairs and stretchers."),
        ReasonCode.NO_ASSEMBLY_POINT: _("Name an assembly point that vehicles can reach."),
        ReasonCode.NOT_ACCESSIBLE: _("Make the stop accessible, or send a vehicle to the door."),
        ReasonCode.OUT_OF_TIME: _("Start earlier, extend the time, or add vehicles."),
        ReasonCode.WAITING_CAP: _("Raise the waiting limit, or add a second assembly point."),
        ReasonCode.FORBIDDEN_BY_PIN: _("Reconsider the decision that forbids it."),
    }[code]


def pin_words(pin: Pin) -> str:
    """What a person decided before the plan was made, with the reason."""
    what = {
        PinKind.ROAD: _("road {subject}"),
        PinKind.ROUTE: _("{subject}, route {value}"),
        PinKind.DESTINATION: _("{subject}, destination {value}"),
        PinKind.WAVE: _("{subject}, wave at {value} s"),
        PinKind.VEHICLE: _("vehicle {subject}, service of {value}"),
    }[pin.kind]
    decision = {PinAction.FORCE: _("{what}: required"), PinAction.FORBID: _("{what}: ruled out")}[pin.action]
    told = joined([pin.reason, pin.author])
    said = decision.format(what=what.format(subject=pin.subject, value=pin.value))
    return f"{said} ({told})" if told else said


def site_kind_words(kind: SiteKind) -> str:
    """What a site is for."""
    return {
        SiteKind.ASSEMBLY_POINT: _("assembly point"),
        SiteKind.HANDOVER_HUB: _("handover hub"),
        SiteKind.CHECKPOINT: _("checkpoint"),
        SiteKind.TRANSIT_CENTRE: _("transit centre"),
        SiteKind.RECEPTION: _("reception"),
        SiteKind.HOSPITAL: _("hospital"),
        SiteKind.STATION: _("station"),
        SiteKind.DEPOT: _("depot"),
        SiteKind.EXIT: _("way out of the map"),
    }[kind]


def need_words(need: NeedClass, count: int) -> str:
    """Persons of a need class."""
    forms = {
        NeedClass.SEAT: ngettext("{count} who can sit", "{count} who can sit", count),
        NeedClass.WHEELCHAIR: ngettext("{count} in a wheelchair", "{count} in wheelchairs", count),
        NeedClass.STRETCHER: ngettext("{count} on a stretcher", "{count} on stretchers", count),
        NeedClass.CARER: ngettext("{count} carer", "{count} carers", count),
    }
    return forms[need].format(count=number(count))
