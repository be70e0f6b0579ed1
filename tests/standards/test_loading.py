"""The law as data: what ships is literal, and a number without its source is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import yaml

import planner.standards as st
from planner.errors import InputError
from planner.i18n import language

POLICY = Path(__file__).parents[3] / "shared" / "policy"

GOOD = """
id: test-1
number: 测〔2024〕1号
title: 测试文件
issuer: 测试单位
issued: 2024-01-01
in_force_from: 2024-02-01
in_force_to: 2025-01-31
rank: city_document
obtained: secondary
seen_at: [example.org]
checked: 2026-11-22
circles:
  - id: park-5min
    name: {zh: 5分钟圈, en: 5-minute circle}
    nearest: [day]
    whole: []
    limit: {value: 5, unit: min}
    clause: 三
    quote: 五分钟可达
    targets: []
"""


@pytest.fixture
def folder(tmp_path):
    def write(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"doc-{number}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def faults_of(folder):
    with pytest.raises(InputError) as caught:
        st.load_folder(folder)
    return caught.value.faults


def every_quote():
    for circle in st.load().circles:
        yield pytest.param(circle.document, circle.quote, id=f"{circle.id}-limit")
        for target in circle.targets:
            yield pytest.param(circle.document, target.quote, id=f"{circle.id}-{target.indicator}")
    for profile in st.load().profiles:
        if profile.document.obtained == "secondary":
            continue  # its text is in copies elsewhere
        for rule in profile.provisions:
            for number, passage in enumerate(rule.passages):
                yield pytest.param(profile.document, passage.quote, id=f"{profile.id}-{rule.id}-{number}")


def squeezed(text):
    """Without blanks; the policy texts carry m<sup>2</sup>, the quotes m²."""
    return "".join(text.replace("m<sup>2</sup>", "m²").split())


@pytest.mark.parametrize(("document", "quote"), list(every_quote()))
def test_quotes_stand_literally_in_the_document(document, quote):
    text = POLICY / f"{document.id}.txt"
    if not text.exists():
        pytest.skip("the text of this document is not beside this checkout")
    assert squeezed(quote) in squeezed(text.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "document", [one for one in st.load().documents if one.obtained == "printed"], ids=lambda document: document.id
)
def test_heads_stand_literally_in_the_document(document):
    text = POLICY / f"{document.id}.txt"
    if not text.exists():
        pytest.skip("the policy texts are not beside this checkout")
    words = "".join(text.read_text(encoding="utf-8").split())
    assert document.number in words
    assert document.title in words
    assert document.issuer in words
    assert f"签署日期：{document.issued}" in words
    assert f"信息时效期：{document.in_force_to}" in words or f"信息有效期：{document.in_force_to}" in words


def test_the_two_circles_as_the_documents_give_them():
    care, meals = st.circle("care-15min"), st.circle("meal-10min")
    assert (care.limit_min, care.limit_s, care.limit.unit) == (15, 900, "min")
    assert (meals.limit_min, meals.limit_s, meals.limit.unit) == (10, 600, "min")
    assert care.nearest == ("day",)
    assert set(care.whole) == {"full_day", "day", "meals", "cleaning", "bathing", "nursing"}
    assert (meals.nearest, meals.whole, meals.targets) == (("meals",), (), ())
    assert (care.clause, meals.clause) == ("二", "二(二)6")
    target = care.target("communities_with_facility")
    assert (target.value, target.unit, target.year, target.due) == (1.0, "share", 2023, date(2023, 12, 31))
    assert care.target("elders") is None
    assert care.document.in_force_to == date(2028, 4, 19)
    assert meals.document.in_force_to == date(2028, 2, 27)
    assert {document.checked for document in st.load().documents} == {date(2026, 11, 22)}
    obtained = {document.id: document.obtained for document in st.load().documents}
    assert obtained == {"czbf-2023-14": "printed", "czbf-2023-8": "printed", "hunan-2025": "secondary"}


@pytest.mark.parametrize(
    ("day", "state"),
    [(date(2023, 12, 31), "open"), (date(2024, 1, 1), "overdue"), (date(2026, 6, 30), "overdue")],
)
def test_target_state_turns_the_day_after(day, state):
    assert st.circle("care-15min").target_state(day) == state
    assert st.circle("meal-10min").target_state(day) == "none"


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2023, 4, 18), "not_yet"),
        (date(2023, 4, 19), "in_force"),
        (date(2028, 4, 19), "in_force"),
        (date(2028, 4, 20), "lapsed"),
    ],
)
def test_validity_includes_its_last_day(day, state):
    assert st.circle("care-15min").document.state(day) == state


def test_names_and_notes_speak_the_language_in_use():
    care = st.circle("care-15min")
    with language("en"):
        assert care.name == "15-minute community care circle"
        assert all(note.isascii() for note in care.notes)
    with language("zh"):
        assert care.name == "15分钟社区养老服务圈"
        assert "步行" in care.notes[0]
        assert st.circle("meal-10min").notes[0].startswith("文件未给出达标年份和比例")


def test_everything_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        st.circle("care-15min").limit.value = 20
    assert isinstance(st.load().circles, tuple)
    assert st.load() is st.load()


def test_an_unknown_circle_lists_the_known_ones():
    with pytest.raises(InputError, match="care-15min、meal-10min"):
        st.circle("care-5min")


def test_a_users_folder_is_merged_in(folder):
    both = st.load(folder(GOOD))
    assert [circle.id for circle in both.circles] == ["care-15min", "meal-10min", "park-5min"]
    assert both.circle("park-5min").document.obtained == "secondary"
    assert [circle.id for circle in st.load_folder(folder(GOOD)).circles] == ["park-5min"]


def test_a_later_document_may_replace_an_earlier(folder):
    later = (
        GOOD.replace("test-1", "test-2")
        .replace("2024-02-01", "2025-02-01")
        .replace("in_force_to: 2025-01-31", "in_force_to: null")
        .replace("value: 5", "value: 8")
    )
    standards = st.load_folder(folder(GOOD, later))
    limits = {day: standards.circle("park-5min", on=day).limit_min for day in (date(2025, 1, 31), date(2025, 2, 1))}
    assert list(limits.values()) == [5, 8]
    assert standards.circle("park-5min").limit_min == 8
    assert standards.circle("park-5min", on=date(2000, 1, 1)).limit_min == 5


def test_overlapping_validity_of_one_circle_is_refused(folder):
    later = GOOD.replace("test-1", "test-2").replace("2024-02-01", "2025-01-31")
    (fault,) = faults_of(folder(GOOD, later))
    assert "park-5min" in fault.what


def test_a_shipped_circle_cannot_be_redefined_in_silence(folder):
    with pytest.raises(InputError, match="care-15min"):
        st.load(folder(GOOD.replace("park-5min", "care-15min")))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("    clause: 三\n", "", "doc-0.yaml: circles[0].clause"),
        ("    quote: 五分钟可达\n", "", "doc-0.yaml: circles[0].quote"),
        ("quote: 五分钟可达", "quote: ''", "doc-0.yaml: circles[0].quote"),
        (", unit: min", "", "doc-0.yaml: circles[0].limit.unit"),
        ("unit: min", "unit: km", "doc-0.yaml: circles[0].limit.unit"),
        ("value: 5", "value: '5'", "doc-0.yaml: circles[0].limit.value"),
        ("value: 5", "value: yes", "doc-0.yaml: circles[0].limit.value"),
        ("value: 5", "value: 0", "doc-0.yaml: circles[0].limit.value"),
        ("value: 5", "value: .inf", "doc-0.yaml: circles[0].limit.value"),
        ("nearest: [day]", "nearest: []", "doc-0.yaml: circles[0].nearest"),
        ("nearest: [day]", "nearest: [laundry]", "doc-0.yaml: circles[0].nearest[0]"),
        ("nearest: [day]", "nearest: [day, day]", "doc-0.yaml: circles[0]"),
        ("name: {zh: 5分钟圈, en: 5-minute circle}", "name: {zh: 5分钟圈}", "doc-0.yaml: circles[0].name.en"),
        ("    targets: []\n", "", "doc-0.yaml: circles[0].targets"),
        (
            "targets: []",
            "targets: [{indicator: elders, value: 1.0, unit: share, due: 2025-12-31, clause: 三}]",
            "doc-0.yaml: circles[0].targets[0].quote",
        ),
        (
            "targets: []",
            "targets: [{indicator: elders, value: 90, unit: share, due: 2025-12-31, clause: 三, quote: 九}]",
            "doc-0.yaml: circles[0].targets[0].value",
        ),
        ("    targets: []", "    targets: []\n    speed: 1.0", "doc-0.yaml: circles[0].speed"),
        ("    targets: []", "    targets: []\n    document: test-1", "doc-0.yaml: circles[0].document"),
        ("number: 测〔2024〕1号\n", "", "doc-0.yaml: number"),
        ("issuer: 测试单位", "office: 测试单位", "doc-0.yaml: issuer"),
        ("issued: 2024-01-01", "issued: 2024年", "doc-0.yaml: issued"),
        ("obtained: secondary", "obtained: rumour", "doc-0.yaml: obtained"),
        ("seen_at: [example.org]\n", "", "doc-0.yaml"),
        ("rank: city_document\n", "", "doc-0.yaml: rank"),
        ("rank: city_document", "rank: highest", "doc-0.yaml: rank"),
        ("checked: 2026-11-22\n", "", "doc-0.yaml: checked"),
        ("in_force_to: 2025-01-31\n", "", "doc-0.yaml: in_force_to"),
        ("in_force_to: 2025-01-31", "in_force_to: 2023-01-31", "doc-0.yaml"),
        ("id: test-1", "id: Test 1", "doc-0.yaml: id"),
    ],
)
def test_the_loader_refuses(folder, old, new, where):
    assert old in GOOD
    faults = faults_of(folder(GOOD.replace(old, new, 1)))
    assert where in [fault.where for fault in faults]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("    clause: 三\n", "    clause: 三\n    clause: 四\n"), "'clause'"),
        (GOOD.replace("unit: min", "unit: min, unit: min"), "'unit'"),
        ("id: [", "YAML"),
        ("- just\n- a list\n", "document"),
        (GOOD[: GOOD.index("circles:")], "circles"),
        (GOOD[: GOOD.index("circles:")] + "circles: [five]", "circle"),
    ],
)
def test_the_loader_refuses_broken_files(folder, text, said):
    with language("en"):
        faults = faults_of(folder(text))
    assert any(said in str(fault) for fault in faults)


def test_a_doubled_key_names_its_line(folder):
    with language("en"):
        (fault,) = faults_of(folder(GOOD + "issued: 2024-01-01\n"))
    assert fault.where == f"doc-0.yaml, line {GOOD.count(chr(10)) + 1}"


def test_files_that_are_not_utf8_are_refused(tmp_path):
    (tmp_path / "gbk.yaml").write_bytes(GOOD.encode("gb18030"))
    with language("en"):
        (fault,) = faults_of(tmp_path)
    assert fault.what == "the file is not UTF-8"


def test_an_empty_folder_is_refused(tmp_path):
    assert faults_of(tmp_path)[0].where == str(tmp_path)


def test_one_id_for_two_documents_is_refused(folder):
    later = GOOD.replace("2024-02-01", "2025-02-01").replace("2025-01-31", "2026-01-31")
    assert "test-1" in str(faults_of(folder(GOOD, later))[0])


def test_one_circle_twice_in_a_document_is_refused(folder):
    raw = yaml.safe_load(GOOD)
    raw["circles"] *= 2
    assert "park-5min" in str(faults_of(folder(yaml.safe_dump(raw, allow_unicode=True)))[0])


def test_all_faults_come_at_once(folder):
    broken = GOOD.replace("    clause: 三\n", "").replace(", unit: min", "").replace("checked: 2026-11-22\n", "")
    other = GOOD.replace("test-1", "test-2").replace("title: 测试文件\n", "")
    places = {fault.where for fault in faults_of(folder(broken, other))}
    assert places == {
        "doc-0.yaml: checked",
        "doc-0.yaml: circles[0].clause",
        "doc-0.yaml: circles[0].limit.unit",
        "doc-1.yaml: title",
    }


def test_the_import_is_light():
    code = (
        "import sys, time; start = time.perf_counter(); import planner.standards;"
        "took = time.perf_counter() - start;"
        "heavy = {'pandas', 'geopandas', 'numba', 'numpy', 'folium', 'shapely'} & set(sys.modules);"
        "assert not heavy, heavy; sys.stdout.write(str(took))"
    )
    runs = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        runs.append(min(float(done.stdout), time.perf_counter() - start))
    assert min(runs) < 0.6  # 0.15 s on a quiet machine; the bound is loose because machines are not always quiet
