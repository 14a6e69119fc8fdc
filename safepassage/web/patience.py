"""Connections that are held open without asking anything: they are closed before they crowd others out."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

REQUEST_WITHIN_S = 10.0
MOST_PER_ADDRESS = 200


class ImpatientProtocol(H11Protocol):
    """HTTP whose requests must be told whole within a time, and with a bound on connections an address."""

    request_within_s = REQUEST_WITHIN_S
    most_per_address = MOST_PER_ADDRESS

    def __init__(self, *parts: Any, **named: Any) -> None:  # noqa: ANN401 - as the server makes it
        super().__init__(*parts, **named)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        clients = [getattr(other, "client", None) for other in self.connections]
        same = sum(client is not None and client[0] == address for client in clients)
        if same > self.most_per_address:
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take part of a request; its head has to be whole before the time is over."""
        if self._deadline is None and not self._is_busy():
            self._wait()
        super().data_received(data)
        if self._is_busy():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.request_within_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_busy() and not self.transport.is_closing():
            self.transport.close()
