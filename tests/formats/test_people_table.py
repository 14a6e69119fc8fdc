"""Lists of people and requests as hromadas and partners write them."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safepassage.errors import InputError
from safepassage.formats.fault_list import FaultList
from safepassage.formats.people_table import (
    PEOPLE_COLUMNS,
    REQUEST_COLUMNS,
    PersonRow,
    read_people,
    read_requests,
    read_table,
)
from safepassage.formats.person_cells import CellError, age_range, calendar_date, need_class, phone_number
from safepassage.formats.submissions import read_submissions
from safepassage.model.ledger import Decision
from safepassage.model.people import NeedClass

TODAY = date(2023, 8, 10)


def people(content: bytes, name: str = "list.csv", **mapping: str) -> tuple[tuple[PersonRow, ...], FaultList]:
    faults = FaultList()
    table = read_table(Path(name), PEOPLE_COLUMNS, mapping, faults, content=content)
    return read_people(table, faults, TODAY), faults


@pytest.mark.parametrize(
    "text",
    [
        "0501234567", "050 123 45 67", "050-123-45-67", "(050)1234567", "+380501234567",
        "+38 (050) 123-45-67", "380501234567", "80501234567", "501234567", "00380501234567",
        "тел. 050 123 45 67 (син)",
    ],
)  # fmt: skip
def test_telephone_numbers_have_one_form(text: str) -> None:
    assert phone_number(text) == "+380501234567"


@pytest.mark.parametrize("text", ["12345", "3.80501E+11", "немає", "+3805012345", "050123456789012345"])
def test_what_is_no_telephone_number_is_said(text: str) -> None:
    with pytest.raises(CellError):
        phone_number(text)


def test_foreign_numbers_stay() -> None:
    assert phone_number("+48 601 234 567") == "+48601234567"


@given(st.text(max_size=40))
def test_no_text_breaks_a_cell(text: str) -> None:
    for reader in (phone_number, calendar_date, age_range):
        with contextlib.suppress(CellError):
            assert reader(text)


def test_dates_ages_and_needs_as_people_write_them() -> None:
    assert calendar_date("03.02.1950") == calendar_date("1950-02-03 00:00:00") == date(1950, 2, 3)
    assert [age_range(text) for text in ("72", "72 р.", "70-75", "8 міс.")] == [
        (72, 72), (72, 72), (70, 75), (0, 1),
    ]  # fmt: skip
    assert need_class("лежача, кисень") == (NeedClass.STRETCHER, "лежача, кисень")
    assert need_class("") == need_class("ні") == (NeedClass.SEAT, "")
    assert need_class("oxygen") == (NeedClass.SEAT, "oxygen")


HROMADA = (
    "Список жителів;;;;;;\n"
    "Прізвище;Ім'я;По батькові;Дата народження;Телефон;Населений пункт;Мобільність\n"
    "Коваль;Олена;Іванівна;03.02.1950;0501234567;Куп’янськ;на візку\n"
    "Шевченко;Іван;;01.09.2015;;Куп'янськ;\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16"])
def test_a_list_of_a_hromada_is_read_in_any_encoding(encoding: str) -> None:
    rows, faults = people(HROMADA.encode(encoding))
    assert not faults.has_errors
    assert [(row.row, row.family_name, row.given_name) for row in rows] == [
        (3, "Коваль", "Олена Іванівна"),
        (4, "Шевченко", "Іван"),
    ]
    assert (rows[0].phone, rows[0].birth_date, rows[0].need) == (
        "+380501234567",
        "1950-02-03",
        NeedClass.WHEELCHAIR,
    )
    assert (rows[1].age_from, rows[1].age_to) == (7, 7)


def test_a_workbook_reads_like_the_same_table() -> None:
    book = openpyxl.Workbook()
    for line in HROMADA.splitlines():
        book.active.append(line.split(";"))
    book.active["D3"] = date(1950, 2, 3)
    book.active["E3"] = 501234567
    file = io.BytesIO()
    book.save(file)
    rows, _faults = people(file.getvalue(), "list.xlsx")
    assert rows == people(HROMADA.encode())[0]


def test_everything_wrong_is_said_at_once() -> None:
    text = (
        "піб,телефон,дата народження,стать,вік,рішення,тварини\n"
        "Коваль Олена,12,31.02.1950,?,200,евакуйований,багато\n"
        ",0501234567,1950-01-01,ж,,,\n"
    )
    _rows, faults = people(text.encode())
    places = {(fault.row, fault.column) for fault in faults.collected() if fault.severity == "error"}
    assert places == {
        (2, "phone"), (2, "birth_date"), (2, "sex"), (2, "age"), (2, "decision"), (2, "pets"),
        (3, "full_name"),
    }  # fmt: skip


def test_columns_are_named_by_the_one_who_knows_them() -> None:
    text = "X1,X2,X3\nОлена,так,згоден\n"
    with pytest.raises(InputError, match="headers"):
        people(text.encode())
    rows, faults = people(text.encode(), given_name="X1", decision="X3")
    assert rows[0].given_name == "Олена"
    assert rows[0].decision is Decision.WILLING
    assert [(fault.column, fault.severity) for fault in faults.collected()] == [("X2", "warning")]
    with pytest.raises(InputError, match="given_name"):
        people(text.encode(), givn_name="X1")
    assert people(text.encode(), given_name="X1", phone="X9")[1].has_errors


def test_formulas_are_text_and_the_guard_of_exports_is_taken_off() -> None:
    rows, _faults = people(b'given_name,address\n\'=HYPERLINK("x"),=1+1\n')
    assert (rows[0].given_name, rows[0].address) == ('=HYPERLINK("x")', "=1+1")


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 70_000_000)
    with pytest.raises(InputError, match="unpacks"):
        people(file.getvalue(), "list.xlsx")


def test_requests_count_people_by_need() -> None:
    faults = FaultList()
    text = "Населений пункт,Осіб,Лежачих,Телефон,Канал,Примітки\n"
    text += "UA1,2,1,0501234567,гаряча лінія,третій поверх\nUA1,,,,,\n"
    table = read_table(Path("calls.csv"), REQUEST_COLUMNS, {}, faults, content=text.encode())
    first, _second = read_requests(table, faults)
    assert (first.seat, first.stretcher, first.contact, first.channel) == (2, 1, "+380501234567", "hotline")
    assert [(fault.row, fault.column) for fault in faults.collected()] == [(3, "seat")]


KOBO: dict[str, Any] = {
    "count": 2,
    "next": None,
    "results": [
        {
            "_id": 7, "_uuid": "11111111-2222-4333-8444-555555555555", "_submitted_by": "team3",
            "place/settlement": "UA63080090010012345", "place/address": "Лісова 7",
            "contact/phone": "0501234567", "decision": "willing", "pets": 2,
            "member": [
                {"member/given_name": "Олена", "member/family_name": "Коваль", "member/age": 72,
                 "member/needs": "wheelchair oxygen"},
                {"member/given_name": "Іван", "member/family_name": "Коваль", "member/age": 8},
            ],
        },
        {"_uuid": "x", "full_name": "Хто Небудь",
         "_validation_status": {"uid": "validation_status_not_approved"}},
    ],
}  # fmt: skip


def submissions(document: object) -> tuple[tuple[PersonRow, ...], FaultList]:
    faults = FaultList()
    table = read_submissions("answers.json", json.dumps(document).encode(), PEOPLE_COLUMNS, {}, faults)
    return read_people(table, faults, TODAY), faults


def test_a_kobo_submission_is_a_household_with_its_members() -> None:
    rows, faults = submissions(KOBO)
    assert [(row.given_name, row.household, row.id) for row in rows] == [
        ("Олена", KOBO["results"][0]["_uuid"], KOBO["results"][0]["_uuid"] + ":1"),
        ("Іван", KOBO["results"][0]["_uuid"], KOBO["results"][0]["_uuid"] + ":2"),
    ]
    assert (rows[1].address, rows[1].phone, rows[1].pets) == ("Лісова 7", "+380501234567", 2)
    assert (rows[0].need, rows[0].health) == (NeedClass.WHEELCHAIR, "wheelchair oxygen")
    assert ["not approved" in fault.problem for fault in faults.collected()] == [True]


def test_an_odk_submission_reads_the_same() -> None:
    document = {
        "value": [
            {
                "__id": "uuid:11111111-2222-4333-8444-555555555555",
                "__system": {"reviewState": "approved"},
                "place": {"settlement": "UA63080090010012345", "address": "Лісова 7"},
                "contact": {"phone": "0501234567"}, "decision": "willing", "pets": 2,
                "member": [
                    {"given_name": "Олена", "family_name": "Коваль", "age": 72, "needs": "wheelchair oxygen"},
                    {"given_name": "Іван", "family_name": "Коваль", "age": 8},
                ],
            }
        ]
    }  # fmt: skip
    assert submissions(document)[0] == submissions(KOBO)[0]


def test_members_that_are_only_linked_to_are_missed() -> None:
    value = [
        {"__id": "uuid:1", "settlement": "UA1", "member@odata.navigationLink": "Submissions('1')/member"}
    ]
    _rows, faults = submissions({"value": value})
    assert any("expand" in fault.remedy for fault in faults.collected())


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b'{"a": 1}', b"1" * 10_000, b'[{"what": "?"}]'])
def test_files_that_are_no_submissions_are_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_submissions("answers.json", content, PEOPLE_COLUMNS, {}, FaultList())
