"""
Learn the uptake prior that ships with the program from published figures.

``fit_prior.py --data DIR`` reads ``series.csv``, ``operations.csv`` and ``keys.csv`` in DIR and writes
``safepassage/uptake/prior/prior.json``, which carries the digest of the tables.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from safepassage.formats.uptake_tables import read_uptake_tables
from safepassage.uptake.fit import fit_prior
from safepassage.uptake.priors import PRIOR_FILE
from safepassage.uptake.streams import all_streams

PRIOR = Path(__file__).resolve().parent.parent / "safepassage" / "uptake" / "prior" / PRIOR_FILE
TABLES = ("series.csv", "operations.csv", "keys.csv")


def digest(folder: Path) -> str:
    """
    Digest of the tables that a prior is learnt from.

    Parameters
    ----------
    folder : Path
        Where they are.

    Returns
    -------
    str
        SHA-256 over the tables in their order.
    """
    total = hashlib.sha256()
    for name in TABLES:
        total.update((folder / name).read_bytes())
    return total.hexdigest()


def main() -> None:
    """Read, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the tables")
    folder = parser.parse_args().data
    tables = read_uptake_tables(folder / "series.csv", folder / "operations.csv")
    prior = fit_prior(all_streams(tables.operations), data_digest=digest(folder))
    PRIOR.write_text(prior.as_json(), "utf-8")
    print(f"{PRIOR.name}: {len(prior.places)} places, data {prior.data_digest[:12]}")


if __name__ == "__main__":
    main()
