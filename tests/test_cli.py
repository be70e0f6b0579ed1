"""The command line as its user meets it: words, tables, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from planner import cli

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture
def planner(capsys):
    """Run a command in this process; exit code, stdout, stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            cli.main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def test_help_speaks_chinese_and_english(planner):
    code, out, _err = planner("--help")
    assert code == 0
    assert "示例研究" in out
    code, out, _err = planner("run", "--help", "--lang", "en")
    assert code == 0
    assert "Folder for the results" in out
    code, out, _err = planner("run", "--lang=zh", "--help")
    assert "选项" in out


def test_a_run_prints_a_table_and_the_path(planner, tmp_path):
    code, out, err = planner("run", SAMPLE, "--out", tmp_path / "out")
    assert code == 0
    for words in ("示例城区", "达标", "不达标", "22,114", "人", str(tmp_path / "out")):
        assert words in out
    assert "达标" not in err  # progress goes to stderr, results to stdout
    code, out, _err = planner("run", SAMPLE, "--out", tmp_path / "out", "--force", "--lang", "en")
    assert code == 0
    assert "Elders 60+" in out
    assert "from the cache" in out


def test_exit_codes(planner, tmp_path):
    out = tmp_path / "out"
    assert planner("coverage", SAMPLE, "--out", out)[0] == 0
    assert planner("coverage", SAMPLE, "--out", out, "--force", "--strict")[0] == 1
    code, _out, err = planner("coverage", SAMPLE, "--out", out, "--lang", "en")
    assert code == 2
    assert "give --force" in err
    code, _out, err = planner("run", tmp_path / "nowhere", "--out", tmp_path / "x", "--lang", "en")
    assert code == 2
    assert "there is no study.toml" in err
    assert planner("rum")[0] == 2
    assert planner("run", SAMPLE)[0] == 2
    code, _out, err = planner("run", SAMPLE, "--lang", "fr")
    assert code == 2
    assert "fr" in err


def test_the_coverage_command_draws_no_map(planner, tmp_path):
    planner("coverage", SAMPLE, "--out", tmp_path / "out")
    assert not (tmp_path / "out" / "board.html").exists()
    assert (tmp_path / "out" / "coverage.csv").exists()


def test_the_map_command(planner, tmp_path):
    code, out, _err = planner("map", SAMPLE, "--out", tmp_path / "out")
    assert code == 0
    assert str(tmp_path / "out" / "board.html") in out


def test_network_build_tells_what_was_found(planner):
    code, out, _err = planner("network", "build", SAMPLE, "--lang", "en")
    assert code == 0
    assert "WalkNetwork" in out
    assert "ways:" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--bbox", "112.9,25.7"], "four numbers"),
        (["--bbox", "113.1,25.7,112.9,25.9"], "west, south, east, north"),
        ([], "not clear"),
    ],
)
def test_network_fetch_says_what_is_wrong(planner, tmp_path, options, words):
    code, _out, err = planner("network", "fetch", tmp_path / "a.graphml", *options, "--lang", "en")
    assert code == 2
    assert words in err


def test_interrupted_runs_say_so(planner, tmp_path, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("planner.pipeline.run", stop)
    code, _out, err = planner("run", SAMPLE, "--out", tmp_path / "out", "--lang", "en")
    assert code == 130
    assert "interrupted" in err


def test_a_folder_that_cannot_be_written_is_no_finding(planner, tmp_path):
    """Exit code 1 means that something fails its standard."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _out, err = planner("coverage", SAMPLE, "--out", tmp_path / "file" / "out", "--lang", "en")
    assert code == 2
    assert "Error: " in err
    assert "Traceback" not in err


def test_demo_writes_where_it_is_told(planner, tmp_path):
    code, out, _err = planner("demo", "--out", tmp_path / "demo")
    assert code == 0
    assert str(tmp_path / "demo" / "board.html") in out


def test_importing_and_help_are_quick():
    # What takes the time are these imports: none of them may happen.
    heavy = ("geopandas", "pandas", "numba", "shapely", "folium", "osmnx", "pandera", "pydantic", "numpy")
    script = (
        "import sys, planner\n"
        f"assert not [name for name in {heavy} if name in sys.modules], 'import planner'\n"
        "from planner import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"assert not [name for name in {heavy} if name in sys.modules], 'planner --help'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=Path(__file__).parents[1])
