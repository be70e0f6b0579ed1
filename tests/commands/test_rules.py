"""planner rules: list, show, lint."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner.standards as st
from planner.cli import main
from tests.standards.test_provisions import GOOD

POLICY = Path(__file__).parents[3] / "shared" / "policy"


@pytest.fixture
def run(capsys):
    def typed(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["rules", *words, "--lang", "en"])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return typed


def test_list_names_every_rule_with_its_document(run):
    code, out, _err = run("list")
    assert code == 0
    for one in (*st.load().circles, *st.load().profiles):
        assert one.id in out
        assert one.document.number in out
    assert "new: 3 % of the residential floor area, each site at least 350 m2, in the urban area" in out
    assert "existing: 20 m2 per 100 households, in all at least 300 m2, everywhere" in out
    assert "text from a copy or report, to be confirmed" in out
    assert "per-100-households" in out


def test_show_gives_clause_and_quote(run):
    code, out, _err = run("show", "hunan-2025")
    assert code == 0
    assert "新建住宅区应当按照不少于建设工程规划许可证载明的住宅总建筑面积的千分之三标准" in out
    assert "seen at https://fjliren.com" in out
    assert "above about 100,000 (residential floor area)" in out
    assert "last checked on 2026-11-22" in out


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        ("care-15min", "at most 15 min; clause 二"),
        ("czbf-2023-8", "cz-8-2023-childcare"),
        ("cz-8-2023", "to be reached by 2025-12-31"),
        ("cz-14-2023-permille", "another reading of cz-14-2023"),
    ],
)
def test_show_knows_circles_profiles_and_documents(run, id_, words):
    code, out, _err = run("show", id_)
    assert code == 0
    assert words in out


def test_show_of_nothing_lists_what_there_is(run):
    code, _out, err = run("show", "cz-99")
    assert code == 2
    assert "cz-14-2023-permille" in err


def test_lint_of_what_ships(run):
    code, out, _err = run("lint")
    assert code == 0
    assert "documents: 3, circles: 2, profiles: 5" in out


def test_lint_looks_quotes_up(run, tmp_path):
    if POLICY.is_dir():
        code, out, _err = run("lint", "--texts", str(POLICY))
        assert code == 0
        assert "czbf-2023-14, czbf-2023-8" in out
    (tmp_path / "czbf-2023-8.txt").write_text("别的文字", encoding="utf-8")
    code, _out, err = run("lint", "--texts", str(tmp_path))
    assert code == 2
    assert "cz-8-2023-childcare" in err
    assert run("lint", "--texts", str(tmp_path / "none"))[0] == 2


def test_lint_of_a_folder_tells_every_fault(run, tmp_path):
    (tmp_path / "own.yaml").write_text(GOOD, encoding="utf-8")
    assert run("lint", str(tmp_path))[0] == 0
    assert "rule-1" in run("list", "--folder", str(tmp_path))[1]
    (tmp_path / "more.yaml").write_text(GOOD.replace("area: all", "area: rural"), encoding="utf-8")
    (tmp_path / "some.yaml").write_text(GOOD.replace("checked: 2026-11-22\n", ""), encoding="utf-8")
    # What was read is kept for a folder, so a folder that has changed is another one.
    other = tmp_path.rename(tmp_path.with_name("other"))
    code, _out, err = run("lint", str(other))
    assert code == 2
    assert "more.yaml: profiles[0].provisions[0].scope.area" in err
    assert "some.yaml: checked" in err
