"""Where an enlarged image goes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from srlib.images import check_format, check_writable

__all__ = ["check_output"]


def check_output(
    out: Path,
    image: Path,
    *,
    overwrite: bool = False,
    check: Callable[[Path], object] = check_format,
) -> None:
    """Refuse, before any work, a place where the enlarged image cannot or should not be written.

    Parameters
    ----------
    out
        The file to write, in the format that its suffix says, or a device or a pipe.
    image
        The image file that is enlarged, which must exist.
    overwrite
        Whether a file that is there may be replaced.
    check
        What raises a ValueError if `out` is of a format that is not written.

    Raises
    ------
    ValueError
        If `out` is a folder, `image` itself, or of a format that is not written.
    FileExistsError
        If `out` is there and may not be replaced.
    OSError
        If no file can be made there.
    """
    if out.is_dir():
        raise ValueError(f"{out} is a folder: name a file, such as {out / image.stem}_sr.png")
    check(out)
    if out.is_file():
        if out.samefile(image):
            raise ValueError(f"{out} is the image to be enlarged: name another file to write")
        if not overwrite:
            raise FileExistsError(
                errno.EEXIST, f"{os.strerror(errno.EEXIST)}, and may be replaced by overwrite", out
            )
    check_writable(out)
