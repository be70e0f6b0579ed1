"""Put a set of results into a folder all at once: a killed run leaves the old results or the new ones, never half."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from planner.errors import Fault, InputError, OutputExists
from planner.i18n import _

MANIFEST = "manifest.json"
_OLD = ".planner-old-"
_DRAFT = ".planner-draft-"
_STALE_S = 3 * 86_400.0  # no run takes three days: such a draft was left by one that was killed


def sha256(path: Path) -> str:
    """Hash a file's content.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _written_before(out: Path) -> set[str] | None:
    """Names of the files that an earlier run put there; None when it was none of ours."""
    try:
        manifest: dict[str, Any] = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return {MANIFEST, *manifest["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_free(out: Path, *, force: bool, writes: Collection[str] | None = None) -> None:
    """Refuse a folder whose content must not be replaced, before any work is done.

    Parameters
    ----------
    out
        Where results shall go.
    force
        Whether results of an earlier run may be replaced.
    writes
        Names of the files that will be written; left out, any.

    Raises
    ------
    OutputExists
        Earlier results stand there and ``force`` is not set.
    InputError
        Files stand there that planner did not write, or results that would be lost because ``writes`` lacks them.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(Fault(_("the output is a file, not a folder"), where=str(out), todo=_("choose a folder")))
    there = {path.name for path in out.iterdir()}
    strange = there - (_written_before(out) or set())
    if strange:
        raise InputError(
            Fault(
                _("the output folder holds files that are not results: {names}").format(
                    names=", ".join(sorted(strange)[:5])
                ),
                where=str(out),
                todo=_("choose a folder that is new, empty or holds earlier results only"),
            )
        )
    lost = there - set(there if writes is None else writes)
    if lost:
        raise InputError(
            Fault(
                _("results of a fuller run would be lost: {names}").format(names=", ".join(sorted(lost))),
                where=str(out),
                todo=_("choose another folder, or make all results anew with planner run"),
            )
        )
    if there and not force:
        raise OutputExists(_("{path} holds results already; give --force to replace them").format(path=out))


@contextmanager
def staged(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Write results into a draft folder beside their place; when all is done, the draft takes the place.

    Parameters
    ----------
    out
        Where the results shall go.
    force
        Whether results of an earlier run may be replaced.

    Yields
    ------
    Path
        The draft folder to write into. When the block raises, nothing of it stays.

    Raises
    ------
    OutputExists, InputError
        As `check_free`; also when the old results are open in another program.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "results"
    >>> with staged(out) as draft:
    ...     _ = (draft / "a.txt").write_text("1", encoding="utf-8")
    >>> [path.name for path in out.iterdir()]
    ['a.txt']
    """
    out = out.resolve()  # behind a link: its target is replaced, and the link stays
    _recover(out)
    check_free(out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{out.name}-", dir=out.parent))
    try:
        yield draft
        draft.chmod(0o755)
        _swap(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _swap(draft: Path, out: Path) -> None:
    old = out.with_name(f"{_OLD}{out.name}-{os.getpid()}")
    try:
        if out.exists():
            out.rename(old)
        draft.rename(out)
    except PermissionError as error:
        _recover(out)
        raise InputError(
            Fault(
                _("the earlier results cannot be replaced"),
                where=str(out),
                why=_("a file there is open in another program"),
                todo=_("close it and run again"),
            )
        ) from error
    shutil.rmtree(old, ignore_errors=True)


def _recover(out: Path) -> None:
    """Put back results that a run was about to replace when it was killed; sweep up drafts that are days old."""
    for old in sorted(out.parent.glob(f"{_OLD}{out.name}-*")):
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(out)
    for draft in out.parent.glob(f"{_DRAFT}{out.name}-*"):
        if time.time() - draft.stat().st_mtime > _STALE_S:
            shutil.rmtree(draft, ignore_errors=True)
