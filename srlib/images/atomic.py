"""Files that are either whole or absent, and their fingerprints."""

import errno
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from srlib.images.leftovers import PREFIX, claim, release, sweep

__all__ = ["atomic_folder", "atomic_path", "check_writable", "sha256", "write_json"]


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path that becomes `path` only if the block succeeds.

    The temporary file lies in the same folder and keeps the suffix of `path`, because many writers
    choose their format by it. A failure or a kill leaves what was at `path` before untouched; what
    a killed process leaves beside it is removed by the next one that writes there. A
    file that is replaced hands on its permissions; a symbolic link stays and what it points to is
    replaced; a device or a pipe gets what was written, since it cannot be replaced.

    Parameters
    ----------
    path
        Where the finished file shall be. Its folder is created.

    Yields
    ------
    Path
        The temporary path to write to.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`.
    """
    target = Path(os.path.realpath(path))
    partial = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # "x.weights.h5" is a format of its own to Keras.
        suffix = "".join(target.suffixes[-2:])[-16:]
        # A partial file of another writer stays the one that it has locked.
        partly = target.name.startswith(PREFIX)
        special = target.exists() and (partly or not target.is_file())
        if not special:
            sweep(target.parent)
        folder = None if special else target.parent
        lock, name = claim(functools.partial(_new_file, suffix, folder))
        partial = Path(name)
        yield partial
        if special:
            with partial.open("rb") as written, target.open("wb") as there:
                shutil.copyfileobj(written, there)
        else:
            partial.chmod(_mode(target))  # mkstemp makes private files
            partial.replace(target)
    except OSError as error:
        # Nobody knows the partial file; and a full disk is told without any name.
        if error.errno and (partial is None or error.filename in (None, name)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        if partial:
            partial.unlink(missing_ok=True)
            release(lock)


def _new_file(suffix, folder):
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=suffix, dir=folder)
    os.close(handle)
    return name


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """A temporary folder that becomes `path` only if the block succeeds, in place of what is there.

    A kill between two renamings, which is all that is not atomic, leaves both folders.

    Parameters
    ----------
    path
        Where the finished folder shall be. The folder it lies in is created.

    Yields
    ------
    Path
        The temporary folder to write into.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent)
    lock, name = claim(lambda: tempfile.mkdtemp(prefix=PREFIX, dir=target.parent))
    try:
        new, old = Path(name) / "new", Path(name) / "old"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(old)
        new.rename(target)
    finally:
        shutil.rmtree(name, ignore_errors=True)
        release(lock)


def _mode(path):
    """The permissions of the file that is there, or those that a new one gets here."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def check_writable(path: Path | str) -> None:
    """Raise an OSError that names `path` if no file can be made there, or in the folder there.

    Nothing is left behind. What is asked before the work begins need not be told after it.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_dir():
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        if not place.is_file():
            return
        place = place.parent
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path | str, value: object) -> None:
    """Write `value` as indented JSON, atomically, ending in a newline."""
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
