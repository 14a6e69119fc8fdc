"""The service, wired together."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from safepassage import __version__
from safepassage.operations.desk import Desk
from safepassage.web.answers import map_errors
from safepassage.web.bodies import BoundedBodies
from safepassage.web.exchange import exchange
from safepassage.web.limits import LimitedByAddress
from safepassage.web.routes import router, v1
from safepassage.web.service import Service, assemble

LOG = logging.getLogger("safepassage.web")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(desk: Desk, *, secure_cookies: bool = True, alert_file: Path | None = None) -> FastAPI:
    """
    Wire the service.

    Parameters
    ----------
    desk : Desk
        Accepts events.
    secure_cookies : bool
        Sessions travel over TLS alone; False only on the loopback.
    alert_file : Path, optional
        Where a feed of air-raid alerts writes.

    Returns
    -------
    FastAPI
        The application.
    """
    app = FastAPI(title="Safepassage", version=__version__, docs_url=None, redoc_url=None)
    service = assemble(desk, secure_cookies=secure_cookies, alert_file=alert_file)
    app.state.service = service
    app.include_router(router)
    app.include_router(v1)
    app.include_router(exchange)
    map_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(BoundedBodies)
    app.add_middleware(LimitedByAddress)
    app.middleware("http")(_counted(service))
    return app


Next = Callable[[Request], Awaitable[Response]]


def _counted(service: Service) -> Callable[[Request, Next], Awaitable[Response]]:
    async def count(request: Request, following: Next) -> Response:
        began = time.perf_counter()
        answer = await following(request)
        seconds = time.perf_counter() - began
        # The template of the route, never the address: addresses may hold ids of persons.
        route = getattr(request.scope.get("route"), "path", "none")
        service.meters.answers.labels(request.method, route, answer.status_code).inc()
        service.meters.seconds.labels(route).observe(seconds)
        line = {
            "method": request.method,
            "route": route,
            "status": answer.status_code,
            "s": round(seconds, 4),
        }
        LOG.info(json.dumps(line))
        answer.headers.update(_HEADERS)
        return answer

    return count
