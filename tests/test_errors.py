"""Errors: what, where, why, what to do; all faults at once; one of ours and one of Python's at a time."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from planner.errors import Fault, InputError, OutputExists, PlannerError
from planner.i18n import language

SPEED = Fault("the speed is 0 m/s", todo="give a speed above 0")
COLUMN = Fault(
    "column missing: compound_id", where="compounds.csv", why="its columns are: id, name", todo="add the column"
)


class TestFault:
    def test_everything_told(self) -> None:
        assert str(COLUMN) == "compounds.csv: column missing: compound_id (its columns are: id, name) → add the column"

    @pytest.mark.parametrize(
        ("fault", "text"),
        [
            (Fault("what"), "what"),
            (Fault("what", where="where"), "where: what"),
            (Fault("what", why="why"), "what (why)"),
            (Fault("what", todo="todo"), "what → todo"),
            (Fault("what", where="where", todo="todo"), "where: what → todo"),
        ],
    )
    def test_what_is_not_known_leaves_no_trace(self, fault: Fault, text: str) -> None:
        assert str(fault) == text

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            SPEED.what = "something else"

    def test_equal_words_are_equal_faults(self) -> None:
        assert Fault("the speed is 0 m/s", todo="give a speed above 0") == SPEED
        assert len({SPEED, COLUMN, SPEED}) == 2


class TestInputError:
    def test_one_fault_speaks_for_itself(self) -> None:
        error = InputError(SPEED)
        assert error.faults == (SPEED,)
        assert str(error) == "the speed is 0 m/s → give a speed above 0"
        assert str(InputError([SPEED])) == str(error)

    def test_several_faults_are_counted_and_numbered_in_order(self) -> None:
        with language("en"):
            error = InputError([SPEED, COLUMN])
        assert error.faults == (SPEED, COLUMN)
        assert str(error).splitlines() == [
            "2 faults were found:",
            "  1. the speed is 0 m/s → give a speed above 0",
            "  2. compounds.csv: column missing: compound_id (its columns are: id, name) → add the column",
        ]

    def test_the_count_in_chinese(self) -> None:
        with language("zh"):
            error = InputError(Fault(f"第 {number} 处") for number in range(1, 13))
        lines = str(error).splitlines()
        assert lines[0] == "发现 12 处问题："
        assert lines[12] == "  12. 第 12 处"

    def test_keeps_the_language_it_was_raised_in(self) -> None:
        with language("zh"):
            error = InputError([SPEED, COLUMN])
        with language("en"):
            assert str(error).startswith("发现 2 处问题：")

    def test_takes_any_iterable_once(self) -> None:
        assert InputError(fault for fault in (SPEED, COLUMN)).faults == (SPEED, COLUMN)

    def test_is_ours_and_a_value_error(self) -> None:
        assert issubclass(InputError, PlannerError)
        with pytest.raises(ValueError, match="give a speed above 0"):
            raise InputError(SPEED)


class TestOutputExists:
    def test_is_ours_and_a_file_exists_error(self) -> None:
        assert issubclass(OutputExists, PlannerError)
        with pytest.raises(FileExistsError, match="out holds results already"):
            raise OutputExists("out holds results already")

    def test_is_no_bad_input(self) -> None:
        assert not issubclass(OutputExists, ValueError)


def test_a_speed_of_nothing_in_both_languages() -> None:
    from planner.walking.walkers import Walker

    told = {}
    for lang in ("zh", "en"):
        with language(lang), pytest.raises(InputError) as caught:
            Walker("slow", 0.0)
        told[lang] = caught.value.faults
    assert told["en"] == (
        Fault("the walking speed is 0.0 m/s", where="walker slow", todo="give a speed above 0, such as 0.8"),
    )
    assert told["zh"] == (Fault("步行速度为 0.0 米/秒", where="步行者 slow", todo="请给出大于 0 的速度，例如 0.8"),)


def test_a_folder_without_a_study_in_both_languages(tmp_path: Path) -> None:
    from planner.study import open_study

    told = {}
    for lang in ("zh", "en"):
        with pytest.raises(InputError) as caught:
            open_study(tmp_path, lang=lang)
        told[lang] = str(caught.value)
    assert told == {
        "zh": f"{tmp_path}: 文件夹中没有 study.toml → 请给出一个研究文件夹；planner new DIR 可新建一个",
        "en": f"{tmp_path}: there is no study.toml → give the folder of a study; planner new DIR makes one",
    }
