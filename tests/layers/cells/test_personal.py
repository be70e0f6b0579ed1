"""Personal data is refused by header and by cell, told without being quoted, and nothing else is taken for it."""

from __future__ import annotations

import csv
import random
import traceback
from datetime import date, timedelta

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import language
from planner.layers import LayerSettings, read_layer
from planner.layers.cells.personal import find_personal
from planner.layers.files.rawtables import RawTable
from planner.layers.ledger import Entry
from planner.masking import is_id_number, masked

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]  # GB 11643: W_i = 2^(i-1) mod 11, from the right


def id_number(rng, division="431002"):
    """Make an identity number by the standard's own definition: the sum with the check digit is 1 modulo 11."""
    day = date(1930, 1, 1) + timedelta(days=rng.randrange(20_000))
    body = f"{division}{day:%Y%m%d}{rng.randrange(1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    check = (1 - total) % 11
    return body + ("X" if check == 10 else str(check))


@pytest.fixture
def rng():
    return random.Random(11643)


def raw(**columns):
    table = {name: pd.Series(cells) for name, cells in columns.items()}
    cells = pd.DataFrame(dict(enumerate(table.values())))
    return RawTable(tuple(table), cells, np.arange(2, len(cells) + 2))


def kinds(layer="compounds", **columns):
    return {one.column: (one.kind, one.cells) for one in find_personal(raw(**columns), layer=layer)}


def test_the_check_digit_is_the_standards(rng):
    numbers = [id_number(rng) for _ in range(300)]
    assert all(is_id_number(number) for number in numbers)
    assert "X" in {number[-1] for number in numbers}
    wrong = [f"{number[:-1]}{(int(number[-1].replace('X', '0')) + 1) % 10}" for number in numbers]
    assert not any(is_id_number(number) for number in wrong)


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "老人姓名",
        "户主",
        "联系人",
        "联系人姓名",
        "法定代表人",
        "负责人",
        "监护人（姓名）",
        "contact",
        "lxr",
        "老人姓",
    ],
)
def test_names_by_header(header):
    assert kinds(**{header: ["张三", "欧阳小明", None, "无"]}) == {header: ("name", 2)}


@pytest.mark.parametrize(
    "header",
    [
        "名称",
        "小区名称",
        "设施名称",
        "联系人数",
        "联系单位",
        "法人单位",
        "户主数",
        "是否有联系人",
        "name",
        "项目名称",
        "社区",
    ],
)
def test_names_of_places_are_no_names_of_persons(header):
    assert kinds(**{header: ["云岭山庄", "松风苑", "丰源小区", "三号院"]}) == {}
    assert kinds("facilities", **{header: ["古井社区日间照料中心", "学府长者餐厅"]}) == {}


def test_a_header_without_anything_under_it_is_harmless():
    assert kinds(联系人=[None, "", "无"], 联系电话=["—", None, ""], 身份证号=[None, None, None]) == {}
    assert kinds(负责人=["1", "0", "是"]) == {}


@pytest.mark.parametrize(
    "header", ["电话", "联系方式", "手机号码", "老人电话（手机）", "phone", "contact_phone", "lxdh", "联系电"]
)
def test_contacts_by_header(header):
    assert kinds(**{header: ["2888888", "13907350000", "a@b.cn"]}) == {header: ("contact", 3)}


def test_numbers_by_cell_whatever_the_header(rng):
    numbers = [id_number(rng) for _ in range(5)]
    assert kinds(备注=[*numbers, "无"]) == {"备注": ("id", 5)}
    assert kinds(备注=[f"户主证件 {numbers[0]}，已核", "正常", "正常"]) == {"备注": ("id", 1)}
    assert kinds(说明=["请联系 138-0735-0001", "无", "无"]) == {"说明": ("contact", 1)}
    assert kinds(说明=["请联系１３８０７３５０００１", "值班 (0735)2888888", "0735-2888888"]) == {
        "说明": ("contact", 3)
    }
    assert kinds(编=[number.lower() for number in numbers]) == {"编": ("id", 5)}


def test_old_numbers_and_those_a_spreadsheet_has_cut(rng):
    whole = [id_number(rng) for _ in range(6)]
    old = [number[:6] + number[8:17] for number in whole]
    assert kinds(号=old) == {"号": ("id", 6)}
    assert kinds(号=[float(number[:15] + "000") for number in whole]) == {"号": ("id", 6)}
    assert kinds(号=[number[:15] + "000" for number in whole]) == {"号": ("id", 6)}
    assert kinds(身份证号=old[:1]) == {"身份证号": ("id", 1)}


def test_homes_by_header_and_by_door():
    assert kinds(家庭住址=["建设路5号3栋501"])["家庭住址"][0] == "address"
    doors = ["3栋2单元501室", "建设路12号5栋1102", "3-2-501", "丰源小区"]
    assert kinds(备注=doors) == {"备注": ("address", 3)}
    assert kinds("facilities", 地址=doors) == {}  # a shop's door is no home's
    assert kinds(备注=["共350户", "安置房120户", "2栋在建", "12栋"]) == {}


def test_what_only_looks_like_it(rng):
    permits = [f"431002{year}{serial:08d}" for year in (2021, 2023) for serial in range(11, 200)]
    dated = [
        f"4310022023{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{rng.randrange(10_000):04d}" for _ in range(400)
    ]
    assert any(is_id_number(number) for number in dated)  # one in eleven: the check digit alone does not tell
    assert kinds("permits", permit_no=permits) == {}
    assert kinds("permits", permit_no=[f"建字第{number}号" for number in dated]) == {}
    assert kinds("permits", 备注=dated) == {}
    assert kinds("permits", permit_no=[f"43100220210{serial:04d}" for serial in range(300)]) == {}  # 15 places
    assert kinds(统一社会信用代码=["91431002MA4L1A2B3C", "52431000MJJ5000017", "524310000123456789"] * 3) == {}
    assert kinds(compound_id=[f"1{3 + n % 7}{n:09d}" for n in range(50)]) == {}
    assert kinds(osm_id=[13_456_789_012, 13_456_789_013], adcode=["431002", "431003"]) == {}
    assert kinds("candidates", cost_cny=["13500000000", "13900000000"]) == {}
    assert kinds(residential_floor_area_m2=["185320.55", "13800138000"], lon=["113.0313439", "113.13912345678"]) == {}
    assert kinds(日期=["2023-04-19", "20230419"], 电话亭=["2", "1"]) == {}
    assert kinds(是否有电话=["是", "否"]) == {}


FACILITIES = ["facility_id", "name", "kind", "lon", "lat", "联系人", "联系电话", "身份证号"]


@pytest.fixture
def facilities(tmp_path, rng):
    numbers = [id_number(rng) for _ in range(3)]
    rows = [
        [f"F{n}", f"{n}号站", "canteen", 113.0 + n / 100, 25.8, name, f"1390735000{n}", numbers[n]]
        for n, name in enumerate(["欧阳文彬", "司马建国", "上官婉"])
    ]
    with (tmp_path / "f.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([FACILITIES, *rows])
    book = openpyxl.Workbook()
    for row in [FACILITIES, *rows]:
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    return tmp_path, [cell for row in rows for cell in row[5:]]


def read(folder, name, **settings):
    with language("en"):
        found = LayerSettings(file=name, datum="wgs84", **settings)
        return read_layer("facilities", found, folder=folder, crs=CRS.from_epsg(4547))


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx"])
def test_a_file_is_refused_and_the_message_quotes_nobody(facilities, name, caplog):
    folder, cells = facilities
    with pytest.raises(InputError) as caught, caplog.at_level("DEBUG"):
        read(folder, name)
    told = str(caught.value)
    assert "f." in told
    assert "the column 联系人 holds names of persons: 3 cells" in told
    assert "the column 联系电话 holds telephone numbers or other contacts: 3 cells" in told
    assert "the column 身份证号 holds identity numbers: 3 cells" in told
    assert len(caught.value.faults) == 3
    assert all(fault.cure.line == 'drop = ["联系人", "联系电话", "身份证号"]' for fault in caught.value.faults)
    everything = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not [cell for cell in cells if str(cell) in everything]


def test_rows_are_named_and_a_needed_column_is_not_to_be_dropped(rng):
    names = ["日间照料中心"] * 40
    names[6] = f"长者餐厅 {id_number(rng)}"
    (one,) = find_personal(raw(设施名称=names, 备注=[""] * 40), layer="facilities")
    assert (one.kind, one.cells, one.rows, one.needed) == ("id", 1, (8,), True)
    (one,) = find_personal(raw(备注=["", "", "13907350000", "13907350001"] * 2), layer="facilities")
    assert (one.kind, one.cells, one.rows, one.needed) == ("contact", 4, (4, 5, 8), False)


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx"])
def test_dropped_columns_are_as_if_they_were_not_there(facilities, name):
    folder, cells = facilities
    layer = read(folder, name, drop=["联系人", " 联系电话", "身份证号"])
    assert layer.dropped == ("联系人", "联系电话", "身份证号")
    assert len(layer.table) == 3
    assert not set(layer.dropped) & {*layer.headers, *layer.table.columns}
    ledger = layer.ledger.to_frame()
    assert ledger.loc[ledger["what"].str.contains("dropped"), "field"].tolist() == list(layer.dropped)
    assert layer.ledger.closes()
    assert not [cell for cell in cells if str(cell) in ledger.to_csv() + layer.table.to_csv()]


def test_all_that_is_wrong_is_told_at_once(facilities):
    folder, _cells = facilities
    with pytest.raises(InputError) as caught:
        read(folder, "f.csv", drop=["姓名", "联系人", "lon"])
    told = [fault.what for fault in caught.value.faults]
    assert told[0] == "the file has no column 姓名 to drop"
    assert [what.split()[2] for what in told[1:3]] == ["联系电话", "身份证号"]
    assert told[3] == "the file has no places"


def test_a_misplaced_number_is_masked_where_a_message_quotes_it(tmp_path, rng):
    number = id_number(rng)
    header = "compound_id,name,lon,lat,elders_60,built_year"
    rows = [f"C{n},院,113.0{n},25.8,{n * 20},1999" for n in range(1, 4)]
    path = tmp_path / "c.csv"
    path.write_text("\n".join([header, *rows, "C5,院,113.06,25.8,12,199x,13907350001"]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_layer("compounds", LayerSettings(file="c.csv", datum="wgs84"), folder=tmp_path, crs=None)
    assert "13907350001" not in str(caught.value)
    assert "***" in str(caught.value)
    entry = Entry("compounds", "c.csv", 5, "C4", "elders_60", f"“{number}” is not a whole number", "doubted")
    assert entry.what == "“***” is not a whole number"
    assert number not in str(Fault(f"“{number}”", where=f"c.csv {number}", why=number, todo=number))


def test_masks_leave_other_numbers_alone():
    for text in ("431002202304120123", "91431002MA4L1A2B3C", "x=400000.00 y=2850000.00", "2026-06-30", "350;120"):
        assert masked(text) == text
    assert masked("４３１００２１９５００３０７１２３４, +86 139 0735 0000") == "***, ***"
