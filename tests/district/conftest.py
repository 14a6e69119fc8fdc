"""The made town, read and built."""

from __future__ import annotations

from pathlib import Path

import pytest

from safepassage.district.class_table import ClassTable, read_class_table
from safepassage.district.projection import projection_for
from safepassage.district.roads import BuiltRoads, build_roads
from safepassage.formats.osm import OsmExtract, read_osm
from tests.district.made_map import MadeMap, river_town


@pytest.fixture(scope="session")
def table() -> ClassTable:
    return read_class_table()


@pytest.fixture(scope="session")
def town_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return river_town().write(tmp_path_factory.mktemp("town") / "town.osm.pbf")


@pytest.fixture(scope="session")
def town(town_file: Path, table: ClassTable) -> OsmExtract:
    return read_osm(town_file, table.classes)


@pytest.fixture(scope="session")
def roads(town: OsmExtract, table: ClassTable) -> BuiltRoads:
    return build_roads(town, table, projection_for(37.6, 49.7))


def built(made: MadeMap, folder: Path, table: ClassTable) -> BuiltRoads:
    extract = read_osm(made.write(folder / "made.osm.pbf"), table.classes)
    return build_roads(extract, table, projection_for(37.6, 49.7))
