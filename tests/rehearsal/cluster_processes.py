"""A scheduler and workers as processes of their own, with certificates made for them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REPOSITORY = Path(__file__).resolve().parents[2]


def make_certificates(folder: Path) -> Path:
    """An authority, and one certificate that it signed for 127.0.0.1, in the names that rehearse wants."""
    folder.mkdir()
    now = datetime.now(UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, subject = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "127.0.0.1")
    )

    def builder(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    top = builder(authority, authority_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    own = builder(subject, key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(top.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    (folder / "cert.pem").write_bytes(own.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


@dataclass(slots=True)
class Cluster:
    """A running cluster."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


@contextmanager
def cluster(folder: Path, certificates: Path | None, n_workers: int) -> Iterator[Cluster]:
    """Start a scheduler and workers with one thread each; stop them afterwards."""
    security = []
    if certificates is not None:
        names = (("ca-file", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem"))
        security = [part for name, file in names for part in (f"--tls-{name}", str(certificates / file))]
    scheme = "tls" if certificates else "tcp"
    address = f"{scheme}://127.0.0.1:{free_port()}"
    scheduler = _process("scheduler", "--host", address, "--no-dashboard", *security)
    running = Cluster(address)
    try:
        for _worker in range(n_workers):
            worker = _process(
                "worker", running.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                "--local-directory", str(folder), *security,
            )  # fmt: skip
            running.workers.append(worker)
        yield running
    finally:
        for process in (*running.workers, scheduler):
            process.kill()
            process.wait()


def _process(kind: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port
