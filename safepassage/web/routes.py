"""The routes of the ledger, version 1."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from prometheus_client import generate_latest
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from safepassage.formats.person_cells import phone_forms
from safepassage.operations.board import board
from safepassage.operations.clock import LARGEST_WALL_MS
from safepassage.operations.desk import Command, NotAllowedError, UnknownError
from safepassage.operations.event import Id, OptionalId
from safepassage.operations.ledger import ledger, total
from safepassage.operations.login import SESSION_MS
from safepassage.operations.reading import PAGE_LIMIT
from safepassage.operations.records import NOUNS
from safepassage.operations.safety.roles import Action
from safepassage.operations.store import audit, devices, events
from safepassage.operations.vocabulary import KINDS
from safepassage.publish.sheets.document import sheet_pdf
from safepassage.publish.sheets.manifest import manifest_csv, manifest_sheet
from safepassage.web.access import COOKIE, Asking, Seeing, ServiceHere, require, who_sees
from safepassage.web.answers import tagged

Noun = Annotated[str, Path(pattern=f"^({'|'.join(NOUNS)})$")]
Kind = Annotated[str, Field(pattern=f"^({'|'.join(name.replace('.', '[.]') for name in KINDS)})$")]
Moment = Annotated[int, Field(ge=0, le=LARGEST_WALL_MS)]
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
CURSOR = r"^(\d{1,15}\.[\w./:@+\-]{1,120})?$"
BATCH_LIMIT = 2000
STREAM_PAUSE_S = 1.0

router = APIRouter()
v1 = APIRouter(prefix="/v1")


class Strict(BaseModel):
    """A body without unknown fields."""

    model_config = ConfigDict(extra="forbid")


class Login(Strict):
    """Name, password and one-time code."""

    name: Words
    password: Words
    code: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")]


class Saying(Strict):
    """What somebody says has happened."""

    kind: Kind
    subject: Id
    payload: dict[str, Any] = {}
    claimed_ms: Moment = 0
    channel: OptionalId = ""
    based_on: OptionalId = ""


class Sync(Strict):
    """What a device delivers, and what it has seen."""

    events: Annotated[list[dict[str, Any]], Field(max_length=BATCH_LIMIT)] = []
    device_ms: Moment = 0
    cursor: Annotated[str, Field(pattern=CURSOR)] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 200


class Glass(Strict):
    """Why somebody must see more."""

    reason: Annotated[str, Field(min_length=10, max_length=500, pattern=r"^[^\x00]*$")]


class Review(Strict):
    """Whether a held event is taken in."""

    apply: bool


class Enrolment(Strict):
    """A device and its owner."""

    device: Id
    account: Id
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]


@router.get("/health")
def health(service: ServiceHere) -> dict[str, Any]:
    """Tell whether the store answers, and the alert: unknown, never clear, without word from a feed."""
    with service.desk.database.reading() as connection:
        position, _chain = events.last_of_chain(connection)
    return {"status": "ok", "events": position, "alert": service.alerts.state()}


@router.get("/metrics")
def metrics(service: ServiceHere) -> Response:
    """Counts for Prometheus."""
    return Response(generate_latest(service.meters.registry), media_type="text/plain; version=0.0.4")


@v1.post("/login")
def log_in(login: Login, service: ServiceHere) -> JSONResponse:
    """Begin a session."""
    token = service.door.log_in(login.name, login.password, login.code)
    answer = JSONResponse({"expires_in_s": SESSION_MS // 1000})
    answer.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_MS // 1000,
        httponly=True,
        secure=service.secure_cookies,
        samesite="strict",
    )
    return answer


@v1.post("/logout", status_code=204)
def log_out(request: Request, service: ServiceHere) -> Response:
    """End a session."""
    service.door.log_out(request.cookies.get(COOKIE, ""))
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE)
    return answer


@v1.get("/me")
def me(asking: Seeing) -> dict[str, Any]:
    """Tell who asks and what the role may do."""
    reader = asking.reader
    actions = [action for action in Action if reader.may(action)]
    return {"account": reader.account, "agency": reader.agency, "role": reader.role, "actions": actions}


@v1.post("/break-glass")
def break_glass(request: Request, glass: Glass, asking: Seeing, service: ServiceHere) -> dict[str, int]:
    """See more for half an hour, in an emergency, with a reason that auditors read."""
    require(asking, Action.BREAK_GLASS)
    if asking.device is not None:
        raise NotAllowedError(Action.BREAK_GLASS)
    return {"until_ms": service.door.break_glass(request.cookies[COOKIE], asking.reader, glass.reason)}


@v1.post("/events")
def say(saying: Saying, asking: Seeing, service: ServiceHere) -> dict[str, Any]:
    """Say what has happened; 409 with the reason where it does not go together with the ledger."""
    if asking.device is not None:
        raise NotAllowedError("devices sign what they say; use sync")
    reader = asking.reader
    command = Command(
        saying.kind, saying.subject, saying.payload, saying.claimed_ms, saying.channel, saying.based_on
    )
    service.alerts.hold(command)
    receipt = service.desk.say(command, actor=reader.account, agency=reader.agency, role=reader.role)
    service.meters.events.labels(receipt.status).inc()
    return asdict(receipt)


@v1.post("/sync")
def sync(batch: Sync, asking: Asking, service: ServiceHere) -> dict[str, Any]:
    """Take signed events, and give what the device may see since its cursor."""
    skew_ms = batch.device_ms - service.desk.now_ms() if batch.device_ms else 0
    synced = service.sync.sync(asking, batch.events, cursor=batch.cursor, limit=batch.limit, skew_ms=skew_ms)
    for receipt in synced.receipts:
        service.meters.events.labels(receipt.status).inc()
    return synced.document()


@v1.get("/records/{noun}")
def page(
    request: Request,
    noun: Noun,
    asking: Seeing,
    service: ServiceHere,
    after: OptionalId = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    settlement: OptionalId = "",
    state: OptionalId = "",
) -> Response:
    """List records of a noun, page by page."""
    if asking.reader.access(noun) is None:
        raise NotAllowedError(noun)
    where = {"settlement": settlement, "state": state}
    shown, following = service.reading.page(
        asking.reader,
        noun,
        after=after,
        limit=limit,
        where={key: value for key, value in where.items() if value},
    )
    return tagged(request, {"records": shown, "next": following})


@v1.get("/records/{noun}/{record_id}")
def one(
    request: Request, noun: Noun, record_id: Annotated[Id, Path()], asking: Seeing, service: ServiceHere
) -> Response:
    """Show one record."""
    if asking.reader.access(noun) is None:
        raise NotAllowedError(noun)
    shown = service.reading.one(asking.reader, noun, record_id)
    if shown is None:
        raise UnknownError(record_id)
    return tagged(request, shown)


@v1.get("/trips/{trip_id}/manifest", response_class=Response)
def manifest(
    trip_id: Annotated[Id, Path()],
    asking: Seeing,
    service: ServiceHere,
    form: Annotated[Literal["pdf", "csv"], Query()] = "pdf",
) -> Response:
    """Print the manifest of a trip, with what the reader may see of it."""
    if asking.reader.access("trip") is None:
        raise NotAllowedError("trip")
    trip = service.reading.one(asking.reader, "trip", trip_id)
    if trip is None or "manifest" not in trip:
        raise UnknownError(trip_id)
    persons = service.reading.some(asking.reader, "person", [seat["person"] for seat in trip["manifest"]])
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="manifest.{form}"'}
    if form == "csv":
        return Response(manifest_csv(trip, persons), media_type="text/csv; charset=utf-8", headers=headers)
    sheet = manifest_sheet(trip, persons, exercise=service.desk.exercise)
    return Response(sheet_pdf(sheet), media_type="application/pdf", headers=headers)


class Sought(Strict):
    """Whom somebody looks for; in a body, for addresses of pages end up in logs."""

    name: Words = ""
    phone: Words = ""
    document: Words = ""


@v1.post("/search")
def search(sought: Sought, asking: Seeing, service: ServiceHere) -> dict[str, Any]:
    """Find persons by name in any spelling, or by telephone or document number."""
    require(asking, Action.SEARCH)
    if sought.phone:
        found = [service.reading.found_by(asking.reader, "phone", form) for form in phone_forms(sought.phone)]
        return {"records": list({record["id"]: record for some in found for record in some}.values())}
    if sought.document:
        return {"records": service.reading.found_by(asking.reader, "document", sought.document)}
    ids = service.names.search(sought.name) if sought.name else []
    return {"records": service.reading.some(asking.reader, "person", ids)}


@v1.get("/duplicates")
def duplicates(request: Request, asking: Seeing, service: ServiceHere) -> Response:
    """List records that may be one person; only people decide."""
    require(asking, Action.DUPLICATES)
    return tagged(request, {"candidates": [asdict(pair) for pair in service.names.candidates()]})


@v1.get("/ledger")
def show_ledger(
    request: Request,
    asking: Seeing,
    service: ServiceHere,
    at_ms: Annotated[int | None, Query(ge=0, lt=LARGEST_WALL_MS)] = None,
) -> Response:
    """Reconcile everybody, now or at a past moment."""
    require(asking, Action.LEDGER)
    rows = ledger(service.desk.database, at_ms=at_ms)
    return tagged(request, {"rows": [asdict(row) for row in rows], "total": asdict(total(rows))})


@v1.get("/board")
def show_board(request: Request, asking: Seeing, service: ServiceHere) -> Response:
    """Show how everything stands, in numbers."""
    require(asking, Action.LEDGER)
    now = service.desk.now_ms()
    shown = board(service.desk.database, asking.reader, now_ms=now)
    return tagged(request, {**shown, "alert": service.alerts.state()})


@v1.get("/audit")
def show_audit(
    request: Request, asking: Seeing, service: ServiceHere, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> Response:
    """Show who did and read what."""
    require(asking, Action.AUDIT)
    with service.desk.database.reading() as connection:
        rows = [asdict(row) for row in audit.rows(connection, after=after, limit=PAGE_LIMIT)]
    return tagged(request, {"rows": rows})


@v1.get("/held")
def show_held(request: Request, asking: Seeing, service: ServiceHere) -> Response:
    """List events that wait for review."""
    require(asking, Action.REVIEW_HELD)
    with service.desk.database.reading() as connection:
        rows = devices.waiting(connection)
    names = ("event_id", "device", "reason", "received_ms")
    return tagged(request, {"events": [dict(zip(names, row, strict=True)) for row in rows]})


@v1.post("/held/{event_id}")
def review_held(
    event_id: Annotated[Id, Path()], review: Review, asking: Seeing, service: ServiceHere
) -> dict[str, Any]:
    """Decide on an event that waits."""
    require(asking, Action.REVIEW_HELD)
    return asdict(service.desk.release_held(event_id, actor=asking.reader.account, apply=review.apply))


@v1.post("/devices", status_code=201)
def enrol(enrolment: Enrolment, asking: Seeing, service: ServiceHere) -> dict[str, str]:
    """Enrol a device; its token is shown once."""
    require(asking, Action.DEVICES)
    with service.desk.database.reading() as connection:
        if devices.find(connection, enrolment.device) is not None:
            raise NotAllowedError(enrolment.device)
    token = service.door.enrol_device(
        enrolment.device, enrolment.account, enrolment.public_key, by=asking.reader.account
    )
    return {"token": token}


@v1.post("/devices/{device_id}/revoke", status_code=204)
def revoke(device_id: Annotated[Id, Path()], asking: Seeing, service: ServiceHere) -> Response:
    """Take a lost device back."""
    require(asking, Action.DEVICES)
    service.door.revoke_device(device_id, by=asking.reader.account)
    return Response(status_code=204)


@v1.get("/stream", response_class=StreamingResponse)
async def stream(
    request: Request,
    asking: Seeing,
    service: ServiceHere,
    cursor: Annotated[str, Query(pattern=CURSOR)] = "",
    rounds: Annotated[int, Query(ge=1, le=100_000)] = 3600,
    last_event_id: Annotated[str, Header(pattern=CURSOR)] = "",
) -> StreamingResponse:
    """Tell boards what changes, as it changes (server-sent events); a board that lost the line goes on."""

    def look(place: str) -> tuple[list[dict[str, Any]], str] | None:
        # Whoever has logged out or lost the right meanwhile sees no more.
        still = who_sees(request, service)
        same = still is not None and still.reader.account == asking.reader.account
        return service.reading.changes(still.reader, place) if still is not None and same else None

    async def told() -> AsyncIterator[str]:
        place = last_event_id or cursor
        for left in range(rounds, 0, -1):
            found = await run_in_threadpool(look, place)
            if found is None:
                return
            shown, following = found
            if following != place:
                place = following
                data = json.dumps({"records": shown}, ensure_ascii=False)
                yield f"id: {place}\ndata: {data}\n\n"
                continue
            if left == 1 or await request.is_disconnected():
                return
            yield ": still here\n\n"
            await asyncio.sleep(STREAM_PAUSE_S)

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
