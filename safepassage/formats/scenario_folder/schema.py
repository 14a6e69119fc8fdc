"""
The scenario folder, declared once.

Reader, writer, checks, JSON Schemas and documentation all follow these tables. Names and units of the
road tables are those of GMNS (General Modeling Network Specification).
"""

from __future__ import annotations

import math

from safepassage.formats.scenario_folder.columns import Column, ColumnKind, Section, Table
from safepassage.model.people import Basis
from safepassage.model.plan import PinAction, PinKind
from safepassage.model.policy import AlertRule, Objective, ThreatKind
from safepassage.model.sites import SiteKind
from safepassage.model.threat import RELIABILITY, ThreatEntryKind

SETTINGS_FILE = "scenario.toml"
AREAS_FILE = "threat.geojson"
REVERSE_SUFFIX = "_back"
JAM_DENSITY_PCE_PER_KM = 1000.0 / 7.5

_MOST_PERSONS = 10_000_000
_YES_NO = ("yes", "no")

_ID, _TEXT, _CHOICE = ColumnKind.ID, ColumnKind.TEXT, ColumnKind.CHOICE
_NUMBER, _WHOLE, _FLAG = ColumnKind.NUMBER, ColumnKind.WHOLE, ColumnKind.FLAG
_TIME, _TIMES, _DATE = ColumnKind.TIME, ColumnKind.TIMES, ColumnKind.DATE
_GEOMETRY, _TEXTS = ColumnKind.GEOMETRY, ColumnKind.TEXTS


def _longitude(name: str, default: float | None = None) -> Column:
    return Column(name, _NUMBER, "Longitude, WGS84.", "degrees", default, low=-180, high=180)


def _latitude(name: str, default: float | None = None) -> Column:
    return Column(name, _NUMBER, "Latitude, WGS84.", "degrees", default, low=-90, high=90)


def _persons(name: str, meaning: str, default: float | None = 0.0) -> Column:
    return Column(name, _WHOLE, meaning, "persons", default, low=0, high=_MOST_PERSONS)


def _places(name: str, meaning: str, default: float | None = 0.0) -> Column:
    return Column(name, _WHOLE, meaning, "places", default, low=0, high=10_000)


NODE = Table(
    "node.csv",
    "A junction, a bend, or a place where people or vehicles enter the roads.",
    (
        Column("node_id", _ID, "Unique id."),
        Column("name", _TEXT, "Name for people.", default="", in_model=False),
        _longitude("x_coord"),
        _latitude("y_coord"),
        Column("node_type", _TEXT, "Free word, such as junction.", default="", in_model=False),
    ),
    required=True,
    most_rows=500_000,
)

LINK = Table(
    "link.csv",
    "A road between two nodes; one direction, or both where directed is 0.",
    (
        Column("link_id", _ID, "Unique id."),
        Column("name", _TEXT, "Name for people.", default="", in_model=False),
        Column("from_node_id", _ID, "Where it starts.", refers_to=("node.csv",)),
        Column("to_node_id", _ID, "Where it ends.", refers_to=("node.csv",)),
        Column(
            "directed",
            _FLAG,
            f"1: this direction only; 0: both ways (the way back is named <link_id>{REVERSE_SUFFIX}).",
            default=True,
        ),
        Column("length", _NUMBER, "Length along the road.", "m", low=0, low_open=True),
        Column("lanes", _NUMBER, "Lanes in one direction.", default=1.0, low=0, high=20, low_open=True),
        Column("free_speed", _NUMBER, "Speed on an empty road.", "km/h", low=0, high=200, low_open=True),
        Column("capacity", _NUMBER, "Most that one lane carries; 0 closes the road.", "pce/h a lane", low=0),
        Column("facility_type", _TEXT, "Class of road, such as primary.", default=""),
        Column("crossing", _TEXT, "Name of the river crossing that this road is.", default=""),
        Column("schematic", _FLAG, "1: does not follow a surveyed road.", default=False),
        Column("source", _TEXT, "Where geometry and figures come from.", default=""),
        Column(
            "jam_density",
            _NUMBER,
            "Vehicles standing in a full lane.",
            "pce/km a lane",
            JAM_DENSITY_PCE_PER_KM,
            low=0,
            low_open=True,
        ),
        Column("merge_weight", _NUMBER, "Priority where roads merge.", default=1.0, low=0, low_open=True),
        Column("geometry", _GEOMETRY, "Course as WKT: LINESTRING (lon lat, lon lat).", default=""),
    ),
    required=True,
    most_rows=1_000_000,
)

MOVEMENT = Table(
    "movement.csv",
    "A turn at a node that is forbidden or limited; every other turn is allowed.",
    (
        Column("mvmt_id", _ID, "Unique id.", in_model=False),
        Column("node_id", _ID, "Where the turn is.", refers_to=("node.csv",)),
        Column("ib_link_id", _ID, "Road that comes in.", refers_to=("link.csv",)),
        Column("ob_link_id", _ID, "Road that goes out.", refers_to=("link.csv",)),
        Column("type", _TEXT, "Free word, such as left.", default="", in_model=False),
        Column("capacity", _NUMBER, "0 forbids the turn; empty: unlimited.", "pce/h", math.inf, low=0),
    ),
    required=False,
    most_rows=1_000_000,
)

SETTLEMENT = Table(
    "settlement.csv",
    "A place where people live, or a part of a town.",
    (
        Column("settlement_id", _ID, "Official code such as KATOTTG, or another unique id."),
        Column("name_uk", _TEXT, "Name in Ukrainian."),
        Column("name_en", _TEXT, "Name in English.", default=""),
        Column("community", _TEXT, "Community (hromada) it belongs to.", default=""),
        _latitude("latitude"),
        _longitude("longitude"),
        Column(
            "node_id",
            _ID,
            "Where its streets meet the roads; empty: it has no road.",
            default="",
            refers_to=("node.csv",),
        ),
        _persons("adults", "Adults present.", None),
        _persons("children", "Children under 18 present."),
        _persons("older", "People of 60 and more present."),
        _persons("low_mobility", "People of any age who cannot walk or climb unaided; in no other group."),
        _persons("wheelchair", "Of low_mobility, those who travel in a wheelchair."),
        _persons("stretcher", "Of low_mobility, those who travel lying."),
        Column("household_size", _NUMBER, "Mean persons a household.", "persons", 2.5, low=1),
        Column("car_share", _NUMBER, "Share of people whose household has a car.", "", 0.5, low=0, high=1),
        Column("hazard", _NUMBER, "Danger relative to the district's mean.", "", 1.0, low=0),
        Column("in_scope", _FLAG, "1: the order covers it.", default=True),
        Column(
            "basis",
            _CHOICE,
            "Whether the order names it.",
            default=Basis.NAMED.value,
            choices=tuple(Basis),
        ),
    ),
    required=True,
    most_rows=100_000,
)

SITE = Table(
    "site.csv",
    "A place with a part in the evacuation.",
    (
        Column("site_id", _ID, "Unique id."),
        Column("kind", _CHOICE, "What it is for.", choices=tuple(SiteKind)),
        Column("name_uk", _TEXT, "Name in Ukrainian."),
        Column("name_en", _TEXT, "Name in English.", default=""),
        Column("node_id", _ID, "Where it is reached.", refers_to=("node.csv",)),
        _latitude("latitude"),
        _longitude("longitude"),
        _persons("capacity", "Persons it can take in; empty: unlimited.", math.inf),
        _persons("waiting_cap", "Most persons who may wait here at once; empty: no cap.", math.inf),
        Column(
            "service_rate",
            _NUMBER,
            "Vehicles that can pass its node; empty: none are held.",
            "pce/h",
            math.inf,
            low=0,
            low_open=True,
        ),
        Column("accessible", _FLAG, "1: reachable for wheelchairs and stretchers.", default=True),
        Column("safe", _FLAG, "1: who arrives here is out of danger.", default=False),
        Column(
            "settlement_id",
            _ID,
            "The settlement an assembly point serves.",
            default="",
            refers_to=("settlement.csv",),
        ),
        Column("opens", _TIME, "Opening; empty: open from the start.", default=0.0),
        Column("closes", _TIME, "Closing; empty: never.", default=math.inf),
        Column(
            "divert_to",
            _ID,
            "The site to which vehicles drive on that find this one full; empty: nobody is diverted.",
            default="",
            refers_to=("site.csv",),
        ),
        Column(
            "walk",
            _NUMBER,
            "Mean way on foot of those who gather here; 0: not counted.",
            "m",
            0.0,
            low=0,
            high=100_000,
        ),
    ),
    required=True,
    most_rows=100_000,
)

FLEET = Table(
    "fleet.csv",
    "Vehicles of one agency that are alike.",
    (
        Column("fleet_id", _ID, "Unique id; vehicle 1 is <fleet_id>-01."),
        Column("kind", _TEXT, "Such as bus, minibus, wheelchair_van, ambulance."),
        Column("agency", _TEXT, "Who runs them.", default=""),
        Column("count", _WHOLE, "Vehicles.", "vehicles", low=1, high=10_000),
        _places("seats", "Seats in one vehicle.", None),
        _places("wheelchair_places", "Wheelchair places in one vehicle."),
        _places("stretcher_places", "Stretcher places in one vehicle."),
        Column("pcu", _WHOLE, "Passenger-car units of one vehicle.", "pce", 1.0, low=1, high=20),
        Column("depot", _ID, "Site where they stand at the start.", refers_to=("site.csv",)),
        Column("available_from", _TIME, "When they are ready; empty: from the start.", default=0.0),
        Column("crew_hours", _NUMBER, "Longest duty of a crew.", "h", 24.0, low=0, low_open=True),
        Column("escorted", _FLAG, "1: under police escort, not held at checkpoints.", default=False),
    ),
    required=False,
    most_rows=10_000,
)

SERVICE = Table(
    "service.csv",
    "A train, ferry or bus that runs to a timetable, off the modelled roads.",
    (
        Column("service_id", _ID, "Unique id."),
        Column("mode", _CHOICE, "Kind of transport.", choices=("rail", "ferry", "bus")),
        Column("operator", _TEXT, "Who runs it.", default=""),
        Column("from_site", _ID, "Where it departs.", refers_to=("site.csv",)),
        Column("to_site", _ID, "Where it arrives.", refers_to=("site.csv",)),
        Column("departs", _TIMES, "Departures in ascending order, joined by semicolons."),
        Column("travel_time_min", _NUMBER, "Journey time.", "min", low=0, low_open=True),
        _places("seats", "Seats in one run.", None),
        _places("wheelchair_places", "Wheelchair places in one run."),
        _places("stretcher_places", "Stretcher places in one run."),
    ),
    required=False,
    most_rows=10_000,
)

THREAT = Table(
    "threat.csv",
    "A dated event, closure, loss of capacity or speed, breakdown, arrival of water or fire, or alert.",
    (
        Column("threat_id", _ID, "Unique id."),
        Column("kind", _CHOICE, "What it is.", choices=tuple(ThreatEntryKind)),
        Column(
            "subject",
            _TEXT,
            "Link (closure, capacity, speed, breakdown), link or settlement (arrival), zone (alert).",
            default="",
        ),
        Column("start", _TIME, "From when it holds; may be before the scenario's start."),
        Column("end", _TIME, "Until when; empty: no end.", default=math.inf),
        _latitude("latitude", math.nan),
        _longitude("longitude", math.nan),
        Column(
            "factor", _NUMBER, "Share of the capacity, or the speed, that is left.", "", 1.0, low=0, high=1
        ),
        Column("probability", _NUMBER, "That it comes true.", "", 1.0, low=0, high=1),
        Column("source", _TEXT, "Who says so.", default=""),
        Column(
            "reliability",
            _CHOICE,
            "Of the source: A (reliable) to F (cannot be judged).",
            default="F",
            choices=RELIABILITY,
        ),
        Column(
            "credibility",
            _WHOLE,
            "Of the statement: 1 (confirmed) to 6 (cannot be judged).",
            "",
            6.0,
            low=1,
            high=6,
        ),
        Column("heard_from", _TEXT, "The source it was copied from; empty: first-hand.", default=""),
    ),
    required=False,
    most_rows=100_000,
)

PIN = Table(
    "pin.csv",
    "A decision of a person that the planner obeys.",
    (
        Column("pin_id", _ID, "Unique id."),
        Column("action", _CHOICE, "Force or forbid.", choices=tuple(PinAction)),
        Column("kind", _CHOICE, "What it is about.", choices=tuple(PinKind)),
        Column("subject", _ID, "Link (road), settlement (route, destination, wave) or vehicle."),
        Column(
            "value",
            _TEXT,
            "Links joined by spaces (route), site (destination), time (wave), settlement or site (vehicle).",
            default="",
        ),
        Column("reason", _TEXT, "Why.", default=""),
        Column("author", _TEXT, "Who decided.", default=""),
    ),
    required=False,
    most_rows=100_000,
)

BACKGROUND = Table(
    "background.csv",
    "Traffic that has nothing to do with the evacuation and takes its share of the roads.",
    (
        Column("background_id", _ID, "Unique id."),
        Column("from_node_id", _ID, "Where it enters.", refers_to=("node.csv",)),
        Column("to_node_id", _ID, "Where it leaves.", refers_to=("node.csv",)),
        Column("route", _TEXT, "Links joined by spaces; empty: the fastest way on empty roads.", default=""),
        Column("start", _TIME, "From when; may be before the scenario's start."),
        Column("end", _TIME, "Until when; empty: to the horizon.", default=math.inf),
        Column(
            "flow", _NUMBER, "Vehicles, one after the other.", "veh/h", low=0, high=100_000, low_open=True
        ),
        Column("pcu", _WHOLE, "Passenger-car units of one vehicle.", "pce", 1.0, low=1, high=20),
    ),
    required=False,
    most_rows=100_000,
)

SIGNAL = Table(
    "signal.csv",
    "A traffic light at the end of a road.",
    (
        Column("signal_id", _ID, "Unique id."),
        Column("link_id", _ID, "Which direction waits for it.", refers_to=("link.csv",)),
        Column("cycle", _NUMBER, "From green to green.", "s", low=0, high=86_400, low_open=True),
        Column("green_start", _NUMBER, "First green after the start.", "s", 0.0, low=0, high=86_400),
        Column("green", _NUMBER, "Length of green.", "s", low=0, high=86_400, low_open=True),
    ),
    required=False,
    most_rows=100_000,
)

REVERSAL = Table(
    "reversal.csv",
    "Lanes of one direction that the other one uses for a time.",
    (
        Column("reversal_id", _ID, "Unique id."),
        Column("losing_link_id", _ID, "The direction that gives lanes up.", refers_to=("link.csv",)),
        Column("gaining_link_id", _ID, "The direction that gets them.", refers_to=("link.csv",)),
        Column("lanes", _NUMBER, "Lanes that turn over.", low=0, high=20, low_open=True),
        Column("start", _TIME, "When it begins."),
        Column("end", _TIME, "When the lanes turn back; empty: never.", default=math.inf),
        Column("transition", _NUMBER, "Least time until they are used the other way.", "min", low=0),
    ),
    required=False,
    most_rows=100_000,
)

TABLES = (
    NODE, LINK, MOVEMENT, SETTLEMENT, SITE, FLEET, SERVICE, THREAT, PIN, BACKGROUND, SIGNAL, REVERSAL
)  # fmt: skip
FILES = (SETTINGS_FILE, *(table.file for table in TABLES))

SECTIONS = (
    Section(
        "",
        "The folder itself.",
        (Column("schema_version", _WHOLE, "Version of this description of the folder.", low=1),),
        required=True,
    ),
    Section(
        "scenario",
        "What the scenario is.",
        (
            Column("id", _ID, "Unique id."),
            Column("name_uk", _TEXT, "Name in Ukrainian."),
            Column("name_en", _TEXT, "Name in English.", default=""),
            Column("time_zone", _TEXT, "IANA name such as Europe/Kyiv."),
            Column("start", _TIME, "Time zero, with zone."),
            Column("horizon_h", _NUMBER, "How far the plan may reach.", "h", low=0, high=8760, low_open=True),
            Column("seed", _WHOLE, "Seed used unless another is given.", "", 1.0, low=0, high=2**32 - 1),
            Column("attribution", _TEXT, "Credit that every map must carry.", default=""),
        ),
        required=True,
    ),
    Section(
        "order",
        "The order to leave.",
        (
            Column("number", _TEXT, "As printed.", default=""),
            Column("issuer", _TEXT, "As printed.", default=""),
            Column(
                "kind",
                _CHOICE,
                "How binding it is.",
                default="mandatory",
                choices=("voluntary", "mandatory", "compulsory_children"),
            ),
            Column("issued", _DATE, "Date.", default=""),
            Column("scope_uk", _TEXT, "Its own words on whom it covers.", default=""),
            Column("scope_en", _TEXT, "The same in English.", default=""),
            Column("source", _TEXT, "Where the text was found.", default=""),
            Column("hotline", _TEXT, "Number to call, as printed on the sheets.", default=""),
        ),
    ),
    Section(
        "policy",
        "Rules that people set and every plan obeys.",
        (
            Column("threat_kind", _CHOICE, "Decides what each audience may see.", choices=tuple(ThreatKind)),
            Column("curfew", _TEXTS, 'Nobody is on the road then: ["23:00-05:00"].', default=()),
            Column(
                "alert_rule",
                _CHOICE,
                "What an alert holds up.",
                default=AlertRule.HOLD_BOARDING.value,
                choices=tuple(AlertRule),
            ),
            Column("persons_per_car", _NUMBER, "Mean occupancy of a car.", "persons", 2.5, low=1),
            Column("wave_grid_min", _NUMBER, "Clock grid of wave starts.", "min", 10.0, low=0, low_open=True),
            Column("call_ahead_min", _NUMBER, "Passengers are called so long before.", "min", 30.0, low=0),
            Column(
                "drive_before_break_h", _NUMBER, "A driver rests after it.", "h", 4.5, low=0, low_open=True
            ),
            Column("break_min", _NUMBER, "So long.", "min", 45.0, low=0),
            Column(
                "objective",
                _TEXT,
                "What a plan makes best, the most important first, joined by commas:"
                " clearance, mean_arrival, before_deadline, harm.",
                default=Objective.CLEARANCE.value,
            ),
            Column(
                "spare_share",
                _NUMBER,
                "Of every road's capacity, left free for late comers and other traffic.",
                "share",
                0.0,
                low=0,
                high=0.95,
            ),
            Column(
                "fork_free",
                _CHOICE,
                "Whether all cars go the same way at every junction.",
                default="no",
                choices=("yes", "no"),
            ),
        ),
        required=True,
    ),
    Section(
        "policy.boarding",
        "How long a stop takes.",
        (
            Column("stop_s", _NUMBER, "Parking, doors, counting.", "s", 300.0, low=0),
            Column("seat_s", _NUMBER, "To board one who sits; alighting takes half.", "s", 10.0, low=0),
            Column("wheelchair_s", _NUMBER, "To board a wheelchair.", "s", 180.0, low=0),
            Column("stretcher_s", _NUMBER, "To board a stretcher.", "s", 300.0, low=0),
        ),
    ),
    Section(
        "policy.walking",
        "How fast and how far people walk to an assembly point.",
        (
            Column("speed_km_per_h", _NUMBER, "Adults.", "km/h", 4.0, low=0, high=20, low_open=True),
            Column(
                "slow_speed_km_per_h",
                _NUMBER,
                "Children, older people, and who walks with them.",
                "km/h",
                2.5,
                low=0,
                high=20,
                low_open=True,
            ),
            Column(
                "most_m",
                _NUMBER,
                "Assembly points with a longer way on foot are not used; without it none is too far.",
                "m",
                math.inf,
                low=0,
                high=100_000,
                low_open=True,
            ),
        ),
    ),
    Section(
        "drivers",
        "What drivers on the road can know of closures.",
        (
            Column(
                "reroute",
                _CHOICE,
                "Whether who knows of a closure drives around it.",
                default="no",
                choices=_YES_NO,
            ),
            Column(
                "see_closures",
                _CHOICE,
                "Who stands before a closed road knows.",
                default="yes",
                choices=_YES_NO,
            ),
            Column("told_at", _TEXTS, 'Sites where passing drivers are told: ["site"].', default=()),
            Column(
                "radio_delay_min",
                _NUMBER,
                "When all know by radio; not given: never.",
                "min",
                math.inf,
                low=0,
            ),
        ),
    ),
    Section(
        "hazard",
        "A grid of the times at which water or fire arrives.",
        (
            Column("arrival_grid", _TEXT, "File in the folder: GeoTIFF (.tif) or ASC (.asc)."),
            Column("unit", _CHOICE, "Of the grid's times.", choices=("min", "h")),
            Column(
                "counted_from",
                _TIME,
                "Moment that the grid calls 0; not given: the scenario's start.",
                default=math.nan,
            ),
            Column("shift_min", _NUMBER, "Arrivals are so much later; earlier if negative.", "min", 0.0),
            Column(
                "no_data", _NUMBER, "Value of cells that nothing reaches; overrules the file.", "", math.nan
            ),
            Column("crs", _TEXT, 'Projection of a grid that names none: "EPSG:32637".', default=""),
        ),
    ),
    Section(
        "reported",
        "What was reported to have happened.",
        (
            Column("as_of", _DATE, "Date."),
            _persons("people_out", "Persons who had left in all.", None),
            _persons("assisted", "Of them, those transported.", None),
            _persons("by_themselves", "Of them, those who went on their own.", None),
            _persons("of_people", "Persons in scope at the time.", None),
            Column("source", _TEXT, "Who reported it.", default=""),
        ),
        many="list",
    ),
    Section(
        "assumption",
        "A figure that nobody knows for certain.",
        (
            Column("value", _NUMBER, "The value used."),
            Column("low", _NUMBER, "Least it may be."),
            Column("high", _NUMBER, "Most it may be."),
            Column("unit", _TEXT, "Unit of the three.", default=""),
            Column("reason", _TEXT, "Why this value."),
            Column("source", _TEXT, "Where it comes from.", default=""),
            Column("targets", _TEXTS, 'Cells that hold it: ["file:id:column"], * for every id.', default=()),
        ),
        many="named",
    ),
)


def section(name: str) -> Section:
    """
    A section of the settings by its name.

    Parameters
    ----------
    name : str
        Dotted name.

    Returns
    -------
    Section
        Its declaration.
    """
    return next(item for item in SECTIONS if item.name == name)
