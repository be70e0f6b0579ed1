"""Results take their place all at once: a run that fails or is killed leaves what was there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planner.errors import InputError, OutputExists
from planner.i18n import language
from planner.present.outputs import MANIFEST, check_free, staged

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def english():
    with language("en"):
        yield


def results(folder: Path, text: str, *, force: bool = False) -> None:
    with staged(folder, force=force) as draft:
        (draft / "table.csv").write_text(text, encoding="utf-8")
        (draft / MANIFEST).write_text(json.dumps({"outputs": {"table.csv": ""}}), encoding="utf-8")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_results_appear_only_when_all_is_written(tmp_path):
    out = tmp_path / "deep" / "out"
    with staged(out) as draft:
        (draft / "a.csv").write_text("1", encoding="utf-8")
        assert not out.exists()
    assert left_in(out) == ["a.csv"]
    assert left_in(out.parent) == ["out"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    results(tmp_path / "out", "1")
    assert left_in(tmp_path / "out") == [MANIFEST, "table.csv"]


def test_results_are_replaced_only_by_force(tmp_path):
    out = tmp_path / "out"
    results(out, "old")
    with pytest.raises(OutputExists, match="give --force"):
        results(out, "new")
    assert (out / "table.csv").read_text(encoding="utf-8") == "old"
    results(out, "new", force=True)
    assert (out / "table.csv").read_text(encoding="utf-8") == "new"
    assert left_in(tmp_path) == ["out"]


def test_files_of_others_are_never_replaced(tmp_path):
    out = tmp_path / "out"
    results(out, "old")
    (out / "my notes.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"my notes\.docx"):
        results(out, "new", force=True)
    assert (out / "my notes.docx").read_text(encoding="utf-8") == "mine"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="a file, not a folder"):
        check_free(tmp_path / "file", force=True)


def test_a_failing_run_leaves_the_old_results(tmp_path):
    out = tmp_path / "out"
    results(out, "old")

    def fail() -> None:
        with staged(out, force=True) as draft:
            (draft / "table.csv").write_text("half", encoding="utf-8")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert (out / "table.csv").read_text(encoding="utf-8") == "old"
    assert left_in(tmp_path) == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_run_leaves_the_old_results(tmp_path):
    out = tmp_path / "out"
    results(out, "old")
    script = (
        "import sys, time, pathlib\n"
        "from planner.present.outputs import staged\n"
        f"with staged(pathlib.Path({str(out)!r}), force=True) as draft:\n"
        "    (draft / 'table.csv').write_text('half', encoding='utf-8')\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout.readline().strip() == b"writing"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (out / "table.csv").read_text(encoding="utf-8") == "old"
    results(out, "new", force=True)
    assert (out / "table.csv").read_text(encoding="utf-8") == "new"


def test_killed_between_the_two_renames_the_old_results_come_back(tmp_path, monkeypatch):
    out = tmp_path / "out"
    results(out, "old")
    rename = Path.rename

    def dies_on_the_draft(self, target):
        if "draft" in self.name:
            raise KeyboardInterrupt  # as sudden as a kill: nothing after it runs in the swap
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", dies_on_the_draft)
    with pytest.raises(KeyboardInterrupt):
        results(out, "new", force=True)
    monkeypatch.undo()
    assert not out.exists()
    with pytest.raises(OutputExists):  # found again, and put back where it was
        results(out, "new")
    assert (out / "table.csv").read_text(encoding="utf-8") == "old"


def test_a_file_open_elsewhere_is_told(tmp_path, monkeypatch):
    out = tmp_path / "out"
    results(out, "old")
    rename = Path.rename

    def locked(self, target):
        if self == out:
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", locked)
    with pytest.raises(InputError, match=r"cannot be replaced .*open in another program.* → close it and run again"):
        results(out, "new", force=True)
    assert (out / "table.csv").read_text(encoding="utf-8") == "old"


def test_drafts_of_killed_runs_are_swept_up_when_old(tmp_path):
    stale = tmp_path / ".planner-draft-out-abc"
    stale.mkdir()
    week_ago = time.time() - 8 * 86400
    os.utime(stale, (week_ago, week_ago))
    fresh = tmp_path / ".planner-draft-out-def"  # perhaps a run that is under way
    fresh.mkdir()
    results(tmp_path / "out", "1")
    assert not stale.exists()
    assert fresh.exists()


def test_a_link_to_a_folder_stays_one(tmp_path):
    results(tmp_path / "out", "old")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    results(tmp_path / "link", "new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out" / "table.csv").read_text(encoding="utf-8") == "new"
    assert left_in(tmp_path) == ["link", "out"]


def draft_then_fail(out: Path, key: str | None) -> None:
    with staged(out, key=key) as draft:
        (draft / "part.txt").write_text("done", encoding="utf-8")
        raise RuntimeError("power cut")


def test_a_draft_with_a_key_is_taken_up_again(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RuntimeError):
        draft_then_fail(out, "a" * 64)
    assert not out.exists()
    with staged(out, key="a" * 64) as draft:
        assert (draft / "part.txt").read_text(encoding="utf-8") == "done"
    assert left_in(out) == ["part.txt"]
    assert left_in(tmp_path) == ["out"]


def test_a_draft_of_another_key_is_not(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RuntimeError):
        draft_then_fail(out, "a" * 64)
    with staged(out, key="b" * 64) as draft:
        assert left_in(draft) == [".lock"]


def test_a_draft_in_use_is_left_alone(tmp_path):
    out = tmp_path / "out"
    with staged(out, key="a" * 64) as first:
        (first / "mine.txt").write_text("1", encoding="utf-8")
        with staged(tmp_path / "elsewhere" / ".." / "out", key="a" * 64) as second:
            assert second != first
            assert left_in(second) == []
        assert left_in(first) == [".lock", "mine.txt"]
        for path in out.iterdir():
            path.unlink()
        out.rmdir()
    assert left_in(out) == ["mine.txt"]


def test_files_in_folders_of_results_are_guarded_too(tmp_path):
    out = tmp_path / "out"
    with staged(out) as draft:
        (draft / "opinions").mkdir()
        (draft / "opinions" / "a.docx").write_text("1", encoding="utf-8")
        (draft / MANIFEST).write_text(json.dumps({"outputs": {"opinions/a.docx": ""}}), encoding="utf-8")
    check_free(out, force=True, writes=[MANIFEST, "opinions"])
    with pytest.raises(InputError, match="fuller run would be lost: opinions"):
        check_free(out, force=True, writes=[MANIFEST])
    (out / "opinions" / "signed.docx").write_text("2", encoding="utf-8")
    with pytest.raises(InputError, match=r"opinions/signed\.docx"):
        check_free(out, force=True)
    (out / "opinions" / "signed.docx").unlink()
    (out / "mine").mkdir()
    with pytest.raises(InputError, match="mine"):
        check_free(out, force=True)
