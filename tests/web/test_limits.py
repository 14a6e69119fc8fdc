"""Whoever asks too often, sends too slowly or holds connections open does not keep others out."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from safepassage.operations.desk import Desk
from safepassage.web.app import create_app
from safepassage.web.bodies import BoundedBodies
from safepassage.web.limits import LOGGING_IN, Buckets, Rate
from safepassage.web.patience import ImpatientProtocol

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Moment:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_buckets_fill_again_and_know_addresses_apart(desk: Desk) -> None:
    assert desk.exercise
    now = Moment()
    buckets = Buckets(Rate(3, 0.5), now)
    assert [buckets.wait_s("a") for _time in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert buckets.wait_s("b") == 0.0
    now.s += 2.0
    assert [buckets.wait_s("a") for _time in range(2)] == [0.0, 2.0]


def test_passwords_cannot_be_tried_at_will_from_one_address(desk: Desk) -> None:
    client = TestClient(create_app(desk, secure_cookies=False))
    answers = [
        client.post("/v1/login", json={"name": f"n{number}", "password": "x", "code": "1"})
        for number in range(LOGGING_IN.at_once + 1)
    ]
    assert [answer.status_code for answer in answers] == [401] * LOGGING_IN.at_once + [429]
    assert int(answers[-1].headers["retry-after"]) <= 7
    assert client.get("/health").status_code == 200
    other = TestClient(create_app(desk, secure_cookies=False), client=("198.51.100.7", 4000))
    assert other.post("/v1/login", json={"name": "n", "password": "x", "code": "1"}).status_code == 401


class HastyProtocol(ImpatientProtocol):
    request_within_s = 0.2


class SparingProtocol(ImpatientProtocol):
    most_per_address = 6


@pytest.fixture
def address(desk: Desk, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A running service that loses patience at once, or takes few connections."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(desk, secure_cookies=False), http=request.param, ws="none", log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join()
    listener.close()


def until_closed(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("address", [HastyProtocol], indirect=True)
@pytest.mark.parametrize(
    "sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /he"]
)
def test_a_request_that_is_never_finished_is_not_waited_for(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address) as slow:
        slow.sendall(sent)
        answer = until_closed(slow)
    assert answer.count(b"200 OK") == sent.count(b"\r\n\r\n")


@pytest.mark.parametrize("address", [SparingProtocol], indirect=True)
def test_one_address_cannot_take_all_connections(address: tuple[str, int]) -> None:
    held = [socket.create_connection(address) for _number in range(6)]
    with socket.create_connection(address) as one_more:
        one_more.settimeout(30)
        try:
            one_more.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            refused = one_more.recv(100) == b""
        except ConnectionError:
            refused = True
    assert refused
    for connection in held:
        connection.close()


def test_a_body_that_trickles_is_given_up(desk: Desk) -> None:
    assert desk.exercise
    sent: list[dict[str, Any]] = []

    async def never_called(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def trickle() -> dict[str, Any]:
        if trickled:
            await asyncio.Event().wait()
        trickled.append(1)
        return {"type": "http.request", "body": b"{", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    trickled: list[int] = []
    scope = {"type": "http", "method": "POST", "path": "/v1/sync", "headers": []}
    # A browser that another test opened in this process keeps a loop of its own in the main thread.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(
            lambda: asyncio.run(BoundedBodies(never_called, within_s=0.05)(scope, trickle, send))
        ).result()
    assert sent[0]["status"] == 408
