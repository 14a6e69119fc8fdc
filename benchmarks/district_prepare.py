"""
Time and memory from an extract to a scenario folder.

``python benchmarks/district_prepare.py [EXTRACT ...]``: extracts that are given, each twice (cold and
warm); by default a generated one of a hundred thousand ways. ``--ways`` changes its size.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.make_extract import write_extract
from safepassage.workflows.prepare import PrepareInputs, PrepareOptions, prepare_scenario


def measure(extract: Path, folder: Path) -> None:
    """Prepare a folder and print what it took."""
    began = time.perf_counter()
    result = prepare_scenario(PrepareInputs(extract), folder, PrepareOptions(replace=True))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    report = result.report
    print(f"{extract.name}: {seconds:.2f} s, peak {peak:.2f} GB, {report.links} links, {report.nodes} nodes")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extract", type=Path, nargs="*")
    parser.add_argument("--ways", type=int, default=100_000)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        extracts = options.extract
        if not extracts:
            extracts = [folder / "made.osm.pbf"]
            write_extract(extracts[0], options.ways)
        for extract in extracts:
            for _run in range(2 if options.extract else 1):
                measure(extract, folder / "scenario")


if __name__ == "__main__":
    main()
