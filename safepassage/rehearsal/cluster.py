"""Play futures on the workers of a dask.distributed cluster, over TLS unless it is on this machine."""

from __future__ import annotations

import ipaddress
import pickle
import platform
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
import scipy

from safepassage import __version__
from safepassage.errors import Fault, InputError
from safepassage.i18n import _
from safepassage.rehearsal.play import FutureResult, Player, Stage
from safepassage.rehearsal.run import BATCH, Batches

CERTIFICATE_FILES = ("ca.pem", "cert.pem", "key.pem")
_CONNECT_S = 30
_AHEAD_A_WORKER = 4
_MOST_PLAYERS = 16
_PLAYERS: OrderedDict[tuple[str, int], Player] = OrderedDict()
_TURN = threading.Lock()


@contextmanager
def on_cluster(address: str, certificates: Path | None = None) -> Iterator[Batches]:
    """
    Connect to a cluster and play futures there.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tls://host:port``; ``tcp://host:port`` on this machine alone.
    certificates : Path, optional
        Folder with the certificate of the authority that signed everybody's, and this program's own
        certificate and key: `CERTIFICATE_FILES`.

    Yields
    ------
    callable
        For `rehearse`; the figures are those of one thread.

    Raises
    ------
    InputError
        If the address or the certificates cannot be used, or nobody answers, or a worker runs another
        version of what the figures depend on.
    """
    _check_address(address, certificates)
    try:
        client = _distributed().Client(
            address,
            security=_security(certificates),
            timeout=_CONNECT_S,
            set_as_default=False,
            name="rehearse",
        )
    except (OSError, TimeoutError) as error:
        remedy = _("check that the scheduler runs, and that its certificate is of the same authority")
        raise _refused(address, _("the scheduler does not answer"), remedy) from error
    try:
        _check_workers(client, address)
        yield _batches(client, address)
    finally:
        client.close()


def _distributed() -> Any:  # noqa: ANN401 - only parts of it have types
    """Import the library when it is needed: that is slow, and seldom is it."""
    return import_module("distributed")


def _check_address(address: str, certificates: Path | None) -> None:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in {"tls", "tcp"} or not parts.hostname or port is None:
        raise _refused(address, _("this is no address of a scheduler"), _("give tls://host:port"))
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname):
        raise _refused(
            address,
            _("without TLS everybody on the network could read the plan and change the figures"),
            _("give tls://host:port with --certificates; tcp:// is for this machine alone"),
        )
    if parts.scheme == "tls":
        if certificates is None:
            remedy = _("give --certificates with a folder that holds {names}")
            raise _refused(
                address, _("TLS needs certificates"), remedy.format(names=", ".join(CERTIFICATE_FILES))
            )
        missing = [name for name in CERTIFICATE_FILES if not (certificates / name).is_file()]
        if missing:
            problem, remedy = _("the folder of certificates lacks this file"), _("put it there")
            raise InputError(
                [Fault(str(certificates / name), 0, "", "", problem, remedy) for name in missing]
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _security(certificates: Path | None) -> Any:  # noqa: ANN401 - distributed has no types
    if certificates is None:
        return None
    authority, certificate, key = (str(certificates / name) for name in CERTIFICATE_FILES)
    return _distributed().Security(
        tls_ca_file=authority, tls_client_cert=certificate, tls_client_key=key, require_encryption=True
    )


def versions() -> dict[str, str]:
    """
    What the figures depend on.

    Returns
    -------
    dict of str to str
        Names and versions of this process.
    """
    return {
        "safepassage": __version__, "python": platform.python_version(), "numpy": np.__version__,
        "scipy": scipy.__version__, "numba": version("numba"),
    }  # fmt: skip


def _check_workers(client: Any, address: str) -> None:  # noqa: ANN401 - distributed has no types
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError as error:
        raise _refused(address, _("the scheduler has no worker"), _("start at least one worker")) from error
    own = versions()
    for worker, found in sorted(client.run(versions).items()):
        for name, wanted in own.items():
            if found.get(name) != wanted:
                problem = _("a worker has {name} {found}, not {version}; figures could differ")
                raise _refused(
                    str(worker),
                    problem.format(name=name, found=found.get(name), version=wanted),
                    _("install the same version there"),
                )


def _refused(address: str, problem: str, remedy: str) -> InputError:
    return InputError([Fault("--cluster", 0, "", address, problem, remedy)])


def _batches(client: Any, address: str) -> Batches:  # noqa: ANN401 - distributed has no types
    def batches(stage: Stage, futures: int, lost: Sequence[int]) -> Iterator[Sequence[FutureResult]]:
        token = uuid4().hex
        # Part of a task and not data put on the workers: a worker that is lost can be told again.
        told = client.submit(pickle.loads, pickle.dumps(stage), key=f"stage-{token}", pure=False)
        ahead = _AHEAD_A_WORKER * max(sum(client.nthreads().values()), 1)
        pending: deque[Any] = deque()
        try:
            for first in range(0, futures, BATCH):
                numbers = range(first, min(first + BATCH, futures))
                pending.append(
                    client.submit(
                        play_there, told, token, numbers, tuple(lost), key=f"play-{token}-{first}", pure=False
                    )
                )
                if len(pending) >= ahead:
                    yield _result(pending.popleft(), address)
            while pending:
                yield _result(pending.popleft(), address)
        finally:
            client.cancel([*pending, told])

    return batches


def _result(future: Any, address: str) -> Sequence[FutureResult]:  # noqa: ANN401 - distributed has no types
    distributed = _distributed()
    try:
        played: Sequence[FutureResult] = future.result()
    except (distributed.CancelledError, distributed.KilledWorker, OSError, TimeoutError) as error:
        remedy = _("look at the log of the scheduler, and rehearse again")
        raise _refused(address, _("the cluster was lost while futures were played"), remedy) from error
    return played


def play_there(stage: Stage, token: str, numbers: Sequence[int], lost: tuple[int, ...]) -> list[FutureResult]:
    """
    Play futures on a worker.

    Parameters
    ----------
    stage : Stage
        What is played.
    token : str
        Names the stage, so that each thread of a worker makes it ready once.
    numbers : sequence of int
        Futures.
    lost : tuple of int
        Links that are lost besides.

    Returns
    -------
    list of FutureResult
        One a number.
    """
    played = []
    for number in numbers:
        with _TURN:
            played.append(_player(stage, token).play(stage.draws.future(number), lost))
    return played


def _player(stage: Stage, token: str) -> Player:
    key = (token, threading.get_ident())
    if key not in _PLAYERS:
        _PLAYERS[key] = Player(stage, _TURN)
    _PLAYERS.move_to_end(key)
    while len(_PLAYERS) > _MOST_PLAYERS:
        _PLAYERS.popitem(last=False)
    return _PLAYERS[key]
