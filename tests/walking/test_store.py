"""Networks kept on disk: keys, reuse, damage, several writers, killed writers, caches that cannot be written."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS
from shapely import LineString

from planner.errors import InputError
from planner.walking import Places, Streetwise, Walker, WalkNetwork, store
from planner.walking.store import artifact_key, cache_folder, cached_network, open_network, save_network
from tests.walking.conftest import ZONE
from tests.walking.test_osm import xml

ROOT = Path(__file__).parents[2]
LOG = "planner.walking.store"


@pytest.fixture
def town(tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(xml([("highway=footway", [10, 11, 12]), ("highway=steps", [12, 22])]), encoding="utf-8")
    return path


@pytest.fixture
def network():
    return WalkNetwork.from_edges(
        [[0, 0], [30, 40], [90, 40]],
        [0, 1],
        [1, 2],
        backward=[True, False],
        code=[0, 1],
        classes=("street", "steps"),
        crs=ZONE,
    )


def same(one, other):
    for part in fields(WalkNetwork):
        left, right = getattr(one, part.name), getattr(other, part.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, part.name
            np.testing.assert_array_equal(left, right)
        else:
            assert left == right, part.name


def test_what_is_saved_is_opened_mapped_and_answers_the_same(tmp_path, network):
    save_network(network, tmp_path / "a")
    opened = open_network(tmp_path / "a")
    same(opened, network)
    for part in fields(WalkNetwork):
        array = getattr(opened, part.name)
        if isinstance(array, np.ndarray):
            owner = array
            while owner is not None and not isinstance(owner, np.memmap):
                owner = owner.base
            assert isinstance(owner, np.memmap), part.name
    walks = [
        Streetwise(net, Walker("one", 1.0)).nearest(Places.at([0, 1], [5.0, 5.0]), Places.at([0], [20.0])).seconds
        for net in (network, opened)
    ]
    np.testing.assert_array_equal(*walks)


def test_what_is_done_to_opened_arrays_does_not_reach_the_file(tmp_path, network):
    save_network(network, tmp_path / "a")
    open_network(tmp_path / "a").edge_length_m[:] = 7.0
    same(open_network(tmp_path / "a"), network)


def test_notes_and_chinese_words_survive(tmp_path, network):
    told = WalkNetwork(
        **{part.name: getattr(network, part.name) for part in fields(network)} | {"notes": {"源": [1.5, 2]}, "key": "k"}
    )
    save_network(told, tmp_path / "a")
    opened = open_network(tmp_path / "a")
    assert (opened.notes, opened.key) == ({"源": [1.5, 2]}, "k")


def test_second_run_takes_it_from_the_cache_and_says_so(tmp_path, town, caplog):
    room = tmp_path / "cache"
    first, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    with caplog.at_level(logging.INFO, logger=LOG):
        second, again = cached_network(str(town), crs="EPSG:4547", cache=room)
    assert again
    same(first, second)
    assert [message.split(":")[0] for message in caplog.messages] == ["walking network taken from the cache"]
    assert first.key == artifact_key(town, crs=ZONE)


def test_the_cache_is_where_the_environment_says(tmp_path, town, monkeypatch):
    monkeypatch.setenv("PLANNER_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"
    cached_network(town, crs=ZONE)
    assert list((tmp_path / "elsewhere").glob("*/network.json"))
    monkeypatch.delenv("PLANNER_CACHE_DIR")
    assert cache_folder().parts[-2:] == ("planner", "networks")


def test_key_hangs_on_content_kind_parameters_and_program_and_on_nothing_else(tmp_path, town, monkeypatch):
    key = artifact_key(town, crs=ZONE)
    moved = tmp_path / "other.osm"
    shutil.copy(town, moved)
    assert artifact_key(moved, crs=ZONE) == key
    os.utime(town, (0, 0))
    assert artifact_key(town, crs=ZONE) == key
    keys = {key, artifact_key(town, crs=CRS.from_epsg(4548))}
    moved.write_text(moved.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    keys.add(artifact_key(moved, crs=ZONE))
    keys.add(artifact_key(shutil.copy(town, tmp_path / "town.osm.pbf"), crs=ZONE))
    monkeypatch.setattr(store, "_program", lambda: "another program")
    keys.add(artifact_key(town, crs=ZONE))
    assert len(keys) == 5


def test_program_digest_covers_the_code_and_the_table_of_ways(tmp_path, monkeypatch):
    package = Path(store.__file__).parent
    copy = tmp_path / "walking"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store, "__file__", str(copy / "store.py"))
    digests = {store._program.__wrapped__()}
    for name in ("ways.yaml", "osm.py", "contraction.py"):
        with (copy / name).open("a", encoding="utf-8") as text:
            text.write("\n# changed\n")
        digests.add(store._program.__wrapped__())
    monkeypatch.setattr(store, "__version__", "99")
    digests.add(store._program.__wrapped__())
    assert len(digests) == 5


@pytest.mark.parametrize("name", ["roads", "roads[2026]", "郴州道路"])
def test_every_file_of_a_shapefile_counts(tmp_path, name):
    """Names with brackets too, which a pattern would read as a set of letters."""
    table = gpd.GeoDataFrame({"highway": ["footway"]}, geometry=[LineString([(5e5, 2e6), (5e5, 2.001e6)])], crs=ZONE)
    path = tmp_path / f"{name}.shp"
    table.to_file(path, encoding="utf-8")
    keys = {artifact_key(path, crs=ZONE)}
    for suffix in (".dbf", ".prj", ".shp"):
        with path.with_suffix(suffix).open("ab") as part:
            part.write(b" ")
        keys.add(artifact_key(path, crs=ZONE))
    assert len(keys) == 4
    path.with_suffix(".cpg").unlink()
    keys.add(artifact_key(path, crs=ZONE))
    assert len(keys) == 5
    (tmp_path / f"{name}2.dbf").write_bytes(b"of another layer")
    assert artifact_key(path, crs=ZONE) in keys


def test_a_street_file_changed_while_it_is_read_is_not_cached(tmp_path, town, monkeypatch, caplog):
    room, old = tmp_path / "cache", town.read_bytes()
    new = xml([("highway=footway", [10, 11])])
    read = store.read_network

    def replaced_meanwhile(source, *, crs):
        town.write_text(new, encoding="utf-8")
        return read(source, crs=crs)

    monkeypatch.setattr(store, "read_network", replaced_meanwhile)
    shorter, _ = cached_network(town, crs=ZONE, cache=room)
    monkeypatch.setattr(store, "read_network", read)
    assert "was changed while it was read" in caplog.text
    town.write_bytes(old)
    again, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    assert again.edge_length_m.sum() > shorter.edge_length_m.sum()


def test_a_changed_street_file_never_meets_the_old_network(tmp_path, town):
    room = tmp_path / "cache"
    first, _ = cached_network(town, crs=ZONE, cache=room)
    town.write_text(xml([("highway=footway", [10, 11])]), encoding="utf-8")
    second, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    assert (first.edges, second.edges) == (2, 1)


def drop_facts(folder):
    (folder / "network.json").unlink()


def cut_array(folder):
    path = folder / "shape_xy.npy"
    path.write_bytes(path.read_bytes()[:-9])


def empty_array(folder):
    (folder / "edge_u.npy").write_bytes(b"")


def cut_facts(folder):
    (folder / "network.json").write_text('{"crs": ', encoding="utf-8")


def lose_a_fact(folder):
    (folder / "network.json").write_text(json.dumps({"classes": []}), encoding="utf-8")


@pytest.mark.parametrize("damage", [drop_facts, cut_array, empty_array, cut_facts, lose_a_fact])
def test_a_damaged_artifact_is_made_anew(tmp_path, town, caplog, damage):
    room = tmp_path / "cache"
    first, _ = cached_network(town, crs=ZONE, cache=room)
    (folder,) = room.iterdir()
    damage(folder)
    with caplog.at_level(logging.WARNING, logger=LOG):
        second, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    same(first, second)
    assert len(caplog.messages) == 1
    assert "is damaged" in caplog.messages[0]
    assert cached_network(town, crs=ZONE, cache=room)[1]


def test_a_save_that_fails_leaves_nothing(tmp_path, network, monkeypatch):
    written, save = [], np.save

    def full(path, array):
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        save(path, array)

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_network(network, tmp_path / "room" / "a")
    assert list((tmp_path / "room").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from planner.walking.store import cached_network
save, calls = np.save, []
def die(path, array):
    calls.append(path)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    save(path, array)
np.save = die
cached_network(sys.argv[1], crs="EPSG:4547", cache=Path(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_save_leaves_no_half_artifact(tmp_path, town):
    room = tmp_path / "cache"
    run = subprocess.run([sys.executable, "-c", KILLED, str(town), str(room)], cwd=ROOT, check=False)
    assert run.returncode == -9
    key = artifact_key(town, crs=ZONE)
    assert not (room / key[:32]).exists()
    _, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    assert cached_network(town, crs=ZONE, cache=room)[1]


WRITER = """
import sys
from pathlib import Path
from planner.walking.store import cached_network
print("ready", flush=True)
input()
network, _ = cached_network(sys.argv[1], crs="EPSG:4547", cache=Path(sys.argv[2]))
print(network.edge_length_m.sum())
"""


def test_writers_at_the_same_time_leave_one_whole_artifact(tmp_path, town):
    room, pipe = tmp_path / "cache", subprocess.PIPE
    command = [sys.executable, "-W", "error", "-c", WRITER, str(town), str(room)]
    runs = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    assert [run.stdout.readline() for run in runs] == ["ready\n"] * 2
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    assert len({said for said, _ in told}) == 1
    assert [folder.name for folder in room.iterdir()] == [artifact_key(town, crs=ZONE)[:32]]
    assert cached_network(town, crs=ZONE, cache=room)[1]


def test_another_writer_that_was_first_is_left_alone(tmp_path, network, monkeypatch):
    rename = Path.rename

    def late(draft, target):
        shutil.copytree(draft, target)  # the other process, between the look and the rename
        rename(draft, target)

    monkeypatch.setattr(Path, "rename", late)
    save_network(network, tmp_path / "room" / "a")
    same(open_network(tmp_path / "room" / "a"), network)
    assert [folder.name for folder in (tmp_path / "room").iterdir()] == ["a"]
    monkeypatch.undo()
    save_network(network, tmp_path / "room" / "a")
    assert [folder.name for folder in (tmp_path / "room").iterdir()] == ["a"]


def test_a_cache_that_cannot_be_written_is_told_and_does_without(tmp_path, town, caplog):
    """A file stands where the cache folder should be: nobody can write there, root neither."""
    room = tmp_path / "cache"
    room.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING, logger=LOG):
        network, reused = cached_network(town, crs=ZONE, cache=room)
    assert not reused
    assert network.edges == 2
    assert len(caplog.messages) == 1
    assert "could not be cached" in caplog.messages[0]


def test_a_cache_that_may_only_be_read_still_serves(tmp_path, town, caplog, monkeypatch):
    room = tmp_path / "cache"
    cached_network(town, crs=ZONE, cache=room)

    def refuse(*_args, **_kwargs):
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    with caplog.at_level(logging.WARNING, logger=LOG):
        _, reused = cached_network(town, crs=ZONE, cache=room)
    assert reused
    assert caplog.messages == []


def test_the_least_recently_used_go_first(tmp_path, town, monkeypatch):
    monkeypatch.setattr(store, "_KEPT", 3)
    room, zones = tmp_path / "cache", [4545, 4546, 4547, 4548]
    for age, zone in enumerate(zones[:3]):
        cached_network(town, crs=zone, cache=room)
        folder = room / artifact_key(town, crs=CRS.from_epsg(zone))[:32]
        os.utime(folder, (1000 + age, 1000 + age))
    assert cached_network(town, crs=4545, cache=room)[1]  # used again, so 4546 is the oldest now
    cached_network(town, crs=4548, cache=room)
    left = {folder.name for folder in room.iterdir()}
    assert left == {artifact_key(town, crs=CRS.from_epsg(zone))[:32] for zone in (4545, 4547, 4548)}


def test_what_cannot_be_read_is_told_and_nothing_is_kept(tmp_path):
    with pytest.raises(InputError, match="the street file does not exist"):
        cached_network(tmp_path / "gone.osm", crs=ZONE, cache=tmp_path / "cache")
    broken = tmp_path / "broken.osm"
    broken.write_text("<osm", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as OpenStreetMap data"):
        cached_network(broken, crs=ZONE, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
