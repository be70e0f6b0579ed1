"""Test whom numbers of people are read to count."""

from __future__ import annotations

import pytest

from planner.layers.headers.aliases import recognise
from planner.layers.people.basis import basis_of
from planner.layers.settings import EldersSettings, LayerSettings, elders_faults
from tests.layers.conftest import EAST, NORTH

METRES = {"datum": "EPSG:4547"}


@pytest.mark.parametrize(
    ("header", "column", "basis"),
    [
        ("户籍老年人口", "elders_60", "registered"),
        ("常住60岁以上人口", "elders_60", "resident"),
        ("60岁及以上户籍人口", "elders_60", "registered"),
        ("65岁以上常住老年人口", "elders_65", "resident"),
        ("60岁以上人口（常住）", "elders_60", "resident"),
        ("户籍人口", "population", "registered"),
        ("常住人口数", "population", "resident"),
        ("户籍人口 / 60岁以上", "elders_60", "registered"),  # two rows of a header
        ("CZRK", "population", "resident"),
        ("HJRK", "population", "registered"),
        ("户籍60岁以", "elders_60", "registered"),  # ten bytes of GBK
        ("常住60", "elders_60", "resident"),  # ten bytes of UTF-8
        ("60岁以上人口", "elders_60", ""),
    ],
)
def test_headers(header, column, basis):
    assert list(recognise("population", header)) == [column]
    assert basis_of(header) == basis


def test_the_header_tells_the_layer_s_basis(read, table):
    layer = read("population", file=table("社区代码,户籍老年人口", "1,5"), crs=None)
    assert (layer.basis, layer.table["elders_60"].tolist()) == ("registered", [5])
    layer = read("population", file=table("社区代码,老年人口", "1,5"), crs=None)
    assert layer.basis == ""
    layer = read("population", file=table("社区代码,老年人口", "1,5"), crs=None, basis="常住")
    assert layer.basis == "resident"


def test_both_in_one_file_are_a_question_and_basis_answers_it(read, table, refused):
    file = table("社区代码,户籍60岁以上人口,常住60岁以上人口", "1,5,8")
    (fault,) = refused(read, "population", file=file, crs=None)
    assert fault.what == "户籍60岁以上人口, 常住60岁以上人口 could be elders_60 (people aged 60 or more)"
    assert 'basis = "registered" for 户籍60岁以上人口, basis = "resident" for 常住60岁以上人口' in fault.todo
    for basis, elders in (("registered", 5), ("resident", 8), ("户籍", 5), ("常住", 8)):
        layer = read("population", file=file, crs=None, basis=basis)
        assert layer.table["elders_60"].tolist() == [elders]


def test_header_and_setting_that_disagree_are_a_question(read, table, refused):
    (fault,) = refused(read, "population", file=table("社区代码,户籍老年人口", "1,5"), crs=None, basis="resident")
    assert fault.what == "户籍老年人口 counts people registered there (户籍), study.toml says living there (常住)"
    layer = read(
        "compounds", file=table("小区编号,常住老年人口,x,y", f"1,5,{EAST},{NORTH}"), **METRES, basis="resident"
    )
    assert layer.basis == "resident"


def test_age_groups_of_different_people_are_a_question(read, table, refused):
    (fault,) = refused(read, "population", file=table("社区代码,户籍60岁以上人口,常住65岁以上人口", "1,5,4"), crs=None)
    assert fault.what == "the columns of elders count different people: 户籍60岁以上人口, 常住65岁以上人口"


def test_a_basis_that_is_none(read, table):
    with pytest.raises(ValueError, match="neither registered"):
        read("population", file=table("社区代码,老年人口", "1,5"), crs=None, basis="census")


@pytest.mark.parametrize(
    ("layers", "elders", "told"),
    [
        ({}, {"spread_by": "households"}, ["[elders] spread_by is given, but there is no population layer"]),
        (
            {"population": {"file": "p.csv"}},
            {"spread_by": "building_volume"},
            ["[elders] spread_by is building_volume, but there is no buildings layer"],
        ),
        ({"population": {"file": "p.csv"}}, {"share_60": 0.2}, ["[elders] share_60 and share_source belong together"]),
        ({"population": {"file": "p.csv"}}, {"share_60": 0.2, "share_source": "census"}, []),
        ({"gates": {"file": "g.csv", "basis": "户籍"}}, {}, ["basis means nothing for the layer gates"]),
    ],
)
def test_settings_that_nothing_would_use_are_refused(layers, elders, told):
    given = {name: LayerSettings(**one) for name, one in layers.items()}
    assert [fault.what for fault in elders_faults(EldersSettings(**elders), given, file="study.toml")] == told
