"""The routes by which lists and files come in and go out, version 1."""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.operations.courier import public_key_of, take
from safepassage.operations.desk import NotAllowedError
from safepassage.operations.safety.roles import Action
from safepassage.web.access import Seeing, ServiceHere, require
from safepassage.workflows.import_people import ListFile, import_list
from safepassage.workflows.list_subject import Subject
from safepassage.workflows.people_finder import DOMAIN, export_pfif

exchange = APIRouter(prefix="/v1")
_ANY_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FileName = Annotated[
    str, Query(max_length=120, pattern=r"^[^/\\\x00-\x1f]+\.(csv|tsv|txt|xlsx|xlsm|json|xml)$")
]
Source = Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")]
Columns = Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=60)]


@exchange.post("/import", openapi_extra=_ANY_FILE)
async def import_file(
    request: Request,
    asking: Seeing,
    service: ServiceHere,
    name: FileName,
    of: Subject = Subject.PEOPLE,
    source: Source = "",
    column: Columns = [],  # noqa: B006 - FastAPI copies it
    dry_run: bool = False,  # noqa: FBT001, FBT002 - of the address
) -> dict[str, Any]:
    """Enter people or requests from a table or from Kobo, ODK or PFIF; 422 tells everything that is wrong."""
    if not (asking.reader.may(Action.IMPORT_PEOPLE) or asking.reader.may(Action.EXPORT_PFIF)):
        raise NotAllowedError(Action.IMPORT_PEOPLE)
    content = await request.body()
    given = ListFile(FilePath(name), of, source or PurePath(name).stem, _mapping(column), content)
    result = await run_in_threadpool(import_list, service.desk, given, asking.reader, dry_run=dry_run)
    return result.facts()


@exchange.get("/export/pfif", response_class=Response)
def pfif(
    asking: Seeing,
    service: ServiceHere,
    domain: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9.\-]{0,60}$")] = DOMAIN,
    everyone: bool = False,  # noqa: FBT001, FBT002 - of the address
) -> Response:
    """Write who is looked for as PFIF 1.4, for registries of missing people."""
    require(asking, Action.EXPORT_PFIF)
    text = export_pfif(service.reading, service.desk, asking.reader, domain=domain, everyone=everyone)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="pfif.xml"'}
    return Response(text, media_type="application/xml", headers=headers)


@exchange.get("/usb-key")
def usb_key(asking: Seeing, service: ServiceHere) -> dict[str, str]:
    """Tell the key for which devices seal the parcels that travel on a stick."""
    require(asking, Action.SYNC)
    return {"public_key": public_key_of(service.desk)}


@exchange.post("/usb", openapi_extra=_ANY_FILE, response_class=Response)
async def usb(request: Request, asking: Seeing, service: ServiceHere) -> Response:
    """Take in the parcel of a device, whoever carries it; the answer opens on that device alone."""
    require(asking, Action.SYNC)
    answer = await run_in_threadpool(take, service.desk, service.sync, await request.body())
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="answer.parcel"'}
    return Response(answer, media_type="application/octet-stream", headers=headers)


def _mapping(pairs: list[str]) -> dict[str, str]:
    named = [re.fullmatch(r"(\w{1,40})=(.*)", pair, re.DOTALL) for pair in pairs]
    found = {match.group(1): match.group(2) for match in named if match}
    if len(found) != len(pairs):
        raise InputError(
            [Fault("column", 0, "", "", _("this names no column"), _("write it as field=header"))]
        )
    return found
