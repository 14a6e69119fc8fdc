"""Derive everything again from a long log: households register, decide, and their people pass gates."""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from safepassage.operations.event import ADAPTER, Event, canonical, document_of
from safepassage.operations.maintenance import rebuild
from safepassage.operations.store import events, records
from safepassage.operations.store.database import Database
from safepassage.operations.store.events import StoredEvent
from safepassage.web.run import keep_collector_calm
from tests.operations.field import START_MS

_AT_ONCE = 5000


def told(count: int, persons: int) -> Iterator[Event]:
    """Events in the order they came; every tenth registers, and everybody is seen again and again."""
    dice = random.Random(5)
    for number in range(count):
        wall = START_MS + number * 300
        person = number if number < persons else dice.randrange(persons)
        if number < persons:
            kind, subject = "person.register", f"p{person}"
            said = {"settlement": f"s{person % 37}", "household": f"h{person // 3}", "age_from": 30}
        elif dice.random() < 0.1:
            kind, subject = "household.decide", f"h{person // 3}"
            said = {"decision": dice.choice(["willing", "refused", "preparing"])}
        else:
            kind, subject = "person.check_in", f"p{person}"
            said = {
                "stage": dice.choice(["assembly", "transit", "reception"]),
                "site": f"x{dice.randrange(9)}",
            }
        yield ADAPTER.validate_python(
            {
                "event_id": f"{wall:012x}"[:8] + f"-{f'{wall:012x}'[8:]}-7000-8000-{number:012x}",
                "kind": kind,
                "subject": subject,
                "payload": said,
                "device": f"device-{number % 40}",
                "sequence": number // 40 + 1,
                "wall_ms": wall,
                "counter": 0,
                "claimed_ms": wall,
                "actor": "field",
                "agency": "red",
            }
        )


def main() -> None:
    """Keep a log, then derive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.in_folder(Path(folder))
        database.prepare()
        waiting: list[StoredEvent] = []
        with database.writing() as connection:
            for event in told(asked.events, asked.events // 10):
                body = canonical(document_of(event)).decode()
                waiting.append(StoredEvent(event, body, "", "", event.wall_ms, 0, "{}"))
                if len(waiting) == _AT_ONCE:
                    events.add(connection, waiting, {}, events.last_of_chain(connection))
                    waiting.clear()
            events.add(connection, waiting, {}, events.last_of_chain(connection))
        keep_collector_calm()
        began, began_cpu = time.perf_counter(), time.process_time()
        count = rebuild(database)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with database.reading() as connection:
            digest = records.digest(connection)
        size = (Path(folder) / "ledger.sqlite").stat().st_size / 2**20
        database.close()
    print(
        f"rebuild of {count} events: {seconds:.0f} s, {cpu_s:.0f} s of processor, at most {memory:.0f} MiB, "
        f"database {size:.0f} MiB, digest {digest[:12]}"
    )


if __name__ == "__main__":
    main()
