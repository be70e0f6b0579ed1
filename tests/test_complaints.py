"""Test that what is wrong with a study.toml is told in our own words, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from planner.complaints import reason_of, toml_advice, toml_line
from planner.errors import InputError
from planner.i18n import language
from planner.settings import StudySettings, check_settings, read_settings

PYDANTIC = re.compile(r"Input should|valid |Value error|Field required|Tuple|String should|unable to")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("name = Town", 'put the text in quotation marks: name = "Town"'),
        ("file = 小区.xlsx  # 表", 'put the text in quotation marks: file = "小区.xlsx"'),
        ("name = “示例”", 'write plain quotation marks ("), not those of Chinese text'),
        ("name ＝ 1", "write =, [ ] and commas as plain signs, not as wide ones of Chinese text"),
        ("name：1", "write =, [ ] and commas as plain signs, not as wide ones of Chinese text"),
        ("［study］", "write =, [ ] and commas as plain signs, not as wide ones of Chinese text"),
        ('file = "D:\\数据\\小区.shp"', "write / in place of \\ in paths"),
        ('file = "C:\\users\\x"', "write / in place of \\ in paths"),
        ("as_of = 2026-6-30", "write the day with two digits each: as_of = 2026-06-30"),
        ("as_of = 2026/06/30", "write the day with two digits each: as_of = 2026-06-30"),
        ("as_of = 2026年6月30日", "write the day with two digits each: as_of = 2026-06-30"),
        ('name = "Town', "close the text with a quotation mark"),
        ('name = "Town\nlang = "zh"', "close the text with a quotation mark"),
        ("[study", "close the bracket"),
        ('circles = ["care-15min"', "close the bracket"),
        ("a = 1\na = 2", "the same key or table stands twice; keep one of them"),
        ("[s]\n[s]", "the same key or table stands twice; keep one of them"),
        ("gated = True", "write true or false, in small letters"),
        ("gated = 是", "write true or false, in small letters"),
        ("max_snap_m = 100米", "write a number without its unit, or put the text in quotation marks"),
        ("示例城区", "a line is key = value, a [table] or a remark after #; texts stand in quotation marks"),
    ],
)
def test_toml_is_mended_line_by_line(text, advice):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    with language("en"):
        assert toml_advice(text, str(caught.value)) == advice


def test_the_line_is_named(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text('[study]\nname = "Town"\nlang = zh\n', encoding="utf-8")
    with language("en"), pytest.raises(InputError) as caught:
        read_settings(file)
    (fault,) = caught.value.faults
    assert (fault.why, fault.todo) == ("line 3, column 8", 'put the text in quotation marks: lang = "zh"')
    assert toml_line("", "Invalid statement (at end of document)") == (1, 1)


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "1" * 20_000])
def test_files_that_break_the_reader_itself(tmp_path, text):
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    with language("en"), pytest.raises(InputError, match=r"study\.toml: the settings cannot be read as TOML"):
        read_settings(file)


def test_a_folder_of_that_name(tmp_path):
    (tmp_path / "study.toml").mkdir()
    with language("en"), pytest.raises(InputError, match="cannot be opened"):
        read_settings(tmp_path / "study.toml")


LAYERS = 'compounds = { file = "a.csv" }\nfacilities = { file = "b.csv" }\n'
WALKING = '[walking]\nnetwork = "a.pbf"\n'


def whys(text: str) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        StudySettings.model_validate(tomllib.loads(text))
    return [reason_of(problem) for problem in caught.value.errors()]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (WALKING + '[study]\nlang = "fr"', "“fr” is given, and it can be: zh, en"),
        (
            WALKING + '[study]\nas_of = "soon"',
            "soon is given, and it must be a day like 2026-06-30, without quotation marks",
        ),
        (WALKING + "[study]\nname = 5", "5 is given, and it must be a text in quotation marks"),
        (WALKING + "max_snap_m = -1", "-1 is given, and it must be more than 0"),
        (WALKING + "max_snap_m = nan", "nan is given, and it must be a finite number"),
        (WALKING + 'max_snap_m = "100"', "100 is given, and it must be a number without quotation marks"),
        (WALKING + "max_snap_m = true", "True is given, and it must be a number without quotation marks"),
        (WALKING + "[standards]\ncircles = []", "it is empty"),
        (WALKING + '[standards]\ncircles = "care"', 'care is given, and it must be a list of texts like ["a", "b"]'),
        (WALKING + "[walkers]\nslow = 1", "1 is given, and it must be a table with keys and values"),
        ('[walking]\nnetwork = ""', "it is empty"),
    ],
)
def test_what_can_stand_there(text, why):
    with language("en"):
        assert whys(text + "\n[layers]\n" + LAYERS) == [why]


def test_our_own_validators_speak_for_themselves():
    with language("en"):
        assert whys(WALKING + '[layers]\ncompounds = { file = "a", datum = "x" }\nfacilities = { file = "b" }') == [
            "datum “x” is not one of wgs84, cgcs2000, gcj02, bd09, EPSG:n"
        ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_sentence_of_a_library(lang):
    raw = {
        "study": {"lang": "fr", "as_of": 5.5, "name": []},
        "walking": {"network": 5, "max_snap_m": [], "colour": 1},
        "walkers": [],
        "layers": {"compounds": "a.csv", "facilities": {"file": "", "datum": "x", "fields": {"a": 5, "b": {"to": 1}}}},
        "standards": {"circles": [1], "compare": {}},
    }
    with language(lang), pytest.raises(InputError) as caught:
        check_settings(raw, Path("study.toml"), lang)
    assert len(caught.value.faults) > 10
    assert not [str(fault) for fault in caught.value.faults if PYDANTIC.search(str(fault))]
