"""Moves in a file: complete, read back, drawn as dots; whole or not there at all."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from safepassage.errors import InputError, OutputError
from safepassage.formats.moves_parquet import MoveFile, MoveReader
from safepassage.model.events import MoveBlock, MoveHeading, VehicleBlock, VehicleKind
from safepassage.publish.vehicle_tracks import vehicle_tracks
from safepassage.simulator import play
from tests.simulator.made_networks import Road, at_rate, cars, network

ROADS = network([Road(0, 1), Road(1, 2)])


def heading(*counts: int) -> MoveHeading:
    blocks = tuple(VehicleBlock(VehicleKind.CAR, f"w{k}", "A", count) for k, count in enumerate(counts))
    return MoveHeading("p", "0", "2023-08-10T06:00:00+03:00", "commission", "", ("a", "b"), blocks)


def written(path: Path, about: MoveHeading, n_cars: int) -> list[MoveBlock]:
    told: list[MoveBlock] = []

    with MoveFile(path, about) as file:

        def both(block: MoveBlock) -> None:
            told.append(block)
            file(block)

        play(ROADS, cars([([0, 1], at_rate(0.5, 0, 2 * n_cars))]), on_moves=both)
    return told


def test_what_is_read_is_what_was_told(tmp_path: Path) -> None:
    about = heading(10, 20)
    told = written(tmp_path / "moves.parquet", about, 30)
    reader = MoveReader(tmp_path / "moves.parquet")
    assert reader.heading == about
    for name in ("time_tick", "vehicle", "link"):
        read = np.concatenate([getattr(block, name) for block in reader.blocks()])
        np.testing.assert_array_equal(read, np.concatenate([getattr(block, name) for block in told]))
    assert (tmp_path / "moves.parquet").stat().st_mode & 0o077 == 0


def test_equal_runs_give_equal_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name, heading(30), 30)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    def interrupted() -> None:
        with MoveFile(tmp_path / "moves.parquet", heading(1)) as file:
            file(MoveBlock(np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1, np.int32)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), MoveFile(tmp_path / "no" / "m", heading(1)):
        pass


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,from\n"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "moves.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"simulate --events"):
        MoveReader(tmp_path / "moves.parquet")


def test_tracks_follow_the_vehicles(tmp_path: Path) -> None:
    written(tmp_path / "m", heading(4), 4)
    reader = MoveReader(tmp_path / "m")
    made = vehicle_tracks(reader.heading, reader.blocks(), ROADS)
    assert (made.shown, made.of, made.thinned) == (4, 4, False)
    second = made.tracks[1]
    assert second.time_s.tolist() == [2.0, 52.0, 52.0, 102.0]
    middle = second.position(27.0)
    ends = ROADS.longitude_deg[:2]
    assert middle is not None
    assert middle[0] == pytest.approx(ends.mean())
    assert second.position(1.0) is None
    assert second.position(102.5) is None


def test_tracks_are_thinned_and_say_so(tmp_path: Path) -> None:
    written(tmp_path / "m", heading(30), 30)
    reader = MoveReader(tmp_path / "m")
    made = vehicle_tracks(reader.heading, reader.blocks(), ROADS, most_vehicles=7)
    assert (made.shown, made.of, made.thinned) == (7, 30, True)
    assert [track.vehicle for track in made.tracks] == [0, 4, 8, 12, 17, 21, 25]


def test_the_fleet_is_shown_before_cars() -> None:
    blocks = (VehicleBlock(VehicleKind.CAR, "w", "A", 6), VehicleBlock(VehicleKind.FLEET, "bus-01", "", 1))
    about = MoveHeading("p", "0", "", "commission", "", ("a", "b"), blocks)
    moves = MoveBlock(
        np.array([0, 1, 50, 51], np.int64) * 1_000_000,
        np.array([0, 6, 0, 6], np.int32),
        np.array([0, 0, -1, -1], np.int32),
    )
    made = vehicle_tracks(about, [moves], ROADS, most_vehicles=1)
    assert [(track.id, track.kind) for track in made.tracks] == [("bus-01", VehicleKind.FLEET)]


def test_a_stop_off_the_road_shows_no_dot() -> None:
    about = heading(1)
    moves = MoveBlock(
        np.array([0, 50, 200, 250], np.int64) * 1_000_000,
        np.zeros(4, np.int32),
        np.array([0, -1, 1, -1], np.int32),
    )
    (track,) = vehicle_tracks(about, [moves], ROADS).tracks
    assert track.position(100.0) is None
    assert track.position(225.0) is not None


def test_memory_does_not_grow_with_the_number_of_moves(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    block = MoveBlock(np.arange(100_000), np.zeros(100_000, np.int32), np.zeros(100_000, np.int32))
    with MoveFile(tmp_path / "m", heading(1)) as file:
        for _ in range(100):
            file(block)
    # Ten million moves are 160 MB; what is held is one block.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000
