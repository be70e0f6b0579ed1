"""Keep networks on disk as memory-mapped artifacts, under a key that a changed input can never meet again."""

from __future__ import annotations

import glob
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from planner.version import __version__
from planner.walking.network import WalkNetwork
from planner.walking.sources import read_network

log = logging.getLogger(__name__)

_KEPT = 24  # artifacts in a cache folder; the least recently used go first
_DRAFT, _STALE_S = ".draft-", 3 * 86_400.0
_FACTS = "network.json"  # written last into the folder: CRS, classes, notes, key
_ARRAYS = tuple(part.name for part in fields(WalkNetwork) if str(part.type).startswith("NDArray"))


def cache_folder() -> Path:
    """Name the folder where artifacts are kept: ``PLANNER_CACHE_DIR``, or the user's cache folder."""
    import platformdirs

    chosen = os.environ.get("PLANNER_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("planner", appauthor=False)) / "networks"


@cache
def _program() -> str:
    """Digest of the version and of the very code that makes networks: a changed program meets no old artifact."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def artifact_key(path: Path, *, crs: CRS) -> str:
    """Hash what a network is made from: the source's content, the parameters, the program.

    Parameters
    ----------
    path
        Street file; a shapefile counts with the files beside it.
    crs
        Compute CRS.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256(_program().encode())
    digest.update(crs.to_wkt().encode())
    parts = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")) if path.suffix.lower() == ".shp" else [path]
    for part in parts:
        digest.update(part.suffix.lower().encode())
        with part.open("rb") as source:
            digest.update(hashlib.file_digest(source, "sha256").digest())
    return digest.hexdigest()


def save_network(network: WalkNetwork, folder: Path) -> None:
    """Write a network as a folder of arrays: beside its place first, then renamed into it.

    Parameters
    ----------
    network
        What to keep.
    folder
        Where; an artifact that already stands there is left as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder.parent))
    try:
        for name in _ARRAYS:
            np.save(draft / f"{name}.npy", np.ascontiguousarray(getattr(network, name)))
        facts = {
            "crs": network.crs.to_wkt(),
            "classes": network.classes,
            "notes": dict(network.notes),
            "key": network.key,
        }
        (draft / _FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        if not folder.exists():
            draft.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was first, with the same content
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def open_network(folder: Path) -> WalkNetwork:
    """Open a network that `save_network` wrote, its arrays mapped and not read.

    Parameters
    ----------
    folder
        The artifact.

    Returns
    -------
    WalkNetwork

    Raises
    ------
    OSError, ValueError, KeyError, EOFError
        The artifact is missing or damaged.
    """
    facts: dict[str, Any] = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    # Copy on write: what is done to the arrays by mistake never reaches the file.
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="c").view(np.ndarray) for name in _ARRAYS}
    return WalkNetwork(
        **arrays,
        crs=CRS.from_wkt(facts["crs"]),
        classes=tuple(facts["classes"]),
        notes=facts["notes"],
        key=facts["key"],
    )


def cached_network(path: str | Path, *, crs: CRS | str | int, cache: Path | None = None) -> tuple[WalkNetwork, bool]:
    """Open the network of a street file from the cache, reading the file only when there is none.

    Parameters
    ----------
    path, crs
        As for `planner.walking.read_network`.
    cache
        Folder of the artifacts; left out, `cache_folder`.

    Returns
    -------
    network : WalkNetwork
    reused : bool
        Whether it came from the cache.

    Raises
    ------
    InputError
        As `planner.walking.read_network`.
    """
    source, compute = Path(path), CRS.from_user_input(crs)
    if not source.exists():
        return read_network(source, crs=compute), False  # which says what is wrong
    key = artifact_key(source, crs=compute)
    room = cache or cache_folder()
    folder = room / key[:32]
    if folder.exists():
        try:
            network = open_network(folder)
        except (OSError, ValueError, KeyError, EOFError) as error:
            log.warning("the cached network %s is damaged (%s) and is made anew", folder, error)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            with suppress(OSError):  # a cache that may only be read still serves
                os.utime(folder)
            log.info("walking network taken from the cache: %s", folder)
            return network, True
    network = read_network(source, crs=compute)
    if artifact_key(source, crs=compute) != key:  # else the old key would stand for the new content
        log.warning("the street file %s was changed while it was read; the network is not cached", source)
        return network, False
    network = replace(network, key=key)
    try:
        save_network(network, folder)
    except OSError as error:
        log.warning("the network could not be cached in %s (%s); the next run reads the streets again", room, error)
    else:
        with suppress(OSError):  # another process may be sweeping the same folder
            _prune(room)
    return network, False


def _prune(room: Path) -> None:
    """Keep the artifacts used last; sweep up drafts of writers that were killed days ago."""
    for draft in room.glob(f"{_DRAFT}*"):
        if time.time() - draft.stat().st_mtime > _STALE_S:
            shutil.rmtree(draft, ignore_errors=True)
    artifacts = sorted(room.glob("*/" + _FACTS), key=lambda facts: facts.parent.stat().st_mtime, reverse=True)
    for facts in artifacts[_KEPT:]:
        shutil.rmtree(facts.parent, ignore_errors=True)
