"""Unpacking zip and tar archives that somebody else made."""

import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from srlib.images import is_image_name

__all__ = ["ArchiveError", "unpack"]


class ArchiveError(ValueError):
    """An archive that is damaged, unsafe or not the expected one.

    The message goes on after “the archive”, for instance “holds 3 images of the set, not 5”.
    """


def unpack(archive: Path, folder: Path, patterns: Iterable[str], count: int) -> None:
    """Put the image files of an archive into `folder`, which appears when all of them are there.

    Files keep their names and lose the folders that they have in the archive.

    Parameters
    ----------
    archive
        A zip or tar file.
    folder
        Must not exist, or be empty.
    patterns
        Which paths to take; see `pathlib.PurePath.match`.
    count
        How many image files must match.

    Raises
    ------
    ArchiveError
        If the archive is damaged, has another number of images, or holds a path or link that
        leads out of it. Then `folder` is as before.
    """
    unpacking = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(unpacking, ignore_errors=True)  # what a killed run left
    unpacking.mkdir(parents=True)
    try:
        for path, content in _members(archive):
            if is_image_name(path) and any(path.match(pattern) for pattern in patterns):
                target = unpacking / path.name
                if target.exists():
                    raise ArchiveError(f"holds two images called {path.name}")
                with open(target, "wb") as file:
                    shutil.copyfileobj(content, file)
        found = len(list(unpacking.iterdir()))
        if found != count:
            raise ArchiveError(f"holds {found:,} images of the set, not {count:,}")
        if folder.exists():
            folder.rmdir()
        unpacking.rename(folder)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ArchiveError(f"cannot be unpacked ({error})") from error
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """The path and content of each file. Links are checked, but passed over."""
    if tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for member in tar:
                _check_inside(member.name)
                if member.issym():
                    _check_inside(posixpath.join(posixpath.dirname(member.name), member.linkname))
                elif member.islnk():
                    _check_inside(member.linkname)
                elif member.isfile():
                    yield PurePosixPath(member.name), tar.extractfile(member)
        return
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            _check_inside(info.filename)
            if info.is_dir():
                continue
            with zipped.open(info) as content:
                if stat.S_ISLNK(info.external_attr >> 16):
                    target = content.read().decode(errors="replace")
                    _check_inside(posixpath.join(posixpath.dirname(info.filename), target))
                else:
                    yield PurePosixPath(info.filename), content


def _check_inside(path: str) -> None:
    plain = posixpath.normpath(path.replace("\\", "/"))
    if plain.startswith(("/", "../")) or plain == ".." or PureWindowsPath(path).drive:
        raise ArchiveError(f"holds the path {path!r}, which leads out of it")
