"""Test the ladder of encodings on tables of text and on shapefiles that state none, the right one or a wrong one."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Point

from planner.layers.files.encodings import choose_encoding, known_encoding
from tests.layers.conftest import EAST, NORTH, ZONE

NAMES = ["云岭山庄", "丰源星光府", "䶮塘小区"]


@pytest.fixture
def shapefile(tmp_path):
    """Return a writer of shapefiles with Chinese names and texts, and what their parts are to say of them."""

    def writer(encoding, *, cpg=None, ldid=0, columns=("编号", "名称", "户数")):
        rows = [[f"{number:03d}", name, 100] for number, name in enumerate(NAMES, start=1)]
        places = [Point(EAST + 50 * number, NORTH) for number in range(len(NAMES))]
        gpd.GeoDataFrame(rows, columns=list(columns), geometry=places, crs=ZONE).to_file(
            tmp_path / "a.shp", encoding=encoding
        )
        (tmp_path / "a.cpg").unlink()
        if cpg is not None:
            (tmp_path / "a.CPG").write_text(cpg, encoding="ascii")
        table = bytearray((tmp_path / "a.dbf").read_bytes())
        table[29] = ldid
        (tmp_path / "a.dbf").write_bytes(table)
        return "a.shp"

    return writer


@pytest.mark.parametrize(
    ("encoding", "stated", "told"),
    [
        ("gb18030", {}, "gb18030 (found: the file states none)"),
        ("utf-8", {}, "utf-8"),
        ("gb18030", {"cpg": "GBK"}, "gb18030 (as .cpg says)"),
        ("gb18030", {"cpg": "ANSI 936"}, "gb18030 (as .cpg says)"),
        ("utf-8", {"cpg": "UTF-8"}, "utf-8 (as .cpg says)"),
        ("gb18030", {"ldid": 0x4D}, "gb18030 (as .dbf says)"),
        ("gb18030", {"ldid": 0x57}, "gb18030 (found: the file states none)"),
        ("utf-8", {"cpg": "UTF-8", "ldid": 0x4D}, "utf-8 (as .cpg says)"),
        ("gb18030", {"cpg": "not known", "ldid": 0x4D}, "gb18030 (as .dbf says)"),
    ],
)
def test_what_the_file_states_counts_where_it_fits(shapefile, read, encoding, stated, told):
    layer = read("compounds", file=shapefile(encoding, **stated))
    assert layer.table["name"].tolist() == NAMES
    assert layer.encoding == told
    assert layer.ledger.entries == ()


@pytest.mark.parametrize(
    ("encoding", "stated", "told"),
    [
        ("gb18030", {"cpg": "UTF-8"}, "gb18030 (scored; .cpg says UTF-8)"),
        ("utf-8", {"cpg": "GBK"}, "utf-8 (scored; .cpg says GBK)"),
        ("gb18030", {"cpg": "ISO-8859-1"}, "gb18030 (scored; .cpg says ISO-8859-1)"),
        ("utf-8", {"ldid": 0x4D}, "utf-8 (scored; .dbf says LDID 0x4d)"),
        ("gb18030", {"ldid": 0x03}, "gb18030 (scored; .dbf says LDID 0x03)"),
    ],
)
def test_what_the_file_states_is_overruled_where_it_makes_no_words(shapefile, read, encoding, stated, told):
    layer = read("compounds", file=shapefile(encoding, **stated))
    assert layer.table["name"].tolist() == NAMES
    assert layer.encoding == told
    (entry,) = layer.ledger.entries
    assert (entry.row, entry.action) == (0, "doubted")
    assert entry.what.startswith("the file says that its text is ")


def test_study_toml_counts_before_everything(shapefile, read, refused):
    file = shapefile("gb18030", cpg="UTF-8")
    layer = read("compounds", file=file, encoding="gb18030")
    assert layer.table["name"].tolist() == NAMES
    assert layer.encoding == "gb18030 (as study.toml says)"
    assert layer.ledger.entries == ()
    (fault,) = refused(read, "compounds", file=file, encoding="utf-8")
    assert fault.what == "the text is not utf-8"


def test_names_cut_inside_a_character_still_open(tmp_path, shapefile, read):
    # 60岁以上人口 is 17 bytes in UTF-8; the tenth lies inside 上.
    file = shapefile("utf-8", columns=("编号", "名称", "hs"))
    table = bytearray((tmp_path / "a.dbf").read_bytes())
    table[32 + 2 * 32 : 32 + 2 * 32 + 11] = "60岁以上人口".encode()[:10] + b"\0"
    (tmp_path / "a.dbf").write_bytes(table)
    layer = read("compounds", file=file)
    assert layer.table["elders_60"].tolist() == [100, 100, 100]
    assert layer.encoding == "utf-8"


def test_big5_by_word_of_study_toml(read, table):
    file = table("社區,老人", "北湖,85", encoding="cp950")
    fields = {"area_id": "社區", "elders_60": "老人"}
    layer = read("population", file=file, crs=None, encoding="cp950", fields=fields)
    assert layer.table.index.tolist() == ["北湖"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8", "gb18030"])
def test_texts(tmp_path, read, encoding):
    text = "社区代码\t社区名称\t60岁以上人口\n1\t䶮塘社区\t85\n"
    (tmp_path / "人口.txt").write_text(text, encoding=encoding)
    layer = read("population", file="人口.txt", crs=None)
    assert layer.table.loc["1", ["name", "elders_60"]].tolist() == ["䶮塘社区", 85]


def test_utf_16_without_its_mark_is_told(tmp_path, read, refused):
    (tmp_path / "a.csv").write_bytes("社区代码,60岁以上人口\n1,85\n".encode("utf-16-le"))
    (fault,) = refused(read, "population", file="a.csv", crs=None)
    assert 'encoding = "utf-16-le"' in fault.todo
    assert read("population", file="a.csv", crs=None, encoding="utf-16-le").table.index.tolist() == ["1"]


@pytest.mark.parametrize("suffix", ["tsv", "txt", "csv"])
def test_tabs(tmp_path, read, suffix):
    rows = "一览表\n社区代码\t社区名称\t60岁以上人口\n1\t北湖, 社区\t85\n"
    (tmp_path / f"a.{suffix}").write_text(rows, encoding="utf-8")
    layer = read("population", file=f"a.{suffix}", crs=None)
    assert layer.table.loc["1", "name"] == "北湖, 社区"


def test_text_of_a_unit_is_no_chinese():
    assert choose_encoding(["area m²".encode(), b"1200"]).name == "utf-8"


def test_nothing_beyond_ascii_is_what_the_file_states():
    assert str(choose_encoding([b"a"], stated="gb18030", word="GBK", source=".cpg")) == "gb18030"


def test_no_encoding_fits():
    assert choose_encoding([b"\xff\xff\xff"]) is None


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("utf8\n", "utf-8"),
        ("65001", "utf-8"),
        ("936", "gb18030"),
        ("CP936", "gb18030"),
        ("OEM 936", "gb18030"),
        ("gb2312", "gb18030"),
        ("Big5", "cp950"),
        ("ISO 8859-1", "latin-1"),
        ("", None),
        ("OEM", None),
    ],
)
def test_words_of_cpg_files(word, encoding):
    assert known_encoding(word) == encoding
