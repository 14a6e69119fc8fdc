"""Who asks: sessions in cookies, devices by their tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from safepassage.operations.desk import NotAllowedError
from safepassage.operations.login import LoginError, Visitor
from safepassage.operations.safety.roles import Action
from safepassage.web.service import Service

COOKIE = "safepassage_session"


def service_of(request: Request) -> Service:
    """The parts of the running service."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


ServiceHere = Annotated[Service, Depends(service_of)]


def visitor(request: Request, service: ServiceHere) -> Visitor:
    """
    Who asks.

    Parameters
    ----------
    request : Request
        With a session cookie or the token of a device.
    service : Service
        The service.

    Returns
    -------
    Visitor
        Never nobody.

    Raises
    ------
    LoginError
        If neither leads to an open account.
    """
    scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        found = service.door.who_has_device(token)
    else:
        cookie = request.cookies.get(COOKIE, "")
        found = service.door.who_has_session(cookie) if cookie else None
    if found is None:
        raise LoginError("nobody")
    return found


Asking = Annotated[Visitor, Depends(visitor)]


def seeing(asking: Asking, service: ServiceHere) -> Visitor:
    """Who asks and may see anything: a lost or long unseen device may only deliver."""
    device = asking.device
    if device is not None and (
        device.revoked_ms is not None or device.lease_until_ms < service.desk.now_ms()
    ):
        raise NotAllowedError("device")
    return asking


Seeing = Annotated[Visitor, Depends(seeing)]


def who_sees(request: Request, service: Service) -> Visitor | None:
    """Who asks and may see anything; None where nobody does (any more)."""
    try:
        return seeing(visitor(request, service), service)
    except (LoginError, NotAllowedError):
        return None


def require(asking: Visitor, action: Action) -> None:
    """Refuse who does not hold an action."""
    if not asking.reader.may(action):
        raise NotAllowedError(action)
