"""Files that are either whole or absent, and their fingerprints."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["atomic_path", "sha256", "write_json"]


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path that becomes `path` only if the block succeeds.

    The temporary file lies in the same folder and keeps the suffix of `path`, because many writers
    choose their format by it. A failure or a kill leaves what was at `path` before untouched.

    Parameters
    ----------
    path
        Where the finished file shall be. Its folder is created.

    Yields
    ------
    Path
        The temporary path to write to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = "".join(path.suffixes[-2:])  # "x.weights.h5" is a format of its own to Keras
    handle, name = tempfile.mkstemp(prefix=".partial-", suffix=suffix, dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)  # mkstemp makes private files
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path | str, value: object) -> None:
    """Write `value` as indented JSON, atomically, ending in a newline."""
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
