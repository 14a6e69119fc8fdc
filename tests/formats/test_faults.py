"""Every fault is named with file, row, column, value and remedy, and all of them at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safepassage.errors import Fault, InputError
from safepassage.formats.fault_list import SHOWN_A_COLUMN
from safepassage.formats.scenario_folder import check_scenario, read_scenario, text_file
from safepassage.formats.scenario_folder.schema import SETTLEMENT, THREAT
from safepassage.i18n import use_language

NODE_HEADER = "node_id,x_coord,y_coord\n"


@pytest.fixture
def folder(valley_folder: Path, tmp_path: Path) -> Path:
    """A copy of the valley to spoil."""
    copy = tmp_path / "valley"
    shutil.copytree(valley_folder, copy)
    return copy


def _edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def _only(folder: Path) -> Fault:
    (fault,) = check_scenario(folder)
    return fault


CELLS = (
    # file, old, new, row, column, value, words of the problem or remedy
    ("link.csv", "0,390,1,30,300", "0,390,1,30,-300", 6, "capacity", "-300", "negative"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,many", 6, "capacity", "many", "no number"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,inf", 6, "capacity", "inf", "not finite"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,nan", 6, "capacity", "nan", "not finite"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,1e999", 6, "capacity", "1e999", "not finite"),
    ("link.csv", "0,390,1,30,300", '0,390,1,30,"300,5"', 6, "capacity", "300,5", "decimal point: 300.5"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,1_000", 6, "capacity", "1_000", "no number"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,٣", 6, "capacity", "٣", "no number"),
    ("link.csv", "0,390,1,30,300", "0,390,1,30,", 6, "capacity", "", "empty"),
    ("link.csv", "0,390,1,30,300", "0,0,1,30,300", 6, "length", "0", "above 0"),
    ("link.csv", "0,390,1,30,300", "0,390,1,300,300", 6, "free_speed", "300", "up to 200"),
    ("link.csv", "0,390,1,30,300", "maybe,390,1,30,300", 6, "directed", "maybe", "neither yes nor no"),
    ("link.csv", "bridge,bridge_east,", "bridge,bridge_eas,", 6, "from_node_id", "bridge_eas", "bridge_east"),
    ("link.csv", "west_road,", "bridge,", 7, "link_id", "bridge", "in row 6"),
    ("link.csv", "west_road,", "bridge_back,", 6, "link_id", "bridge", "way back"),
    ("node.csv", "lypa,30.12,50", "lypa,190,50", 3, "x_coord", "190", "from -180 to 180"),
    ("node.csv", "lypa,", "ly\x07pa,", 3, "node_id", "ly\x07pa", "U+0007"),
    ("settlement.csv", "180,60,45", "180.5,60,45", 2, "adults", "180.5", "not whole"),
    ("settlement.csv", "180,60,45", "180,-60,45", 2, "children", "-60", "negative"),
    ("settlement.csv", "15,3,1,", "3,3,1,", 2, "wheelchair", "3", "exceeds low_mobility (3)"),
    ("settlement.csv", "2.5,0.5,1.2", "2.5,1.5,1.2", 2, "car_share", "1.5", "from 0 to 1"),
    ("settlement.csv", "1,named", "1,nammed", 2, "basis", "nammed", "named"),
    ("settlement.csv", "Верба", "Вер\u202eба", 2, "name_uk", "Вер\u202eба", "U+202E"),
    ("site.csv", "hub,handover_hub", "hub,handover_hob", 6, "kind", "handover_hob", "handover_hub"),
    ("site.csv", "2023-08-11T06:00:00+03:00", "2023-08-11T06:00", 10, "closes", "2023-08-11T06:00", "zone"),
    ("site.csv", "2023-08-11T06:00:00+03:00", "tomorrow", 10, "closes", "tomorrow", "no time"),
    ("site.csv", "2023-08-11T06:00:00+03:00", "2023-08-09T06:00:00+03:00", 10, "closes", "", "closes before"),
    ("site.csv", "2023-08-11T06:00:00+03:00", "0001-01-01T00:00:00+23:59", 10, "closes",
     "0001-01-01T00:00:00+23:59", "year"),
    ("site.csv", "A-VERBA", "A-VERBAA", 2, "settlement_id", "A-VERBAA", "A-VERBA"),
    ("fleet.csv", "2,depot", "2,depo", 2, "depot", "depo", "depot"),
    ("fleet.csv", "3,45,0,0", "3,0,0,0", 2, "seats", "0", "carries nobody"),
    ("fleet.csv", "3,45,0,0", "0,45,0,0", 2, "count", "0", "from 1"),
    ("service.csv", "station,", "statoin,", 2, "from_site", "statoin", "station"),
    ("service.csv", "2023-08-10T10:00:00+03:00;", "2023-08-10T18:00:00+03:00;", 2, "departs",
     "2023-08-10T18:00:00+03:00;2023-08-10T16:00:00+03:00", "ascend"),
)  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "row", "column", "value", "words"), CELLS)
def test_a_bad_cell_is_named(
    folder: Path, file: str, old: str, new: str, row: int, column: str, value: str, words: str
) -> None:
    _edit(folder, file, old, new)
    errors = [fault for fault in check_scenario(folder) if fault.severity == "error"]
    fault = next(fault for fault in errors if fault.file == file)
    assert (fault.row, fault.column, fault.value) == (row, column, value)
    assert words in f"{fault.problem}; {fault.remedy}"
    with pytest.raises(InputError) as caught:
        read_scenario(folder)
    assert fault in caught.value.faults


SETTINGS = (
    ("schema_version = 1", "schema_version = 2", "schema_version", "version"),
    ("horizon_h = 24", "horizon_h = 0", "scenario.horizon_h", "above 0"),
    ("horizon_h = 24", 'horizon_h = "24"', "scenario.horizon_h", "no number"),
    ("horizon_h = 24", "horizon_h = inf", "scenario.horizon_h", "not finite"),
    ("horizon_h = 24", "horizont_h = 24", "scenario.horizont_h", "horizon_h"),
    ("seed = 7", "seed = 7.5", "scenario.seed", "not whole"),
    ('"Europe/Kyiv"', '"Europe/Kiew"', "scenario.time_zone", "not known"),
    ("+03:00", "", "scenario.start", "no zone"),
    ('"mandatory"', '"mandatoy"', "order.kind", "mandatory"),
    ('issued = "2023-08-09"', 'issued = "9 August"', "order.issued", "no date"),
    ("[policy]", "[polic]", "polic", "policy"),
    ('threat_kind = "hostile"', "threat_kind = 1", "policy.threat_kind", "no text"),
    ('threat_kind = "hostile"', "", "policy.threat_kind", "missing"),
    ('["23:00-05:00"]', '["23:00 to 05:00"]', "policy.curfew", "time of day"),
    ('["23:00-05:00"]', '"23:00-05:00"', "policy.curfew", "no list"),
    ("low = 150", "low = 350", "assumption.bridge_capacity.value", "from 350 to 600"),
    ("value = 300", "value = 301", "assumption.bridge_capacity.targets", "bridge holds 300"),
    ("link.csv:bridge:", "links.csv:bridge:", "assumption.bridge_capacity.targets", "link.csv"),
    ("link.csv:bridge:", "link.csv:brigde:", "assumption.bridge_capacity.targets", "bridge"),
    (":capacity", ":capacities", "assumption.bridge_capacity.targets", "capacity"),
    ("unit = ", "units = ", "assumption.bridge_capacity.units", "unit"),
    ("[[reported]]", "[reported]", "reported", "[[reported]]"),
    ("people_out = 96", "people_out = 96.5", "reported[0].people_out", "not whole"),
    ('alert_rule = "hold_boarding"', "wave_grid_min = 0.001", "policy.wave_grid_min", "seconds"),
)


@pytest.mark.parametrize(("old", "new", "column", "words"), SETTINGS)
def test_a_bad_setting_is_named(folder: Path, old: str, new: str, column: str, words: str) -> None:
    _edit(folder, "scenario.toml", old, new)
    faults = [fault for fault in check_scenario(folder) if fault.file == "scenario.toml"]
    fault = next(fault for fault in faults if fault.column == column)
    assert words in f"{fault.problem}; {fault.remedy}"
    lines = (folder / "scenario.toml").read_text(encoding="utf-8").splitlines()
    assert 1 <= fault.row <= len(lines)


def test_broken_toml_names_its_line(folder: Path) -> None:
    _edit(folder, "scenario.toml", "seed = 7", "seed = = 7")
    fault = next(fault for fault in check_scenario(folder) if "TOML" in fault.problem)
    assert (folder / "scenario.toml").read_text(encoding="utf-8").splitlines()[fault.row - 1] == "seed = = 7"


def test_all_faults_of_all_files_come_at_once(folder: Path) -> None:
    _edit(folder, "link.csv", "0,390,1,30,300", "0,390,1,fast,-300")
    _edit(folder, "settlement.csv", "180,60,45", "x,y,45")
    _edit(folder, "scenario.toml", "seed = 7", "seeds = 7")
    _edit(folder, "fleet.csv", "2,depot", "2,nowhere")
    found = {(fault.file, fault.column) for fault in check_scenario(folder) if fault.severity == "error"}
    assert found == {
        ("scenario.toml", "scenario.seeds"),
        ("link.csv", "free_speed"), ("link.csv", "capacity"), ("settlement.csv", "adults"),
        ("settlement.csv", "children"), ("fleet.csv", "depot"),
    }  # fmt: skip


# file and column of the warning, its words, and edits (file, old, new) that cause it
WARNINGS = (
    ("link.csv", "length", "straight line", [("link.csv", "0,390,1,30,300", "0,39,1,30,300")]),
    ("link.csv", "capacity", "closed", [("link.csv", "0,2480,1,50,700", "0,2480,1,50,0")]),
    ("link.csv", "to_node_id", "ends where it starts", [("link.csv", "_road,dub,west", "_road,dub,dub")]),
    ("node.csv", "x_coord", "exchange x_coord", [("node.csv", "lypa,30.12,50", "lypa,50,30.12")]),
    ("settlement.csv", "latitude", "exchange latitude",
     [("settlement.csv", "50.03,30.1,verba", "30.1,50.03,verba")]),
    ("settlement.csv", "node_id", "no road", [("settlement.csv", "30.1,verba", "30.1,")]),
    ("settlement.csv", "node_id", "no open road", [("link.csv", "0,2480,1,50,700", "0,2480,1,50,0")]),
    ("settlement.csv", "name_uk", "line break", [("settlement.csv", "Верба", '"Вер\nба"')]),
    ("site.csv", "capacity", "more people (800) than beds in safe places (9)",
     [("site.csv", "50,29.88,500", "50,29.88,5"), ("site.csv", "49.9,30,,", "49.9,30,4,")]),
    ("site.csv", "safe", "nobody can be served",
     [("site.csv", ",1,1,,2023", ",1,0,,2023"), ("site.csv", "49.9,30,,,,1,1", "49.9,30,,,,1,0")]),
    ("scenario.toml", "reported[0].people_out", "more people left",
     [("scenario.toml", "assisted = 60", "assisted = 90")]),
)  # fmt: skip


@pytest.mark.parametrize(("file", "column", "words", "edits"), WARNINGS)
def test_what_is_doubtful_is_a_warning_and_does_not_stop(
    folder: Path, file: str, column: str, words: str, edits: list[tuple[str, str, str]]
) -> None:
    for edit in edits:
        _edit(folder, *edit)
    warnings = read_scenario(folder).warnings
    fault = next(fault for fault in warnings if (fault.file, fault.column) == (file, column))
    assert fault.severity == "warning"
    assert words in f"{fault.problem}; {fault.remedy}"


def test_a_file_that_is_not_read_is_a_warning_where_its_name_is_nearly_right(folder: Path) -> None:
    (folder / "fleet.csv").rename(folder / "fleets.csv")
    (folder / "README.md").write_text("no table", encoding="utf-8")
    (folder / "notes.csv").write_text("no table", encoding="utf-8")
    (fault,) = read_scenario(folder).warnings
    assert (fault.file, fault.problem) == (
        "fleets.csv",
        "the file is not read; its name looks like fleet.csv",
    )


def test_a_missing_file_is_named_with_the_one_that_was_meant(folder: Path) -> None:
    (folder / "link.csv").rename(folder / "links.csv")
    faults = {fault.file: fault for fault in check_scenario(folder)}
    assert (faults["link.csv"].problem, faults["link.csv"].remedy) == (
        "the file is missing",
        "rename links.csv",
    )


def test_optional_files_may_be_missing(folder: Path) -> None:
    (folder / "fleet.csv").unlink()
    (folder / "service.csv").unlink()
    assert read_scenario(folder).scenario.fleet == ()


def test_a_folder_that_does_not_exist_is_one_fault(tmp_path: Path) -> None:
    assert "cannot be read" in _only(tmp_path / "nowhere").problem
    assert len(check_scenario(tmp_path)) == 5, "an empty folder lacks the five required files"


def test_a_missing_column_is_named_with_the_one_that_was_meant(folder: Path) -> None:
    _edit(folder, "link.csv", "free_speed", "freespeed")
    faults = [fault for fault in check_scenario(folder) if fault.file == "link.csv"]
    assert [(fault.column, fault.severity) for fault in faults] == [
        ("free_speed", "error"), ("freespeed", "warning"),
    ]  # fmt: skip
    assert "freespeed" in faults[0].remedy


def test_a_column_that_appears_twice_is_an_error(folder: Path) -> None:
    _edit(folder, "node.csv", "y_coord", "y_coord,x_coord")
    assert "appears twice" in next(f for f in check_scenario(folder) if f.file == "node.csv").problem


def test_rows_are_counted_as_a_spreadsheet_counts_them(folder: Path) -> None:
    text = NODE_HEADER + '"a\nb",1,2\n\nc,1,north\n,,\nd,1\n"e""",1,2\n'
    (folder / "node.csv").write_text(text, encoding="utf-8")
    faults = [fault for fault in check_scenario(folder) if fault.file == "node.csv"]
    assert [(fault.row, fault.column) for fault in faults if fault.severity == "error"] == [
        (2, "node_id"), (4, "y_coord"), (6, ""),
    ]  # fmt: skip
    assert "has 2 cells, the header 3" in faults[-1].problem


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"node_id,x_coord,y_coord\n\xc2\xe5\xf0\xe1\xe0,1,2\n", "Windows-1251"),
        (b"node_id,x_coord,y_coord\n\x80\x81,1,2\n", "not UTF-8"),
        (NODE_HEADER.encode("utf-16"), "UTF-16"),
        (NODE_HEADER.encode("utf-16-le"), "NUL"),
        (b"node_id,x_coord,y_coord\na\0,1,2\n", "NUL"),
        (b"node_id;x_coord;y_coord\na;1;2\n", "semicolons"),
        (b"node_id\tx_coord\ty_coord\na\t1\t2\n", "tabs"),
        (b'node_id,x_coord,y_coord\n"a,1,2\n', "not valid CSV"),
        (b'node_id,x_coord,y_coord\n"a"b,1,2\n', "not valid CSV"),
        (b"node_id,x_coord,y_coord\n" + b"a" * 200_000 + b",1,2\n", "not valid CSV"),
    ],
)
def test_a_file_that_is_no_table_is_named(folder: Path, data: bytes, words: str) -> None:
    (folder / "node.csv").write_bytes(data)
    fault = next(fault for fault in check_scenario(folder) if fault.file == "node.csv")
    assert words in fault.problem
    assert fault.remedy
    with pytest.raises(InputError):
        read_scenario(folder)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(folder: Path) -> None:
    for file in ("settlement.csv", "scenario.toml"):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_scenario(folder).warnings == ()


def test_a_table_that_is_all_wrong_stays_readable(folder: Path) -> None:
    rows = "".join(f"n{k},east,{k}\n" for k in range(30_000))
    (folder / "node.csv").write_text(NODE_HEADER + rows, encoding="utf-8")
    faults = [f for f in check_scenario(folder) if (f.file, f.column) == ("node.csv", "x_coord")]
    assert len(faults) == SHOWN_A_COLUMN + 1
    assert faults[-1].problem == f"and {30_000 - SHOWN_A_COLUMN} more like these"


def test_a_hopeless_table_is_not_read_to_its_end(folder: Path) -> None:
    rows = "".join(f"n{k},east,north\n" for k in range(60_000))
    (folder / "node.csv").write_text(NODE_HEADER + rows, encoding="utf-8")
    faults = [fault for fault in check_scenario(folder) if fault.file == "node.csv"]
    assert "rows from 40002 on were not read" in next(f for f in faults if not f.column).problem


def test_more_rows_than_any_district_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = (folder / "settlement.csv").read_text(encoding="utf-8").splitlines()[1]
    with (folder / "settlement.csv").open("a", encoding="utf-8") as stream:
        for k in range(SETTLEMENT.most_rows):
            stream.write(row.replace("A-VERBA", f"S{k}") + "\n")
    faults = [fault for fault in check_scenario(folder) if fault.file == "settlement.csv"]
    assert ["more than 100000 rows" in fault.problem for fault in faults] == [True]
    monkeypatch.setattr(text_file, "LARGEST_FILE_BYTES", 2**20)
    assert (
        "the limit is 1 MB" in next(f for f in check_scenario(folder) if f.file == "settlement.csv").problem
    )


THREATS = (
    ("t,closure,bridge,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", ""),
    ("t,closure,bridge_back,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", ""),
    ("t,alert,north,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", ""),
    ("t,event,,2023-08-10T08:00:00+03:00,,50,30,,,a,B,2,", ""),
    ("t,event,,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", "about nothing"),
    ("t,closure,bridg,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", "did you mean bridge"),
    ("t,arrival,A-VERB,2023-08-10T08:00:00+03:00,,,,,,a,B,2,", "did you mean A-VERBA"),
    ("t,closure,bridge,2023-08-10T08:00:00+03:00,2023-08-10T07:00:00+03:00,,,,,a,B,2,", "ends before"),
    ("t,capacity,bridge,2023-08-10T08:00:00+03:00,,,,1.5,,a,B,2,", "from 0 to 1"),
    ("t,capacity,bridge,2023-08-10T08:00:00+03:00,,,,0.5,,a,G,2,", "not known"),
    ("t,capacity,bridge,2023-08-10T08:00:00+03:00,,,,0.5,,a,B,7,", "from 1 to 6"),
)
PINS = (
    ("p,forbid,road,bridge,,,", ""),
    ("p,force,route,A-VERBA,verba_road east_road bridge,because,me", ""),
    ("p,force,destination,A-VERBA,exit_south,,", ""),
    ("p,force,wave,A-VERBA,2023-08-10T08:00:00+03:00,,", ""),
    ("p,force,vehicle,bus-03,A-VERBA,,", ""),
    ("p,forbid,road,bridgee,,,", "did you mean bridge"),
    ("p,force,route,A-VERBA,verba_road eastroad,,", "did you mean east_road"),
    ("p,force,destination,A-VERBA,exit_soth,,", "did you mean exit_south"),
    ("p,force,wave,A-VERBA,08:00,,", "no time"),
    ("p,force,vehicle,bus-04,A-VERBA,,", "does not exist"),
    ("p,fight,road,bridge,,,", "choose one of force, forbid"),
)
MOVEMENTS = (
    ("m,bridge_west,bridge,west_road,u,0", ""),
    ("m,bridge_west,bridge,bridge,u,0", ""),
    ("m,bridge_east,bridge,west_road,u,0", "does not start at the node"),
    ("m,east,bridge,east_road,u,0", "does not end at the node"),
    ("m,bridge_west,bridge,west_road,u,0\nn,bridge_west,bridge,west_road,u,5", "in row 2"),
)
THREAT_HEADER = ",".join(THREAT.column_names)
OPTIONAL_TABLES = (
    ("threat.csv", THREAT_HEADER, THREATS),
    ("pin.csv", "pin_id,action,kind,subject,value,reason,author", PINS),
    ("movement.csv", "mvmt_id,node_id,ib_link_id,ob_link_id,type,capacity", MOVEMENTS),
)


@pytest.mark.parametrize(
    ("file", "header", "row", "words"),
    [(file, header, row, words) for file, header, rows in OPTIONAL_TABLES for row, words in rows],
)
def test_rows_of_optional_tables(folder: Path, file: str, header: str, row: str, words: str) -> None:
    (folder / file).write_text(f"{header}\n{row}\n", encoding="utf-8")
    faults = check_scenario(folder)
    if not words:
        assert faults == ()
        return
    assert faults[0].file == file
    assert words in f"{faults[0].problem}; {faults[0].remedy}"


def test_a_turn_of_a_two_way_road_finds_its_direction(folder: Path) -> None:
    rows = "mvmt_id,node_id,ib_link_id,ob_link_id,capacity\nm,bridge_east,bridge,east_road,7\n"
    (folder / "movement.csv").write_text(rows, encoding="utf-8")
    network = read_scenario(folder).scenario.network
    assert network.link_id[network.movement_in_link[0]] == "bridge_back"
    assert network.link_id[network.movement_out_link[0]] == "east_road_back"
    assert network.movement_capacity_pcu_per_h.tolist() == [7.0]


def test_a_pinned_wave_is_kept_in_seconds(folder: Path) -> None:
    rows = "pin_id,action,kind,subject,value\np,force,wave,A-VERBA,2023-08-10T08:00:00+03:00\n"
    (folder / "pin.csv").write_text(rows, encoding="utf-8")
    assert read_scenario(folder).scenario.pins[0].value == "7200"


def test_faults_speak_the_readers_language(folder: Path) -> None:
    (folder / "node.csv").unlink()
    with use_language("uk"):
        ukrainian = check_scenario(folder)
    assert [fault.file for fault in ukrainian] == [fault.file for fault in check_scenario(folder)]
    assert all(fault.problem for fault in ukrainian)
