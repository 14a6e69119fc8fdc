"""
Answers of the running service under load, on this machine, client included.

Requests are sent when they are due, whether or not the one before was answered, and their time counts from
then on; so a service that falls behind cannot look fast.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ledger_case import GIVEN, ROOTS, SITES, fill, made_desk, served, store, token_of
from safepassage.operations.store.database import Database
from safepassage.web.access import COOKIE

Request = tuple[str, str, str, dict[str, Any] | None]


def check_ins(persons: int) -> Iterator[Request]:
    """Each person comes through a gate once, then again at the next."""
    for number in count():
        stage = ("transit", "reception")[number // persons % 2]
        payload = {"stage": stage, "site": f"x{number % SITES}"}
        body = {"kind": "person.check_in", "subject": f"p{number % persons}", "payload": payload}
        yield f"user{number % 20 * 3}", "POST", "/v1/events", body


def searches() -> Iterator[Request]:
    """Names as they are half heard."""
    dice = random.Random(3)
    for number in count():
        name = f"{dice.choice(GIVEN)} {dice.choice(ROOTS)}енко"
        yield f"user{number % 20 * 3 + 1}", "POST", "/v1/search", {"name": name}


def boards() -> Iterator[Request]:
    """What a dispatcher's wall shows."""
    for _number in count():
        yield "dispatcher", "GET", "/v1/board", None


class Sender:
    """Sends requests at a steady pace from many connections and keeps how long each answer took."""

    def __init__(
        self, port: int, requests: Iterator[Request], per_s: float, seconds: float, hands: int
    ) -> None:
        self._port, self._requests, self._per_s, self._hands = port, requests, per_s, hands
        self._number = int(per_s * seconds)
        self._lock = threading.Lock()
        self._sent = 0
        self.taken_s: list[float] = []
        self.statuses: dict[int, int] = {}

    def run(self) -> None:
        """Send them all."""
        self._began = time.perf_counter() + 0.2
        threads = [threading.Thread(target=self._work) for _hand in range(self._hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        while True:
            with self._lock:
                if self._sent == self._number:
                    return
                due = self._began + self._sent / self._per_s
                self._sent += 1
                account, method, path, body = next(self._requests)
            time.sleep(max(0.0, due - time.perf_counter()))
            headers = {"Cookie": f"{COOKIE}={token_of(account)}", "Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            answer.read()
            taken = time.perf_counter() - due
            with self._lock:
                self.taken_s.append(taken)
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1

    def told(self, name: str) -> str:
        """One line of what was measured."""
        found = sorted(self.taken_s)
        p95 = found[int(len(found) * 0.95)]
        return (
            f"{name}: {len(found)} at {self._per_s:g}/s, median {median(found) * 1000:.0f} ms, "
            f"p95 {p95 * 1000:.0f} ms, most {found[-1] * 1000:.0f} ms, answers {self.statuses}"
        )


def processor_s(process: int) -> float:
    """Processor time that a process has used (s)."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kind: str, persons: int, per_s: float, seconds: float) -> None:
    """Fill a store, serve it, and load it: gates alone, searches and boards alone, all together."""
    with tempfile.TemporaryDirectory() as name, store(kind) as url:
        folder = Path(name)
        database = Database(url) if url else Database.in_folder(folder)
        desk = made_desk(database, folder)
        began = time.perf_counter()
        fill(desk, persons, 60)
        print(f"{kind}, {persons} persons: filled in {time.perf_counter() - began:.0f} s")
        database.close()
        with served(folder, url) as (port, process):
            warm = Sender(port, searches(), 1, 1, 1)
            warm.run()
            print(warm.told("first search, names read into memory"))
            gates = check_ins(persons)
            plan: list[tuple[str, Callable[[], Iterator[Request]], float, int]] = [
                ("check-in", lambda: gates, per_s, 20),
                ("search", searches, 5, 5),
                ("board", boards, 2, 2),
            ]
            for label, requests, pace, hands in plan:
                sender = Sender(port, requests(), pace, seconds, hands)
                before_s = processor_s(process)
                sender.run()
                each_ms = (processor_s(process) - before_s) / len(sender.taken_s) * 1000
                print(f"{sender.told(f'{label} alone')}, {each_ms:.1f} ms of the service's processor each")
            together = [
                (label, Sender(port, requests(), pace, seconds, hands))
                for label, requests, pace, hands in plan
            ]
            threads = [threading.Thread(target=sender.run) for _label, sender in together]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for label, sender in together:
                print(sender.told(f"{label} together"))
            status = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
            sizes = dict(line.split(":", 1) for line in status)
            print(f"memory of the service: {sizes['VmRSS'].strip()}, at most {sizes['VmHWM'].strip()}")


def main() -> None:
    """Measure one store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--persons", type=int, default=12_000)
    parser.add_argument("--per-s", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    measure(asked.store, asked.persons, asked.per_s, asked.seconds)


if __name__ == "__main__":
    main()
