"""What is kept on disk of the compiled kernel is renewed when any of its files changes."""

from __future__ import annotations

import copy
from typing import Any

from safepassage.simulator import play
from safepassage.simulator.kernel.loop import run
from tests.simulator.made_networks import Road, cars, network


def test_kept_kernel_belongs_to_all_its_files() -> None:
    play(network([Road(0, 1)]), cars([([0], [0.0])]))
    kept: Any = run
    index = kept._cache._cache_file
    assert index._load_index() != {}
    of_other_files = copy.copy(index)
    of_other_files._source_stamp = "the digest of other files"
    assert of_other_files._load_index() == {}
