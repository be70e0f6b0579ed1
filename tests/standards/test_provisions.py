"""Provision rules as data: what ships, what is refused, and a user's own figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

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
in_force_to: null
rank: city_document
obtained: printed
checked: 2026-11-22
profiles:
  - id: rule-1
    name: {zh: 测试, en: test}
    object: elder_rooms
    provisions:
      - id: new
        of: new
        clause: 一
        quote: 新建住宅区按2.5%配建，单处不少于120.5平方米
        ratio: {value: 2.5, unit: "%", of: residential_floor_area_m2, words: 2.5%}
        minimum: {value: 120.5, unit: m2, each: site, words: 不少于120.5平方米}
        scope: {area: all, words: 新建住宅区}
"""
SECOND = """
      - id: old
        of: existing
        clause: 二
        quote: 已建成住宅区每百户20平方米
        ratio: {value: 20, unit: m2, per: 100, of: households, words: 每百户20平方米}
        scope: {area: all, words: 已建成住宅区}
"""


@pytest.fixture
def folder(tmp_path):
    def write(*texts):
        for number, text in enumerate(texts):
            (tmp_path / f"doc-{number}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def faults_of(folder):
    with pytest.raises(InputError) as caught, language("en"):
        st.load_folder(folder)
    return caught.value.faults


def numbers(name):
    return {
        rule.of: (str(rule.ratio), rule.minimum and (rule.minimum.value, rule.minimum.each), rule.scope.area)
        for rule in st.profile(name).provisions
    }


def test_the_profiles_that_ship_are_those_of_the_contract():
    assert numbers("cz-14-2023") == {
        "new": ("3 %", (350, "site"), "urban"),
        "existing": ("1.5 %", (350, "site"), "urban"),
    }
    assert numbers("cz-14-2023-permille") == {
        "new": ("3 ‰", (350, "site"), "urban"),
        "existing": ("1.5 ‰", (350, "site"), "urban"),
    }
    assert numbers("cz-8-2023") == {"new": ("3 ‰", (350, "site"), "all"), "existing": ("3 ‰", (350, "site"), "all")}
    assert numbers("hunan-2025") == {
        "new": ("3 ‰", (300, "site"), "all"),
        "existing": ("20 m2 / 100", (300, "total"), "all"),
    }
    assert numbers("cz-8-2023-childcare") == {
        "new": ("10 places / 1000", None, "all"),
        "existing": ("8 places / 1000", None, "all"),
    }


def test_profiles_tell_where_they_are_from():
    obtained = {profile.id: profile.obtained for profile in st.load().profiles}
    assert obtained == {
        "cz-14-2023": "printed",
        "cz-14-2023-permille": "reading",
        "cz-8-2023": "printed",
        "cz-8-2023-childcare": "printed",
        "hunan-2025": "secondary",
    }
    ranks = {profile.id: profile.document.rank for profile in st.load().profiles}
    assert {one for one, rank in ranks.items() if rank == "provincial_law"} == {"hunan-2025"}
    assert st.RANKS.index("provincial_law") > st.RANKS.index("city_law") > st.RANKS.index("city_document")
    due = {(p.id, rule.id): rule.target_year for p in st.load().profiles for rule in p.provisions if rule.due}
    assert due == {("cz-8-2023", "existing"): 2025, ("cz-8-2023-childcare", "existing"): 2025}
    encouraged = [(p.id, rule.id) for p in st.load().profiles for rule in p.provisions if rule.binding == "encouraged"]
    assert encouraged == [("cz-8-2023-childcare", "new")]


def test_joint_provision_is_where_the_documents_have_it():
    joint = {p.id: [rule.id for rule in p.provisions if rule.joint] for p in st.load().profiles}
    assert joint["cz-14-2023"] == joint["cz-14-2023-permille"] == ["new", "existing"]
    assert joint["hunan-2025"] == ["new"]
    assert joint["cz-8-2023"] == []


def test_numbers_are_exact(folder):
    profile = st.load_folder(folder(GOOD)).profile("rule-1")
    (rule,) = profile.provisions
    assert rule.ratio.value == Decimal("2.5")
    assert rule.ratio.fraction == Fraction(25, 1000)
    assert rule.minimum.value == Decimal("120.5")
    assert rule.crossover == 4820
    assert profile.provision("new", date(2024, 1, 31)) is None
    assert profile.provision("new", date(2024, 2, 1)) is rule
    assert profile.provision("existing", date(2024, 2, 1)) is None
    with pytest.raises(ValueError, match="frozen"):
        rule.ratio.value = Decimal(3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("        clause: 一\n", "", "profiles[0].provisions[0].clause"),
        ("        quote: 新建住宅区按2.5%配建，单处不少于120.5平方米\n", "", "profiles[0].provisions[0].quote"),
        (", words: 2.5%", "", "profiles[0].provisions[0].ratio.words"),
        ("words: 2.5%", "words: 3%", "do not stand in the quote"),
        ("value: 2.5", "value: 3", "ratio: 3 % is not what “2.5%” says"),
        ('unit: "%"', 'unit: "‰"', "ratio: 2.5 ‰ is not what “2.5%” says"),
        ("value: 120.5", "value: 300", "minimum: 300 m2 is not what"),
        ("value: 2.5", "value: '2.5'", "without quotation marks"),
        ("value: 2.5", "value: yes", "without quotation marks"),
        ("value: 2.5", "value: 0", "greater than 0"),
        ("value: 2.5", "value: .nan", "finite"),
        ("value: 2.5, unit", "value: 2.5, per: 100, unit", "takes no 'per'"),
        ('unit: "%", of: residential', 'unit: "m2", of: residential', "needs 'per'"),
        ("of: residential_floor_area_m2", "of: plot_area_m2", "profiles[0].provisions[0].ratio.of"),
        ("each: site", "each: floor", "profiles[0].provisions[0].minimum.each"),
        ("unit: m2, each", "unit: places, each", "the ratio in m2"),
        ("area: all", "area: rural", "profiles[0].provisions[0].scope.area"),
        ("        of: new\n", "        of: new\n        colour: red\n", "unknown key"),
        ("    object: elder_rooms\n", "    object: elder_rooms\n    threshold: 350\n", "unknown key"),
        ("object: elder_rooms", "object: childcare_places", "childcare_places are counted in places"),
        ("        clause: 一\n", "        clause: 一\n        clause: 二\n", "'clause' stands twice"),
        ("        clause: 一\n", "        clause: 一\n        in_force_to: 2024-01-01\n", "before in_force_from"),
        ("    provisions:\n", "    reading_of: rule-9\n    provisions:\n", "rule-9"),
    ],
)
def test_the_loader_refuses(folder, old, new, told):
    assert old in GOOD
    faults = faults_of(folder(GOOD.replace(old, new, 1)))
    assert told in " | ".join(map(str, faults))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (SECOND.replace("of: existing", "of: new"), "new and old hold for new compounds on the same day"),
        (SECOND.replace("id: old", "id: new"), "two provisions have the same id"),
    ],
)
def test_provisions_that_clash_are_refused(folder, second, told):
    assert told in str(faults_of(folder(GOOD + second.lstrip("\n")))[0])


def test_one_rule_may_follow_another(folder):
    later = SECOND.lstrip("\n").replace("of: existing", "of: new\n        in_force_from: 2025-01-01")
    first = GOOD.replace("        clause: 一\n", "        clause: 一\n        in_force_to: 2024-12-31\n")
    profile = st.load_folder(folder(first + later)).profile("rule-1")
    found = [profile.provision("new", day).id for day in (date(2024, 12, 31), date(2025, 1, 1))]
    assert found == ["new", "old"]


def test_a_reading_may_differ_from_the_printed_number(folder):
    reading = GOOD.replace("    object:", "    obtained: reading\n    object:").replace('unit: "%"', 'unit: "‰"')
    profile = st.load_folder(folder(reading)).profile("rule-1")
    assert (profile.obtained, str(profile.provisions[0].ratio)) == ("reading", "2.5 ‰")


def test_one_profile_stands_once(folder):
    other = GOOD.replace("test-1", "test-2").replace("in_force_from: 2024-02-01", "in_force_from: 2025-02-01")
    assert "'rule-1' stands twice" in str(faults_of(folder(GOOD, other))[0])
    with pytest.raises(InputError, match="cz-8-2023"):
        st.load(folder(GOOD.replace("rule-1", "cz-8-2023"), "")).profile("x")


def test_a_document_needs_circles_or_profiles(folder):
    told = " ".join(map(str, faults_of(folder(GOOD[: GOOD.index("profiles:")]))))
    assert "neither circles nor profiles" in told


def test_all_faults_of_all_rules_come_at_once(folder):
    broken = GOOD.replace("area: all", "area: rural") + SECOND.lstrip("\n").replace("of: households", "of: homes")
    places = {fault.where for fault in faults_of(folder(broken))}
    assert places == {
        "doc-0.yaml: profiles[0].provisions[0].scope.area",
        "doc-0.yaml: profiles[0].provisions[1].ratio.of",
    }


def test_quotes_are_looked_up_in_the_texts(folder, tmp_path):
    standards = st.load_folder(folder(GOOD + SECOND.lstrip("\n")))
    texts = tmp_path / "texts"
    texts.mkdir()
    assert st.missing_quotes(standards, texts) == []
    file = texts / "test-1.txt"
    file.write_text("新建住宅区按 2.5%\n配建，单处不少于120.5平方米。", encoding="utf-8")
    with language("en"):
        (fault,) = st.missing_quotes(standards, texts)
    assert fault.where == "test-1.txt, rule-1: old"
    file.write_text(file.read_text(encoding="utf-8") + "已建成住宅区每百户20平方米", encoding="utf-8")
    assert st.missing_quotes(standards, texts) == []


def test_every_quote_that_ships_stands_in_its_document():
    if not POLICY.is_dir():
        pytest.skip("the policy texts are not beside this checkout")
    assert st.missing_quotes(st.load(), POLICY) == []


def test_own_figures():
    document = st.per_100_households(
        new_m2=30, existing_m2=12.5, minimum_m2=350, source="安徽省", area="urban", in_force_from=date(2024, 1, 1)
    )
    (profile,) = st.load().with_documents([document]).profiles[-1:]
    assert (profile.id, profile.obtained, profile.document.rank) == ("per-100-households", "given", "own")
    assert [str(rule.ratio) for rule in profile.provisions] == ["30 m2 / 100", "12.5 m2 / 100"]
    assert {rule.quote for rule in profile.provisions} == {"安徽省"}
    assert profile.period(profile.provisions[0]) == (date(2024, 1, 1), None)


@pytest.mark.parametrize(
    "given",
    [
        {"source": "x"},
        {"source": "", "new_m2": 30},
        {"source": "x", "new_m2": 0},
        {"source": "x", "new_m2": 30, "minimum_m2": -1},
        {"source": "x", "new_m2": 30, "id": "Not An Id"},
        {"source": "x", "new_m2": 30, "in_force_from": date(2025, 1, 1), "in_force_to": date(2024, 1, 1)},
    ],
)
def test_own_figures_that_cannot_be(given):
    with pytest.raises(InputError):
        st.per_100_households(**given)


def test_own_figures_do_not_take_the_place_of_a_shipped_profile():
    with pytest.raises(InputError, match="cz-8-2023"):
        st.load().with_documents([st.per_100_households(new_m2=30, source="x", id="cz-8-2023")])


def test_asking_for_the_profile_without_figures_tells_what_to_write():
    with pytest.raises(InputError, match=r"standards\.profiles\.per-100-households"):
        st.profile("per-100-households")
    with pytest.raises(InputError, match="cz-14-2023"):
        st.profile("cz-99")
