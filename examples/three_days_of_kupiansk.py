"""
The first three days of Kupiansk, August 2023, through the real service of the ledger.

``python examples/three_days_of_kupiansk.py [--lang uk]`` opens a ledger in a temporary folder, serves it on
this machine, and lets eight desks and six telephones play what the press told of 10 to 12 August 2023: an
order drafted by one person and authorised by another, hotline intake with call-backs, refusals, three
agencies' trips, a telephone without a network for a day, a contested crossing, and check-ins at the transit
centre. Persons are made up; the numbers of the settlements are those of the bundled scenario.

Everything is said over HTTP. Only the clock is not real: three days pass in some seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pyotp
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import LANGUAGES, set_language
from safepassage.model.scenario import Scenario
from safepassage.operations.clock import HybridClock
from safepassage.operations.desk import Desk
from safepassage.operations.event import ADAPTER, content_hash
from safepassage.operations.login import Door
from safepassage.operations.safety.keys import MasterKey, public_text, signed
from safepassage.operations.safety.roles import Role
from safepassage.operations.store.database import Database
from safepassage.publish.wording import place_name
from safepassage.web.app import create_app

SCENARIO = Path(__file__).resolve().parent.parent / "safepassage" / "scenarios" / "kupiansk-2023"
DAY = timedelta(days=1)
FIRST_MORNING = datetime(2023, 8, 10, 4, 0, tzinfo=UTC)
HOUR_MS = 3_600_000
LINES = ("willing", "refused", "evacuated_assisted", "self_evacuated", "unknown", "returned")
NAMES = ("Олена", "Іван", "Марія", "Петро", "Ганна", "Сергій", "Оксана", "Василь", "Наталія", "Микола")
FAMILIES = ("Шевченко", "Коваль", "Бондар", "Ткач", "Мельник", "Кравець", "Олійник", "Лисенко", "Гончар")
TRANSIT = "transit-shevchenkove"


class Clock:
    """The wall clock of the play."""

    def __init__(self, start: datetime) -> None:
        self.now_ms = round(start.timestamp() * 1000)

    def __call__(self) -> int:
        """Milliseconds since 1970."""
        return self.now_ms

    def go_to(self, moment: datetime) -> None:
        """Let time pass; never backwards."""
        self.now_ms = max(self.now_ms + 1, round(moment.timestamp() * 1000))

    def pass_minutes(self, minutes: float) -> None:
        """Let minutes pass."""
        self.now_ms += round(minutes * 60_000)


class Refused(Exception):  # noqa: N818 - what the ledger does, not an error of the program
    """The ledger did not take what was said."""


@dataclass
class Screen:
    """A desk with a browser: a person who has logged in with password and one-time code."""

    client: httpx.Client

    def say(self, kind: str, subject: str, /, **payload: Any) -> dict[str, Any]:
        """Say what has happened; raises where it does not go together with the ledger."""
        answer = self.client.post("/v1/events", json={"kind": kind, "subject": subject, "payload": payload})
        if answer.status_code == 409:
            raise Refused(answer.json())
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def see(self, path: str, **query: Any) -> Any:
        """Read."""
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()


@dataclass
class Telephone:
    """A device in the field: signs what its owner says, and delivers when there is a network."""

    name: str
    owner: str
    agency: str
    client: httpx.Client
    clock: Clock
    key: Ed25519PrivateKey
    waiting: list[dict[str, Any]] = field(default_factory=list)
    online: bool = True
    sequence: int = 0
    previous: str = ""
    cursor: str = ""

    def __post_init__(self) -> None:
        """Start the clock of the device."""
        self.stamps = HybridClock(self.clock)
        self.random = random.Random(self.name)

    def say(self, kind: str, subject: str, /, **payload: Any) -> None:
        """Sign an event; it is delivered with the next `sync`."""
        self.sequence += 1
        stamp = self.stamps.tick()
        digits = f"{stamp.wall_ms:012x}7{self.random.getrandbits(12):03x}8{self.random.getrandbits(60):015x}"
        event = ADAPTER.validate_python(
            {
                "event_id": "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])),
                "kind": kind,
                "subject": subject,
                "payload": payload,
                "device": self.name,
                "sequence": self.sequence,
                "wall_ms": stamp.wall_ms,
                "counter": stamp.counter,
                "claimed_ms": stamp.wall_ms,
                "actor": self.owner,
                "agency": self.agency,
                "previous": self.previous,
            }
        )
        event = signed(event, self.key)
        self.previous = content_hash(event)
        self.waiting.append(asdict(event))

    def sync(self) -> list[dict[str, Any]]:
        """Deliver what waits; nothing happens without a network."""
        if not self.online or not self.waiting:
            return []
        answer = self.client.post(
            "/v1/sync",
            json={"events": self.waiting, "device_ms": self.clock(), "cursor": self.cursor, "limit": 1},
        )
        answer.raise_for_status()
        self.waiting = []
        receipts: list[dict[str, Any]] = answer.json()["receipts"]
        return receipts


@dataclass
class Household:
    """A made-up household."""

    id: str
    settlement: str
    persons: list[str]
    children: list[str]
    needs: dict[str, str]


class Play:
    """
    The three days.

    Parameters
    ----------
    address : str
        Where the service listens.
    door : Door
        Opens the accounts, as `safepassage admin user` does.
    clock : Clock
        Shared with the service.
    scenario : Scenario
        Gives settlements and their people.
    """

    def __init__(self, address: str, door: Door, clock: Clock, scenario: Scenario) -> None:
        self.address = address
        self.door = door
        self.clock = clock
        self.places = {place.id: place for place in scenario.settlements if place.in_scope}
        self.random = random.Random(2023)
        self.seeds: dict[str, tuple[str, str]] = {}
        self.clients: list[httpx.Client] = []
        self.households: list[Household] = []
        self.refusing: list[Household] = []
        self.overdue: list[str] = []
        self.referrals: list[Any] = []
        self.conflicts: list[Any] = []
        self.duplicates: list[Any] = []
        self.incident: dict[str, Any] = {}
        self.ledger: dict[str, Any] = {}
        self.receipts: list[dict[str, Any]] = []
        self.told: list[str] = []

    # ---- people, desks and telephones ---------------------------------------------------------------

    def account(self, name: str, agency: str, role: Role) -> None:
        """Open an account."""
        password = secrets.token_urlsafe(12)
        self.seeds[name] = (password, self.door.open_account(name, agency, role, password, by="example"))

    def client(self) -> httpx.Client:
        """Open a connection to the service."""
        self.clients.append(httpx.Client(base_url=self.address, timeout=60))
        return self.clients[-1]

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()

    def screen(self, name: str) -> Screen:
        """Log in."""
        password, seed = self.seeds[name]
        client = self.client()
        # A code counts once, so whoever logs in again waits for the next.
        self.clock.pass_minutes(0.6)
        code = pyotp.TOTP(seed).at(self.clock() // 1000)
        client.post("/v1/login", json={"name": name, "password": password, "code": code}).raise_for_status()
        return Screen(client)

    def telephone(self, admin: Screen, name: str, owner: str, agency: str) -> Telephone:
        """Enrol a device."""
        key = Ed25519PrivateKey.generate()
        document = {"device": name, "account": owner, "public_key": public_text(key)}
        answer = admin.client.post("/v1/devices", json=document)
        answer.raise_for_status()
        client = self.client()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return Telephone(name, owner, agency, client, self.clock, key)

    def deliver(self, *telephones: Telephone) -> None:
        """Let telephones deliver; what was set aside is told in the end."""
        for telephone in telephones:
            self.receipts += telephone.sync()

    def tell(self, text: str) -> None:
        """Keep a line for the reader."""
        moment = datetime.fromtimestamp(self.clock() / 1000, UTC) + timedelta(hours=3)
        self.told.append(f"{moment:%d.%m %H:%M}  {text}")

    def make_household(
        self, settlement: str, adults: int, children: int = 0, need: str = "seat"
    ) -> Household:
        """Invent a household."""
        number = len(self.households) + 1
        persons = [f"p{number}-{k}" for k in range(1, adults + children + 1)]
        household = Household(f"h{number}", settlement, persons, persons[adults:], {persons[0]: need})
        self.households.append(household)
        return household

    def register(self, voice: Telephone, household: Household, decision: str) -> None:
        """Take down a household and its members."""
        voice.say(
            "household.register", household.id, settlement=household.settlement, phone="+380 50 000 00 00"
        )
        family = self.random.choice(FAMILIES)
        guardian = household.persons[0]
        for person in household.persons:
            child = person in household.children
            voice.say(
                "person.register",
                person,
                settlement=household.settlement,
                household=household.id,
                given_name=self.random.choice(NAMES),
                family_name=family,
                age_from=5 if child else 40,
                age_to=12 if child else 70,
                need=household.needs.get(person, "seat"),
                guardian=guardian if child else "",
            )
        voice.say("household.decide", household.id, decision=decision)

    # ---- trips --------------------------------------------------------------------------------------

    def run_trip(
        self,
        trip: str,
        dispatcher: Telephone,
        crew: Telephone,
        site: Telephone,
        households: Sequence[Household],
        *,
        wheelchairs: int = 0,
        stretchers: int = 0,
        hours: float = 2.0,
    ) -> None:
        """Plan a trip, board, drive, and account for everybody at the transit centre."""
        people = [person for household in households for person in household.persons]
        dispatcher.say(
            "trip.plan",
            trip,
            agency=dispatcher.agency,
            vehicle=f"vehicle-of-{trip}",
            seats=max(8, len(people)),
            wheelchairs=wheelchairs,
            stretchers=stretchers,
            destination=TRANSIT,
        )
        dispatcher.say("trip.confirm", trip)
        needs = {person: need for household in households for person, need in household.needs.items()}
        for person in people:
            dispatcher.say("trip.give_seat", trip, person=person, need=needs.get(person, "seat"))
        self.deliver(dispatcher)
        self.clock.pass_minutes(30)
        crew.say("trip.open_boarding", trip)
        for person in people:
            crew.say("person.check_in", person, stage="boarding", trip=trip, need=needs.get(person, "seat"))
        crew.say("trip.depart", trip)
        self.deliver(crew)
        self.clock.pass_minutes(60 * hours)
        crew.say("trip.arrive", trip)
        self.deliver(crew)
        self.clock.pass_minutes(10)
        for person in people:
            site.say("person.check_in", person, stage="transit", site=TRANSIT)
        site.say("trip.close", trip)
        self.deliver(site)

    # ---- the three days -----------------------------------------------------------------------------

    def run(self) -> None:
        """Play all three days."""
        for name, agency, role in (
            ("head", "district", Role.AUTHORISER),
            ("deputy", "district", Role.AUTHORISER),
            ("olha", "district", Role.HOTLINE),
            ("taras", "police", Role.DISPATCHER),
            ("iryna", "volunteers", Role.DISPATCHER),
            ("bohdan", "railway", Role.DISPATCHER),
            ("crew-police", "police", Role.FIELD),
            ("crew-volunteers", "volunteers", Role.FIELD),
            ("crew-railway", "railway", Role.FIELD),
            ("gate", "district", Role.SITE),
            ("kateryna", "district", Role.CHILD_PROTECTION),
            ("auditor", "region", Role.AUDITOR),
            ("admin", "district", Role.ADMIN),
        ):
            self.account(name, agency, role)
        admin = self.screen("admin")
        self.phones = {
            owner: self.telephone(admin, f"phone-{owner}", owner, agency)
            for owner, agency in (
                ("olha", "district"),
                ("taras", "police"),
                ("iryna", "volunteers"),
                ("bohdan", "railway"),
                ("crew-police", "police"),
                ("crew-volunteers", "volunteers"),
                ("crew-railway", "railway"),
                ("gate", "district"),
            )
        }
        self.first_day()
        self.second_day()
        self.third_day()

    def first_day(self) -> None:
        """10 August: the order, the hotline, the first trips."""
        head, deputy = self.screen("head"), self.screen("deputy")
        self.issue_order(head, deputy)
        hotline, dispatcher = self.phones["olha"], self.phones["taras"]
        crew, gate = self.phones["crew-police"], self.phones["gate"]
        self.phones["iryna"].say(
            "site.declare", TRANSIT, settlement="shevchenkove", beds=300, accessible=True
        )
        self.deliver(self.phones["iryna"])
        first = [self.call(hotline, dispatcher, place, 2, children) for place, children in self.some(12)]
        self.clock.pass_minutes(120)
        self.run_trip("police-1", dispatcher, crew, gate, first[:6])
        self.run_trip("police-2", dispatcher, crew, gate, first[6:])
        self.tell(f"{sum(len(h.persons) for h in first)} persons brought out by the police in two trips")
        self.refuse(crew)

    def issue_order(self, head: Screen, deputy: Screen) -> None:
        """Draft, review, authorise by somebody else, publish; then say what holds where."""
        head.say(
            "order.draft",
            "order-1",
            number="1",
            issuer="Kupiansk district military administration",
            kind="compulsory_children",
            settlements=sorted(self.places),
            effective="2023-08-10",
        )
        head.say("order.review", "order-1")
        try:
            head.say("order.authorise", "order-1")
        except Refused:
            self.tell("the author of the order tried to authorise it and was refused")
        deputy.say("order.authorise", "order-1")
        deputy.say("order.publish", "order-1")
        for place in self.places.values():
            deputy.say("zone.set", place.id, status="order", order="order-1", eligible=place.people.total)
        self.tell(f"order published: {len(self.places)} settlements, {self.people_in_scope} people")

    @property
    def people_in_scope(self) -> int:
        """Persons whom the order covers."""
        return sum(place.people.total for place in self.places.values())

    def some(self, count: int) -> list[tuple[str, int]]:
        """Settlements drawn by their people, with a number of children each."""
        places = sorted(self.places)
        weights = [self.places[place].people.total for place in places]
        drawn = self.random.choices(places, weights, k=count)
        return [(place, self.random.choice((0, 0, 0, 1, 2))) for place in drawn]

    def call(
        self,
        hotline: Telephone,
        dispatcher: Telephone,
        settlement: str,
        adults: int,
        children: int = 0,
        need: str = "seat",
    ) -> Household:
        """A family calls, is called back, and an agency takes the request."""
        household = self.make_household(settlement, adults, children, need)
        self.register(hotline, household, "willing")
        request = f"r-{household.id}"
        counts = {"seat": len(household.persons) - (need != "seat")} | ({need: 1} if need != "seat" else {})
        hotline.say(
            "request.open",
            request,
            settlement=settlement,
            channel="hotline",
            household=household.id,
            **counts,
        )
        hotline.say("request.verify", request, by="call_back")
        hotline.say("request.triage", request)
        self.deliver(hotline)
        self.clock.pass_minutes(4)
        dispatcher.say("request.schedule", request)
        dispatcher.say("request.assign", request, agency=dispatcher.agency)
        dispatcher.say("request.start", request)
        dispatcher.say("request.complete", request)
        self.deliver(dispatcher)
        return household

    def refuse(self, crew: Telephone) -> None:
        """Some stay: adults may; for a child under a compulsory order there is a referral instead."""
        for settlement, children in (*self.some(6), (max(self.places), 1)):
            household = self.make_household(settlement, 2, children)
            self.refusing.append(household)
            self.register(crew, household, "refused")
            for person in household.persons[: 2 if not children else 1]:
                crew.say(
                    "refusal.record",
                    f"refusal-{person}",
                    person=person,
                    form_version="2023-08",
                    text_hash="0" * 64,
                    reason_code="unwilling",
                    children=household.children,
                    danger_acknowledged=True,
                )
            self.clock.pass_minutes(20)
        self.deliver(crew)
        self.referrals = self.screen("kateryna").see("/v1/records/referral")["records"]
        self.tell(
            f"{len(self.refusing)} households refuse; nobody can refuse for a child under this order:"
            f" {len(self.referrals)} referrals to child protection"
        )

    def second_day(self) -> None:
        """11 August: volunteers work without a network, the railway takes the larger groups."""
        self.clock.go_to(FIRST_MORNING + DAY)
        hotline, railway, volunteers = self.phones["olha"], self.phones["bohdan"], self.phones["iryna"]
        offline, gate = self.phones["crew-volunteers"], self.phones["gate"]
        offline.online = False
        self.tell("the volunteers' telephone is without a network from now on")
        for settlement, children in self.some(5):
            household = self.make_household(settlement, 1, children)
            self.register(offline, household, "willing")
            for person in household.persons:
                offline.say("person.self_evacuated", person, source="neighbour", confidence=3)
            self.clock.pass_minutes(25)
        calls = [self.call(hotline, railway, place, 2, children) for place, children in self.some(10)]
        self.run_trip("railway-1", railway, self.phones["crew-railway"], gate, calls, hours=1.0)
        chair = self.call(hotline, volunteers, min(self.places), 1, need="wheelchair")
        self.run_trip("volunteers-1", volunteers, self.phones["crew-railway"], gate, [chair], wheelchairs=1)
        self.contest_request(hotline)
        self.late_crew()
        self.contest_crossing()

    def contest_request(self, hotline: Telephone) -> None:
        """Two agencies take one request; both are told."""
        household = self.make_household(min(self.places), 2)
        self.register(hotline, household, "willing")
        hotline.say("request.open", "r-both", settlement=household.settlement, channel="hotline", seat=2)
        hotline.say("request.verify", "r-both", by="call_back")
        hotline.say("request.triage", "r-both")
        self.deliver(hotline)
        self.clock.pass_minutes(2)
        self.phones["taras"].say("request.schedule", "r-both")
        self.phones["taras"].say("request.assign", "r-both", agency="police")
        self.clock.pass_minutes(1)
        self.phones["iryna"].say("request.assign", "r-both", agency="volunteers")
        self.deliver(self.phones["taras"], self.phones["iryna"])
        conflicts = self.screen("taras").see("/v1/records/conflict")["records"]
        self.conflicts = [conflict for conflict in conflicts if "taken_twice" in str(conflict)]
        self.tell("police and volunteers took the same request; the second is set aside and both see it")

    def late_crew(self) -> None:
        """A crew does not report in time; the board shows it until it is back."""
        crew = self.phones["crew-police"]
        crew.say("crew.go", "crew-1", agency="police", due_ms=self.clock() + HOUR_MS)
        self.deliver(crew)
        self.clock.pass_minutes(90)
        board = self.screen("taras").see("/v1/board")
        self.overdue = [crew["id"] for crew in board["overdue_crews"]]
        self.tell(f"alarm on the board: no word from {', '.join(self.overdue)}")
        crew.say("crew.return", "crew-1")
        self.deliver(crew)

    def contest_crossing(self) -> None:
        """Two sources say different things of the crossing; a named person decides and cites them."""
        crossing = "crossing-kupiansk-westbound"
        self.phones["taras"].say(
            "claim.report", "c-1", about=crossing, predicate="status", value="hit", source="caller-7",
            heard_from="social-network", reliability="D", credibility=4,
        )  # fmt: skip
        self.phones["crew-police"].say(
            "claim.report", "c-2", about=crossing, predicate="status", value="open", source="patrol-3",
            reliability="B", credibility=2,
        )  # fmt: skip
        self.deliver(self.phones["taras"], self.phones["crew-police"])
        deputy = self.screen("deputy")
        incident = deputy.see(f"/v1/records/incident/{crossing}:status")
        cites = [claim["event"] for claim in incident["claims"]]
        deputy.say(
            "incident.decide", f"{crossing}:status", value="open", cites=cites, reason="patrol on the spot"
        )
        self.incident = deputy.see(f"/v1/records/incident/{crossing}:status")
        self.tell("claimed hit, seen open: the deputy decides that the crossing is open, citing both")

    def third_day(self) -> None:
        """12 August: the telephone comes back, somebody changes their mind, two records are one person."""
        self.clock.go_to(FIRST_MORNING + 2 * DAY)
        hotline, dispatcher = self.phones["olha"], self.phones["taras"]
        back = self.phones["crew-volunteers"]
        back.online = True
        count = len(back.waiting)
        self.deliver(back)
        self.tell(f"the volunteers' telephone delivers {count} events of the day before")
        changed = self.refusing[0]
        crew = self.phones["crew-police"]
        for person in changed.persons[: 2 if not changed.children else 1]:
            crew.say("refusal.withdraw", f"refusal-{person}")
        crew.say("household.decide", changed.id, decision="willing")
        self.deliver(crew)
        self.run_trip("police-3", dispatcher, crew, self.phones["gate"], [changed])
        self.tell("a household that had refused changed its mind and is out")
        calls = [self.call(hotline, dispatcher, place, 2, children) for place, children in self.some(6)]
        self.run_trip("police-4", dispatcher, crew, self.phones["gate"], calls)
        self.join_duplicates(hotline, dispatcher)

    def join_duplicates(self, hotline: Telephone, dispatcher: Telephone) -> None:
        """One person called twice, spelt otherwise; the program proposes, a person decides."""
        settlement = min(self.places)
        for person, given, family in (("twice-1", "Yevhen", "Shcherbak"), ("twice-2", "Євген", "Щербак")):
            hotline.say(
                "person.register", person, settlement=settlement, given_name=given, family_name=family,
                age_from=61, age_to=61,
            )  # fmt: skip
        self.deliver(hotline)
        found = self.screen("taras").see("/v1/duplicates")["candidates"]
        self.duplicates = [pair for pair in found if "twice-1" in str(pair) and "twice-2" in str(pair)]
        dispatcher.say("person.link", "twice-2", same_as="twice-1")
        self.deliver(dispatcher)
        self.tell(
            "one person was entered twice, once in Latin letters: proposed by the program, joined by a person"
        )


@contextlib.contextmanager
def served(desk: Desk) -> Iterator[str]:
    """Listen on a free port of this machine while the body runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = uvicorn.Config(
        create_app(desk, secure_cookies=False), port=port, log_level="warning", access_log=False
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def check(rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any], people: int) -> None:
    """Everybody is in exactly one line, in every settlement and in all."""
    for row in (*rows, total):
        assert row["eligible"] == sum(row[line] for line in LINES), row
    for line in ("eligible", *LINES):
        assert total[line] == sum(row[line] for row in rows)
    assert total["eligible"] == people


def show(
    console: Console, scenario: Scenario, rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any]
) -> None:
    """Print the ledger."""
    names = {place.id: place_name(place) for place in scenario.settlements}
    table = Table("settlement", "eligible", *(line.replace("_", " ") for line in LINES))
    ordered = sorted(rows, key=lambda row: (-row["eligible"], row["settlement"]))
    # Where nothing has happened yet everybody is unknown; those settlements share a line.
    quiet = [row for row in ordered if row["unknown"] == row["eligible"]]
    busy = [row for row in ordered if row["unknown"] != row["eligible"]]
    for row in busy:
        table.add_row(names[row["settlement"]], *figures(row))
    rest = {line: sum(row[line] for row in quiet) for line in ("eligible", *LINES)}
    table.add_row(f"{len(quiet)} more settlements", *figures(rest), end_section=True)
    table.add_row("all", *figures(total))
    console.print(table)


def figures(row: Mapping[str, Any]) -> list[str]:
    """Cells of a line; nothing for nobody."""
    return [str(row[line] or "") for line in ("eligible", *LINES)]


def main(arguments: Sequence[str] | None = None) -> Play:
    """Play the three days and print the ledger; answers the play, for those who look closer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the names")
    set_language(parser.parse_args(arguments).lang)
    scenario = read_scenario(SCENARIO).scenario
    clock = Clock(FIRST_MORNING)
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.in_folder(Path(folder))
        database.prepare()
        desk = Desk(
            database,
            MasterKey(secrets.token_bytes(32)),
            Ed25519PrivateKey.generate(),
            now_ms=clock,
            exercise=True,
        )
        with served(desk) as address:
            play = Play(address, Door(desk), clock, scenario)
            play.run()
            for line in play.told:
                console.print(line, highlight=False)
            reader = play.screen("head")
            for day in range(1, 4):
                moment = round((FIRST_MORNING + day * DAY).timestamp() * 1000) - 1
                past = reader.see("/v1/ledger", at_ms=moment)
                check(past["rows"], past["total"], past["total"]["eligible"])
                console.print(
                    f"after day {day}: {past['total']['evacuated_assisted']} brought out", highlight=False
                )
            play.ledger = reader.see("/v1/ledger")
            rows, total = play.ledger["rows"], play.ledger["total"]
            check(rows, total, total["eligible"])
            show(console, scenario, rows, total)
            play.close()
        database.close()
    return play


if __name__ == "__main__":
    main()
