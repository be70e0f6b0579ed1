"""Hold a file as long as a process lives: the system lets go of it when the process is killed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO


def take(path: Path) -> BinaryIO | None:
    """Take a lock without waiting.

    Parameters
    ----------
    path
        A file that is made where it is not there.

    Returns
    -------
    file or None
        Closing it gives the lock back; None where somebody else has it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "lock")
    >>> with take(path):
    ...     take(path) is None
    True
    """
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
