"""Listen: the one place that starts the server."""

from __future__ import annotations

import gc
import logging
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from safepassage.web.patience import ImpatientProtocol


def keep_collector_calm() -> None:
    """Look for garbage less often: batches make many small things that all go by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def write_log() -> None:
    """Write one line of JSON an answer to the error output; it holds no address, no body and no name."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("safepassage.web")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def listen(app: FastAPI, host: str, port: int, *, certificate: Path | None, key: Path | None) -> None:
    """
    Answer until stopped.

    Parameters
    ----------
    app : FastAPI
        The service.
    host, port : str and int
        Where to listen.
    certificate, key : Path or None
        TLS certificate and its key (PEM).
    """
    write_log()
    # Read before somebody waits for it: the first search would have to.
    names = app.state.service.names
    threading.Thread(target=names.catch_up, name="names", daemon=True).start()
    keep_collector_calm()
    # The server's own access log holds addresses, and addresses may hold ids of persons.
    uvicorn.run(
        app,
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        access_log=False,
        http=ImpatientProtocol,
        ws="none",
        timeout_keep_alive=15,
        limit_concurrency=500,
        server_header=False,
    )
