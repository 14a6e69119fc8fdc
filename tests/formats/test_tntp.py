from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safepassage.errors import InputError
from safepassage.formats.tntp import TntpUnits, read_tntp_network, read_tntp_trips

NETWORK = """<NUMBER OF NODES> 3
<NUMBER OF LINKS> 2
<END OF METADATA>

~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;
\t1\t3\t3600\t2\t4\t0.15\t4\t0\t0\t1\t;
\t3\t2\t900\t1\t1.5\t0.15\t4\t0\t0\t1\t;
"""
NODES = """Node\tX\tY\t;
1\t37.5\t49.7\t;
2\t37.6\t49.7\t;
3\t37.7\t49.8\t;
"""
TRIPS = """<NUMBER OF ZONES> 2
<END OF METADATA>

Origin 1
    1 :   0.0;   2 :  10.5;
Origin 2
    1 :   3;
"""


def written(folder: Path, text: str, name: str = "tiny_net.tntp") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_links_in_the_units_that_the_caller_states(tmp_path: Path) -> None:
    units = TntpUnits(length_m=1609.344, time_s=60.0, capacity_pcu_per_h=0.5)
    network = read_tntp_network(
        written(tmp_path, NETWORK), units, nodes=written(tmp_path, NODES, "tiny_node.tntp")
    )
    assert network.node_id == ("1", "2", "3")
    assert network.from_node.tolist() == [0, 2]
    assert network.to_node.tolist() == [2, 1]
    assert network.capacity_pcu_per_h.tolist() == [1800.0, 450.0]
    assert network.length_m.tolist() == [2 * 1609.344, 1609.344]
    np.testing.assert_allclose(network.free_flow_time_s, [240.0, 90.0])
    assert network.longitude_deg.tolist() == [37.5, 37.6, 37.7]


def test_kilometres_and_minutes_by_default(tmp_path: Path) -> None:
    network = read_tntp_network(written(tmp_path, NETWORK))
    assert network.length_m.tolist() == [2000.0, 1000.0]
    np.testing.assert_allclose(network.free_flow_time_s, [240.0, 90.0])


def test_reads_trips_and_leaves_out_empty_pairs(tmp_path: Path) -> None:
    trips = read_tntp_trips(written(tmp_path, TRIPS))
    assert trips == {("1", "2"): 10.5, ("2", "1"): 3.0}


def test_reports_all_faults_of_a_network_together(tmp_path: Path) -> None:
    text = NETWORK.replace("3600", "-3600").replace("\t1.5\t", "\tfast\t").replace("LINKS> 2", "LINKS> 5")
    text += "\t1\t2\t;\n\t1\t2\t900\t0\t1\t;\n"
    with pytest.raises(InputError) as caught:
        read_tntp_network(written(tmp_path, text))
    places = [(fault.row, fault.column, fault.value) for fault in caught.value.faults]
    assert places == [
        (6, "capacity", "-3600"),
        (7, "free_flow_time", "fast"),
        (8, "", "1\t2\t;"),
        (9, "length", "0"),
        (0, "NUMBER OF LINKS", "5"),
    ]


@pytest.mark.parametrize("text", ["", "<END OF METADATA>\n"])
def test_a_network_without_links_is_a_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="no links"):
        read_tntp_network(written(tmp_path, text))


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_tntp_network(tmp_path / "absent_net.tntp")


@pytest.mark.parametrize(
    ("line", "shown"),
    [("Origin one\n", "Origin one"), ("Origin 1\n 2 : many;\n", "2 : many"), ("2 : 5;\n", "2 : 5")],
)
def test_a_malformed_trip_table_names_the_line(tmp_path: Path, line: str, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        read_tntp_trips(written(tmp_path, "<END OF METADATA>\n" + line, "tiny_trips.tntp"))
    assert shown in [fault.value for fault in caught.value.faults]


def test_a_malformed_node_file_names_the_line(tmp_path: Path) -> None:
    nodes = written(tmp_path, "1 37.5 north ;\n", "tiny_node.tntp")
    with pytest.raises(InputError) as caught:
        read_tntp_network(written(tmp_path, NETWORK), nodes=nodes)
    assert [(fault.file, fault.row) for fault in caught.value.faults] == [("tiny_node.tntp", 1)]


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("name", "n_nodes", "n_links", "trips"),
    [("siouxfalls/SiouxFalls", 24, 76, 360600.0), ("anaheim/Anaheim", 416, 914, 104694.4)],
)
def test_reads_the_published_networks(
    shared_data: Path, name: str, n_nodes: int, n_links: int, trips: float
) -> None:
    network = read_tntp_network(shared_data / "networks" / f"{name}_net.tntp")
    assert (network.n_nodes, network.n_links) == (n_nodes, n_links)
    table = read_tntp_trips(shared_data / "networks" / f"{name}_trips.tntp")
    assert sum(table.values()) == pytest.approx(trips)
