"""Futures on real schedulers and workers: the figures of one process, whoever plays them."""

from __future__ import annotations

from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.progress import NoProgress
from safepassage.rehearsal.assumptions import Assumptions
from safepassage.rehearsal.cluster import on_cluster
from safepassage.rehearsal.run import on_threads, rehearse
from tests.rehearsal.cluster_processes import Cluster, cluster, free_port, make_certificates
from tests.rehearsal.test_rehearsal import P, stage

# Sockets that the library leaves to the collector of garbage are none of ours.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

FUTURES = 1000


class KillAfterTheFirstBatch(NoProgress):
    """Kills a worker while the others are busy."""

    def __init__(self, running: Cluster) -> None:
        self.running = running

    def advance(self, steps: int = 1) -> None:
        super().advance(steps)
        self.running.workers[0].kill()


def test_workers_over_tls_say_what_one_process_says_even_when_one_is_killed(tmp_path: Path) -> None:
    made = stage(Assumptions(), probability=P)
    expected = rehearse(made, FUTURES, batches=on_threads(1))
    certificates = make_certificates(tmp_path / "certificates")
    with cluster(tmp_path, certificates, 2) as running:
        assert running.address.startswith("tls://")
        with on_cluster(running.address, certificates) as batches:
            whole = rehearse(made, FUTURES, batches=batches)
            assert whole.digest == expected.digest
            lost = rehearse(made, FUTURES, batches=batches, progress=KillAfterTheFirstBatch(running))
        assert running.workers[0].wait(60) != 0
    assert lost.digest == expected.digest
    assert (lost.harm == expected.harm).all()


def test_stopping_early_takes_back_what_is_not_wanted(tmp_path: Path) -> None:
    made = stage(Assumptions(), probability=0.0)
    with cluster(tmp_path, None, 1) as running, on_cluster(running.address) as batches:
        sure = rehearse(made, 5000, batches=batches, until_sure=True)
        again = rehearse(made, sure.futures, batches=batches)
    assert sure.futures < 5000
    assert sure.digest == again.digest == rehearse(made, sure.futures).digest


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.0.0.5:8786", "without TLS"),
        ("tcp://cluster.example:8786", "without TLS"),
        ("tls://127.0.0.1:8786", "TLS needs certificates"),
        ("tls://127.0.0.1", "no address"),
        ("tls://127.0.0.1:port", "no address"),
        ("http://127.0.0.1:8786", "no address"),
        ("127.0.0.1:8786", "no address"),
    ],
)
def test_addresses_that_are_refused(address: str, said: str) -> None:
    with pytest.raises(InputError, match=said), on_cluster(address):
        pass


def test_every_missing_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    with pytest.raises(InputError) as caught, on_cluster("tls://127.0.0.1:8786", tmp_path):
        pass
    assert [Path(fault.file).name for fault in caught.value.faults] == ["ca.pem", "key.pem"]


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safepassage.rehearsal.cluster._CONNECT_S", 1)
    with pytest.raises(InputError, match="does not answer"), on_cluster(f"tcp://127.0.0.1:{free_port()}"):
        pass
