"""Bodies of requests: bounded in size, packed or not, before anything reads them."""

from __future__ import annotations

import asyncio
import zlib

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 4_000_000
LARGEST_UNPACKED = 32_000_000
# Four megabytes over a poor telephone line.
BODY_WITHIN_S = 120.0


class BodyTooLargeError(Exception):
    """A body is larger than anything a device has reason to send."""


class BoundedBodies:
    """
    Refuses oversized bodies and unpacks gzip without trusting it.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    within_s : float
        Time in which a body must have come whole (s).
    """

    def __init__(self, app: ASGIApp, *, within_s: float = BODY_WITHIN_S) -> None:
        self._app = app
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body read."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            async with asyncio.timeout(self._within_s):
                body = await _read(receive)
            if headers.get("content-encoding", "").lower() == "gzip":
                body = _unpacked(body)
        except BodyTooLargeError:
            await JSONResponse({"code": "body_too_large"}, 413)(scope, receive, send)
            return
        except TimeoutError:
            headers_out = {"Connection": "close"}
            await JSONResponse({"code": "too_slow"}, 408, headers_out)(scope, receive, send)
            return
        except zlib.error:
            await JSONResponse({"code": "malformed"}, 400)(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise BodyTooLargeError
        more = message.get("more_body", False)
    return b"".join(parts)


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    data = unpacker.decompress(body, LARGEST_UNPACKED)
    if unpacker.unconsumed_tail:
        raise BodyTooLargeError
    if not unpacker.eof:
        raise zlib.error("cut short")
    return data
