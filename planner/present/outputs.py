"""Put a set of results into a folder all at once: a killed run leaves the old results or the new ones, never half."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from planner.errors import Fault, InputError, OutputExists
from planner.i18n import _
from planner.present.locks import take

MANIFEST = "manifest.json"
NOTICE = "内部资料-说明.txt"
"""File beside internal results; its name says it all, in whatever language the study speaks."""
PLAN = ("plan.csv", "plan.json", "plan_curve.csv", "plan_rejected.csv", "plan_alternatives.csv")
"""What may be left of a plan for new sites, beside layers of results.gpkg."""
_OLD = ".planner-old-"
_DRAFT = ".planner-draft-"
_LOCK = ".lock"
_STALE_S = 3 * 86_400.0  # no run takes three days: such a draft was left by one that was killed

log = logging.getLogger(__name__)


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


def _there(out: Path) -> set[str]:
    """Names of everything below a folder: files, and folders that hold none."""
    return {
        path.relative_to(out).as_posix()
        for path in out.rglob("*")
        if not path.is_dir() or path.is_symlink() or not any(path.iterdir())
    }


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
        Names of the files and folders that will be written; left out, any.

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
    there = _there(out)
    strange = there - (_written_before(out) or set())
    if strange:
        raise InputError(
            Fault(
                _("the output folder holds files that are not results: {names}").format(
                    names=_(", ").join(sorted(strange)[:5])
                ),
                where=str(out),
                todo=_("choose a folder that is new, empty or holds earlier results only"),
            )
        )
    lost = set() if writes is None else {name.partition("/")[0] for name in there} - set(writes)
    if lost:
        raise InputError(
            Fault(
                _("results of a fuller run would be lost: {names}").format(names=_(", ").join(sorted(lost))),
                where=str(out),
                todo=_("choose another folder, or make all results anew with planner run"),
            )
        )
    if there and not force:
        raise OutputExists(_("{path} holds results already; give --force to replace them").format(path=out))


@contextmanager
def staged(out: Path, *, force: bool = False, key: str | None = None) -> Iterator[Path]:
    """Write results into a draft folder beside their place; when all is done, the draft takes the place.

    Parameters
    ----------
    out
        Where the results shall go.
    force
        Whether results of an earlier run may be replaced.
    key
        Stands for all that the results are made of. With it, the draft of a run that was killed, or that raised, is
        kept for a while, and the next run of the same key goes on with it.

    Yields
    ------
    Path
        The draft folder to write into; with a key it may hold files already. Without one, nothing of it stays when
        the block raises.

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
    draft, lock = _draft(out, key)
    keep = lock is not None
    try:
        yield draft
        if lock is not None:
            lock.close()
            (draft / _LOCK).unlink()
        draft.chmod(0o755)
        _swap(draft, out)
        keep = False
    finally:
        if lock is not None:
            lock.close()
        if keep:
            log.info(_("what is finished is kept for the next run: {path}").format(path=draft))
        else:
            shutil.rmtree(draft, ignore_errors=True)


def _draft(out: Path, key: str | None) -> tuple[Path, BinaryIO | None]:
    """Make a draft folder, or take up one of the same key that nobody works on any more."""
    if key is not None:
        draft = out.with_name(f"{_DRAFT}{out.name}-{key[:16]}")
        draft.mkdir(exist_ok=True)
        if lock := take(draft / _LOCK):
            os.utime(draft)  # it is in use again
            return draft, lock
    return Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{out.name}-", dir=out.parent)), None


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
