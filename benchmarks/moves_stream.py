"""
Size, memory and processor time of the stream of moves on a made city.

    python benchmarks/moves_stream.py [small|medium|large]

Prints JSON. Memory is what the process grows by at its peak while the file is written.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.made_city import SIZES, made_city
from safepassage.formats.moves_parquet import MoveFile
from safepassage.model.events import MoveHeading, VehicleBlock, VehicleKind
from safepassage.simulator import Workspace, play


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Size, memory and time of the stream of moves.")
    parser.add_argument("size", nargs="?", default="medium", choices=sorted(SIZES))
    size = parser.parse_args().size
    network, demand = made_city(SIZES[size])
    workspace = Workspace(network)
    play(network, demand, workspace=workspace)
    start_s = time.process_time()
    plain = play(network, demand, workspace=workspace)
    plain_s = time.process_time() - start_s
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cars = VehicleBlock(VehicleKind.CAR, "cars", "", demand.n_vehicles)
    heading = MoveHeading("made", "", "", "commission", "", network.link_id, (cars,))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moves.parquet"
        start_s = time.process_time()
        with MoveFile(path, heading) as file:
            told = play(network, demand, workspace=workspace, on_moves=file)
        told_s = time.process_time() - start_s
        bytes_ = path.stat().st_size
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    facts = {
        "size": size,
        "vehicles": demand.n_vehicles,
        "moves": file.moves,
        "file_mb": round(bytes_ / 1e6, 1),
        "bytes_a_move": round(bytes_ / file.moves, 2),
        "memory_mb": round((after_kb - before_kb) / 1024, 1),
        "run_s": round(plain_s, 2),
        "run_with_stream_s": round(told_s, 2),
        "same_digest": plain.digest == told.digest,
    }
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
