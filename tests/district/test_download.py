"""Fetching from a server on this machine: resumed, checked, refused."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from safepassage.errors import InputError
from safepassage.formats.web_file import PART_SUFFIX, fetch
from safepassage.workflows.download import address_of, download_file

CONTENT = bytes(range(256)) * 4000
HASH = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Remembers the ranges it was asked for; its file has a version."""

    asked: list[str | None]
    version: str


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wish = self.headers.get("Range")
        if self.path.endswith(".md5"):
            digest = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
            self._send(200, f"{digest}  map.osm.pbf\n".encode())
            return
        self.server.asked.append(wish)
        if self.path == "/missing":
            self.send_error(404)
            return
        match = re.fullmatch(r"bytes=(\d+)-", wish or "")
        renewed = self.headers.get("If-Range", self.server.version) != self.server.version
        start = int(match[1]) if match and self.path != "/no-ranges" and not renewed else 0
        if match and start >= len(CONTENT):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.send_header("ETag", self.server.version)
        self.end_headers()
        # This path breaks off in the middle, as connections do.
        end = len(CONTENT) // 2 if self.path == "/breaks" and not start else len(CONTENT)
        self.wfile.write(CONTENT[start:end])

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.asked, made.version = [], '"monday"'
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def address(server: Server, path: str = "/map.osm.pbf") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_a_file_is_fetched_and_checked(server: Server, tmp_path: Path) -> None:
    result = download_file(address(server), tmp_path / "map.osm.pbf", checksum=HASH)
    assert result.path.read_bytes() == CONTENT
    assert result.facts()["hash_checked"]
    assert list(tmp_path.iterdir()) == [result.path]


def test_a_broken_connection_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "map.osm.pbf"
    with pytest.raises(InputError, match="run it again to go on"):
        fetch(address(server, "/breaks"), target)
    assert not target.exists()
    half = target.with_name(target.name + PART_SUFFIX).stat().st_size
    assert half == len(CONTENT) // 2
    fetch(address(server, "/breaks"), target, checksum=HASH)
    assert server.asked == [None, f"bytes={half}-"]
    assert target.read_bytes() == CONTENT


def test_a_file_that_was_renewed_meanwhile_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "map.osm.pbf"
    with pytest.raises(InputError, match="run it again to go on"):
        fetch(address(server, "/breaks"), target)
    server.version = '"tuesday"'
    fetch(address(server), target, checksum=HASH)
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_the_checksum_that_geofabrik_publishes_is_compared(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safepassage.workflows.download.GEOFABRIK", address(server, ""))
    result = download_file("osm:europe/ukraine", tmp_path / "map.osm.pbf")
    assert result.checked
    assert result.path.read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "map"
    target.with_name("map" + PART_SUFFIX).write_bytes(b"wrong start")
    fetch(address(server, "/no-ranges"), target, checksum=HASH)
    assert target.read_bytes() == CONTENT


def test_a_whole_part_is_taken_as_it_is(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "map"
    target.with_name("map" + PART_SUFFIX).write_bytes(CONTENT)
    assert fetch(address(server), target, checksum=HASH) == len(CONTENT)
    assert target.read_bytes() == CONTENT


def test_a_wrong_hash_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the promised one"):
        fetch(address(server), tmp_path / "map", checksum="0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("/missing", {}, "does not answer"),
        ("/map", {"most_bytes": 1000}, "choose a smaller one"),
        ("/map", {"checksum": "12"}, "no checksum"),
    ],
)
def test_what_cannot_be_fetched(
    server: Server, tmp_path: Path, path: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        fetch(address(server, path), tmp_path / "map", **options)  # type: ignore[arg-type]


def test_only_the_web_is_fetched_from(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", "utf-8")
    with pytest.raises(InputError, match="https://"):
        fetch(secret.as_uri(), tmp_path / "map")


def test_wishes_become_addresses() -> None:
    assert address_of("osm:europe/ukraine") == "https://download.geofabrik.de/europe/ukraine-latest.osm.pbf"
    assert address_of("overpass:37.5,49.6,37.75,49.8").endswith("/api/map?bbox=37.5,49.6,37.75,49.8")
    with pytest.raises(InputError, match="no box"):
        address_of("overpass:1,2")
    assert address_of("worldpop:UKR").endswith("/UKR/ukr_ppp_2020_UNadj_constrained.tif")
    for wish in ("osm:../../x", "worldpop:UKRAINE", "ftp://x/y", "kupiansk"):
        with pytest.raises(InputError, match="nothing that can be fetched"):
            address_of(wish)
