"""Answers: tags by which a reader learns that nothing changed, and one table from errors to codes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from safepassage.errors import InputError
from safepassage.operations.desk import NotAllowedError, SetAsideError, UnknownError
from safepassage.operations.login import LockedError, LoginError
from safepassage.operations.store.database import StoreFullError, StoreUnavailableError

# What is shown depends on who asks and when, so nobody in between may keep it.
_PRIVATE = "private, no-cache"

CODES: dict[type[Exception], tuple[int, str]] = {
    InputError: (422, "faulty_input"),
    LoginError: (401, "login_needed"),
    LockedError: (429, "locked"),
    NotAllowedError: (403, "not_allowed"),
    UnknownError: (404, "unknown"),
    SetAsideError: (409, "set_aside"),
    ValidationError: (422, "malformed"),
    RequestValidationError: (422, "malformed"),
    StoreFullError: (507, "store_full"),
    StoreUnavailableError: (503, "store_unavailable"),
}


def tagged(request: Request, document: Any) -> Response:  # noqa: ANN401 - any JSON value
    """
    Answer with a document, or say that the reader has it already.

    Parameters
    ----------
    request : Request
        May carry the tag of what the reader has.
    document : object
        What this reader may see now; the tag changes when that does.

    Returns
    -------
    Response
        200 with the document, or 304 without.
    """
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _PRIVATE, "Vary": "Cookie, Authorization"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def map_errors(app: FastAPI) -> None:
    """Teach a service the table of errors."""
    for kind in CODES:
        app.add_exception_handler(kind, _answer)


def _answer(_request: Request, error: Exception) -> JSONResponse:
    status, code = next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    document: dict[str, Any] = {"code": code}
    if isinstance(error, SetAsideError):
        document["receipt"] = asdict(error.receipt)
    if isinstance(error, InputError):
        document["faults"] = [
            {name: value for name, value in asdict(fault).items() if name != "value"}
            for fault in error.faults
        ]
    if isinstance(error, RequestValidationError | ValidationError):
        # Where and why, never the value: it may be somebody's telephone number.
        document["faults"] = [
            {"place": ".".join(map(str, fault["loc"])), "problem": fault["type"]} for fault in error.errors()
        ]
    return JSONResponse(document, status, headers={"Cache-Control": "no-store"})
