"""What a case file may hold, declared once: the reader, its faults and the guide follow it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

CASE_FILE = "case.toml"


class CaseGroup(StrEnum):
    """Groups of the verification protocol for wildfire evacuation models, and what it does not ask for."""

    POPULATION = "population"
    PRE_EVACUATION = "pre_evacuation"
    MOVEMENT = "movement"
    ROUTE = "route"
    FLOW = "flow"
    EVENTS = "events"
    INTERACTION = "interaction"
    PROMISES = "promises"
    OWN = "own"


class KeyKind(StrEnum):
    """What the value of a key is."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    FLAG = "true or false"
    NAMES = "list of names"
    NUMBERS = "list of numbers"
    RATES = "list of [rate, start, end]"


Default = str | float | bool | tuple[object, ...] | None


@dataclass(frozen=True, slots=True)
class Key:
    """
    One key of a section, or column of its table.

    Attributes
    ----------
    name : str
        As written.
    kind : KeyKind
        What its value is.
    meaning : str
        For people.
    required : bool
        True where it must be given.
    default : str, float, bool, tuple or None
        Used where it is not given; None stands for "as it is".
    least, above : float
        A number is at least the first and greater than the second.
    choices : tuple of str
        Allowed words of a text.
    names : str
        Section whose ids the value names; empty where it names nothing.
    """

    name: str
    kind: KeyKind
    meaning: str
    required: bool = False
    default: Default = None
    least: float = -math.inf
    above: float = -math.inf
    choices: tuple[str, ...] = ()
    names: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """
    A kind of entry of a case.

    Attributes
    ----------
    name : str
        Of ``[[name]]`` in the case file and of the table ``name.csv`` beside it.
    meaning : str
        What an entry is.
    keys : tuple of Key
        What it holds.
    """

    name: str
    meaning: str
    keys: tuple[Key, ...]

    def key(self, name: str) -> Key | None:
        """
        A key by its name.

        Parameters
        ----------
        name : str
            As written.

        Returns
        -------
        Key or None
            None where there is none.
        """
        return next((key for key in self.keys if key.name == name), None)


_TEXT, _NUMBER, _WHOLE, _FLAG = KeyKind.TEXT, KeyKind.NUMBER, KeyKind.WHOLE, KeyKind.FLAG


def _named(name: str, section: str, meaning: str, *, required: bool = True) -> Key:
    return Key(name, _TEXT, meaning, required, names=section)


def _positive(name: str, meaning: str, default: float | None = None, *, required: bool = False) -> Key:
    return Key(name, _NUMBER, meaning, required, default, above=0.0)


def _not_negative(name: str, meaning: str, default: float | None = None, *, required: bool = False) -> Key:
    return Key(name, _NUMBER, meaning, required, default, least=0.0)


_ROUTE = Key("route", KeyKind.NAMES, "Links in driving order.", required=True, names="link")

TOP = Section(
    "",
    "The case itself.",
    (
        Key("id", _TEXT, "Unique id.", required=True),
        Key("title", _TEXT, "What it shows.", required=True),
        Key("title_uk", _TEXT, "The same in Ukrainian.", default=""),
        Key("source", _TEXT, "Where the expected values come from.", required=True),
        Key(
            "group",
            _TEXT,
            "Group of the verification protocol.",
            default=CaseGroup.OWN.value,
            choices=tuple(CaseGroup),
        ),
        Key("note", _TEXT, "What a reader should know.", default=""),
        _positive("horizon_s", "When the run ends (s); not given: when nothing can move any more.", math.inf),
    ),
)

SECTIONS = (
    Section(
        "link",
        "A road in one direction.",
        (
            Key("id", _TEXT, "Unique id.", required=True),
            Key("from", _TEXT, "Node where it starts.", required=True),
            Key("to", _TEXT, "Node where it ends.", required=True),
            _positive("length_m", "Length.", 1000.0),
            _positive("free_speed_m_per_s", "Speed on an empty road.", 20.0),
            _not_negative("capacity_per_s", "Passenger-car units a second; 0 closes it.", 0.8),
            _positive("jam_density_per_m", "Units a metre when it stands.", 0.2),
            _positive("lanes", "Lanes.", 1.0),
            _positive("weight", "Priority where roads merge.", 1.0),
        ),
    ),
    Section(
        "node",
        "A node that serves vehicles one after the other.",
        (
            Key("id", _TEXT, "Node.", required=True),
            _positive("service_per_s", "Units a second that pass.", required=True),
        ),
    ),
    Section(
        "turn",
        "A turn that is forbidden or limited.",
        (
            _named("from", "link", "Link that comes in."),
            _named("to", "link", "Link that goes out."),
            _not_negative("capacity_per_s", "Units a second; 0 forbids it.", required=True),
        ),
    ),
    Section(
        "flow",
        "Cars that take one route.",
        (
            Key("id", _TEXT, "Own id; not given: its number from 0 on.", default=""),
            _ROUTE,
            Key("times_s", KeyKind.NUMBERS, "Departure of each car.", default=(), least=0.0),
            Key(
                "rates",
                KeyKind.RATES,
                "Cars a second between two times, one headway apart.",
                default=(),
                least=0.0,
            ),
            Key("pcu", _WHOLE, "Units of one vehicle.", default=1, least=1),
            Key("persons", _WHOLE, "Persons in one vehicle.", default=0, least=0),
            Key("background", _FLAG, "Traffic that has nothing to do with it.", default=False),
        ),
    ),
    Section(
        "tour",
        "A vehicle that drives several legs.",
        (
            Key("id", _TEXT, "Unique id.", required=True),
            Key("pcu", _WHOLE, "Its units.", default=2, least=1),
            Key("escorted", _FLAG, "Not held at served nodes.", default=False),
        ),
    ),
    Section(
        "leg",
        "A leg of a tour, in driving order.",
        (
            _named("tour", "tour", "Whose."),
            _ROUTE,
            _not_negative("not_before_s", "Earliest departure.", 0.0),
            _not_negative("dwell_s", "Least stop before it.", 0.0),
            Key("persons", _WHOLE, "Persons who get off at its end.", default=0, least=0),
        ),
    ),
    Section(
        "change",
        "New figures of a link from a time on.",
        (
            _not_negative("time_s", "When.", required=True),
            _named("link", "link", "Which."),
            _not_negative("capacity_per_s", "Of the whole link; 0 closes it.", required=True),
            _positive("jam_density_per_m", "Of the whole link; not given: as it was made."),
            _positive("free_speed_m_per_s", "Not given: as it was made."),
            _named("after_empty", "link", "It waits until nobody is on that link.", required=False),
        ),
    ),
    Section(
        "reversal",
        "Lanes that turn over to the other direction.",
        (
            _named("losing", "link", "Link that gives lanes up."),
            _named("gaining", "link", "Link that gets them."),
            _positive("lanes", "How many.", required=True),
            _not_negative("start_s", "When it begins.", required=True),
            _not_negative("transition_s", "Least time until they are used the other way.", 0.0),
        ),
    ),
    Section(
        "hold",
        "A time in which vehicles stay where they are.",
        (
            Key("links", KeyKind.NAMES, "Where.", required=True, names="link"),
            Key(
                "point",
                _TEXT,
                "origin: before a leg begins there; end: before they leave it.",
                required=True,
                choices=("origin", "end"),
            ),
            _not_negative("start_s", "From.", required=True),
            _positive("end_s", "Until; not given: for ever.", math.inf),
        ),
    ),
    Section(
        "signal",
        "A traffic light at the end of a link.",
        (
            _named("link", "link", "Which."),
            _positive("cycle_s", "Cycle.", required=True),
            _not_negative("green_start_s", "First second of green.", 0.0),
            _positive("green_s", "Length of green.", required=True),
        ),
    ),
    Section(
        "refuge",
        "A destination that fills up.",
        (
            Key("id", _TEXT, "Unique id.", required=True),
            Key("node", _TEXT, "Where.", required=True),
            Key("room_persons", _WHOLE, "Persons that it takes.", required=True, least=0),
            _named("divert_to", "refuge", "Where the others go; not given: nowhere.", required=False),
            Key("divert_links", KeyKind.NAMES, "The way there.", default=(), names="link"),
        ),
    ),
    Section(
        "knowledge",
        "What drivers can know of closures (at most one entry; none: they keep to their route).",
        (
            Key("sees_closure", _FLAG, "Whoever stands before a closed link knows.", default=True),
            Key("told_at_nodes", KeyKind.NAMES, "Nodes where drivers are told.", default=()),
            _not_negative("radio_delay_s", "When all know by radio; not given: never.", math.inf),
        ),
    ),
    Section(
        "expect",
        "A reading and the value that it must have.",
        (
            Key("quantity", _TEXT, "Which reading.", required=True),
            Key("value", _NUMBER, "Expected.", required=True),
            _not_negative("tolerance", "How far the obtained value may be from it.", 0.0),
            _named("link", "link", "Which link.", required=False),
            Key("flow", _TEXT, "Which flow: its id or number.", names="flow"),
            _named("refuge", "refuge", "Which refuge.", required=False),
            Key("time_s", _NUMBER, "When."),
            Key("start_s", _NUMBER, "From, not included."),
            Key("end_s", _NUMBER, "Until, included."),
            Key("delay_s", _NUMBER, "Least delay that counts."),
        ),
    ),
)


def section(name: str) -> Section:
    """
    A section by its name.

    Parameters
    ----------
    name : str
        As written.

    Returns
    -------
    Section
        Its declaration.
    """
    return next(item for item in SECTIONS if item.name == name)
