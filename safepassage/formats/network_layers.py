"""A network as layers for a GIS: GeoJSON and GeoPackage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from safepassage.formats.marking import EXERCISE_BANNER
from safepassage.model.network import RoadNetwork

_MASKED = ("link_id", "from_node_id", "to_node_id", "name", "facility_type", "crossing", "source")


def network_geojson(network: RoadNetwork, link_names: Sequence[str], attribution: str) -> str:
    """
    Roads and nodes as a feature collection.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    link_names : sequence of str
        Names, one a link, or none.
    attribution : str
        Credit that every map must carry.

    Returns
    -------
    str
        GeoJSON (RFC 7946), one feature a line; capacity of the whole link.
    """
    columns = _columns(network, link_names)
    lines = []
    for k in range(network.n_links):
        geometry = {"type": "LineString", "coordinates": [list(point) for point in network.link_course(k)]}
        lines.append(
            _feature(geometry, {"layer": "link"} | {key: value[k] for key, value in columns.items()})
        )
    positions = zip(network.longitude_deg.tolist(), network.latitude_deg.tolist(), strict=True)
    for node, point in zip(network.node_id, positions, strict=True):
        lines.append(
            _feature({"type": "Point", "coordinates": list(point)}, {"layer": "node", "node_id": node})
        )
    heading = {
        "type": "FeatureCollection",
        "exercise": EXERCISE_BANNER if network.any_schematic else "",
        "attribution": attribution,
    }
    start = json.dumps(heading, ensure_ascii=False)
    return start[:-1] + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> str:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return json.dumps(feature, ensure_ascii=False, allow_nan=False)


def write_geopackage(network: RoadNetwork, link_names: Sequence[str], path: Path) -> None:
    """
    Write roads and nodes as the layers ``link`` and ``node`` of a GeoPackage.

    Parameters
    ----------
    network : RoadNetwork
        Roads.
    link_names : sequence of str
        Names, one a link, or none.
    path : Path
        A file that does not exist yet.
    """
    columns = _columns(network, link_names)
    courses = [shapely.LineString(network.link_course(k)) for k in range(network.n_links)]
    values = [np.array(column, object if name in _MASKED else None) for name, column in columns.items()]
    pyogrio.raw.write(
        path, shapely.to_wkb(courses), values, list(columns), layer="link", driver="GPKG",
        geometry_type="LineString", crs="EPSG:4326",
    )  # fmt: skip
    points = shapely.points(network.longitude_deg, network.latitude_deg)
    pyogrio.raw.write(
        path, shapely.to_wkb(points), [np.array(network.node_id, object)], ["node_id"], layer="node",
        driver="GPKG", geometry_type="Point", crs="EPSG:4326", append=True,
    )  # fmt: skip


def _columns(network: RoadNetwork, link_names: Sequence[str]) -> dict[str, list[Any]]:
    return {
        "link_id": list(network.link_id),
        "from_node_id": [network.node_id[k] for k in network.from_node.tolist()],
        "to_node_id": [network.node_id[k] for k in network.to_node.tolist()],
        "name": list(link_names) or [""] * network.n_links,
        "facility_type": list(network.facility_type),
        "length_m": network.length_m.tolist(),
        "lanes": network.lanes.tolist(),
        "free_speed_km_per_h": np.round(network.free_speed_m_per_s * 3.6, 6).tolist(),
        "capacity_pcu_per_h": network.capacity_pcu_per_h.tolist(),
        "crossing": list(network.crossing),
        "schematic": [int(flag) for flag in network.schematic],
        "source": list(network.source),
    }
