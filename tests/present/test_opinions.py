"""Opinions: what they say of a permit, in fonts that Chinese text needs, and that a form can be filled again."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn

from planner.compliance import check_permits
from planner.i18n import language
from planner.present.documents import Form
from planner.present.opinions import write_opinions


@pytest.fixture(autouse=True)
def _english():
    with language("en"):
        yield


def permit(**cells) -> pd.DataFrame:
    row = {
        "permit_no": "431002202400012",
        "project": "云岭山庄",
        "phase": "二期",
        "applicant": "郴州某置业有限公司",
        "issued_on": pd.Timestamp("2024-05-01"),
        "residential_floor_area_m2": 52_000.0,
        "in_urban_area": True,
        "households": 464,
        "room_areas_m2": "400;120",
        "planned_on": pd.Timestamp("2024-01-01"),
        "room_planned_on": pd.Timestamp("2024-01-01"),
        "built_on": pd.Timestamp("2025-01-01"),
        "room_built_on": pd.Timestamp("2025-06-01"),
        **cells,
    }
    found = pd.DataFrame([row]).set_index("permit_no")
    return found.astype({"in_urban_area": "boolean", "households": "Int64", "room_areas_m2": "str"})


def opinion(folder: Path, permits: pd.DataFrame, **options):
    result = check_permits(permits, as_of=date(2026, 6, 30), **options)
    write_opinions(permits, result, folder, mark="internal material", made="made by planner")
    (path,) = folder.iterdir()
    return docx.Document(str(path))


def said(document) -> str:
    tables = [" | ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *tables])


def test_an_opinion_on_a_short_permit(tmp_path):
    """3 % of 52,000 m² are 1,560 m²; of 400 and 120 m² only the first reaches 350."""
    text = said(opinion(tmp_path, permit()))
    for words in (
        "云岭山庄",
        "431002202400012",
        "2024-05-01",
        "郴州某置业有限公司",
        "52,000.00 m2 × 3 % = 1,560.00 m2",
        "400.00 + 120.00, 1 below the minimum",
        "郴政办发〔2023〕14号",
        "“城区新建住宅区按照不少于建设项目工程规划许可证载明的住宅总建筑面积的3%标准配建居家养老服务用房，且单处不少于350平方米",
        "1,160.00 m2 are missing. Conclusion: short.",
        "1,160.00 m2 more of elder-care rooms; at least 350.00 m2 for every single room",
        "enlarge or join the rooms below the minimum (1)",
        "read as ‰",
        "Reviewing office (seal):",
        "built (同步建设) | 2025-01-01 | 2025-06-01 | out of step",
        "A statement why the rooms were built (同步建设) later than the homes",
        "The days on which homes and rooms were accepted (同步验收), delivered (同步交付)",
    ):
        assert words in text, words


def test_every_profile_stands_beside_the_first(tmp_path):
    document = opinion(tmp_path, permit())
    rows = [[cell.text for cell in row.cells] for row in document.tables[1].rows]
    assert rows[0][2:] == ["Required (m²)", "Counted (m²)", "Short (m²)", "Verdict"]
    assert [row[2:] for row in rows[1:]] == [
        ["1,560.00", "400.00", "1,160.00", "short"],
        ["350.00", "400.00", "0.00", "compliant"],
        ["350.00", "400.00", "0.00", "compliant"],
        ["–", "400.00", "–", "not applicable"],  # the provincial law is of 2025
    ]
    assert "a reading, not the printed text" in rows[2][0]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"room_areas_m2": "1560"}, "Conclusion: compliant."),
        ({"issued_on": pd.Timestamp("2021-05-01")}, "not yet in force on that day. Conclusion: not applicable."),
        ({"in_urban_area": pd.NA}, "Proof whether the project lies in the urban area"),
        ({"issued_on": pd.NaT}, "The day on which the permit was issued"),
        ({"residential_floor_area_m2": float("nan")}, "with proof: residential floor area on the permit"),
    ],
)
def test_conclusions_and_what_to_submit(tmp_path, cells, words):
    assert words in said(opinion(tmp_path, permit(**cells)))


def test_nothing_is_asked_of_a_permit_that_is_not_bound(tmp_path):
    document = opinion(tmp_path, permit(issued_on=pd.Timestamp("2021-05-01"), room_areas_m2=None))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[texts.index("6. To be submitted") + 1] == "nothing"


def test_all_digits_that_were_compared_are_shown(tmp_path):
    text = said(opinion(tmp_path, permit(residential_floor_area_m2=8_600.0, room_areas_m2="349.995")))
    assert "349.995" in text
    assert "350.00 m2 are missing" in text


def test_fonts_for_east_asian_text(tmp_path):
    document = opinion(tmp_path, permit())
    faces = {name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) for name in ("Normal", "Title")}
    assert faces == {"Normal": "仿宋", "Title": "宋体"}
    assert document.styles["Heading 1"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        assert not [name for name in fonts.attrib if name.endswith("Theme")]
    languages = {one.get(qn("w:eastAsia")) for one in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"zh-CN"}


def test_a4_with_page_numbers_and_mark(tmp_path):
    document = opinion(tmp_path, permit())
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    foot = section.footer.paragraphs[0]
    assert "internal material" in foot.text
    assert [field.get(qn("w:instr")) for field in foot._p.iter(qn("w:fldSimple"))] == ["PAGE"]


def test_who_made_the_blank_is_not_told(tmp_path):
    about = opinion(tmp_path, permit()).core_properties
    assert (about.author, about.comments) == ("planner", "")
    assert about.created.year >= 2026


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "a\x00b\x0bc", "<w:t>&amp;", "{document}{0}"])
def test_whatever_a_cell_holds_is_text(tmp_path, text):
    document = opinion(tmp_path, permit(project=text, applicant=text))
    kept = text.replace("\x00", "").replace("\x0b", "")
    assert document.tables[0].rows[0].cells[1].text == kept


def test_what_is_there_whole_is_left_and_the_rest_removed(tmp_path):
    permits = pd.concat([permit(), permit(permit_no="B")])
    result = check_permits(permits)
    there = []
    for _ in range(2):
        there.append(write_opinions(permits, result, tmp_path, mark="", made=""))
        (tmp_path / ".B.docx.half").write_bytes(b"PK")
        (tmp_path / "C.docx").write_bytes(b"")
    assert there == [0, 2]
    (tmp_path / "B.docx").write_bytes(b"PK half of it")
    assert write_opinions(permits, result, tmp_path, mark="", made="") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["431002202400012.docx", "B.docx"]


def test_a_form_is_empty_again_after_it_was_saved(tmp_path):
    form = Form("T", foot="f")
    for number in range(3):
        form.heading(f"H{number}")
        form.table([["a", "b"], ["c", "d"]], (20, 30))
        form.save(tmp_path / f"{number}.docx")
    last = docx.Document(str(tmp_path / "2.docx"))
    assert [paragraph.text for paragraph in last.paragraphs] == ["T", "H2"]
    assert len(last.tables) == 1
    with zipfile.ZipFile(tmp_path / "2.docx") as parts:
        assert sum(part.file_size for part in parts.infolist()) < 100_000
