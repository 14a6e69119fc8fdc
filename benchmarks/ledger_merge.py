"""Merge what forty devices wrote in seven days without a network, with clocks up to three days wrong."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from safepassage.operations.desk import Desk
from safepassage.operations.maintenance import rebuild
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.passwords import password_hash
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import accounts, devices, events, records
from safepassage.operations.store.database import Database
from tests.operations.field import DAY_MS, START_MS, FieldDevice, Watch, document

DEVICES, EVENTS_EACH, ORDERS, BATCH = 40, 500, 3, 500


def written_offline() -> list[tuple[FieldDevice, list[dict[str, object]]]]:
    """What each device has in store: registrations, decisions and check-ins of shared households."""
    dice = random.Random(7)
    told = []
    for number in range(DEVICES):
        watch = Watch()
        ahead = dice.randint(-3, 3) * DAY_MS
        device = FieldDevice(f"device-{number}", account="field", watch=watch, ahead_ms=ahead)
        sayings = []
        for _count in range(EVENTS_EACH):
            watch.now_ms += 7 * DAY_MS // EVENTS_EACH
            person, household = f"p{dice.randrange(4000)}", f"h{dice.randrange(1500)}"
            choice = dice.randrange(4)
            if choice == 0:
                event = device.say(
                    "person.register", person, settlement="s1", household=household, age_from=30
                )
            elif choice == 1:
                event = device.say(
                    "household.decide", household, decision=dice.choice(["willing", "refused"])
                )
            else:
                stage = dice.choice(["assembly", "transit", "reception"])
                event = device.say("person.check_in", person, stage=stage, site=f"x{dice.randrange(3)}")
            sayings.append(document(event))
        told.append((device, sayings))
    return told


def merge(
    told: list[tuple[FieldDevice, list[dict[str, object]]]], seed: int, folder: Path
) -> tuple[str, float]:
    """Merge batches in a random order; the digest and the seconds it took."""
    database = Database.in_folder(folder)
    database.prepare()
    desk = Desk(database, MasterKey(bytes(32)), new_device_key(), now_ms=Watch(START_MS + 11 * DAY_MS))
    batches = []
    with database.writing() as connection:
        accounts.add(connection, accounts.Account("field", "red", Role.FIELD, password_hash("x")))
        for device, sayings in told:
            devices.add(connection, device.enrolled, device.name)
            batches += [(device.enrolled, sayings[k : k + BATCH]) for k in range(0, len(sayings), BATCH)]
    random.Random(seed).shuffle(batches)
    began = time.perf_counter()
    for device_row, batch in batches:
        desk.receive(batch, device_row)
    seconds = time.perf_counter() - began
    with database.reading() as connection:
        assert events.count(connection) == DEVICES * EVENTS_EACH
        digest = records.digest(connection)
    began = time.perf_counter()
    count = rebuild(database)
    print(f"rebuild of {count} events: {time.perf_counter() - began:.1f} s")
    with database.reading() as connection:
        assert records.digest(connection) == digest
    database.close()
    return digest, seconds


def main() -> None:
    """Merge in several orders and compare."""
    told = written_offline()
    digests = set()
    for seed in range(ORDERS):
        with tempfile.TemporaryDirectory() as folder:
            digest, seconds = merge(told, seed, Path(folder))
        digests.add(digest)
        print(f"order {seed}: {DEVICES} x {EVENTS_EACH} events in {seconds:.1f} s, digest {digest[:12]}")
    assert len(digests) == 1


if __name__ == "__main__":
    main()
