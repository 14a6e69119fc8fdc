"""Limits by address: how often somebody may ask, and how often try a password."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_MOST_ADDRESSES = 20_000
LOGIN_PATH = "/v1/login"


@dataclass(frozen=True, slots=True)
class Rate:
    """
    How often something may happen.

    Attributes
    ----------
    at_once : int
        So often without a pause.
    per_s : float
        So often in the long run (1/s).
    """

    at_once: int
    per_s: float


# A whole centre may stand behind one address; whoever guesses passwords needs thousands of tries.
ASKING = Rate(400, 200.0)
LOGGING_IN = Rate(20, 1 / 6)


class Buckets:
    """
    One bucket of tokens an address.

    Parameters
    ----------
    rate : Rate
        How fast they fill.
    now_s : callable
        A clock that never runs backwards (s).
    """

    def __init__(self, rate: Rate, now_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now_s = now_s
        self._held: dict[str, tuple[float, float]] = {}

    def wait_s(self, address: str) -> float:
        """
        Take a token.

        Parameters
        ----------
        address : str
            Whose.

        Returns
        -------
        float
            0 where there was one; otherwise how long to wait for the next (s).
        """
        now = self._now_s()
        tokens, at = self._held.pop(address, (float(self._rate.at_once), now))
        tokens = min(self._rate.at_once, tokens + (now - at) * self._rate.per_s)
        taken = tokens >= 1.0
        # Put back last, so that the address that was quiet longest stands first.
        self._held[address] = (tokens - taken, now)
        if len(self._held) > _MOST_ADDRESSES:
            del self._held[next(iter(self._held))]
        return 0.0 if taken else (1.0 - tokens) / self._rate.per_s


class LimitedByAddress:
    """
    Answers 429 to addresses that ask too often.

    Parameters
    ----------
    app : ASGIApp
        What answers the others.
    asking, logging_in : Rate
        How often an address may ask, and how often log in.
    """

    def __init__(self, app: ASGIApp, *, asking: Rate = ASKING, logging_in: Rate = LOGGING_IN) -> None:
        self._app = app
        self._asking = Buckets(asking)
        self._logging_in = Buckets(logging_in)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or tell how long to wait."""
        if scope["type"] == "http":
            address = (scope.get("client") or ("unknown", 0))[0]
            wait_s = self._asking.wait_s(address)
            if not wait_s and scope["path"] == LOGIN_PATH and scope["method"] == "POST":
                wait_s = self._logging_in.wait_s(address)
            if wait_s:
                headers = {"Retry-After": str(int(wait_s) + 1), "Cache-Control": "no-store"}
                await JSONResponse({"code": "too_many"}, 429, headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)
