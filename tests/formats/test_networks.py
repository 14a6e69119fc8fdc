"""GMNS, MATSim and SUMO in and out: units, bad files, bombs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest

from safepassage.errors import InputError
from safepassage.formats.gmns import gmns_files, read_gmns
from safepassage.formats.matsim import read_matsim_network, write_matsim_network
from safepassage.formats.matsim_population import read_matsim_departures
from safepassage.formats.network_layers import network_geojson, write_geopackage
from safepassage.formats.sumo import read_sumo_network, sumo_plain_files
from safepassage.model.network import RoadNetwork
from safepassage.workflows.convert import convert_network

NODES = '<nodes><node id="a" x="500000" y="5500000"/><node id="b" x="501000" y="5500000"/></nodes>'


def matsim(folder: Path, links: str, *, nodes: str = NODES, capperiod: str = "01:00:00") -> Path:
    path = folder / "network.xml"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE network SYSTEM "http://www.matsim.org/files/dtd/network_v2.dtd">'
        "<network><attributes><attribute name='coordinateReferenceSystem' class='java.lang.String'>EPSG:32637"
        f'</attribute></attributes>{nodes}<links capperiod="{capperiod}">{links}</links></network>',
        "utf-8",
    )
    return path


def link(**changes: str) -> str:
    figures = {
        "id": "1", "from": "a", "to": "b", "length": "1000", "freespeed": "20", "capacity": "3600",
        "permlanes": "2", "modes": "car",
    } | changes  # fmt: skip
    return "<link " + " ".join(f'{key}="{value}"' for key, value in figures.items()) + "/>"


def example(tmp_path: Path) -> RoadNetwork:
    links = link() + link(id="2", **{"from": "b", "to": "a"}, capacity="900", permlanes="1")
    return read_matsim_network(matsim(tmp_path, links)).network


def test_matsim_capacity_is_of_the_link_and_gmns_capacity_of_a_lane(tmp_path: Path) -> None:
    network = example(tmp_path)
    assert network.capacity_pcu_per_h.tolist() == [3600, 900]
    folder = tmp_path / "gmns"
    folder.mkdir()
    files = gmns_files(network)
    assert [line.split(",")[7] for line in files["link.csv"].splitlines()] == ["capacity", "1800", "900"]
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    back = read_gmns(folder).network
    assert back.capacity_pcu_per_h.tolist() == [3600, 900]
    assert back.lanes.tolist() == [2, 1]
    assert np.allclose(back.free_speed_m_per_s, network.free_speed_m_per_s)
    assert np.allclose(back.longitude_deg, network.longitude_deg)


def test_matsim_capacity_counts_over_its_period(tmp_path: Path) -> None:
    network = read_matsim_network(matsim(tmp_path, link(capacity="300"), capperiod="00:10:00")).network
    assert network.capacity_pcu_per_h.tolist() == pytest.approx([1800])


@pytest.mark.parametrize("name", ["out.xml", "out.xml.gz"])
def test_matsim_networks_come_back(tmp_path: Path, name: str) -> None:
    network = example(tmp_path)
    path = tmp_path / name
    path.write_bytes(write_matsim_network(network, path, 32637))
    again = read_matsim_network(path).network
    assert again.link_id == network.link_id
    assert again.capacity_pcu_per_h.tolist() == network.capacity_pcu_per_h.tolist()
    assert np.allclose(again.latitude_deg, network.latitude_deg, atol=2e-8)
    assert path.read_bytes() == write_matsim_network(network, path, 32637)


def test_links_for_others_than_cars_are_left_out(tmp_path: Path) -> None:
    network = read_matsim_network(matsim(tmp_path, link() + link(id="2", modes="rail"))).network
    assert network.link_id == ("1",)


@pytest.mark.parametrize(
    ("links", "words"),
    [
        (link(capacity="-5"), "'-5'"),
        (link(length="many"), "this cannot be"),
        (link(to="z"), "node z is not in the file"),
        (link() + link(), "the link repeats"),
        (link(freespeed="nan"), "speed"),
        ("", "no links"),
    ],
)
def test_faulty_matsim_links_are_named(tmp_path: Path, links: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_matsim_network(matsim(tmp_path, links))


def test_coordinates_must_be_told(tmp_path: Path) -> None:
    path = matsim(tmp_path, link())
    path.write_text(path.read_text("utf-8").replace("EPSG:32637", "Atlantis"), "utf-8")
    with pytest.raises(InputError, match="--crs"):
        read_matsim_network(path)
    assert read_matsim_network(path, crs="EPSG:32637").network.n_links == 1


def test_xml_bombs_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "network.xml"
    bomb.write_text(
        '<!DOCTYPE n [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><network>&b;</network>',
        "utf-8",
    )
    with pytest.raises(InputError, match="declares entities"):
        read_matsim_network(bomb)


def test_gzip_bombs_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "network.xml.gz"
    with gzip.open(bomb, "wb") as stream:
        stream.write(b"<network>")
        for _block in range(80):
            stream.write(b" " * (1 << 20))
    with pytest.raises(InputError, match="unpacks to more than"):
        read_matsim_network(bomb)


@pytest.mark.parametrize("damage", ["cut", "text", "deep"])
def test_broken_xml_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "network.xml.gz"
    data = gzip.compress(matsim(tmp_path, link()).read_bytes())
    broken = {"cut": data[: len(data) // 2], "text": b"not xml", "deep": b"<a>" * 200}
    path.write_bytes(broken[damage])
    with pytest.raises(InputError, match=r"network\.xml\.gz"):
        read_matsim_network(path)


def test_departures_of_a_population(tmp_path: Path) -> None:
    path = tmp_path / "population.xml"
    path.write_text(
        '<population><attributes><attribute name="coordinateReferenceSystem">EPSG:32637</attribute>'
        '</attributes><person id="p1"><attributes><attribute name="age">71</attribute></attributes>'
        '<plan selected="no"><activity type="home" x="1" y="1" end_time="01:00:00"/>'
        '<leg mode="walk"/></plan><plan selected="yes"><activity type="home" x="500000" y="5500000"'
        ' end_time="26:15:30"/><leg mode="car"/><activity type="safe" x="1" y="1"/></plan></person>'
        '<person id="stays"><plan><act type="home" x="1" y="1"/></plan></person></population>',
        "utf-8",
    )
    found, stays = read_matsim_departures(path)
    assert (found.person, found.mode, found.time_s) == ("p1", "car", 26 * 3600 + 15 * 60 + 30)
    assert found.longitude_deg == pytest.approx(39.0)
    assert (found.age, stays.age) == (71, -1)
    assert (stays.person, stays.mode) == ("stays", "")
    assert not np.isfinite(stays.time_s)


@pytest.mark.parametrize(
    ("persons", "words"),
    [
        ("", "no persons"),
        ('<person id="a"/><person id="a"/>', "repeat an id"),
        ("<person/>", "have none"),
        ('<person id="a"><plan><activity x="1" y="2"/></plan></person>', "--crs"),
    ],
)
def test_populations_that_cannot_be_used(tmp_path: Path, persons: str, words: str) -> None:
    path = tmp_path / "population.xml"
    path.write_text(f"<population>{persons}</population>", "utf-8")
    with pytest.raises(InputError, match=words):
        read_matsim_departures(path)


SUMO = """<net><location netOffset="-500000.00,-5500000.00" projParameter="+proj=utm +zone=37 +ellps=WGS84"/>
<edge id=":n_0" function="internal"><lane id=":n_0_0" index="0" speed="5" length="3"/></edge>
<edge id="in" from="a" to="n" type="highway.primary"><lane id="in_0" index="0" speed="13" length="500"/>
<lane id="in_1" index="1" speed="13" length="500"/>
<lane id="in_2" index="2" allow="pedestrian" speed="1" length="500"/>
</edge><edge id="out" from="n" to="b"><lane id="out_0" index="0" speed="25" length="600"/></edge>
<edge id="back" from="n" to="a"><lane id="back_0" index="0" speed="13" length="500"/></edge>
<edge id="foot" from="a" to="b"><lane id="f_0" index="0" disallow="passenger" speed="13" length="500"/></edge>
<junction id="a" type="priority" x="0" y="0"/><junction id="n" type="priority" x="500" y="0"/>
<junction id="b" type="priority" x="1100" y="0"/><junction id=":n_0" type="internal" x="1" y="1"/>
<connection from="in" to="out" fromLane="0" toLane="0"/></net>"""


def test_sumo_networks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "town.net.xml"
    path.write_text(SUMO, "utf-8")
    foreign = read_sumo_network(path)
    network = foreign.network
    assert network.link_id == ("in", "out", "back")
    assert network.lanes.tolist() == [2, 1, 1]
    assert network.capacity_pcu_per_h.tolist() == [1800, 1800, 900]
    assert network.facility_type[0] == "primary"
    assert network.longitude_deg[0] == pytest.approx(39.0)
    turns = {(network.link_id[a], network.link_id[b])
             for a, b in zip(network.movement_in_link, network.movement_out_link, strict=True)}  # fmt: skip
    assert turns == {("in", "back")} | {("back", "in")}
    assert "capacities" in foreign.warnings[0].problem


def test_sumo_plain_files_name_edges_and_forbidden_turns(tmp_path: Path) -> None:
    path = tmp_path / "town.net.xml"
    path.write_text(SUMO, "utf-8")
    files = sumo_plain_files(read_sumo_network(path).network, "x", 32637)
    assert set(files) == {"x.nod.xml", "x.edg.xml", "x.con.xml"}
    assert '<delete from="in" to="back"/>' in files["x.con.xml"]
    assert 'numLanes="2"' in files["x.edg.xml"]
    assert '<node id="n" x="5005' in files["x.nod.xml"] or '<node id="n" x="50049' in files["x.nod.xml"]


def test_layers_for_a_gis(tmp_path: Path) -> None:
    network = example(tmp_path)
    features = json.loads(network_geojson(network, ("Main", ""), "credit"))
    assert features["attribution"] == "credit"
    lines = [item for item in features["features"] if item["properties"]["layer"] == "link"]
    assert [item["properties"]["capacity_pcu_per_h"] for item in lines] == [3600, 900]
    path = tmp_path / "roads.gpkg"
    write_geopackage(network, ("Main", ""), path)
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["link", "node"]
    information = pyogrio.read_info(path, layer="link")
    assert information["features"] == 2
    assert "capacity_pcu_per_h" in information["fields"]
    assert information["crs"] == "EPSG:4326"


def test_gmns_units_directions_and_turns(tmp_path: Path) -> None:
    (tmp_path / "config.csv").write_text("long_length,speed\nmiles,mph\n", "utf-8")
    (tmp_path / "node.csv").write_text("node_id,x_coord,y_coord\n1,37,49\n2,37.01,49\n3,37.02,49\n", "utf-8")
    (tmp_path / "link.csv").write_text(
        "link_id,from_node_id,to_node_id,directed,length,lanes,capacity,free_speed,allowed_uses\n"
        "a,1,2,0,1,2,1000,30,\nb,2,3,1,,1,1000,30,auto\nc,2,3,1,,1,1000,30,bike\n",
        "utf-8",
    )
    (tmp_path / "movement.csv").write_text(
        "mvmt_id,ib_link_id,ob_link_id,capacity\n1,a,b,0\n2,b,b,9\n", "utf-8"
    )
    network = read_gmns(tmp_path).network
    assert network.link_id == ("a", "a_back", "b")
    assert network.length_m[:2].tolist() == [1609.344, 1609.344]
    assert network.length_m[2] == pytest.approx(731.6, abs=1)
    assert network.free_speed_m_per_s[0] == pytest.approx(13.4112)
    assert network.capacity_pcu_per_h.tolist() == [2000, 2000, 1000]
    assert len(network.movement_in_link) == 1


def test_gmns_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"node\.csv.*missing"):
        read_gmns(tmp_path)
    (tmp_path / "node.csv").write_text("node_id,x_coord,y_coord\n1,x,49\n", "utf-8")
    (tmp_path / "link.csv").write_text("link_id,from_node_id,to_node_id,free_speed\na,1,2,50\n", "utf-8")
    with pytest.raises(InputError, match="no position"):
        read_gmns(tmp_path)


@pytest.mark.parametrize("target", ["gmns", "roads.geojson", "roads.gpkg", "roads.nod.xml", "roads.xml.gz"])
def test_convert_writes_what_the_name_says(tmp_path: Path, target: str) -> None:
    example(tmp_path)
    result = convert_network(tmp_path / "network.xml", tmp_path / "out" / target)
    assert all(path.exists() for path in result.written)
    assert len(result.written) == (3 if target.endswith(".nod.xml") else 1)
    if target in ("gmns", "roads.xml.gz"):
        again = convert_network(result.written[0], tmp_path / "again.geojson")
        assert again.facts()["links"] == 2


@pytest.mark.parametrize(("source", "target"), [("network.xml", "x.shp"), ("none.xml", "x"), ("x.dwg", "x")])
def test_unknown_formats_are_refused(tmp_path: Path, source: str, target: str) -> None:
    example(tmp_path)
    (tmp_path / "x.dwg").write_text("?", "utf-8")
    with pytest.raises(InputError, match=r"give|check"):
        convert_network(tmp_path / source, tmp_path / target)
