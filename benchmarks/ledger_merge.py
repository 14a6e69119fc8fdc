"""
Merge what forty devices wrote in seven days without a network, with clocks up to three days wrong.

Each order is a merge of its own, into an empty ledger; as many run side by side as there are cores.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from safepassage.operations.desk import Desk
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.safety.passwords import password_hash
from safepassage.operations.safety.roles import Role
from safepassage.operations.store import accounts, devices, events, records
from safepassage.operations.store.chunks import chunks
from safepassage.operations.store.database import Database
from safepassage.web.run import keep_collector_calm
from tests.operations.field import DAY_MS, START_MS, FieldDevice, Watch, document

DEVICES, EVENTS_EACH = 40, 500
Told = list[tuple[FieldDevice, list[dict[str, object]]]]


def written_offline() -> Told:
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


def merge(seed: int, batch: int) -> tuple[str, float, float]:
    """
    Merge the devices in a random order.

    Parameters
    ----------
    seed : int
        Of the order.
    batch : int
        Events that a device delivers at once.

    Returns
    -------
    str
        Digest of the state.
    float, float
        Seconds on the clock, and of processor time.
    """
    told = written_offline()
    keep_collector_calm()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.in_folder(Path(folder))
        database.prepare()
        desk = Desk(database, MasterKey(bytes(32)), new_device_key(), now_ms=Watch(START_MS + 11 * DAY_MS))
        batches = []
        with database.writing() as connection:
            accounts.add(connection, accounts.Account("field", "red", Role.FIELD, password_hash("x")))
            for device, sayings in told:
                devices.add(connection, device.enrolled, device.name)
                batches += [(device.enrolled, some) for some in chunks(sayings, batch)]
        random.Random(seed).shuffle(batches)
        began, began_cpu = time.perf_counter(), time.process_time()
        for device_row, some in batches:
            desk.receive(some, device_row)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        with database.reading() as connection:
            assert events.count(connection) == DEVICES * EVENTS_EACH
            digest = records.digest(connection)
        database.close()
    return digest, seconds, cpu_s


def main() -> None:
    """Merge in several orders and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--batch", type=int, default=EVENTS_EACH)
    parser.add_argument("--side-by-side", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    merged = functools.partial(merge, batch=asked.batch)
    with ProcessPoolExecutor(asked.side_by_side, mp_context=get_context("spawn")) as pool:
        began = time.perf_counter()
        found = list(pool.map(merged, range(asked.orders)))
        total_s = time.perf_counter() - began
    for seed, (digest, seconds, cpu_s) in enumerate(found):
        print(f"order {seed}: {seconds:.1f} s, {cpu_s:.1f} s of processor, digest {digest[:12]}")
    assert len({digest for digest, _seconds, _cpu_s in found}) == 1
    longest_s = max(seconds for _digest, seconds, _cpu_s in found)
    print(
        f"{asked.orders} orders of {DEVICES} x {EVENTS_EACH} events: one digest, "
        f"longest {longest_s:.1f} s, all {total_s:.1f} s"
    )


if __name__ == "__main__":
    main()
