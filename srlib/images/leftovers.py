"""What killed processes leave of the files they were writing, and how that is told from others'.

A partial file is locked as long as its process lives, whatever ends that. So what can be locked is
left over; on systems without such locks nothing is removed.
"""

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["PREFIX", "claim", "release", "sweep"]

PREFIX = ".partial-"

# HDF5 locks what it reads in a way that can be shared, so this one is shared as well.
SHARED, ALONE = (fcntl.LOCK_SH, fcntl.LOCK_EX | fcntl.LOCK_NB) if fcntl else (None, None)


def claim(make: Callable[[], str]) -> tuple[int | None, str]:
    """Make a partial file or folder, and lock it.

    Returns
    -------
    int or None
        For `release`, once it is not needed any more.
    str
        Its path.
    """
    while True:
        name = make()
        lock = _locked(name, SHARED)
        if lock is None or Path(name).exists():
            return lock, name
        release(lock)  # somebody swept it before it was locked


def release(lock: int | None) -> None:
    """Give a lock of `claim` back."""
    if lock is not None:
        os.close(lock)


@functools.cache  # once a process; it leaves nothing itself
def sweep(folder: Path) -> None:
    """Remove from a folder what processes that are no more have left half written."""
    for name in _partial(folder):
        lock = _locked(name, ALONE)
        if lock is None:  # somebody is writing it
            continue
        with contextlib.suppress(OSError):  # another one sweeps, or it may not be removed
            shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink()
        release(lock)


def _partial(folder) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from [e.path for e in entries if e.name.startswith(PREFIX) and not e.is_symlink()]
    except OSError:  # may not be listed
        return


def _locked(name, how):
    """A lock, or None if there is none to be had."""
    if fcntl is None:
        return None
    try:
        lock = os.open(name, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, how)
    except OSError:
        os.close(lock)
        return None
    return lock
